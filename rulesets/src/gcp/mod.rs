//! Google Cloud: the firewall rules of networks, and the instances that tags and service accounts stand
//! for, as `gcloud compute … --format=json` prints them or as the API answers.
//!
//! The rules of a network that apply to an instance are read by priority, lowest number first; where
//! two of one priority match, the one that denies wins. Without a match nothing comes in and everything goes
//! out. Replies pass by themselves (<https://cloud.google.com/firewall/docs/firewalls>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod firewall;
mod instance;
mod network;

use crate::document::{Document, Members};
use crate::json_document::{Fault, LISTS, Node, ReadError, found};
use crate::text::shown;
use serde_json::Value;

/// True when the document is one that [`read`] reads, or an error of the same API.
pub fn recognise(document: &Value) -> bool {
    let objects = objects(document);
    error(document).is_some()
        || (!objects.is_empty() && objects.iter().all(|object| Kind::of(object).is_some()))
}

/// Reads the answer of `gcloud compute firewall-rules list` or `describe`, or of `gcloud compute instances
/// list` or `describe`. Errors name the member at fault.
pub fn read(document: &Value) -> Result<Document, ReadError> {
    if let Some(code) = error(document) {
        return Err(ReadError::Api { code });
    }
    let root = Node::root(document);
    let listed = document.is_array() || document.get("items").is_some();
    let whole = listed && document.get("nextPageToken").is_none();
    let nodes = if document.is_array() {
        root.list()?
    } else if listed {
        root.items("items")?
    } else {
        vec![root.clone()]
    };
    let other = || ReadError::OtherDocument {
        found: found(document),
        expected: EXPECTED,
    };
    if nodes.is_empty() {
        return Err(other());
    }
    let (mut out, mut members) = (Document::default(), Members::default());
    let mut firewalls = Vec::new();
    for node in &nodes {
        match Kind::of(node.value()).ok_or_else(other)? {
            Kind::Firewall => firewalls.push(firewall::read(node)?),
            Kind::Instance => instance::read(node, whole, &mut members, &mut out)?,
        }
    }
    network::group(firewalls, whole, &mut out);
    if out.lists.len() > LISTS {
        return Err(root.fault(Fault::TooMany(LISTS)));
    }
    if whole && !out.instances.is_empty() {
        out.closed.extend(["tag:", "account:"].map(str::to_owned));
    }
    out.sets = members.into_sets();
    Ok(out)
}

enum Kind {
    Firewall,
    Instance,
}

impl Kind {
    fn of(object: &Value) -> Option<Self> {
        let kind = object.get("kind").and_then(Value::as_str);
        let has = |name: &str| object.get(name).is_some();
        let rules = has("allowed") || has("denied");
        match kind {
            Some("compute#firewall") => Some(Self::Firewall),
            Some("compute#instance") => Some(Self::Instance),
            None if has("network") && rules => Some(Self::Firewall),
            None if has("networkInterfaces") && has("machineType") => Some(Self::Instance),
            _ => None,
        }
    }
}

/// The objects of a document: it is one, a list, or an answer with `items`.
pub(crate) fn objects(document: &Value) -> Vec<&Value> {
    let list = document
        .as_array()
        .or_else(|| document.get("items")?.as_array());
    list.map_or_else(|| vec![document], |list| list.iter().collect())
}

/// The code of an error, which is a number with a reason beside it.
fn error(document: &Value) -> Option<String> {
    let error = document.get("error")?;
    let code = error.get("code")?.as_u64()?;
    let reason = error
        .get("errors")
        .and_then(|list| list.get(0)?.get("reason")?.as_str());
    Some(reason.map_or_else(
        || code.to_string(),
        |reason| format!("{code} {}", shown(reason, 40)),
    ))
}

/// A network, or another resource, by its path below the project's host: `projects/p/global/networks/n`.
pub(crate) fn resource(url: &str) -> String {
    let path = url.find("projects/").map_or(url, |start| &url[start..]);
    shown(path, 200)
}

const EXPECTED: &str = "the answer of `gcloud compute firewall-rules list --format=json`";
