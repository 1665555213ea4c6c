//! The two ends of an HTTP/1.1 message a probe needs: the `Host` field and the response head.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::Probe;
use crate::text::{SAMPLE_CHARS, escape};
use std::net::IpAddr;

/// The parts of a response head worth keeping, escaped and cut.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) location: Option<String>,
    pub(super) server: Option<String>,
}

/// The head and its length, or `None` where more bytes are needed.
pub(super) fn read_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, httparse::Error> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let mut config = httparse::ParserConfig::default();
    config.allow_spaces_after_header_name_in_responses(true);
    config.ignore_invalid_headers_in_responses(true);
    let httparse::Status::Complete(used) = config.parse_response(&mut response, bytes)? else {
        return Ok(None);
    };
    let value = |name: &str, max_chars: usize| {
        let fields = response.headers.iter();
        let mut matching = fields.filter(|field| field.name.eq_ignore_ascii_case(name));
        matching.next().map(|field| escape(field.value, max_chars))
    };
    let head = Head {
        status: response.code.unwrap_or_default(),
        reason: escape(response.reason.unwrap_or_default().as_bytes(), SAMPLE_CHARS),
        location: value("location", LOCATION_CHARS),
        server: value("server", SAMPLE_CHARS),
    };
    Ok(Some((head, used)))
}

/// The `Host` field; a name that cannot stand in a request line gives way to the address.
pub(super) fn host_field(probe: &Probe, default_port: u16) -> String {
    let is_host = |name: &&String| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        !name.is_empty() && name.len() <= 253 && name.bytes().all(plain)
    };
    let host = match (probe.server_name.as_ref().filter(is_host), probe.address) {
        (Some(name), _) => name.clone(),
        (None, IpAddr::V4(address)) => address.to_string(),
        (None, IpAddr::V6(address)) => format!("[{address}]"),
    };
    match probe.port {
        Some(port) if port != default_port => format!("{host}:{port}"),
        Some(_) | None => host,
    }
}

const MAX_FIELDS: usize = 256;
const LOCATION_CHARS: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(server_name: Option<&str>, address: &str, port: u16) -> Probe {
        Probe {
            label: "http".to_owned(),
            service: "http".to_owned(),
            address: address.parse().unwrap(),
            port: Some(port),
            server_name: server_name.map(str::to_owned),
        }
    }

    #[test]
    fn the_host_field_is_safe_and_names_odd_ports() {
        for (name, address, port, expected) in [
            (Some("web.example"), "192.0.2.1", 80, "web.example"),
            (Some("web.example"), "192.0.2.1", 8080, "web.example:8080"),
            (Some("x\r\nEvil: 1"), "192.0.2.1", 80, "192.0.2.1"),
            (None, "2001:db8::1", 81, "[2001:db8::1]:81"),
        ] {
            assert_eq!(host_field(&probe(name, address, port), 80), expected);
        }
    }

    #[test]
    fn half_a_head_needs_more_bytes() {
        let head = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody";
        for length in 0..head.len() - 4 {
            assert!(read_head(&head[..length]).unwrap().is_none());
        }
        let (_, used) = read_head(head).unwrap().unwrap();
        assert_eq!(used, head.len() - 4);
    }
}
