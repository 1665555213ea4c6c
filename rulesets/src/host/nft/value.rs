//! What fields are compared with: single values, ranges, prefixes, names.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::lexer::{Token, spelled};
use super::names;
use crate::program::Part;
use crate::program::evaluate::LOOPBACK;
use crate::text::shown;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What kind of values a field has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    V4,
    V6,
    /// The protocol above IP.
    Protocol,
    /// The family as netfilter numbers it.
    Family,
    /// The Ethernet protocol, kept as the family it carries.
    EtherType,
    Port,
    IcmpType,
    IcmpCode,
    Icmpv6Type,
    Icmpv6Code,
    TcpFlags,
    State,
    Status,
    Mark,
    Mac,
    /// An interface by its name, where a trailing `*` stands for any ending.
    InterfaceName,
    /// An interface by its number, which listings show as its name.
    Interface,
    /// A kind of interface (`ARPHRD_LOOPBACK` and others); only the loopback device is of a kind that tells its name.
    InterfaceType,
    /// What kind of address it is to this host.
    Locality,
    /// Values no field of the model has.
    Other,
}

impl Kind {
    /// The kind of a type that a set names.
    pub(super) fn of_type(name: &str) -> Self {
        match name {
            "ipv4_addr" => Self::V4,
            "ipv6_addr" => Self::V6,
            "inet_proto" => Self::Protocol,
            "nf_proto" => Self::Family,
            "ether_type" => Self::EtherType,
            "inet_service" => Self::Port,
            "icmp_type" => Self::IcmpType,
            "icmp_code" => Self::IcmpCode,
            "icmpv6_type" => Self::Icmpv6Type,
            "icmpv6_code" => Self::Icmpv6Code,
            "tcp_flag" => Self::TcpFlags,
            "ct_state" => Self::State,
            "ct_status" => Self::Status,
            "mark" => Self::Mark,
            "ether_addr" => Self::Mac,
            "ifname" => Self::InterfaceName,
            "iface_index" => Self::Interface,
            "iface_type" => Self::InterfaceType,
            "fib_addrtype" => Self::Locality,
            _ => Self::Other,
        }
    }

    /// The highest value.
    pub(super) fn max(self) -> u128 {
        match self {
            Self::V4 | Self::Mark | Self::State | Self::Status | Self::Locality => {
                u128::from(u32::MAX)
            }
            Self::V6 | Self::Other => u128::MAX,
            Self::EtherType | Self::Port => u128::from(u16::MAX),
            Self::Protocol
            | Self::Family
            | Self::IcmpType
            | Self::IcmpCode
            | Self::Icmpv6Type
            | Self::Icmpv6Code
            | Self::TcpFlags => u128::from(u8::MAX),
            Self::Mac => (1 << 48) - 1,
            Self::InterfaceName | Self::Interface | Self::InterfaceType => 0,
        }
    }

    /// True for values made of bits, which a rule compares bit by bit unless it says `==`.
    pub(super) fn has_bits(self) -> bool {
        matches!(self, Self::TcpFlags | Self::State | Self::Status)
    }

    /// The part that every value is in.
    pub(super) fn everything(self) -> Part {
        match self {
            Self::InterfaceName | Self::Interface | Self::InterfaceType => Part::Name {
                text: String::new(),
                prefix: true,
            },
            Self::V4
            | Self::V6
            | Self::Protocol
            | Self::Family
            | Self::EtherType
            | Self::Port
            | Self::IcmpType
            | Self::IcmpCode
            | Self::Icmpv6Type
            | Self::Icmpv6Code
            | Self::TcpFlags
            | Self::State
            | Self::Status
            | Self::Mark
            | Self::Mac
            | Self::Locality
            | Self::Other => Part::Span {
                first: 0,
                last: self.max(),
            },
        }
    }
}

