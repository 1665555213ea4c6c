//! One accept in a security group of Alibaba Cloud.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{RuleCommands, Want};
use crate::export::cloud::alibaba_permission;
use crate::flow::{Direction, Family};
use crate::verdict::MatchingRule;

/// A rule of the priority next to the one that stops the packet, since a rule that drops wins over one
/// of the same priority; of the lowest where none of the user's does. Priorities may be shared.
pub(super) fn group(set: &str, want: &Want, stop: Option<&MatchingRule>) -> Option<RuleCommands> {
    let (protocol, port) = want.plain()?;
    let priority = match stop {
        None => LOWEST,
        Some(stop) if stop.rule == TYPE_DEFAULT => LOWEST,
        Some(stop) => {
            let (_, own) = stop.rule.rsplit_once("priority ")?;
            own.parse::<u8>()
                .ok()?
                .checked_sub(1)
                .filter(|one| *one > 0)?
        }
    };
    let side = match want.direction {
        Direction::Inbound => "Source",
        Direction::Outbound => "Dest",
    };
    let far = match want.family {
        Family::V4 => format!("{side}CidrIp"),
        Family::V6 => format!("Ipv6{side}CidrIp"),
    };
    let ports = port.map_or_else(|| "-1/-1".to_owned(), |port| format!("{port}/{port}"));
    let members = [
        ("Policy", "accept".to_owned()),
        ("Priority", priority.to_string()),
        ("IpProtocol", protocol.to_owned()),
        ("PortRange", ports),
        (far.as_str(), want.block()),
    ];
    let command = |verb| alibaba_permission(verb, None, set, want.direction, &members);
    Some(RuleCommands {
        add: command("Authorize"),
        undo: command("Revoke"),
    })
}

const LOWEST: u8 = 100;
/// The text of the rule that stands for the default of a group's type.
const TYPE_DEFAULT: &str = "Drop all, default of an enterprise group";
