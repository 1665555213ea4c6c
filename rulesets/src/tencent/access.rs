//! The members of an answer's objects, each with its path in every error.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::field::Fields;
use super::parse::ParseError;
use super::problem::{Problem, Result, quoted};
use crate::text::shown;
use ipnet::IpNet;
use serde_json::{Map, Value};
use std::net::IpAddr;

impl<'a> Fields<'a> {
    /// A list; empty when absent or null.
    pub(crate) fn list(&self, name: &str) -> Result<&'a [Value]> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(list)) if list.len() <= ITEMS => Ok(list),
            Some(Value::Array(_)) => Err(self.error(name, Problem::TooManyRules { limit: ITEMS })),
            Some(other) => Err(self.error(name, Problem::wrong("a list", other))),
        }
    }

    /// The objects of a list, each with its path.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<(String, &'a Map<String, Value>)>> {
        let object = |(position, item): (usize, &'a Value)| {
            let path = format!("{}[{position}]", self.place(name));
            match item.as_object() {
                Some(members) => Ok((path, members)),
                None => Err(Problem::wrong("an object", item).at(&path)),
            }
        };
        self.list(name)?.iter().enumerate().map(object).collect()
    }

    /// The texts of a list, trimmed.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&'a str>> {
        let text = |(position, item): (usize, &'a Value)| {
            let path = || format!("{}[{position}]", self.place(name));
            let text = item.as_str().map(str::trim);
            text.ok_or_else(|| Problem::wrong("text", item).at(&path()))
        };
        self.list(name)?.iter().enumerate().map(text).collect()
    }

    /// An object; `None` when absent or null.
    pub(crate) fn object(&self, name: &str) -> Result<Option<&'a Map<String, Value>>> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(self.error(name, Problem::wrong("an object", other))),
        }
    }

    /// A text that must be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&'a str> {
        let text = self.text(name)?;
        text.ok_or_else(|| self.error(name, Problem::Missing))
    }

    /// A remark, fit to print; empty when absent.
    pub(crate) fn remark(&self, name: &str) -> Result<String> {
        Ok(shown(self.text(name)?.unwrap_or_default(), 200))
    }

    /// A whole number from 0, as number or text; `None` when absent, null or empty.
    pub(crate) fn count(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = self.text_or_number(name)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(self.error(name, Problem::Index(quoted(&text)))),
        }
    }

    /// True or false; false when absent or null.
    pub(crate) fn flag(&self, name: &str) -> Result<bool> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.error(name, Problem::wrong("true or false", other))),
        }
    }

    /// An address; `None` when absent, null or empty.
    pub(crate) fn address(&self, name: &str) -> Result<Option<IpAddr>> {
        let parsed = self.text(name)?.map(address);
        parsed
            .transpose()
            .map_err(|problem| self.error(name, problem))
    }

    /// The addresses of a list of texts.
    pub(crate) fn addresses(&self, name: &str) -> Result<Vec<IpAddr>> {
        let texts = self.texts(name)?.into_iter().enumerate();
        let parsed = texts.map(|(position, text)| {
            address(text).map_err(|problem| self.error(&format!("{name}[{position}]"), problem))
        });
        parsed.collect()
    }

    /// True when this answer lists everything it counts.
    pub(crate) fn lists_all(&self, listed: usize) -> Result<bool> {
        let total = self.count("TotalCount")?;
        let paged = self.text("NextToken")?.is_some();
        Ok(!paged && total.is_none_or(|total| total <= listed as u64))
    }

    /// Refuses an answer that lists less than it counts, where a part is worse than nothing.
    pub(crate) fn whole(&self, name: &str) -> Result<()> {
        let listed = self.list(name)?.len();
        if self.lists_all(listed)? {
            return Ok(());
        }
        Err(self.error(name, Problem::Part { listed }))
    }

    fn place(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    pub(crate) fn error(&self, name: &str, problem: Problem) -> ParseError {
        problem.at(&self.place(name))
    }
}

/// The block of one address.
pub(crate) fn single(address: IpAddr) -> IpNet {
    IpNet::from(address)
}

fn address(text: &str) -> Result<IpAddr, Problem> {
    text.parse().map_err(|_| Problem::NoAddress(quoted(text)))
}

/// The most items read of one list; the API answers at most 100 at a time, and tools put pages
/// together.
const ITEMS: usize = 100_000;
