//! Reads any document of an account, told apart by what it holds.
//!
//! A file may hold one answer, several behind one another, a list of answers, or an object with an
//! answer under each id; each answer with its `Response` envelope or without.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::account::Account;
use super::field::Fields;
use super::parse::{ParseError, found, group, syntax};
use super::problem::Result;
use super::{acl, facts, lighthouse, machines, templates, terraform, terraform_text};
use crate::document::Document;
use crate::export::neutral;
use crate::text::shown;
use serde_json::{Map, Value};

/// Reads a document of one account: answers of the API as it, the SDKs or `tccli` print them, rules of
/// the Terraform provider (configuration, `terraform show -json`, or a state file), or what
/// [`crate::export::json()`] wrote. `name` stands in for the id where an answer holds none. Errors name
/// the member or line at fault.
pub fn read(text: &str, name: &str) -> std::result::Result<Account, ParseError> {
    if text.len() > DOCUMENT_BYTES {
        return Err(ParseError::TooLargeDocument);
    }
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with(['{', '[']) {
        return terraform_text::read(text, name);
    }
    let mut account = Account::default();
    for (id, answer) in answers(text, name)? {
        account.append(one(&answer, &id)?);
    }
    account.settle();
    Ok(account)
}

/// The answers in a text that is JSON, each with the id it stands under; without one, `name` and from
/// the second on a number stand in.
pub(crate) fn answers(text: &str, name: &str) -> Result<Vec<(String, Value)>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut answers = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        unpack(value.map_err(|error| syntax(&error))?, &mut answers)?;
    }
    let named = |(number, (own, answer)): (usize, Answer)| {
        let fallback = || match number {
            0 => name.to_owned(),
            _ => format!("{name}#{}", number + 1),
        };
        (own.unwrap_or_else(fallback), answer)
    };
    Ok(answers.into_iter().enumerate().map(named).collect())
}

/// The same as the form that the documents of every cloud are read into.
pub fn read_document(text: &str, name: &str) -> std::result::Result<Document, ParseError> {
    Ok(read(text, name)?.document())
}

/// Reads the answer to the question for the members of one group, such as the command that an
/// undecided verdict names: what it does not list is no member.
pub fn read_members(text: &str, group: &str) -> std::result::Result<Account, ParseError> {
    if text.len() > DOCUMENT_BYTES {
        return Err(ParseError::TooLargeDocument);
    }
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| syntax(&error))?;
    let answer = response(&document)?;
    match answer.as_object() {
        Some(members) if members.contains_key("NetworkInterfaceSet") => {
            machines::interfaces(&Fields::new("", members), Some(group))
        }
        Some(_) | None => Err(ParseError::Unrecognised {
            expected: "the answer of DescribeNetworkInterfaces (NetworkInterfaceSet)",
            found: found(answer),
        }),
    }
}

type Answer = (Option<String>, Value);

/// The answers in a value, each with the id it stands under, if any.
fn unpack(value: Value, into: &mut Vec<Answer>) -> Result<()> {
    let before = into.len();
    if let Value::Array(list) = value {
        into.extend(list.into_iter().map(|one| (None, one)));
    } else if let Some(members) = value.as_object().filter(|members| by_id(members)) {
        let named = |(id, one): (&String, &Value)| (Some(shown(id, 64)), one.clone());
        into.extend(members.iter().map(named));
    } else {
        into.push((None, value));
    }
    if into.len() > ANSWERS {
        return Err(ParseError::Unrecognised {
            expected: "at most 10,000 answers in one document",
            found: "more".to_owned(),
        });
    }
    if into.len() == before {
        return Err(unrecognised(&Value::Array(Vec::new())));
    }
    for (id, answer) in &mut into[before..] {
        let own = answer.get("SecurityGroupId").and_then(Value::as_str);
        let with_rules = answer.get("SecurityGroupPolicySet").is_some();
        if let Some(own) = own.filter(|_| with_rules) {
            *id = Some(shown(own, 64));
        }
    }
    Ok(())
}

