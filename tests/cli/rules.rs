//! The commands about rules alone: what they print in each form, and how they exit.

use crate::tool::Tool;
use expect_test::expect_file;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[test]
fn each_question_about_rules_reads_as_recorded() {
    for (name, questions) in RECORDED {
        let mut story = String::new();
        for (question, code) in *questions {
            let output = ask(question).run();
            write!(story, "$ reachdx {question}\n{}\n", output.said(*code)).unwrap();
        }
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/cli")
            .join(format!("rules_{name}.txt"));
        expect_file![golden].assert_eq(&story);
    }
}

#[test]
fn rules_behind_the_first_one_that_stops_a_flow_are_shown_too() {
    let question = "explain --rules aws_sg.json --acl aws_acl.json --rules host.iptables-save \
                    --interface eth0 --protocol tcp --port 22 --source 198.51.100.7 --format json";
    let document = ask(question).run().document(2);
    assert_eq!(document["decider"]["set"], "acl-1");
    let layers = document["layers"].as_array().unwrap();
    let told: Vec<_> = layers
        .iter()
        .map(|it| {
            (
                it["layer"].as_str().unwrap(),
                it["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("network_acl", "deny"),
        ("security_group", "allow"),
        ("host_firewall", "deny"),
    ];
    assert_eq!(told, expected);
    assert_eq!(layers[0]["replies"]["verdict"], "allow");
    assert_eq!(layers[2]["decider"]["chain"], "INPUT");
    let misses = document["near_misses"].as_array().unwrap();
    let office = misses.iter().find(|it| it["chain"] == "office").unwrap();
    assert_eq!(office["failed"], serde_json::json!(["source"]));
}

#[test]
fn both_forms_of_nft_name_the_handle() {
    let json = r#"{"nftables": [{"metainfo": {"json_schema_version": 1}},
      {"table": {"family": "inet", "name": "filter", "handle": 1}},
      {"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1, "type": "filter",
                 "hook": "input", "prio": 0, "policy": "accept"}},
      {"rule": {"family": "inet", "table": "filter", "chain": "input", "handle": 4, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}},
        {"drop": null}]}}]}"#;
    for rules in ["host.nft", "host.json"] {
        let document = ask(&format!("explain --rules {rules} {SSH} --format json"))
            .file("host.json", json)
            .run()
            .document(2);
        assert_eq!(document["decider"]["handle"], 4, "{rules}");
        assert_eq!(document["layers"][0]["base_chains"][0]["chain"], "input");
    }
}

#[test]
fn the_program_that_wrote_a_rule_is_named_with_its_own_command() {
    let question = format!("explain --rules ufw.iptables-save {SSH} --interface eth0");
    let text = ask(&question).run();
    let text = text.said(0);
    assert!(
        text.contains("\nufw: allow 22/tcp from anywhere\n"),
        "{text}"
    );
    assert!(
        text.contains("\nchange it with: ufw delete allow 22/tcp\n"),
        "{text}"
    );
    assert!(!text.contains("-j ufw-before-input"), "{text}");
    let document = ask(&format!("{question} --format json")).run().document(0);
    assert_eq!(document["layers"][0]["front_end"]["name"], "ufw");
}

#[test]
fn a_thousand_flows_are_answered_in_order_one_a_line() {
    let mut table = "port,protocol,source,icmp_type\n".to_owned();
    for row in 0..1000 {
        let port = if row % 2 == 0 { 22 } else { 23 };
        writeln!(table, "{port}, tcp ,198.51.100.7,").unwrap();
    }
    let output = ask("explain --rules web.json --flows flows.csv --format ndjson")
        .file("flows.csv", table)
        .run();
    let lines: Vec<Value> = output
        .said(0)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1000);
    for (row, line) in lines.iter().enumerate() {
        let verdict = if row % 2 == 0 { "allow" } else { "deny" };
        assert_eq!(line["verdict"], verdict, "{row}");
        assert!(line["decider"].is_object() && line["missing"].is_null());
    }
}

