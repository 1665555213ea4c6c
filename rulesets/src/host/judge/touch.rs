//! What a base chain, with all it calls, leaves behind for others to see, and what it sees of that.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::order::Called;
use crate::host::{Base, ChainKind};
use crate::program::{Key, Step, Test, Verdict, VerdictMap};

/// What passes between base chains beside the packet as it came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touch {
    /// It may change the packet, its mark, or whether it is tracked.
    writes: bool,
    /// It tests what such a change may change.
    reads: bool,
    nat: bool,
}

impl Touch {
    /// Of a base chain, which stands at this place of its table.
    pub(super) fn of(called: &Called<'_>, chain: usize, base: &Base) -> Self {
        let mut touch = Self {
            nat: base.kind == ChainKind::Nat,
            ..Self::default()
        };
        let program = &called.program;
        let mut met = vec![false; program.chains.len()];
        let mut open = vec![chain];
        while let Some(chain) = open.pop() {
            if std::mem::replace(&mut met[chain], true) {
                continue;
            }
            let steps = program.chains[chain]
                .rules
                .iter()
                .flat_map(|rule| &rule.steps);
            for step in steps {
                touch.step(step);
                let verdicts = verdicts(called, step);
                let names = verdicts.into_iter().filter_map(|verdict| match verdict {
                    Verdict::Jump(name) | Verdict::Goto(name) => Some(name.as_str()),
                    Verdict::Accept
                    | Verdict::Drop
                    | Verdict::Reject { .. }
                    | Verdict::Return
                    | Verdict::Continue => None,
                });
                open.extend(names.filter_map(|name| program.names.get(name)));
            }
        }
        touch
    }

    /// Whether it counts which of the two comes first.
    pub(super) fn minds(self, other: Self) -> bool {
        let both = self.nat && other.nat;
        (self.writes && (both || other.reads || other.writes))
            || (other.writes && (both || self.reads))
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Test(test) => self.reads |= reads(test),
            Step::Lookup { key, .. } => self.reads |= key.iter().any(|key| changes(*key)),
            Step::CopyMark { .. } => (self.writes, self.reads) = (true, true),
            Step::Translate(_) | Step::SetMark { .. } | Step::Notrack | Step::Opaque { .. } => {
                self.writes = true;
            }
            Step::Verdict(_) => {}
        }
    }
}

fn verdicts<'a>(called: &Called<'a>, step: &'a Step) -> Vec<&'a Verdict> {
    match step {
        Step::Verdict(verdict) => vec![verdict],
        Step::Lookup {
            map: VerdictMap::Inline(entries),
            ..
        } => entries.iter().map(|(_, verdict)| verdict).collect(),
        Step::Lookup {
            map: VerdictMap::Named(name),
            ..
        } => {
            let set = called.program.sets.get(name.as_str());
            let elements = set.into_iter().flat_map(|set| &set.elements);
            elements
                .filter_map(|(_, verdict)| verdict.as_ref())
                .collect()
        }
        Step::Test(_)
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack
        | Step::Opaque { .. } => Vec::new(),
    }
}

fn reads(test: &Test) -> bool {
    match test {
        Test::In { key, .. } => key.iter().any(|key| changes(*key)),
        Test::Masked { key, .. } => changes(*key),
        Test::AnyOf(lists) => lists.iter().flatten().any(reads),
        Test::Undecided { .. } => false,
    }
}

/// Whether rules at the same priority may change the field; addresses and ports they change in chains
/// of type `nat` alone.
fn changes(key: Key) -> bool {
    match key {
        Key::Mark | Key::ConnectionMark | Key::State | Key::ConnectionStatus => true,
        Key::Source(_)
        | Key::Destination(_)
        | Key::Protocol
        | Key::Family
        | Key::SourcePort
        | Key::DestinationPort
        | Key::IcmpType(_)
        | Key::IcmpCode(_)
        | Key::TcpFlags
        | Key::OriginalDestination(_)
        | Key::OriginalPort
        | Key::InputInterface
        | Key::OutputInterface
        | Key::SourceMac
        | Key::SourceKind
        | Key::DestinationKind => false,
    }
}
