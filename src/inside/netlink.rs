//! The frame of netlink messages: headers and attributes, see `netlink(7)`. Numbers are in host byte
//! order.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use thiserror::Error;

/// Why an answer cannot be used.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum DiagError {
    /// The kernel answered with an error number.
    #[error("the kernel answered with error {0}")]
    Refused(i32),
    /// The answer does not have the documented form.
    #[error("the answer is cut short at byte {0}")]
    Malformed(usize),
}

/// The messages of one datagram.
pub(super) struct Chunk<'a> {
    /// Type, place in the datagram and body of each.
    pub(super) messages: Vec<(u16, usize, &'a [u8])>,
    /// True when the kernel has told everything.
    pub(super) done: bool,
}

/// Reads one datagram of an answer.
pub(super) fn messages(bytes: &[u8]) -> Result<Chunk<'_>, DiagError> {
    let mut messages = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let malformed = DiagError::Malformed(at);
        let Some(message) = u32_at(bytes, at)
            .and_then(|length| usize::try_from(length).ok()?.checked_add(at))
            .and_then(|end| bytes.get(at..end))
            .filter(|message| message.len() >= HEADER)
        else {
            return Err(malformed);
        };
        match u16_at(message, 4) {
            Some(NLMSG_DONE) => {
                let done = true;
                return Ok(Chunk { messages, done });
            }
            Some(NLMSG_ERROR) => {
                let number = u32_at(message, HEADER).ok_or(malformed)?;
                return Err(DiagError::Refused(number.cast_signed().wrapping_neg()));
            }
            Some(kind) => messages.push((kind, at, &message[HEADER..])),
            None => {}
        }
        at += message.len().next_multiple_of(4);
    }
    let done = false;
    Ok(Chunk { messages, done })
}

/// The attributes at the end of a body, type and value each; `None`, once, where they are malformed.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = Option<(u16, &[u8])>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (length, kind) = (u16_at(rest, 0)?, u16_at(rest, 2)?);
        let Some(value) = rest.get(ATTRIBUTE..usize::from(length)) else {
            rest = &[];
            return Some(None);
        };
        let next = usize::from(length).next_multiple_of(4);
        rest = rest.get(next..).unwrap_or_default();
        Some(Some((kind & TYPE, value)))
    })
}

/// The header of a request for everything of one kind, `length` bytes with its body.
pub(super) fn dump_header(kind: u16, length: usize) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    header[0..4].copy_from_slice(&length.to_ne_bytes());
    header[4..6].copy_from_slice(&kind.to_ne_bytes());
    header[6..8].copy_from_slice(&(NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    header
}

/// A request for everything of one kind.
pub(super) fn dump_request(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut request = dump_header(kind, HEADER + body.len()).to_vec();
    request.extend(body);
    request
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

/// Bytes of a message's header.
pub(super) const HEADER: usize = 16;
pub(super) const NLMSG_ERROR: u16 = 2;
pub(super) const NLMSG_DONE: u16 = 3;

const ATTRIBUTE: usize = 4;
/// An attribute's type without its flags.
const TYPE: u16 = 0x3fff;
const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_DUMP: u16 = 0x300;
