//! The kernel rig: what the evaluator says of a packet, the kernel has to do.
//!
//! Every trial builds a world of three network namespaces in a row: the peer, the host, the far end.
//! Rules are loaded into the host with the real tools (`nft`, `iptables` in both back ends, `ipset`)
//! and listed with them again, so that the readers meet what they meet in the field. Packets are put
//! on the wire as raw frames, or leave the host by raw sockets. Whether one passes is told by a
//! socket at its end: a raw socket of the host, which stands behind the input hook, or a packet
//! socket on the link it leaves by. Which rule decides is told by the kernel's traces
//! (`NFT_MSG_TRACE`), base chain by base chain; the older iptables has none, so its counters are
//! held against the sum of what the evaluator says.
//!
//! The rig's own tables stand at the lowest priority and have every packet traced. They are loaded
//! with the rules and taken out of the listing before it is read, and decide nothing. `random` makes
//! rule sets and packets from a seed; a fault is told with the seed, the rules, the packet and both
//! opinions, and `REACHDX_SEED=n REACHDX_SETS=1` shows it again. `REACHDX_SETS` also makes the run a
//! long one. `facts` shows single facts that readers of rules get wrong, and `dumps` loads listings of real
//! hosts, those below `REACHDX_SAMPLES` as well.
//!
//! A packet of the host that rules send back to it is asked about twice: as it leaves, and as it comes in
//! by `lo`. Fragments and headers of options are left out where rules see inside, since the evaluator is
//! asked about whole packets.
//!
//! What the rig cannot show: rates and what else no listing tells (the evaluator says it cannot know;
//! at most one verdict in a hundred may be such); bridges, several hosts, UDP-Lite, fragments that the
//! host sends, later packets of flows that rules rewrite; and the order of rules of the older iptables
//! within one batch, where two mistakes that cancel out in every counter would stay unseen. Counters
//! that depend on what nftables did first, or on answers of the host to itself, are not compared.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod agreement;
mod command;
mod counters;
mod dice;
mod doubt;
mod dumps;
mod facts;
mod fixes;
mod generate;
mod probe;
mod random;
mod rules;
#[path = "../support/mod.rs"]
mod support;
mod trace;
mod visits;
mod wire;
mod world;

use crate::generate::Kind;
use crate::support::{needs_root, remains, trial};
use crate::world::World;
use libtest_mimic::Arguments;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::var_os(remains::HOLD).is_some() {
        hold();
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(WORLDS_AT_ONCE);
    if !arguments.list && !nix::unistd::geteuid().is_root() {
        return needs_root("the rig", "kernel");
    }
    let mut trials = vec![
        trial("rig", "leaves_nothing_behind_when_killed", || {
            remains::assert_none(3, 3);
        }),
        trial("rig", "notices_what_is_not_true", doubt::assert_noticed),
    ];
    for kind in [Kind::Nft, Kind::Iptables, Kind::Legacy, Kind::Together] {
        trials.push(trial("random", kind.name(), move || {
            random::assert_agreement(kind);
        }));
    }
    trials.push(trial(
        "dumps",
        "kept_with_the_tests",
        dumps::assert_agreement_in_tree,
    ));
    if let Some(directory) = std::env::var_os(dumps::GIVEN) {
        trials.push(trial("dumps", "given", move || {
            dumps::assert_agreement(directory.as_ref());
        }));
    }
    trials.push(trial(
        "fixes",
        "that_are_offered_help",
        fixes::assert_they_help,
    ));
    for (name, show) in facts::all() {
        trials.push(trial("facts", name, show));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Builds a world, and waits for its end.
fn hold() {
    World::with(|world| {
        let places = [&world.host, &world.peer, &world.far];
        let links = places.map(|place| format!("/proc/self/fd/{}", place.as_raw_fd()));
        remains::hold(&links.map(|link| remains::namespace(&link).unwrap()));
    });
}

/// Most of the time the kernel waits for itself, while rules are replaced.
const WORLDS_AT_ONCE: usize = 4;
