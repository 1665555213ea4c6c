//! Reads one entry of a network ACL.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::field::Fields;
use super::problem::{Problem, Result, quoted};
use super::values::{plain_block, ports};
use crate::build::{
    All, any_of, family, far, nets, ports as port_test, protocol, steps, undecided,
};
use crate::flow::{Direction, Family};
use crate::program::{Key, Reason, Rule, Step, Test, Verdict};
use crate::rule::{Action, Ports};
use crate::text::shown;

/// Which fields an entry has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    /// The far end, the protocol and one port.
    Triple,
    /// Both ends with a port each, and the protocol; its direction is a member.
    Quintuple,
}

/// The entries of one direction in the order they are read: by priority where they carry one, else as
/// they stand. Entries of different families never meet the same packet.
pub(super) fn entries(
    acl: &Fields<'_>,
    name: &str,
    direction: Direction,
    shape: Shape,
) -> Result<Vec<Rule>> {
    let mut read = Vec::new();
    for (path, members) in acl.objects(name)? {
        let entry = Fields::new(&path, members);
        if shape == Shape::Quintuple && way(&entry)? != direction {
            continue;
        }
        let position = read.len();
        let (rule, own) = rule(&entry, direction, shape)?;
        read.push((entry.count("Priority")?, own, position, rule));
    }
    ordered(acl, name, read)
}

type Read = (Option<u64>, Option<Family>, usize, Rule);

/// Sorts entries by priority; without one for each their order is the answer's.
fn ordered(acl: &Fields<'_>, name: &str, mut read: Vec<Read>) -> Result<Vec<Rule>> {
    if read.iter().all(|(priority, ..)| priority.is_some()) {
        read.sort_by_key(|(priority, own, position, _)| (*own, *priority, *position));
        let both = |pair: &[Read]| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1);
        let clash = read.windows(2).find(|pair| both(pair));
        if let Some((Some(index @ 1..), ..)) = clash.map(|pair| &pair[1]) {
            return Err(acl.error(name, Problem::RepeatedIndex { index: *index }));
        }
    } else if read.iter().any(|(priority, ..)| priority.is_some()) {
        return Err(acl.error(name, Problem::MissingIndex));
    }
    let numbered = |(index, mut rule): (usize, Rule)| {
        rule.index = index;
        rule
    };
    let rules = read.into_iter().map(|(.., rule)| rule).enumerate();
    Ok(rules.map(numbered).collect())
}

fn way(entry: &Fields<'_>) -> Result<Direction> {
    let text = entry.needed("NetworkAclDirection")?;
    match text.to_ascii_uppercase().as_str() {
        "INGRESS" => Ok(Direction::Inbound),
        "EGRESS" => Ok(Direction::Outbound),
        _ => Err(entry.error("NetworkAclDirection", Problem::Direction(quoted(text)))),
    }
}

/// An entry, and the family of its addresses where it names one.
fn rule(entry: &Fields<'_>, direction: Direction, shape: Shape) -> Result<(Rule, Option<Family>)> {
    let (action, action_text) = entry.action()?;
    let (mut all, with_ports, protocol) = transport(entry)?;
    let mut words = vec![action_text.to_owned(), protocol];
    let own = match shape {
        Shape::Triple => {
            if let Some((ports, word)) = port(entry, "Port", with_ports)? {
                all.extend(triple_port(direction, &ports));
                words.push(word);
            }
            words.push(direction.joint().to_owned());
            let names = ["CidrBlock", "Ipv6CidrBlock"];
            let (own, test, word) = end(entry, names, far(direction))?.unwrap_or_else(|| {
                let missing = "the address the entry leaves out: write the block into the entry";
                let test = undecided(Reason::Unsupported, missing);
                (None, test, "nothing named".to_owned())
            });
            all.push(test);
            words.push(word);
            own
        }
        Shape::Quintuple => {
            let mut own = None;
            for (side, names, key, name, port_key) in SIDES {
                if let Some((family, test, word)) = end(entry, names, key)? {
                    own = own.or(family);
                    all.push(test);
                    words.extend([side.to_owned(), word]);
                }
                if let Some((ports, word)) = port(entry, name, with_ports)? {
                    all.extend(port_test(port_key, &ports));
                    words.extend([format!("{side} port"), word]);
                }
            }
            own
        }
    };
    let mut steps = steps(vec![all]);
    steps.push(Step::Verdict(match action {
        Action::Accept => Verdict::Accept,
        Action::Drop => Verdict::Drop,
    }));
    let rule = Rule {
        index: 0,
        handle: None,
        text: shown(&words.join(" "), 200),
        description: entry.remark("Description")?,
        steps,
    };
    Ok((rule, own))
}

