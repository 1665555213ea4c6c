//! A snapshot on its way out of an instance that no connection reaches, and back in.
//!
//! Four forms, by what the way out can carry. JSON goes through a file. The block goes through anything
//! that copies text, whatever it does to lines: [`block`](self) lines repair or name themselves. A QR
//! picture goes through a screen and a phone. The code of 35 characters goes through a screen and a
//! person. Where no program can be copied to, the output of a shell script takes their place. [`read`]
//! takes them all and gives the same snapshot or an error that says what to do; from a
//! code it gives the part that the code tells, and nothing more.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod block;
mod code;
mod crockford;
mod derive;
mod envelope;
mod find;
mod findings;
mod line;
mod pairing;
mod picture;
mod rebuild;
mod script;
mod shell;
mod shrink;

pub use block::BlockError;
pub use code::CodeError;
pub use envelope::EnvelopeError;
pub use pairing::{PairingCode, PairingCodeError, PairingError, seal};
pub use picture::Console;
pub use script::{Channel, script};
pub use shell::{ShellError, shell_script};
pub use shrink::shrink;

use crate::inside::{Snapshot, SnapshotError, read_snapshot};
use envelope::Envelope;
use std::net::Ipv4Addr;
use thiserror::Error;

/// A snapshot that came back.
#[derive(Clone, Debug)]
pub struct Pasted {
    /// The snapshot, or the part of it that a code tells.
    pub snapshot: Snapshot,
    /// An address that the instance holds, where a code tells nothing else of its addresses.
    pub holds: Option<Ipv4Addr>,
    /// What a reader should know of the way it came.
    pub remarks: Vec<String>,
    carrier: Carrier,
}

#[derive(Clone, Debug)]
enum Carrier {
    Json(String),
    Code(String, Option<[u8; 16]>),
    Shell,
}

/// Why a text gives no snapshot.
#[derive(Debug, Error)]
pub enum PasteError {
    /// Neither a block nor a code, and no JSON of a snapshot.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A block that cannot be read.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// A code that cannot be read.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The output of the shell script that cannot be read.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// The text of a QR picture that cannot be read.
    #[error("the text of the QR picture {0}")]
    Picture(#[from] EnvelopeError),
    /// The text of a QR picture with something that is none of its characters.
    #[error("the text of the QR picture has `{0}`, which it never has: scan it again")]
    Symbol(String),
}

impl Pasted {
    /// Whether the snapshot was sealed with this pairing code.
    pub fn check(&self, code: PairingCode) -> Result<(), PairingError> {
        match &self.carrier {
            Carrier::Json(json) => pairing::check(json, code),
            Carrier::Shell => Err(PairingError::Shell),
            Carrier::Code(_, None) => Err(PairingError::Code),
            Carrier::Code(text, Some(tag)) if *tag == code.seal(CODE_SEAL, text.as_bytes()) => {
                Ok(())
            }
            Carrier::Code(_, Some(_)) => Err(PairingError::Wrong),
        }
    }
}

/// Whether a text is a code or the text of a QR picture, rather than the name of a file.
pub fn is_typed(text: &str) -> bool {
    after(text, CODE).is_some() || after(text, PICTURE).is_some()
}

/// Reads a snapshot in any of its forms. The text is as hostile as any remote bytes.
pub fn read(text: &str) -> Result<Pasted, PasteError> {
    if let Some(typed) = after(text, CODE) {
        return from_code(typed);
    }
    if let Some(scanned) = after(text, PICTURE) {
        let bytes = crockford::decode(scanned).map_err(|other| {
            PasteError::Symbol(probes::escape(
                other.encode_utf8(&mut [0; 4]).as_bytes(),
                12,
            ))
        })?;
        return from_json(Envelope::from_bytes(&bytes)?.unpack()?);
    }
    let error = match read_snapshot(text) {
        Ok(snapshot) => {
            let json = text.trim_start_matches('\u{feff}').to_owned();
            return Ok(of_json(snapshot, json));
        }
        Err(error) => error,
    };
    let other = matches!(error, SnapshotError::Syntax(_) | SnapshotError::Foreign);
    if other && let Some(told) = shell::read(text) {
        let (snapshot, remarks) = told?;
        return Ok(Pasted {
            snapshot,
            holds: None,
            remarks,
            carrier: Carrier::Shell,
        });
    }
    if other && let Some(envelope) = block::read(text) {
        let json = envelope?.unpack().map_err(BlockError::from)?;
        return from_json(json);
    }
    Err(error.into())
}

fn from_code(typed: &str) -> Result<Pasted, PasteError> {
    let (symbols, tag) = match typed.split_once('/') {
        Some((symbols, tag)) => (symbols, Some(tag)),
        None => (typed, None),
    };
    let said = code::read(symbols)?;
    // A seal with a wrong character is a wrong seal.
    let tag = tag.map(|tag| {
        let bytes = crockford::decode(tag).unwrap_or_default();
        bytes.try_into().unwrap_or([0; 16])
    });
    Ok(Pasted {
        snapshot: rebuild::snapshot(&said),
        holds: said.address.filter(|_| said.findings.contains(&INSTANCE)),
        remarks: Vec::new(),
        carrier: Carrier::Code(code::write(&said), tag),
    })
}

fn from_json(json: String) -> Result<Pasted, PasteError> {
    let snapshot = read_snapshot(&json)?;
    Ok(of_json(snapshot, json))
}

fn of_json(snapshot: Snapshot, json: String) -> Pasted {
    Pasted {
        snapshot,
        holds: None,
        remarks: Vec::new(),
        carrier: Carrier::Json(json),
    }
}

/// The block, of as many lines as it takes.
pub fn block(snapshot: &Snapshot) -> Result<String, EnvelopeError> {
    block::write(&Envelope::pack(snapshot)?)
}

/// The code for typing, with the word that tells it from a file's name.
pub fn code(snapshot: &Snapshot) -> String {
    format!("{CODE}{}", code::write(&derive::said(snapshot)))
}

/// A QR picture of the whole snapshot where it fits the console, else of the code for typing with its
/// seal, where that fits.
pub fn picture(
    snapshot: &Snapshot,
    pairing: Option<PairingCode>,
    console: Console,
) -> Option<String> {
    let whole = Envelope::pack(snapshot).ok().and_then(|envelope| {
        let text = format!("{PICTURE}{}", crockford::encode(&envelope.to_bytes()));
        picture::draw(&text, console)
    });
    whole.or_else(|| picture::draw(&short(snapshot, pairing), console))
}

/// The code for typing with its seal, in the characters of a QR picture.
fn short(snapshot: &Snapshot, pairing: Option<PairingCode>) -> String {
    let text = code::write(&derive::said(snapshot));
    let tag = pairing.map(|code| crockford::encode(&code.seal(CODE_SEAL, text.as_bytes())));
    let tag = tag.map_or_else(String::new, |tag| format!("/{tag}"));
    format!("{}{text}{tag}", CODE.to_uppercase())
}

/// What follows a word at the beginning of a text, in capitals or not.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (first, rest) = text.split_at_checked(word.len())?;
    first.eq_ignore_ascii_case(word).then_some(rest)
}

const INSTANCE: findings::Finding = findings::Finding::Address(findings::Whose::Instance);
/// The words that stand before a code, and before the text of a picture.
const CODE: &str = "code:";
const PICTURE: &str = "REACHDX1:";
const CODE_SEAL: &str = "reachdx code 1";
