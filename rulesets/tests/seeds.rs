//! Every seed of the fuzz target goes through the parser and the evaluation.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "support/change.rs"]
mod change;

use change::opened;
use rulesets::{
    Direction, Document, Family, Flow, Packet, Protocol, SecurityGroups, alibaba,
    parse_security_group, ready_group, tencent,
};
use std::fs;
use std::path::Path;

#[test]
fn every_seed_is_read_or_refused_in_one_line() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/security_group");
    let (mut read, mut refused) = (0, 0);
    for entry in fs::read_dir(seeds).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        match parse_security_group(&String::from_utf8_lossy(&bytes), "sg-seed") {
            Ok(group) => {
                let groups = SecurityGroups {
                    groups: vec![group],
                };
                judge(&groups);
                read += 1;
            }
            Err(error) => {
                let text = error.to_string();
                assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
                assert!(text.chars().count() < 200, "{text}");
                refused += 1;
            }
        }
    }
    assert!(read >= 4 && refused >= 4, "{read} read, {refused} refused");
}

#[test]
fn every_seed_of_other_documents_is_read_or_refused_in_one_line() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/more_cloud_rules");
    let (mut read, mut refused) = (0, 0);
    for entry in fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let tencent = tencent::read(&text, "sg-seed").map(|account| account.document());
        let other = alibaba::read_document(&text);
        for error in [tencent.as_ref().err(), other.as_ref().err()] {
            let text = error.map(ToString::to_string).unwrap_or_default();
            assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
            assert!(text.chars().count() < 300, "{text}");
        }
        let documents: Vec<Document> = tencent.into_iter().chain(other).collect();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(documents.is_empty(), name.starts_with("refused-"), "{name}");
        for list in documents.iter().flat_map(|document| &document.lists) {
            for direction in [Direction::Inbound, Direction::Outbound] {
                let answer = list.layer.judge(&Packet::new(direction, Family::V4, 6));
                assert!(!answer.outcomes.is_empty(), "{name}");
            }
        }
        if documents.is_empty() {
            refused += 1;
        } else {
            read += 1;
        }
    }
    assert!(read >= 10 && refused >= 4, "{read} read, {refused} refused");
}

/// Asks about a few flows; verdicts must survive a round trip through a saved run.
fn judge(groups: &SecurityGroups) {
    for direction in [Direction::Inbound, Direction::Outbound] {
        for peer in [
            None,
            Some("10.0.0.1"),
            Some("203.0.113.9"),
            Some("2001:db8::1"),
        ] {
            let peer = peer.map(|peer| peer.parse().unwrap());
            let flow = Flow {
                direction,
                protocol: Protocol::Tcp,
                family: peer.map_or(Family::V4, Family::from),
                peer,
                port: Some(22),
            };
            let explanation = groups.explain(&flow);
            let saved = serde_json::to_string(&explanation).unwrap();
            assert_eq!(
                serde_json::from_str::<rulesets::Explanation>(&saved).unwrap(),
                explanation
            );
        }
    }
    let all = groups.with_group_first(ready_group("all-pass", None).unwrap().group);
    assert_eq!(opened(&all, groups).flows, 0);
}
