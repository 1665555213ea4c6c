//! Real listings: one rule set as every tool prints it, Docker's, ufw's.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod spelled;

use rulesets::Family;
use rulesets::host::ipset::{self, Sets};
use rulesets::host::iptables::{Context, Listing, parse};
use rulesets::host::{HostRules, NamedText};
use rulesets::program::{Step, Test};
use spelled::{element, steps};

const NFT_SAVE: &str = include_str!("data/iptables/host.iptables-nft-save");
const LEGACY_SAVE: &str = include_str!("data/iptables/host.iptables-legacy-save");
const COUNTED: &str = include_str!("data/iptables/host.iptables-save-counters");
const LISTED: &str = include_str!("data/iptables/host.iptables-S");
const SETS: &str = include_str!("data/iptables/host.ipset-save");
const SETS_LISTED: &str = include_str!("data/iptables/host.ipset-list");
const UFW: &str = include_str!("data/iptables/ufw.iptables-save");
const UFW6: &str = include_str!("data/iptables/ufw.ip6tables-save");
const DOCKER: &str = include_str!("data/iptables/docker.iptables");
const DOCKER6: &str = include_str!("data/iptables/docker.ip6tables");
const ROUTER: &str = include_str!("data/iptables/router.iptables");

fn listing(text: &str) -> Listing {
    let sets: Sets = ipset::parse(SETS).unwrap().into_iter().collect();
    let context = Context {
        sets: Some(&sets),
        ..Context::default()
    };
    parse(text, &context).unwrap()
}

/// Every rule of a table, by chain, with its own words and its steps.
fn rules(listing: &Listing, table: &str) -> Vec<String> {
    let table = listing
        .tables
        .iter()
        .find(|other| other.name == table)
        .unwrap();
    let mut lines: Vec<String> = Vec::new();
    for chain in &table.chains {
        let policy = chain
            .base
            .as_ref()
            .map(|base| (base.hook, base.priority, &base.policy));
        lines.push(format!("{} {policy:?}", chain.chain.name));
        lines.extend(
            chain
                .chain
                .rules
                .iter()
                .map(|rule| format!("{} => {}", rule.text, steps(rule))),
        );
    }
    lines
}

#[test]
fn every_tool_prints_the_same_rules() {
    let nft = listing(NFT_SAVE);
    for (text, tables) in [
        (LEGACY_SAVE, &["raw", "mangle", "nat", "filter"][..]),
        (COUNTED, &["raw", "mangle", "nat", "filter"][..]),
        (LISTED, &["filter"][..]),
    ] {
        let other = listing(text);
        for table in tables {
            assert_eq!(rules(&other, table), rules(&nft, table));
        }
    }
}

#[test]
fn the_rules_are_what_they_say() {
    let nft = listing(NFT_SAVE);
    let all: Vec<String> = ["raw", "mangle", "nat", "filter"]
        .iter()
        .flat_map(|table| rules(&nft, table))
        .collect();
    for (rule, expected) in RULES {
        let line = format!("{rule} => {expected}");
        assert!(
            all.contains(&line),
            "{line}\nis not among\n{}",
            all.join("\n")
        );
    }
}

