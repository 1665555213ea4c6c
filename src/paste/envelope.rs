//! What the block and the picture have in common: the snapshot's JSON, deflated, with its length and
//! its checksum, so that what comes out is what went in or nothing.

use crate::inside::{Pairing, Snapshot};
use data_encoding::HEXLOWER;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A snapshot, packed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Envelope {
    /// What ties it to one run.
    pub(super) tag: Option<[u8; 16]>,
    /// The length of the JSON in bytes.
    pub(super) length: u32,
    /// The first 16 bytes of the JSON's SHA-256.
    pub(super) digest: [u8; 16],
    /// The JSON, without its seal, deflated (RFC 1951).
    pub(super) deflated: Vec<u8>,
}

/// Why what was packed cannot be had back.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum EnvelopeError {
    /// The packed form of a later version.
    #[error(
        "is packed in form {0}, which a newer version wrote: use the same version of reachdx on both sides"
    )]
    Version(u8),
    /// Cut short.
    #[error("is cut short: copy the whole again")]
    Short,
    /// It says it is, or it is, too long.
    #[error("unpacks to more than {} MiB, which no snapshot does: take it again", UNPACKED_LIMIT >> 20)]
    Bomb,
    /// Its checksum, or the compressed data, is wrong.
    #[error("is damaged, and nothing says where: copy the whole again")]
    Damaged,
    /// Nothing this long fits a length of four bytes.
    #[error("is too long to be packed: use --format json")]
    TooLong,
}

impl Envelope {
    /// Packs a snapshot.
    pub(super) fn pack(snapshot: &Snapshot) -> Result<Self, EnvelopeError> {
        let mut bare = snapshot.clone();
        let tag = bare.pairing.take().and_then(|pairing| tag_of(&pairing));
        let json = serde_json::to_vec(&bare).map_err(|_| EnvelopeError::TooLong)?;
        let length = u32::try_from(json.len()).map_err(|_| EnvelopeError::TooLong)?;
        if json.len() > UNPACKED_LIMIT {
            return Err(EnvelopeError::TooLong);
        }
        Ok(Self {
            tag,
            length,
            digest: digest(&json),
            deflated: compress_to_vec(&json, 9),
        })
    }

    /// The JSON of the snapshot, its seal put back.
    pub(super) fn unpack(&self) -> Result<String, EnvelopeError> {
        let length = usize::try_from(self.length).map_err(|_| EnvelopeError::Bomb)?;
        if length > UNPACKED_LIMIT {
            return Err(EnvelopeError::Bomb);
        }
        let json = decompress_to_vec_with_limit(&self.deflated, length)
            .map_err(|_| EnvelopeError::Damaged)?;
        if json.len() != length || digest(&json) != self.digest {
            return Err(EnvelopeError::Damaged);
        }
        let json = String::from_utf8(json).map_err(|_| EnvelopeError::Damaged)?;
        let Some(tag) = self.tag else {
            return Ok(json);
        };
        let mut value: Value = serde_json::from_str(&json).map_err(|_| EnvelopeError::Damaged)?;
        let members = value.as_object_mut().ok_or(EnvelopeError::Damaged)?;
        let seal = serde_json::json!({ "tag": HEXLOWER.encode(&tag) });
        members.insert("pairing".to_owned(), seal);
        Ok(value.to_string())
    }

    /// All in one row of bytes, for the picture.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORM, u8::from(self.tag.is_some())];
        bytes.extend(self.length.to_be_bytes());
        bytes.extend(self.digest);
        bytes.extend(self.tag.into_iter().flatten());
        bytes.extend(&self.deflated);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let (&[form, tagged], rest) = bytes.split_first_chunk().ok_or(EnvelopeError::Short)?;
        if form != FORM {
            return Err(EnvelopeError::Version(form));
        }
        let (length, rest) = rest.split_first_chunk().ok_or(EnvelopeError::Short)?;
        let (digest, rest) = rest.split_first_chunk().ok_or(EnvelopeError::Short)?;
        let (tag, deflated) = match tagged {
            0 => (None, rest),
            1 => {
                let (tag, rest) = rest.split_first_chunk().ok_or(EnvelopeError::Short)?;
                (Some(*tag), rest)
            }
            _ => return Err(EnvelopeError::Damaged),
        };
        Ok(Self {
            tag,
            length: u32::from_be_bytes(*length),
            digest: *digest,
            deflated: deflated.to_vec(),
        })
    }
}

/// The bytes of a seal; `None` when its text is not 32 hexadecimal digits.
pub(super) fn tag_of(pairing: &Pairing) -> Option<[u8; 16]> {
    let tag = HEXLOWER.decode(pairing.tag.as_bytes()).ok()?;
    tag.try_into().ok()
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    let whole: [u8; 32] = Sha256::digest(bytes).into();
    let mut first = [0; 16];
    first.copy_from_slice(&whole[..16]);
    first
}

/// The version of the packed form.
pub(super) const FORM: u8 = 1;
/// The most that is unpacked, as much as is read of a file.
pub(super) const UNPACKED_LIMIT: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8], length: u32) -> Envelope {
        Envelope {
            tag: None,
            length,
            digest: digest(text),
            deflated: compress_to_vec(text, 9),
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let zeros = vec![0; 8 << 20];
        let bomb = packed(&zeros, 10);
        assert!(bomb.deflated.len() < 10_000);
        assert_eq!(bomb.unpack(), Err(EnvelopeError::Damaged));
        assert_eq!(packed(&zeros, u32::MAX).unpack(), Err(EnvelopeError::Bomb));
        assert_eq!(
            EnvelopeError::Bomb.to_string(),
            "unpacks to more than 64 MiB, which no snapshot does: take it again"
        );
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_refused() {
        let whole = Envelope {
            tag: Some([7; 16]),
            ..packed(br#"{"a":1}"#, 7)
        };
        let bytes = whole.to_bytes();
        assert_eq!(Envelope::from_bytes(&bytes), Ok(whole.clone()));
        for end in 0..bytes.len() {
            let read = Envelope::from_bytes(&bytes[..end]).and_then(|it| it.unpack());
            assert!(read.is_err(), "{end}");
        }
        // The seal is held against the pairing code, not here.
        for at in (0..22).chain(38..bytes.len()) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let read = Envelope::from_bytes(&changed).and_then(|it| it.unpack());
            assert!(read.is_err() || read == whole.unpack(), "{at}");
        }
    }
}
