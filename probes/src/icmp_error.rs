//! ICMP errors as the kernel's error queue reports them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// An ICMP or ICMPv6 error that a probe caused.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct IcmpError {
    /// The type (RFC 792 or RFC 4443); the offender's family tells which.
    pub kind: u8,
    /// The code.
    pub code: u8,
    /// Who sent it.
    pub offender: IpAddr,
}

impl IcmpError {
    /// The registered meaning of type and code, such as `port unreachable`.
    pub fn meaning(self) -> &'static str {
        match (self.offender.is_ipv4(), self.kind, self.code) {
            (true, 3, 0) => "network unreachable",
            (true, 3, 1) => "host unreachable",
            (true, 3, 2) => "protocol unreachable",
            (true, 3, 3) | (false, 1, 4) => "port unreachable",
            (true, 3, 4) => "fragmentation needed",
            (true, 3, 9) => "network administratively prohibited",
            (true, 3, 10) => "host administratively prohibited",
            (true, 3, 13) | (false, 1, 1) => "administratively prohibited",
            (true, 11, _) | (false, 3, _) => "time exceeded",
            (false, 1, 0) => "no route to destination",
            (false, 1, 3) => "address unreachable",
            (false, 1, 5) => "source address failed policy",
            (false, 1, 6) => "reject route",
            (false, 2, _) => "packet too big",
            _ => "unreachable",
        }
    }
}

impl fmt::Display for IcmpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.offender.is_ipv4() {
            "ICMP"
        } else {
            "ICMPv6"
        };
        write!(
            f,
            "{name} {}/{} ({}) from {}",
            self.kind,
            self.code,
            self.meaning(),
            self.offender
        )
    }
}
