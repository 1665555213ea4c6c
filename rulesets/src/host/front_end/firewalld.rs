//! firewalld: zones and policies, in nftables (`inet firewalld`) and in iptables.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Case, FrontEnd, Wanted, said};
use crate::flow::Family;
use crate::program::Verdict;
use crate::text::shell_word;

pub(super) fn front_end(case: &Case<'_>) -> Option<FrontEnd> {
    let own_table = case.table == "firewalld";
    if own_table && matches!(case.chain, "filter_INPUT" | "filter_FORWARD") {
        return Some(match case.gist.verdict {
            Some(Verdict::Drop) => said("firewalld", "drops packets of no known connection", None),
            _ => said("firewalld", "the packet belongs to no zone", Some(list(""))),
        });
    }
    let rest = if own_table {
        PREFIXES
            .iter()
            .find_map(|prefix| case.chain.strip_prefix(prefix))?
    } else {
        case.chain
            .strip_prefix("IN_")
            .filter(|_| case.table == "filter")?
    };
    let parts = PARTS
        .iter()
        .find_map(|part| Some((rest.strip_suffix(part)?, *part)));
    let (place, part) = parts.unwrap_or((rest, ""));
    let (kind, option, name) = match place.strip_prefix("policy_") {
        Some(policy) => ("policy", "--policy", policy),
        None => ("zone", "--zone", place),
    };
    let place = Place {
        words: format!("{kind} {name}"),
        option: format!("{option}={}", shell_word(name)),
    };
    match part {
        "" => target(case, &place),
        "_allow" => listed(case, &place),
        _ => Some(rich(case, &place, part)),
    }
}

/// A zone or a policy.
struct Place {
    words: String,
    option: String,
}

/// The end of a zone: nothing in its lists named the packet.
fn target(case: &Case<'_>, place: &Place) -> Option<FrontEnd> {
    if !matches!(
        case.gist.verdict,
        Some(Verdict::Drop | Verdict::Reject { .. })
    ) {
        return None;
    }
    let zone = &place.words;
    let (words, listing) = match (case.wanted.and_then(service), case.wanted_port()) {
        (Some(service), _) => (
            format!("{zone} does not list service {service}"),
            format!("--add-service={service}"),
        ),
        (None, Some(port)) => (
            format!("{zone} does not list port {port}"),
            format!("--add-port={port}"),
        ),
        (None, None) => (
            format!("{zone} does not list it"),
            "--add-port=PORT/PROTOCOL".to_owned(),
        ),
    };
    Some(said(
        "firewalld",
        words,
        Some(format!("firewall-cmd {} {listing}", place.option)),
    ))
}

/// A service, a port or a rich rule that the zone lists.
fn listed(case: &Case<'_>, place: &Place) -> Option<FrontEnd> {
    let gist = &case.gist;
    if gist.source.is_some() || gist.source_set.is_some() || !gist.whole {
        return Some(rich(case, place, "_allow"));
    }
    let named = match (gist.protocol, &gist.ports[..]) {
        (Some(protocol), &[(port, last)]) if port == last => service(Wanted { protocol, port }),
        _ => None,
    };
    let ports = gist.ports('-')?;
    let (words, removal) = match named {
        Some(service) => (
            format!("service {service}"),
            format!("--remove-service={service}"),
        ),
        None => (format!("port {ports}"), format!("--remove-port={ports}")),
    };
    let words = format!("{} lists {words}", place.words);
    Some(said(
        "firewalld",
        words,
        Some(format!("firewall-cmd {} {removal}", place.option)),
    ))
}

/// A rich rule. Those before and after the lists carry a priority that the kernel's rule does not
/// show, so that only the lists' own can be spelled.
fn rich(case: &Case<'_>, place: &Place, part: &str) -> FrontEnd {
    let gist = &case.gist;
    let action = match gist.verdict {
        Some(Verdict::Accept) => "accept",
        Some(Verdict::Drop) => "drop",
        Some(Verdict::Reject { .. }) => "reject",
        _ => "a rule",
    };
    let what = gist.ports('-').unwrap_or_else(|| "everything".to_owned());
    let from = gist.source.as_deref().unwrap_or("anywhere");
    let words = format!(
        "{} has a rich rule: {action} {what} from {from}",
        place.words
    );
    let spelled = spelled(case, action).filter(|_| matches!(part, "_allow" | "_deny"));
    let remedy = match spelled {
        Some(rule) => format!(
            "firewall-cmd {} --remove-rich-rule={}",
            place.option,
            shell_word(&rule)
        ),
        None => list(&format!("{} ", place.option)),
    };
    said("firewalld", words, Some(remedy))
}

fn spelled(case: &Case<'_>, action: &str) -> Option<String> {
    let gist = &case.gist;
    if !gist.whole || gist.destination.is_some() || gist.source_set.is_some() {
        return None;
    }
    let family = match gist.family? {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    };
    let source = gist.source.as_ref()?;
    let port = match gist.ports('-') {
        None if gist.protocol.is_some() => return None,
        None => String::new(),
        Some(ports) => {
            let (port, protocol) = ports.split_once('/')?;
            format!(r#" port port="{port}" protocol="{protocol}""#)
        }
    };
    Some(format!(
        r#"rule family="{family}" source address="{source}"{port} {action}"#
    ))
}

fn list(place: &str) -> String {
    format!("firewall-cmd {place}--list-all")
}

/// The name of a service as firewalld ships it.
fn service(wanted: Wanted) -> Option<&'static str> {
    let same = |(_, protocol, port): &&(&str, u8, u16)| {
        (*protocol, *port) == (wanted.protocol, wanted.port)
    };
    SERVICES.iter().find(same).map(|(name, _, _)| *name)
}

/// The beginnings of the chains of zones and policies in firewalld's own table.
const PREFIXES: &[&str] = &["filter_IN_", "filter_FWD_", "filter_FWDI_", "filter_FWDO_"];

/// The parts of a zone's chain, in the order they are read.
const PARTS: &[&str] = &["_pre", "_log", "_deny", "_allow", "_post"];

const SERVICES: &[(&str, u8, u16)] = &[
    ("ssh", 6, 22),
    ("smtp", 6, 25),
    ("dns", 6, 53),
    ("dns", 17, 53),
    ("http", 6, 80),
    ("pop3", 6, 110),
    ("ntp", 17, 123),
    ("imap", 6, 143),
    ("https", 6, 443),
    ("smtps", 6, 465),
    ("smtp-submission", 6, 587),
    ("imaps", 6, 993),
    ("pop3s", 6, 995),
    ("mysql", 6, 3306),
    ("rdp", 6, 3389),
    ("postgresql", 6, 5432),
    ("cockpit", 6, 9090),
];
