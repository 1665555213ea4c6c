//! One silent flow, judged with other listings of the host's firewall: which rule is named, how sure
//! that is, and which command is offered.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use reachdx::diagnosis::{Certainty, FlowDiagnosis, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{Datum, PacketProgram, ProgramKind, RulesText};
use std::path::Path;

#[test]
fn the_rule_that_stops_the_packet_is_named_in_its_own_table() {
    let cases = [
        (
            vec![("nft", nft("tcp dport 22 drop # handle 4"))],
            "host_firewall.dropped",
            "`inet f` i rule 0 (handle 4) `tcp dport 22 drop` drops it",
            "nft insert rule inet f i handle 4 ip saddr 198.51.100.7 tcp dport 22 accept",
        ),
        (
            vec![
                ("nft", nft("tcp dport 22 accept # handle 4")),
                (
                    "iptables-legacy",
                    legacy("-A INPUT -p tcp -m tcp --dport 22 -j DROP"),
                ),
            ],
            "host_firewall.dropped",
            "`ip filter` INPUT of iptables-legacy rule 0",
            "iptables-legacy -I INPUT 1 -s 198.51.100.7 -p tcp --dport 22 -j ACCEPT",
        ),
        (
            vec![("nft", nft("ip saddr 198.51.100.7 drop # handle 4"))],
            "host_firewall.source_banned",
            "`ip saddr 198.51.100.7 drop`",
            "nft delete rule inet f i handle 4",
        ),
        (
            vec![("nft", nft("ip saddr 198.51.100.0/24 drop # handle 4"))],
            "host_firewall.source_banned",
            "`ip saddr 198.51.100.0/24 drop`",
            "nft insert rule inet f i handle 4 ip saddr 198.51.100.7 tcp dport 22 accept",
        ),
        // Nobody else would get in either.
        (
            vec![(
                "nft",
                nft("ip saddr 198.51.100.7 drop # handle 4\ndrop # handle 5"),
            )],
            "host_firewall.dropped",
            "(handle 4)",
            "nft insert rule inet f i handle 4 ip saddr 198.51.100.7 tcp dport 22 accept",
        ),
    ];
    for (listings, cause, words, command) in cases {
        let flow = judged(&listings, |_| {});
        let found = flow.cause.unwrap();
        assert_eq!(
            (found.id.as_str(), found.certainty),
            (cause, Certainty::Proven)
        );
        assert!(found.summary.contains(words), "{}", found.summary);
        assert_eq!(flow.fixes[0].commands["sh"], command);
    }
}

#[test]
fn every_base_chain_that_stops_it_gets_its_exception() {
    let legacy = legacy("-A INPUT -p tcp -m tcp --dport 22 -j DROP");
    let both = [
        ("nft", nft("tcp dport 22 drop # handle 4")),
        ("iptables-legacy", legacy),
    ];
    let fix = &judged(&both, |_| {}).fixes[0];
    let command = &fix.commands["sh"];
    assert!(
        command.contains("nft insert rule inet f i handle 4"),
        "{command}"
    );
    assert!(command.contains("iptables-legacy -I INPUT 1"), "{command}");
    assert_eq!(fix.after.next_cause, None);
}

#[test]
fn a_fix_of_the_hosts_rules_says_all_that_it_opens() {
    let fixes = |rules: &str| judged(&[("nft", nft(rules))], |_| {}).fixes;
    let lifted = &fixes("ip saddr 198.51.100.7 drop # handle 4")[0];
    let all = "inbound every protocol and port from 198.51.100.7/32 in the host firewall";
    assert_eq!(lifted.id, "host_firewall.unban");
    assert_eq!(
        (lifted.opens.summary.as_str(), lifted.opens.flows),
        (all, 2 * 65_536 + 3)
    );
    let ported = "ip saddr 198.51.100.7 tcp dport 20-29 drop # handle 4";
    let ported = &fixes(ported)[0];
    let ten = "inbound tcp 20-29 from 198.51.100.7/32 in the host firewall";
    assert_eq!(
        (ported.opens.summary.as_str(), ported.opens.flows),
        (ten, 10)
    );
    let excepted = &fixes("tcp dport 22 drop # handle 4")[0];
    assert_eq!(excepted.id, "host_firewall.accept");
    assert_eq!(excepted.opens.flows, 1);
    let kept_in = "table inet f { # handle 1\n\tchain o { # handle 2\n\
                   \t\ttype filter hook output priority 0; policy accept;\n\
                   \t\ttcp sport 22 drop # handle 3\n\t}\n}\n";
    let answered = &judged(&[("nft", kept_in.to_owned())], |_| {}).fixes[0];
    assert_eq!(answered.id, "host_firewall.accept");
    assert_eq!(answered.opens.flows, 1);
}

