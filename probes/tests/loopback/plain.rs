//! Peers that behave, and those that are not there.

use crate::peers::{answer, failure, hear, limits, observe_at, peer, peer_on, probe, quick};
use probes::{Answer, Failure, Outcome, Stage, Vantage, observe};
use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

#[tokio::test]
async fn an_absent_peer_refuses_in_both_families() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        // Bound and not listening: the port stays ours and refuses.
        let address: std::net::SocketAddr = address.parse().unwrap();
        let domain = socket2::Domain::for_address(address);
        let held = socket2::Socket::new(domain, socket2::Type::STREAM, None).unwrap();
        held.bind(&address.into()).unwrap();
        let target = held.local_addr().unwrap().as_socket().unwrap();
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
    let mut probe = probe("ssh", "127.0.0.1:22".parse().unwrap());
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
async fn a_trace_ends_where_the_connection_opens() {
    let target = peer(|_| {});
    let wait = Duration::from_millis(500);
    let trace = probes::trace(target.ip(), target.port(), 8, wait).await;
    assert_eq!(trace.hops, [probes::Hop::Opened]);
}

#[tokio::test]
async fn echo_requests_are_answered_or_said_to_be_forbidden() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let mut echo = probe("icmp", address.parse().unwrap());
        echo.port = None;
        let observation = observe(&echo, Vantage::Inside, &limits()).await;
        let left_from = observation.local.map(|local| local.ip());
        match observation.outcome {
            Outcome::NotMeasured { remedy, .. } => {
                assert!(!nix::unistd::geteuid().is_root(), "root may ping");
                assert!(remedy.contains("CAP_NET_RAW"), "{remedy}");
            }
            outcome => {
                let Answer::Echo {
                    sent,
                    received,
                    rtt_s,
                } = answer(outcome)
                else {
                    panic!("no echo");
                };
                assert_eq!((sent, received), (3, 3));
                assert_eq!(left_from, Some(echo.address));
                let [smallest, mean, largest] = rtt_s.unwrap();
                assert!(smallest <= mean && mean <= largest);
            }
        }
    }
}

#[tokio::test]
async fn careless_limits_do_not_overflow() {
    let target = peer(|mut stream| stream.write_all(b"554 no\r\n").unwrap());
    let mut careless = limits();
    careless.connect_timeout = Duration::MAX;
    careless.exchange_timeout = Duration::MAX;
    let observation = observe_at("smtp", target, &careless).await;
    assert!(matches!(answer(observation.outcome), Answer::Smtp { .. }));
}
