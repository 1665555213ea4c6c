//! Lists as the JSON that the vendor's command line prints.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::neutral::printable;
use super::value::items;
use super::{CloudList, ExportError, Maker, Part};
use serde_json::{Map, Value, json};

/// The lists as one document of the vendor's API, which this crate's readers read as the same rules.
/// They must be of one kind; network ACLs of five fields and firewalls of Lighthouse, whose answers
/// do not say whose they are, come one at a time.
pub fn api_json(lists: &[CloudList]) -> Result<String, ExportError> {
    let Some(first) = lists.first() else {
        return Err(ExportError::Nothing);
    };
    if lists.iter().any(|list| list.maker != first.maker) {
        return Err(ExportError::Mixed);
    }
    let document = match first.maker {
        Maker::AwsGroup => aws_groups(lists)?,
        Maker::AwsAcl => paged("NetworkAcls", "NextToken", lists, bodies(lists)),
        Maker::Azure => {
            let all = bodies(lists);
            match page(lists) {
                Some(_) => paged("value", "nextLink", lists, all),
                None => Value::Array(all),
            }
        }
        Maker::Gcp => gcp(lists)?,
        Maker::Alibaba => match lists {
            [only] => only.body.clone(),
            _ => Value::Array(bodies(lists)),
        },
        Maker::TencentAcl => tencent_acls(lists)?,
        Maker::Lighthouse => alone(lists)?.body.clone(),
    };
    Ok(printable(&document))
}

fn bodies(lists: &[CloudList]) -> Vec<Value> {
    lists.iter().map(|list| list.body.clone()).collect()
}

/// Groups, whole or rule by rule.
fn aws_groups(lists: &[CloudList]) -> Result<Value, ExportError> {
    let by_rule = |list: &CloudList| list.body.get("SecurityGroupRules").is_some();
    let count = lists.iter().filter(|list| by_rule(list)).count();
    if count == 0 {
        return Ok(paged("SecurityGroups", "NextToken", lists, bodies(lists)));
    }
    if count < lists.len() {
        return Err(ExportError::Mixed);
    }
    let rules = lists
        .iter()
        .flat_map(|list| items(&list.body, "SecurityGroupRules").to_vec());
    let rules = rules.collect();
    Ok(paged("SecurityGroupRules", "NextToken", lists, rules))
}

fn gcp(lists: &[CloudList]) -> Result<Value, ExportError> {
    let rules: Vec<Value> = lists
        .iter()
        .flat_map(|list| list.body.as_array().cloned().unwrap_or_default())
        .collect();
    if lists.iter().any(|list| list.part == Part::One) {
        let mut rules = rules.into_iter();
        return match (rules.next(), rules.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(ExportError::Mixed),
        };
    }
    Ok(match page(lists) {
        Some(_) => paged("items", "nextPageToken", lists, rules),
        None => Value::Array(rules),
    })
}

fn tencent_acls(lists: &[CloudList]) -> Result<Value, ExportError> {
    let five = "NetworkAclQuintupleSet";
    if lists.iter().all(|list| list.body.get(five).is_none()) {
        let (all, count) = (bodies(lists), lists.len());
        return Ok(json!({"NetworkAclSet": all, "TotalCount": count}));
    }
    let entries = items(&alone(lists)?.body, five);
    Ok(json!({five: entries, "TotalCount": entries.len()}))
}

fn alone(lists: &[CloudList]) -> Result<&CloudList, ExportError> {
    match lists {
        [only] => Ok(only),
        _ => Err(ExportError::Mixed),
    }
}

/// What names the next page, where one of the lists stood on a page.
fn page(lists: &[CloudList]) -> Option<&Value> {
    lists.iter().find_map(|list| match &list.part {
        Part::Page(next) => Some(next),
        Part::Whole | Part::One => None,
    })
}

fn paged(list: &str, next: &str, lists: &[CloudList], all: Vec<Value>) -> Value {
    let mut document = Map::from_iter([(list.to_owned(), Value::Array(all))]);
    if let Some(token) = page(lists) {
        document.insert(next.to_owned(), token.clone());
    }
    Value::Object(document)
}
