//! Documents of an account in, rules, members and facts out.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod support;

use rulesets::tencent::{Account, read, read_members};
use rulesets::{Inventory, Peer, SecurityGroups, Verdict};
use support::{flow, group};

fn account(text: &str) -> Account {
    read(text, "file").unwrap()
}

fn refused(text: &str) -> String {
    let error = read(text, "file").unwrap_err().to_string();
    assert!(!error.contains('\n') && !error.ends_with('.'), "{error}");
    error
}

fn verdict(groups: &SecurityGroups, text: &str) -> String {
    match groups.explain(&flow(text)).verdict {
        Verdict::Allow { .. } => "allow".to_owned(),
        Verdict::Deny { .. } => "deny".to_owned(),
        Verdict::Unknown { missing } => missing,
    }
}

fn one(lines: &[&str], inventory: &Inventory) -> SecurityGroups {
    SecurityGroups {
        groups: vec![group("sg-1", lines)],
    }
    .with_members(inventory)
}

const INTERFACES: &str = r#"{"Response": {"TotalCount": 2, "NetworkInterfaceSet": [
  {"NetworkInterfaceId": "eni-1", "Primary": true, "Attachment": {"InstanceId": "ins-1"},
   "GroupSet": ["sg-2"], "SubnetId": "subnet-1", "VpcId": "vpc-1",
   "PrivateIpAddressSet": [{"PrivateIpAddress": "10.0.0.5", "PublicIpAddress": "203.0.113.5"}],
   "Ipv6AddressSet": [{"Address": "2001:db8::5"}]},
  {"NetworkInterfaceId": "eni-2", "Primary": false, "Attachment": null, "GroupSet": ["sg-2", "sg-3"],
   "PrivateIpAddressSet": [{"PrivateIpAddress": "10.0.0.6"}]}]}}"#;

#[test]
fn the_members_of_a_group_settle_a_rule_that_names_it() {
    let rules = one(&["in ACCEPT tcp 22 sg-2"], &account(INTERFACES).inventory);
    for (flow, expected) in [
        ("in tcp 22 10.0.0.5", "allow"),
        ("in tcp 22 10.0.0.6", "allow"),
        ("in tcp 22 10.0.0.7", "deny"),
        ("in tcp 22 203.0.113.5", "deny"),
        ("in tcp 22 2001:db8::6", "deny"),
        ("in tcp 23 10.0.0.5", "deny"),
        (
            "in tcp 22 2001:db8::5",
            "whether group `sg-2` means IPv6 addresses of its members too (sg-1 inbound rule 0 \
             `ACCEPT tcp 22 from sg-2`): write the address block into the rule",
        ),
        (
            "in tcp 22 -",
            "the client's address as the target sees it (sg-1 inbound rule 0 `ACCEPT tcp 22 from \
             sg-2`): give --from IP",
        ),
    ] {
        assert_eq!(verdict(&rules, flow), expected, "{flow}");
    }
}

#[test]
fn an_answer_that_may_lack_members_refuses_nobody() {
    let unsettled = |inventory: &Inventory, group: &str| {
        let rules = one(&[&format!("in ACCEPT tcp 22 {group}")], inventory);
        verdict(&rules, "in tcp 22 10.0.0.99").starts_with("members of group")
    };
    // Asked by sg-2: of sg-3 there may be more.
    assert!(unsettled(&account(INTERFACES).inventory, "sg-3"));
    // A page of several.
    let page = INTERFACES.replace("\"TotalCount\": 2", "\"TotalCount\": 3");
    assert!(unsettled(&account(&page).inventory, "sg-2"));
    // Instances show their first interface alone.
    let instances = r#"{"InstanceSet": [{"InstanceId": "ins-1", "SecurityGroupIds": ["sg-2"],
        "PrivateIpAddresses": ["10.0.0.5"], "PublicIpAddresses": null}]}"#;
    let known = account(instances);
    assert!(unsettled(&known.inventory, "sg-2"));
    let rules = one(&["in ACCEPT tcp 22 sg-2"], &known.inventory);
    assert_eq!(verdict(&rules, "in tcp 22 10.0.0.5"), "allow");
    // An answer that is known to have been asked for one group shows all of it, were it none.
    let none = r#"{"NetworkInterfaceSet": [], "TotalCount": 0}"#;
    let empty = read_members(none, "sg-2").unwrap();
    let rules = one(&["in ACCEPT tcp 22 sg-2"], &empty.inventory);
    assert_eq!(verdict(&rules, "in tcp 22 10.0.0.5"), "deny");
}

