//! What the vendors make of commands: the answer that their API would give afterwards.

use rulesets::export::CloudList;
use serde_json::{Map, Value, json};

/// The answer after these commands. What no command can say, such as the vendor's own rules, is taken
/// from the answer before.
pub(crate) fn answer(before: &str, list: &CloudList, lines: &[String]) -> String {
    let run = lines.iter().filter(|line| !line.starts_with('#'));
    let run: Vec<Vec<String>> = run.map(|line| words(line)).collect();
    let partial = lines
        .first()
        .is_some_and(|line| line.starts_with("# other rules"));
    let tool: Vec<&str> = run.first().map_or_else(Vec::new, |words| {
        words.iter().take(3).map(String::as_str).collect()
    });
    let answer = match tool[..] {
        ["aws", "ec2", "create-network-acl-entry"] => aws_acl(before, list, &run),
        ["aws", ..] => aws_group(list, &run),
        ["az", ..] => azure(before, list, &run),
        ["gcloud", ..] => gcp(list, &run, partial),
        ["aliyun", ..] => alibaba(before, &run),
        ["tccli", "vpc", _] => tencent_acl(&run[0]),
        ["tccli", "lighthouse", _] => {
            json!({"FirewallRuleSet": json_of(&run[0], "--FirewallRules")})
        }
        // An ACL that has none but the vendor's own entries.
        [] => return before.to_owned(),
        _ => panic!("{tool:?}"),
    };
    answer.to_string()
}

pub(crate) fn words(line: &str) -> Vec<String> {
    shlex::split(line).unwrap_or_else(|| panic!("no shell reads {line}"))
}

fn flag<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let place = words.iter().position(|word| word == name)?;
    words.get(place + 1).map(String::as_str)
}

/// The value of a flag written `--name=value`.
fn joined<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let begin = format!("{name}=");
    words.iter().find_map(|word| word.strip_prefix(&begin))
}

/// The words behind a flag up to the next one.
fn several(words: &[String], name: &str) -> Vec<String> {
    let Some(place) = words.iter().position(|word| word == name) else {
        return Vec::new();
    };
    let rest = words[place + 1..].iter();
    rest.take_while(|word| !word.starts_with("--"))
        .cloned()
        .collect()
}

fn json_of(words: &[String], name: &str) -> Value {
    serde_json::from_str(flag(words, name).unwrap()).unwrap()
}

fn aws_group(list: &CloudList, run: &[Vec<String>]) -> Value {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    for words in run {
        assert_eq!(flag(words, "--group-id"), Some(list.id()));
        let own = json_of(words, "--ip-permissions");
        match words[2].as_str() {
            "authorize-security-group-ingress" => inbound.extend(own.as_array().unwrap().clone()),
            "authorize-security-group-egress" => outbound.extend(own.as_array().unwrap().clone()),
            other => panic!("{other}"),
        }
    }
    json!({"SecurityGroups": [{"GroupId": list.id(), "OwnerId": OWNER, "IpPermissions": inbound,
        "IpPermissionsEgress": outbound}]})
}

fn aws_acl(before: &str, list: &CloudList, run: &[Vec<String>]) -> Value {
    let entry = |words: &Vec<String>| {
        let mut entry = json!({"RuleNumber": flag(words, "--rule-number").unwrap(),
            "Protocol": flag(words, "--protocol").unwrap(), "RuleAction": flag(words, "--rule-action").unwrap(),
            "Egress": words.contains(&"--egress".to_owned())});
        assert!(words.contains(&"--egress".to_owned()) != words.contains(&"--ingress".to_owned()));
        for (name, member) in [
            ("--cidr-block", "CidrBlock"),
            ("--ipv6-cidr-block", "Ipv6CidrBlock"),
        ] {
            if let Some(block) = flag(words, name) {
                entry[member] = json!(block);
            }
        }
        for (name, member) in [
            ("--port-range", "PortRange"),
            ("--icmp-type-code", "IcmpTypeCode"),
        ] {
            if let Some(value) = flag(words, name) {
                let pairs = value.split(',').map(|pair| pair.split_once('=').unwrap());
                let pairs = pairs.map(|(name, value)| (name.to_owned(), json!(value)));
                entry[member] = Value::Object(pairs.collect());
            }
        }
        entry
    };
    let mut entries: Vec<Value> = run.iter().map(entry).collect();
    let before: Value = serde_json::from_str(before).unwrap();
    let acls = before.get("data").unwrap_or(&before)["NetworkAcls"]
        .as_array()
        .unwrap();
    let own = acls
        .iter()
        .find(|acl| acl["NetworkAclId"] == list.id())
        .unwrap();
    let own = own["Entries"].as_array().unwrap().iter();
    entries.extend(
        own.filter(|entry| entry["RuleNumber"].as_i64() >= Some(32767))
            .cloned(),
    );
    json!({"NetworkAcls": [{"NetworkAclId": list.id(), "Entries": entries}]})
}