/// The protocol, whether it has ports, and its text.
fn transport(entry: &Fields<'_>) -> Result<(All, bool, String)> {
    let Some(text) = entry.text("Protocol")? else {
        return Err(entry.error("Protocol", Problem::NoProtocol));
    };
    let (tests, ports) = match text.to_ascii_uppercase().as_str() {
        "ALL" => (Vec::new(), false),
        "TCP" => (vec![protocol(6)], true),
        "UDP" => (vec![protocol(17)], true),
        "GRE" => (vec![protocol(47)], false),
        "ICMPV6" => (vec![family(Family::V6), protocol(58)], false),
        "ICMP" => (vec![either_icmp()], false),
        _ => return Err(entry.error("Protocol", Problem::Protocol(quoted(text)))),
    };
    Ok((tests, ports, text.to_owned()))
}

/// ICMP of the entry's own family: an ACL knows no other word for ICMPv6.
fn either_icmp() -> Test {
    any_of(vec![
        vec![family(Family::V4), protocol(1)],
        vec![family(Family::V6), protocol(58)],
    ])
}

/// A member with ports, and its text; `None` when every port is meant.
fn port(entry: &Fields<'_>, name: &str, with_ports: bool) -> Result<Option<(Ports, String)>> {
    let Some(text) = entry.text_or_number(name)? else {
        return Ok(None);
    };
    match ports(&text).map_err(|problem| entry.error(name, problem))? {
        Ports::Any => Ok(None),
        ranges @ Ports::Ranges(_) if with_ports => Ok(Some((ranges, text))),
        Ports::Ranges(_) => {
            let protocol = entry.text("Protocol")?.unwrap_or_default().to_owned();
            let port = quoted(&text);
            Err(entry.error(name, Problem::PortWithoutPorts { port, protocol }))
        }
    }
}

/// The port of an entry of three fields. Of inbound packets it is the local service's; which one is
/// meant of outbound packets, the vendor's pages leave open, so it counts as matched only when both
/// ports are.
fn triple_port(direction: Direction, own: &Ports) -> Option<Test> {
    let near = port_test(Key::DestinationPort, own)?;
    match direction {
        Direction::Inbound => Some(near),
        Direction::Outbound => {
            let source = port_test(Key::SourcePort, own)?;
            let open = || undecided(Reason::Unsupported, PORT_OPEN);
            Some(any_of(vec![
                vec![near.clone(), source.clone()],
                vec![near, open()],
                vec![source, open()],
            ]))
        }
    }
}

/// One end of an entry, IPv4 or IPv6, with its text; `None` when it names neither.
fn end(entry: &Fields<'_>, names: [&'static str; 2], key: AddressKey) -> Result<Option<End>> {
    let mut found = None;
    for (name, own) in names.into_iter().zip([Family::V4, Family::V6]) {
        let Some(word) = entry.text(name)? else {
            continue;
        };
        if found.is_some() {
            return Err(Problem::Both(names[0], names[1]).at(entry.path));
        }
        let net = plain_block(word, own).map_err(|problem| entry.error(name, problem))?;
        let test = nets(key, &[net]);
        found = Some((Some(own), test, shown(word, 50)));
    }
    Ok(found)
}

type AddressKey = fn(Family) -> Key;

/// The family of an address, the test of it, and its text.
type End = (Option<Family>, Test, String);

/// The two ends of an entry of five fields: how it is called, the members of its address and of its
/// port, and the fields of the packet.
const SIDES: [(&str, [&str; 2], AddressKey, &str, Key); 2] = [
    (
        "from",
        ["SourceCidr", "SourceIPv6Cidr"],
        Key::Source,
        "SourcePort",
        Key::SourcePort,
    ),
    (
        "to",
        ["DestinationCidr", "DestinationIPv6Cidr"],
        Key::Destination,
        "DestinationPort",
        Key::DestinationPort,
    ),
];

const PORT_OPEN: &str = "whether the port of an outbound entry is the local or the far one, which the vendor leaves open";
