//! Sensors of the machine: its addresses, routes, kernel settings and filter listings.

use super::take;
use crate::address::{is_link_local, is_private};
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use crate::inside::{Address, Route, Snapshot};
use ipnet::IpNet;
use rulesets::Protocol;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Takes every reading that the snapshot allows.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    let summary = format!("snapshot taken on the instance at {}", snapshot.taken_at);
    let id = book.enter("inside", "host", &summary);
    take(case, Reading::Reported, summary, vec![id]);
    destination(case, snapshot, book);
    route(case, snapshot, book);
    echo_setting(case, snapshot, book);
    conntrack(case, snapshot, book);
}

/// The addresses by which the instance may be asked for this flow, as far as they are known: the
/// address itself where the instance holds it, else the one it is translated to.
pub(in crate::diagnosis) fn own_addresses(case: &Case<'_>, snapshot: &Snapshot) -> Vec<IpAddr> {
    let Some(asked) = case.flow.address else {
        return Vec::new();
    };
    let held: Vec<_> = snapshot
        .addresses
        .value()
        .into_iter()
        .flatten()
        .map(|address| address.address)
        .filter(|address| address.is_ipv4() == asked.is_ipv4())
        .collect();
    if held.contains(&asked) {
        return vec![asked];
    }
    if let Some(given) = case.run.plan.target_ip.filter(|given| held.contains(given)) {
        return vec![given];
    }
    held.into_iter()
        .filter(|address| !address.is_loopback() && !is_link_local(*address))
        .collect()
}

