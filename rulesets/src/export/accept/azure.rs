//! One accept in a network security group of Azure.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{RuleCommands, Want, free, number, numbers};
use crate::export::cloud::line;
use crate::flow::Direction;
use crate::layer::Layer;
use crate::verdict::MatchingRule;
use ipnet::IpNet;

/// A rule with the highest free priority above the one that stops the packet. A layer does not know the
/// resource group of its list, so the commands look it up by the name; where several have one, they fail.
pub(super) fn group(
    layer: &Layer,
    set: &str,
    want: &Want,
    stop: Option<&MatchingRule>,
) -> Option<RuleCommands> {
    let (protocol, port) = match want.unsourced()? {
        ("tcp", port) => ("Tcp", port),
        ("udp", port) => ("Udp", port),
        // Whether its `Icmp` covers the other family is not documented.
        ("icmp", port) => ("Icmp", port),
        _ => return None,
    };
    let used = numbers(layer, set, want.direction);
    let stop = stop
        .map(|stop| number(&stop.rule).ok_or(()))
        .transpose()
        .ok()?;
    let priority = free(&used, stop, USERS)?.to_string();
    let direction = match want.direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
    };
    let near = want
        .near
        .map_or_else(|| "*".to_owned(), |near| IpNet::from(near).to_string());
    let (source, destination) = match want.direction {
        Direction::Inbound => (want.block(), near),
        Direction::Outbound => (near, want.block()),
    };
    let any = |port: Option<u16>| port.map_or_else(|| "*".to_owned(), |port| port.to_string());
    let (from, to) = (any(want.source_port), any(port));
    let name = want.name(&protocol.to_ascii_lowercase(), port);
    let rest = line(
        &[
            "--nsg-name",
            set,
            "--name",
            &name,
            "--priority",
            &priority,
            "--direction",
            direction,
            "--access",
            "Allow",
            "--protocol",
            protocol,
            "--source-address-prefixes",
            &source,
            "--source-port-ranges",
            &from,
            "--destination-address-prefixes",
            &destination,
            "--destination-port-ranges",
            &to,
        ]
        .map(str::to_owned),
    );
    let group = format!(
        "--resource-group \"$(az network nsg list --query \"[?name=='{set}'].resourceGroup\" --output tsv)\""
    );
    Some(RuleCommands {
        add: format!("az network nsg rule create {group} {rest}"),
        undo: format!("az network nsg rule delete {group} --nsg-name {set} --name {name}"),
    })
}

/// The priorities that users may give.
const USERS: (i64, i64) = (100, 4096);
