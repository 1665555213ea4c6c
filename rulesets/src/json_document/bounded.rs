//! A JSON reader that stops when its values have cost more memory than one document may.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::ReadError;
use crate::text::shown;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// Reads a document; nesting is bounded by the reader itself (128 levels).
pub(super) fn read(text: &str) -> Result<Value, ReadError> {
    let budget = Budget {
        left: Cell::new(UNITS),
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = budget.deserialize(&mut reader);
    if budget.left.get() == 0 {
        return Err(ReadError::TooManyValues);
    }
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| syntax(&error))
}

struct Budget {
    left: Cell<usize>,
}

impl Budget {
    fn spend<E: Error>(&self, units: usize) -> Result<(), E> {
        self.left.set(self.left.get().saturating_sub(units));
        if self.left.get() == 0 {
            return Err(E::custom("too many values"));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &Budget {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.spend(1)?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Budget {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.spend(OBJECT_UNITS)?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            let said = shown(&name, 40);
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom(format!(
                    "`{said}` is there twice in one object"
                )));
            }
        }
        Ok(Value::Object(object))
    }
}

fn syntax(error: &serde_json::Error) -> ReadError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let place = format!(" at line {line} column {column}");
    ReadError::Syntax {
        problem: shown(message.strip_suffix(&place).unwrap_or(&message), 80),
        line,
        column,
    }
}

/// What one document may cost, in values of 32 bytes: 768 MB in the worst case.
const UNITS: usize = 24_000_000;

/// What an object costs besides its members: the first node of its map.
const OBJECT_UNITS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_the_common_reader_reads_it() {
        let text = r#"{"a": [1, -2, 1.5, "x", null, true, {}], "b": {"c": 18446744073709551615}}"#;
        assert_eq!(
            read(text).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn a_document_of_too_many_values_is_refused_before_it_is_held() {
        let many = format!("[{}0]", "{},".repeat(1_300_000));
        assert_eq!(read(&many), Err(ReadError::TooManyValues));
    }

    #[test]
    fn what_is_no_single_document_is_refused_with_its_place() {
        for (text, problem) in [
            ("", "EOF while parsing a value"),
            ("{", "EOF while parsing an object"),
            ("{} {}", "trailing characters"),
            ("{\"a\":1,\"a\":2}", "`a` is there twice in one object"),
        ] {
            let Err(ReadError::Syntax { problem: said, .. }) = read(text) else {
                panic!("{text}");
            };
            assert_eq!(said, problem);
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert!(matches!(read(&deep), Err(ReadError::Syntax { .. })));
    }
}
