//! `--inside` and `--pair`: a snapshot that comes from elsewhere.

use super::options;
use crate::collect::{read_input, shown};
use crate::inside::Snapshot;
use crate::paste::{self, PairingCode, PairingError, is_typed};
use anyhow::Context as _;
use std::path::Path;

/// A snapshot, and what a reader should know of it.
pub(super) struct Given {
    pub(super) snapshot: Snapshot,
    pub(super) notes: Vec<String>,
}

/// Reads a snapshot file in any of its forms, or a code that was typed in the file's place. Every error
/// names where it comes from.
pub(super) fn read_inside(what: &Path, pair: Option<PairingCode>) -> anyhow::Result<Given> {
    let typed = what.to_str().filter(|text| is_typed(text));
    let name = match typed {
        Some(_) => "--inside".to_owned(),
        None => format!("inside `{}`", shown(what)),
    };
    let text = typed.map_or_else(|| read_input(what), |typed| Ok(typed.to_owned()))?;
    let pasted = paste::read(&text).with_context(|| name.clone())?;
    let mut notes = pasted.remarks.clone();
    if let Some(code) = pair {
        pasted.check(code).map_err(|error| match error {
            PairingError::Missing | PairingError::Wrong => {
                anyhow::anyhow!("{name}: the snapshot {error}")
            }
            PairingError::Code | PairingError::Shell => anyhow::anyhow!("{name}: {error}"),
        })?;
        notes.push("the inside snapshot carries the pairing of this run".to_owned());
    }
    if let Some(address) = pasted.holds {
        notes.push(format!(
            "the code was made on an instance that holds {address}"
        ));
    }
    Ok(Given {
        snapshot: pasted.snapshot,
        notes,
    })
}

/// A pairing code as a command line gives it.
pub(super) fn pairing_code(text: &str) -> Result<PairingCode, String> {
    text.parse()
        .map_err(|error| format!("`{}`: {error}", options::shown(text)))
}
