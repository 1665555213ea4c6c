//! Rules written out read back as the same rules.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod support;

use proptest::prelude::*;
use rulesets::export::{commands, json, policies, rule_set, short_rules};
use rulesets::tencent::read;
use rulesets::{Rule, SecurityGroup, SecurityGroups, parse_security_group};
use support::{flow, group};

fn back(text: &str) -> SecurityGroup {
    let mut groups = read(text, "sg-1").unwrap().groups;
    assert_eq!(groups.len(), 1, "{text}");
    groups.remove(0)
}

/// What a rule says, without the spelling that differs between forms.
fn said(rules: &[Rule]) -> Vec<(String, String, String, String)> {
    let one = |rule: &Rule| {
        let peer = serde_json::to_string(&rule.peer).unwrap();
        let service = serde_json::to_string(&rule.service).unwrap();
        (
            rule.action.to_string(),
            service,
            peer,
            rule.description.clone(),
        )
    };
    rules.iter().map(one).collect()
}

fn same(one: &SecurityGroup, other: &SecurityGroup) {
    let verdict = |group: &SecurityGroup| {
        let groups = vec![group.clone()];
        let explanation = SecurityGroups { groups }.explain(&flow("in tcp 80 203.0.113.7"));
        std::mem::discriminant(&explanation.verdict)
    };
    assert_eq!(verdict(one), verdict(other));
    assert_eq!(said(&one.ingress), said(&other.ingress));
    assert_eq!(said(&one.egress), said(&other.egress));
}

/// The group that commands create, by what a shell makes of them.
fn created(commands: &[String]) -> SecurityGroup {
    let mut all = SecurityGroup::default();
    for command in commands {
        let output = std::process::Command::new("bash")
            .args([
                "-c",
                &format!("tccli() {{ printf '%s' \"${{@: -1}}\"; }}; {command}"),
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}");
        let set = String::from_utf8(output.stdout).unwrap();
        let group = parse_security_group(&set, "sg-1").unwrap();
        all.ingress.extend(group.ingress);
        all.egress.extend(group.egress);
    }
    all
}

const LINES: [&str; 11] = [
    "in ACCEPT tcp 22,8000-8010 203.0.113.0/24",
    "in DROP udp ALL 10.0.0.0/8",
    "in ACCEPT icmp - 0.0.0.0/0",
    "in ACCEPT icmpv6 - ::/0",
    "in ACCEPT ALL ALL sg-2",
    "in ACCEPT tcp 80 ipm-1",
    "in ACCEPT ppm-1 - ipmg-1",
    "in DROP ppmg-1 - 2001:db8::/32",
    "in DROP ALL ALL 0.0.0.0/0",
    "out ACCEPT ALL ALL 0.0.0.0/0",
    "out ACCEPT tcp 443 198.51.100.7",
];

#[test]
fn every_form_reads_back_as_the_same_rules() {
    let mut group = group("sg-1", &LINES);
    group.ingress[0].description = HOSTILE[0].to_owned();
    same(&back(&rule_set(&group, "base").unwrap()), &group);
    same(&created(&commands(&group, None).unwrap()), &group);
    let bound = SecurityGroups {
        groups: vec![group.clone()],
    };
    assert_eq!(read(&json(&bound), "x").unwrap().groups, bound.groups);
    let answer = policies(&bound).unwrap();
    same(&read(&answer, "x").unwrap().groups[0], &group);
    assert_eq!(read(&answer, "x").unwrap().groups[0].id, "sg-1");
    group.ingress[0].description.clear();
    group.ingress.remove(3);
    same(&back(&short_rules(&group, "base").unwrap()), &group);
}

#[test]
fn the_rule_set_is_written_as_the_provider_documents_it() {
    let group = group(
        "sg-1",
        &["in ACCEPT tcp 22 203.0.113.0/24", "out DROP ppm-1 - ipmg-1"],
    );
    let expected = r#"resource "tencentcloud_security_group_rule_set" "base" {
  security_group_id = "sg-1"

  ingress {
    action     = "ACCEPT"
    cidr_block = "203.0.113.0/24"
    protocol   = "TCP"
    port       = "22"
  }

  egress {
    action                 = "DROP"
    address_template_group = "ipmg-1"
    service_template_id    = "ppm-1"
  }
}
"#;
    assert_eq!(rule_set(&group, "base").unwrap(), expected);
    let expected = r#"resource "tencentcloud_security_group_lite_rule" "base" {
  security_group_id = "sg-1"

  ingress = [
    "ACCEPT#203.0.113.0/24#22#TCP",
  ]

  egress = [
    "DROP#ipmg-1#ALL#ppm-1",
  ]
}
"#;
    assert_eq!(short_rules(&group, "base").unwrap(), expected);
    let expected = "tccli vpc CreateSecurityGroupPolicies --SecurityGroupId sg-9 \
                    --SecurityGroupPolicySet '{\"Ingress\":[{\"Action\":\"ACCEPT\",\"CidrBlock\":\
                    \"203.0.113.0/24\",\"Port\":\"22\",\"Protocol\":\"TCP\"}]}'";
    assert_eq!(commands(&group, Some("sg-9")).unwrap()[0], expected);
}

