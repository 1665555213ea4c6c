//! What every report must be: bounded, and without characters that steer a terminal.

use serde_json::{Result, Value};

/// Panics where a report cannot be written, is too large, or holds a control character.
pub(crate) fn assert_clean(report: Result<Value>) {
    let Ok(value) = report else {
        panic!("a report cannot be written");
    };
    let length = value.to_string().len();
    assert!(length < 1 << 20, "a report of {length} bytes");
    assert!(is_clean(&value), "{value}");
}

fn is_clean(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.chars().any(char::is_control),
        Value::Array(values) => values.iter().all(is_clean),
        Value::Object(fields) => fields.values().all(is_clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}
