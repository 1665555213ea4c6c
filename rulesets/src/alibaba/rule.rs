//! Reads one rule of a group (`Permission`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::build::{
    All, any_of, family, is_member, nets, ports as port_test, protocol, steps, undecided,
};
use crate::document::set_name;
use crate::flow::{Direction, Family};
use crate::program::{Key, Reason, Rule, Step, Test, Verdict};
use crate::rule::{Action, PortRange, Ports};
use crate::tencent::{Fields, Problem, Result, plain_block, quoted};
use crate::text::{shell_word, shown};

/// A rule with its place in the order of all rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// From 1, the highest, to 100.
    pub priority: u8,
    /// What it does; of two rules of one priority the one that drops goes first.
    pub action: Action,
    /// What it tests and does; its index is its place in the answer, over both directions.
    pub rule: Rule,
}

/// A rule, and its direction.
pub(super) fn entry(fields: &Fields<'_>, index: usize) -> Result<(Direction, Entry)> {
    let direction = direction(fields)?;
    let action = action(fields)?;
    let priority = priority(fields)?;
    let mut words = vec![action.to_string()];
    let mut all = transport(fields, &mut words)?;
    let near = match direction {
        Direction::Inbound => ["DestCidrIp", "Ipv6DestCidrIp"],
        Direction::Outbound => ["SourceCidrIp", "Ipv6SourceCidrIp"],
    };
    all.push(far_end(fields, direction, &mut words)?);
    if let Some(test) = near_end(fields, direction, near, &mut words)? {
        all.push(test);
    }
    if let Some(nic) = fields.text("NicType")?
        && nic.eq_ignore_ascii_case("internet")
    {
        let text = "whether the packet uses the public interface of the classic network";
        all.push(undecided(Reason::Unsupported, text));
        words.push("on the public interface".to_owned());
    }
    words.push(format!("priority {priority}"));
    let mut steps = steps(vec![all]);
    steps.push(Step::Verdict(match action {
        Action::Accept => Verdict::Accept,
        Action::Drop => Verdict::Drop,
    }));
    let rule = Rule {
        index,
        handle: None,
        text: shown(&words.join(" "), 200),
        description: fields.remark("Description")?,
        steps,
    };
    Ok((
        direction,
        Entry {
            priority,
            action,
            rule,
        },
    ))
}

fn direction(fields: &Fields<'_>) -> Result<Direction> {
    let text = fields.needed("Direction")?;
    match text.to_ascii_lowercase().as_str() {
        "ingress" => Ok(Direction::Inbound),
        "egress" => Ok(Direction::Outbound),
        _ => Err(fields.error("Direction", Problem::Direction(quoted(text)))),
    }
}

fn action(fields: &Fields<'_>) -> Result<Action> {
    let text = fields.needed("Policy")?;
    match text.to_ascii_lowercase().as_str() {
        "accept" => Ok(Action::Accept),
        "drop" => Ok(Action::Drop),
        _ => Err(fields.error("Policy", Problem::Action(quoted(text)))),
    }
}

/// The priority; a rule without one has the highest, as the vendor's default is.
fn priority(fields: &Fields<'_>) -> Result<u8> {
    let Some(text) = fields.text_or_number("Priority")? else {
        return Ok(1);
    };
    let number = text.parse().ok().filter(|one| (1..=100).contains(one));
    number.ok_or_else(|| fields.error("Priority", Problem::Priority(quoted(&text))))
}

/// The protocol and the ports at both ends.
fn transport(fields: &Fields<'_>, words: &mut Vec<String>) -> Result<All> {
    let text = fields.needed("IpProtocol")?;
    let (mut all, with_ports) = match text.to_ascii_lowercase().as_str() {
        "all" | "-1" => (Vec::new(), false),
        "tcp" => (vec![protocol(6)], true),
        "udp" => (vec![protocol(17)], true),
        "gre" => (vec![protocol(47)], false),
        "icmpv6" => (vec![family(Family::V6), protocol(58)], false),
        "icmp" => (vec![family(Family::V4), protocol(1)], false),
        _ => return Err(fields.error("IpProtocol", Problem::Protocol(quoted(text)))),
    };
    words.push(text.to_owned());
    for (name, key, joint) in [
        ("PortRange", Key::DestinationPort, ""),
        ("SourcePortRange", Key::SourcePort, "source port "),
    ] {
        let Some(text) = fields.text(name)? else {
            continue;
        };
        let own = port_pair(text).map_err(|problem| fields.error(name, problem))?;
        if let Some(test) = port_test(key, &own).filter(|_| with_ports) {
            all.push(test);
            words.push(format!("{joint}{}", shown(text, 20)));
        }
    }
    for name in ["PortRangeListId", "SourcePortRangeListId"] {
        if let Some(id) = fields.text(name)? {
            let id = shown(id, 60);
            let text = format!("the ports of port list `{id}`, which are not read");
            all.push(undecided(Reason::Reference, text));
            words.push(id);
        }
    }
    Ok(all)
}

