//! What was told before a question failed is kept, and what is missing is said.

use crate::fakes::{path, tencent};
use crate::room::{Answer, Room};
use reachdx::inside::{Cloud, CloudFacts, Datum};

/// What is told where some questions fail, and that the datum is not whole.
fn told(answer: Answer) -> CloudFacts {
    let run = Room::of(Cloud::Tencent).answering(answer).run();
    let datum = run.datum();
    let Datum::Read {
        value, truncated, ..
    } = datum
    else {
        panic!("{}", run.reason());
    };
    assert!(truncated && value.missing.is_some(), "{value:?}");
    value
}

#[test]
fn a_question_that_hangs_costs_its_own_fact_alone() {
    let facts = told(|request| match path(request) {
        "/latest/meta-data/placement/zone" => "hang".to_owned(),
        _ => tencent(request),
    });
    assert_eq!(facts.region.as_deref(), Some("ap-guangzhou"));
    assert_eq!((facts.zone, facts.prefix), (None, Some(24)));
    assert_eq!(
        facts.missing.unwrap(),
        "/latest/meta-data/placement/zone: accepts the connection, then says nothing within 1 s"
    );
}

#[test]
fn a_reset_takes_along_what_cannot_be_asked_without_its_answer() {
    let facts = told(|request| match path(request) {
        "/latest/meta-data/mac" => "reset".to_owned(),
        _ => tencent(request),
    });
    assert_eq!(facts.public_address, Some([203, 0, 113, 10].into()));
    assert_eq!((facts.gateway, facts.network), (None, None));
    assert_eq!(facts.security_groups.unwrap().len(), 2);
    let missing = facts.missing.unwrap();
    let want = "/latest/meta-data/mac and 4 more: accepts the connection, then breaks it: ";
    assert!(missing.starts_with(want), "{missing}");
}

#[test]
fn the_time_for_all_questions_ends_the_questions_and_keeps_the_answers() {
    let facts = told(|request| match path(request) {
        "/latest/meta-data/instance-id" | "/latest/meta-data/placement/region" => tencent(request),
        _ => "hang".to_owned(),
    });
    assert_eq!(facts.instance_id.as_deref(), Some("ins-0a1b2c3d"));
    assert_eq!(facts.region.as_deref(), Some("ap-guangzhou"));
    assert_eq!(
        facts.missing.unwrap(),
        "/latest/meta-data/placement/zone and 8 more: accepts the connection, then says nothing within \
         1 s"
    );
}

#[test]
fn a_refusal_is_missing_and_a_path_that_is_not_there_is_not() {
    let facts = told(|request| match path(request) {
        "/latest/meta-data/public-ipv4" => {
            "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n".to_owned()
        }
        "/latest/meta-data/instance/security-group" => crate::fakes::missing(),
        _ => tencent(request),
    });
    assert_eq!(facts.security_groups, None);
    assert_eq!(
        facts.missing.unwrap(),
        "/latest/meta-data/public-ipv4: answers with status 429"
    );
}
