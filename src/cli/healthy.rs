//! `inside --keep`, `--since` and `--timer`: the latest snapshot of a healthy instance, and what changed
//! since.

use crate::collect::{read_text, shown};
use crate::inside::{Datum, Since, Snapshot, read_snapshot, unwell};
use anyhow::{Context as _, bail};
use nix::unistd::getpid;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What changed since the snapshot in the file that was named, or in the usual one; `None` where nobody
/// keeps one.
pub(super) fn since(now: &Snapshot, named: Option<&Path>) -> anyhow::Result<Option<Datum<Since>>> {
    let path = named.unwrap_or_else(|| Path::new(USUAL));
    if named.is_none() {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Ok(found) if !found.is_file() => return Ok(None),
            Err(_) | Ok(_) => {}
        }
    }
    let source = shown(path);
    let then = read_text(path).and_then(|text| Ok(read_snapshot(&text)?));
    match then {
        Ok(then) => Ok(Some(Datum::read(&source, Since::of(&then, now)))),
        Err(error) if named.is_some() => {
            Err(error.context(format!("--since: cannot read `{source}`")))
        }
        Err(error) => Ok(Some(Datum::skipped(&source, format!("{error:#}")))),
    }
}

/// Keeps a snapshot of a healthy instance in a file, in place of the one before; the reason when it is
/// none.
pub(super) fn keep(snapshot: &Snapshot, path: &Path) -> anyhow::Result<Option<String>> {
    if let Some(reason) = unwell(snapshot) {
        return Ok(Some(reason));
    }
    let mut text = serde_json::to_string(snapshot).context("cannot write the snapshot")?;
    text.push('\n');
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", getpid()));
    let beside = PathBuf::from(beside);
    let written = replace(path, &beside, text.as_bytes());
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written.with_context(|| format!("--keep: cannot write `{}`", shown(path)))?;
    Ok(None)
}

/// Puts a file in the place of another at once, for its owner's eyes only.
fn replace(path: &Path, beside: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// A script that sets up the timer; `words` are the arguments of the runs.
pub(super) fn timer(words: &[String], keep: Option<&Path>) -> anyhow::Result<String> {
    let program = std::env::current_exe().context("cannot tell where this program is")?;
    let keep = keep.unwrap_or_else(|| Path::new(USUAL));
    let (program, keep) = (word(&program)?, word(keep)?);
    let mut command = vec![program, "inside".to_owned(), "--keep".to_owned(), keep];
    for given in words {
        command.push(word(Path::new(given))?);
    }
    Ok(TIMER.replace("@COMMAND@", &command.join(" ")))
}

/// A word as systemd reads it, where it means itself there.
fn word(text: &Path) -> anyhow::Result<String> {
    let plain = text.to_str().filter(|text| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "/-_.,:=@".contains(c);
        !text.is_empty() && text.chars().all(fits)
    });
    let Some(plain) = plain else {
        bail!(
            "--timer: `{}` holds what a unit of systemd would read as something else: use letters, \
             digits and /-_.,:=@",
            shown(text)
        );
    };
    Ok(plain.to_owned())
}

/// Where the timer keeps the snapshot.
const USUAL: &str = "/var/lib/reachdx/healthy.json";
const TIMER: &str = include_str!("healthy_timer.sh");
