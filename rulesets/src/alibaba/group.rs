//! Reads `DescribeSecurityGroupAttribute` (ECS 2014-05-26), as the API or `aliyun ecs` prints it, and
//! the type of groups from `DescribeSecurityGroups`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::bind::bind;
use super::rule::{Entry, entry};
use crate::document::{Document, NamedLayer};
use crate::flow::Direction;
use crate::tencent::{Fields, ParseError, Problem, Result, found, quoted, syntax};
use serde_json::{Map, Value};

/// A security group.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// The name its owner gave it; empty when it has none.
    pub name: String,
    /// Its type, which this answer may leave open.
    pub kind: Option<GroupKind>,
    /// Whether its members reach each other over the private network without a rule; `None` when the
    /// answer does not say.
    pub inner_access: Option<bool>,
    /// The inbound rules, in the answer's order.
    pub ingress: Vec<Entry>,
    /// The outbound rules, in the answer's order.
    pub egress: Vec<Entry>,
    /// True when the rules are at hand, false when the answer lists the group alone.
    pub with_rules: bool,
}

/// The type of a security group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GroupKind {
    /// A basic group (`normal`).
    Basic,
    /// An enterprise group, formerly advanced.
    Enterprise,
}

/// Reads the groups of a document: the answer about one group, several behind one another or in a list,
/// or the list of groups with their types. Errors name the member at fault.
pub fn read(text: &str) -> std::result::Result<Vec<Group>, ParseError> {
    if text.len() > DOCUMENT_BYTES {
        return Err(ParseError::TooLargeDocument);
    }
    let text = text.trim_start_matches('\u{feff}');
    let mut groups: Vec<Group> = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| syntax(&error))?;
        let list = value.as_array().map(Vec::as_slice);
        let answers = list.unwrap_or_else(|| std::slice::from_ref(&value));
        for answer in answers {
            for group in answer_groups(answer)? {
                match groups.iter_mut().find(|own| own.id == group.id) {
                    Some(own) => own.extend(group),
                    None => groups.push(group),
                }
            }
        }
    }
    if groups.is_empty() {
        return Err(unrecognised(&Value::Array(Vec::new())));
    }
    Ok(groups)
}

/// The same as the form that the documents of every cloud are read into.
pub fn read_document(text: &str) -> std::result::Result<Document, ParseError> {
    Ok(document(&read(text)?))
}

/// The groups in the form that the documents of every cloud are read into; each as if it were bound
/// alone. For several bound together ask [`bind`], since their rules are read as one list.
pub fn document(groups: &[Group]) -> Document {
    let with_rules = groups.iter().filter(|group| group.with_rules);
    let list = |group: &Group| NamedLayer {
        id: group.id.clone(),
        name: group.name.clone(),
        layer: bind(&[group]),
        is_default: false,
        attached: Vec::new(),
        combines: false,
        targets: Vec::new(),
    };
    Document {
        lists: with_rules.map(list).collect(),
        ..Document::default()
    }
}

impl Group {
    /// The rules of one direction, in the answer's order.
    pub fn entries(&self, direction: Direction) -> &[Entry] {
        match direction {
            Direction::Inbound => &self.ingress,
            Direction::Outbound => &self.egress,
        }
    }

    /// Takes in what another document says of the same group.
    pub(crate) fn extend(&mut self, other: Self) {
        self.kind = other.kind.or(self.kind);
        self.inner_access = other.inner_access.or(self.inner_access);
        if other.with_rules {
            self.ingress = other.ingress;
            self.egress = other.egress;
            self.with_rules = true;
        }
    }
}

fn answer_groups(answer: &Value) -> Result<Vec<Group>> {
    let Some(members) = answer.as_object() else {
        return Err(unrecognised(answer));
    };
    if let Some(code) = members.get("Code").and_then(Value::as_str) {
        let code = quoted(code);
        return Err(ParseError::Api { code });
    }
    let fields = Fields::new("", members);
    if members.contains_key("Permissions") {
        return Ok(vec![with_rules(&fields)?]);
    }
    if let Some(inner) = fields.object("SecurityGroups")? {
        let list = Fields::new("SecurityGroups", inner).objects("SecurityGroup")?;
        let group =
            |(path, members): &(String, &Map<String, Value>)| bare(&Fields::new(path, members));
        return list.iter().map(group).collect();
    }
    Err(unrecognised(answer))
}

fn bare(fields: &Fields<'_>) -> Result<Group> {
    let word = fields.text("SecurityGroupType")?;
    let kind = match word.map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("normal") => Some(GroupKind::Basic),
        Some("enterprise") => Some(GroupKind::Enterprise),
        Some(other) => {
            let problem = Problem::GroupType(quoted(other));
            return Err(fields.error("SecurityGroupType", problem));
        }
    };
    let inner_access = match fields.text("InnerAccessPolicy")? {
        None => None,
        Some(word) if word.eq_ignore_ascii_case("Accept") => Some(true),
        Some(word) if word.eq_ignore_ascii_case("Drop") => Some(false),
        Some(word) => {
            let problem = Problem::Action(quoted(word));
            return Err(fields.error("InnerAccessPolicy", problem));
        }
    };
    Ok(Group {
        id: fields.needed("SecurityGroupId")?.to_owned(),
        name: fields.remark("SecurityGroupName")?,
        kind,
        inner_access,
        ..Group::default()
    })
}

fn with_rules(fields: &Fields<'_>) -> Result<Group> {
    let mut group = bare(fields)?;
    group.with_rules = true;
    let rules = fields.object("Permissions")?;
    let Some(rules) = rules else {
        return Ok(group);
    };
    let list = Fields::new("Permissions", rules);
    // A page of several would hide rules that decide.
    if fields.text("NextToken")?.is_some() {
        let listed = list.list("Permission")?.len();
        return Err(list.error("Permission", Problem::Part { listed }));
    }
    for (index, (path, members)) in list.objects("Permission")?.into_iter().enumerate() {
        let (direction, entry) = entry(&Fields::new(&path, members), index)?;
        match direction {
            Direction::Inbound => group.ingress.push(entry),
            Direction::Outbound => group.egress.push(entry),
        }
    }
    Ok(group)
}

fn unrecognised(value: &Value) -> ParseError {
    ParseError::Unrecognised {
        expected: "the answer of DescribeSecurityGroupAttribute (SecurityGroupId, Permissions)",
        found: found(value),
    }
}

/// The largest document read.
const DOCUMENT_BYTES: usize = 64 * 1024 * 1024;
