//! The loopback device: packets of the network never arrive on it, whatever else is not known.

use crate::build::*;
use rulesets::host::{HostFacts, HostRules, NamedText};
use rulesets::{Definite, Packet, Path};

fn nft(hook: &str, rules: &str) -> HostRules {
    let text = format!(
        "table inet t {{ chain far {{ accept\n}}\nchain c {{ type filter hook {hook} priority 0; policy drop;\n{rules}\n}}\n}}"
    );
    read("rules.nft", &text)
}

fn iptables(rule: &str) -> HostRules {
    let text = format!(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n"
    );
    read("rules", &text)
}

fn read(name: &str, text: &str) -> HostRules {
    HostRules::read(&[NamedText { name, text }]).unwrap()
}

/// A packet of the network whose interface is not known.
fn arriving(from: &str) -> Packet {
    let mut packet = packet(6, from, 22);
    packet.path = Path::Input { interface: None };
    packet
}

fn leaving(to: &str) -> Packet {
    let mut packet = arriving("192.0.2.10");
    packet.destination = Some(address(to));
    packet.path = Path::Output { interface: None };
    packet
}

fn definite(rules: &HostRules, packet: &Packet) -> Option<Definite> {
    judge(rules, packet).answer.definite()
}

const STOPPED: Option<Definite> = Some(Definite::Stopped);
const PASSES: Option<Definite> = Some(Definite::Passes);

#[test]
fn a_packet_of_the_network_does_not_arrive_on_the_loopback_device() {
    let cases = [
        ("iif lo accept", STOPPED),
        ("iif 1 accept", STOPPED),
        ("iifname \"lo\" accept", STOPPED),
        ("iiftype loopback accept", STOPPED),
        ("iifname != \"lo\" accept", PASSES),
        ("iif != lo accept", PASSES),
        ("iifname vmap { \"lo\" : accept }", STOPPED),
        ("iifname { \"lo\", \"eth0\" } accept", None),
        ("iifname vmap { \"lo\" : drop, \"eth0\" : jump far }", None),
        ("iifname \"l*\" accept", None),
        ("iifname \"lo*\" accept", None),
        ("iif 2 accept", None),
        ("iiftype ether accept", None),
        ("iifname \"eth0\" accept", None),
    ];
    for (rule, expected) in cases {
        let rules = nft("input", rule);
        assert_eq!(
            definite(&rules, &arriving("198.51.100.7")),
            expected,
            "{rule}"
        );
        let mut open = arriving("198.51.100.7");
        open.source = None;
        assert_eq!(definite(&rules, &open), expected, "{rule}, any source");
    }
    let cases = [
        ("-A INPUT -i lo -j ACCEPT", STOPPED),
        ("-A INPUT ! -i lo -j ACCEPT", PASSES),
        ("-A INPUT -i lo+ -j ACCEPT", None),
        ("-A INPUT -i eth0 -j ACCEPT", None),
    ];
    for (rule, expected) in cases {
        let rules = iptables(rule);
        assert_eq!(
            definite(&rules, &arriving("198.51.100.7")),
            expected,
            "{rule}"
        );
    }
}

#[test]
fn a_packet_of_the_host_itself_may_arrive_on_the_loopback_device() {
    let rules = iptables("-A INPUT -i lo -j ACCEPT");
    for own in ["127.0.0.1", "192.0.2.10"] {
        assert_eq!(definite(&rules, &arriving(own)), None, "{own}");
    }
    let unknown = rules.judge(&arriving("192.0.2.10"), &HostFacts::default());
    assert_eq!(unknown.answer.definite(), STOPPED);
    let mut given = arriving("198.51.100.7");
    given.path = Path::Input {
        interface: Some("lo".to_owned()),
    };
    assert_eq!(definite(&rules, &given), PASSES);
}

#[test]
fn a_packet_leaves_by_the_loopback_device_only_for_this_host() {
    let rules = nft("output", "oif lo accept");
    assert_eq!(definite(&rules, &leaving("198.51.100.7")), STOPPED);
    assert_eq!(definite(&rules, &leaving("192.0.2.10")), None);
    let unknown = rules.judge(&leaving("198.51.100.7"), &HostFacts::default());
    assert_eq!(unknown.answer.definite(), None);
}

#[test]
fn a_set_of_packets_is_one_of_the_network_whatever_source_it_claims() {
    let rules = iptables("-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT");
    let flat = rules.flatten(&arriving("198.51.100.7"), &HostFacts::default());
    let flat = flat.unwrap();
    assert!(
        flat.stages
            .iter()
            .all(|stage| stage.flat.certain().is_some())
    );
    assert_eq!(flat.stages[0].flat.entries.len(), 1);
}
