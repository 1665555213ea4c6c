//! Sets of ipset, and what a match of iptables makes of them.

mod spelled;

use rulesets::host::ipset::{IpSet, Sets, parse};
use rulesets::host::iptables::{self, Context};
use rulesets::{Family, host::ipset::Error};
use spelled::{element, steps};

#[test]
fn every_type_has_its_parts() {
    for (header, member, expected) in MEMBERS {
        let text = format!("create s {header}\nadd s {member}\n");
        let (kind, options) = header.split_once(' ').unwrap_or((header, ""));
        let lines = member.replace("add s ", "");
        let listed = format!(
            "Name: s\nType: {kind}\nHeader: {options}\nReferences: 0\nMembers:\n{lines}\n\n"
        );
        for text in [text, listed] {
            let [set] = &parse(&text).unwrap()[..] else {
                panic!("one set: {text}");
            };
            assert_eq!(members(set), *expected, "{text}");
        }
    }
}

fn members(set: &IpSet) -> String {
    let elements = set
        .members
        .elements
        .iter()
        .map(|(member, _)| element(member));
    let mut words: Vec<String> = elements.collect();
    words.extend(set.lists.iter().map(|name| format!("@{name}")));
    words.extend(set.portless.then(|| "portless".to_owned()));
    words.extend(set.members.incomplete.then(|| "incomplete".to_owned()));
    words.join(" ")
}

#[test]
fn a_match_and_its_set_make_the_key_together() {
    for (header, member, options, expected) in JOINED {
        let text = format!("create s {header}\nadd s {member}\n");
        let sets: Sets = parse(&text).unwrap().into_iter().collect();
        let context = Context {
            family: Some(Family::V4),
            sets: Some(&sets),
            ..Context::default()
        };
        let rules = format!("*filter\n:INPUT ACCEPT\n-A INPUT -m set {options}\nCOMMIT\n");
        let listing = iptables::parse(&rules, &context).unwrap();
        let rule = &listing.tables[0].chains[0].chain.rules[0];
        assert_eq!(steps(rule), *expected, "{header} {options}");
    }
}

#[test]
fn a_list_of_sets_is_a_choice_of_them() {
    let text = "create a hash:ip\ncreate b hash:net,port\ncreate l list:set size 8\nadd l a\nadd l b\nadd l c\n";
    let sets: Sets = parse(text).unwrap().into_iter().collect();
    let context = Context {
        sets: Some(&sets),
        ..Context::default()
    };
    let steps_of = |options: &str| {
        let rules = format!("*filter\n:INPUT ACCEPT\n-A INPUT -m set {options}\nCOMMIT\n");
        let listing = iptables::parse(&rules, &context).unwrap();
        steps(&listing.tables[0].chains[0].chain.rules[0])
    };
    assert_eq!(
        steps_of("--match-set l src"),
        "any(src4 @a | any() | src4 @c)"
    );
    assert_eq!(
        steps_of("! --match-set l src,dst"),
        "src4 not @a; any(src4.proto.dport not @b | proto not 6,11,21,84,88); src4 not @c"
    );
}

#[test]
fn a_name_with_blanks_is_one_name() {
    let sets = parse("create we ird hash:ip family inet\nadd we ird 10.0.0.1\n").unwrap();
    assert_eq!(
        (sets[0].members.name.as_str(), members(&sets[0])),
        ("we ird", "a000001".to_owned())
    );
}

