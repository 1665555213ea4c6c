//! Rules that came close: those that let packets pass and fail this one in a field or two.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Direction;
use crate::packet::Packet;
use crate::program::evaluate::{Program, Sight};
use crate::program::{Chain, Key, NamedSet, Rule, Step, Test, Verdict};
use crate::verdict::NearMiss;

/// Rules of these chains that accept, and that fail in one field or in two: the fewer the nearer, then
/// in the order they are read. At most five.
pub(super) fn near_misses(chains: &[&Chain], sets: &[NamedSet], packet: &Packet) -> Vec<NearMiss> {
    let program = Program::new(chains.iter().copied(), sets);
    let sight = Sight::of(packet);
    let mut misses = Vec::new();
    for chain in chains {
        for rule in &chain.rules {
            let failed = failed(rule, packet, |test| program.holds(&sight, test));
            if let Some(failed) = failed.filter(|failed| (1..=2).contains(&failed.len())) {
                misses.push(NearMiss {
                    set: chain.set.clone(),
                    index: rule.index,
                    rule: rule.text.clone(),
                    allows: true,
                    failed: failed.into_iter().map(str::to_owned).collect(),
                });
            }
        }
    }
    misses.sort_by_key(|miss| miss.failed.len());
    misses.truncate(NEAR_MISSES);
    misses
}

/// The names of the fields in which a rule that accepts fails; `None` for another rule, and for one
/// that holds a test nobody can decide.
fn failed(
    rule: &Rule,
    packet: &Packet,
    holds: impl Fn(&Test) -> Option<bool>,
) -> Option<Vec<&'static str>> {
    let mut failed = Vec::new();
    for step in &rule.steps {
        match step {
            Step::Verdict(Verdict::Accept) => return Some(failed),
            Step::Test(test) => {
                if !holds(test)? {
                    let mut keys = Vec::new();
                    keys_of(test, &mut keys);
                    for key in keys {
                        let name = name(key, packet);
                        if !failed.contains(&name) {
                            failed.push(name);
                        }
                    }
                }
            }
            Step::Verdict(_) | Step::Lookup { .. } | Step::Opaque { .. } | Step::Translate(_) => {
                return None;
            }
            Step::SetMark { .. } | Step::Notrack => {}
        }
    }
    None
}

fn keys_of(test: &Test, keys: &mut Vec<Key>) {
    match test {
        Test::In { key, .. } => keys.extend(key),
        Test::Masked { key, .. } => keys.push(*key),
        Test::AnyOf(lists) => lists.iter().flatten().for_each(|test| keys_of(test, keys)),
        Test::Undecided { .. } => {}
    }
}

/// The field a person would name.
fn name(key: Key, packet: &Packet) -> &'static str {
    let inbound = packet.direction() == Direction::Inbound;
    match key {
        Key::Source(family) | Key::Destination(family) if family != packet.family => "family",
        Key::Source(_) | Key::SourceMac | Key::SourceKind => "source",
        Key::Destination(_) | Key::OriginalDestination(_) | Key::DestinationKind => "destination",
        Key::Protocol => "protocol",
        Key::Family => "family",
        Key::SourcePort => "source_port",
        Key::DestinationPort | Key::OriginalPort => "port",
        Key::IcmpType(_) => "icmp_type",
        Key::IcmpCode(_) => "icmp_code",
        Key::TcpFlags => "tcp_flags",
        Key::State | Key::ConnectionStatus => "state",
        Key::Mark => "mark",
        Key::InputInterface if inbound => "interface",
        Key::OutputInterface if !inbound => "interface",
        Key::InputInterface => "input interface",
        Key::OutputInterface => "output interface",
    }
}

/// How many near misses are told; more would not be read.
const NEAR_MISSES: usize = 5;
