//! Reads rules from text: a Terraform configuration, or rules of its short form, one on a line.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::account::Account;
use super::hcl;
use super::parse::{ParseError, RULES};
use super::problem::{Problem, Result};
use super::short_rule::short_rule;
use super::terraform;
use crate::flow::Direction;
use crate::security_group::SecurityGroup;
use crate::text::shown;

/// The groups of a text.
pub(super) fn read(text: &str, name: &str) -> Result<Account> {
    if text.contains(RESOURCE) {
        let wanted = |kind: &str| kind.starts_with(RESOURCE);
        return terraform::groups(hcl::resources(text, wanted)?, name);
    }
    let rule = |line: &str| ["ACCEPT#", "DROP#"].iter().any(|word| holds(line, word));
    if text.lines().any(rule) {
        return lines(text, name);
    }
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    Err(ParseError::Unrecognised {
        expected: "JSON, a Terraform configuration with security-group rules, or lines such as \
                   ACCEPT#10.0.0.0/8#22#TCP",
        found: format!("`{}`", shown(first.unwrap_or_default(), 40)),
    })
}

/// Rules one on a line, inbound until a line says `egress`. Quotes, commas and brackets of a list are
/// allowed around them, and so are comments.
fn lines(text: &str, name: &str) -> Result<Account> {
    let mut group = SecurityGroup {
        id: name.to_owned(),
        ..SecurityGroup::default()
    };
    let mut direction = Direction::Inbound;
    for (number, line) in text.lines().enumerate() {
        let path = format!("line {}", number + 1);
        let mut line = line.trim();
        if line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        for (word, own) in [
            ("ingress", Direction::Inbound),
            ("egress", Direction::Outbound),
        ] {
            if let Some(rest) = line.strip_prefix(word) {
                direction = own;
                line = rest
                    .trim_start()
                    .trim_start_matches([':', '='])
                    .trim_start();
            }
        }
        for item in line.split(SURROUND).map(str::trim) {
            let item = item.trim_matches(',').trim();
            if item.is_empty() {
                continue;
            }
            let rule = short_rule(item, &path, direction)?;
            let rules = match direction {
                Direction::Inbound => &mut group.ingress,
                Direction::Outbound => &mut group.egress,
            };
            rules.push(rule);
            if rules.len() > RULES {
                return Err(Problem::TooManyRules { limit: RULES }.at(&path));
            }
        }
    }
    Ok(Account {
        groups: vec![group],
        ..Account::default()
    })
}

fn holds(line: &str, word: &str) -> bool {
    let start = line.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let start = start
        .strip_prefix("ingress")
        .or_else(|| start.strip_prefix("egress"))
        .unwrap_or(start);
    let start = start.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    start
        .get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word))
}

const RESOURCE: &str = "tencentcloud_security_group_";

/// What may stand around a rule on its line.
const SURROUND: [char; 3] = ['"', '[', ']'];
