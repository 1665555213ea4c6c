//! TLS that looks and does not judge: the handshake goes on whatever the certificate says, and
//! the verdict of the operating system's trust store is recorded beside it.

use super::stream::{Metered, Stream};
use super::trust::judge;
use crate::legacy_hello::{ServerHello, client_hello, read_server_hello};
use crate::recognise::{recognise, wrong_protocol};
use crate::text::{SAMPLE_CHARS, escape};
use crate::{Failure, Probe, TlsReport, parse_certificate};
use nix::errno::Errno;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The name a certificate is asked and judged for.
pub(super) type Name = ServerName<'static>;

/// How a handshake ended.
pub(super) enum Handshake {
    /// Secured, with what was seen.
    Done(Box<TlsStream<Metered>>, TlsReport),
    /// The error, still to be classified.
    Failed(io::Error),
}

/// The DNS name the user gave, or the address, for which no name is indicated.
pub(super) fn server_name(probe: &Probe) -> Name {
    let named = probe.server_name.as_deref().unwrap_or_default();
    let name = named.strip_suffix('.').unwrap_or(named).to_owned();
    Name::try_from(name).unwrap_or_else(|_| ServerName::IpAddress(probe.address.into()))
}

/// Makes the handshake and reports what it showed.
pub(super) async fn handshake(stream: Metered, name: Name, alpn: Option<&str>) -> Handshake {
    let config = match configuration(alpn) {
        Ok(config) => config,
        Err(error) => return Handshake::Failed(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    let connector = TlsConnector::from(Arc::new(config));
    match connector.connect(name.clone(), stream).await {
        Ok(stream) => {
            let report = report(&stream, &name);
            Handshake::Done(Box::new(stream), report)
        }
        Err(error) => Handshake::Failed(error),
    }
}

/// Names a failed handshake. `legacy` in the result means only that older versions are worth
/// asking for.
pub(super) fn classify(error: &io::Error, head: &[u8], after_s: f64) -> Failure {
    let spoken = recognise(head);
    let is_foreign = !head.is_empty() && spoken != Some("tls");
    let text = escape(head, SAMPLE_CHARS);
    match rustls_error(error) {
        Some(Error::InvalidMessage(_)) if is_foreign => wrong_protocol(head, "tls"),
        Some(error) => Failure::Tls {
            error: describe(error),
            legacy: wants_older(error),
        },
        None if is_foreign && spoken.is_some() => wrong_protocol(head, "tls"),
        None => match Errno::from_raw(error.raw_os_error().unwrap_or_default()) {
            Errno::ECONNRESET | Errno::EPIPE | Errno::ECONNABORTED => Failure::Reset { text },
            _ if error.kind() == io::ErrorKind::UnexpectedEof => Failure::Closed { text, after_s },
            _ => Failure::Unclassified {
                text: error.to_string(),
            },
        },
    }
}

/// TLS's own words for an error on a secured stream; `None` where the error is not TLS's.
pub(super) fn words(error: &io::Error) -> Option<String> {
    rustls_error(error).map(describe)
}

/// Offers old versions and suites after the same `preface`, and reads what the server chose.
pub(super) async fn ask_old_versions(
    stream: &mut Stream,
    preface: &[u8],
    name: &Name,
) -> Option<ServerHello> {
    let mut buffer = [0; 2048];
    if !preface.is_empty() {
        stream.send(preface).await.ok()?;
        stream.read(&mut buffer).await.ok()?;
    }
    let mut random = [0; 32];
    ring::default_provider()
        .secure_random
        .fill(&mut random)
        .ok()?;
    let indicated = match name {
        ServerName::DnsName(name) => Some(name.as_ref()),
        _ => None,
    };
    stream.send(&client_hello(indicated, &random)).await.ok()?;
    let mut answer = Vec::new();
    loop {
        let length = stream.read(&mut buffer).await.ok()?;
        answer.extend_from_slice(&buffer[..length]);
        let hello = read_server_hello(&answer);
        if hello.is_some() || length == 0 || answer.len() > MAX_HELLO {
            return hello;
        }
    }
}

fn configuration(alpn: Option<&str>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let looker = Arc::new(Looker {
        schemes: schemes(&provider),
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(looker)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}

fn report(stream: &TlsStream<Metered>, name: &Name) -> TlsReport {
    let (_, session) = stream.get_ref();
    let chain = session.peer_certificates().unwrap_or_default();
    let version = session.protocol_version().map(|version| match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        other => format!("{other:?}"),
    });
    let suite = session.negotiated_cipher_suite();
    let certificate = chain.first().and_then(|leaf| parse_certificate(leaf));
    TlsReport {
        version: version.unwrap_or_default(),
        suite: suite.map_or_else(String::new, |suite| format!("{:?}", suite.suite())),
        chain_length: chain.len(),
        trust: judge(chain, certificate.as_ref(), name, UnixTime::now()),
        certificate,
    }
}

fn rustls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref::<Error>()
}

fn describe(error: &Error) -> String {
    match error {
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server does not know the name that was asked (alert unrecognized_name)".to_owned()
        }
        Error::AlertReceived(alert) => format!("the server sent the alert {alert:?}"),
        other => escape(other.to_string().as_bytes(), SAMPLE_CHARS),
    }
}

fn wants_older(error: &Error) -> bool {
    matches!(
        error,
        Error::PeerIncompatible(_)
            | Error::AlertReceived(
                AlertDescription::ProtocolVersion
                    | AlertDescription::HandshakeFailure
                    | AlertDescription::InsufficientSecurity
            )
    )
}

fn schemes(provider: &CryptoProvider) -> Vec<SignatureScheme> {
    let mut schemes = provider
        .signature_verification_algorithms
        .supported_schemes();
    schemes.extend([
        SignatureScheme::RSA_PKCS1_SHA1,
        SignatureScheme::ECDSA_SHA1_Legacy,
    ]);
    schemes
}

/// Lets every certificate and signature pass: nothing secret is ever sent over these connections,
/// and a broken certificate is a fact to report.
#[derive(Debug)]
struct Looker {
    schemes: Vec<SignatureScheme>,
}

impl ServerCertVerifier for Looker {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

const MAX_HELLO: usize = 8 * 1024;
