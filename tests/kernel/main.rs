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
//! What the rig cannot show: rates and what else no listing tells (the evaluator says it cannot know;
//! at most one verdict in a hundred may be such); bridges, several hosts,
//! later packets of flows that rules rewrite; and the order of rules of the older iptables within one
//! batch, where two mistakes that cancel out in every counter would stay unseen. A packet of the host
//! that rules send back to it is asked about twice: as it leaves, and as it comes in by `lo`.
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
mod remains;
mod rules;
mod trace;
mod visits;
mod wire;
mod world;

use crate::generate::Kind;
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::var_os(remains::HOLD).is_some() {
        remains::hold();
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(WORLDS_AT_ONCE);
    if !arguments.list && !nix::unistd::geteuid().is_root() {
        return needs_root();
    }
    let mut trials = vec![
        trial(
            "rig",
            "leaves_nothing_behind_when_killed",
            remains::assert_none,
        ),
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

fn trial(kind: &str, name: &str, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(format!("{kind}::{name}"), move || {
        run();
        Ok(())
    })
}

#[expect(
    clippy::print_stderr,
    reason = "the reader has to learn why nothing ran"
)]
fn needs_root() -> ExitCode {
    eprintln!(
        "error: the rig builds network namespaces and needs root: run `sudo -E cargo test --test kernel`"
    );
    ExitCode::FAILURE
}

/// Most of the time the kernel waits for itself, while rules are replaced.
const WORLDS_AT_ONCE: usize = 4;
