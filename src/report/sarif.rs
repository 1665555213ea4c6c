//! The faults of rules as SARIF 2.1.0 (OASIS), which code hosts and editors show beside a file.

use super::escape::printable;
use rulesets::MatchingRule;
use rulesets::questions::{Code, Finding, Severity};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes one run with every finding; `file` is where the rules of a list were read from.
pub fn write_sarif(
    findings: &[Finding],
    file: impl Fn(&Finding) -> String,
    out: &mut impl Write,
) -> io::Result<()> {
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, &file(finding)))
        .collect();
    let rules: Vec<Value> = Code::ALL.into_iter().map(rule).collect();
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn rule(code: Code) -> Value {
    json!({"id": code.id(), "shortDescription": {"text": code.meaning()}})
}

fn result(finding: &Finding, file: &str) -> Value {
    let mut message = printable(&finding.message);
    if let Some(witness) = &finding.witness {
        message = format!("{message}; for example {}", printable(witness));
    }
    if let Some(rule) = &finding.rule {
        message = format!("{}: {message}", printable(&rule.to_string()));
    }
    let index = Code::ALL.iter().position(|code| *code == finding.code);
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|rule| {
            let mut place = location(&finding.list, Some(rule), file);
            place["message"] = json!({"text": printable(&rule.to_string())});
            place
        })
        .collect();
    json!({
        "ruleId": finding.code.id(),
        "ruleIndex": index,
        "level": match finding.severity {
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        "message": {"text": message},
        "locations": [location(&finding.list, finding.rule.as_ref(), file)],
        "relatedLocations": related,
    })
}

fn location(list: &str, rule: Option<&MatchingRule>, file: &str) -> Value {
    let list = printable(list);
    let name = rule.map_or_else(
        || list.clone(),
        |rule| format!("{list}/rule {}", rule.index),
    );
    json!({
        "physicalLocation": {"artifactLocation": {"uri": uri(file)}},
        "logicalLocations": [{"fullyQualifiedName": name}],
    })
}

/// A path as a relative URI reference (RFC 3986): what is not unreserved, and no slash, is
/// percent-encoded.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let digits = [byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]);
            text.extend(['%', char::from(digits[0]), char::from(digits[1])]);
        }
    }
    text
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