/// True for an object that holds the rules of a group under each id.
fn by_id(members: &Map<String, Value>) -> bool {
    let rules = |value: &Value| {
        let answer = value.get("Response").unwrap_or(value);
        answer.get("SecurityGroupPolicySet").is_some()
    };
    !members.is_empty() && !members.contains_key("Response") && members.values().all(rules)
}

/// What an answer holds within its envelope. An answer that reports an error is one here.
fn response(document: &Value) -> Result<&Value> {
    let answer = document.get("Response").unwrap_or(document);
    if let Some(code) = answer.get("Error").and_then(|error| error.get("Code")) {
        let code = shown(code.as_str().unwrap_or("of no name"), 60);
        return Err(ParseError::Api { code });
    }
    Ok(answer)
}

fn one(document: &Value, id: &str) -> Result<Account> {
    let answer = response(document)?;
    let Some(members) = answer.as_object() else {
        return Err(unrecognised(answer));
    };
    if neutral::is_own(members) {
        let groups = neutral::groups(answer)?.groups;
        return Ok(Account {
            groups,
            ..Account::default()
        });
    }
    if terraform::is_own(members) {
        return terraform::read(members, id);
    }
    let fields = Fields::new("", members);
    let mut account = Account::default();
    let mut known = false;
    for (member, read) in READERS {
        if members.contains_key(member) {
            read(&fields, id, &mut account)?;
            known = true;
        }
    }
    let rules = ["SecurityGroupPolicySet", "Ingress", "Egress"];
    if rules.iter().any(|member| members.contains_key(*member)) {
        account.groups.push(group(answer, id)?);
        known = true;
    }
    if known {
        Ok(account)
    } else {
        Err(unrecognised(answer))
    }
}

fn unrecognised(value: &Value) -> ParseError {
    ParseError::Unrecognised {
        expected: "rules, templates, interfaces or counts as the Tencent Cloud API answers, or rules \
                   of its Terraform provider",
        found: found(value),
    }
}

type Reader = fn(&Fields<'_>, &str, &mut Account) -> Result<()>;

/// The member that tells an answer, and how it is read.
const READERS: [(&str, Reader); 12] = [
    ("SecurityGroupSet", |answer, _, into| {
        into.profiles = facts::profiles(answer)?;
        Ok(())
    }),
    (
        "SecurityGroupAssociationStatisticsSet",
        |answer, _, into| {
            into.bindings = facts::bindings(answer)?;
            Ok(())
        },
    ),
    ("ReferredSecurityGroupSet", |answer, _, into| {
        into.references = facts::references(answer)?;
        Ok(())
    }),
    ("AddressTemplateSet", |answer, _, into| {
        templates::address_templates(answer, &mut into.inventory)
    }),
    ("AddressTemplateGroupSet", |answer, _, into| {
        templates::address_groups(answer, &mut into.inventory)
    }),
    ("ServiceTemplateSet", |answer, _, into| {
        templates::service_templates(answer, &mut into.inventory, &mut into.remarks)
    }),
    ("ServiceTemplateGroupSet", |answer, _, into| {
        templates::service_groups(answer, &mut into.inventory, &mut into.remarks)
    }),
    ("NetworkInterfaceSet", |answer, _, into| {
        into.extend(machines::interfaces(answer, None)?);
        Ok(())
    }),
    ("InstanceSet", |answer, _, into| {
        into.extend(machines::instances(answer)?);
        Ok(())
    }),
    ("NetworkAclSet", |answer, _, into| {
        into.acls = acl::acls(answer)?;
        Ok(())
    }),
    ("NetworkAclQuintupleSet", |answer, id, into| {
        into.acls.push(acl::quintuple(answer, id)?);
        Ok(())
    }),
    ("FirewallRuleSet", |answer, id, into| {
        into.firewalls.push(lighthouse::firewall(answer, id)?);
        Ok(())
    }),
];

/// The largest document read: a page of every answer is far smaller.
const DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

const ANSWERS: usize = 10_000;
