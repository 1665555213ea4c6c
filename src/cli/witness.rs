use crate::collect::inside::{Watch, watch};
use crate::inside::{Watched, Witness};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Watches for so long, or until standard input ends where that is wanted.
pub(super) fn run(watched: Watched, duration: Duration, until_eof: bool) -> Witness {
    let over = Arc::new(AtomicBool::new(false));
    if until_eof {
        let over = Arc::clone(&over);
        thread::spawn(move || {
            wait_for_end(io::stdin().lock());
            over.store(true, Ordering::Relaxed);
        });
    }
    let plan = Watch {
        watched,
        duration,
        quiet: QUIET,
    };
    watch(&plan, announce, || over.load(Ordering::Relaxed))
}

/// Whoever started us waits for this line; that nobody listens is no reason to stop.
fn announce() {
    let _unheard = writeln!(io::stderr(), "{READY}");
}

fn wait_for_end(mut input: impl io::Read) {
    let mut buffer = [0; 256];
    while input.read(&mut buffer).is_ok_and(|length| length > 0) {}
}

/// What is said once packets are watched.
pub(super) const READY: &str = "reachdx witness: watching, probe now";
/// How long nothing is probed, to learn which counters move by themselves.
const QUIET: Duration = Duration::from_millis(500);
