//! The structure of a JSON listing (libnftables-json(5)).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Error;
use super::draft::{Draft, RuleDraft, SetTypes, Source};
use super::header::{hook, kind, policy};
use super::spell;
use crate::host::{Base, Hook, TableFamily};
use crate::program::Verdict;
use crate::text::shown;
use serde_json::{Map, Value};

/// The document as JSON.
pub(super) fn document(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        Error::NotJson {
            line: error.line(),
            problem: shown(message.strip_suffix(&place).unwrap_or(&message), 80),
        }
    })
}

/// The tables of a document, their rules not read yet.
pub(super) fn draft(document: &Value) -> Result<Draft<'_>, Error> {
    let list = document.get("nftables").and_then(Value::as_array);
    let mut draft = Draft::default();
    for (place, item) in list.ok_or(Error::OtherJson)?.iter().enumerate() {
        let object = item.as_object().ok_or_else(|| Error::Member {
            place,
            problem: "not an object".to_owned(),
        })?;
        for (kind, value) in object {
            let (kind, value) = match kind.as_str() {
                "add" | "insert" | "create" => value.as_object().and_then(|it| it.iter().next()),
                _ => Some((kind, value)),
            }
            .unwrap_or((kind, value));
            member(&mut draft, place, kind, value)?;
            draft.bounded(0)?;
        }
    }
    Ok(draft)
}

fn member<'a>(
    draft: &mut Draft<'a>,
    place: usize,
    kind: &str,
    value: &'a Value,
) -> Result<(), Error> {
    match kind {
        "metainfo" | "flowtable" | "counter" | "quota" | "limit" | "ct helper" | "ct timeout"
        | "ct expectation" | "synproxy" | "secmark" | "tunnel" => return Ok(()),
        "flush" if value.get("ruleset").is_some() => {
            draft.flush(None);
            return Ok(());
        }
        "table" | "chain" | "rule" | "set" | "map" | "meter" | "element" => {}
        _ => {
            let what = format!("`{}` is not understood", shown(kind, 60));
            draft.gap(&format!("nftables[{place}]"), &what);
            return Ok(());
        }
    }
    let item = Item::new(place, value)?;
    match kind {
        "table" => item.table(draft),
        "chain" => item.chain(draft),
        "rule" => item.rule(draft),
        _ => item.set(draft),
    }
}

/// An object of the list.
struct Item<'a> {
    place: usize,
    members: &'a Map<String, Value>,
    family: TableFamily,
}

impl<'a> Item<'a> {
    fn new(place: usize, value: &'a Value) -> Result<Self, Error> {
        let problem = |problem: String| Error::Member { place, problem };
        let members = value.as_object();
        let members = members.ok_or_else(|| problem("not an object".to_owned()))?;
        let family = members
            .get("family")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let family = TableFamily::of_word(family)
            .ok_or_else(|| problem(format!("`{}` is no family", shown(family, 40))))?;
        Ok(Self {
            place,
            members,
            family,
        })
    }

    fn text(&self, name: &str) -> Result<&'a str, Error> {
        let text = self.members.get(name).and_then(Value::as_str);
        text.ok_or_else(|| self.problem(format!("`{name}` is missing")))
    }

    fn problem(&self, problem: String) -> Error {
        Error::Member {
            place: self.place,
            problem,
        }
    }

    /// nft 1.0.6 prints other words, or nothing, for the flags of a table.
    fn table(&self, draft: &mut Draft<'a>) -> Result<(), Error> {
        let table = draft.table(self.family, self.text("name")?);
        for flag in words(self.members.get("flags")) {
            match flag {
                Some("dormant") => table.dormant = true,
                Some("owner" | "persist") => {}
                Some(_) | None => {
                    let problem = "the flags of the table cannot be read, and it may be dormant";
                    return Err(self.problem(problem.to_owned()));
                }
            }
        }
        Ok(())
    }

    fn chain(&self, draft: &mut Draft<'a>) -> Result<(), Error> {
        let name = self.text("name")?;
        let base = self.base();
        let bound = |hook| matches!(hook, Hook::Ingress | Hook::Egress);
        if base
            .as_ref()
            .is_some_and(|base| bound(base.hook) && base.devices.is_empty())
        {
            let problem = "the devices of the chain are not shown (nft 1.0.6 leaves them out)";
            return Err(self.problem(problem.to_owned()));
        }
        if base.is_none() && self.members.contains_key("hook") {
            let what = format!("the hook of chain `{name}` is not understood");
            draft.gap(&format!("nftables[{}]", self.place), &what);
        }
        draft.chain(self.family, self.text("table")?, name).base = base;
        Ok(())
    }

    fn base(&self) -> Option<Base> {
        let devices = ["dev", "devices"].map(|name| self.members.get(name));
        let devices = devices.into_iter().flat_map(words);
        let verdict = match self.members.get("policy") {
            None => Verdict::Accept,
            Some(word) => policy(word.as_str()?)?,
        };
        Some(Base {
            kind: kind(self.text("type").ok()?)?,
            hook: hook(self.text("hook").ok()?)?,
            devices: devices
                .map(|name| name.map(str::to_owned))
                .collect::<Option<_>>()?,
            priority: i32::try_from(self.members.get("prio")?.as_i64()?).ok()?,
            policy: verdict,
        })
    }

    fn rule(&self, draft: &mut Draft<'a>) -> Result<(), Error> {
        let expr = self.members.get("expr");
        let expr = expr.ok_or_else(|| self.problem("`expr` is missing".to_owned()))?;
        let table = draft.table(self.family, self.text("table")?);
        for change in expr.as_array().into_iter().flatten() {
            let change = change.get("set").or_else(|| change.get("map"));
            let name = change.and_then(|change| change.get("set").or_else(|| change.get("map")));
            if let Some(name) = name.and_then(Value::as_str) {
                table
                    .changed
                    .insert(name.trim_start_matches('@').to_owned());
            }
        }
        let rule = RuleDraft {
            source: Source::Json(expr),
            comment: self.members.get("comment").and_then(Value::as_str),
            handle: self.members.get("handle").and_then(Value::as_u64),
        };
        let chain = (self.family, self.text("table")?, self.text("chain")?);
        draft.rule(chain, rule, false);
        Ok(())
    }

    fn set(&self, draft: &mut Draft<'a>) -> Result<(), Error> {
        let set = draft.set(self.family, self.text("table")?, self.text("name")?);
        if let Some(expression) = self.members.get("type").and_then(|it| it.get("typeof")) {
            set.types = SetTypes::read(&spell::value(expression), self.family);
        }
        let key: Option<Vec<&str>> = words(self.members.get("type")).collect();
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            let data: Option<Vec<&str>> = words(self.members.get("map")).collect();
            let data = data.filter(|data| !data.is_empty());
            set.types = SetTypes::of_names(&key, data.map(|data| data.join(" . ")).as_deref());
        }
        set.dynamic |= words(self.members.get("flags")).any(|flag| flag == Some("dynamic"));
        set.elements
            .extend(self.members.get("elem").map(Source::Json));
        Ok(())
    }
}

/// The words of a member that is one word or a list of them; `None` for what is no word.
fn words(value: Option<&Value>) -> impl Iterator<Item = Option<&str>> {
    let (one, many) = match value {
        Some(Value::Array(list)) => (None, list.as_slice()),
        one => (one, [].as_slice()),
    };
    one.into_iter().chain(many).map(Value::as_str)
}