const TEMPLATES: &str = r#"[
  {"AddressTemplateSet": [{"AddressTemplateId": "ipm-1", "AddressSet": ["10.0.0.1", "10.1.0.7/24"],
    "AddressExtraSet": [{"Address": "10.0.0.1", "Description": "x"}, {"Address": "10.2.0.1-10.2.0.9"}]}]},
  {"AddressTemplateGroupSet": [{"AddressTemplateGroupId": "ipmg-1", "AddressTemplateIdSet": ["ipm-1"],
    "AddressTemplateSet": []}, {"AddressTemplateGroupId": "ipmg-2", "AddressTemplateIdSet": ["ipm-9"]}]},
  {"ServiceTemplateSet": [{"ServiceTemplateId": "ppm-1",
    "ServiceSet": ["tcp:80,443", "udp:all", "icmp"]},
    {"ServiceTemplateId": "ppm-2", "ServiceSet": ["sctp:9"]}]},
  {"ServiceTemplateGroupSet": [{"ServiceTemplateGroupId": "ppmg-1", "ServiceTemplateIdSet": ["ppm-1"]}]}]"#;

#[test]
fn the_members_of_templates_settle_rules_that_name_them() {
    let known = account(TEMPLATES).inventory;
    for (line, flow, expected) in [
        ("in ACCEPT tcp 22 ipm-1", "in tcp 22 10.0.0.1", "allow"),
        ("in ACCEPT tcp 22 ipm-1", "in tcp 22 10.1.0.200", "allow"),
        ("in ACCEPT tcp 22 ipmg-1", "in tcp 22 10.2.0.9", "allow"),
        ("in ACCEPT tcp 22 ipmg-1", "in tcp 22 10.2.0.10", "deny"),
        (
            "in ACCEPT ppm-1 - 10.0.0.0/8",
            "in tcp 443 10.0.0.1",
            "allow",
        ),
        ("in ACCEPT ppm-1 - 10.0.0.0/8", "in tcp 22 10.0.0.1", "deny"),
        (
            "in ACCEPT ppmg-1 - 10.0.0.0/8",
            "in udp 9 10.0.0.1",
            "allow",
        ),
        (
            "in ACCEPT ppm-1 - 10.0.0.0/8",
            "in icmp - 10.0.0.1",
            "allow",
        ),
        ("in ACCEPT ppm-1 - ::/0", "in icmpv6 - 2001:db8::1", "deny"),
        ("in ACCEPT ppm-1 - 10.0.0.0/8", "in gre - 10.0.0.1", "deny"),
        ("in ACCEPT ppm-1 - ipm-1", "in tcp 80 10.0.0.1", "allow"),
    ] {
        assert_eq!(
            verdict(&one(&[line], &known), flow),
            expected,
            "{line}, {flow}"
        );
    }
    let open = one(&["in ACCEPT tcp 22 ipmg-2"], &known);
    assert!(
        verdict(&open, "in tcp 22 10.0.0.1").starts_with("members of address template `ipmg-2`")
    );
    let open = one(&["in ACCEPT ppm-2 - 10.0.0.0/8"], &known);
    assert!(
        verdict(&open, "in tcp 22 10.0.0.1").starts_with("members of service template `ppm-2`")
    );
    let remarks = account(TEMPLATES).remarks;
    assert_eq!(
        remarks,
        [
            "service template `ppm-2`: `sctp:9` is not understood, so the template may hold any service"
        ]
    );
}

#[test]
fn a_rule_keeps_its_text_and_its_place_when_its_members_are_known() {
    let known = account(TEMPLATES).inventory;
    let lines = ["in ACCEPT tcp 22 ipm-1", "in DROP ppm-1 - 0.0.0.0/0"];
    let resolved = one(&lines, &known);
    let plain = one(&lines, &Inventory::default());
    let texts = |groups: &SecurityGroups| -> Vec<String> {
        let rules = groups.groups[0].ingress.iter();
        rules.map(|rule| rule.text.clone()).collect()
    };
    assert_eq!(texts(&resolved), texts(&plain));
    assert!(matches!(
        resolved.groups[0].ingress[0].peer,
        Peer::Members(_)
    ));
    let saved = serde_json::to_string(&resolved).unwrap();
    let back: SecurityGroups = serde_json::from_str(&saved).unwrap();
    assert_eq!(back, resolved);
}

