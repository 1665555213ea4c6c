use crate::render::{document, refusal, rules, steps};
use rulesets::{CloudFormat, Direction, Document, LayerKind};
use serde_json::{Value, json};

const GROUP: &str = include_str!("../data/azure/network-security-group.json");
const LIST: &str = include_str!("../data/azure/recorded-list.json");

pub(crate) fn azure(text: &str) -> Document {
    document(CloudFormat::Azure, text)
}

/// A group of the command line's shape with these rules.
pub(crate) fn group(rules: &Value) -> Value {
    json!({
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg",
        "name": "nsg", "securityRules": rules,
        "subnets": [{"id": "/subscriptions/s/subnets/One"}],
    })
}

/// A rule that allows tcp 22 from everywhere, with some members changed.
pub(crate) fn rule(changes: &Value) -> Value {
    let mut rule = json!({
        "name": "ssh", "priority": 300, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
        "sourcePortRange": "*", "destinationPortRange": "22", "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*", "sourcePortRanges": [], "destinationPortRanges": [],
        "sourceAddressPrefixes": [], "destinationAddressPrefixes": [],
    });
    rule.as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    rule
}

#[test]
fn rules_of_the_api_and_default_rules_are_read_by_priority() {
    let group = azure(GROUP);
    let layer = group.layer(&["testNsg"], None).unwrap();
    assert_eq!(
        (layer.kind, layer.stateful),
        (LayerKind::SecurityGroup, true)
    );
    assert_eq!(
        rules(&layer, Direction::Inbound),
        [
            "0 100 AllowCidrBlockSSHInbound Allow TCP 22-23,80,8080 from 10.0.0.0/24 to *",
            "1 101 AllowCidrBlockSSHInbound Allow TCP 22-23,80,8080 from 10.0.0.0/24 to *",
            "2 65000 AllowVnetInBound Allow * from VirtualNetwork to VirtualNetwork",
            "3 65001 AllowAzureLoadBalancerInBound Allow * from AzureLoadBalancer to *",
            "4 65500 DenyAllInBound Deny * from * to *",
        ]
    );
    assert_eq!(
        steps(&layer, Direction::Inbound)[1..],
        [
            "protocol 6; dport 22-23,80,8080; from4 10.0.0.0-10.0.0.255; accept",
            "(from4 in tag:virtualnetwork | from6 in tag:virtualnetwork (IPv6)); accept",
            "from4 168.63.129.16; accept",
            "drop",
        ]
    );
}

#[test]
fn a_list_of_the_api_holds_every_group() {
    let list = azure(LIST);
    assert!(!list.lists.is_empty());
    for one in &list.lists {
        let layer = list.layer(&[&one.id], None).unwrap();
        assert_eq!(
            rules(&layer, Direction::Outbound)
                .last()
                .unwrap()
                .split(' ')
                .nth(2),
            Some("DenyAllOutBound")
        );
    }
}

#[test]
fn a_group_without_its_default_rules_gets_those_that_every_group_has() {
    let layer = azure(&group(&json!([])).to_string())
        .layer(&["nsg"], None)
        .unwrap();
    assert_eq!(
        rules(&layer, Direction::Outbound),
        [
            "0 65000 AllowVnetOutBound Allow * from VirtualNetwork to VirtualNetwork",
            "1 65001 AllowInternetOutBound Allow * from * to Internet",
            "2 65500 DenyAllOutBound Deny * from * to *",
        ]
    );
}

#[test]
fn the_ends_and_services_of_a_rule_mean_what_the_vendor_says() {
    for (changes, expected) in [
        (json!({}), "protocol 6; dport 22; accept"),
        (
            json!({"access": "deny", "protocol": "*", "destinationPortRange": "*"}),
            "drop",
        ),
        (
            json!({"protocol": "Udp", "sourcePortRange": "53", "destinationPortRanges": ["1-2", "9"], "destinationPortRange": ""}),
            "protocol 17; sport 53; dport 1-2,9; accept",
        ),
        (
            json!({"protocol": "Esp", "destinationPortRange": "*"}),
            "protocol 50; accept",
        ),
        (
            json!({"protocol": "Icmp", "destinationPortRange": "*"}),
            "(protocol 1 | protocol 58 & Unsupported? the rule's protocol `Icmp` covers ICMPv6); accept",
        ),
        (
            json!({"sourceAddressPrefix": "", "sourceAddressPrefixes": ["10.0.0.1", "2001:db8::/32"]}),
            "protocol 6; dport 22; (from4 10.0.0.1 | from6 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff); accept",
        ),
        (
            json!({"sourceAddressPrefix": "Storage.WestEurope"}),
            "protocol 6; dport 22; (from4 in tag:storage.westeurope | from6 in tag:storage.westeurope (IPv6)); accept",
        ),
        (
            json!({"sourceAddressPrefix": null, "sourceApplicationSecurityGroups": [{"id": "/subscriptions/S/asg/Web"}]}),
            "protocol 6; dport 22; (from4 in /subscriptions/s/asg/web | from6 in /subscriptions/s/asg/web (IPv6)); accept",
        ),
        (
            json!({"destinationAddressPrefix": "10.0.0.4/32"}),
            "protocol 6; dport 22; to4 10.0.0.4; accept",
        ),
        (
            json!({"destinationAddressPrefix": "VirtualNetwork"}),
            "protocol 6; dport 22; accept",
        ),
    ] {
        let text = group(&json!([rule(&changes)])).to_string();
        let layer = azure(&text).layer(&["nsg"], None).unwrap();
        assert_eq!(steps(&layer, Direction::Inbound)[0], expected, "{changes}");
    }
}

