//! Ties a snapshot to one run: a short code that both sides know, and a seal made with it.
//!
//! It tells a snapshot of this run from an older one and from one of another host. It does not protect
//! from somebody who has root on the instance: who sees the code there can seal anything.

use super::crockford::{is_filler, symbol, value};
use super::envelope::tag_of;
use crate::inside::{Pairing, Snapshot};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Eight symbols of Crockford's base 32: 40 bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PairingCode([u8; SYMBOLS]);

/// Why a text is not a pairing code.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "a pairing code is {SYMBOLS} digits and letters other than U, such as `7K3M-9QXZ`: `reachdx pair` makes one"
)]
pub struct PairingCodeError;

/// Why a snapshot does not count as one of this run.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PairingError {
    /// It carries no seal.
    #[error("carries no pairing: take it again with `reachdx inside --pair` and the same code")]
    Missing,
    /// A code for typing carries none.
    #[error(
        "a typed code carries no pairing: take a block, a QR picture or JSON with `--pair`, or leave --pair out"
    )]
    Code,
    /// The shell script has no means to make one.
    #[error("the shell script's output carries no pairing: leave --pair out")]
    Shell,
    /// It was made with another code, or changed.
    #[error(
        "is not sealed with this pairing code, so it is of another run, or changed: take it again with `reachdx inside --pair` and this code"
    )]
    Wrong,
}

impl PairingCode {
    /// The code that these random bits stand for.
    pub fn from_random(bytes: [u8; SYMBOLS]) -> Self {
        Self(bytes.map(|byte| byte & 31))
    }

    /// The seal of a message of one kind.
    pub(super) fn seal(self, kind: &str, message: &[u8]) -> [u8; 16] {
        let key: String = self.0.iter().map(|it| symbol(*it)).collect();
        let mut first = [0; 16];
        // HMAC takes keys of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) {
            mac.update(kind.as_bytes());
            mac.update(b"\0");
            mac.update(message);
            let whole: [u8; 32] = mac.finalize().into_bytes().into();
            first.copy_from_slice(&whole[..16]);
        }
        first
    }
}

impl FromStr for PairingCode {
    type Err = PairingCodeError;

    fn from_str(text: &str) -> Result<Self, PairingCodeError> {
        if text.len() > LONGEST {
            return Err(PairingCodeError);
        }
        let values: Option<Vec<u8>> = text
            .chars()
            .filter(|it| !is_filler(*it))
            .map(value)
            .collect();
        let values = values.ok_or(PairingCodeError)?;
        values.try_into().map(Self).map_err(|_| PairingCodeError)
    }
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.0.iter().map(|it| symbol(*it)).collect();
        write!(f, "{}-{}", &text[..4], &text[4..])
    }
}

/// Seals a snapshot.
pub fn seal(snapshot: &mut Snapshot, code: PairingCode) -> Result<(), serde_json::Error> {
    snapshot.pairing = None;
    let message = canonical(serde_json::to_value(&*snapshot)?);
    let tag = HEXLOWER.encode(&code.seal(SNAPSHOT, message.as_bytes()));
    snapshot.pairing = Some(Pairing { tag });
    Ok(())
}

/// Holds a snapshot's JSON against the code.
pub(super) fn check(json: &str, code: PairingCode) -> Result<(), PairingError> {
    let value: Value = serde_json::from_str(json).map_err(|_| PairingError::Missing)?;
    let pairing = value.get("pairing").cloned().unwrap_or_default();
    let pairing: Pairing = serde_json::from_value(pairing).map_err(|_| PairingError::Missing)?;
    let made = code.seal(SNAPSHOT, canonical(value).as_bytes());
    if tag_of(&pairing) == Some(made) {
        Ok(())
    } else {
        Err(PairingError::Wrong)
    }
}

/// Members in the order of their names and no blanks, so that a document that was read and written
/// again, or that holds members of another version, gives the same text.
fn canonical(mut value: Value) -> String {
    if let Some(members) = value.as_object_mut() {
        members.remove("pairing");
    }
    value.sort_all_objects();
    value.to_string()
}

const SYMBOLS: usize = 8;
/// Eight symbols with hyphens of three bytes between them, and then some.
const LONGEST: usize = 64;
const SNAPSHOT: &str = "reachdx snapshot 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code: PairingCode = "7K3M-9QXZ".parse().unwrap();
        assert_eq!(code.to_string(), "7K3M-9QXZ");
        for same in ["7k3m9qxz", " 7K3M 9QXZ ", "7K3M\u{2013}9qxz"] {
            assert_eq!(same.parse(), Ok(code));
        }
        assert_eq!("OIL0-1111".parse(), "0110-1111".parse::<PairingCode>());
        for wrong in [
            "",
            "7K3M-9QX",
            "7K3M-9QXZ1",
            "7K3M-9QXU",
            "7K3M_9QXZ",
            &"-".repeat(99),
        ] {
            assert_eq!(
                wrong.parse::<PairingCode>(),
                Err(PairingCodeError),
                "{wrong}"
            );
        }
        let random = PairingCode::from_random([255, 0, 31, 32, 64, 1, 2, 3]);
        assert_eq!(random.to_string().parse(), Ok(random));
    }
}