#[test]
fn what_a_row_leaves_empty_may_be_missing() {
    let output = ask("explain --rules web.json --flows flows.csv --format ndjson")
        .file("flows.csv", "\u{feff}Protocol,Port,Source\r\ntcp,22,\r\n")
        .run();
    let line: Value = serde_json::from_str(output.said(0)).unwrap();
    assert_eq!(line["verdict"], "unknown");
    assert!(
        line["decider"].is_null() && line["missing"].is_string(),
        "{line}"
    );
}

#[test]
fn a_table_that_cannot_be_read_is_refused_with_its_line_and_column() {
    for (table, expected) in [
        (
            "protocol,port\ntcp,22\ntcp,x\n",
            "line 3: port: `x` is not a port, a number from 1 to 65535",
        ),
        (
            "protocol,colour\ntcp,22\n",
            "line 1: `colour` is no column; there are direction, protocol, source, destination, port, \
             source_port, state, interface, icmp_type, icmp_code",
        ),
        (
            "protocol,port,Port\ntcp,22,22\n",
            "line 1: column `port` stands twice",
        ),
        (
            "protocol,port\ntcp\n",
            "line 2: 1 values for 2 columns; leave a value empty that is not known",
        ),
        (
            "protocol,source\nicmpv6,192.0.2.1\n",
            "line 2: source, destination and protocol are of different address families",
        ),
    ] {
        let output = ask("explain --rules web.json --flows flows.csv")
            .file("flows.csv", table)
            .run();
        assert_eq!(output.refusal(), format!("flows `flows.csv`: {expected}"));
    }
}

#[test]
fn faults_of_rules_go_into_a_log_of_static_analysis() {
    let log = ask("lint --rules web.json --format sarif")
        .run()
        .document(1);
    assert_eq!(log["version"], "2.1.0");
    assert!(
        log["$schema"]
            .as_str()
            .unwrap()
            .ends_with("sarif-schema-2.1.0.json")
    );
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "reachdx");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0];
        assert_eq!(
            place["physicalLocation"]["artifactLocation"]["uri"],
            "web.json"
        );
        assert!(place["logicalLocations"][0]["fullyQualifiedName"].is_string());
    }
    let faults = ask("lint --rules web.json --format json").run().document(1);
    assert_eq!(faults.as_array().unwrap().len(), results.len());
    assert_eq!(faults[0]["code"], "dead-rule");
}

#[test]
fn a_clone_that_would_be_refused_or_differ_says_so_by_its_exit_code() {
    let nested = r#"{"Ingress": [{"Protocol": "tcp", "Port": "22", "SecurityGroupId": "sg-2",
      "Action": "ACCEPT"}], "Egress": []}"#;
    for (flag, code, expected) in [
        (
            "--other-account",
            2,
            "refused: a group cannot be cloned to another account",
        ),
        (
            "--other-region",
            1,
            "differs: names group `sg-2`, which does not resolve in another region",
        ),
        ("--name copy", 0, "note: the clone is bound to nothing"),
    ] {
        let output = ask(&format!("clone --check --rules nested.json {flag}"))
            .file("nested.json", nested)
            .run();
        assert!(output.said(code).starts_with(expected), "{output:?}");
    }
}

#[test]
fn whether_a_group_can_be_deleted_is_said_by_the_exit_code() {
    let profile = r#"{"SecurityGroupSet": [{"SecurityGroupId": "sg-1", "SecurityGroupName": "web",
      "SecurityGroupDesc": "", "IsDefault": false, "ProjectId": "0"}]}"#;
    for (machines, code, expected) in [
        (0, 0, "it can be deleted\n"),
        (2, 2, "it cannot be deleted\n  it is bound to 2 CVM"),
    ] {
        let counts = format!(
            r#"{{"SecurityGroupAssociationStatisticsSet": [{{"SecurityGroupId": "sg-1", "CVM": {machines},
               "SG": 0, "TotalCount": {machines}, "InstanceStatistics": [
               {{"InstanceType": "CVM", "InstanceCount": {machines}}}]}}]}}"#
        );
        let question = "deletable sg-1 --rules profile.json --rules counts.json";
        let output = ask(question)
            .file("profile.json", profile)
            .file("counts.json", counts)
            .run();
        assert!(output.said(code).starts_with(expected), "{output:?}");
    }
}

