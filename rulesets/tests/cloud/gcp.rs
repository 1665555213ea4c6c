use crate::render::{document, refusal, rules, steps};
use rulesets::{CloudFormat, Direction, Document};
use serde_json::{Value, json};

const LIST: &str = include_str!("../data/gcp/firewalls.json");
const ONE: &str = include_str!("../data/gcp/firewall.json");
pub(crate) const NETWORK: &str =
    "https://www.googleapis.com/compute/v1/projects/p/global/networks/default";

pub(crate) fn gcp(text: &str) -> Document {
    document(CloudFormat::Gcp, text)
}

/// A rule that allows tcp 22 from everywhere, with some members changed.
pub(crate) fn rule(changes: &Value) -> Value {
    let mut rule = json!({
        "kind": "compute#firewall", "name": "ssh", "network": NETWORK, "priority": 1000,
        "direction": "INGRESS", "allowed": [{"IPProtocol": "tcp", "ports": ["22"]}], "disabled": false,
    });
    for (name, value) in changes.as_object().unwrap() {
        rule[name] = value.clone();
    }
    rule
}

pub(crate) fn instance(name: &str, address: &str, tags: &[&str]) -> Value {
    json!({
        "kind": "compute#instance", "name": name, "tags": {"items": tags},
        "selfLink": format!("https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/{name}"),
        "serviceAccounts": [{"email": format!("{name}@example.test")}],
        "networkInterfaces": [{"network": NETWORK, "networkIP": address,
            "accessConfigs": [{"natIP": "198.51.100.9"}]}],
    })
}

fn inbound(rules: &Value) -> Vec<String> {
    let layer = gcp(&rules.to_string()).layer(&["default"], None).unwrap();
    steps(&layer, Direction::Inbound)
}

#[test]
fn rules_are_read_by_priority_and_a_deny_first_among_equals() {
    let list = json!([
        rule(&json!({"name": "b-allow", "priority": 10})),
        rule(&json!({"name": "late", "priority": 65535})),
        rule(&json!({"name": "off", "priority": 5, "disabled": true})),
        rule(
            &json!({"name": "c-deny", "priority": 10, "allowed": null, "denied": [{"IPProtocol": "all"}]})
        ),
        rule(
            &json!({"name": "out", "direction": "EGRESS", "denied": [{"IPProtocol": "udp"}], "allowed": null})
        ),
    ]);
    let layer = gcp(&list.to_string()).layer(&["default"], None).unwrap();
    assert_eq!(
        rules(&layer, Direction::Inbound),
        [
            "1 10 c-deny deny all from 0.0.0.0/0",
            "2 10 b-allow allow tcp:22 from 0.0.0.0/0",
            "3 65535 late allow tcp:22 from 0.0.0.0/0",
        ]
    );
    assert_eq!(
        steps(&layer, Direction::Outbound),
        ["(protocol 17); family 2; drop"]
    );
    assert_eq!(
        layer.inbound_fallback.verdict,
        rulesets::program::Verdict::Drop
    );
    assert_eq!(
        layer.outbound_fallback.verdict,
        rulesets::program::Verdict::Accept
    );
}

#[test]
fn recorded_answers_are_read() {
    let list = gcp(LIST);
    assert_eq!(
        list.lists[0].id,
        "projects/cloud-custodian/global/networks/default"
    );
    assert_eq!(
        rules(&list.lists[0].layer, Direction::Inbound),
        ["0 1000 test allow tcp:22,21-25 from 1.1.1.1 on the tag `oldtag`"]
    );
    let one = gcp(ONE);
    assert_eq!(
        steps(&one.lists[0].layer, Direction::Inbound)[0],
        "opaque the other rules of the network"
    );
    assert!(one.remarks[0].contains("firewall-rules list"));
}

#[test]
fn services_and_ends_mean_what_the_vendor_says() {
    for (changes, expected) in [
        (
            json!({"allowed": [{"IPProtocol": "all"}]}),
            "family 2; accept",
        ),
        (
            json!({"allowed": [{"IPProtocol": "tcp", "ports": ["22", "80-90"]}, {"IPProtocol": "icmp"}]}),
            "(protocol 6 & dport 22,80-90 | protocol 1); family 2; accept",
        ),
        (
            json!({"allowed": [{"IPProtocol": "132", "ports": ["9"]}]}),
            "(protocol 132 & dport 9); family 2; accept",
        ),
        (
            json!({"sourceRanges": ["10.0.0.0/8", "::/0"]}),
            "(protocol 6 & dport 22); (from4 10.0.0.0-10.255.255.255 | family 10); accept",
        ),
        (
            json!({"sourceRanges": ["0.0.0.0/0", "::/0"]}),
            "(protocol 6 & dport 22); accept",
        ),
        (
            json!({"sourceTags": ["web"], "sourceRanges": ["192.0.2.1"]}),
            "(protocol 6 & dport 22); (from4 192.0.2.1 | from4 in tag:web in projects/p/global/networks/default | from6 in tag:web in projects/p/global/networks/default (IPv6)); accept",
        ),
        (
            json!({"destinationRanges": ["10.0.0.4"]}),
            "(protocol 6 & dport 22); family 2; to4 10.0.0.4; accept",
        ),
    ] {
        assert_eq!(inbound(&json!([rule(&changes)])), [expected], "{changes}");
    }
}

