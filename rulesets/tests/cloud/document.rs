use crate::aws::aws;
use crate::render::{refusal, rules};
use rulesets::Direction;
use serde_json::json;

fn groups(ids: &[&str]) -> String {
    let group = |id: &&str| {
        json!({"GroupId": id, "GroupName": "name", "IpPermissionsEgress": [], "IpPermissions": [
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "ours"}]},
        ]})
    };
    json!({"SecurityGroups": ids.iter().map(group).collect::<Vec<_>>()}).to_string()
}

#[test]
fn lists_that_combine_are_read_one_after_the_other() {
    let document = aws(&groups(&["sg-1", "sg-2"]));
    let layer = document.layer(&["sg-2", "sg-1"], None).unwrap();
    let sets: Vec<&str> = layer.inbound.iter().map(|chain| &*chain.set).collect();
    assert_eq!(sets, ["sg-2", "sg-1"]);
    assert_eq!(rules(&layer, Direction::Inbound).len(), 2);
    assert_eq!(layer.inbound[0].rules[0].description, "ours");
}

#[test]
fn a_list_that_is_not_there_is_refused_with_those_that_are() {
    let document = aws(&groups(&["sg-1", "sg-2"]));
    let said = |ids: &[&str]| document.layer(ids, None).unwrap_err().to_string();
    assert_eq!(
        said(&["sg-3"]),
        "no rule list `sg-3` here; choose from sg-1, sg-2"
    );
    assert_eq!(said(&[]), "no rule list named; choose from sg-1, sg-2");
    let acl = |id: &str| json!({"NetworkAclId": id, "Entries": []});
    let acls = aws(&json!({"NetworkAcls": [acl("acl-1"), acl("acl-2")]}).to_string());
    assert_eq!(
        acls.layer(&["acl-1", "acl-2"], None)
            .unwrap_err()
            .to_string(),
        "`acl-1` and `acl-2` are not one layer; ask for each alone"
    );
}

#[test]
fn an_instance_meets_the_acl_of_its_subnet_and_its_own_groups() {
    let interface = |id: &str, address: &str, groups: &[&str]| {
        let groups: Vec<_> = groups.iter().map(|id| json!({"GroupId": id})).collect();
        json!({"NetworkInterfaceId": id, "PrivateIpAddress": address, "SubnetId": "subnet-1",
               "Groups": groups, "Attachment": {"InstanceId": "i-1"}})
    };
    let mut document = aws(&groups(&["sg-1", "sg-2"]));
    let acl = json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [],
                                      "Associations": [{"SubnetId": "subnet-1"}]}]});
    document.extend(aws(&acl.to_string()));
    let interfaces = [
        interface("eni-1", "10.0.0.1", &["sg-1", "sg-2"]),
        interface("eni-2", "10.0.0.2", &["sg-9"]),
    ];
    document.extend(aws(&json!({"NetworkInterfaces": interfaces}).to_string()));
    let layers = document.layers_of("10.0.0.1").unwrap();
    let kinds: Vec<&str> = layers.iter().map(|layer| layer.kind.name()).collect();
    assert_eq!(kinds, ["network_acl", "security_group"]);
    assert_eq!(layers[1].inbound.len(), 2);
    let said = |id: &str| document.layers_of(id).unwrap_err().to_string();
    assert_eq!(
        said("i-1"),
        "`i-1` has several interfaces (`eni-1`, `eni-2`); name one, or its address"
    );
    assert_eq!(
        said("eni-2"),
        "no rule list `sg-9` here; choose from sg-1, sg-2, acl-1"
    );
    assert_eq!(
        said("i-7"),
        "no instance `i-7` in the documents; give the answer that describes it"
    );
}

#[test]
fn a_later_document_replaces_a_list_and_adds_to_a_set() {
    let mut document = aws(&groups(&["sg-1"]));
    document.extend(aws(&groups(&["sg-1", "sg-2"])));
    assert_eq!(document.lists.len(), 2);
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.1"] {
        let entries = json!({"PrefixListId": "pl-1", "Entries": [{"Cidr": address}]});
        document.extend(aws(&entries.to_string()));
    }
    let set = document.sets.iter().find(|set| set.name == "pl-1").unwrap();
    assert_eq!(set.elements.len(), 2);
}

#[test]
fn what_is_no_document_of_ours_is_refused_in_one_line() {
    for (text, beginning) in [
        (
            "",
            "not JSON: EOF while parsing a value at line 1 column 0; give the answer whole, as JSON",
        ),
        (
            "7",
            "a number is none of the documents read here; give the rules as",
        ),
        ("[]", "a list is none of the documents read here"),
        ("{}", "an empty object is none of the documents read here"),
        (
            r#"{"Subnets": []}"#,
            "an object of Subnets is none of the documents read here",
        ),
        (r#"{"\u001b[31m": 1}"#, r"an object of \u{1b}[31m is none"),
        (
            r#"{"SecurityGroups": [], "SecurityGroups": []}"#,
            "not JSON: `SecurityGroups` is there twice in one object",
        ),
    ] {
        let said = refusal(text);
        assert!(said.starts_with(beginning), "{said}");
    }
    let large = format!("\"{}\"", "x".repeat(100_000_000));
    assert_eq!(
        refusal(&large),
        "larger than 100 MB; ask for fewer objects at a time"
    );
}
