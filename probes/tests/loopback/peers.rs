//! Scripted peers on loopback.

use probes::{Answer, Failure, Limits, Observation, Outcome, Probe, Stage, Vantage, observe};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Serves every connection on 127.0.0.1 by the same script, each on its own thread.
pub(crate) fn peer(script: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    peer_on("127.0.0.1:0", script)
}

/// As `peer`, on an address of choice.
pub(crate) fn peer_on(
    address: &str,
    script: impl Fn(TcpStream) + Clone + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let target = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, script) = (stream.unwrap(), script.clone());
            std::thread::spawn(move || script(stream));
        }
    });
    target
}

/// An HTTPS server that greets every request with 200.
pub(crate) fn https_peer(certificate: &'static [u8]) -> SocketAddr {
    peer(move |stream| serve_tls(stream, certificate, b"HTTP/1.1 200 OK\r\n\r\n"))
}

/// Makes the server's side of a TLS handshake, hears a request and answers it.
pub(crate) fn serve_tls(stream: TcpStream, certificate: &'static [u8], answer: &[u8]) {
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("../data/key.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate)],
            PrivateKeyDer::Pkcs8(key),
        )
        .unwrap();
    let session = ServerConnection::new(Arc::new(config)).unwrap();
    let mut stream = StreamOwned::new(session, stream);
    let mut buffer = [0; 4096];
    if stream.read(&mut buffer).is_ok_and(|length| length > 0) {
        stream.write_all(answer).unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    }
}

/// Reads once; nothing at the end of the stream or on an error.
pub(crate) fn hear(stream: &mut TcpStream) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).unwrap_or(0);
    buffer[..length].to_vec()
}

/// A probe of a service on a target, for `web.example`.
pub(crate) fn probe(service: &str, target: SocketAddr) -> Probe {
    Probe {
        label: service.to_owned(),
        service: service.to_owned(),
        address: target.ip(),
        port: Some(target.port()),
        server_name: Some("web.example".to_owned()),
    }
}

/// Observes a service on a target.
pub(crate) async fn observe_at(service: &str, target: SocketAddr, limits: &Limits) -> Observation {
    observe(&probe(service, target), Vantage::Outside, limits).await
}

/// Limits for a peer that answers.
pub(crate) fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(2),
        exchange_timeout: Duration::from_secs(5),
        source: None,
    }
}

/// Limits for a peer that does not.
pub(crate) fn quick() -> Limits {
    Limits {
        connect_timeout: Duration::from_millis(500),
        exchange_timeout: Duration::from_millis(500),
        source: None,
    }
}

/// The stage and failure of an outcome that must be one.
pub(crate) fn failure(outcome: Outcome) -> (Stage, Failure) {
    let Outcome::Stopped { stage, failure } = outcome else {
        panic!("{outcome:?}");
    };
    (stage, failure)
}

/// The answer of an outcome that must be one.
pub(crate) fn answer(outcome: Outcome) -> Answer {
    let Outcome::Answered { answer } = outcome else {
        panic!("{outcome:?}");
    };
    answer
}