/// The address at the far end: a block, a group, or a prefix list. A rule with none is for whoever the
/// vendor means by that.
fn far_end(fields: &Fields<'_>, direction: Direction, words: &mut Vec<String>) -> Result<Test> {
    let (side, key): (_, fn(Family) -> Key) = match direction {
        Direction::Inbound => ("Source", Key::Source),
        Direction::Outbound => ("Dest", Key::Destination),
    };
    let mut named: Vec<(Test, String)> = Vec::new();
    for (name, own) in [
        (format!("{side}CidrIp"), Family::V4),
        (format!("Ipv6{side}CidrIp"), Family::V6),
    ] {
        if let Some(text) = fields.text(&name)? {
            named.push((address(fields, &name, own, key)?, text.to_owned()));
        }
    }
    if let Some(id) = fields.text(&format!("{side}GroupId"))? {
        let command = format!(
            "aliyun ecs DescribeNetworkInterfaces --SecurityGroupId {}",
            shell_word(&shown(id, 60))
        );
        named.push((member(key, id, "members of group", &command), id.to_owned()));
    }
    if let Some(id) = fields.text(&format!("{side}PrefixListId"))? {
        let command = format!(
            "aliyun ecs DescribePrefixListAttributes --PrefixListId {}",
            shell_word(&shown(id, 60))
        );
        let test = member(key, id, "entries of prefix list", &command);
        named.push((test, id.to_owned()));
    }
    words.push(direction.joint().to_owned());
    if named.len() > 1 {
        return Err(fields.error(&format!("{side}CidrIp"), Problem::SeveralEnds));
    }
    let (test, word) = named.pop().unwrap_or_else(|| {
        let text = "the far end the rule leaves out: write the address block into the rule";
        let test = undecided(Reason::Unsupported, text);
        (test, "nothing named".to_owned())
    });
    words.push(shown(&word, 60));
    Ok(test)
}

/// The address at the instance's own end, which a rule of five fields may name.
fn near_end(
    fields: &Fields<'_>,
    direction: Direction,
    names: [&str; 2],
    words: &mut Vec<String>,
) -> Result<Option<Test>> {
    let (joint, key): (_, fn(Family) -> Key) = match direction {
        Direction::Inbound => ("to", Key::Destination),
        Direction::Outbound => ("from", Key::Source),
    };
    for (name, own) in names.into_iter().zip([Family::V4, Family::V6]) {
        if let Some(text) = fields.text(name)? {
            let test = address(fields, name, own, key)?;
            words.extend([joint.to_owned(), shown(text, 60)]);
            return Ok(Some(test));
        }
    }
    Ok(None)
}

fn address(fields: &Fields<'_>, name: &str, own: Family, key: fn(Family) -> Key) -> Result<Test> {
    let text = fields.needed(name)?;
    let net = plain_block(text, own).map_err(|problem| fields.error(name, problem))?;
    Ok(nets(key, &[net]))
}

fn member(key: fn(Family) -> Key, id: &str, what: &str, command: &str) -> Test {
    let missing = format!("{what} `{}`: run `{command}`", shown(id, 60));
    let one = |own| vec![is_member(vec![key(own)], set_name(id, own), &missing)];
    any_of(vec![one(Family::V4), one(Family::V6)])
}

/// Ports such as `22/22`; `-1/-1` is all of them.
fn port_pair(text: &str) -> Result<Ports, Problem> {
    let wrong = || Problem::PortPair(quoted(text));
    if text == "-1/-1" {
        return Ok(Ports::Any);
    }
    let (first, last) = text.split_once('/').ok_or_else(wrong)?;
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last => {
            Ok(Ports::Ranges(vec![PortRange { first, last }]))
        }
        _ => Err(wrong()),
    }
}
