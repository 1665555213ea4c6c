//! Probes against scripted peers on loopback: absent, silent, hanging up, talking nonsense.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a failing test should panic"
)]

mod peers;

use peers::{hear, limits, observe_at, peer, peer_on, quick};
use probes::{Answer, Failure, Outcome, Stage, Trust, Vantage, observe};
use std::io::Write;
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn failure(outcome: Outcome) -> (Stage, Failure) {
    let Outcome::Stopped { stage, failure } = outcome else {
        panic!("{outcome:?}");
    };
    (stage, failure)
}

fn answer(outcome: Outcome) -> Answer {
    let Outcome::Answered { answer } = outcome else {
        panic!("{outcome:?}");
    };
    answer
}

#[tokio::test]
async fn an_absent_peer_refuses_in_both_families() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = std::net::TcpListener::bind(address).unwrap();
        let target = listener.local_addr().unwrap();
        drop(listener);
        for service in ["ssh", "rdp", "http", "https", "smtp", "tcp"] {
            let observation = observe_at(service, target, &limits()).await;
            let expected = (Stage::Connect, Failure::Refused);
            assert_eq!(failure(observation.outcome), expected, "{service} {target}");
            assert_eq!(observation.timing.connect_s, None);
            assert_eq!(observation.local.unwrap().ip(), target.ip());
        }
        let observation = observe_at("udp", target, &limits()).await;
        let expected = (Stage::Connect, Failure::Refused);
        assert_eq!(failure(observation.outcome), expected, "udp {target}");
    }
}

#[tokio::test]
async fn a_hanging_peer_is_silent_and_the_wait_is_bounded() {
    let target = peer(|_| sleep(Duration::from_secs(3)));
    for (service, stage) in [
        ("ssh", Stage::Greet),
        ("rdp", Stage::Greet),
        ("http", Stage::Greet),
        ("smtp", Stage::Greet),
        ("https", Stage::Tls),
    ] {
        let started = Instant::now();
        let observation = observe_at(service, target, &quick()).await;
        let silent = Failure::Silent { received: 0 };
        assert_eq!(failure(observation.outcome), (stage, silent), "{service}");
        assert!(started.elapsed() < Duration::from_millis(900), "{service}");
        assert!(observation.timing.connect_s.is_some());
    }
    let observation = observe_at("tcp", target, &quick()).await;
    let open = Answer::Open { banner: None };
    assert_eq!(answer(observation.outcome), open);
}

#[tokio::test]
async fn a_full_accept_queue_times_out_at_connect() {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let listener = listener.unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let target = listener.local_addr().unwrap().as_socket().unwrap();
    let _held = std::net::TcpStream::connect(target).unwrap();
    let observation = observe_at("tcp", target, &quick()).await;
    assert_eq!(
        failure(observation.outcome),
        (Stage::Connect, Failure::Timeout)
    );
}

#[tokio::test]
async fn hanging_up_and_resetting_are_told_apart() {
    let closing = peer(|_| sleep(Duration::from_millis(50)));
    let observation = observe_at("ssh", closing, &limits()).await;
    let (stage, Failure::Closed { text, after_s }) = failure(observation.outcome) else {
        panic!("not closed");
    };
    assert_eq!((stage, text.as_str()), (Stage::Greet, ""));
    assert!((0.04..1.0).contains(&after_s), "{after_s}");

    let resetting = peer(|mut stream| {
        stream.write_all(b"half a li").unwrap();
        sleep(Duration::from_millis(50));
        let linger = Some(Duration::ZERO);
        socket2::SockRef::from(&stream).set_linger(linger).unwrap();
    });
    let observation = observe_at("ssh", resetting, &limits()).await;
    let text = "half a li".to_owned();
    let expected = (Stage::Greet, Failure::Reset { text });
    assert_eq!(failure(observation.outcome), expected);
}

#[tokio::test]
async fn words_of_refusal_survive_the_close() {
    let target = peer(|mut stream| stream.write_all(b"Exceeded MaxStartups\r\n").unwrap());
    let observation = observe_at("ssh", target, &limits()).await;
    let text = "Exceeded MaxStartups".to_owned();
    let expected = (Stage::Greet, Failure::TurnedAway { text });
    assert_eq!(failure(observation.outcome), expected);
}