fn azure(before: &str, list: &CloudList, run: &[Vec<String>]) -> Value {
    let rule = |words: &Vec<String>| {
        assert_eq!(flag(words, "--nsg-name"), Some(list.name()));
        let mut rule = json!({"name": flag(words, "--name"), "priority": flag(words, "--priority"),
            "direction": flag(words, "--direction"), "access": flag(words, "--access"),
            "protocol": flag(words, "--protocol"), "description": joined(words, "--description")});
        for (side, member) in [("source", "source"), ("destination", "destination")] {
            rule[format!("{member}AddressPrefixes")] =
                json!(several(words, &format!("--{side}-address-prefixes")));
            rule[format!("{member}PortRanges")] =
                json!(several(words, &format!("--{side}-port-ranges")));
            let groups = several(words, &format!("--{side}-asgs")).into_iter();
            let groups: Vec<Value> = groups.map(|id| json!({"id": id})).collect();
            rule[format!("{member}ApplicationSecurityGroups")] = json!(groups);
        }
        rule
    };
    let rules: Vec<Value> = run.iter().map(rule).collect();
    let mut group = json!({"id": list.id(), "name": list.name(), "securityRules": rules});
    let before: Value = serde_json::from_str(before).unwrap();
    let objects = before.get("value").unwrap_or(&before);
    let objects = objects
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![before.clone()]);
    let own = objects.iter().find(|object| {
        object["id"]
            .as_str()
            .is_none_or(|id| id.eq_ignore_ascii_case(list.id()))
    });
    let own = own.unwrap();
    let inner = own.get("properties").unwrap_or(own);
    if let Some(defaults) = inner.get("defaultSecurityRules") {
        group["defaultSecurityRules"] = defaults.clone();
    }
    json!([group])
}

fn gcp(list: &CloudList, run: &[Vec<String>], partial: bool) -> Value {
    let rule = |words: &Vec<String>| {
        let split =
            |name: &str| joined(words, name).map(|value| value.split(',').collect::<Vec<_>>());
        let services = split("--rules").unwrap().into_iter();
        let services: Vec<Value> = services
            .map(|one| match one.split_once(':') {
                Some((protocol, port)) => json!({"IPProtocol": protocol, "ports": [port]}),
                None => json!({"IPProtocol": one}),
            })
            .collect();
        let action = match joined(words, "--action").unwrap() {
            "ALLOW" => "allowed",
            _ => "denied",
        };
        assert!(
            list.id()
                .ends_with(&format!("/{}", joined(words, "--network").unwrap()))
        );
        let priority: u32 = joined(words, "--priority").unwrap().parse().unwrap();
        json!({"kind": "compute#firewall", "name": words[4], "network": list.id(), action: services,
            "direction": joined(words, "--direction"), "priority": priority,
            "sourceRanges": split("--source-ranges"), "sourceTags": split("--source-tags"),
            "sourceServiceAccounts": split("--source-service-accounts"),
            "destinationRanges": split("--destination-ranges"), "targetTags": split("--target-tags"),
            "targetServiceAccounts": split("--target-service-accounts"),
            "disabled": words.contains(&"--disabled".to_owned()),
            "description": joined(words, "--description")})
    };
    let rules: Vec<Value> = run.iter().map(rule).collect();
    if partial {
        json!({"items": rules, "nextPageToken": "more"})
    } else {
        json!(rules)
    }
}

fn alibaba(before: &str, run: &[Vec<String>]) -> Value {
    let rule = |words: &Vec<String>| {
        let mut rule = Map::new();
        for word in words {
            if let Some(pair) = word.strip_prefix("--Permissions.1.") {
                let (name, value) = pair.split_once('=').unwrap();
                rule.insert(name.to_owned(), json!(value));
            }
        }
        let way = match words[2].as_str() {
            "AuthorizeSecurityGroup" => "ingress",
            "AuthorizeSecurityGroupEgress" => "egress",
            other => panic!("{other}"),
        };
        rule.insert("Direction".to_owned(), json!(way));
        Value::Object(rule)
    };
    let rules: Vec<Value> = run.iter().map(rule).collect();
    let mut answer: Value = serde_json::from_str(before).unwrap();
    answer["Permissions"] = json!({"Permission": rules});
    answer
}

fn tencent_acl(words: &[String]) -> Value {
    let id = flag(words, "--NetworkAclId").unwrap();
    if words[2] == "ModifyNetworkAclEntries" {
        let set = json_of(words, "--NetworkAclEntrySet");
        return json!({"NetworkAclSet": [{"NetworkAclId": id, "IngressEntries": set["Ingress"],
            "EgressEntries": set["Egress"]}]});
    }
    let set = json_of(words, "--NetworkAclQuintupleSet");
    let way = |name: &str, word: &str| {
        let own = set[name]
            .as_array()
            .cloned()
            .unwrap_or_default()
            .into_iter();
        let own = own.map(|mut entry| {
            entry["NetworkAclDirection"] = json!(word);
            entry
        });
        own.collect::<Vec<Value>>()
    };
    let all = [way("Ingress", "INGRESS"), way("Egress", "EGRESS")].concat();
    json!({"NetworkAclQuintupleSet": all})
}

/// The account of the groups in the documents of these tests.
const OWNER: &str = "1";
