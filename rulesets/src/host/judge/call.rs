//! One call of a base chain: who is called, what comes out, and what is told of it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::order::Place;
use super::world::World;
use crate::host::{ChainKind, Hook};
use crate::packet::Packet;
use crate::program::evaluate::{At, By, Device, End, Env, LOOPBACK, Literal, Machine, Open, Way};

/// A way out of one base chain.
pub(super) struct Exit<'a> {
    pub(super) end: End<'a>,
    pub(super) by: By<'a>,
    pub(super) env: Env,
    pub(super) literals: Vec<Literal<'a>>,
}

/// What is told of one base chain.
#[derive(Default)]
pub(super) struct Told<'a> {
    pub(super) met: bool,
    pub(super) reached: bool,
    /// The packet, while it is the same in all states that get here.
    pub(super) packet: Option<Packet>,
    /// True when every packet gets here, in the same state.
    pub(super) certain: bool,
    pub(super) ways: Vec<Way<'a>>,
    pub(super) continued: Vec<At<'a>>,
    pub(super) unlisted: usize,
}

impl<'a> Told<'a> {
    pub(super) fn met(
        &mut self,
        world: &World<'a>,
        certain: &[Literal<'a>],
        continued: Vec<At<'a>>,
    ) {
        self.certain = !self.met && certain.is_empty() && world.stopped.is_none();
        self.continued = if self.met { Vec::new() } else { continued };
        let packet = Some(world.packet());
        self.packet = packet.filter(|packet| !self.met || self.packet.as_ref() == Some(packet));
        self.met = true;
        self.reached |= world.stopped.is_none();
    }
}

/// The ways out of a base chain, its policy included.
pub(super) fn exits<'a>(
    machine: &mut Machine<'_, 'a>,
    place: &Place<'_, 'a>,
    env: Env,
) -> (Vec<Exit<'a>>, Vec<At<'a>>, usize) {
    let summary = machine.chain(place.chain, env);
    let chain = place.called.program.chains[place.chain];
    let mut exits = Vec::new();
    for exit in summary.exits {
        exits.push(Exit {
            end: exit.end,
            by: By::Rule(exit.at),
            env: exit.env,
            literals: machine.paths.literals(exit.path),
        });
    }
    for thread in summary.through {
        exits.push(Exit {
            end: End::of(&place.base.policy),
            by: By::Policy(chain, &place.base.policy),
            env: thread.env,
            literals: machine.paths.literals(thread.path),
        });
    }
    (exits, summary.continued, summary.unlisted)
}

/// Whether a base chain sees a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Seen {
    Yes,
    No,
    /// It depends on the interface, which is not known.
    Maybe,
}

/// Whether a base chain sees a packet: one that is bound to devices sees only theirs.
pub(super) fn seen(world: &World<'_>, place: &Place<'_, '_>) -> Seen {
    let device = match place.base.hook {
        Hook::Ingress => &world.sight.input,
        Hook::Egress => &world.sight.output,
        Hook::Prerouting | Hook::Input | Hook::Forward | Hook::Output | Hook::Postrouting => {
            return Seen::Yes;
        }
    };
    let devices = &place.base.devices;
    let covers = |name: &str| {
        devices.iter().any(|device| match device.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == device,
        })
    };
    match device {
        Device::Named(name) if covers(name) => Seen::Yes,
        Device::None | Device::Named(_) => Seen::No,
        Device::NotLoopback if devices.iter().all(|name| name == LOOPBACK) => Seen::No,
        Device::Open | Device::NotLoopback => Seen::Maybe,
    }
}

/// The packet as a chain bound to devices sees it, and as one that passes the chain by.
pub(super) fn by_device<'a>(
    world: World<'a>,
    place: &Place<'_, 'a>,
) -> (Option<World<'a>>, Option<World<'a>>) {
    match seen(&world, place) {
        Seen::Yes => (Some(world), None),
        Seen::No => (None, Some(world)),
        Seen::Maybe => {
            let chain = place.called.program.chains[place.chain];
            let yes = Literal {
                at: At { chain, rule: None },
                open: Open::Device(&place.base.devices),
                holds: true,
                epoch: 0,
            };
            let no = Literal {
                holds: false,
                ..yes
            };
            (world.given(yes), world.given(no))
        }
    }
}

/// How much a base chain's word counts when the packet passes: filters of the main hooks before the
/// others, rules before policies.
pub(super) fn rank(place: &Place<'_, '_>, by: &By<'_>) -> u8 {
    let main = match place.base.hook {
        Hook::Input | Hook::Forward | Hook::Output => place.base.kind != ChainKind::Nat,
        Hook::Ingress | Hook::Prerouting | Hook::Postrouting | Hook::Egress => false,
    };
    match (main, by) {
        (true, By::Rule(_)) => 3,
        (true, By::Policy(..) | By::Default(..)) => 2,
        (false, By::Rule(_)) => 1,
        (false, By::Policy(..) | By::Default(..)) => 0,
    }
}
