//! The listener table, read for one flow.

use super::instance::own_addresses;
use super::{not_started, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::host_filter::HostFilter;
use crate::diagnosis::{Case, Reading, Sensor};
use crate::inside::{Listener, Owner, Snapshot};
use rulesets::{Direction, Protocol};
use std::net::IpAddr;

/// Reads whether a socket takes this flow, and if not, what comes nearest. A flow that rules of the
/// host send to another port is looked up there.
pub(super) fn sense(case: &mut Case<'_>, filter: Option<&HostFilter<'_>>, book: &mut Book) {
    let (Some(snapshot), Some(port), Some(asked)) =
        (&case.run.evidence.inside, case.flow.port, case.flow.address)
    else {
        return;
    };
    let (Some(protocol), Some(listeners)) = (protocol(case), snapshot.listeners.value()) else {
        return;
    };
    if case.flow.direction == Direction::Outbound {
        return;
    }
    let (addresses, port) = match sent_to(case) {
        Sent::Nowhere => return,
        Sent::AsAsked => (own_addresses(case, snapshot), port),
        Sent::To(address, port) => (vec![address], port),
    };
    if !covers(snapshot, protocol, port) || snapshot.listener_ports.is_some() && asked.is_loopback()
    {
        return;
    }
    let unsure = !case.readings.contains_key(&Sensor::HostTarget)
        && filter.is_some_and(|filter| filter.may_rewrite(port));
    let here: Vec<_> = listeners
        .iter()
        .filter(|it| it.protocol == protocol && it.port == port)
        .collect();
    let reading = match takes(&here, &addresses, asked) {
        Taking::Yes(listener) if overflows(listener) => Some(Reading::QueueFull),
        Taking::Yes(_) => Some(Reading::Listening),
        Taking::Undecided => None,
        Taking::No if unsure => None,
        Taking::No if here.is_empty() => elsewhere(case, snapshot, listeners),
        Taking::No => Some(nearest(&here, asked)),
    };
    let mut summary = summary(case, reading, &here, listeners);
    if here.is_empty() && case.flow.service == "ssh" {
        summary += &not_started::words(&snapshot.host);
    }
    let id = book.enter("inside", "host", &summary);
    if let Some(reading) = reading {
        take(case, reading, summary, vec![id]);
    }
}

enum Taking<'a> {
    Yes(&'a Listener),
    No,
    Undecided,
}

/// Whether one of these sockets takes a packet for any of these own addresses. Several possible
/// own addresses that would fare differently leave it undecided.
fn takes<'a>(here: &[&'a Listener], addresses: &[IpAddr], asked: IpAddr) -> Taking<'a> {
    let mut undecided = false;
    for listener in here {
        match listener.address {
            IpAddr::V4(it) if it.is_unspecified() && asked.is_ipv4() => {
                return Taking::Yes(listener);
            }
            IpAddr::V6(it) if it.is_unspecified() && asked.is_ipv6() => {
                return Taking::Yes(listener);
            }
            IpAddr::V6(it) if it.is_unspecified() => match listener.v6_only {
                Some(false) => return Taking::Yes(listener),
                Some(true) => {}
                None => undecided = true,
            },
            address if addresses == [address] => return Taking::Yes(listener),
            address if addresses.contains(&address) => undecided = true,
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
    }
    if undecided || addresses.is_empty() && here.iter().any(|it| !it.address.is_loopback()) {
        Taking::Undecided
    } else {
        Taking::No
    }
}

/// Whether a socket takes what rules of the host send to this own address and port; `None` when the
/// listener table does not tell.
pub(super) fn serves(
    case: &Case<'_>,
    snapshot: &Snapshot,
    address: IpAddr,
    port: u16,
) -> Option<bool> {
    let protocol = protocol(case)?;
    if !covers(snapshot, protocol, port) {
        return None;
    }
    let here: Vec<_> = snapshot
        .listeners
        .value()?
        .iter()
        .filter(|it| it.protocol == protocol && it.port == port)
        .collect();
    match takes(&here, &[address], address) {
        Taking::Yes(_) => Some(true),
        Taking::No => Some(false),
        Taking::Undecided => None,
    }
}

/// Whether the listener table tells of this port, be it only that nothing listens there.
fn covers(snapshot: &Snapshot, protocol: &str, port: u16) -> bool {
    snapshot
        .listener_ports
        .as_ref()
        .is_none_or(|ports| protocol == "tcp" && ports.contains(&port))
}

