//! Amazon Web Services: what `aws ec2 describe-…` prints, or the API answers as JSON.
//!
//! Security groups only allow, so that every matching rule of every bound group is as good as another
//! and their order means nothing; replies pass by themselves
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>). Network ACLs are read by
//! rule number, the first match decides, and replies need a rule of their own
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>). Interfaces and prefix lists
//! give the members of what rules refer to.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod inventory;
mod network_acl;
mod permission;
mod reference;
mod security_group;

use crate::document::{Document, Members};
use crate::json_document::{Node, ReadError, found};
use crate::text::shown;
use serde_json::Value;

/// True when the document is one that [`read`] reads, or an error of the same API.
pub fn recognise(document: &Value) -> bool {
    let answer = unwrapped(document);
    let Some(members) = answer.as_object() else {
        return false;
    };
    let items_have = |list: &str, sign: &str| {
        let items = members.get(list).and_then(Value::as_array);
        items.is_some_and(|items| items.iter().all(|item| item.get(sign).is_some()))
    };
    SIGNS.iter().any(|(list, sign)| items_have(list, sign))
        || (error_code(answer).is_some() && members.contains_key("ResponseMetadata"))
}

/// Reads one answer: `describe-security-groups`, `describe-security-group-rules`,
/// `describe-network-acls`, `describe-network-interfaces`, `describe-instances`,
/// `describe-prefix-lists`, `describe-managed-prefix-lists`, or `get-managed-prefix-list-entries` with
/// the list's id added. Errors name the member at fault.
pub fn read(document: &Value) -> Result<Document, ReadError> {
    let answer = unwrapped(document);
    if let Some(code) = error_code(answer) {
        return Err(ReadError::Api {
            code: shown(code, 60),
        });
    }
    let root = Node::root(answer);
    let has = |name: &str| answer.get(name).is_some_and(Value::is_array);
    let mut out = Document::default();
    let mut members = Members::default();
    if has("SecurityGroups") {
        security_group::read_groups(&root, &mut out)?;
    } else if has("SecurityGroupRules") {
        security_group::read_rules(&root, &mut out)?;
    } else if has("NetworkAcls") {
        network_acl::read(&root, &mut out)?;
    } else if has("NetworkInterfaces") {
        inventory::read_interfaces(&root, &mut members, &mut out)?;
    } else if has("Reservations") {
        inventory::read_reservations(&root, &mut members, &mut out)?;
    } else if has("PrefixLists") {
        inventory::read_prefix_lists(&root, &mut members, &mut out)?;
    } else if has("Entries") {
        inventory::read_entries(&root, &mut members)?;
    } else {
        return Err(ReadError::OtherDocument {
            found: found(answer),
            expected: EXPECTED,
        });
    }
    if root.text("NextToken")?.is_some() {
        let line = "this answer is one page of several: give the others too (`aws` without `--max-items` \
                    and `--no-paginate` prints all)";
        out.remarks.push(line.to_owned());
    }
    out.sets = members.into_sets();
    Ok(out)
}

/// The answer inside a recording of it (`status_code` and `data`, as the `placebo` library keeps it).
fn unwrapped(document: &Value) -> &Value {
    match (document.get("status_code"), document.get("data")) {
        (Some(_), Some(data)) => data,
        _ => document,
    }
}

fn error_code(answer: &Value) -> Option<&str> {
    answer.get("Error")?.get("Code")?.as_str()
}

/// The list that each answer holds, and a member that each of its items has.
const SIGNS: [(&str, &str); 7] = [
    ("SecurityGroups", "GroupId"),
    ("SecurityGroupRules", "IsEgress"),
    ("NetworkAcls", "NetworkAclId"),
    ("NetworkInterfaces", "NetworkInterfaceId"),
    ("Reservations", "Instances"),
    ("PrefixLists", "PrefixListId"),
    ("Entries", "Cidr"),
];

const EXPECTED: &str = "the answer of `aws ec2 describe-security-groups`, `describe-network-acls` or \
                        `describe-network-interfaces` (`--output json`)";
