//! Which protocol the first bytes of a peer belong to.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::Failure;
use crate::text::{SAMPLE_CHARS, escape};

/// Names the protocol that a server's first bytes belong to, where they show it.
pub(crate) fn recognise(bytes: &[u8]) -> Option<&'static str> {
    let signature = SIGNATURES
        .iter()
        .find(|(prefix, _)| bytes.starts_with(prefix));
    if let Some((_, name)) = signature {
        return Some(name);
    }
    match bytes {
        // TLS record header: alert, handshake (RFC 8446, section 5.1).
        [0x14..=0x17, 3, 0..=4, ..] => Some("tls"),
        // TPKT around an X.224 connection confirm or disconnect (RFC 1006, [MS-RDPBCGR]).
        [3, 0, _, _, _, 0xd0 | 0x80, ..] => Some("rdp"),
        // MySQL initial handshake 10, or an error packet in its place.
        [_, _, 0, 0, 10, b'0'..=b'9', ..] | [_, _, 0, 0, 0xff, _, 4, ..] => Some("mysql"),
        // Telnet option negotiation (RFC 854).
        [0xff, 0xfb..=0xfe, ..] => Some("telnet"),
        [
            b'2' | b'4' | b'5',
            b'0'..=b'9',
            b'0'..=b'9',
            b' ' | b'-',
            rest @ ..,
        ] => Some(if is_ftp(rest) { "ftp" } else { "smtp" }),
        _ => None,
    }
}

/// The failure for bytes that are not the `own` protocol.
pub(crate) fn wrong_protocol(bytes: &[u8], own: &str) -> Failure {
    let spoken = recognise(bytes).filter(|name| *name != own);
    Failure::WrongProtocol {
        spoken: spoken.unwrap_or("unknown").to_owned(),
        sample: escape(bytes, SAMPLE_CHARS),
    }
}

fn is_ftp(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    let upper = line.to_ascii_uppercase();
    let has = |word: &[u8]| upper.windows(word.len()).any(|window| window == word);
    has(b"FTP") && !has(b"SMTP")
}

const SIGNATURES: &[(&[u8], &str)] = &[
    (b"SSH-", "ssh"),
    (b"HTTP/", "http"),
    (b"<html", "http"),
    (b"<!DOCTYPE", "http"),
    (b"RFB ", "vnc"),
    (b"* OK", "imap"),
    (b"* BYE", "imap"),
    (b"+OK", "pop3"),
    (b"-ERR", "redis"),
    (b"-DENIED", "redis"),
    (b"@RSYNCD:", "rsync"),
    (b"AMQP", "amqp"),
    (b"INFO {", "nats"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_name_their_protocol() {
        for (bytes, expected) in [
            (&b"SSH-2.0-dropbear\r\n"[..], Some("ssh")),
            (b"HTTP/1.1 400 Bad Request\r\n", Some("http")),
            (b"220 mail.example ESMTP\r\n", Some("smtp")),
            (b"220 (vsFTPd 3.0.3)\r\n", Some("ftp")),
            (b"554 go away\r\n", Some("smtp")),
            (b"* OK [CAPABILITY IMAP4rev1]", Some("imap")),
            (b"+OK ready", Some("pop3")),
            (b"RFB 003.008\n", Some("vnc")),
            (b"\x15\x03\x01\x00\x02\x02\x46", Some("tls")),
            (b"\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00", Some("rdp")),
            (b"\x4a\x00\x00\x00\x0a8.0.36\x00", Some("mysql")),
            (b"\x45\x00\x00\x00\xff\x6a\x04Host", Some("mysql")),
            (b"\xff\xfd\x18", Some("telnet")),
            (b"2", None),
            (b"", None),
            (b"hello", None),
        ] {
            assert_eq!(recognise(bytes), expected, "{}", escape(bytes, 40));
        }
    }

    #[test]
    fn a_protocol_is_never_its_own_wrong_protocol() {
        let failure = wrong_protocol(b"<html>\x1b", "http");
        let expected = Failure::WrongProtocol {
            spoken: "unknown".to_owned(),
            sample: "<html>\\x1b".to_owned(),
        };
        assert_eq!(failure, expected);
    }
}