fn protocol(case: &Case<'_>) -> Option<&'static str> {
    match case.flow.protocol {
        Protocol::Tcp => Some("tcp"),
        Protocol::Udp => Some("udp"),
        Protocol::Icmp | Protocol::Icmpv6 | Protocol::Gre => None,
    }
}

/// Where rules of the host send a flow.
enum Sent {
    /// To the address and port that were asked for, as far as is known.
    AsAsked,
    /// To these.
    To(IpAddr, u16),
    /// To a place the listener table says nothing about.
    Nowhere,
}

fn sent_to(case: &Case<'_>) -> Sent {
    match (case.reading(Sensor::HostTarget), &case.host) {
        (Some(Reading::TargetHere), Some(host)) => {
            let arrived = &host.first.packet;
            match (arrived.destination, arrived.destination_port) {
                (Some(address), Some(sent)) if !host.first.translations.is_empty() => {
                    Sent::To(address, sent)
                }
                _ => Sent::AsAsked,
            }
        }
        (Some(Reading::TargetDead | Reading::TargetElsewhere), _) => Sent::Nowhere,
        _ => Sent::AsAsked,
    }
}

/// Linux queues one more than the backlog before it drops.
fn overflows(listener: &Listener) -> bool {
    listener
        .backlog
        .is_some_and(|backlog| listener.queue > backlog)
}

fn nearest(here: &[&Listener], asked: IpAddr) -> Reading {
    let same_family = |it: &&&Listener| it.address.is_ipv4() == asked.is_ipv4();
    if here.iter().all(|it| it.address.is_loopback()) {
        Reading::ListensOnLoopback
    } else if here
        .iter()
        .filter(same_family)
        .any(|it| !it.address.is_loopback())
    {
        Reading::ListensElsewhere
    } else {
        Reading::ListensOtherFamily
    }
}

/// Nothing on the port: the daemon may listen on another one. That is known only where the owners
/// of the sockets are.
fn elsewhere(case: &Case<'_>, snapshot: &Snapshot, listeners: &[Listener]) -> Option<Reading> {
    if moved(case, listeners).is_some() {
        return Some(Reading::ListensOtherPort);
    }
    let hidden = listeners
        .iter()
        .any(|it| it.owner == Owner::Hidden && !known_port(case, it.port));
    (snapshot.root || !hidden).then_some(Reading::NothingListens)
}

/// Whether programs of this name commonly speak the service.
pub(crate) fn is_common_daemon(service: &str, name: &str) -> bool {
    DAEMONS
        .iter()
        .any(|(known, daemons)| *known == service && daemons.contains(&name))
}

/// A port that is another planned service's own is no moved daemon.
fn known_port(case: &Case<'_>, port: u16) -> bool {
    case.run
        .plan
        .services
        .iter()
        .any(|service| service.port == Some(port))
}

fn moved<'a>(case: &Case<'_>, listeners: &'a [Listener]) -> Option<&'a Listener> {
    let (_, daemons) = DAEMONS
        .iter()
        .find(|(service, _)| *service == case.flow.service)?;
    listeners.iter().find(|it| {
        it.protocol == "tcp"
            && !it.address.is_loopback()
            && !known_port(case, it.port)
            && matches!(&it.owner, Owner::Process { name, .. } if daemons.contains(&name.as_str()))
    })
}

fn summary(
    case: &Case<'_>,
    reading: Option<Reading>,
    here: &[&Listener],
    listeners: &[Listener],
) -> String {
    let texts: Vec<_> = here.iter().map(|it| text(it)).collect();
    match reading {
        Some(Reading::ListensOtherPort) => {
            let other = moved(case, listeners).map_or_else(String::new, text);
            format!("nothing listens on {}, but {other}", case.flow.name())
        }
        _ if here.is_empty() => format!("nothing listens on {}", case.flow.name()),
        _ => format!("{} is held by {}", case.flow.name(), texts.join("; ")),
    }
}

fn text(listener: &Listener) -> String {
    let owner = match &listener.owner {
        Owner::Process {
            pid,
            name,
            unit,
            container,
        } => {
            let managed = container.as_ref().or(unit.as_ref());
            let managed = managed.map_or_else(String::new, |it| format!(" of {it}"));
            format!("{name}[{pid}]{managed}")
        }
        Owner::Hidden => format!("a process of uid {}", listener.uid),
        Owner::NotFound => "an unknown process".to_owned(),
    };
    let only = match listener.v6_only {
        Some(true) => " (IPv6 only)",
        Some(false) | None => "",
    };
    let queue = match listener.backlog {
        Some(backlog) if listener.queue > 0 => {
            format!(", {} of {backlog} waiting to be accepted", listener.queue)
        }
        _ => String::new(),
    };
    let endpoint = std::net::SocketAddr::new(listener.address, listener.port);
    format!("{owner} on {endpoint}{only}{queue}")
}

/// The daemons that commonly speak a service.
const DAEMONS: &[(&str, &[&str])] = &[
    ("ssh", &["sshd", "dropbear"]),
    ("rdp", &["xrdp"]),
    (
        "http",
        &["nginx", "apache2", "httpd", "caddy", "lighttpd", "haproxy"],
    ),
    (
        "https",
        &["nginx", "apache2", "httpd", "caddy", "lighttpd", "haproxy"],
    ),
    ("smtp", &["smtpd", "master", "exim4", "exim", "sendmail"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_takes_a_flow_by_address_and_family() {
        let own: IpAddr = "10.0.1.10".parse().unwrap();
        let second: IpAddr = "10.0.2.10".parse().unwrap();
        let v6: IpAddr = "2001:db8::1".parse().unwrap();
        let cases = [
            ("0.0.0.0", None, vec![own], own, "yes"),
            ("::", Some(false), vec![own], own, "yes"),
            ("::", Some(true), vec![own], own, "no"),
            ("::", None, vec![own], own, "undecided"),
            ("10.0.1.10", None, vec![own], own, "yes"),
            ("10.0.1.10", None, vec![own, second], own, "undecided"),
            ("10.0.2.10", None, vec![own], own, "no"),
            ("127.0.0.1", None, vec![], own, "no"),
            ("10.0.1.10", None, vec![], own, "undecided"),
            ("0.0.0.0", None, vec![v6], v6, "no"),
        ];
        for (bound, v6_only, addresses, asked, want) in cases {
            let listener = listener(bound, v6_only);
            let got = match takes(&[&listener], &addresses, asked) {
                Taking::Yes(_) => "yes",
                Taking::No => "no",
                Taking::Undecided => "undecided",
            };
            assert_eq!(got, want, "{bound} {v6_only:?} {addresses:?}");
        }
    }

    fn listener(address: &str, v6_only: Option<bool>) -> Listener {
        Listener {
            protocol: "tcp".into(),
            address: address.parse().unwrap(),
            port: 22,
            v6_only,
            queue: 0,
            backlog: None,
            uid: 0,
            owner: Owner::NotFound,
        }
    }
}