#[test]
fn other_texts_are_refused_in_one_line() {
    let long = format!("create s hash:ip\nadd s {}\n", "1".repeat(5000));
    let cases = [
        (
            "hello\n",
            "line 1: `hello` is no line of `ipset save` or `ipset list`; give its output unchanged",
        ),
        (
            "add s 10.0.0.1\n",
            "line 1: set `s` is not created above; give the whole output of `ipset save`",
        ),
        (
            "create s hash:ip\ncreate s hash:ip\n",
            "line 2: set `s` stands twice; give the output of one run of `ipset save`",
        ),
        (
            "Name: s\nColour: red\n",
            "line 2: `Colour: red` is no line of `ipset save` or `ipset list`; give its output unchanged",
        ),
        (
            &long,
            "line 2: longer than 4096 bytes, which ipset does not print; save the sets again",
        ),
    ];
    for (text, expected) in cases {
        let error: Error = parse(text).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

/// A type with its header, a member, and its parts.
const MEMBERS: &[(&str, &str, &str)] = &[
    (
        "hash:ip family inet timeout 9",
        "10.0.0.1 timeout 5 packets 0 bytes 0 comment \"a nomatch b\"",
        "a000001",
    ),
    (
        "hash:ip family inet netmask 24",
        "10.0.0.0",
        "a000000-a0000ff",
    ),
    (
        "hash:ip family inet netmask 255.0.255.0",
        "10.0.0.0",
        "?[10.0.0.0]",
    ),
    (
        "bitmap:ip range 10.0.0.0/16",
        "10.0.0.5-10.0.0.9",
        "a000005-a000009",
    ),
    ("hash:net family inet", "10.0.0.0/8", "a000000-affffff"),
    (
        "hash:net family inet6",
        "fd00::/127",
        "fd000000000000000000000000000000-fd000000000000000000000000000001",
    ),
    (
        "hash:ip,port family inet",
        "10.0.0.1,tcp:80",
        "a000001.6.50",
    ),
    (
        "hash:ip,port family inet",
        "10.0.0.1,udp:80-81",
        "a000001.11.50-51",
    ),
    (
        "hash:ip,port family inet",
        "10.0.0.1,icmp:echo-request",
        "portless",
    ),
    (
        "hash:ip,port family inet",
        "10.0.0.1,tcp:nonsense",
        "incomplete",
    ),
    (
        "hash:net,port family inet",
        "10.0.0.0/8,sctp:80",
        "a000000-affffff.84.50",
    ),
    (
        "hash:ip,port,ip family inet",
        "1.1.1.1,udp:53,2.2.2.2",
        "1010101.11.35.2020202",
    ),
    (
        "hash:net,net family inet",
        "10.0.0.0/8,11.0.0.0/8",
        "a000000-affffff.b000000-bffffff",
    ),
    (
        "hash:net,iface family inet",
        "10.0.0.0/8,eth0",
        "a000000-affffff.eth0",
    ),
    (
        "hash:net,iface family inet",
        "10.0.0.0/8,eth0\nadd s 10.1.0.0/16,eth1\nadd s 10.1.0.0/16,eth2\nadd s 10.1.0.0/24,eth0 nomatch",
        "a000000-a00ffff.eth0 a010100-a01ffff.eth1 a010100-a01ffff.eth2 a020000-affffff.eth0",
    ),
    (
        "hash:net,iface family inet",
        "10.0.0.0/8,eth wildcard",
        "a000000-affffff.eth*",
    ),
    (
        "hash:net,iface family inet",
        "10.0.0.0/8,physdev:eth0",
        "a000000-affffff.?[physdev:eth0]",
    ),
    ("hash:mac hashsize 1024", "02:00:00:00:00:01", "20000000001"),
    ("hash:ip,mark family inet", "1.1.1.1,0x10", "1010101.10"),
    (
        "hash:ip,mark family inet markmask 0xff",
        "1.1.1.1,0x10",
        "?[1.1.1.1].?[0x10]",
    ),
    (
        "bitmap:ip,mac range 10.0.0.0/24",
        "10.0.0.2",
        "a000002.0-ffffffffffff",
    ),
    ("bitmap:port range 0-1024", "80", "6.50 11.50"),
    ("list:set size 8", "other", "@other"),
    ("hash:colour family inet", "red", "incomplete"),
    (
        "hash:net family inet",
        "10.0.0.0/8\nadd s 10.1.0.0/16 nomatch\nadd s 10.1.2.0/24",
        "a000000-a00ffff a010200-a0102ff a020000-affffff",
    ),
    (
        "hash:net family inet",
        "0.0.0.0/1 nomatch\nadd s 128.0.0.0/1",
        "80000000-ffffffff",
    ),
];

/// A type with its header, a member, a match, and its tests.
const JOINED: &[(&str, &str, &str, &str)] = &[
    ("hash:ip", "10.0.0.1", "--match-set s src", "src4 @s"),
    ("hash:ip", "10.0.0.1", "! --match-set s dst", "dst4 not @s"),
    (
        "hash:ip,port",
        "10.0.0.1,tcp:80",
        "--match-set s src,dst",
        "src4.proto.dport @s",
    ),
    (
        "hash:ip,port",
        "10.0.0.1,tcp:80",
        "! --match-set s src,dst",
        "any(src4.proto.dport not @s | proto not 6,11,21,84,88)",
    ),
    (
        "hash:ip,port",
        "10.0.0.1,icmp:8/0",
        "--match-set s src,dst",
        "any(src4.proto.dport @s | proto not 6,11,21,84,88; ?unsupported[match-set s])",
    ),
    (
        "hash:ip,port",
        "10.0.0.1,tcp:80",
        "--match-set s src",
        "any()",
    ),
    ("hash:ip,port", "10.0.0.1,tcp:80", "! --match-set s src", ""),
    (
        "hash:ip family inet6",
        "fd00::1",
        "--match-set s src",
        "any()",
    ),
    ("hash:ip family inet6", "fd00::1", "! --match-set s src", ""),
    (
        "hash:net,iface",
        "10.0.0.0/8,eth0",
        "--match-set s src,src",
        "src4.iif @s",
    ),
    (
        "hash:ip,port,net",
        "1.1.1.1,tcp:80,2.0.0.0/8",
        "--match-set s src,src,dst",
        "src4.proto.sport.dst4 @s",
    ),
    (
        "bitmap:port range 0-9",
        "8",
        "--match-set s dst",
        "proto.dport @s",
    ),
    (
        "bitmap:port range 0-9",
        "8",
        "! --match-set s dst",
        "any(proto.dport not @s | proto not 6,11)",
    ),
    (
        "hash:mac",
        "02:00:00:00:00:01",
        "--match-set s src",
        "mac @s",
    ),
    (
        "hash:mac",
        "02:00:00:00:00:01",
        "--match-set s dst",
        "?unsupported[match-set s]",
    ),
    (
        "hash:colour",
        "red",
        "--match-set s src",
        "?unsupported[match-set s]",
    ),
];
