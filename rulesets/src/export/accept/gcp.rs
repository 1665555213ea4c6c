//! One accept among the firewall rules of a network of Google Cloud.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{RuleCommands, Want, number};
use crate::export::cloud::line;
use crate::flow::Direction;
use crate::verdict::MatchingRule;
use ipnet::IpNet;

/// A rule of the priority next to the one that stops the packet, since a rule that denies wins over one
/// of the same priority. Priorities may be shared, so that none has to be free.
pub(super) fn network(set: &str, want: &Want, stop: Option<&MatchingRule>) -> Option<RuleCommands> {
    let (protocol, port) = want.plain()?;
    let priority = match stop {
        Some(stop) => number(&stop.rule)?.checked_sub(1).filter(|one| *one >= 0)?,
        None => DEFAULT,
    };
    let name = want.name(protocol, port);
    // There is no word for ICMPv6 but its number.
    let protocol = if protocol == "icmpv6" { "58" } else { protocol };
    let rules = port.map_or_else(|| protocol.to_owned(), |port| format!("{protocol}:{port}"));
    let (direction, far, near) = match want.direction {
        Direction::Inbound => ("INGRESS", "source", "destination"),
        Direction::Outbound => ("EGRESS", "destination", "source"),
    };
    let mut words = vec![
        "gcloud".to_owned(),
        "compute".to_owned(),
        "firewall-rules".to_owned(),
        "create".to_owned(),
        name.clone(),
        format!("--network={set}"),
        format!("--direction={direction}"),
        format!("--priority={priority}"),
        "--action=ALLOW".to_owned(),
        format!("--rules={rules}"),
        format!("--{far}-ranges={}", want.block()),
    ];
    words.extend(
        want.near
            .map(|own| format!("--{near}-ranges={}", IpNet::from(own))),
    );
    Some(RuleCommands {
        add: line(&words),
        undo: format!("gcloud compute firewall-rules delete {name} --quiet"),
    })
}

/// The vendor's own default.
const DEFAULT: i64 = 1_000;