/// One value, range or prefix; [`Part::Unread`] when it is none of this kind.
pub(super) fn part(kind: Kind, tokens: &[Token<'_>]) -> Part {
    let read = match tokens {
        [Token::Word(word)] if word == "*" => Some(kind.everything()),
        [one] => one.text().and_then(|word| single(kind, word)),
        [first, dash, last] if dash.is_sign("-") => {
            let ends = first.text().zip(last.text());
            ends.and_then(|(first, last)| span(kind, first, last))
        }
        _ if kind.has_bits() => bits(kind, tokens).map(Part::one),
        _ => None,
    };
    read.unwrap_or_else(|| Part::Unread {
        text: shown(&spelled(tokens), TEXT),
    })
}

/// The bits that a list such as `syn, ack` or `syn | ack` names together.
pub(super) fn bits(kind: Kind, tokens: &[Token<'_>]) -> Option<u128> {
    let mut sum = 0;
    let mut wanted = true;
    for token in tokens {
        match token {
            Token::Sign("(" | ")") => {}
            Token::Sign("," | "|") if !wanted => wanted = true,
            Token::Word(word) | Token::Quoted(word) if wanted => {
                sum |= number(kind, word)?;
                wanted = false;
            }
            Token::Word(_) | Token::Quoted(_) | Token::Sign(_) | Token::Foreign(_) => return None,
        }
    }
    (!wanted).then_some(sum)
}

/// A single value as a number.
pub(super) fn number(kind: Kind, word: &str) -> Option<u128> {
    let value = match kind {
        Kind::V4 => word
            .parse::<Ipv4Addr>()
            .ok()
            .map(|ip| u128::from(u32::from(ip))),
        Kind::V6 => word.parse::<Ipv6Addr>().ok().map(u128::from),
        Kind::Mac => mac(word),
        Kind::InterfaceName | Kind::Interface | Kind::InterfaceType | Kind::Other => None,
        Kind::EtherType => names::number(kind, word)
            .or_else(|| plain(word))
            .and_then(family),
        Kind::Protocol
        | Kind::Family
        | Kind::Port
        | Kind::IcmpType
        | Kind::IcmpCode
        | Kind::Icmpv6Type
        | Kind::Icmpv6Code
        | Kind::TcpFlags
        | Kind::State
        | Kind::Status
        | Kind::Mark
        | Kind::Locality => names::number(kind, word).or_else(|| plain(word)),
    };
    value.filter(|value| *value <= kind.max())
}

/// A decimal or hexadecimal number.
pub(super) fn plain(word: &str) -> Option<u128> {
    let (digits, radix) = match word.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (word, 10),
    };
    let octal = radix == 10 && digits.len() > 1 && digits.starts_with('0');
    let sound = !octal && digits.bytes().all(|digit| digit.is_ascii_alphanumeric());
    u128::from_str_radix(digits, radix).ok().filter(|_| sound)
}

fn single(kind: Kind, word: &str) -> Option<Part> {
    if matches!(kind, Kind::InterfaceName | Kind::Interface) {
        return interface(kind, word);
    }
    if kind == Kind::InterfaceType {
        let loopback = matches!(word, "loopback" | "772");
        return loopback.then(|| exactly(LOOPBACK));
    }
    if let Some(value) = number(kind, word) {
        return Some(Part::one(value));
    }
    if let Some((address, length)) = word.split_once('/') {
        return prefix(kind, number(kind, address)?, length.parse().ok()?);
    }
    let mut dashes = word.match_indices('-').take(DASHES);
    dashes.find_map(|(at, _)| span(kind, &word[..at], &word[at + 1..]))
}

fn span(kind: Kind, first: &str, last: &str) -> Option<Part> {
    let (first, last) = (number(kind, first)?, number(kind, last)?);
    (first <= last && kind != Kind::EtherType).then_some(Part::Span { first, last })
}

fn prefix(kind: Kind, address: u128, length: u32) -> Option<Part> {
    let width = match kind {
        Kind::V4 | Kind::Mark => 32,
        Kind::V6 => 128,
        Kind::Port => 16,
        Kind::Mac => 48,
        Kind::Protocol
        | Kind::Family
        | Kind::EtherType
        | Kind::IcmpType
        | Kind::IcmpCode
        | Kind::Icmpv6Type
        | Kind::Icmpv6Code
        | Kind::TcpFlags
        | Kind::State
        | Kind::Status
        | Kind::InterfaceName
        | Kind::Interface
        | Kind::InterfaceType
        | Kind::Locality
        | Kind::Other => return None,
    };
    let free = width - Some(length).filter(|length| *length <= width)?;
    let host = u128::MAX.checked_shr(128 - free).unwrap_or_default();
    Some(Part::Span {
        first: address & !host,
        last: address | host,
    })
}

/// An interface's name; `\*` at its end is a star of its own. The loopback device has number 1.
fn interface(kind: Kind, word: &str) -> Option<Part> {
    if kind == Kind::Interface && word == "1" {
        return Some(exactly(LOOPBACK));
    }
    let by_number = word.bytes().all(|digit| digit.is_ascii_digit());
    if word.is_empty() || kind == Kind::Interface && by_number {
        return None;
    }
    let (text, prefix) = match (word.strip_suffix(r"\*"), word.strip_suffix('*')) {
        (Some(beginning), _) => (format!("{beginning}*"), false),
        (None, Some(beginning)) if kind == Kind::InterfaceName => (beginning.to_owned(), true),
        (None, _) => (word.to_owned(), false),
    };
    Some(Part::Name { text, prefix })
}

fn exactly(name: &str) -> Part {
    Part::Name {
        text: name.to_owned(),
        prefix: false,
    }
}

fn mac(word: &str) -> Option<u128> {
    let mut octets = word.split(':').map(|part| u8::from_str_radix(part, 16));
    let value = octets.try_fold(0, |sum, octet| {
        octet.map(|octet| sum << 8 | u128::from(octet))
    });
    value.ok().filter(|_| word.split(':').count() == 6)
}

/// The family that an Ethernet protocol carries, 0 for one that carries no IP packets.
fn family(ether_type: u128) -> Option<u128> {
    match ether_type {
        0x0800 => Some(2),
        0x86dd => Some(10),
        0x8100 | 0x88a8 | 0x8863 | 0x8864 | 0x8847 | 0x8848 => None,
        _ => Some(0),
    }
}

/// The most characters quoted of a value.
const TEXT: usize = 100;
/// A range of two names, such as `ftp-data-http-alt`, can be cut at no more places than this.
const DASHES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::nft::cursor::{Defines, tokens};

    fn read(kind: Kind, text: &str) -> String {
        match part(kind, &tokens(text, &Defines::default())) {
            Part::Span { first, last } if first == last => first.to_string(),
            Part::Span { first, last } => format!("{first}-{last}"),
            Part::Name { text, prefix } => format!("{text}{}", if prefix { "…" } else { "" }),
            Part::Unread { text } => format!("? {text}"),
        }
    }

    #[test]
    fn values_read_by_name_number_range_and_prefix() {
        let cases = [
            (Kind::Port, "22", "22"),
            (Kind::Port, "ssh", "22"),
            (Kind::Port, "ftp-data-http-alt", "20-8080"),
            (Kind::Port, "1024-65535", "1024-65535"),
            (Kind::Port, "1024 - 2000", "1024-2000"),
            (Kind::Port, "9-8", "? 9-8"),
            (Kind::Port, "65536", "? 65536"),
            (Kind::Port, "022", "? 022"),
            (Kind::Port, "+5", "? +5"),
            (Kind::Port, "no-such-service", "? no-such-service"),
            (Kind::V4, "10.1.2.3/8", "167772160-184549375"),
            (Kind::V4, "0.0.0.0/0", "0-4294967295"),
            (Kind::V4, "1.2.3.4/33", "? 1.2.3.4/33"),
            (Kind::V4, "0.0.0.1-0.0.0.9", "1-9"),
            (Kind::V4, "example.org", "? example.org"),
            (
                Kind::V6,
                "::/0",
                "0-340282366920938463463374607431768211455",
            ),
            (Kind::V6, "::1-::9", "1-9"),
            (Kind::V6, "::ffff:0.0.0.5/128", "281470681743365"),
            (Kind::Mac, "00:00:00:00:01:00", "256"),
            (Kind::Mark, "0x10", "16"),
            (Kind::Protocol, "ipv6-icmp", "58"),
            (Kind::IcmpType, "echo-request", "8"),
            (Kind::Icmpv6Type, "1-4", "1-4"),
            (Kind::TcpFlags, "fin | syn", "3"),
            (Kind::State, "0x40", "64"),
            (Kind::EtherType, "ip6", "10"),
            (Kind::EtherType, "arp", "0"),
            (Kind::EtherType, "0x8100", "? 0x8100"),
            (Kind::InterfaceName, "\"eth*\"", "eth…"),
            (Kind::InterfaceName, "\"eth\\*\"", "eth*"),
            (Kind::InterfaceName, "*", "…"),
            (Kind::Interface, "lo", "lo"),
            (Kind::Interface, "7", "? 7"),
            (Kind::Interface, "1", "lo"),
            (Kind::InterfaceType, "loopback", "lo"),
            (Kind::InterfaceType, "ether", "? ether"),
            (Kind::Other, "5", "? 5"),
        ];
        for (kind, text, want) in cases {
            assert_eq!(read(kind, text), want, "{kind:?} {text}");
        }
    }
}
