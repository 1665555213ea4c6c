//! Peers that hang, hang up, flood, dawdle or talk nonsense.

use crate::peers::{answer, failure, hear, limits, observe_at, peer, quick};
use probes::{Answer, Failure, Outcome, Stage};
use std::io::Write;
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

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
