//! Peers that speak TLS.

use crate::peers::{answer, failure, hear, https_peer, limits, observe_at, peer, serve_tls};
use probes::{Answer, Failure, Stage, Trust};
use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

#[tokio::test]
async fn certificates_are_recorded_and_judged() {
    for (certificate, trust) in [
        (
            &include_bytes!("../data/valid.der")[..],
            Trust::UnknownIssuer,
        ),
        (include_bytes!("../data/expired.der"), Trust::Expired),
    ] {
        let target = https_peer(certificate);
        let observation = observe_at("https", target, &limits()).await;
        let Answer::Http { status, tls, .. } = answer(observation.outcome) else {
            panic!("no HTTP");
        };
        let tls = tls.unwrap();
        assert_eq!((status, tls.version.as_str()), (200, "TLS 1.3"));
        let leaf = tls.certificate.unwrap();
        assert_eq!(leaf.subject, "CN=web.example, O=Example");
        let names = ["web.example", "*.web.example", "127.0.0.1", "::1"];
        assert_eq!(leaf.names, names);
        assert!(leaf.self_signed);
        // Without any trust store the issuer cannot be judged.
        let is_judged = tls.trust == trust || matches!(tls.trust, Trust::Unknown { .. });
        assert!(is_judged, "{:?}", tls.trust);
        assert!(observation.timing.tls_s.is_some());
    }
}

#[tokio::test]
async fn a_server_of_old_tls_is_alive_but_legacy() {
    let target = peer(|mut stream| {
        let hello = hear(&mut stream);
        let offers_version_13 = hello.windows(2).any(|bytes| bytes == [0x13, 0x01]);
        let mut answer = vec![21, 3, 1, 0, 2, 2, 70];
        if !offers_version_13 {
            answer = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
            answer.extend([9; 32]);
            answer.extend([0, 0x00, 0x2f, 0, 0, 0]);
        }
        stream.write_all(&answer).unwrap();
        sleep(Duration::from_millis(100));
    });
    let observation = observe_at("https", target, &limits()).await;
    let (stage, Failure::Tls { error, legacy }) = failure(observation.outcome) else {
        panic!("no TLS failure");
    };
    assert_eq!((stage, legacy), (Stage::Tls, true));
    assert!(error.contains("TLS 1.0"), "{error}");
}

#[tokio::test]
async fn rdp_that_requires_nla_is_recognised() {
    let target = peer(|mut stream| {
        let request = hear(&mut stream);
        let mut confirm = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00".to_vec();
        if request[15] == 3 {
            confirm.extend([2, 0, 8, 0, 2, 0, 0, 0]);
            stream.write_all(&confirm).unwrap();
            serve_tls(stream, include_bytes!("../data/valid.der"), b"");
        } else {
            confirm.extend([3, 0, 8, 0, 5, 0, 0, 0]);
            stream.write_all(&confirm).unwrap();
        }
    });
    let observation = observe_at("rdp", target, &limits()).await;
    let answer = answer(observation.outcome);
    let Answer::Rdp {
        nla_required, tls, ..
    } = answer
    else {
        panic!("{answer:?}");
    };
    assert!(nla_required);
    assert!(tls.unwrap().certificate.is_some());
}
