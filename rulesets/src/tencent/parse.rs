//! Reads the answer of `DescribeSecurityGroupPolicies` (vpc 2017-03-12), as the API, the SDKs or
//! `tccli` print it.
//!
//! What the vendor's own samples vary in is read leniently: letter case, absent or empty members,
//! addresses with host bits, a version as number or text. What could mean two things is an error.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::field::Fields;
use super::problem::{Problem, Result, kind};
use crate::flow::Direction;
use crate::rule::Rule;
use crate::security_group::SecurityGroup;
use crate::text::shown;
use serde_json::{Map, Value};

/// Why a document could not be read as a security group.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// The document is too large to be one group's rules.
    #[error("larger than 16 MiB, which no security group is; give the answer of one group alone")]
    TooLarge,
    /// The document is not JSON.
    #[error("not JSON: {problem} at line {line} column {column}")]
    Syntax {
        /// What the JSON reader met.
        problem: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The document is larger than any that is read.
    #[error("larger than 64 MiB, which no answer of the API is; give one answer alone")]
    TooLargeDocument,
    /// The document is none of those that are read.
    #[error("expected {expected}, found {found}")]
    Unrecognised {
        /// What is read here.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The text is no Terraform configuration.
    #[error("line {line}: {problem}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The document is an answer of the API that reports an error.
    #[error("the API answered with the error `{code}`, not with rules; ask it again")]
    Api {
        /// The vendor's error code.
        code: String,
    },
    /// The document is JSON of another kind.
    #[error(
        "expected the answer of DescribeSecurityGroupPolicies (SecurityGroupPolicySet with Ingress \
         and Egress), found {found}"
    )]
    OtherDocument {
        /// What it is.
        found: String,
    },
    /// A member of the document cannot be read.
    #[error("{path}: {problem}")]
    Field {
        /// The member's path, such as `Ingress[3].Port`.
        path: String,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// Reads one group's rules from the answer of `DescribeSecurityGroupPolicies`, from that answer
/// inside its `Response` envelope, or from a bare policy set. `id` is the group's id, which the
/// document does not hold. Errors name the member at fault.
pub fn parse_security_group(
    text: &str,
    id: &str,
) -> std::result::Result<SecurityGroup, ParseError> {
    if text.len() > DOCUMENT_BYTES {
        return Err(ParseError::TooLarge);
    }
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).map_err(|error| syntax(&error))?;
    group(&document, id)
}

/// One group's rules from a document that is JSON already.
pub(super) fn group(document: &Value, id: &str) -> Result<SecurityGroup> {
    let set = policy_set(document)?;
    let (ingress, egress) = (
        rules(set, Direction::Inbound)?,
        rules(set, Direction::Outbound)?,
    );
    Ok(SecurityGroup {
        id: id.to_owned(),
        version: version(set)?,
        ingress,
        egress,
    })
}

pub(crate) fn syntax(error: &serde_json::Error) -> ParseError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let place = format!(" at line {line} column {column}");
    ParseError::Syntax {
        problem: shown(message.strip_suffix(&place).unwrap_or(&message), 60),
        line,
        column,
    }
}

/// The policy set in a document, whichever envelope it came in.
fn policy_set(document: &Value) -> Result<&Map<String, Value>> {
    let answer = document.get("Response").unwrap_or(document);
    if let Some(code) = answer.get("Error").and_then(|error| error.get("Code")) {
        let code = code.as_str().unwrap_or("of no name");
        return Err(ParseError::Api {
            code: shown(code, 60),
        });
    }
    let set = answer.get("SecurityGroupPolicySet").unwrap_or(answer);
    let known =
        |set: &&Map<String, Value>| set.contains_key("Ingress") || set.contains_key("Egress");
    set.as_object()
        .filter(known)
        .ok_or_else(|| ParseError::OtherDocument { found: found(set) })
}

/// What a document of another kind is, by its first members.
pub(crate) fn found(value: &Value) -> String {
    let Value::Object(members) = value else {
        return kind(value).to_owned();
    };
    if members.is_empty() {
        return "an empty object".to_owned();
    }
    let telling = |name: &&String| members.len() == 1 || *name != "RequestId";
    let names = members.keys().filter(telling).take(4);
    let mut names: Vec<String> = names.map(|name| shown(name, 40)).collect();
    if names.len() > 3 {
        names.truncate(3);
        names.push("...".to_owned());
    }
    format!("an object of {}", names.join(", "))
}

/// The version, which older samples give as a number.
fn version(set: &Map<String, Value>) -> Result<Option<String>> {
    let fields = Fields::new("SecurityGroupPolicySet", set);
    let version = fields.text_or_number("Version")?;
    Ok(version.map(|version| shown(&version, 60)))
}

/// The rules of one direction, ordered by `PolicyIndex` where they carry one.
fn rules(set: &Map<String, Value>, direction: Direction) -> Result<Vec<Rule>> {
    let name = match direction {
        Direction::Inbound => "Ingress",
        Direction::Outbound => "Egress",
    };
    let list = match set.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(Problem::wrong("a list of rules", other).at(name)),
    };
    if list.len() > RULES {
        return Err(Problem::TooManyRules { limit: RULES }.at(name));
    }
    let mut rules = Vec::with_capacity(list.len());
    for (position, item) in list.iter().enumerate() {
        let path = format!("{name}[{position}]");
        let Value::Object(members) = item else {
            return Err(Problem::wrong("a rule", item).at(&path));
        };
        let fields = Fields::new(&path, members);
        rules.push((fields.index()?, position, fields.rule(direction)?));
    }
    ordered(rules, name)
}

/// Sorts rules by their index. Either all carry one or none does, and no two carry the same.
pub(super) fn ordered(mut rules: Vec<(Option<u64>, usize, Rule)>, name: &str) -> Result<Vec<Rule>> {
    let at = |position: usize| format!("{name}[{position}].PolicyIndex");
    if rules.iter().any(|(index, ..)| index.is_some()) {
        if let Some((_, position, _)) = rules.iter().find(|(index, ..)| index.is_none()) {
            return Err(Problem::MissingIndex.at(&at(*position)));
        }
        rules.sort_by_key(|(index, ..)| *index);
        for pair in rules.windows(2) {
            if pair[0].0 == pair[1].0 {
                let index = pair[0].0.unwrap_or_default();
                return Err(Problem::RepeatedIndex { index }.at(&at(pair[1].1)));
            }
        }
    }
    Ok(rules.into_iter().map(|(.., rule)| rule).collect())
}

/// The largest document read: ten thousand rules with every member filled in are smaller.
const DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// The most rules read in one direction; the vendor's own limit is 100, and 2,000 with templates
/// expanded.
pub(super) const RULES: usize = 10_000;
