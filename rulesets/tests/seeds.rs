//! Every seed of the fuzz target goes through the parser and the evaluation.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::{
    Direction, Family, Flow, Protocol, SecurityGroups, opened, parse_security_group, ready_group,
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
