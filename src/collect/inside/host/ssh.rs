//! Whether the SSH server would start.

use crate::collect::inside::command::{Bounds, CommandError, find};
use crate::collect::inside::throwaway::ask_sshd;
use crate::inside::{Datum, SshCheck, judge_ssh_check};
use std::path::PathBuf;
use std::time::Duration;

/// Runs `sshd -t`; without root the host's keys are not judged.
pub(in crate::collect::inside) async fn check(is_root: bool) -> Datum<SshCheck> {
    let Some(program) = find(&DIRECTORIES.map(PathBuf::from), "sshd") else {
        return Datum::skipped(CHECK, "not installed");
    };
    match ask_sshd(is_root, &program, &["-t"], BOUNDS).await {
        Ok(_) => Datum::read(
            CHECK,
            SshCheck {
                problem: None,
                place: None,
            },
        ),
        Err(CommandError::Failed { stderr, .. }) if is_root || !stderr.contains("denied") => {
            Datum::read(CHECK, judge_ssh_check(&stderr))
        }
        Err(
            error @ (CommandError::NotStarted(_)
            | CommandError::TimedOut(_)
            | CommandError::Failed { .. }),
        ) => Datum::skipped(CHECK, error.to_string()),
    }
}

const CHECK: &str = "sshd -t";
const DIRECTORIES: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 64 << 10,
};
