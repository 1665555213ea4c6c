//! Tables, chains, sets and the commands of rule files.

use super::{compact, read};
use rulesets::host::nft::is_listing;
use rulesets::host::{ChainKind, Hook, TableFamily};
use rulesets::program::Verdict;

#[test]
fn a_rule_file_with_commands_and_names_is_one_rule_set() {
    let listing = read(FILE).unwrap();
    assert_eq!(listing.tables.len(), 1);
    let table = &listing.tables[0];
    assert_eq!((table.family, table.dormant), (TableFamily::Inet, false));
    let set = compact::set(&table.sets[0]);
    assert_eq!(
        set,
        "s {10.0.0.0-10.255.255.255, 192.0.2.0-192.0.2.255, 203.0.113.1, 198.51.100.0-198.51.100.255}"
    );
    let chain = &table.chains[0];
    let base = chain.base.as_ref().unwrap();
    assert_eq!((base.kind, base.hook), (ChainKind::Filter, Hook::Input));
    assert_eq!((base.priority, &base.policy), (-5, &Verdict::Drop));
    let rules: Vec<_> = chain.chain.rules.iter().map(compact::rule).collect();
    let want = [
        "in=lo; accept",
        "src4=10.0.0.0-10.255.255.255,192.0.2.0-192.0.2.255; proto=6; dport=22,80; accept",
        "proto=6; dport=25; drop",
    ];
    assert_eq!(rules, want);
    let gap = "line 5: `include \"other.nft\"` is not followed; list the loaded rules";
    assert_eq!(listing.gaps, [gap]);
}

#[test]
fn rules_keep_their_words_handles_and_remarks() {
    let text = "table ip t { # handle 9\n\tchain c { # handle 1\n\
                \t\ttcp dport 22 accept comment \"it's } odd; # x\" # handle 7\n\t}\n}\n";
    let listing = read(text).unwrap();
    let rule = &listing.tables[0].chains[0].chain.rules[0];
    assert_eq!(rule.text, "tcp dport 22 accept comment \"it's } odd; # x\"");
    assert_eq!((rule.handle, rule.index), (Some(7), 0));
    assert_eq!(rule.description, "it's } odd; # x");
}

#[test]
fn chains_within_rules_get_names_of_their_own() {
    let text = "table ip t {\n chain c {\n  tcp dport 22 jump {\n   ip saddr 10.0.0.1 accept\n   \
                goto { drop; }\n  }\n }\n}\n";
    let listing = read(text).unwrap();
    let chains = listing.tables[0].chains.iter();
    let chains: Vec<_> = chains
        .map(|it| {
            (
                it.chain.name.as_str(),
                it.chain.rules.iter().map(compact::rule).collect(),
            )
        })
        .collect::<Vec<(_, Vec<_>)>>();
    let steps = |steps: &[&str]| steps.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let want = [
        ("c", steps(&["proto=6; dport=22; jump(c rule 0)"])),
        ("c rule 0 rule 1", steps(&["drop"])),
        (
            "c rule 0",
            steps(&["src4=10.0.0.1; accept", "goto(c rule 0 rule 1)"]),
        ),
    ];
    assert_eq!(chains, want);
}

#[test]
fn sets_without_members_are_not_taken_for_empty_when_none_shows_any() {
    let set = |rest: &str| format!("table ip t {{\n set s {{\n  type ipv4_addr\n }}\n{rest}}}\n");
    let terse = read(&set("")).unwrap();
    assert!(terse.tables[0].sets[0].incomplete);
    assert_eq!(terse.gaps.len(), 1);
    let other = " set o { type ipv4_addr; elements = { 10.0.0.1 timeout 1h expires 5m } }\n";
    let full = read(&set(other)).unwrap();
    assert!(!full.tables[0].sets[0].incomplete);
    assert_eq!(compact::set(&full.tables[0].sets[1]), "o {10.0.0.1}");
}

#[test]
fn a_set_that_rules_fill_may_be_out_of_date() {
    let text =
        "table ip t {\n set s {\n type ipv4_addr\n }\n chain c {\n add @s { ip saddr }\n }\n}";
    assert!(read(text).unwrap().tables[0].sets[0].dynamic);
}

#[test]
fn documents_are_refused_with_their_line() {
    let cases = [
        (
            "*filter\n",
            "line 1: `*filter` begins no nftables rule set; give what `nft list ruleset` prints",
        ),
        (
            "table ip t {\n chain c {\n  drop\n",
            "line 4: the text ends inside of braces; give the whole listing, as `nft list ruleset` prints it",
        ),
        (
            "table ip t {\n chain c {\n  log prefix \"a\n",
            "line 3: a quotation mark has no fellow; give the whole listing, as `nft list ruleset` prints it",
        ),
        (
            "{\"a\": 1}",
            "no `nftables` list in it; give what `nft -j list ruleset` prints",
        ),
        (
            "{\"nftables\": [{\"table\": {\"family\": \"ip\", \"name\": \"t\", \"flags\": \"hits\"}}]}",
            "nftables[0]: the flags of the table cannot be read, and it may be dormant; give the listing as text (`nft list ruleset`)",
        ),
    ];
    for (text, want) in cases {
        assert_eq!(read(text).unwrap_err().to_string(), want, "{text}");
    }
    assert_eq!(read("").unwrap(), rulesets::host::nft::Listing::default());
}

#[test]
fn listings_are_known_by_how_they_begin() {
    let cases = [
        ("# a remark\ntable ip t {\n}\n", true),
        ("#!/usr/sbin/nft -f\nflush ruleset\n", true),
        ("add rule ip t c drop", true),
        ("{\"nftables\": []}", true),
        ("{\"SecurityGroupPolicySet\": {}}", false),
        ("*filter\n:INPUT ACCEPT [0:0]\n", false),
        ("add 10.0.0.1", false),
        ("", false),
    ];
    for (text, want) in cases {
        assert_eq!(is_listing(text), want, "{text}");
    }
}

const FILE: &str = r#"#!/usr/sbin/nft -f
flush ruleset
define lan = { 10.0.0.0/8, 192.0.2.0/24 }
define web = 80
include "other.nft"
table inet f {
  set s { type ipv4_addr; flags interval; elements = { $lan, 203.0.113.1 } }
  chain in {
    type filter hook input priority filter - 5; policy drop;
    ip saddr $lan tcp dport { ssh, \
      $web } accept # who may log in
  }
}
add rule inet f in tcp dport 25 drop
insert rule inet f in iif lo accept
add element inet f s { 198.51.100.0/24 }
"#;
