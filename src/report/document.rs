//! The JSON document: the diagnosis for programs, with the whole run beside it, so that it can be
//! diagnosed again. Its fields are a contract: some may be added, none removed.

use super::look_up;
use crate::diagnosis::{Diagnosis, EvidenceItem, Finding, FlowDiagnosis, Status};
use crate::evidence::Run;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::io::{self, Write};

/// The version of the document's form.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// The name by which a document says whose it is.
pub(super) const TOOL: &str = "reachdx";

/// The JSON Schema (2020-12) of the document.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Document<'_>>()
        .to_value()
}

/// Writes the document, indented, with a newline at the end.
pub(super) fn write(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: TOOL,
            version: &run.tool_version,
        },
        started_at: &run.started_at,
        duration_s: run.duration_s,
        target: Target {
            name: &run.plan.target,
            addresses: look_up::addresses(run),
        },
        status: diagnosis.status,
        flows: &diagnosis.flows,
        findings: &diagnosis.findings,
        evidence: &diagnosis.evidence,
        run,
    };
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", visible(&text))
}

/// What one check of one target found, and what it means.
#[derive(JsonSchema, Serialize)]
#[schemars(title = "reachdx document")]
struct Document<'a> {
    /// The version of this form: 1.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    /// What wrote the document.
    tool: Tool<'a>,
    /// When the run started, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    started_at: &'a str,
    /// How long the run took, in seconds.
    duration_s: f64,
    /// What was checked.
    target: Target<'a>,
    /// The worst state among the flows that are expected to work.
    status: Status,
    /// Every flow asked about, in plan order, outbound flows last.
    flows: &'a [FlowDiagnosis],
    /// What is worth knowing beyond a single flow.
    findings: &'a [Finding],
    /// Every fact that a judgement rests on.
    evidence: &'a [EvidenceItem],
    /// The saved run: `reachdx report` diagnoses it again. Its members may change with the version
    /// of the tool.
    #[schemars(with = "Map<String, Value>")]
    run: &'a Run,
}

/// The tool that wrote a document.
#[derive(JsonSchema, Serialize)]
struct Tool<'a> {
    /// Always `reachdx`.
    #[schemars(extend("const" = TOOL))]
    name: &'static str,
    /// Its version.
    version: &'a str,
}

/// The host that was checked.
#[derive(JsonSchema, Serialize)]
struct Target<'a> {
    /// As the user gave it: a name or an address.
    name: &'a str,
    /// What it resolved to; empty when it did not.
    addresses: Vec<String>,
}

/// JSON whose strings hold no character that could steer a terminal: what JSON lets stand is
/// escaped too. Such characters occur in strings alone, so the document's meaning is the same.
fn visible(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        let alone = character.to_string();
        if character == '\n' || character == '\\' || super::escape::printable(&alone) == alone {
            text.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            write!(text, "\\u{unit:04x}").expect("a string takes any text");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_json_lets_stand_are_escaped_without_changing_the_value() {
        let value = Value::from("a\u{7f}b\u{9b}31m\u{202e}c\u{e0041}安\\");
        let text = visible(&serde_json::to_string(&value).unwrap());
        assert_eq!(text, "\"a\\u007fb\\u009b31m\\u202ec\\udb40\\udc41安\\\\\"");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
