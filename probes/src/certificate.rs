//! Reads the parts of an X.509 certificate (RFC 5280) that a report shows.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::Certificate;
use crate::text::escape;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// Reads a DER certificate; `None` where it is no certificate or larger than 64 KiB. Text is
/// escaped and cut, and at most 100 names are kept.
pub fn parse_certificate(der: &[u8]) -> Option<Certificate> {
    if der.len() > MAX_DER {
        return None;
    }
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    Some(Certificate {
        subject: name_text(certificate.subject()),
        issuer: name_text(certificate.issuer()),
        names: names(&certificate),
        not_before: validity.not_before.timestamp(),
        not_after: validity.not_after.timestamp(),
        self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
    })
}

fn name_text(name: &X509Name<'_>) -> String {
    escape(name.to_string().as_bytes(), TEXT_CHARS)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = extension.value.general_names.iter();
    names.filter_map(name_of).take(MAX_NAMES).collect()
}

fn name_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(escape(name.as_bytes(), TEXT_CHARS)),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).into());
    }
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(bytes).into())
}

const MAX_DER: usize = 64 * 1024;
const MAX_NAMES: usize = 100;
const TEXT_CHARS: usize = 300;
