//! Where routing sends a packet once the hooks before it are done.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::facts::{HostFacts, LOCAL, UNICAST};
use super::run::Run;
use super::world::{Stop, World};
use crate::host::{Backend, Hook};
use crate::packet::Path;
use crate::program::Chain;
use crate::program::evaluate::{At, By, Device, End, LOOPBACK, Literal, Open, Way};
use std::sync::LazyLock;

impl<'a> Run<'_, 'a> {
    /// Sends each state of the packet to this host or through it, or nowhere.
    pub(super) fn route(&mut self) {
        let mut routed = Vec::new();
        for world in std::mem::take(&mut self.worlds) {
            let back = returns(&world, self.host);
            for world in self.gate(world, back, Open::ReversePath, REVERSE_PATH) {
                for world in by_destination(world, self.host) {
                    let passes = forwards(&world, self.host);
                    routed.extend(self.gate(world, passes, Open::Forwarding, FORWARDING));
                }
            }
        }
        routed.sort_by_key(|world| world.stopped.is_some());
        for world in &mut routed {
            world.rewritten = false;
        }
        self.worlds = routed;
    }

    /// Sends what was rewritten on its way out to where its new destination is. The chains of the
    /// output hook still saw the interface it was to leave by before (`ip_route_me_harder`).
    pub(super) fn reroute(&mut self) {
        for world in &mut self.worlds {
            redirected(world, self.host);
        }
    }

    /// Stops the packet unless something holds; `None` when that is not known.
    fn gate(
        &mut self,
        world: World<'a>,
        holds: Option<bool>,
        open: Open<'a>,
        default: &'static str,
    ) -> Vec<World<'a>> {
        let (pass, fail) = match holds {
            _ if world.stopped.is_some() => (Some(world), None),
            Some(true) => (Some(world), None),
            Some(false) => (None, Some(world)),
            None => (
                world.given(literal(open, true)),
                world.given(literal(open, false)),
            ),
        };
        let ghost = fail.map(|world| {
            let way = Way {
                end: End::Drop,
                by: By::Default("routing", default),
                literals: world.certain(),
            };
            self.stop(way, &world, HERE)
        });
        pass.into_iter().chain(ghost).collect()
    }
}

/// Whether the source is routed back the way the packet came, where that is asked.
fn returns(world: &World<'_>, host: &HostFacts) -> Option<bool> {
    let Some(back) = &host.reverse_path else {
        return Some(true);
    };
    let source = world.sight.packet.source?;
    Some(back.iter().any(|net| net.contains(&source)))
}

/// Whether a packet goes on: one for elsewhere only through a host that forwards.
pub(super) fn forwards(world: &World<'_>, host: &HostFacts) -> Option<bool> {
    match (&world.sight.packet.path, host.forwarding) {
        (Path::Forward { .. }, None) if world.rewritten => None,
        (Path::Forward { .. }, Some(false)) => Some(false),
        (Path::Forward { .. } | Path::Input { .. } | Path::Output { .. }, _) => Some(true),
    }
}

/// The ways a packet may take: what was rewritten goes where its new destination is.
fn by_destination<'a>(world: World<'a>, host: &HostFacts) -> Vec<World<'a>> {
    if !world.rewritten {
        return vec![world];
    }
    match world.sight.destination_kind {
        Some(UNICAST) => vec![through(world, host)],
        Some(_) => vec![inside(world)],
        None => {
            let open = Open::Local(world.sight.packet.destination);
            let here = world.given(literal(open, true)).map(inside);
            let on = world.given(literal(open, false));
            let on = on.map(|world| through(world, host));
            here.into_iter().chain(on).collect()
        }
    }
}

pub(super) fn inside(mut world: World<'_>) -> World<'_> {
    world.sight.packet.path = Path::Input {
        interface: world.sight.input.name().map(str::to_owned),
    };
    world.sight.output = Device::None;
    world
}

pub(super) fn through<'a>(mut world: World<'a>, host: &HostFacts) -> World<'a> {
    let destination = world.sight.packet.destination;
    let output = destination.and_then(|to| host.interface_towards(to));
    world.sight.output = Device::of(output.as_deref()).not_loopback();
    world.sight.packet.path = Path::Forward {
        input: world.sight.input.name().map(str::to_owned),
        output,
    };
    world
}

/// The same for one state of the packet.
pub(super) fn redirected(world: &mut World<'_>, host: &HostFacts) {
    if std::mem::take(&mut world.rewritten) {
        let interface = outwards(world, host);
        world.sight.output = Device::of(interface.as_deref());
        world.sight.packet.path = Path::Output { interface };
    }
}

/// The interface that this host's own packet leaves by, as far as known.
fn outwards(world: &World<'_>, host: &HostFacts) -> Option<String> {
    match world.sight.destination_kind? {
        LOCAL => Some(LOOPBACK.to_owned()),
        _ => host.interface_towards(world.sight.packet.destination?),
    }
}

pub(super) fn literal(open: Open<'_>, holds: bool) -> Literal<'_> {
    Literal {
        at: At {
            chain: &ROUTING,
            rule: None,
        },
        open,
        holds,
        epoch: 0,
    }
}

/// Where routing stops a packet: behind the last chain before it.
pub(super) const HERE: Stop = Stop {
    hook: Hook::Prerouting,
    priority: i32::MAX,
    backend: Backend::Nftables,
};

/// What a condition on routing names in place of a rule.
static ROUTING: LazyLock<Chain> = LazyLock::new(|| Chain {
    set: "routing".to_owned(),
    name: "routing".to_owned(),
    rules: Vec::new(),
});

/// The defaults that stop a packet between the hooks.
pub(super) const FORWARDING: &str = "the host does not forward";
pub(super) const REVERSE_PATH: &str = "reverse path filter";
