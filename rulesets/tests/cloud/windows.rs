use crate::render::{document, refusal, rules, steps};
use rulesets::{CloudFormat, Direction, Document, Layer, LayerKind};
use serde_json::{Value, json};

const FIREWALL: &str = include_str!("../data/windows/firewall.json");

pub(crate) fn windows(text: &str) -> Document {
    document(CloudFormat::Windows, text)
}

fn profile(document: &Document, name: &str) -> Layer {
    document.layer(&[name], None).unwrap()
}

/// The collected document with one rule, whose rule and filters have some members changed.
fn one(rule: &Value, port: &Value, address: &Value, security: &Value) -> Value {
    let with = |mut base: Value, changes: &Value| {
        base.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        base
    };
    let any = json!({"InstanceID": "r", "Protocol": "TCP", "LocalPort": "22", "RemotePort": "Any", "IcmpType": "Any"});
    json!({
        "Profiles": [{"Name": "Public", "Enabled": true}],
        "Rules": [with(json!({"InstanceID": "r", "DisplayName": "r", "Enabled": "True", "Profile": "Any",
                              "Direction": "Inbound", "Action": "Allow"}), rule)],
        "PortFilters": [with(any, port)],
        "AddressFilters": [with(json!({"InstanceID": "r", "LocalAddress": "Any", "RemoteAddress": "Any"}), address)],
        "SecurityFilters": [with(json!({"InstanceID": "r"}), security)],
    })
}

fn inbound(rule: &Value, port: &Value, address: &Value, security: &Value) -> Vec<String> {
    let document = windows(&one(rule, port, address, security).to_string());
    steps(&profile(&document, "Public"), Direction::Inbound)
}

#[test]
fn blocks_stand_before_allows_and_bypasses_before_both() {
    let firewall = windows(FIREWALL);
    let public = profile(&firewall, "Public");
    assert_eq!(
        (public.kind, public.stateful),
        (LayerKind::HostFirewall, true)
    );
    let program = r"the program `%SystemRoot%\system32\svchost.exe` the service `termservice`";
    assert_eq!(
        rules(&public, Direction::Inbound),
        [
            "8 Administrators: Bypass Any from 203.0.113.7 if secure",
            "3 Block a neighbour: Block TCP local port 80 from 192.0.2.0/255.255.255.0,198.51.100.7-198.51.100.9",
            &format!(
                "0 Remote Desktop - User Mode (TCP-In): Allow TCP local port 3389 from Any {program}"
            ),
            "1 Web: Allow TCP local port 80,8000-8010 from Any",
            "4 Echo request: Allow ICMPv4 type 8 from Any on Ethernet",
            "5 Files on the subnet: Allow TCP local port 445 from LocalSubnet",
            "7 RPC: Allow TCP local port RPCEPMap,RPC from Any",
        ]
    );
    assert_eq!(
        steps(&public, Direction::Inbound)[3..],
        [
            "protocol 6; dport 80,8000-8010; accept",
            "protocol 1; (type4 8); on Ethernet; accept",
            "protocol 6; dport 445; (from4 in LocalSubnet | from6 in LocalSubnet (IPv6)); accept",
            "protocol 6; (dport 135 | (dport 1025-65535 & Reference? `RPC`: the port is one that a remote procedure call service was given)); accept",
        ]
    );
    assert_eq!(
        steps(&public, Direction::Outbound),
        ["protocol 6; dport 25; drop"]
    );
}

#[test]
fn each_profile_has_its_own_rules_and_defaults() {
    let firewall = windows(FIREWALL);
    let ids: Vec<&str> = firewall.lists.iter().map(|list| &*list.id).collect();
    assert_eq!(ids, ["Domain", "Private", "Public"]);
    assert_eq!(firewall.list("Public").unwrap().attached, ["Ethernet"]);
    let fallback = |name: &str| profile(&firewall, name).inbound_fallback.text;
    assert_eq!(
        fallback("Domain"),
        "the Domain profile's default is to block"
    );
    assert_eq!(
        fallback("Private"),
        "the firewall is off in the Private profile"
    );
    assert!(rules(&profile(&firewall, "Private"), Direction::Inbound).is_empty());
    let domain = rules(&profile(&firewall, "Domain"), Direction::Inbound);
    assert!(
        domain
            .iter()
            .all(|rule| !rule.contains("Web") && !rule.contains("Files")),
        "{domain:?}"
    );
    assert_eq!(
        profile(&firewall, "Public").sets.len(),
        2,
        "the local subnets of both families"
    );
}

