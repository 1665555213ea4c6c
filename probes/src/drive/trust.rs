//! What the operating system's trust store says of a certificate chain.

use super::tls::Name;
use crate::text::{SAMPLE_CHARS, escape};
use crate::{Certificate, Trust};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};
use std::sync::{Arc, OnceLock};

/// Judges a chain for a name at a time.
pub(super) fn judge(
    chain: &[CertificateDer<'_>],
    leaf: Option<&Certificate>,
    name: &Name,
    now: UnixTime,
) -> Trust {
    let Some((end_entity, intermediates)) = chain.split_first() else {
        let reason = "the server sent no certificate".to_owned();
        return Trust::Unknown { reason };
    };
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    match leaf {
        Some(leaf) if leaf.not_after < seconds => return Trust::Expired,
        Some(leaf) if leaf.not_before > seconds => return Trust::NotYetValid,
        Some(_) | None => {}
    }
    let verifier = match trust_store() {
        Ok(verifier) => verifier,
        Err(reason) => {
            let reason = reason.clone();
            return Trust::Unknown { reason };
        }
    };
    let verdict = verifier.verify_server_cert(end_entity, intermediates, name, &[], now);
    let is_self_signed = leaf.is_some_and(|leaf| leaf.self_signed);
    match verdict {
        Ok(_) => Trust::Trusted,
        Err(error) => verdict_on(&error, is_self_signed),
    }
}

fn verdict_on(error: &Error, is_self_signed: bool) -> Trust {
    match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Trust::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Trust::NotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Trust::WrongName
            }
            CertificateError::UnknownIssuer => Trust::UnknownIssuer,
            // A self-signed certificate fails under many names, such as `CaUsedAsEndEntity`.
            _ if is_self_signed => Trust::UnknownIssuer,
            other => invalid(&other.to_string()),
        },
        other => invalid(&other.to_string()),
    }
}

fn invalid(words: &str) -> Trust {
    Trust::Invalid {
        error: escape(words.as_bytes(), SAMPLE_CHARS),
    }
}

/// The trust store, read once: it is the machine's, and the same for every probe.
fn trust_store() -> Result<Arc<WebPkiServerVerifier>, &'static String> {
    static STORE: OnceLock<Result<Arc<WebPkiServerVerifier>, String>> = OnceLock::new();
    STORE.get_or_init(read_trust_store).as_ref().map(Arc::clone)
}

fn read_trust_store() -> Result<Arc<WebPkiServerVerifier>, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let error = found.errors.first().map(|error| format!(": {error}"));
        let error = error.unwrap_or_default();
        return Err(format!(
            "this machine has no trusted root certificates{error}"
        ));
    }
    let provider = Arc::new(ring::default_provider());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| format!("the trust store cannot be used: {error}"))
}