#[tokio::test]
async fn foreign_protocols_are_recognised_on_every_port() {
    for (service, words, expected) in [
        ("ssh", &b"220 mail.example ESMTP\r\n"[..], "smtp"),
        ("ssh", b"HTTP/1.1 400 Bad Request\r\n\r\n", "http"),
        ("smtp", b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
        ("rdp", b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
        ("http", b"\x15\x03\x01\x00\x02\x02\x46", "tls"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "http"),
        ("https", b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
        ("ssh", b"\x00\x00\x1b[2J\xff\xfe\r\n", "unknown"),
    ] {
        let target = peer(move |mut stream| {
            stream.write_all(words).unwrap();
            sleep(Duration::from_millis(300));
        });
        let observation = observe_at(service, target, &quick()).await;
        let (_, found) = failure(observation.outcome);
        match found {
            Failure::WrongProtocol { spoken, sample } => {
                assert_eq!(spoken, expected, "{service}");
                assert!(sample.chars().all(|character| !character.is_control()));
            }
            Failure::Closed { text, .. } if expected == "unknown" => {
                assert_eq!(text, "\\x00\\x00\\x1b[2J\\xff\\xfe\\r\\n");
            }
            other => panic!("{service} hearing {expected}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_tarpit_cannot_stretch_the_exchange() {
    let target = peer(|mut stream| {
        while stream.write_all(b"x").is_ok() {
            sleep(Duration::from_millis(50));
        }
    });
    for service in ["ssh", "smtp", "http", "rdp", "https"] {
        let started = Instant::now();
        let observation = observe_at(service, target, &quick()).await;
        assert!(matches!(observation.outcome, Outcome::Stopped { .. }));
        assert!(started.elapsed() < Duration::from_millis(900), "{service}");
    }
}

#[tokio::test]
async fn a_flood_is_cut_off_at_64_kibibytes() {
    let (sender, sent) = std::sync::mpsc::channel();
    let target = peer(move |mut stream| {
        let block = [b"a".repeat(200), b"\r\n".to_vec()].concat().repeat(500);
        let blocks = (1 << 30) / block.len();
        let written = (0..blocks).take_while(|_| stream.write_all(&block).is_ok());
        sender.send(written.count() * block.len()).unwrap();
    });
    for service in ["ssh", "smtp", "http", "rdp", "https"] {
        let started = Instant::now();
        let observation = observe_at(service, target, &limits()).await;
        let (_, found) = failure(observation.outcome);
        let is_bounded = match found {
            Failure::Flooded { received } => received <= 64 * 1024,
            Failure::WrongProtocol { sample, .. } => sample.len() < 1024,
            other => panic!("{service}: {other:?}"),
        };
        assert!(is_bounded, "{service}");
        assert!(started.elapsed() < Duration::from_secs(2), "{service}");
        // What the kernel's buffers took counts as sent.
        let sent = sent.recv_timeout(Duration::from_secs(2)).unwrap();
        assert!(sent < 64 << 20, "{service} let the peer send {sent}");
    }
}

#[tokio::test]
async fn a_flood_of_interim_answers_is_cut_off_too() {
    let target = peer(|mut stream| while stream.write_all(b"HTTP/1.1 100 x\r\n\r\n").is_ok() {});
    let observation = observe_at("http", target, &limits()).await;
    let flooded = Failure::Flooded {
        received: 64 * 1024,
    };
    assert_eq!(failure(observation.outcome), (Stage::Greet, flooded));
}

#[tokio::test]
async fn hostile_text_arrives_escaped() {
    let target = peer(|mut stream| {
        stream
            .write_all(b"nul\x00 esc\x1b]0;x\x07 \xff\xe2\x80\xae\r\nSSH-2.0-x\x1b[31m\r\n")
            .unwrap();
        sleep(Duration::from_millis(300));
    });
    let observation = observe_at("ssh", target, &quick()).await;
    let expected = Answer::Ssh {
        identification: "SSH-2.0-x\\x1b[31m".to_owned(),
        preamble: vec!["nul\\x00 esc\\x1b]0;x\\x07 \\xff\\u{202e}".to_owned()],
        key_exchange: None,
    };
    assert_eq!(answer(observation.outcome), expected);
}

#[tokio::test]
async fn a_slow_greeting_is_waited_for() {
    let (sender, heard) = std::sync::mpsc::channel();
    let target = peer(move |mut stream| {
        sleep(Duration::from_millis(700));
        stream.write_all(b"220 slow.example ESMTP\r\n").unwrap();
        hear(&mut stream);
        stream
            .write_all(b"250-slow.example\r\n250 STARTTLS\r\n")
            .unwrap();
        sender.send(hear(&mut stream)).unwrap();
    });
    let observation = observe_at("smtp", target, &limits()).await;
    let expected = Answer::Smtp {
        code: 220,
        greeting: "slow.example ESMTP".to_owned(),
        extensions: vec!["STARTTLS".to_owned()],
        starttls: true,
    };
    assert_eq!(answer(observation.outcome), expected);
    assert!(observation.timing.first_byte_s.unwrap() >= 0.69);
    let last = heard.recv_timeout(Duration::from_secs(2)).unwrap();
    assert_eq!(last, b"QUIT\r\n");
}

#[tokio::test]
async fn unwelcoming_smtp_greetings_keep_their_code() {
    for (line, expected) in [
        (&b"554 5.7.1 no service for you\r\n"[..], 554),
        (b"421 busy\r\n", 421),
    ] {
        let target = peer(move |mut stream| {
            stream.write_all(line).unwrap();
            hear(&mut stream);
        });
        let observation = observe_at("smtp", target, &limits()).await;
        let Answer::Smtp { code, .. } = answer(observation.outcome) else {
            panic!("no SMTP");
        };
        assert_eq!(code, expected);
    }
}

#[tokio::test]
async fn http_status_lines_are_answers() {
    let (sender, heard) = std::sync::mpsc::channel();
    let target = peer(move |mut stream| {
        sender.send(hear(&mut stream)).unwrap();
        stream
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\nServer: x\r\n\r\n")
            .unwrap();
    });
    let observation = observe_at("http", target, &limits()).await;
    let Answer::Http { status, server, .. } = answer(observation.outcome) else {
        panic!("no HTTP");
    };
    assert_eq!((status, server.as_deref()), (503, Some("x")));
    assert!(observation.timing.answer_s.is_some());
    let request = heard.recv_timeout(Duration::from_secs(2)).unwrap();
    assert!(request.starts_with(b"HEAD / HTTP/1.1\r\nHost: web.example:"));
}

#[tokio::test]
async fn get_follows_a_head_that_closes() {
    let target = peer(|mut stream| {
        if hear(&mut stream).starts_with(b"GET ") {
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n").unwrap();
        }
    });
    let observation = observe_at("http", target, &limits()).await;
    let Answer::Http { status, method, .. } = answer(observation.outcome) else {
        panic!("no HTTP");
    };
    assert_eq!((status, method.as_str()), (200, "GET"));
}

#[tokio::test]
async fn certificates_are_recorded_and_judged() {
    for (certificate, trust) in [
        (&include_bytes!("data/valid.der")[..], Trust::UnknownIssuer),
        (include_bytes!("data/expired.der"), Trust::Expired),
    ] {
        let target = peers::https_peer(certificate);
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
            peers::serve_tls(stream, include_bytes!("data/valid.der"), b"");
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

#[tokio::test]
async fn both_families_are_probed_alike() {
    let talk = |mut stream: std::net::TcpStream| stream.write_all(b"hello\n").unwrap();
    for target in [peer_on("127.0.0.1:0", talk), peer_on("[::1]:0", talk)] {
        let observation = observe_at("tcp", target, &limits()).await;
        let banner = Some("hello\\n".to_owned());
        assert_eq!(answer(observation.outcome), Answer::Open { banner });
        assert_eq!(observation.local.unwrap().ip(), target.ip());
    }
}

#[tokio::test]
async fn datagrams_are_answered_or_silent() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = socket.local_addr().unwrap();
    let observation = observe_at("udp", target, &quick()).await;
    let silent = Failure::Silent { received: 0 };
    assert_eq!(failure(observation.outcome), (Stage::Greet, silent));
    std::thread::spawn(move || {
        let mut buffer = [0; 16];
        loop {
            let (_, from) = socket.recv_from(&mut buffer).unwrap();
            socket.send_to(b"pong", from).unwrap();
        }
    });
    let observation = observe_at("udp", target, &quick()).await;
    let datagram = Answer::Datagram { received: 4 };
    assert_eq!(answer(observation.outcome), datagram);
}

#[tokio::test]
async fn what_cannot_be_probed_is_not_measured() {
    let mut probe = peers::probe("ssh", "127.0.0.1:22".parse().unwrap());
    probe.port = None;
    let portless = observe(&probe, Vantage::Outside, &limits()).await.outcome;
    probe.service = "gopher".to_owned();
    let unknown = observe(&probe, Vantage::Outside, &limits()).await.outcome;
    let mut foreign = limits();
    foreign.source = Some("192.0.2.77".parse().unwrap());
    let target = "127.0.0.1:22".parse().unwrap();
    let sourced = observe_at("ssh", target, &foreign).await.outcome;
    for outcome in [portless, unknown, sourced] {
        let Outcome::NotMeasured { reason, remedy } = outcome else {
            panic!("{outcome:?}");
        };
        assert!(!reason.contains('\n') && !remedy.is_empty());
    }
}

#[tokio::test]
async fn a_cancelled_probe_closes_its_connection() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let target = peer(move |mut stream| {
        sender.send("opened").unwrap();
        assert_eq!(hear(&mut stream), b"");
        sender.send("closed").unwrap();
    });
    let cancelled = limits();
    let probe = observe_at("ssh", target, &cancelled);
    let cut = tokio::time::timeout(Duration::from_millis(100), probe).await;
    assert!(cut.is_err());
    let wait = Duration::from_secs(2);
    assert_eq!(receiver.recv_timeout(wait), Ok("opened"));
    assert_eq!(receiver.recv_timeout(wait), Ok("closed"));
}

#[tokio::test]
async fn a_trace_ends_where_the_connection_opens() {
    let target = peer(|_| {});
    let wait = Duration::from_millis(500);
    let trace = probes::trace(target.ip(), target.port(), 8, wait).await;
    assert_eq!(trace.hops, [probes::Hop::Opened]);
}