#[test]
fn both_forms_of_a_set_have_the_same_members() {
    let members = |text: &str| -> Vec<String> {
        let sets = ipset::parse(text).unwrap();
        let mut lines: Vec<String> = sets
            .iter()
            .map(|set| {
                let elements = set
                    .members
                    .elements
                    .iter()
                    .map(|(member, _)| element(member));
                let mut words: Vec<String> = elements.chain(set.lists.clone()).collect();
                words.sort();
                format!("{} {:?} {}", set.members.name, set.fields, words.join(" "))
            })
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(members(SETS), members(SETS_LISTED));
    assert_eq!(
        members(SETS),
        [
            "all [Set] banned nets",
            "banned [Address] c0000207",
            "devices [Address, Interface] a000000-a0000ff.eth0",
            "nets [Address] a000000-a00ffff a020000-affffff",
            "ports [BarePort] 11.50 6.50",
            "services [Address, Port] c0000201.6.16 c0000202.11.35",
        ]
    );
}

/// How many rules a listing has, and how many of them are not understood in full.
fn open(listing: &Listing) -> (usize, usize) {
    let chains = listing.tables.iter().flat_map(|table| &table.chains);
    let rules: Vec<_> = chains.flat_map(|chain| &chain.chain.rules).collect();
    let open = |step: &Step| match step {
        Step::Test(Test::Undecided { .. }) | Step::Opaque { .. } => true,
        Step::Test(_)
        | Step::Verdict(_)
        | Step::Lookup { .. }
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack => false,
    };
    let left = rules
        .iter()
        .filter(|rule| rule.steps.iter().any(open))
        .count();
    (rules.len(), left)
}

#[test]
fn real_listings_are_understood_but_for_what_no_rule_tells() {
    let cases = [
        ("ufw", UFW, Family::V4, (73, 8)),
        ("ufw", UFW6, Family::V6, (112, 29)),
        ("docker", DOCKER, Family::V4, (17, 0)),
        ("docker", DOCKER6, Family::V6, (16, 0)),
        ("router", ROUTER, Family::V4, (5, 0)),
        ("host", NFT_SAVE, Family::V4, (30, 8)),
    ];
    let counted: Vec<_> = cases
        .iter()
        .map(|(name, text, _, _)| {
            let listing = listing(text);
            (*name, listing.family, open(&listing))
        })
        .collect();
    let expected: Vec<_> = cases
        .iter()
        .map(|(name, _, family, counts)| (*name, *family, *counts))
        .collect();
    assert_eq!(counted, expected);
}

#[test]
fn a_host_of_docker_has_both_families_and_its_sets() {
    let listings = [
        ("iptables-nft", DOCKER),
        ("ip6tables-nft", DOCKER6),
        ("ipset", SETS),
    ];
    let listings: Vec<_> = listings.map(|(name, text)| NamedText { name, text }).into();
    let rules = HostRules::read(&listings).unwrap();
    let tables: Vec<_> = rules
        .tables
        .iter()
        .map(|table| table.chains[0].chain.set.as_str())
        .collect();
    assert_eq!(
        tables,
        [
            "ip raw",
            "ip filter",
            "ip nat",
            "ip6 raw",
            "ip6 filter",
            "ip6 nat"
        ]
    );
    assert_eq!((rules.ipsets.len(), rules.gaps), (6, Vec::new()));
}

/// A rule and its steps.
const RULES: &[(&str, &str)] = &[
    (
        "-A PREROUTING -p tcp -m tcp --dport 9 -j CT --notrack",
        "proto 6; dport 9; notrack",
    ),
    (
        "-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.0.0.2:80",
        "dst4 c0000201; proto 6; dport 51; Destination(10.0.0.2 port 80)",
    ),
    (
        "-A POSTROUTING -s 10.0.0.0/24 -p tcp -j SNAT --to-source 192.0.2.1-192.0.2.4:1024-65535",
        "src4 a000000-a0000ff; proto 6; Source(192.0.2.1-192.0.2.4 port 1024-65535)",
    ),
    (
        "-A INPUT -m set --match-set banned src -j DROP",
        "src4 @banned; drop",
    ),
    (
        "-A INPUT -p tcp -m set ! --match-set services dst,dst -m tcp --dport 1 -j DROP",
        "proto 6; dport 1; any(dst4.proto.dport not @services | proto not 6,11,21,84,88); drop",
    ),
    (
        "-A INPUT -m set --match-set all src -j DROP",
        "any(src4 @banned | src4 @nets); drop",
    ),
    (
        "-A INPUT -p tcp -m multiport --dports 22,2222:2230 -m comment --comment \"the \\\"shell\\\" port\" -g in-ssh",
        "proto 6; dport 16,8ae-8b6; goto(in-ssh)",
    ),
    (
        "-A INPUT -s 10.0.0.5/255.0.0.255 -j ACCEPT",
        "src4&ff0000ff a000005; accept",
    ),
    (
        "-A in-ssh -m recent --set --name S --mask 255.255.255.255 --rsource",
        "",
    ),
    (
        "-A in-ssh -j NFQUEUE --queue-num 3",
        "opaque(-j NFQUEUE --queue-num 3)",
    ),
];
