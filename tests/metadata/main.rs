//! `reachdx inside --metadata` against services that behave as the clouds' own do, and worse, in a
//! network of its own for each run.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod asked;
mod fakes;
mod kept;
mod room;
mod unreached;

use fakes::{alibaba, aws, azure, google, missing, tencent};
use reachdx::inside::{Cloud, Datum, read_snapshot};
use room::{Answer, Room};
use std::process::Command;

#[test]
fn tencent_tells_addresses_and_groups() {
    let run = Room::of(Cloud::Tencent).answering(tencent).run();
    let facts = run.facts();
    assert_eq!(facts.instance_id.as_deref(), Some("ins-0a1b2c3d"));
    assert_eq!(facts.private_address, Some([10, 0, 1, 10].into()));
    assert_eq!(facts.public_address, Some([203, 0, 113, 10].into()));
    assert_eq!(facts.gateway, Some([10, 0, 1, 1].into()));
    assert_eq!(facts.prefix, Some(24));
    assert_eq!(facts.security_groups.unwrap(), ["sg-web0", "sg-base"]);
    assert_eq!(run.requests.len(), Cloud::Tencent.asks().len());
    assert!(run.requests[0].contains("Host: metadata.tencentyun.com"));
    let mac = "/latest/meta-data/network/interfaces/macs/52:54:00:00:53:01";
    assert_eq!(
        run.paths()[6],
        format!("{mac}/local-ipv4s/10.0.1.10/gateway")
    );
    assert!(!run.text.contains("SECRET") && !run.text.contains("52:54:00"));
}

#[test]
fn aws_is_asked_with_a_token_that_is_not_kept() {
    let run = Room::of(Cloud::Aws).answering(aws).run();
    let facts = run.facts();
    assert_eq!(facts.zone.as_deref(), Some("eu-north-1a"));
    assert_eq!((facts.prefix, facts.public_address), (Some(20), None));
    assert_eq!(facts.security_groups.unwrap(), ["sg-0a1b2c3d"]);
    assert_eq!(run.paths()[0], "PUT /latest/api/token");
    assert_eq!(run.requests.len(), Cloud::Aws.asks().len() + 1);
    assert!(!run.text.contains("SECRET"));
}

#[test]
fn azure_is_asked_for_single_members_of_its_document() {
    let run = Room::of(Cloud::Azure).answering(azure).run();
    let facts = run.facts();
    assert_eq!(facts.region.as_deref(), Some("westeurope"));
    assert_eq!((facts.zone, facts.prefix), (None, Some(24)));
    assert_eq!(run.requests.len(), Cloud::Azure.asks().len());
    assert!(!run.text.contains("SECRET"));
}

#[test]
fn google_wants_its_header_and_alibaba_may_have_no_tokens() {
    let facts = Room::of(Cloud::Gcp).answering(google).run().facts();
    assert_eq!(facts.zone.as_deref(), Some("eu-1-a"));
    let facts = Room::of(Cloud::Alibaba).answering(alibaba).run().facts();
    assert_eq!(facts.private_address, Some([10, 3, 0, 3].into()));
}

#[test]
fn a_service_that_misbehaves_costs_its_own_facts_and_says_how() {
    let cases: [(Answer, &str); 7] = [
        (
            |_| "close".to_owned(),
            "accepts the connection, then closes it unanswered",
        ),
        (
            |_| "reset".to_owned(),
            "accepts the connection, then breaks it: ",
        ),
        (
            |_| "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n10.0".to_owned(),
            "gives an answer that is cut",
        ),
        (|_| "flood".to_owned(), "does not speak HTTP: `xxxx"),
        (
            |_| {
                "HTTP/1.1 302 Found\r\nLocation: /latest/user-data\r\nContent-Length: 0\r\n\r\n"
                    .to_owned()
            },
            "answers with status 302",
        ),
        (
            |_| "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "answers with status 403",
        ),
        (|_| missing(), "tells nothing of what is asked"),
    ];
    for (answer, want) in cases {
        let run = Room::of(Cloud::Tencent).answering(answer).run();
        let reason = run.reason();
        assert!(reason.starts_with(want), "{reason}");
        assert!(run.paths().iter().all(|it| !it.contains("user-data")));
    }
}

#[test]
fn nothing_is_asked_unless_wanted() {
    let output = Command::new(env!("CARGO_BIN_EXE_reachdx"))
        .args(["inside", "--service", "tcp/9", "--outbound", "127.0.0.1:9"])
        .output()
        .unwrap();
    let snapshot = read_snapshot(&String::from_utf8(output.stdout).unwrap()).unwrap();
    let Datum::Skipped { reason, .. } = snapshot.host.cloud else {
        panic!("it was asked");
    };
    assert_eq!(reason, "not asked for: give --metadata");
    let wrong = Command::new(env!("CARGO_BIN_EXE_reachdx"))
        .args(["inside", "--metadata=ibm"])
        .output()
        .unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        said.contains("give tencent, aws, azure, gcp or alibaba"),
        "{said}"
    );
}
