//! Finds the lists in the vendors' documents.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::value::{items, text};
use super::{CloudList, Maker, Part};
use crate::azure;
use crate::book::{Book, BookError, stem};
use crate::cloud::CloudFormat;
use crate::gcp;
use crate::host::{NamedText, listing_kind};
use crate::json_document::read_json;
use crate::tencent::answers;
use crate::text::shown;
use serde_json::{Map, Value, json};

/// The rule lists of clouds that these texts hold, in the order read, without the security groups of
/// Tencent Cloud, which [`Book::account`] has. The texts are read first as [`Book::read`] does, and are
/// wrong where they are wrong there.
pub fn cloud_lists(texts: &[NamedText<'_>]) -> Result<Vec<CloudList>, BookError> {
    Book::read(texts)?;
    let mut lists = Vec::new();
    for one in texts {
        let begins = one.text.trim_start_matches('\u{feff}').trim_start();
        if listing_kind(one.text).is_some() || !begins.starts_with(['{', '[']) {
            continue;
        }
        let value = read_json(one.text).ok();
        let format = value.as_ref().and_then(CloudFormat::of);
        if let (Some(value), Some(format)) = (value, format) {
            formatted(&value, format, &mut lists);
            continue;
        }
        for (id, answer) in answers(one.text, &stem(one.name)).unwrap_or_default() {
            let answer = answer.get("Response").unwrap_or(&answer);
            for list in alibaba(answer).into_iter().chain(tencent(answer, &id)) {
                add(&mut lists, list);
            }
        }
    }
    // A listing of groups without rules is no list.
    lists.retain(|list| list.maker != Maker::Alibaba || list.body.get("Permissions").is_some());
    Ok(lists)
}

fn formatted(document: &Value, format: CloudFormat, lists: &mut Vec<CloudList>) {
    match format {
        CloudFormat::Aws => aws(document, lists),
        CloudFormat::Azure => azure_groups(document, lists),
        CloudFormat::Gcp => gcp_networks(document, lists),
        CloudFormat::Windows => {}
    }
}

fn aws(document: &Value, lists: &mut Vec<CloudList>) {
    let answer = match (document.get("status_code"), document.get("data")) {
        (Some(_), Some(data)) => data,
        _ => document,
    };
    let part = part(answer, "NextToken");
    let named = |maker, item: &Value, id: &str, name: &str| CloudList {
        id: text(item, id).unwrap_or_default().to_owned(),
        name: text(item, name).unwrap_or_default().to_owned(),
        maker,
        part: part.clone(),
        body: item.clone(),
    };
    if answer.get("SecurityGroups").is_some_and(Value::is_array) {
        let groups = items(answer, "SecurityGroups").iter();
        lists.extend(groups.map(|item| named(Maker::AwsGroup, item, "GroupId", "GroupName")));
    } else if answer
        .get("SecurityGroupRules")
        .is_some_and(Value::is_array)
    {
        let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
        for rule in items(answer, "SecurityGroupRules") {
            let id = text(rule, "GroupId").unwrap_or_default();
            match groups.iter_mut().find(|(own, _)| *own == id) {
                Some((_, rules)) => rules.push(rule.clone()),
                None => groups.push((id, vec![rule.clone()])),
            }
        }
        for (id, rules) in groups {
            let body = json!({"GroupId": id, "SecurityGroupRules": rules});
            lists.push(named(Maker::AwsGroup, &body, "GroupId", "GroupName"));
        }
    } else {
        let acls = items(answer, "NetworkAcls").iter();
        lists.extend(acls.map(|item| named(Maker::AwsAcl, item, "NetworkAclId", "")));
    }
}

fn azure_groups(document: &Value, lists: &mut Vec<CloudList>) {
    for object in azure::objects(document) {
        if !azure::is_group(object) {
            continue;
        }
        let id = text(object, "id");
        let last = id.and_then(|id| id.rsplit('/').next());
        let name = text(object, "name").or(last).unwrap_or_default();
        lists.push(CloudList {
            id: id.map_or_else(
                || shown(name, 80),
                |id| shown(&id.to_ascii_lowercase(), 300),
            ),
            name: name.to_owned(),
            maker: Maker::Azure,
            part: part(document, "nextLink"),
            body: object.clone(),
        });
    }
}

/// The rules of each network.
fn gcp_networks(document: &Value, lists: &mut Vec<CloudList>) {
    let listed = document.is_array() || document.get("items").is_some();
    let part = if listed {
        part(document, "nextPageToken")
    } else {
        Part::One
    };
    let mut networks: Vec<(String, Vec<Value>)> = Vec::new();
    for object in gcp::objects(document) {
        let rules = object.get("allowed").is_some() || object.get("denied").is_some();
        let Some(network) = text(object, "network").filter(|_| rules) else {
            continue;
        };
        let network = gcp::resource(network);
        match networks.iter_mut().find(|(own, _)| *own == network) {
            Some((_, rules)) => rules.push(object.clone()),
            None => networks.push((network, vec![object.clone()])),
        }
    }
    for (network, rules) in networks {
        lists.push(CloudList {
            name: network.rsplit('/').next().unwrap_or(&network).to_owned(),
            id: network,
            maker: Maker::Gcp,
            part: part.clone(),
            body: Value::Array(rules),
        });
    }
}

fn alibaba(answer: &Value) -> Vec<CloudList> {
    let list = |body: &Value| CloudList {
        id: text(body, "SecurityGroupId").unwrap_or_default().to_owned(),
        name: text(body, "SecurityGroupName")
            .unwrap_or_default()
            .to_owned(),
        maker: Maker::Alibaba,
        part: Part::Whole,
        body: body.clone(),
    };
    if answer.get("Permissions").is_some() {
        return vec![list(answer)];
    }
    let groups = answer.get("SecurityGroups");
    let groups = groups.map_or(&[][..], |inner| items(inner, "SecurityGroup"));
    groups.iter().map(list).collect()
}

fn tencent(answer: &Value, id: &str) -> Vec<CloudList> {
    let list = |maker, id: &str, name: &str, body: Value| CloudList {
        id: id.to_owned(),
        name: name.to_owned(),
        maker,
        part: Part::Whole,
        body,
    };
    let mut lists = Vec::new();
    for acl in items(answer, "NetworkAclSet") {
        let own = text(acl, "NetworkAclId").unwrap_or_default();
        let name = text(acl, "NetworkAclName").unwrap_or_default();
        lists.push(list(Maker::TencentAcl, own, name, acl.clone()));
    }
    if let Some(entries) = answer.get("NetworkAclQuintupleSet") {
        let body = json!({"NetworkAclQuintupleSet": entries});
        lists.push(list(Maker::TencentAcl, id, "", body));
    }
    if let Some(rules) = answer.get("FirewallRuleSet") {
        let mut body = json!({"FirewallRuleSet": rules});
        for name in ["TotalCount", "FirewallVersion"] {
            if let (Some(value), Some(members)) = (answer.get(name), body.as_object_mut()) {
                members.insert(name.to_owned(), value.clone());
            }
        }
        lists.push(list(Maker::Lighthouse, id, "", body));
    }
    lists
}

/// Adds a list, or what another document says of one that is there.
fn add(lists: &mut Vec<CloudList>, list: CloudList) {
    let same = |own: &&mut CloudList| own.maker == list.maker && own.id == list.id;
    let Some(own) = lists.iter_mut().find(same) else {
        lists.push(list);
        return;
    };
    if own.name.is_empty() {
        own.name = list.name;
    }
    let new: Map<String, Value> = list.body.as_object().cloned().unwrap_or_default();
    if let Some(members) = own.body.as_object_mut() {
        members.extend(new);
    }
}

fn part(answer: &Value, next: &str) -> Part {
    let blank = |token: &&Value| token.is_null() || token.as_str() == Some("");
    let token = answer.get(next).filter(|token| !blank(token));
    token.map_or(Part::Whole, |token| Part::Page(token.clone()))
}
