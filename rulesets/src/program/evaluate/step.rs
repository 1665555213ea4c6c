//! What one rule does to the packets that reach it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Machine;
use super::literal::{At, Literal, Open, Why};
use super::paths::{Paths, ROOT};
use super::rewrite::{Applies, rewrite};
use super::sight::Env;
use super::summary::{End, Exit, Summary, Thread, join};
use super::truth::{Eyes, Truth};
use crate::program::{Element, Key, NamedSet, Rule, Step, Test, Translation, Verdict, VerdictMap};

/// What a rule did.
#[derive(Debug, Default)]
pub(super) struct Effect<'a> {
    /// Those that go on to the next rule.
    next: Vec<Thread>,
    /// Those that leave the chain.
    through: Vec<Thread>,
    exits: Vec<Exit<'a>>,
    continued: Vec<At<'a>>,
    unlisted: usize,
    /// Calls whose effect has to be known first; the rest is void unless this is empty.
    pub(super) missing: Vec<(usize, Env)>,
}

impl<'a> Effect<'a> {
    /// Takes the effect over into the chain's own.
    pub(super) fn apply(
        self,
        done: &mut Summary<'a>,
        live: &mut Vec<Thread>,
        paths: &mut Paths<'a>,
    ) {
        for exit in self.exits {
            done.end(exit, paths);
        }
        for at in self.continued {
            done.go_on(at);
        }
        done.unlisted += self.unlisted;
        for thread in self.through {
            join(&mut done.through, thread, paths);
        }
        live.clear();
        for thread in self.next {
            join(live, thread, paths);
        }
    }
}

/// True when one of the tests a rule begins with is certainly false: whatever the others say, it does
/// nothing.
pub(super) fn passed_by(eyes: &Eyes<'_, '_>, rule: &Rule, live: &[Thread]) -> bool {
    let fails = |thread: &Thread| {
        for step in &rule.steps {
            let Step::Test(test) = step else {
                return false;
            };
            if eyes.test(test, thread.env) == Truth::False {
                return true;
            }
        }
        false
    };
    live.iter().all(fails)
}

/// Reads one rule.
pub(super) fn read<'a>(machine: &mut Machine<'_, 'a>, at: At<'a>, live: &[Thread]) -> Effect<'a> {
    let mut reader = Reader {
        machine,
        at,
        certain: live.len() == 1,
        effect: Effect::default(),
    };
    let mut live = live.to_vec();
    for step in at.rule.map_or(&[][..], |rule| &rule.steps) {
        if live.is_empty() {
            return reader.effect;
        }
        live = reader.step(step, live);
    }
    for thread in &live {
        reader.matched(*thread);
    }
    reader.effect.next.extend(live);
    reader.effect
}

struct Reader<'m, 'p, 'a> {
    machine: &'m mut Machine<'p, 'a>,
    at: At<'a>,
    /// True when every packet that reaches the rule is in the same state.
    certain: bool,
    effect: Effect<'a>,
}

impl<'a> Reader<'_, '_, 'a> {
    /// Takes one step; what comes back reaches the next step of the rule.
    fn step(&mut self, step: &'a Step, live: Vec<Thread>) -> Vec<Thread> {
        match step {
            Step::Test(test) => self.test(test, live),
            Step::Verdict(verdict) => {
                for thread in live {
                    self.verdict(verdict, thread);
                }
                Vec::new()
            }
            Step::Lookup { key, map } => {
                let threads = live.into_iter();
                threads
                    .filter_map(|thread| self.look_up(key, map, thread))
                    .collect()
            }
            Step::Translate(translation) => {
                let threads = live.into_iter();
                threads
                    .filter_map(|thread| self.translate(translation, thread))
                    .collect()
            }
            Step::SetMark { mask, value } => each(live, |env| env.set_mark(*mask, *value)),
            Step::CopyMark {
                to,
                mask,
                copied,
                value,
            } => {
                let sight = self.machine.eyes.sight;
                each(live, |env| {
                    if sight.connected(*env) {
                        env.copy_mark(*to, (*mask, *copied, *value));
                    }
                })
            }
            Step::Notrack => {
                let early = self.machine.eyes.sight.early;
                each(live, |env| env.untracked |= early)
            }
            Step::Opaque { text } => {
                let threads = live.into_iter();
                threads
                    .map(|thread| self.unclear(Open::Opaque(text), thread))
                    .collect()
            }
        }
    }

    fn test(&mut self, test: &'a Test, live: Vec<Thread>) -> Vec<Thread> {
        let mut on = Vec::with_capacity(live.len());
        for thread in live {
            match self.machine.eyes.test(test, thread.env) {
                Truth::True => on.push(thread),
                Truth::False => self.effect.next.push(thread),
                Truth::Open => {
                    let why = Why::of(&self.machine.eyes, test, thread.env);
                    let (yes, no) = self.split(Open::Test(test, why), thread);
                    on.push(yes);
                    self.effect.next.push(no);
                }
            }
        }
        on
    }

    fn verdict(&mut self, verdict: &'a Verdict, thread: Thread) {
        match verdict {
            Verdict::Accept => self.end(End::Accept, thread),
            Verdict::Drop => self.end(End::Drop, thread),
            Verdict::Reject { with } => self.end(End::Reject(with), thread),
            Verdict::Return => {
                self.matched(thread);
                self.effect.through.push(thread);
            }
            Verdict::Continue => {
                self.matched(thread);
                self.effect.next.push(thread);
            }
            Verdict::Jump(name) => {
                let back = self.call(name, thread);
                self.effect.next.extend(back);
            }
            Verdict::Goto(name) => {
                let back = self.call(name, thread);
                self.effect.through.extend(back);
            }
        }
    }