#[test]
fn shields_up_leaves_only_what_blocks() {
    let mut document: Value = serde_json::from_str(FIREWALL).unwrap();
    document["Profiles"][2]["AllowInboundRules"] = json!(0);
    let public = profile(&windows(&document.to_string()), "Public");
    let left = rules(&public, Direction::Inbound);
    assert!(
        left.len() == 1 && left[0].starts_with("3 Block a neighbour"),
        "{left:?}"
    );
    assert!(
        public
            .remarks
            .iter()
            .any(|line| line.contains("blocks all inbound connections"))
    );
}

#[test]
fn a_policy_may_put_the_hosts_own_rules_out_of_force() {
    let mut document: Value = serde_json::from_str(FIREWALL).unwrap();
    document["Profiles"][2]["AllowLocalFirewallRules"] = json!("False");
    let public = profile(&windows(&document.to_string()), "Public");
    let local = &steps(&public, Direction::Inbound)[2];
    assert!(
        local.starts_with("Unsupported? the policy of the profile leaves rules"),
        "{local}"
    );
}

#[test]
fn filters_mean_what_the_vendor_says() {
    let none = json!({});
    let allowed = "protocol 6; dport 22; accept";
    for (port, address, expected) in [
        (json!({}), json!({}), allowed),
        (
            json!({"Protocol": "Any", "LocalPort": "Any"}),
            json!({}),
            "accept",
        ),
        (
            json!({"Protocol": 17, "LocalPort": 53}),
            json!({}),
            "protocol 17; dport 53; accept",
        ),
        (
            json!({"Protocol": "41", "LocalPort": "Any"}),
            json!({}),
            "protocol 41; accept",
        ),
        (
            json!({"RemotePort": ["1024-65535"]}),
            json!({}),
            "protocol 6; dport 22; sport 1024-65535; accept",
        ),
        (
            json!({"Protocol": "ICMPv4", "LocalPort": "RPC", "IcmpType": ["3:4", "11:*"]}),
            json!({}),
            "protocol 1; (type4 3 & code4 4 | type4 11); accept",
        ),
        (
            json!({"DynamicTarget": "ProximityApps"}),
            json!({}),
            "protocol 6; dport 22; Unsupported? the connection is set up by `ProximityApps`; accept",
        ),
        (
            json!({}),
            json!({"RemoteAddress": ["10.0.0.0/8", "2001:db8::1-2001:db8::9"]}),
            "protocol 6; dport 22; (from4 10.0.0.0-10.255.255.255 | from6 2001:db8::1-2001:db8::9); accept",
        ),
        (
            json!({}),
            json!({"RemoteAddress": "localsubnet4"}),
            "protocol 6; dport 22; from4 in LocalSubnet; accept",
        ),
        (
            json!({}),
            json!({"LocalAddress": "10.0.0.4"}),
            "protocol 6; dport 22; to4 10.0.0.4; accept",
        ),
    ] {
        assert_eq!(
            inbound(&none, &port, &address, &none),
            [expected],
            "{port} {address}"
        );
    }
}

