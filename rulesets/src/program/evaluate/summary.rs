//! What one chain does to a packet that enters it: how it may end there, and how it may leave.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::literal::At;
use super::paths::{Paths, ROOT};
use super::rewrite::Rewrite;
use super::sight::Env;

/// What a chain does to a packet, from the chain's beginning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary<'a> {
    /// How the packet may end, in the order found.
    pub(crate) exits: Vec<Exit<'a>>,
    /// How it may come back to the caller.
    pub(crate) through: Vec<Thread>,
    /// The rules that certainly matched without ending its way.
    pub(crate) continued: Vec<At<'a>>,
    /// How many more ways to end were found than are listed; each ends as a listed one does.
    pub(crate) unlisted: usize,
}

/// A packet on its way through a chain: what rules did to it, and under which conditions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Thread {
    pub(crate) env: Env,
    /// A node of [`Paths`].
    pub(crate) path: usize,
}

/// A way to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit<'a> {
    pub(crate) end: End<'a>,
    pub(crate) at: At<'a>,
    pub(crate) env: Env,
    /// A node of [`Paths`], to be put behind the node `onto`.
    pub(crate) path: usize,
    pub(crate) onto: usize,
}

/// What ends a packet's way through a base chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End<'a> {
    Accept,
    Translated(Rewrite<'a>),
    Drop,
    Reject(&'a str),
    Unclear,
}

impl<'a> Summary<'a> {
    /// Adds a way to end, together with those of the same rule and effect.
    pub(crate) fn end(&mut self, mut exit: Exit<'a>, paths: &mut Paths<'a>) {
        if !exit.end.goes_on() {
            exit.env = Env {
                mark: None,
                connection: None,
                untracked: false,
            };
        }
        let same = |known: &&mut Exit<'a>| {
            known.end == exit.end && known.env == exit.env && known.at.same(&exit.at)
        };
        if let Some(known) = self.exits.iter_mut().find(same) {
            let path = paths.graft(exit.onto, exit.path);
            known.path = paths.meet(known.path, path);
            return;
        }
        if self.exits.len() < EXITS_LISTED {
            self.push(exit, paths);
            return;
        }
        let alike = |known: &Exit<'a>| known.end.alike(&exit.end) && known.env == exit.env;
        if self.exits.iter().any(alike) {
            self.unlisted += 1;
            return;
        }
        if self.exits.len() >= 2 * EXITS_LISTED {
            exit.end = End::Unclear;
        }
        self.push(exit, paths);
    }

    fn push(&mut self, mut exit: Exit<'a>, paths: &mut Paths<'a>) {
        exit.path = paths.graft(exit.onto, exit.path);
        exit.onto = ROOT;
        self.exits.push(exit);
    }

    /// Adds a rule that matched and let the packet go on.
    pub(crate) fn go_on(&mut self, at: At<'a>) {
        if self.continued.len() < CONTINUED_LISTED {
            self.continued.push(at);
        }
    }
}

impl End<'_> {
    /// True when later base chains see the packet.
    pub(crate) fn goes_on(&self) -> bool {
        match self {
            Self::Accept | Self::Translated(_) => true,
            Self::Drop | Self::Reject(_) | Self::Unclear => false,
        }
    }

    /// True when a report would tell the same of both.
    fn alike(&self, other: &Self) -> bool {
        match self {
            Self::Accept | Self::Unclear | Self::Translated(_) => self == other,
            Self::Drop | Self::Reject(_) => matches!(other, Self::Drop | Self::Reject(_)),
        }
    }
}

/// Adds a packet to those at one place. Past [`ENVS_KEPT`] different ones their marks are forgotten.
pub(crate) fn join(threads: &mut Vec<Thread>, thread: Thread, paths: &Paths<'_>) {
    if let Some(known) = threads.iter_mut().find(|known| known.env == thread.env) {
        known.path = paths.meet(known.path, thread.path);
        return;
    }
    threads.push(thread);
    if threads.len() <= ENVS_KEPT {
        return;
    }
    for mut thread in std::mem::take(threads) {
        thread.env.mark = None;
        join(threads, thread, paths);
    }
}

/// How many ways to end are told of one chain.
pub(crate) const EXITS_LISTED: usize = 64;

/// How many rules that matched without ending the packet's way are told.
const CONTINUED_LISTED: usize = 64;

/// How many different marks are followed through one chain.
const ENVS_KEPT: usize = 8;
