//! What counts towards a provider's quota of rules.

use crate::aws::aws;
use crate::azure::{azure, group, rule};
use rulesets::{Direction, Document, Family, read_cloud};
use serde_json::json;

/// Used and left of the quota of a list's inbound rules.
fn room(document: &Document, id: &str, family: Family) -> Option<(usize, usize)> {
    let layer = document.layer(&[id], None).unwrap();
    let set = &layer.inbound[0].set;
    let room = layer.room_in(set, Direction::Inbound, family)?;
    assert!(room.source.contains("20") && room.used + room.left == room.most);
    Some((room.used, room.left))
}

#[test]
fn each_family_of_an_aws_group_has_a_quota_of_its_own() {
    let permission = json!({
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
        "IpRanges": [{"CidrIp": "192.0.2.0/24"}, {"CidrIp": "0.0.0.0/0"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "123456789012"}],
    });
    let group = json!({"SecurityGroups": [{
        "GroupId": "sg-1", "GroupName": "web", "OwnerId": "123456789012",
        "IpPermissions": [permission], "IpPermissionsEgress": [],
    }]});
    let document = aws(&group.to_string());
    assert_eq!(room(&document, "sg-1", Family::V4), Some((3, 57)));
    assert_eq!(room(&document, "sg-1", Family::V6), Some((2, 58)));
    let layer = document.layer(&["sg-1"], None).unwrap();
    let groups = layer.room_for_groups(Direction::Inbound).unwrap();
    assert_eq!((groups.used, groups.left), (1, 4));
}

#[test]
fn the_last_entry_of_an_aws_acl_counts_too() {
    let entry = |number: u32, action: &str, block: (&str, &str)| {
        json!({"RuleNumber": number, "Protocol": "-1", "RuleAction": action, "Egress": false,
               block.0: block.1})
    };
    let acl = json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [
        entry(100, "allow", ("CidrBlock", "0.0.0.0/0")),
        entry(101, "allow", ("Ipv6CidrBlock", "2001:db8::/32")),
        entry(102, "allow", ("Ipv6CidrBlock", "2001:db9::/32")),
        entry(32767, "deny", ("CidrBlock", "0.0.0.0/0")),
        entry(32768, "deny", ("Ipv6CidrBlock", "::/0")),
    ]}]});
    let document = aws(&acl.to_string());
    assert_eq!(room(&document, "acl-1", Family::V4), Some((2, 18)));
    assert_eq!(room(&document, "acl-1", Family::V6), Some((3, 17)));
    let layer = document.layer(&["acl-1"], None).unwrap();
    assert_eq!(layer.room_for_groups(Direction::Inbound), None);
}

#[test]
fn an_azure_group_counts_both_directions_and_no_default_rule() {
    let rules = json!([
        rule(&json!({"name": "in", "priority": 100})),
        rule(&json!({"name": "last", "priority": 4096})),
        rule(&json!({"name": "out", "priority": 100, "direction": "Outbound"})),
    ]);
    let document = azure(&group(&rules).to_string());
    assert_eq!(room(&document, "nsg", Family::V4), Some((3, 997)));
}

#[test]
fn where_no_figure_is_documented_none_is_made_up() {
    let text = include_str!("../data/gcp/firewalls.json");
    let (_, document) = read_cloud(text).unwrap();
    assert_eq!(room(&document, "default", Family::V4), None);
}