#[test]
fn what_no_packet_shows_stays_open() {
    let none = json!({});
    for (security, expected) in [
        (
            json!({"Authentication": 1}),
            "protocol 6; dport 22; Unsupported? the connection is authenticated by IPsec; accept",
        ),
        (
            json!({"LocalUser": "D:(A;;CC;;;S-1)"}),
            "protocol 6; dport 22; Owner? the user of the program is allowed by `D:(A;;CC;;;S-1)`; accept",
        ),
        (
            json!({"OverrideBlockRules": true}),
            "protocol 6; dport 22; Unsupported? the far end is authenticated by IPsec and allowed to bypass blocks; accept",
        ),
    ] {
        assert_eq!(
            inbound(&none, &none, &none, &security),
            [expected],
            "{security}"
        );
    }
    let mut lacking = one(&none, &none, &none, &none);
    lacking["AddressFilters"] = json!([]);
    let public = profile(&windows(&lacking.to_string()), "Public");
    assert_eq!(
        steps(&public, Direction::Inbound),
        [
            "protocol 6; dport 22; Reference? the rule's entry in `AddressFilters`, which the document lacks; accept"
        ]
    );
    let mut double = one(&none, &none, &none, &none);
    double["PortFilters"]
        .as_array_mut()
        .unwrap()
        .push(json!({"InstanceID": "r", "Protocol": "UDP"}));
    let public = profile(&windows(&double.to_string()), "Public");
    assert_eq!(
        steps(&public, Direction::Inbound),
        ["Unsupported? several rules share the id `r`, with different PortFilters; accept"]
    );
}

#[test]
fn a_member_that_cannot_be_read_is_named() {
    let none = json!({});
    for (rule, port, address, expected) in [
        (
            json!({"Action": 9}),
            json!({}),
            json!({}),
            "Rules[0].Action: `9` is not Allow (2), AllowBypass (3) or Block (4)",
        ),
        (
            json!({"Direction": null}),
            json!({}),
            json!({}),
            "Rules[0].Direction: missing; expected Inbound or Outbound, give the vendor's answer unabridged",
        ),
        (
            json!({"Profile": "Home"}),
            json!({}),
            json!({}),
            "Rules[0].Profile: `Home` is not Domain (1), Private (2), Public (4) or Any (0)",
        ),
        (
            json!({}),
            json!({"Protocol": "XNS"}),
            json!({}),
            "PortFilters[0].Protocol: `XNS` is not TCP, UDP, ICMPv4, ICMPv6, a protocol number or Any",
        ),
        (
            json!({}),
            json!({"LocalPort": "ssh"}),
            json!({}),
            "PortFilters[0].LocalPort: `ssh` is not a port from 0 to 65535 or a range such as 8000-8010",
        ),
        (
            json!({}),
            json!({"Protocol": "ICMPv4", "IcmpType": "echo"}),
            json!({}),
            "PortFilters[0].IcmpType: `echo` is not an ICMP type such as 8, or type and code such as 3:4",
        ),
        (
            json!({}),
            json!({}),
            json!({"RemoteAddress": ["Mars"]}),
            "AddressFilters[0].RemoteAddress[0]: `Mars` is not an address, a block, a range or a keyword such as LocalSubnet",
        ),
        (
            json!({}),
            json!({}),
            json!({"RemoteAddress": "10.0.0.9-10.0.0.1"}),
            "AddressFilters[0].RemoteAddress: `10.0.0.9-10.0.0.1` runs backwards; write the lower end first",
        ),
    ] {
        assert_eq!(
            refusal(&one(&rule, &port, &address, &none).to_string()),
            expected
        );
    }
}

#[test]
fn rules_without_their_filters_are_refused() {
    let bare = json!([{"InstanceID": "r", "Direction": 1, "Action": 2}]).to_string();
    assert_eq!(
        refusal(&bare),
        "PortFilters: missing: rules without their filters and profiles say neither ports nor addresses; \
         collect all of them with the one command that the manual gives"
    );
}

#[test]
fn the_collection_command_asks_for_every_member_that_is_read() {
    let command = rulesets::windows::COLLECTION;
    let document: Value = serde_json::from_str(FIREWALL).unwrap();
    for (list, items) in document.as_object().unwrap() {
        assert!(command.contains(&format!("{list} = @(")), "{list}");
        for member in items[0].as_object().unwrap().keys() {
            assert!(command.contains(member.as_str()), "{list}.{member}");
        }
    }
}
