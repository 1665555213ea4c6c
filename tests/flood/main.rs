//! The witness beside far more traffic than it is asked about: packets of probes are not missed, and what
//! has no room is told as lost.
//!
//! Every trial builds a client and an instance of its own in network namespaces, and runs the tool on the
//! instance as root. `REACHDX_RUNS` makes the run a long one; `--bench` measures whether the witness slows
//! that traffic down.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "../kernel/command.rs"]
mod command;
#[path = "../support/flood.rs"]
mod flood;
mod lost;
mod seen;
mod slowed;
#[path = "../support/mod.rs"]
mod support;
mod watch;
#[path = "../support/watching.rs"]
mod watching;
mod world;

use crate::support::{needs_root, remains, trial};
use crate::world::World;
use libtest_mimic::{Arguments, Trial};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::var_os(remains::HOLD).is_some() {
        hold();
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(1);
    if !arguments.list && !nix::unistd::geteuid().is_root() {
        return needs_root("the flood", "flood");
    }
    let trials = vec![
        trial("flood", "leaves_nothing_behind_when_killed", || {
            remains::assert_none(2, 2);
        }),
        trial("flood", "hides_no_probe", seen::assert_none_missed),
        trial(
            "flood",
            "for_which_the_kernel_has_no_room_is_told",
            lost::assert_told_by_the_kernel,
        ),
        trial(
            "flood",
            "of_too_many_kinds_is_told",
            lost::assert_told_by_the_tally,
        ),
        trial(
            "flood",
            "that_waits_at_the_end_is_taken",
            lost::assert_none_left_at_the_end,
        ),
        Trial::bench("flood::beside_a_witness", |once| {
            Ok(Some(slowed::measure(once)))
        }),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Builds a world, and waits for its end.
fn hold() {
    World::with(|world| {
        let links = [&world.client, &world.instance]
            .map(|place| format!("/proc/self/fd/{}", place.as_raw_fd()));
        remains::hold(&links.map(|link| remains::namespace(&link).unwrap()));
    });
}
