//! A packet in one of the states it may be in on its way, with the ways that led there.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::facts::{HostFacts, LOCAL, UNICAST};
use crate::host::{Backend, Hook};
use crate::packet::{Packet, Path, State};
use crate::program::evaluate::{
    By, Device, Env, LITERALS_KEPT, LOOPBACK, Literal, Sight, bounded, common, feasible,
};
use std::net::IpAddr;

/// A packet in one state.
#[derive(Clone, Debug)]
pub(super) struct World<'a> {
    pub(super) sight: Sight,
    pub(super) env: Env,
    /// How it got here: never empty, one entry for each decider.
    pub(super) passed: Vec<Passed<'a>>,
    /// True once its destination was rewritten and it has not been routed since.
    pub(super) rewritten: bool,
    /// True once a chain of the hook at hand translated it.
    pub(super) translated: bool,
    /// Where it was stopped, when it is followed only for what would stop it next.
    pub(super) stopped: Option<Stop>,
}

/// The place of a base chain that stopped a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stop {
    pub(super) hook: Hook,
    pub(super) priority: i32,
    pub(super) backend: Backend,
}

/// A way to a state.
#[derive(Clone, Debug)]
pub(super) struct Passed<'a> {
    /// What would be named as the decider if nothing else came.
    pub(super) by: By<'a>,
    pub(super) rank: u8,
    /// When the decider was met.
    pub(super) order: usize,
    pub(super) literals: Vec<Literal<'a>>,
}

impl<'a> World<'a> {
    /// The packet before any rule saw it.
    pub(super) fn start(packet: &Packet, host: &HostFacts) -> Self {
        let mut sight = Sight::of(packet);
        let source = packet.source.and_then(|source| host.kind(source));
        let destination = packet.destination.map(|to| host.kind(to));
        (sight.source_kind, sight.destination_kind) = match &packet.path {
            Path::Input { interface } => {
                let inside = interface.as_deref() == Some(LOOPBACK);
                let arrives = destination.flatten().filter(|kind| *kind != UNICAST);
                (
                    if inside { Some(LOCAL) } else { source },
                    Some(arrives.unwrap_or(LOCAL)),
                )
            }
            Path::Forward { .. } => (source, Some(destination.flatten().unwrap_or(UNICAST))),
            Path::Output { .. } => (Some(LOCAL), destination.flatten()),
        };
        apart_from_loopback(&mut sight, host);
        Self {
            env: sight.env(),
            sight,
            passed: vec![Passed {
                by: NO_BASE_CHAIN,
                rank: 0,
                order: 0,
                literals: Vec::new(),
            }],
            rewritten: false,
            translated: false,
            stopped: None,
        }
    }

    /// What this hook shows of it.
    pub(super) fn at(&self, hook: Hook, priority: i32) -> Sight {
        let mut sight = self.sight.clone();
        match hook {
            Hook::Ingress | Hook::Prerouting => sight.output = Device::None,
            Hook::Input | Hook::Forward | Hook::Output | Hook::Postrouting | Hook::Egress => {}
        }
        sight.early = match hook {
            Hook::Ingress => true,
            Hook::Prerouting | Hook::Output => {
                priority < CONNECTION_TRACKING && !self.sight.input.is_loopback()
            }
            Hook::Input | Hook::Forward | Hook::Postrouting | Hook::Egress => false,
        };
        sight
    }

    /// True when this hook is on its way.
    pub(super) fn meets(&self, hook: Hook) -> bool {
        match (&self.sight.packet.path, hook) {
            (Path::Input { .. }, Hook::Ingress | Hook::Prerouting | Hook::Input)
            | (
                Path::Forward { .. },
                Hook::Ingress | Hook::Prerouting | Hook::Forward | Hook::Postrouting | Hook::Egress,
            )
            | (Path::Output { .. }, Hook::Output | Hook::Postrouting | Hook::Egress) => true,
            (Path::Input { .. } | Path::Forward { .. } | Path::Output { .. }, _) => false,
        }
    }

    /// True when chains of type `nat` see it. What comes in by the loopback device met them on its way
    /// out.
    pub(super) fn translatable(&self, env: Env) -> bool {
        let icmp = matches!(self.sight.packet.protocol, 1 | 58);
        !self.translated
            && !self.sight.input.is_loopback()
            && match self.sight.state(env) {
                State::New => true,
                State::Related => !icmp,
                State::Established | State::Invalid | State::Untracked => false,
            }
    }

    /// What all ways here have in common.
    pub(super) fn certain(&self) -> Vec<Literal<'a>> {
        let mut passed = self.passed.iter();
        let first = passed.next().map(|passed| passed.literals.clone());
        passed.fold(first.unwrap_or_default(), |shared, passed| {
            common(&shared, &passed.literals)
        })
    }

    /// The ways here that also meet these conditions.
    pub(super) fn passed_with(&self, more: &[Literal<'a>]) -> Vec<Passed<'a>> {
        let several = self.passed.len() * more.len().max(1) > WAYS_COMBINED;
        let passed = self.passed.iter().filter_map(|passed| {
            let literals = if several {
                joined(&self.certain(), more)
            } else {
                joined(&passed.literals, more)
            };
            feasible(&literals).then(|| Passed {
                literals,
                ..passed.clone()
            })
        });
        passed.collect()
    }

    /// Takes in the ways of a world in the same state.
    pub(super) fn absorb(&mut self, passed: Vec<Passed<'a>>) {
        for way in passed {
            let same = |known: &&mut Passed<'a>| known.by.same(&way.by);
            let room = self.passed.len() < WAYS_KEPT;
            match self.passed.iter_mut().find(same) {
                Some(known) => known.literals = common(&known.literals, &way.literals),
                None if room => self.passed.push(way),
                None => {}
            }
        }
    }

    pub(super) fn same_state(&self, other: &Self) -> bool {
        self.env == other.env
            && self.rewritten == other.rewritten
            && self.translated == other.translated
            && self.stopped == other.stopped
            && self.sight == other.sight
    }
}

/// What the network sends never arrives on the loopback device: the kernel drops it when it claims to
/// come from there (`ip_rcv_finish`, `ip6_rcv_core`). A packet whose source is not known is one of the network.
/// A packet for elsewhere does not leave by that device.
fn apart_from_loopback(sight: &mut Sight, host: &HostFacts) {
    let own = |address: IpAddr| address.is_loopback() || host.kind(address) == Some(LOCAL);
    if !sight.packet.source.is_some_and(own) {
        sight.input = std::mem::replace(&mut sight.input, Device::None).not_loopback();
    }
    if sight.destination_kind == Some(UNICAST) {
        sight.output = std::mem::replace(&mut sight.output, Device::None).not_loopback();
    }
}

/// Both lists of conditions, bounded.
pub(super) fn joined<'a>(first: &[Literal<'a>], then: &[Literal<'a>]) -> Vec<Literal<'a>> {
    bounded([first, then].concat(), LITERALS_KEPT)
}

/// Connection tracking sees packets at this priority, before routing and in output.
const CONNECTION_TRACKING: i32 = -200;

/// How many ways to one state are told apart.
const WAYS_KEPT: usize = 64;

/// Past this many conditions in all, ways are taken together before more conditions are added.
const WAYS_COMBINED: usize = 512;

/// What is named when no base chain sees a packet.
pub(super) const NO_BASE_CHAIN: By<'static> = By::Default("netfilter", "no base chain");
