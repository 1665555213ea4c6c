//! Rules that came close: those that let packets pass and fail this one in a field or two.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::packet::Packet;
use crate::program::evaluate::{Program, Sight};
use crate::program::{Chain, Key, NamedSet, Rule, Step, Test, Verdict};
use crate::verdict::NearMiss;

/// Rules of these chains that accept, and that fail in one field or in two, each with its chain: the fewer
/// the nearer, then in the order they are read. At most five. Only fields that a person would ask about
/// otherwise count; a rule that fails in another one is not near.
pub(super) fn near_misses(
    chains: &[&Chain],
    sets: &[NamedSet],
    packet: &Packet,
) -> Vec<(String, NearMiss)> {
    let program = Program::new(chains.iter().copied(), sets);
    let sight = Sight::of(packet);
    let mut misses = Vec::new();
    for chain in chains {
        for rule in &chain.rules {
            let failed = failed(rule, packet, |test| program.holds(&sight, test));
            if let Some(failed) = failed.filter(|failed| (1..=2).contains(&failed.len())) {
                let miss = NearMiss {
                    set: chain.set.clone(),
                    chain: None,
                    index: rule.index,
                    rule: rule.text.clone(),
                    allows: true,
                    failed: failed.into_iter().map(str::to_owned).collect(),
                };
                misses.push((chain.name.clone(), miss));
            }
        }
    }
    misses.sort_by_key(|(_, miss)| miss.failed.len());
    misses.truncate(NEAR_MISSES);
    misses
}

/// The names of the fields in which a rule that accepts fails; `None` for another rule, for one that
/// holds a test nobody can decide, and for one that fails in a field that is not asked about.
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
                        let name = name(key, packet)?;
                        if !failed.contains(&name) {
                            failed.push(name);
                        }
                    }
                }
            }
            Step::Verdict(_) | Step::Lookup { .. } | Step::Opaque { .. } | Step::Translate(_) => {
                return None;
            }
            Step::SetMark { .. } | Step::CopyMark { .. } | Step::Notrack => {}
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

/// The field as a person would name it; `None` for what nobody chooses.
fn name(key: Key, packet: &Packet) -> Option<&'static str> {
    Some(match key {
        Key::Source(family) | Key::Destination(family) if family != packet.family => "family",
        Key::Source(_) => "source",
        Key::Destination(_) | Key::OriginalDestination(_) => "destination",
        Key::Protocol => "protocol",
        Key::Family => "family",
        Key::SourcePort => "source_port",
        Key::DestinationPort | Key::OriginalPort => "port",
        Key::IcmpType(_) if ICMP.contains(&packet.protocol) => "icmp_type",
        Key::IcmpType(_)
        | Key::IcmpCode(_)
        | Key::TcpFlags
        | Key::State
        | Key::ConnectionStatus
        | Key::Mark
        | Key::ConnectionMark
        | Key::InputInterface
        | Key::OutputInterface
        | Key::SourceMac
        | Key::SourceKind
        | Key::DestinationKind => return None,
    })
}

/// ICMP and ICMPv6, by their IANA numbers.
const ICMP: [u8; 2] = [1, 58];
/// How many near misses are told; more would not be read.
const NEAR_MISSES: usize = 5;
