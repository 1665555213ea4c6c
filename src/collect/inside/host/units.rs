//! Asking systemd of its units, where it runs.

use crate::collect::inside::clock::Clock;
use crate::collect::inside::command::{Bounds, find, run};
use crate::inside::{Datum, UnitState, parse_failed_units, parse_unit};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The SSH server's unit, and the units that failed.
pub(in crate::collect::inside) async fn units(
    clock: Clock,
) -> (Datum<UnitState>, Datum<Vec<String>>) {
    let (unit, failed) = asked().await;
    let taken = clock.taken();
    (unit.taken(taken), failed.taken(taken))
}

async fn asked() -> (Datum<UnitState>, Datum<Vec<String>>) {
    let program = if Path::new(BOOTED).is_dir() {
        find(&["/usr/bin", "/bin"].map(PathBuf::from), "systemctl").ok_or("not installed")
    } else {
        Err("systemd does not run here")
    };
    let program = match program {
        Ok(program) => program,
        Err(reason) => return (Datum::skipped(SHOW, reason), Datum::skipped(LIST, reason)),
    };
    let (shown, listed) = tokio::join!(
        run(&program, &SHOWN, BOUNDS),
        run(&program, &LISTED, BOUNDS)
    );
    let unit = match shown {
        Ok(text) => match parse_unit(&text.text) {
            Some(unit) => Datum::read(SHOW, unit),
            None => Datum::skipped(SHOW, "there is no such unit"),
        },
        Err(error) => Datum::skipped(SHOW, error.to_string()),
    };
    let failed = match listed {
        Ok(text) => Datum::read_up_to(LIST, parse_failed_units(&text.text), text.truncated),
        Err(error) => Datum::skipped(LIST, error.to_string()),
    };
    (unit, failed)
}

const SHOW: &str = "systemctl show ssh.service sshd.service";
const LIST: &str = "systemctl list-units --failed";
/// There only where systemd is process 1 (`sd_booted(3)`).
const BOOTED: &str = "/run/systemd/system";
const SHOWN: [&str; 5] = [
    "show",
    "--no-pager",
    "--property=Id,LoadState,ActiveState,Result,ExecMainStatus,NRestarts,UnitFileState",
    "ssh.service",
    "sshd.service",
];
const LISTED: [&str; 5] = [
    "list-units",
    "--failed",
    "--plain",
    "--no-legend",
    "--no-pager",
];
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 64 << 10,
};
