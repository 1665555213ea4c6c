//! What is known of single ports: the usual service, carriers that block, who should reach them.
//!
//! The tables are data a user can read and correct (`data/blocked-ports.toml`,
//! `data/common-ports.toml`, `data/private-ports.toml`); each row names its source.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Protocol;
use crate::rule::PortRange;
use serde::Deserialize;
use std::sync::LazyLock;

/// A port, or a range of them, that carriers' networks are known to block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct BlockedPort {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The ports of the entry.
    pub ports: PortSpan,
    /// The edition of the vendor's list that first has it, such as `2019`.
    pub since: String,
    /// The document and its year.
    pub source: String,
    /// What the port is known for.
    pub note: String,
}

/// A port and the service that usually listens there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CommonPort {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// The service's short name, such as `SSH`.
    pub name: String,
    /// What it is used for.
    #[serde(rename = "use")]
    pub purpose: String,
    /// The document and its year.
    pub source: String,
}

/// A port that should not be open to every address.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PrivatePort {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// The service's short name.
    pub name: String,
    /// The document that says so, and its year.
    pub source: String,
}

/// Ports written as `25` or `135-139`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct PortSpan(pub PortRange);

/// A text that is neither a port nor a range of ports.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a port or a range of ports")]
pub struct NotAPortSpan(String);

/// The entry for a port that carriers' networks are known to block: a likely obstacle, never a
/// certain one.
pub fn blocked_port(protocol: Protocol, port: u16) -> Option<&'static BlockedPort> {
    blocked_ports().iter().find(|entry| {
        let PortRange { first, last } = entry.ports.0;
        entry.protocol == protocol && (first..=last).contains(&port)
    })
}

/// The service that usually listens on a port.
pub fn common_port(protocol: Protocol, port: u16) -> Option<&'static CommonPort> {
    common_ports()
        .iter()
        .find(|entry| entry.protocol == protocol && entry.port == port)
}

/// Every port known to be blocked, TCP first, in the order of the table.
pub fn blocked_ports() -> &'static [BlockedPort] {
    &BLOCKED.port
}

/// Every port with a usual service, in the order of the table.
pub fn common_ports() -> &'static [CommonPort] {
    &COMMON.port
}

/// Every port that should not be open to every address: for logging in, for administering, or for
/// services that trust whoever can reach them.
pub fn private_ports() -> &'static [PrivatePort] {
    &PRIVATE.port
}

impl TryFrom<String> for PortSpan {
    type Error = NotAPortSpan;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(PortRange { first, last })),
            _ => Err(NotAPortSpan(text)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table<T> {
    port: Vec<T>,
}

static BLOCKED: LazyLock<Table<BlockedPort>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/blocked-ports.toml")).expect("a test reads this table")
});

static COMMON: LazyLock<Table<CommonPort>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/common-ports.toml")).expect("a test reads this table")
});

static PRIVATE: LazyLock<Table<PrivatePort>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/private-ports.toml")).expect("a test reads this table")
});

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(protocol: Protocol) -> Vec<String> {
        let entries = blocked_ports().iter();
        let own = entries.filter(|entry| entry.protocol == protocol);
        own.map(|entry| entry.ports.0.to_string()).collect()
    }

    #[test]
    fn the_blocked_ports_are_those_of_the_vendors_editions() {
        let tcp = "42 135 137 138 139 445 593 1025 1434 1068 3127 3128 3129 3130 4444 5554 9996 5800 5900";
        assert_eq!(blocked(Protocol::Tcp).join(" "), tcp);
        let udp = "135-139 1026 1027 1028 1068 1433 1434 5554 9996 4789 4791";
        assert_eq!(blocked(Protocol::Udp).join(" "), udp);
        let since = |protocol, port| blocked_port(protocol, port).map(|entry| &*entry.since);
        assert_eq!(since(Protocol::Tcp, 445), Some("2019"));
        assert_eq!(since(Protocol::Tcp, 5900), Some("2020"));
        assert_eq!(since(Protocol::Udp, 136), Some("2019"));
        assert_eq!(since(Protocol::Udp, 4789), Some("2020-cn"));
        assert_eq!(since(Protocol::Tcp, 136), None);
        assert_eq!(since(Protocol::Tcp, 22), None);
    }

    #[test]
    fn every_row_is_the_only_one_for_its_port_and_names_its_source() {
        for entry in blocked_ports() {
            let PortRange { first, last } = entry.ports.0;
            assert_eq!(blocked_port(entry.protocol, first), Some(entry));
            assert_eq!(blocked_port(entry.protocol, last), Some(entry));
            assert!(!entry.note.is_empty() && year(&entry.source), "{entry:?}");
        }
        for entry in common_ports() {
            assert_eq!(common_port(entry.protocol, entry.port), Some(entry));
            assert!(!entry.name.is_empty() && year(&entry.source), "{entry:?}");
        }
        assert_eq!(common_port(Protocol::Tcp, 3389).unwrap().name, "RDP");
        for (at, entry) in private_ports().iter().enumerate() {
            let same =
                |other: &PrivatePort| (other.protocol, other.port) == (entry.protocol, entry.port);
            assert_eq!(private_ports().iter().position(same), Some(at));
            assert!(!entry.name.is_empty() && year(&entry.source), "{entry:?}");
        }
    }

    #[test]
    fn a_span_that_is_no_span_is_refused() {
        for text in ["", "x", "5-", "9-5", "70000", "1-2-3"] {
            assert_eq!(
                PortSpan::try_from(text.to_owned()),
                Err(NotAPortSpan(text.to_owned()))
            );
        }
    }

    fn year(source: &str) -> bool {
        (1980..2100).any(|year| source.contains(&year.to_string()))
    }
}
