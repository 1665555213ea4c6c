//! The SSH server's messages in systemd's journal, for hosts that keep no log of their own.

use crate::collect::inside::command::{Bounds, find, run};
use crate::inside::FileText;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the server wrote in the last hour, and the source of it, or why that is not to be had; only
/// root can be sure to see it all.
pub(in crate::collect::inside) async fn journal(
    is_root: bool,
) -> Result<(String, FileText), String> {
    if !is_root {
        return Err("no log file; reading the journal needs root".to_owned());
    }
    if !PLACES.iter().any(|place| Path::new(place).is_dir()) {
        return Err("neither a log file nor a journal".to_owned());
    }
    let directories = ["/usr/bin", "/bin"].map(PathBuf::from);
    let program = find(&directories, JOURNAL).ok_or("not installed")?;
    let log = run(&program, &ARGUMENTS, BOUNDS).await;
    let mut log = log.map_err(|error| error.to_string())?;
    log.truncated |= log.text.lines().count() >= MOST_LINES;
    Ok((format!("{JOURNAL}, the last hour"), log))
}

/// Its program.
pub(in crate::collect::inside) const JOURNAL: &str = "journalctl";
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
