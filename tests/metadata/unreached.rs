//! Each way in which the host itself keeps its service away has its own words.

use crate::room::{Answer, Room};
use reachdx::inside::Cloud;

/// The reason where the host did this before.
fn reason(room: Room, script: &str) -> String {
    let run = room.after(script).run();
    assert!(run.requests.is_empty(), "{:?}", run.requests);
    run.reason()
}

#[test]
fn each_kind_of_route_is_told_apart() {
    for (script, want) in [
        ("", "cannot be reached: the host has no route to it"),
        (
            "ip route add blackhole 169.254.169.254",
            "cannot be reached: a blackhole route",
        ),
        (
            "ip route add prohibit 169.254.169.254",
            "may not be reached: a prohibit route",
        ),
        (
            "ip route add unreachable 169.254.169.254",
            "cannot be reached: an unreachable route",
        ),
    ] {
        let reason = reason(Room::of(Cloud::Aws).elsewhere(), script);
        assert!(reason.starts_with(want), "{script}: {reason}");
    }
}

#[test]
fn each_rule_of_the_firewall_is_told_apart() {
    for (rule, want) in [
        (
            "drop",
            "does not answer the connection: a rule of the host's firewall",
        ),
        ("reject with tcp reset", "refuses the connection: a rule"),
        ("reject", "refuses the connection: a rule"),
        (
            "reject with icmp admin-prohibited",
            "cannot be reached: an unreachable route, a rule of the host's firewall",
        ),
        (
            "reject with icmp net-unreachable",
            "cannot be reached: the host has no route to it, or a rule of its firewall",
        ),
    ] {
        let script = format!(
            "nft 'add table ip t'
             nft 'add chain ip t o {{ type filter hook output priority 0; }}'
             nft 'add rule ip t o ip daddr 169.254.169.254 tcp dport 80 {rule}'"
        );
        let listening: Answer = |_| panic!("the rule lets it through");
        let reason = reason(Room::of(Cloud::Azure).answering(listening), &script);
        assert!(reason.starts_with(want), "{rule}: {reason}");
    }
}

#[test]
fn nobody_who_listens_and_one_who_is_silent_are_told_apart() {
    let nobody = reason(Room::of(Cloud::Azure), "");
    assert!(nobody.starts_with("refuses the connection"), "{nobody}");
    let silent: Answer = |_| "hang".to_owned();
    let run = Room::of(Cloud::Azure).answering(silent).run();
    assert_eq!(
        run.reason(),
        "accepts the connection, then says nothing within 1 s"
    );
    assert_eq!(run.requests.len(), 1);
}