#[test]
fn what_is_written_in_our_own_form_reads_as_the_same_rules() {
    let written = ask("export --rules web.json").run();
    let question = format!("explain --rules again.json {SSH}");
    let again = ask(&question).file("again.json", written.said(0)).run();
    assert!(
        again.said(0).starts_with("allow: `web` rule 0 "),
        "{again:?}"
    );
    let same = ask("diff web.json again.json")
        .file("again.json", written.said(0))
        .run();
    assert_eq!(same.said(0), "no difference: every packet fares the same\n");
}

#[test]
fn a_fix_of_a_clouds_list_comes_with_the_command_that_makes_it() {
    for (files, flow, command) in [
        (
            "--rules aws_sg.json --acl aws_acl.json",
            "--port 22 --source 198.51.100.7",
            "aws ec2 create-network-acl-entry --network-acl-id acl-1 --ingress --rule-number 99 \
             --protocol tcp --rule-action allow --cidr-block 198.51.100.7/32 --port-range \
             From=22,To=22",
        ),
        (
            "--rules aws_sg.json",
            "--port 80 --source 203.0.113.9",
            "aws ec2 authorize-security-group-ingress --group-id sg-1 --ip-permissions \
             '[{\"FromPort\":80,\"IpProtocol\":\"tcp\",\"IpRanges\":[{\"CidrIp\":\"203.0.113.9/32\"}],\
             \"ToPort\":80}]'",
        ),
        (
            "--acl tencent_acl.json --rules web.json",
            "--port 22 --source 198.51.100.7",
            "tccli vpc ModifyNetworkAclEntries --NetworkAclId acl-t --NetworkAclEntrySet \
             '{\"Ingress\":[{\"Action\":\"ACCEPT\",\"CidrBlock\":\"198.51.100.7/32\",\"Port\":\"22\",\
             \"Protocol\":\"tcp\"},",
        ),
    ] {
        let question = format!("explain {files} --protocol tcp {flow} --fix");
        let output = ask(&question).run();
        let told = output.said(2);
        assert!(told.contains(&format!("\n  {command}")), "{told}");
    }
}

#[test]
fn a_long_rule_stays_one_bounded_line() {
    let remark = "x\u{1b}[31m".repeat(400);
    let rules = format!(
        "table inet t {{\n chain c {{\n  type filter hook input priority 0; policy accept;\n  \
         tcp dport {{ {} }} drop comment \"{}\"\n }}\n}}\n",
        (1..2000)
            .map(|port| port.to_string())
            .collect::<Vec<_>>()
            .join(", "),
        &remark[..100]
    );
    let output = ask(&format!("explain --rules long.nft {SSH}"))
        .file("long.nft", rules)
        .run();
    let text = output.said(2);
    assert!(
        text.lines().all(|line| line.chars().count() < 300),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text}");
}

pub(crate) fn ask(question: &str) -> Tool {
    let tool = Tool::new(question.split(' ').filter(|word| !word.is_empty()));
    FILES.iter().fold(tool, |tool, file| {
        let name = Path::new(file).file_name().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        tool.file(name, std::fs::read(path).unwrap())
    })
}

pub(crate) const SSH: &str = "--protocol tcp --port 22 --source 198.51.100.7";

/// Rules that every question can name by the last part of their path.
const FILES: &[&str] = &[
    "tests/cli/rule_files/aws_sg.json",
    "tests/cli/rule_files/aws_acl.json",
    "tests/cli/rule_files/aws_acl_web.json",
    "tests/cli/rule_files/host.iptables-save",
    "tests/cli/rule_files/published.iptables-save",
    "tests/cli/rule_files/host.nft",
    "tests/cli/rule_files/alibaba.json",
    "tests/cli/rule_files/tencent_acl.json",
    "tests/cli/rule_files/web.json",
    "tests/cli/rule_files/open.json",
    "rulesets/tests/data/gcp/firewalls.json",
    "rulesets/tests/data/azure/network-security-group.json",
    "rulesets/tests/data/iptables/ufw.iptables-save",
];

