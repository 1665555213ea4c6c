//! What a cloud's rule lists do to a packet.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::paths::ROOT;
use super::report::{By, Names, Way, report};
use super::sight::Sight;
use super::summary::{End, Exit, Summary, Thread, join};
use super::{Machine, Program};
use crate::answer::Answer;
use crate::layer::Layer;
use crate::packet::Packet;
use crate::program::Verdict;

impl Layer {
    /// What the lists of the packet's direction do to it, one after the other, and then the fallback.
    pub fn judge(&self, packet: &Packet) -> Answer {
        let direction = packet.direction();
        let fallback = self.fallback(direction);
        let program = Program::new(self.lists(direction), &self.sets);
        let sight = Sight::of(packet);
        let mut machine = Machine::new(&program, &sight);
        let start = Thread {
            env: sight.env(),
            path: ROOT,
        };
        let (mut live, mut done) = (vec![start], Summary::default());
        for list in 0..program.chains.len() {
            let mut next = Vec::new();
            for thread in live {
                let summary = machine.chain(list, thread.env);
                done.unlisted += summary.unlisted;
                if thread.path == ROOT {
                    done.continued.extend(summary.continued);
                }
                for exit in summary.exits {
                    let onto = thread.path;
                    done.end(Exit { onto, ..exit }, &mut machine.paths);
                }
                for back in summary.through {
                    let path = machine.paths.graft(thread.path, back.path);
                    join(&mut next, Thread { path, ..back }, &machine.paths);
                }
            }
            live = next;
        }
        let end = End::of(&fallback.verdict);
        let ways = done.exits.iter().map(|exit| Way {
            end: exit.end,
            by: By::Rule(exit.at),
            literals: machine.paths.literals(exit.path),
        });
        let ways = ways.chain(live.iter().map(|thread| Way {
            end,
            by: By::Default(&fallback.set, &fallback.text),
            literals: machine.paths.literals(thread.path),
        }));
        let names = Names {
            layer: self.kind.name(),
            chains: false,
        };
        report(ways, &done.continued, done.unlisted, names)
    }
}

impl<'a> End<'a> {
    /// What a policy or a fallback does; any other verdict lets the packet pass no further.
    pub(crate) fn of(verdict: &'a Verdict) -> Self {
        match verdict {
            Verdict::Accept => Self::Accept,
            Verdict::Drop => Self::Drop,
            Verdict::Reject { with } => Self::Reject(with),
            Verdict::Return | Verdict::Continue | Verdict::Jump(_) | Verdict::Goto(_) => {
                Self::Unclear
            }
        }
    }
}