#[test]
fn what_a_form_cannot_express_names_the_rule() {
    let refused = |line: &str, form: fn(&SecurityGroup) -> Option<String>| {
        form(&group("sg-1", &["in ACCEPT tcp 22 10.0.0.1", line])).unwrap()
    };
    let set = |group: &SecurityGroup| rule_set(group, "base").err().map(|error| error.to_string());
    let short = |group: &SecurityGroup| {
        short_rules(group, "base")
            .err()
            .map(|error| error.to_string())
    };
    let shell = |group: &SecurityGroup| commands(group, None).err().map(|error| error.to_string());
    assert_eq!(
        refused("in ACCEPT gre - 10.0.0.0/8", set),
        "`sg-1` inbound rule 1 `ACCEPT gre from 10.0.0.0/8`: the provider has no word for GRE; use the \
         commands form"
    );
    assert_eq!(
        refused("in ACCEPT icmpv6 - ::/0", short),
        "`sg-1` inbound rule 1 `ACCEPT icmpv6 from ::/0`: the short form has no ICMPv6; use the rule-set \
         form"
    );
    for form in [set, short, shell] {
        assert_eq!(
            refused("in ACCEPT tcp 22 ALL", form),
            "`sg-1` inbound rule 1 `ACCEPT tcp 22 from ALL`: `ALL` as the far end does not say whether \
             IPv6 is meant; write 0.0.0.0/0, ::/0, or a rule for each"
        );
        assert_eq!(
            refused("in ACCEPT tcp 22 -", form),
            "`sg-1` inbound rule 1 `ACCEPT tcp 22 from nothing named`: names no far end; write the \
             address block into the rule"
        );
    }
    let mut odd = group("sg-1", &["in ACCEPT tcp 22 sg-2"]);
    odd.ingress[0].peer = rulesets::Peer::Group("group-2".to_owned());
    assert!(set(&odd).is_none());
    assert_eq!(
        short(&odd).unwrap(),
        "`sg-1` inbound rule 0 `ACCEPT tcp 22 from sg-2`: the short form knows ids by their prefix \
         alone; use the rule-set form"
    );
    odd.ingress[0].peer = rulesets::Peer::Net("0.0.0.0/8".parse().unwrap());
    assert!(
        shell(&odd)
            .unwrap()
            .ends_with("begins at 0.0.0.0 as 0.0.0.0/0; split it")
    );
    let empty = group("sg-1", &[]);
    assert_eq!(set(&empty).unwrap(), "there is no rule to write");
    assert_eq!(shell(&empty).unwrap(), "there is no rule to write");
    let one = group("sg-1", &LINES);
    assert_eq!(
        rule_set(&one, "1\" {").unwrap_err().to_string(),
        "`1\" {` is not a name (letters, digits, `-` and `_`, no digit first)"
    );
}

/// Texts that would end what they stand in, run, or steer a terminal.
const HOSTILE: [&str; 8] = [
    "office \"x\" 放通",
    "'; rm -rf $HOME #",
    "${file(\"/etc/passwd\")}",
    "%{ if true }a%{ endif }",
    "$${x} $$ $ %",
    "back\\slash \\n \\u0041",
    "$(id) `id` !x",
    "a\u{2060}b\u{202e}c",
];

fn steers(text: &str) -> bool {
    text.contains(['\u{2060}', '\u{202e}'])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_rules_and_remarks_survive_every_form(
        lines in prop::collection::vec(prop::sample::select(LINES.as_slice()), 1..12),
        remark in prop_oneof![
            prop::sample::select(HOSTILE.as_slice()).prop_map(str::to_owned),
            "[ -~]{0,40}",
            "[\\$%\\{\\}\"'\\\\a]{0,12}",
        ],
    ) {
        let mut group = group("sg-1", &lines);
        let remark = remark.trim().to_owned();
        for rule in group.ingress.iter_mut().chain(&mut group.egress) {
            rule.description.clone_from(&remark);
        }
        // The reader makes a remark printable, so what is written may not be what was.
        let printable: String = remark.chars().map(|c| match c {
            '\u{2060}' => r"\u{2060}".to_owned(),
            '\u{202e}' => r"\u{202e}".to_owned(),
            c => c.to_string(),
        }).collect();
        let mut expected = group.clone();
        for rule in expected.ingress.iter_mut().chain(&mut expected.egress) {
            rule.description.clone_from(&printable);
        }
        let written = rule_set(&group, "base").unwrap();
        prop_assert!(!steers(&written));
        same(&back(&written), &expected);
        let bound = SecurityGroups { groups: vec![group] };
        let written = json(&bound);
        prop_assert!(!steers(&written));
        same(&back(&written), &expected);
    }
}

#[test]
fn a_shell_makes_nothing_of_remarks() {
    for text in HOSTILE {
        let mut group = group("sg-1", &["in ACCEPT tcp 22 10.0.0.1"]);
        group.ingress[0].description = text.to_owned();
        let read = created(&commands(&group, None).unwrap());
        let shown = text
            .replace('\u{2060}', r"\u{2060}")
            .replace('\u{202e}', r"\u{202e}");
        assert_eq!(read.ingress[0].description, shown);
    }
}
