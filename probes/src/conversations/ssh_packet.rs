//! The first unencrypted SSH packet (RFC 4253, sections 6 and 7.1).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::SshKeyExchange;
use crate::text::{SAMPLE_CHARS, escape};

/// What the bytes after the identification hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Packet {
    /// Less than a packet.
    Incomplete,
    /// `SSH_MSG_KEXINIT`.
    KeyExchange(SshKeyExchange),
    /// `SSH_MSG_DISCONNECT` with its description, escaped.
    Disconnect(String),
    /// Something else, or nonsense.
    Other,
}

/// Reads the first packet that is neither `SSH_MSG_IGNORE` nor `SSH_MSG_DEBUG`.
pub(super) fn read_packet(mut bytes: &[u8]) -> Packet {
    loop {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
            return Packet::Incomplete;
        };
        let length = u32::from_be_bytes(*length) as usize;
        if !(MIN_PACKET..=MAX_PACKET).contains(&length) {
            return Packet::Other;
        }
        let Some((packet, following)) = rest.split_at_checked(length) else {
            return Packet::Incomplete;
        };
        let Some(payload) = payload(packet) else {
            return Packet::Other;
        };
        match payload {
            [MSG_IGNORE | MSG_DEBUG, ..] => bytes = following,
            [MSG_KEXINIT, lists @ ..] => {
                return key_exchange(lists).map_or(Packet::Other, Packet::KeyExchange);
            }
            [MSG_DISCONNECT, _, _, _, _, description @ ..] => {
                let text = string(description).map_or(&b""[..], |(text, _)| text);
                return Packet::Disconnect(escape(text, SAMPLE_CHARS));
            }
            _ => return Packet::Other,
        }
    }
}

fn payload(packet: &[u8]) -> Option<&[u8]> {
    let (padding, rest) = packet.split_first()?;
    let length = rest.len().checked_sub(usize::from(*padding))?;
    rest.get(..length)
}

fn key_exchange(bytes: &[u8]) -> Option<SshKeyExchange> {
    let lists = bytes.get(COOKIE_BYTES..)?;
    let (methods, rest) = string(lists)?;
    let (host_keys, rest) = string(rest)?;
    let (_client_to_server, rest) = string(rest)?;
    let (ciphers, _) = string(rest)?;
    Some(SshKeyExchange {
        methods: names(methods),
        host_keys: names(host_keys),
        ciphers: names(ciphers),
    })
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

fn names(list: &[u8]) -> Vec<String> {
    list.split(|byte| *byte == b',')
        .filter(|name| !name.is_empty())
        .take(MAX_NAMES)
        .map(|name| escape(name, NAME_CHARS))
        .collect()
}

const MSG_DISCONNECT: u8 = 1;
const MSG_IGNORE: u8 = 2;
const MSG_DEBUG: u8 = 4;
const MSG_KEXINIT: u8 = 20;
const COOKIE_BYTES: usize = 16;
const MIN_PACKET: usize = 2;
/// RFC 4253, section 6.1: what every implementation must be able to process.
const MAX_PACKET: usize = 35_000;
const MAX_NAMES: usize = 64;
/// RFC 4251, section 6: a name has at most 64 characters.
const NAME_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(u32::try_from(payload.len() + 5).unwrap().to_be_bytes());
        bytes.push(4);
        bytes.extend(payload);
        bytes.extend([0; 4]);
        bytes
    }

    fn kexinit(lists: [&str; 4]) -> Vec<u8> {
        let mut payload = vec![MSG_KEXINIT];
        payload.extend([7; COOKIE_BYTES]);
        for list in lists {
            payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
            payload.extend(list.as_bytes());
        }
        packet(&payload)
    }

    fn read_kexinit(bytes: &[u8]) -> SshKeyExchange {
        match read_packet(bytes) {
            Packet::KeyExchange(lists) => lists,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn name_lists_are_read_in_order() {
        let bytes = kexinit(["curve25519-sha256,dh", "ssh-ed25519", "in", "out,\x1b"]);
        let lists = read_kexinit(&bytes);
        assert_eq!(lists.methods, ["curve25519-sha256", "dh"]);
        assert_eq!(lists.host_keys, ["ssh-ed25519"]);
        assert_eq!(lists.ciphers, ["out", "\\x1b"]);
    }

    #[test]
    fn every_prefix_is_incomplete_and_nothing_panics() {
        let bytes = kexinit(["a", "b", "c", "d"]);
        for length in 0..bytes.len() {
            assert_eq!(read_packet(&bytes[..length]), Packet::Incomplete);
        }
    }

    #[test]
    fn ignored_messages_are_skipped() {
        let mut bytes = packet(&[MSG_IGNORE, 0, 0, 0, 0]);
        bytes.extend(packet(&[MSG_DEBUG, 1]));
        bytes.extend(kexinit(["a", "b", "c", "d"]));
        assert_eq!(read_kexinit(&bytes).methods, ["a"]);
    }

    #[test]
    fn lying_lengths_are_nonsense_and_not_a_panic() {
        for bytes in [
            &b"\xff\xff\xff\xff\x00"[..],
            b"\x00\x00\x00\x00",
            b"\x00\x00\x00\x03\xff\x14\x00",
            b"\x00\x00\x00\x06\x00\x14\xff\xff\xff\xff",
        ] {
            assert_eq!(read_packet(bytes), Packet::Other, "{bytes:?}");
        }
    }

    #[test]
    fn a_disconnect_carries_its_words() {
        let bytes = packet(b"\x01\x00\x00\x00\x0c\x00\x00\x00\x04busy\x00\x00\x00\x00");
        assert_eq!(read_packet(&bytes), Packet::Disconnect("busy".to_owned()));
    }

    #[test]
    fn long_lists_are_cut() {
        let list = "x,".repeat(1000);
        let long = "y".repeat(500);
        let lists = read_kexinit(&kexinit([&list, &long, "", ""]));
        assert_eq!(lists.methods.len(), MAX_NAMES);
        assert_eq!(lists.host_keys[0].chars().count(), NAME_CHARS + 1);
    }
}
