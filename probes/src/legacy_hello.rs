//! A ClientHello for servers that speak only TLS 1.0 to 1.2 with old suites (RFC 2246, RFC 5246),
//! and the few bytes of their answer that say so.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;

/// What an old server chose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ServerHello {
    version: u16,
    suite: u16,
}

impl fmt::Display for ServerHello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            0x0300 => f.write_str("SSL 3.0")?,
            0x0301 => f.write_str("TLS 1.0")?,
            0x0302 => f.write_str("TLS 1.1")?,
            0x0303 => f.write_str("TLS 1.2")?,
            other => write!(f, "version {other:#06x}")?,
        }
        write!(f, " with suite {:#06x}", self.suite)
    }
}

/// Builds a ClientHello that offers TLS 1.2 down to 1.0 with RSA and CBC suites.
pub(crate) fn client_hello(name: Option<&str>, random: &[u8; 32]) -> Vec<u8> {
    let suites: Vec<u8> = SUITES
        .iter()
        .flat_map(|suite| suite.to_be_bytes())
        .collect();
    let mut extensions = Vec::new();
    if let Some(name) = name {
        let entry = [&[0][..], &vector_16(name.as_bytes())].concat();
        extensions.extend(extension(0, &vector_16(&entry)));
    }
    extensions.extend(extension(10, &vector_16(&GROUPS)));
    extensions.extend(extension(11, &[1, 0]));
    extensions.extend(extension(13, &vector_16(&SIGNATURES)));
    let body = [
        &[3, 3][..],
        random,
        &[0],
        &vector_16(&suites),
        &[1, 0],
        &vector_16(&extensions),
    ]
    .concat();
    let handshake = [&[CLIENT_HELLO, 0][..], &vector_16(&body)].concat();
    [&[HANDSHAKE, 3, 1][..], &vector_16(&handshake)].concat()
}

/// Reads the version and suite of a ServerHello from the start of a record.
pub(crate) fn read_server_hello(bytes: &[u8]) -> Option<ServerHello> {
    let [HANDSHAKE, 3, _, _, _, SERVER_HELLO, _, _, _, hello @ ..] = bytes else {
        return None;
    };
    let (version, rest) = hello.split_first_chunk::<2>()?;
    let (session_length, rest) = rest.get(32..)?.split_first()?;
    let suite = rest.get(usize::from(*session_length)..)?;
    Some(ServerHello {
        version: u16::from_be_bytes(*version),
        suite: u16::from_be_bytes(*suite.first_chunk::<2>()?),
    })
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector_16(body)].concat()
}

/// A vector with a length of two bytes; ours are always shorter.
fn vector_16(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// ECDHE, DHE and static RSA with AES-CBC, 3DES and RC4.
const SUITES: [u16; 20] = [
    0xc014, 0xc013, 0xc00a, 0xc009, 0xc028, 0xc027, 0x0039, 0x0033, 0x0035, 0x002f, 0x003d, 0x003c,
    0x009d, 0x009c, 0x009f, 0x009e, 0xc012, 0x000a, 0x0005, 0x0004,
];
/// x25519, P-256, P-384, P-521.
const GROUPS: [u8; 8] = [0, 29, 0, 23, 0, 24, 0, 25];
/// RSA and ECDSA with SHA-512, SHA-384, SHA-256 and SHA-1.
const SIGNATURES: [u8; 16] = [6, 1, 6, 3, 5, 1, 5, 3, 4, 1, 4, 3, 2, 1, 2, 3];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_the_hello_is_right() {
        for name in [None, Some("old.example")] {
            let hello = client_hello(name, &[7; 32]);
            let record = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
            assert_eq!(record, hello.len() - 5);
            let handshake = usize::from(u16::from_be_bytes([hello[7], hello[8]]));
            assert_eq!(handshake, hello.len() - 9);
            assert_eq!(hello[9..11], [3, 3]);
        }
    }

    #[test]
    fn an_old_servers_choice_is_named() {
        let mut bytes = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
        bytes.extend([9; 32]);
        bytes.extend([2, 1, 1, 0x00, 0x2f, 0]);
        let hello = read_server_hello(&bytes).unwrap();
        assert_eq!(hello.to_string(), "TLS 1.0 with suite 0x002f");
        for length in 0..bytes.len() - 1 {
            assert_eq!(read_server_hello(&bytes[..length]), None);
        }
    }

    #[test]
    fn an_alert_is_no_hello() {
        assert_eq!(read_server_hello(&[21, 3, 1, 0, 2, 2, 40]), None);
    }
}