#[test]
fn one_document_may_hold_several_groups() {
    let set = |action: &str| {
        format!(
            r#"{{"SecurityGroupPolicySet": {{"Version": "1", "Ingress": [{{"Action": "{action}",
            "Protocol": "ALL", "CidrBlock": "0.0.0.0/0"}}]}}}}"#
        )
    };
    let (accept, drop) = (set("ACCEPT"), set("DROP"));
    let ids = |text: &str| -> Vec<String> {
        let groups = account(text).groups;
        groups.into_iter().map(|group| group.id).collect()
    };
    assert_eq!(ids(&accept), ["file"]);
    assert_eq!(ids(&format!("{accept}\n{drop}")), ["file", "file#2"]);
    assert_eq!(ids(&format!("[{accept}, {drop}]")), ["file", "file#2"]);
    let by_id = format!(r#"{{"sg-a": {accept}, "sg-b": {{"Response": {drop}}}}}"#);
    assert_eq!(ids(&by_id), ["sg-a", "sg-b"]);
    let named = accept.replacen('{', r#"{"SecurityGroupId": "sg-7", "#, 1);
    assert_eq!(ids(&format!("[{drop}, {named}]")), ["file", "sg-7"]);
    let bound = account(&by_id).bound(&["sg-b", "sg-a"]).unwrap();
    assert_eq!(verdict(&bound, "in tcp 22 10.0.0.1"), "deny");
    assert_eq!(account(&by_id).bound(&["sg-c"]), Err("sg-c"));
}

#[test]
fn what_is_no_document_of_an_account_is_refused_with_its_place() {
    for (text, expected) in [
        (
            "",
            "expected JSON, a Terraform configuration with security-group rules, or lines such as \
              ACCEPT#10.0.0.0/8#22#TCP, found ``",
        ),
        (
            "{}",
            "expected rules, templates, interfaces or counts as the Tencent Cloud API answers, or \
                rules of its Terraform provider, found an empty object",
        ),
        (
            "[]",
            "expected rules, templates, interfaces or counts as the Tencent Cloud API answers, or \
                rules of its Terraform provider, found a list",
        ),
        (
            "{\"a\": 1",
            "not JSON: EOF while parsing an object at line 1 column 7",
        ),
        (
            r#"{"Response": {"Error": {"Code": "AuthFailure", "Message": "x"}}}"#,
            "the API answered with the error `AuthFailure`, not with rules; ask it again",
        ),
        (
            r#"{"NetworkInterfaceSet": [{"PrivateIpAddressSet": []}]}"#,
            "NetworkInterfaceSet[0].NetworkInterfaceId: missing; save the whole answer",
        ),
        (
            r#"{"NetworkInterfaceSet": [{"NetworkInterfaceId": "eni-1",
                "PrivateIpAddressSet": [{"PrivateIpAddress": "10.0.0"}]}]}"#,
            "NetworkInterfaceSet[0].PrivateIpAddressSet[0].PrivateIpAddress: `10.0.0` is not an IP \
             address",
        ),
        (
            r#"{"AddressTemplateSet": [{"AddressTemplateId": "ipm-1", "AddressSet": ["10.0.0.9-10.0.0.1"]}]}"#,
            "AddressTemplateSet[0].AddressSet[0]: `10.0.0.9-10.0.0.1` is not an IP address",
        ),
        (
            r#"{"NetworkAclQuintupleSet": [], "TotalCount": 3}"#,
            "NetworkAclQuintupleSet: lists 0 of more rules, which decide too; ask for all of them \
             (Limit, Offset)",
        ),
        (
            r#"{"reachdx_rules": 2, "groups": []}"#,
            "expected a document with reachdx_rules 1, found another version; read it with the tool \
             that wrote it",
        ),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
}

#[test]
fn an_instance_in_the_recycle_bin_is_told() {
    let text = r#"{"Response": {"InstanceSet": [
        {"InstanceId": "ins-1", "InstanceState": "RUNNING", "RestrictState": "NORMAL",
         "IsolatedSource": "NOTISOLATED", "SecurityGroupIds": ["sg-1"], "PrivateIpAddresses": ["10.0.0.1"],
         "PublicIpAddresses": ["203.0.113.1"], "VirtualPrivateCloud": {"SubnetId": "subnet-1"}},
        {"InstanceId": "ins-2", "InstanceState": "SHUTDOWN", "SecurityGroupIds": ["sg-1"]},
        {"InstanceId": "ins-3", "InstanceState": "STOPPED", "IsolatedSource": "ARREAR"}], "TotalCount": 3}}"#;
    let known = account(text);
    let recycled: Vec<bool> = known.machines.iter().map(|one| one.recycled).collect();
    assert_eq!(recycled, [false, true, true]);
    let document = known.document();
    let first = document.instance("203.0.113.1").unwrap();
    assert_eq!(
        (first.id.as_str(), first.subnets.as_slice()),
        ("ins-1", &["subnet-1".to_owned()][..])
    );
}