type Questions = &'static [(&'static str, i32)];

/// Golden files, the questions in them, and the exit code of each.
const RECORDED: &[(&str, Questions)] = &[
    (
        "explain",
        &[
            (
                "explain --rules aws_sg.json --acl aws_acl.json --rules host.iptables-save --interface eth0 --protocol tcp --port 22 --source 198.51.100.7",
                2,
            ),
            (
                "explain --rules network-security-group.json --protocol tcp --port 22 --source 198.51.100.7",
                3,
            ),
            (
                "explain --rules firewalls.json --protocol tcp --port 22 --source 198.51.100.7",
                2,
            ),
            (
                "explain --rules alibaba.json --protocol tcp --port 22 --source 192.0.2.7",
                0,
            ),
            (
                "explain --rules alibaba.json --protocol tcp --port 22 --source 198.51.100.7",
                3,
            ),
            (
                "explain --rules tencent_acl.json --rules web.json --protocol tcp --port 22 --source 198.51.100.7",
                2,
            ),
            (
                "explain --rules host.nft --protocol tcp --port 22 --source 198.51.100.7",
                2,
            ),
            (
                "explain --rules host.iptables-save --protocol tcp --port 22 --source 198.51.100.7",
                2,
            ),
            (
                "explain --rules host.iptables-save --protocol tcp --port 22 --source 2001:db8::1",
                3,
            ),
            (
                "explain --rules ufw.iptables-save --interface eth0 --protocol tcp --port 9 --source 198.51.100.7",
                2,
            ),
        ],
    ),
    (
        "who",
        &[
            (
                "who --rules aws_sg.json --acl aws_acl.json --port tcp/22 --why",
                0,
            ),
            ("who --rules web.json --source 198.51.100.7", 0),
            ("who --rules host.iptables-save --port tcp/22", 0),
            ("who --rules published.iptables-save --port tcp/80", 0),
            (
                "who --rules published.iptables-save --host-address 192.0.2.10/24 --port tcp/8443 --why",
                0,
            ),
            (
                "who --rules published.iptables-save --host-address 192.0.2.10/24 --host-forwards --port tcp/8443",
                0,
            ),
            ("who --rules web.json --port tcp/22 --format json", 0),
        ],
    ),
    (
        "lint",
        &[
            ("lint --rules web.json", 1),
            ("lint --rules aws_sg.json", 0),
        ],
    ),
    (
        "diff",
        &[
            ("diff web.json open.json", 1),
            ("diff open.json web.json", 1),
            ("diff web.json web.json", 0),
            ("diff web.json open.json --format json", 1),
        ],
    ),
    (
        "export",
        &[
            ("export --rules web.json --to terraform", 0),
            ("export --rules web.json --to terraform-lite", 0),
            ("export --rules web.json --to tccli --group sg-2", 0),
            ("export --rules web.json --to api", 0),
            ("export --rules aws_sg.json", 0),
            ("export --rules aws_sg.json --to terraform", 0),
            ("export --rules aws_sg.json --to commands --group sg-2", 0),
            (
                "export --rules aws_sg.json --acl aws_acl.json --to commands --bind acl-1",
                0,
            ),
            ("export --rules tencent_acl.json --to commands", 0),
            ("export --rules alibaba.json --to commands", 0),
            ("export --rules alibaba.json --to terraform", 0),
        ],
    ),
    (
        "clone",
        &[
            ("clone --check --rules web.json", 0),
            (
                "clone --check --rules web.json --other-region --format json",
                0,
            ),
        ],
    ),
    ("deletable", &[("deletable sg-1 --rules web.json", 3)]),
];
