//! The SSH server's messages in systemd's journal, for hosts that keep no log of their own.

use crate::collect::inside::command::{Bounds, find, run};
use crate::inside::{Datum, parse_refusals};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Refused logins of the client in the last hour; only root can be sure to see them all.
pub(in crate::collect::inside) async fn refusals(
    is_root: bool,
    client: IpAddr,
) -> Datum<BTreeMap<String, u64>> {
    if !is_root {
        return Datum::skipped(JOURNAL, "no log file; reading the journal needs root");
    }
    if !PLACES.iter().any(|place| Path::new(place).is_dir()) {
        return Datum::skipped(JOURNAL, "neither a log file nor a journal");
    }
    let directories = ["/usr/bin", "/bin"].map(PathBuf::from);
    let Some(program) = find(&directories, "journalctl") else {
        return Datum::skipped(JOURNAL, "not installed");
    };
    match run(&program, &ARGUMENTS, BOUNDS).await {
        Ok(log) => Datum::read_up_to(
            &format!("{JOURNAL}, the last hour"),
            parse_refusals(&log.text, client),
            log.truncated || log.text.lines().count() >= MOST_LINES,
        ),
        Err(error) => Datum::skipped(JOURNAL, error.to_string()),
    }
}

const JOURNAL: &str = "journalctl";
const PLACES: [&str; 2] = ["/var/log/journal", "/run/log/journal"];
const MOST_LINES: usize = 5000;
/// The newest [`MOST_LINES`] of the server and of the program that it left the work to with version 9.8.
const ARGUMENTS: [&str; 8] = [
    "--quiet",
    "--no-pager",
    "--output=short",
    "--since=-1h",
    "--lines=5000",
    "--identifier=sshd",
    "--identifier=sshd-session",
    "--utc",
];
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 2 << 20,
};
