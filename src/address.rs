//! What kind of address an address is.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::net::IpAddr;

/// Whether the address is for use inside one network only: private (RFC 1918, RFC 4193), shared
/// (RFC 6598), link-local or loopback.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}

/// Whether the address is for use on one link only (RFC 3927, RFC 4291).
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_public_are_told_apart() {
        let cases = [
            ("10.0.0.1", true),
            ("100.64.0.1", true),
            ("100.128.0.1", false),
            ("127.0.0.1", true),
            ("169.254.1.1", true),
            ("172.32.0.1", false),
            ("203.0.113.10", false),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2001:db8::1", false),
        ];
        for (text, private) in cases {
            assert_eq!(is_private(text.parse().unwrap()), private, "{text}");
        }
    }
}
