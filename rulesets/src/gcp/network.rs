//! The rules of one network, put in the order in which they are asked.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::firewall::Firewall;
use crate::document::{Document, NamedLayer, Target};
use crate::far_end::unseen;
use crate::flow::Direction;
use crate::layer::{Fallback, Layer, LayerKind};
use crate::program::{Chain, Verdict};
use std::collections::BTreeMap;

/// Makes one list of the rules of each network. A document that is not `whole` leaves rules out, and
/// nobody knows what those do.
pub(super) fn group(firewalls: Vec<Firewall>, whole: bool, out: &mut Document) {
    let mut networks: BTreeMap<String, Vec<Firewall>> = BTreeMap::new();
    for firewall in firewalls {
        networks
            .entry(firewall.network.clone())
            .or_default()
            .push(firewall);
    }
    for (network, mut rules) in networks {
        rules.sort_by_key(|one| (one.priority, !one.denies));
        let mut targets = Vec::new();
        let (inbound, outbound): (Vec<_>, Vec<_>) = rules
            .into_iter()
            .partition(|one| one.direction == Direction::Inbound);
        let inbound = chain(&network, Direction::Inbound, inbound, whole, &mut targets);
        let outbound = chain(&network, Direction::Outbound, outbound, whole, &mut targets);
        out.lists.push(named(&network, inbound, outbound, targets));
    }
    if !whole && !out.lists.is_empty() {
        out.remarks.push(PARTIAL.to_owned());
    }
}

/// The rules that are switched on; those that are off keep their place in the numbering.
fn chain(
    network: &str,
    direction: Direction,
    rules: Vec<Firewall>,
    whole: bool,
    targets: &mut Vec<Target>,
) -> Chain {
    let count = rules.len();
    let mut kept = Vec::new();
    if !whole {
        kept.push(unseen(count, "the other rules of the network".to_owned()));
    }
    for (index, mut one) in rules.into_iter().enumerate() {
        if one.disabled {
            continue;
        }
        one.rule.index = index;
        kept.push(one.rule);
        if !one.targets.is_empty() {
            targets.push(Target {
                direction,
                rule: index,
                any_of: one.targets,
            });
        }
    }
    Chain {
        set: short(network).to_owned(),
        name: direction.to_string(),
        rules: kept,
    }
}

fn named(network: &str, inbound: Chain, outbound: Chain, targets: Vec<Target>) -> NamedLayer {
    let fallback = |verdict: Verdict, text: &str| Fallback {
        set: short(network).to_owned(),
        verdict,
        text: text.to_owned(),
    };
    NamedLayer {
        id: network.to_owned(),
        name: short(network).to_owned(),
        layer: Layer {
            kind: LayerKind::SecurityGroup,
            provider: "gcp".to_owned(),
            stateful: true,
            inbound: vec![inbound],
            outbound: vec![outbound],
            inbound_fallback: fallback(Verdict::Drop, "the implied rule denies all ingress"),
            outbound_fallback: fallback(Verdict::Accept, "the implied rule allows all egress"),
            sets: Vec::new(),
            remarks: REMARKS.map(str::to_owned).to_vec(),
        },
        is_default: short(network) == "default",
        attached: Vec::new(),
        combines: false,
        targets,
    }
}

fn short(network: &str) -> &str {
    network.rsplit('/').next().unwrap_or(network)
}

const PARTIAL: &str = "some rules of the network are not in this document: run `gcloud compute \
                       firewall-rules list --format=json`";

/// <https://cloud.google.com/firewall/docs/firewalls#blockedtraffic> and
/// <https://cloud.google.com/firewall/docs/firewall-policies-overview>.
const REMARKS: [&str; 3] = [
    "firewall policies of the organisation, its folders and the network are asked besides these rules and are not in this listing",
    "the provider blocks some traffic whatever the rules say, such as TCP port 25 to external addresses for most projects",
    "the metadata server (169.254.169.254) and its DNS, DHCP and time are reachable whatever the rules say",
];