    /// Reads another chain; what comes back is what leaves it.
    fn call(&mut self, name: &'a str, thread: Thread) -> Vec<Thread> {
        let Some(callee) = self.machine.program.names.get(name).copied() else {
            return vec![self.unclear(Open::NoChain(name), thread)];
        };
        let Some(known) = self.machine.known.get(&(callee, thread.env)) else {
            if self.machine.active[callee] {
                return vec![self.unclear(Open::Circle(name), thread)];
            }
            self.effect.missing.push((callee, thread.env));
            return Vec::new();
        };
        let known = known.clone();
        self.matched(thread);
        if self.certain && thread.path == ROOT {
            self.effect.continued.extend(known.continued);
        }
        self.effect.unlisted += known.unlisted;
        let paths = &mut self.machine.paths;
        for exit in known.exits {
            let onto = thread.path;
            self.effect.exits.push(Exit { onto, ..exit });
        }
        let back = known.through.into_iter().map(|back| Thread {
            path: paths.graft(thread.path, back.path),
            ..back
        });
        back.collect()
    }

    /// Follows a verdict map; what comes back found nothing in it.
    fn look_up(&mut self, key: &'a [Key], map: &'a VerdictMap, thread: Thread) -> Option<Thread> {
        if self.machine.eyes.lacks(key, thread.env) {
            self.effect.next.push(thread);
            return None;
        }
        match map {
            VerdictMap::Inline(entries) => {
                let entries = entries.iter().map(|(element, verdict)| (element, verdict));
                self.entries(key, entries, thread)
            }
            VerdictMap::Named(name) => {
                let Some(set) = self.machine.program.sets.get(name.as_str()).copied() else {
                    let why = Why::Missing(MAP_MISSING);
                    return Some(self.unclear(Open::Map(name, why), thread));
                };
                self.named_map(key, set, thread)
            }
        }
    }

    fn named_map(&mut self, key: &'a [Key], map: &'a NamedSet, thread: Thread) -> Option<Thread> {
        let thread = if map.dynamic {
            self.unclear(Open::Map(&map.name, Why::Dynamic(&map.name)), thread)
        } else {
            thread
        };
        let listed = map.elements.iter();
        let entries = listed.filter_map(|(element, verdict)| Some((element, verdict.as_ref()?)));
        let missed = self.entries(key, entries, thread)?;
        let readable = !map.incomplete && map.elements.iter().all(|(_, verdict)| verdict.is_some());
        if readable {
            return Some(missed);
        }
        let why = Why::Incomplete(&map.name);
        Some(self.unclear(Open::Map(&map.name, why), missed))
    }

    fn entries(
        &mut self,
        key: &'a [Key],
        entries: impl Iterator<Item = (&'a Element, &'a Verdict)>,
        mut thread: Thread,
    ) -> Option<Thread> {
        for (element, verdict) in entries {
            match self.machine.eyes.element(key, element, thread.env) {
                Truth::True => {
                    self.verdict(verdict, thread);
                    return None;
                }
                Truth::False => {}
                Truth::Open => {
                    let (yes, no) = self.split(Open::Entry(key, element), thread);
                    self.verdict(verdict, yes);
                    thread = no;
                }
            }
        }
        Some(thread)
    }

    /// What comes back was not translated and goes on to the next rule.
    fn translate(&mut self, translation: &'a Translation, thread: Thread) -> Option<Thread> {
        match rewrite(&self.machine.eyes, translation, thread.env) {
            Applies::Yes(rewrite) => self.end(End::Translated(rewrite), thread),
            Applies::No => self.effect.next.push(thread),
            Applies::Maybe(rewrite) => {
                let (yes, no) = self.split(Open::Mapped(&translation.text), thread);
                self.end(End::Translated(rewrite), yes);
                self.effect.next.push(no);
            }
        }
        None
    }

    /// The packet may end here in a way that is not known; what comes back is the case that it does not.
    fn unclear(&mut self, open: Open<'a>, thread: Thread) -> Thread {
        let (yes, no) = self.split(open, thread);
        self.end(End::Unclear, yes);
        no
    }

    fn split(&mut self, open: Open<'a>, thread: Thread) -> (Thread, Thread) {
        let literal = Literal {
            at: self.at,
            open,
            holds: true,
            epoch: self.machine.eyes.sight.epoch,
        };
        let not = Literal {
            holds: false,
            ..literal
        };
        let paths = &mut self.machine.paths;
        let yes = paths.with(thread.path, literal);
        let no = paths.with(thread.path, not);
        (
            Thread {
                path: yes,
                ..thread
            },
            Thread { path: no, ..thread },
        )
    }

    fn end(&mut self, end: End<'a>, thread: Thread) {
        self.effect.exits.push(Exit {
            end,
            at: self.at,
            env: thread.env,
            path: thread.path,
            onto: ROOT,
        });
    }

    fn matched(&mut self, thread: Thread) {
        if self.certain && thread.path == ROOT {
            self.effect.continued.push(self.at);
        }
    }
}

fn each(live: Vec<Thread>, change: impl Fn(&mut Env)) -> Vec<Thread> {
    let threads = live.into_iter();
    threads
        .map(|mut thread| {
            change(&mut thread.env);
            thread
        })
        .collect()
}

const MAP_MISSING: &str = "the elements of the map";