#[test]
fn what_was_not_read_takes_the_proof_away() {
    let listings = [("nft", nft("tcp dport 22 drop # handle 4"))];
    let proven = |change: fn(&mut Run)| {
        let cause = judged(&listings, change).cause.unwrap();
        cause.certainty == Certainty::Proven
    };
    assert!(proven(|_| {}));
    assert!(!proven(|run| {
        let program = PacketProgram {
            interface: "eth0".into(),
            kind: ProgramKind::Xdp,
        };
        run.evidence.inside.as_mut().unwrap().packet_programs = read(vec![program], false);
    }));
    assert!(!proven(|run| {
        let firewall = &mut run.evidence.inside.as_mut().unwrap().firewall;
        let skipped = Datum::skipped("iptables-legacy", "not installed");
        firewall.insert("iptables-legacy".into(), skipped);
    }));
    assert!(!proven(|run| {
        let firewall = &mut run.evidence.inside.as_mut().unwrap().firewall;
        if let Some(Datum::Read { truncated, .. }) = firewall.get_mut("nft") {
            *truncated = true;
        }
    }));
    assert!(!proven(|run| {
        let bridge = "table bridge b { # handle 1\n\tchain i { # handle 2\n\
                      \t\ttype filter hook input priority 0; policy accept;\n\
                      \t\tip saddr 198.51.100.7 drop # handle 3\n\t}\n}\n";
        let firewall = &mut run.evidence.inside.as_mut().unwrap().firewall;
        let Some(Datum::Read { value, .. }) = firewall.get_mut("nft") else {
            panic!("it was listed");
        };
        value.text.push_str(bridge);
    }));
    let bridges = |run: &mut Run, text: &str| {
        let firewall = &mut run.evidence.inside.as_mut().unwrap().firewall;
        let text = text.to_owned();
        firewall.insert("ebtables-legacy".into(), read(RulesText { text }, false));
    };
    let lines = "*filter\n:INPUT ACCEPT\n";
    let cause = judged(&listings, |run| bridges(run, lines)).cause.unwrap();
    assert_eq!(cause.certainty, Certainty::Proven);
    let lines = "*filter\n:INPUT ACCEPT\n-A INPUT -p IPv4 --ip-src 198.51.100.7 -j DROP\n";
    let cause = judged(&listings, |run| bridges(run, lines)).cause.unwrap();
    assert!(cause.certainty < Certainty::Proven);
    // Rules for IPv6 have no say in a flow over IPv4.
    assert!(proven(|run| {
        let firewall = &mut run.evidence.inside.as_mut().unwrap().firewall;
        let skipped = Datum::skipped("ip6tables-legacy", "not installed");
        firewall.insert("ip6tables-legacy".into(), skipped);
    }));
}

#[test]
fn an_open_condition_or_a_rule_not_understood_is_no_proof() {
    for rules in [
        "meta skuid 7 drop # handle 4",
        "tcp dport 22 limit rate over 3/minute drop # handle 4",
        "tcp dport 22 queue num 1 # handle 4",
        "tcp dport 22 some unheard of words # handle 4",
    ] {
        let flow = judged(&[("nft", nft(rules))], |_| {});
        let certainty = flow.cause.as_ref().unwrap().certainty;
        assert!(certainty < Certainty::Likely, "{rules}: {certainty:?}");
        let excluded = |id: &str| flow.excluded.iter().any(|it| it.id == id);
        let limited = rules.contains("limit");
        assert_eq!(excluded("host_firewall.dropped"), limited, "{rules}");
        assert!(!excluded("host_firewall.rate_limited"), "{rules}");
    }
}

#[test]
fn listings_that_cannot_be_read_rule_nothing_out() {
    let flow = judged(
        &[("nft", "table inet f {\n\tchain i {\n\t\tdrop\n".to_owned())],
        |_| {},
    );
    assert_eq!(flow.cause.unwrap().certainty, Certainty::Possible);
    for id in ["host_firewall.dropped", "host_firewall.output_dropped"] {
        assert!(flow.candidates.iter().any(|it| it.id == id), "{id}");
    }
}

#[test]
fn rules_that_let_it_pass_both_ways_clear_the_host() {
    let rules = "tcp dport 23 drop # handle 4\nip saddr 198.51.100.8 drop # handle 5";
    let flow = judged(&[("nft", nft(rules))], |_| {});
    for cause in flow.candidates {
        assert_ne!(cause.layer, "host_firewall", "{}", cause.id);
    }
    let state = flow.layers.iter().find(|it| it.layer == "host_firewall");
    assert!(state.unwrap().reason.contains("lets it in"));
}

#[test]
fn names_that_a_shell_would_run_reach_no_command() {
    let rules =
        ":a;reboot - [0:0]\n-A INPUT -j a;reboot\n-A a;reboot -p tcp -m tcp --dport 22 -j DROP";
    let flow = judged(&[("iptables-legacy", legacy(rules))], |_| {});
    for fix in flow.fixes {
        for command in fix.commands.values().chain([&fix.rollback]) {
            assert!(!command.contains("reboot"), "{command}");
        }
    }
}

/// The silent flow of a recorded run, with these listings and no others.
fn judged(listings: &[(&str, String)], change: impl Fn(&mut Run)) -> FlowDiagnosis {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/scenarios/input_policy_drops_full/run.json");
    let text = std::fs::read_to_string(path).unwrap();
    let mut run: Run = serde_json::from_str(&text).unwrap();
    let snapshot = run.evidence.inside.as_mut().unwrap();
    for (tool, listing) in &mut snapshot.firewall {
        let given = listings.iter().find(|(name, _)| name == tool);
        let text = given.map(|(_, text)| text.clone()).unwrap_or_default();
        *listing = read(RulesText { text }, false);
    }
    change(&mut run);
    diagnose(&run).flows.into_iter().next().unwrap()
}

fn read<T>(value: T, truncated: bool) -> Datum<T> {
    Datum::read_up_to("/usr/sbin/iptables-legacy-save", value, truncated)
}

fn nft(rules: &str) -> String {
    format!(
        "table inet f {{ # handle 1\n\tchain i {{ # handle 2\n\
         \t\ttype filter hook input priority 0; policy accept;\n\t\t{}\n\t}}\n}}\n",
        rules.replace('\n', "\n\t\t")
    )
}

fn legacy(rules: &str) -> String {
    format!("# Generated by iptables-save v1.8.9\n*filter\n:INPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n")
}
