//! A name server with a programmable mind (RFC 1035), just large enough for address questions.

use std::net::IpAddr;

/// How the name server answers.
#[derive(Clone, Debug)]
pub(crate) enum Names {
    /// With these addresses, whatever the name.
    Are(Vec<IpAddr>),
    /// No such name (RCODE 3).
    NotFound,
    /// Server failure (RCODE 2).
    Fail,
    /// Not at all.
    Silent,
}

impl Names {
    /// Every name has these addresses.
    pub(crate) fn are(addresses: &[&str]) -> Self {
        Self::Are(
            addresses
                .iter()
                .map(|address| address.parse().unwrap())
                .collect(),
        )
    }
}

/// What a reply says.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Reply {
    /// The response code.
    pub(crate) code: u8,
    /// The addresses of its answer section.
    pub(crate) addresses: Vec<IpAddr>,
}

/// A question for one type (1 is A, 28 is AAAA).
pub(crate) fn question(name: &str, kind: u16) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.as_bytes());
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend([0, 1]);
    message
}

/// The reply to a question, or none when the server is silent.
pub(crate) fn reply(question: &[u8], names: &Names) -> Option<Vec<u8>> {
    let end = end_of_question(question)?;
    let kind = u16::from_be_bytes([question[end - 4], question[end - 3]]);
    let (code, addresses) = match names {
        Names::Are(addresses) => (0, addresses.as_slice()),
        Names::NotFound => (3, [].as_slice()),
        Names::Fail => (2, [].as_slice()),
        Names::Silent => return None,
    };
    let answers: Vec<_> = addresses
        .iter()
        .filter(|address| is_of(**address, kind))
        .collect();
    let mut message = question[..2].to_vec();
    message.extend([
        0x81,
        0x80 | code,
        0,
        1,
        0,
        u8::try_from(answers.len()).unwrap(),
        0,
        0,
        0,
        0,
    ]);
    message.extend(&question[12..end]);
    for address in answers {
        message.extend([0xc0, 12]);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 60]);
        match address {
            IpAddr::V4(address) => {
                message.extend([0, 4]);
                message.extend(address.octets());
            }
            IpAddr::V6(address) => {
                message.extend([0, 16]);
                message.extend(address.octets());
            }
        }
    }
    Some(message)
}

/// Reads a reply made by [`reply`].
pub(crate) fn read_reply(message: &[u8]) -> Option<Reply> {
    let mut rest = message.get(end_of_question(message)?..)?;
    let mut addresses = Vec::new();
    for _ in 0..message[7] {
        let length = usize::from(u16::from_be_bytes([*rest.get(10)?, *rest.get(11)?]));
        let data = rest.get(12..12 + length)?;
        addresses.push(match length {
            4 => IpAddr::from(<[u8; 4]>::try_from(data).ok()?),
            16 => IpAddr::from(<[u8; 16]>::try_from(data).ok()?),
            _ => return None,
        });
        rest = &rest[12 + length..];
    }
    Some(Reply {
        code: message[3] & 15,
        addresses,
    })
}

fn is_of(address: IpAddr, kind: u16) -> bool {
    match address {
        IpAddr::V4(_) => kind == 1,
        IpAddr::V6(_) => kind == 28,
    }
}

/// The offset behind the one question a message carries.
fn end_of_question(message: &[u8]) -> Option<usize> {
    let mut at = 12;
    loop {
        match *message.get(at)? {
            0 => break,
            length => at += 1 + usize::from(length),
        }
    }
    (message.len() >= at + 5).then_some(at + 5)
}
