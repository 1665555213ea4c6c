//! The output of the shell script that stands in for the program where none can be copied.
//!
//! The script prints the texts of the kernel's files and of listing commands; here the same
//! readers take them that read the files themselves. Each part says how much it holds, so that one that was
//! damaged on the way is skipped and named, never believed.

mod commands;
mod facts;
mod record;
mod said;

use super::script::quoted;
use crate::inside::{REASONS, SETTINGS, Snapshot, TROUBLES};
use record::Record;
use std::net::IpAddr;
use thiserror::Error;

/// Why the script's output gives no snapshot.
#[derive(Debug, Error)]
pub enum ShellError {
    /// Printed by the script of another version.
    #[error(
        "the output of a script of form {0}, and this version reads form {FORM}: print the script again with `reachdx inside --script sh`"
    )]
    Form(String),
    /// Nothing after the first line.
    #[error("the script's output ends after its first line: copy all of it, down to `=done`")]
    Empty,
}

/// A POSIX shell script, for `sh` of any make, that prints what a host says of itself; about a client
/// where one is given, and about the login of a user.
pub fn shell_script(client: Option<IpAddr>, user: &str) -> String {
    let client = client.map_or_else(String::new, |it| it.to_string());
    FALLBACK
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@TROUBLES@", &words(TROUBLES.map(|(text, _)| text)))
        .replace("@REASONS@", &words(REASONS.map(|(text, _)| text)))
        .replace("@SETTINGS@", &words(SETTINGS).replace('.', "/"))
        .replace("@CLIENT@", &quoted(&client))
        .replace("@USER@", &quoted(user))
}

fn words<const N: usize>(texts: [&str; N]) -> String {
    texts.map(quoted).join(" ")
}

/// Reads the script's output, with what a reader should know of it; `None` for any other text.
pub(super) fn read(text: &str) -> Option<Result<(Snapshot, Vec<String>), ShellError>> {
    let record = match Record::read(text)? {
        Ok(record) => record,
        Err(error) => return Some(Err(error)),
    };
    Some(Ok((facts::snapshot(&record), record.remarks())))
}

/// The form of the output.
const FORM: &str = "1";
const FALLBACK: &str = include_str!("fallback.sh");
