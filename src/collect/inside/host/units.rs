//! Asking systemd of its units, where it runs.

use crate::collect::inside::clock::Clock;
use crate::collect::inside::command::{Bounds, find, run};
use crate::inside::{Datum, UnitState, parse_failed_units, parse_system_state, parse_unit};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What systemd tells.
pub(in crate::collect::inside) struct Units {
    /// Of the SSH server's unit.
    pub(in crate::collect::inside) ssh: Datum<UnitState>,
    /// The units that failed.
    pub(in crate::collect::inside) failed: Datum<Vec<String>>,
    /// Of the whole system.
    pub(in crate::collect::inside) system: Datum<String>,
}

/// Asks it.
pub(in crate::collect::inside) async fn units(clock: Clock) -> Units {
    let units = asked().await;
    let taken = clock.taken();
    Units {
        ssh: units.ssh.taken(taken),
        failed: units.failed.taken(taken),
        system: units.system.taken(taken),
    }
}

async fn asked() -> Units {
    let program = if Path::new(BOOTED).is_dir() {
        find(&["/usr/bin", "/bin"].map(PathBuf::from), "systemctl").ok_or("not installed")
    } else {
        Err("systemd does not run here")
    };
    let program = match program {
        Ok(program) => program,
        Err(reason) => {
            return Units {
                ssh: Datum::skipped(SHOW, reason),
                failed: Datum::skipped(LIST, reason),
                system: Datum::skipped(STATE, reason),
            };
        }
    };
    let (shown, listed, state) = tokio::join!(
        run(&program, &SHOWN, BOUNDS),
        run(&program, &LISTED, BOUNDS),
        run(&program, &["show", "--property=SystemState"], BOUNDS)
    );
    let ssh = match shown {
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
    let system = match state {
        Ok(text) => match parse_system_state(&text.text) {
            Some(state) => Datum::read(STATE, state),
            None => Datum::skipped(STATE, "this version does not tell"),
        },
        Err(error) => Datum::skipped(STATE, error.to_string()),
    };
    Units {
        ssh,
        failed,
        system,
    }
}

const SHOW: &str = "systemctl show ssh.service sshd.service";
const STATE: &str = "systemctl show --property=SystemState";
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
