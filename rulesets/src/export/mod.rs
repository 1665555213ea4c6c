//! Rules out: our own neutral JSON, the JSON of the vendors' APIs, Terraform, command lines.
//!
//! What is written here reads back as the same rules; what a form cannot express is an error that names
//! the rule.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod accept;
mod cloud;
mod commands;
mod hcl;
pub(crate) mod neutral;
mod policies;
mod terraform;

pub use accept::{
    CLIENT_PORTS, RuleCommands, TableWords, add_accept, add_accept_for_answers,
    add_accept_to_chain, is_plain,
};
pub use cloud::{CloudList, api_json, cloud_lists};
pub use commands::commands;
pub use neutral::json;
pub use policies::policies;
pub use terraform::{rule_set, short_rules};

use crate::flow::Direction;
use crate::rule::{Peer, Ports, Rule, Service};
use crate::security_group::SecurityGroup;
use crate::tencent::is_id;
use crate::text::shown;
use std::net::{IpAddr, Ipv4Addr};

/// Why rules could not be written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExportError {
    /// A rule says what the form has no words for.
    #[error("`{set}` {direction} rule {index} `{rule}`: {reason}")]
    Rule {
        /// The rule set.
        set: String,
        /// Its direction.
        direction: Direction,
        /// The rule's position in its own list, from 0.
        index: usize,
        /// The rule's own text.
        rule: String,
        /// What cannot be expressed, and the remedy.
        reason: &'static str,
    },
    /// The name is none that the form allows.
    #[error("`{0}` is not a name (letters, digits, `-` and `_`, no digit first)")]
    Name(String),
    /// The id is none.
    #[error("`{0}` is not an id (letters, digits, `-`, `_` and `.`, a letter or digit first)")]
    Id(String),
    /// The list lacks what the form needs.
    #[error("`{set}`: {what}")]
    Lacks {
        /// The rule list.
        set: String,
        /// What is missing, and the remedy.
        what: &'static str,
    },
    /// The vendor has no document that holds all of it.
    #[error("the vendor has no one document for all of these lists; choose one with --bind")]
    Mixed,
    /// There is no group to write.
    #[error("there is no rule to write")]
    Nothing,
}

/// The rules of both directions, each with its place.
fn each(group: &SecurityGroup) -> impl Iterator<Item = (Direction, usize, &Rule)> {
    [Direction::Inbound, Direction::Outbound]
        .into_iter()
        .flat_map(|direction| {
            let rules = group.rules(direction).iter().enumerate();
            rules.map(move |(index, rule)| (direction, index, rule))
        })
}

/// Refuses what no form of the vendor's has words for.
fn expressible(rule: &Rule) -> Result<(), &'static str> {
    let service = template(&rule.service).unwrap_or("x");
    let peer = match rule.peer.named() {
        Peer::All => {
            return Err(
                "`ALL` as the far end does not say whether IPv6 is meant; write 0.0.0.0/0, ::/0, or a \
                 rule for each",
            );
        }
        Peer::Unnamed => return Err("names no far end; write the address block into the rule"),
        Peer::Net(net)
            if net.addr() == IpAddr::V4(Ipv4Addr::UNSPECIFIED) && net.prefix_len() > 0 =>
        {
            return Err("the vendor reads a block that begins at 0.0.0.0 as 0.0.0.0/0; split it");
        }
        Peer::Net(_) | Peer::Members(_) => "x",
        Peer::Group(id) | Peer::Template(id) => id,
    };
    if [service, peer].iter().any(|id| id.is_empty() || !is_id(id)) {
        return Err("an id in it is none (letters, digits, `-` and `_`)");
    }
    if let Service::Tcp(Ports::Ranges(ranges)) | Service::Udp(Ports::Ranges(ranges)) = &rule.service
        && (ranges.is_empty() || ranges.iter().any(|range| range.first > range.last))
    {
        return Err("its ports are none; write the lower port of a range first");
    }
    Ok(())
}

fn refuse(
    group: &SecurityGroup,
    (direction, index, rule): (Direction, usize, &Rule),
    reason: &'static str,
) -> ExportError {
    ExportError::Rule {
        set: shown(&group.id, 60),
        direction,
        index,
        rule: shown(&rule.text, 160),
        reason,
    }
}

/// The service as a rule writes it: the template's id where it names one.
fn template(service: &Service) -> Option<&str> {
    match service {
        Service::Template(id) => Some(id),
        Service::Members(members) => Some(&members.of),
        Service::All
        | Service::Tcp(_)
        | Service::Udp(_)
        | Service::Icmp
        | Service::Icmpv6
        | Service::Gre => None,
    }
}