#[test]
fn a_rule_for_tagged_instances_waits_for_the_instance() {
    let list = json!([rule(&json!({"targetTags": ["web", "db"]}))]).to_string();
    let mut all = gcp(&list);
    let open = all.layer(&["default"], None).unwrap();
    assert_eq!(
        steps(&open, Direction::Inbound),
        [
            "Reference? the instance has the tag `web` or the tag `db`: give `gcloud compute instances \
          describe --format=json` of it; (protocol 6 & dport 22); family 2; accept"
        ]
    );
    all.extend(gcp(&json!([
        instance("a", "10.0.0.1", &["web"]),
        instance("b", "10.0.0.2", &[])
    ])
    .to_string()));
    let tagged = all.layer(&["default"], Some("a")).unwrap();
    assert_eq!(
        steps(&tagged, Direction::Inbound),
        ["(); (protocol 6 & dport 22); family 2; accept"]
    );
    let bare = all.layers_of("b").unwrap();
    assert!(format!("{:?}", bare[0].inbound[0].rules[0].steps[0]).contains("AnyOf([])"));
}

#[test]
fn instances_are_the_members_of_their_tags_and_accounts() {
    let list = json!([
        rule(&json!({"sourceTags": ["web"]})),
        rule(&json!({"name": "two", "sourceServiceAccounts": ["a@example.test"]})),
        rule(&json!({"name": "three", "sourceTags": ["nobody"]})),
    ]);
    let whole = json!([
        instance("a", "10.0.0.1", &["web"]),
        instance("b", "10.0.0.2", &["web"])
    ]);
    let sizes = |inventory: &Value| {
        let mut all = gcp(&list.to_string());
        all.extend(gcp(&inventory.to_string()));
        let sets = all.layer(&["default"], None).unwrap().sets;
        let of = |set: &rulesets::program::NamedSet| {
            (set.name.clone(), set.elements.len(), set.incomplete)
        };
        sets.iter()
            .map(of)
            .filter(|(name, ..)| !name.ends_with("(IPv6)"))
            .collect::<Vec<_>>()
    };
    let name = |short: &str| format!("{short} in projects/p/global/networks/default");
    assert_eq!(
        sizes(&whole),
        [
            (name("account:a@example.test"), 1, false),
            (name("tag:nobody"), 0, false),
            (name("tag:web"), 2, false),
        ]
    );
    assert_eq!(
        sizes(&instance("a", "10.0.0.1", &["web"])),
        [
            (name("account:a@example.test"), 1, true),
            (name("tag:web"), 1, true)
        ]
    );
}

#[test]
fn a_member_that_cannot_be_read_is_named() {
    for (changes, expected) in [
        (
            json!({"direction": "IN"}),
            "direction: `IN` is not INGRESS or EGRESS",
        ),
        (
            json!({"denied": [{"IPProtocol": "all"}]}),
            "names both allowed and denied; a rule has one of them",
        ),
        (
            json!({"allowed": []}),
            "allowed: missing; expected what the rule allows, or `denied` with what it denies, give the vendor's answer unabridged",
        ),
        (
            json!({"allowed": [{"IPProtocol": "xyz"}]}),
            "allowed[0].IPProtocol: `xyz` is not a protocol: tcp, udp, icmp, esp, ah, ipip, sctp, a number or all",
        ),
        (
            json!({"allowed": [{"IPProtocol": "tcp", "ports": [22]}]}),
            "allowed[0].ports[0]: expected text, found a number",
        ),
        (
            json!({"allowed": [{"IPProtocol": "tcp", "ports": ["9-1"]}]}),
            "allowed[0].ports[0]: `9-1` runs backwards; write the lower end first",
        ),
        (
            json!({"allowed": [{"IPProtocol": "icmp", "ports": ["9"]}]}),
            "allowed[0].IPProtocol: missing; expected a protocol with ports, since `ports` is given, give the vendor's answer unabridged",
        ),
        (
            json!({"sourceRanges": ["example.test"]}),
            "sourceRanges[0]: `example.test` is not an address or a CIDR block",
        ),
        (
            json!({"priority": 1.5}),
            "priority: `1.5` is not a whole number",
        ),
    ] {
        let said = refusal(&json!([rule(&changes)]).to_string());
        let place = if expected.starts_with("names") {
            "[0]: "
        } else {
            "[0]."
        };
        assert_eq!(said, format!("{place}{expected}"), "{changes}");
    }
    let gone = json!({"error": {"code": 404, "errors": [{"reason": "notFound"}]}}).to_string();
    assert!(refusal(&gone).contains("`404 notFound`"));
    let operation = json!({"kind": "compute#operation", "id": "1"}).to_string();
    assert!(
        refusal(&operation).starts_with("an object of id, kind is none of the documents read here")
    );
}
