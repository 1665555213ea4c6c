//! Replays every fuzz seed and holds the ones recorded from real servers to what they are.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use probes::{Answer, Failure, Outcome, RdpNegotiation, parse_certificate, replay};
use std::fs;
use std::path::PathBuf;

fn seeds(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(target)
}

fn play(service: &str, seed: &str) -> Outcome {
    let bytes = fs::read(seeds(&format!("conversation_{service}")).join(seed)).unwrap();
    let pieces: Vec<&[u8]> = bytes.split(|byte| *byte == 0xfe).collect();
    replay(service, &pieces).unwrap()
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn spoken(outcome: Outcome) -> String {
    let Outcome::Stopped {
        failure: Failure::WrongProtocol { spoken, .. },
        ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    spoken
}

fn smtp(seed: &str) -> (u16, bool, usize) {
    let outcome = play("smtp", seed);
    let Outcome::Answered {
        answer:
            Answer::Smtp {
                code,
                starttls,
                extensions,
                ..
            },
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    (code, starttls, extensions.len())
}

fn http(seed: &str) -> (u16, String) {
    let outcome = play("http", seed);
    let Outcome::Answered {
        answer: Answer::Http { status, method, .. },
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    (status, method)
}

fn rdp(seed: &str) -> (RdpNegotiation, bool) {
    let outcome = play("rdp", seed);
    let Outcome::Answered {
        answer:
            Answer::Rdp {
                negotiation,
                nla_required,
                ..
            },
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    (negotiation, nla_required)
}

#[test]
fn every_seed_replays_the_same_whole_and_byte_by_byte_or_stays_foreign() {
    for service in ["ssh", "rdp", "http", "smtp"] {
        let mut count = 0;
        for entry in fs::read_dir(seeds(&format!("conversation_{service}"))).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            if bytes.contains(&0xfe) {
                continue;
            }
            count += 1;
            let whole = replay(service, &[&bytes]).unwrap();
            let singles: Vec<&[u8]> = bytes.chunks(1).collect();
            let slow = replay(service, &singles).unwrap();
            let is_foreign = |outcome: &Outcome| {
                let failure = match outcome {
                    Outcome::Stopped { failure, .. } => failure,
                    Outcome::Answered { .. } | Outcome::NotMeasured { .. } => return false,
                };
                matches!(failure, Failure::WrongProtocol { .. })
            };
            let is_same = whole == slow || is_foreign(&whole) && is_foreign(&slow);
            assert!(is_same, "{}: {whole:?} and {slow:?}", path.display());
        }
        assert!(count >= 2, "{service} has {count} seeds of one piece");
    }
}

#[test]
fn openssh_offers_its_algorithms() {
    for (seed, preamble_lines) in [("openssh_9_2", 0), ("preamble", 2)] {
        let outcome = play("ssh", seed);
        let Outcome::Answered {
            answer:
                Answer::Ssh {
                    identification,
                    preamble,
                    key_exchange,
                },
        } = outcome
        else {
            panic!("{outcome:?}");
        };
        assert_eq!(identification, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10");
        assert_eq!(preamble.len(), preamble_lines);
        let lists = key_exchange.unwrap();
        assert_eq!(lists.methods[0], "sntrup761x25519-sha512");
        assert_eq!(lists.host_keys, ["ssh-ed25519"]);
        assert_eq!(lists.ciphers[0], "chacha20-poly1305@openssh.com");
    }
}

#[test]
fn ssh_refusals_and_foreigners_are_named() {
    for (seed, words) in [
        ("max_startups", "Exceeded MaxStartups"),
        ("not_allowed", "Not allowed at this time"),
        ("disconnect", "too many :"),
    ] {
        let outcome = play("ssh", seed);
        let Outcome::Stopped {
            failure: Failure::TurnedAway { text },
            ..
        } = outcome
        else {
            panic!("{outcome:?}");
        };
        assert_eq!(text, words);
    }
    assert_eq!(spoken(play("ssh", "nginx_400")), "http");
    assert_eq!(spoken(play("rdp", "ssh_greeting")), "ssh");
    assert_eq!(spoken(play("smtp", "ftp")), "ftp");
}

#[test]
fn rdp_servers_are_told_apart() {
    let selected = |protocol| RdpNegotiation::Selected { protocol };
    for (seed, expected) in [
        ("xrdp_tls", (selected(1), false)),
        ("nla_required", (selected(2), true)),
        ("nla_optional", (selected(2), false)),
        (
            "ssl_not_allowed",
            (RdpNegotiation::Failed { code: 2 }, false),
        ),
        ("standard_security", (RdpNegotiation::None, false)),
    ] {
        assert_eq!(rdp(seed), expected, "{seed}");
    }
}

#[test]
fn http_servers_are_told_apart() {
    for (seed, status, method) in [
        ("nginx_302", 302, "HEAD"),
        ("method_not_allowed_then_get", 200, "GET"),
        ("interim_then_503", 503, "HEAD"),
        ("odd_fields", 200, "HEAD"),
    ] {
        assert_eq!(http(seed), (status, method.to_owned()), "{seed}");
    }
    assert_eq!(spoken(play("http", "nginx_400_plain_on_tls")), "tls");
    assert_eq!(spoken(play("http", "tls_alert")), "tls");
}

#[test]
fn smtp_servers_are_told_apart() {
    for (seed, expected) in [
        ("opensmtpd", (220, false, 5)),
        ("starttls", (220, true, 3)),
        ("no_service", (554, false, 0)),
        ("ehlo_unknown", (220, false, 0)),
    ] {
        assert_eq!(smtp(seed), expected, "{seed}");
    }
    let outcome = play("smtp", "turned_away_after_ehlo");
    let Outcome::Stopped {
        failure: Failure::TurnedAway { text },
        ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(text, "421 4.7.0 too many connections");
}

#[test]
fn certificates_are_read_and_nonsense_is_not() {
    let read = |seed: &str| parse_certificate(&fs::read(seeds("certificate").join(seed)).unwrap());
    let valid = read("valid.der").unwrap();
    let days = (valid.not_after - valid.not_before) / 86_400;
    assert_eq!((days, valid.self_signed), (36_524, true));
    assert!(read("rsa.der").is_some());
    let odd = read("odd_names.der").unwrap();
    assert!(is_plain(&odd.subject) && odd.subject.contains("\\x1b[31m"));
    assert_eq!(odd.names, ["a.example", "2001:db8::1"]);
    for seed in ["cut.der", "long_length.der"] {
        assert_eq!(read(seed), None, "{seed}");
    }
}
