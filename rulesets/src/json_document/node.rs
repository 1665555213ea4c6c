//! A value of a document together with its place in it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::text::quoted;
use super::{Fault, LISTS, ReadError};
use serde_json::{Map, Value};

/// A value and its place, such as `SecurityGroups[0].IpPermissions[2]`.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    /// The document itself.
    pub(crate) fn root(value: &'a Value) -> Self {
        Self {
            place: String::new(),
            value,
        }
    }

    /// The value.
    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// A member of an object; `None` when absent or null.
    pub(crate) fn member(&self, name: &str) -> Result<Option<Self>, ReadError> {
        match self.members()?.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Ok(Some(Self {
                place: self.at(name),
                value,
            })),
        }
    }

    /// The items of a member that is a list; none when absent or null.
    pub(crate) fn items(&self, name: &str) -> Result<Vec<Self>, ReadError> {
        match self.member(name)? {
            None => Ok(Vec::new()),
            Some(list) => list.list(),
        }
    }

    /// The items of a member that lists objects, each of which becomes a rule list.
    pub(crate) fn few(&self, name: &str) -> Result<Vec<Self>, ReadError> {
        let items = self.items(name)?;
        if items.len() > LISTS {
            return Err(self.fault_at(name, Fault::TooMany(LISTS)));
        }
        Ok(items)
    }

    /// The items of a list.
    pub(crate) fn list(&self) -> Result<Vec<Self>, ReadError> {
        let Value::Array(items) = self.value else {
            return Err(self.wrong("a list"));
        };
        let item = |(position, value)| Self {
            place: format!("{}[{position}]", self.place),
            value,
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// A member that is text; `None` when absent, null or blank.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, ReadError> {
        match self.member(name)? {
            None => Ok(None),
            Some(node) => node
                .as_text()
                .map(|text| Some(text).filter(|text| !text.is_empty())),
        }
    }

    /// A member that is text and must be there.
    pub(crate) fn need(&self, name: &str, expected: &'static str) -> Result<&'a str, ReadError> {
        let text = self.text(name)?;
        text.ok_or_else(|| self.fault_at(name, Fault::Missing(expected)))
    }

    /// A member that is a whole number, or text that writes one; `None` when absent or null.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, ReadError> {
        self.member(name)?.map(|node| node.as_number()).transpose()
    }

    /// A member that is true or false; `None` when absent or null.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ReadError> {
        match self.member(name)? {
            None => Ok(None),
            Some(node) => match node.value.as_bool() {
                Some(flag) => Ok(Some(flag)),
                None => Err(node.wrong("true or false")),
            },
        }
    }

    /// This value as text, trimmed.
    pub(crate) fn as_text(&self) -> Result<&'a str, ReadError> {
        self.value
            .as_str()
            .map(str::trim)
            .ok_or_else(|| self.wrong("text"))
    }

    /// This value as a whole number, also where text writes it.
    pub(crate) fn as_number(&self) -> Result<i64, ReadError> {
        let number = self
            .value
            .as_str()
            .map_or_else(|| self.value.as_i64(), |text| text.trim().parse().ok());
        number.ok_or_else(|| match self.value {
            Value::String(text) => self.bad(text, "a whole number"),
            Value::Number(number) => self.bad(&number.to_string(), "a whole number"),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.wrong("a whole number")
            }
        })
    }

    /// The members of this value, which must be an object.
    pub(crate) fn members(&self) -> Result<&'a Map<String, Value>, ReadError> {
        self.value
            .as_object()
            .ok_or_else(|| self.wrong("an object"))
    }

    /// An error about this value.
    pub(crate) fn fault(&self, fault: Fault) -> ReadError {
        let place = if self.place.is_empty() {
            "the document".to_owned()
        } else {
            self.place.clone()
        };
        ReadError::Member { place, fault }
    }

    /// An error about a member of this value.
    pub(crate) fn fault_at(&self, name: &str, fault: Fault) -> ReadError {
        ReadError::Member {
            place: self.at(name),
            fault,
        }
    }

    /// The error for a value that is none of those it can be.
    pub(crate) fn bad(&self, value: &str, expected: &'static str) -> ReadError {
        self.fault(Fault::Value {
            value: quoted(value),
            expected,
        })
    }

    fn wrong(&self, expected: &'static str) -> ReadError {
        let found = kind(self.value);
        self.fault(Fault::WrongType { expected, found })
    }

    fn at(&self, name: &str) -> String {
        if self.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.place)
        }
    }
}

/// The kind of a JSON value, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