fn destination(case: &mut Case<'_>, snapshot: &Snapshot, book: &mut Book) {
    let (Some(asked), Some(addresses)) = (case.flow.address, snapshot.addresses.value()) else {
        return;
    };
    let held: Vec<_> = addresses
        .iter()
        .map(|address| address.address)
        .filter(|address| address.is_ipv4() == asked.is_ipv4())
        .collect();
    let given = case.run.plan.target_ip;
    let list = |addresses: &[IpAddr]| {
        let texts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    let same_family = |given: &IpAddr| given.is_ipv4() == asked.is_ipv4();
    if let Some(given) = given.filter(same_family).filter(|it| is_private(*it)) {
        let summary = format!("the instance holds {}; {given} was named", list(&held));
        let id = book.enter("inside", "host", &summary);
        let reading = if held.contains(&given) && is_down(addresses, given) {
            Reading::PrivateHeldDown
        } else if held.contains(&given) {
            Reading::PrivateHeld
        } else {
            Reading::PrivateMissing
        };
        take(case, reading, summary, vec![id]);
    }
    if held.contains(&asked) {
        let summary = format!("the instance holds {}", list(&held));
        let id = book.enter("inside", "host", &summary);
        let reading = if is_down(addresses, asked) {
            Reading::AddressHeldDown
        } else {
            Reading::AddressHeld
        };
        take(case, reading, summary, vec![id]);
        return;
    }
    // Behind address translation the guest never sees its public address: only public addresses
    // on the guest itself can contradict the one that was asked.
    let public: Vec<_> = held
        .into_iter()
        .chain(given.filter(same_family))
        .filter(|it| !is_private(*it))
        .collect();
    if !public.is_empty() {
        let summary = format!(
            "the instance's public addresses are {}, not {asked}",
            list(&public)
        );
        let id = book.enter("inside", "host", &summary);
        take(case, Reading::AddressForeign, summary, vec![id]);
    }
}

/// Whether every interface that holds the address is down: an address stays when its interface goes.
fn is_down(addresses: &[Address], address: IpAddr) -> bool {
    addresses
        .iter()
        .filter(|it| it.address == address)
        .all(|it| !it.up)
}

fn route(case: &mut Case<'_>, snapshot: &Snapshot, book: &mut Book) {
    let (Some(route), Some(client)) = (snapshot.route_to_client.value(), case.flow.client) else {
        return;
    };
    if route.client != client {
        return;
    }
    let (reading, summary) = match (&route.source, &route.error) {
        (Some(source), _) => match leaves_elsewhere(case, snapshot, client) {
            Some(elsewhere) => (Reading::RouteBackElsewhere, elsewhere),
            None => (
                Reading::RouteBack,
                format!("the instance would answer {client} from {source}"),
            ),
        },
        (None, error) => match discarding(snapshot, client) {
            Some(route) => (
                Reading::RouteDiscards,
                format!("the route `{route}` of the instance discards what goes to {client}"),
            ),
            None => (
                Reading::NoRouteBack,
                format!(
                    "the instance has no route to {client}: {}",
                    error.as_deref().unwrap_or("unreachable")
                ),
            ),
        },
    };
    let id = book.enter("inside", "host", &summary);
    take(case, reading, summary, vec![id]);
}

/// In words, by which other interface an answer would leave: where one interface holds the address
/// that is asked, the route to the client leads over another, and no rule chooses a table of its own.
fn leaves_elsewhere(case: &Case<'_>, snapshot: &Snapshot, client: IpAddr) -> Option<String> {
    let own = own_addresses(case, snapshot);
    let addresses = snapshot.addresses.whole()?.iter();
    if own.iter().any(IpAddr::is_loopback) || addresses.clone().any(|it| it.address == client) {
        return None;
    }
    let holders: BTreeSet<&str> = addresses
        .filter(|it| own.contains(&it.address))
        .map(|it| it.interface.as_str())
        .collect();
    let [holder] = Vec::from_iter(holders)[..] else {
        return None;
    };
    let rules = snapshot.host.policy_rules.whole()?.iter();
    let mut others =
        rules.filter(|it| it.v6 == client.is_ipv6() && !USUAL_TABLES.contains(&it.table));
    let (route, _) = closest(snapshot.routes.whole()?, client)?;
    if others.next().is_some() || route.interface == holder || route.reject {
        return None;
    }
    Some(format!(
        "{holder} holds the address, and the route `{}` to {client} leads over {}",
        route.destination, route.interface
    ))
}

/// The closest route to the client, where it is one that discards and not the default: such a route is
/// made to shut somebody out.
pub(in crate::diagnosis) fn discarding(snapshot: &Snapshot, client: IpAddr) -> Option<&str> {
    closest(snapshot.routes.value()?, client)
        .filter(|(route, net)| route.reject && net.prefix_len() > 0)
        .map(|(route, _)| route.destination.as_str())
}

/// The route that is chosen for a client, and its destination.
pub(super) fn closest(routes: &[Route], client: IpAddr) -> Option<(&Route, IpNet)> {
    routes
        .iter()
        .filter_map(|route| Some((route, route.destination.parse::<IpNet>().ok()?)))
        .filter(|(_, net)| net.contains(&client))
        .max_by_key(|(route, net)| (net.prefix_len(), Reverse(route.metric)))
}

fn echo_setting(case: &mut Case<'_>, snapshot: &Snapshot, book: &mut Book) {
    let name = match case.flow.protocol {
        Protocol::Icmp => "net.ipv4.icmp_echo_ignore_all",
        Protocol::Icmpv6 => "net.ipv6.icmp.echo_ignore_all",
        Protocol::Tcp | Protocol::Udp | Protocol::Gre => return,
    };
    let Some(value) = snapshot.sysctls.value().and_then(|all| all.get(name)) else {
        return;
    };
    let summary = format!("{name} = {value}");
    let id = book.enter("inside", "host", &summary);
    let reading = match value.as_str() {
        "0" => Reading::EchoOn,
        _ => Reading::EchoOff,
    };
    take(case, reading, summary, vec![id]);
}

pub(super) fn conntrack(case: &mut Case<'_>, snapshot: &Snapshot, book: &mut Book) {
    let Some(table) = snapshot.conntrack.value() else {
        return;
    };
    let summary = format!(
        "connection tracking holds {} of {} entries, {} packets dropped for want of one",
        table.count, table.max, table.drops
    );
    let id = book.enter("inside", "host", &summary);
    let reading = if table.max > 0 && (table.count >= table.max || table.drops > 0) {
        Reading::TableFull
    } else if dropped_meanwhile(snapshot) {
        // Room now says nothing of the time when the flow was probed.
        return;
    } else {
        Reading::TableHasRoom
    };
    take(case, reading, summary, vec![id]);
}

/// Whether connection tracking dropped packets while the witness watched.
fn dropped_meanwhile(snapshot: &Snapshot) -> bool {
    let witness = snapshot.witness.as_ref();
    let window = witness.and_then(|witness| witness.during.value());
    window.is_some_and(|window| window.moved.contains_key("conntrack.drop"))
}

/// `RT_TABLE_DEFAULT`, `RT_TABLE_MAIN` and `RT_TABLE_LOCAL` of `rtnetlink(7)`, which every packet is
/// looked up in.
const USUAL_TABLES: [u32; 3] = [253, 254, 255];