#[test]
fn a_virtual_network_tells_what_is_inside_and_what_is_the_internet() {
    let network = json!({
        "id": "/subscriptions/s/vnet", "addressSpace": {"addressPrefixes": ["10.1.0.0/16", "20.0.0.0/24"]},
        "virtualNetworkPeerings": [{"remoteAddressSpace": {"addressPrefixes": ["10.2.0.0/16"]}}],
    });
    let mut all = azure(&group(&json!([])).to_string());
    all.extend(azure(&network.to_string()));
    let layer = all.layer(&["nsg"], None).unwrap();
    let set = |name: &str| layer.sets.iter().find(|set| set.name == name).unwrap();
    let holds = |name: &str, address: [u8; 4]| {
        let number = u128::from(u32::from_be_bytes(address));
        set(name)
            .elements
            .iter()
            .any(|(element, _)| match element.0[0] {
                rulesets::program::Part::Span { first, last } => (first..=last).contains(&number),
                _ => false,
            })
    };
    assert!(
        holds("tag:virtualnetwork", [10, 1, 2, 3]) && holds("tag:virtualnetwork", [10, 2, 2, 3])
    );
    assert!(set("tag:virtualnetwork").incomplete && set("tag:internet").incomplete);
    for (address, public) in [
        ([8, 8, 8, 8], true),
        ([20, 0, 1, 0], true),
        ([20, 0, 0, 9], false),
        ([10, 9, 9, 9], false),
        ([168, 63, 129, 16], false),
        ([224, 0, 0, 1], false),
        ([223, 255, 255, 255], true),
    ] {
        assert_eq!(holds("tag:internet", address), public, "{address:?}");
    }
}

#[test]
fn interfaces_and_service_tags_give_members() {
    let interfaces = json!([{
        "id": "/subscriptions/s/nic/One", "name": "one",
        "networkSecurityGroup": {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg"},
        "virtualMachine": {"id": "/subscriptions/s/virtualMachines/web-1"},
        "ipConfigurations": [{"privateIPAddress": "10.1.0.4", "subnet": {"id": "/subscriptions/s/subnets/one"},
            "applicationSecurityGroups": [{"id": "/subscriptions/S/asg/Web"}]}],
    }]);
    let tags = json!({"name": "Public", "values": [
        {"name": "Storage", "properties": {"addressPrefixes": ["20.1.0.0/16", "2603:1000::/32"]}},
    ]});
    let rules = json!([
        rule(
            &json!({"sourceAddressPrefix": null, "sourceApplicationSecurityGroups": [{"id": "/subscriptions/s/asg/web"}]})
        ),
        rule(&json!({"priority": 301, "sourceAddressPrefix": "storage"})),
    ]);
    let mut all = azure(&group(&rules).to_string());
    all.extend(azure(&interfaces.to_string()));
    all.extend(azure(&tags.to_string()));
    let layers = all.layers_of("web-1").unwrap();
    assert_eq!(
        layers.len(),
        1,
        "bound to the interface and its subnet at once"
    );
    let sizes: Vec<(&str, usize)> = layers[0]
        .sets
        .iter()
        .map(|set| (&*set.name, set.elements.len()))
        .collect();
    assert_eq!(
        sizes,
        [
            ("/subscriptions/s/asg/web", 1),
            ("/subscriptions/s/asg/web (IPv6)", 0),
            ("tag:storage", 1),
            ("tag:storage (IPv6)", 1),
        ]
    );
}

#[test]
fn a_member_that_cannot_be_read_is_named() {
    for (changes, expected) in [
        (
            json!({"access": "Maybe"}),
            "access: `Maybe` is not Allow or Deny",
        ),
        (
            json!({"priority": null}),
            "priority: missing; expected the number that orders the rules, give the vendor's answer unabridged",
        ),
        (
            json!({"protocol": "Sctp"}),
            "protocol: `Sctp` is not Tcp, Udp, Icmp, Esp, Ah or *",
        ),
        (
            json!({"destinationPortRange": "x"}),
            "destinationPortRange: `x` is not a port from 0 to 65535 or a range such as 8000-8010",
        ),
        (
            json!({"destinationPortRange": null}),
            "destinationPortRange: missing; expected a port, a range or `*`, give the vendor's answer unabridged",
        ),
        (
            json!({"sourceAddressPrefixes": ["10.0.0.0/99"]}),
            "sourceAddressPrefixes[0]: `10.0.0.0/99` is not an address, a CIDR block, a service tag or `*`",
        ),
    ] {
        let text = group(&json!([rule(&changes)])).to_string();
        assert_eq!(
            refusal(&text),
            format!("securityRules[0].{expected}"),
            "{changes}"
        );
    }
    let twice = group(&json!([rule(&json!({})), rule(&json!({"name": "other"}))])).to_string();
    assert_eq!(
        refusal(&twice),
        "securityRules[1].priority: `300` is there twice; give each once"
    );
    let error = json!({"error": {"code": "AuthorizationFailed", "message": "no"}}).to_string();
    assert!(refusal(&error).contains("`AuthorizationFailed`"));
}
