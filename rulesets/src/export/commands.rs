//! Rules as commands of `tccli`, the vendor's command line.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{ExportError, each, expressible, refuse};
use crate::flow::Direction;
use crate::security_group::SecurityGroup;
use crate::tencent::create_rules_command;

/// The commands that put a group's rules behind those of the group `target`, one command a direction
/// that has rules (the vendor takes one direction at a time). `target` is the id of a group that is
/// there, `sg-NEW` in the text when none is given.
pub fn commands(group: &SecurityGroup, target: Option<&str>) -> Result<Vec<String>, ExportError> {
    for (direction, index, rule) in each(group) {
        let place = (direction, index, rule);
        expressible(rule).map_err(|reason| refuse(group, place, reason))?;
    }
    let target = target.unwrap_or("sg-NEW");
    let lists = [Direction::Inbound, Direction::Outbound].map(|way| (way, group.rules(way)));
    let used = lists.into_iter().filter(|(_, rules)| !rules.is_empty());
    let commands: Vec<String> = used
        .map(|(direction, rules)| create_rules_command(target, direction, rules))
        .collect();
    if commands.is_empty() {
        return Err(ExportError::Nothing);
    }
    Ok(commands)
}
