//! Reads a saved document back into the run it holds.

use super::document::{SCHEMA_VERSION, TOOL};
use super::escape::{cut, printable};
use crate::evidence::{OwnRoutes, Plan, Run};
use crate::inside::Snapshot;
use probes::{Observation, Resolution, Trace};
use rulesets::SecurityGroup;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Why a document could not be read as a saved run.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadRunError {
    /// The text is not JSON.
    #[error("not JSON: {problem} at line {line} column {column}; expected {EXPECTED}")]
    Syntax {
        /// What the JSON reader met.
        problem: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The text is JSON of another kind.
    #[error("found {found}; expected {EXPECTED}")]
    OtherDocument {
        /// What it is.
        found: String,
    },
    /// The document has a form that this version does not read.
    #[error(
        "schema_version is {found}, this version of reachdx reads {SCHEMA_VERSION}; use the version \
         that wrote it"
    )]
    OtherVersion {
        /// The version it names.
        found: String,
    },
    /// A member of the saved run cannot be read.
    #[error("{path}: {problem}")]
    Field {
        /// The member's path, such as `run.evidence.outside[3]`.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads the run out of a document that `--format json` wrote.
pub fn read_run(text: &str) -> Result<Run, ReadRunError> {
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).map_err(|error| syntax(&error))?;
    let Some(members) = document.as_object() else {
        return Err(other(kind(&document)));
    };
    if members.contains_key("reachdx_inside") {
        return Err(other("an inside snapshot, which goes with `--inside`"));
    }
    let named = document.pointer("/tool/name").and_then(Value::as_str);
    let Some(version) = members
        .get("schema_version")
        .filter(|_| named == Some(TOOL))
    else {
        return Err(other("JSON of another kind"));
    };
    if version.as_u64() != Some(u64::from(SCHEMA_VERSION)) {
        return Err(ReadRunError::OtherVersion {
            found: cut(&printable(&version.to_string()), SHOWN),
        });
    }
    let Some(run) = members.get("run") else {
        return Err(other("a document without its run"));
    };
    serde_json::from_value(run.clone()).map_err(|error| {
        locate(run).unwrap_or_else(|| ReadRunError::Field {
            path: "run".into(),
            problem: problem(&error),
        })
    })
}

fn syntax(error: &serde_json::Error) -> ReadRunError {
    let words = error.to_string();
    let problem = words.split(" at line ").next().unwrap_or(&words);
    ReadRunError::Syntax {
        problem: cut(&printable(problem), SHOWN),
        line: error.line(),
        column: error.column(),
    }
}

fn other(found: &str) -> ReadRunError {
    ReadRunError::OtherDocument {
        found: found.into(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The first part of the run that cannot be read by itself.
fn locate(run: &Value) -> Option<ReadRunError> {
    let none = Map::new();
    let run = run.as_object()?;
    let evidence = run
        .get("evidence")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let groups = evidence
        .get("groups")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    one::<Plan>(run, "run", "plan")
        .or_else(|| one::<Option<Resolution>>(evidence, EVIDENCE, "resolution"))
        .or_else(|| each::<Observation>(evidence, EVIDENCE, "outside"))
        .or_else(|| one::<Option<OwnRoutes>>(evidence, EVIDENCE, "own_routes"))
        .or_else(|| each::<Observation>(evidence, EVIDENCE, "controls"))
        .or_else(|| each::<Trace>(evidence, EVIDENCE, "traces"))
        .or_else(|| each::<SecurityGroup>(groups, "run.evidence.groups", "groups"))
        .or_else(|| one::<Option<Snapshot>>(evidence, EVIDENCE, "inside"))
        .or_else(|| one::<Vec<String>>(evidence, EVIDENCE, "notes"))
}

fn one<T: DeserializeOwned>(
    members: &Map<String, Value>,
    place: &str,
    name: &str,
) -> Option<ReadRunError> {
    let value = members.get(name)?;
    fault::<T>(value, format!("{place}.{name}"))
}

fn each<T: DeserializeOwned>(
    members: &Map<String, Value>,
    place: &str,
    name: &str,
) -> Option<ReadRunError> {
    members
        .get(name)?
        .as_array()?
        .iter()
        .enumerate()
        .find_map(|(index, item)| fault::<T>(item, format!("{place}.{name}[{index}]")))
}

fn fault<T: DeserializeOwned>(value: &Value, path: String) -> Option<ReadRunError> {
    let error = serde_json::from_value::<T>(value.clone()).err()?;
    Some(ReadRunError::Field {
        path,
        problem: problem(&error),
    })
}

fn problem(error: &serde_json::Error) -> String {
    cut(&printable(&error.to_string()), SHOWN)
}

const EVIDENCE: &str = "run.evidence";
const EXPECTED: &str = "a document that `reachdx check --format json` wrote";
/// Characters kept of what a document says.
const SHOWN: usize = 160;
