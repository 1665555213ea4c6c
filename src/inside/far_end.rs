//! The far ends to probe from inside, as the command line names them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use thiserror::Error;

/// A service somewhere else, to be reached from the instance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FarEnd {
    /// Its name or address.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
}

impl fmt::Display for FarEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Why a list of far ends cannot be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum FarEndError {
    /// Nothing between two commas, or nothing at all.
    #[error("an empty far end in `{0}`: write HOST:PORT,HOST:PORT")]
    Empty(String),
    /// No port.
    #[error("`{0}` has no port: write HOST:PORT, such as `mail.example:25`")]
    NoPort(String),
    /// Not a port.
    #[error("`{port}` in `{item}` is not a port: use 1 to 65535")]
    Port {
        /// The item.
        item: String,
        /// Its port.
        port: String,
    },
    /// An IPv6 address without brackets, or brackets around something else.
    #[error("`{0}` is ambiguous: write an IPv6 address in brackets, such as `[2001:db8::25]:25`")]
    Brackets(String),
    /// Not a name.
    #[error("`{0}` is neither a host name nor an address")]
    Host(String),
    /// More than [`MOST_FAR_ENDS`].
    #[error("{0} far ends are too many: name at most {MOST_FAR_ENDS}")]
    TooMany(usize),
}

/// Reads `HOST:PORT,HOST:PORT`; IPv6 addresses stand in brackets.
pub fn parse_outbound(text: &str) -> Result<Vec<FarEnd>, FarEndError> {
    let count = text.split(',').count();
    if count > MOST_FAR_ENDS {
        return Err(FarEndError::TooMany(count));
    }
    text.split(',')
        .map(|item| match item.trim() {
            "" => Err(FarEndError::Empty(quoted(text))),
            item => far_end(item),
        })
        .collect()
}

fn far_end(item: &str) -> Result<FarEnd, FarEndError> {
    let (host, port) = match item.strip_prefix('[') {
        Some(rest) => bracketed(item, rest)?,
        None => plain(item)?,
    };
    Ok(FarEnd {
        host,
        port: port_number(item, port)?,
    })
}

fn bracketed<'a>(item: &str, rest: &'a str) -> Result<(String, &'a str), FarEndError> {
    let brackets = || FarEndError::Brackets(quoted(item));
    let (address, rest) = rest.split_once(']').ok_or_else(brackets)?;
    let address: Ipv6Addr = address.parse().map_err(|_| brackets())?;
    let port = rest.strip_prefix(':');
    let port = port.ok_or_else(|| FarEndError::NoPort(quoted(item)))?;
    Ok((address.to_string(), port))
}

fn plain(item: &str) -> Result<(String, &str), FarEndError> {
    let split = item.rsplit_once(':');
    let (host, port) = split.ok_or_else(|| FarEndError::NoPort(quoted(item)))?;
    if host.contains(':') {
        return Err(FarEndError::Brackets(quoted(item)));
    }
    Ok((name_or_ipv4(host)?, port))
}

fn port_number(item: &str, port: &str) -> Result<u16, FarEndError> {
    port.parse()
        .ok()
        .filter(|number| *number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| FarEndError::Port {
            item: quoted(item),
            port: quoted(port),
        })
}

/// A host name (RFC 1123, section 2.1; underscores are met in practice) or an IPv4 address.
fn name_or_ipv4(host: &str) -> Result<String, FarEndError> {
    let refused = || FarEndError::Host(quoted(host));
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let well_formed = host.len() <= 253
        && labels.iter().all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
    let numeric = labels
        .last()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if !well_formed || numeric {
        return Err(refused());
    }
    Ok(host.to_owned())
}

fn quoted(text: &str) -> String {
    probes::escape(text.as_bytes(), 80)
}

/// The most far ends of one run.
pub const MOST_FAR_ENDS: usize = 16;

/// Mail exchangers of two operators on 25, submission hosts on 465 and 587, and 443 as control.
pub const DEFAULT_OUTBOUND: &str = "gmail-smtp-in.l.google.com:25,mx1.qq.com:25,smtp.qq.com:465,\
                                    smtp.gmail.com:587,cloud.tencent.com:443";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_of_both_families_are_read() {
        let read = parse_outbound("mail.example.:25, 192.0.2.7:465,[2001:DB8::25]:587").unwrap();
        let shown: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["mail.example.:25", "192.0.2.7:465", "[2001:db8::25]:587"]
        );
    }

    #[test]
    fn the_default_names_two_exchangers_and_their_controls() {
        let ports: Vec<u16> = parse_outbound(DEFAULT_OUTBOUND)
            .unwrap()
            .iter()
            .map(|far_end| far_end.port)
            .collect();
        assert_eq!(ports, [25, 25, 465, 587, 443]);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_remedy() {
        let label = "a".repeat(64);
        let cases = [
            ("", "an empty far end in ``: write HOST:PORT,HOST:PORT"),
            (
                "a:1,,b:2",
                "an empty far end in `a:1,,b:2`: write HOST:PORT,HOST:PORT",
            ),
            (
                "mail.example",
                "`mail.example` has no port: write HOST:PORT, such as `mail.example:25`",
            ),
            (
                "[2001:db8::1]",
                "`[2001:db8::1]` has no port: write HOST:PORT, such as `mail.example:25`",
            ),
            (
                "2001:db8::1:25",
                "`2001:db8::1:25` is ambiguous: write an IPv6 address in brackets, such as `[2001:db8::25]:25`",
            ),
            (
                "[mail.example]:25",
                "`[mail.example]:25` is ambiguous: write an IPv6 address in brackets, such as `[2001:db8::25]:25`",
            ),
            (
                "[2001:db8::1:25",
                "`[2001:db8::1:25` is ambiguous: write an IPv6 address in brackets, such as `[2001:db8::25]:25`",
            ),
            ("a:0", "`0` in `a:0` is not a port: use 1 to 65535"),
            ("a:+25", "`+25` in `a:+25` is not a port: use 1 to 65535"),
            (
                "a:65536",
                "`65536` in `a:65536` is not a port: use 1 to 65535",
            ),
            ("a b:25", "`a b` is neither a host name nor an address"),
            (":25", "`` is neither a host name nor an address"),
            ("-a:25", "`-a` is neither a host name nor an address"),
            (
                "192.0.2:25",
                "`192.0.2` is neither a host name nor an address",
            ),
            (
                "\u{1b}[2J:25",
                "`\\x1b[2J` is neither a host name nor an address",
            ),
        ];
        for (text, error) in cases {
            assert_eq!(
                parse_outbound(text).unwrap_err().to_string(),
                error,
                "{text:?}"
            );
        }
        assert_eq!(
            parse_outbound(&format!("{label}:25")),
            Err(FarEndError::Host(label))
        );
        assert_eq!(
            parse_outbound(&",".repeat(16)),
            Err(FarEndError::TooMany(17))
        );
    }
}
