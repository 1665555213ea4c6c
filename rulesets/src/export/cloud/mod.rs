//! The rule lists of every cloud, each written in its own cloud's forms: the JSON of its API, the
//! resources of its Terraform provider, the commands of its command line.
//!
//! A list keeps the members that the vendor's answer gave it, so that what a rule says is written out
//! as it was said. The vendor's own rules, which nobody can create, become comments; what a form has no
//! words for is an error that names the rule.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod alibaba;
mod api;
mod aws_acl;
mod aws_group;
mod azure;
mod collect;
mod gcp;
mod lighthouse;
mod tencent_acl;
mod value;

pub(super) use alibaba::command as alibaba_permission;
pub use api::api_json;
pub(super) use aws_group::command as aws_permission;
pub use collect::cloud_lists;
pub(super) use value::is_name;

use super::ExportError;
use crate::flow::Direction;
use crate::text::{json_line, shell_word, shown};
use serde_json::Value;

/// A rule list of a cloud, as the vendor's documents say it.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudList {
    id: String,
    name: String,
    maker: Maker,
    part: Part,
    body: Value,
}

/// What kind of list it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Maker {
    AwsGroup,
    AwsAcl,
    Azure,
    Gcp,
    Alibaba,
    TencentAcl,
    Lighthouse,
}

/// How much of the vendor's listing the document held.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Whole,
    /// One object out of the list.
    One,
    /// One page, which names the next one so.
    Page(Value),
}

impl CloudList {
    /// Its id, by which a caller chooses it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name its owner gave it; empty when it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rules as resources of the cloud's Terraform provider. `target` is the list to write them
    /// into, the list itself when `None`.
    pub fn terraform(&self, target: Option<&str>) -> Result<String, ExportError> {
        let target = self.target(target)?;
        let mut blocks = match self.maker {
            Maker::AwsGroup => aws_group::terraform(self, target),
            Maker::AwsAcl => Ok(aws_acl::terraform(self, target)),
            Maker::Azure => azure::terraform(self, target),
            Maker::Gcp => gcp::terraform(self, target),
            Maker::Alibaba => alibaba::terraform(self, target),
            Maker::TencentAcl => tencent_acl::terraform(self, target),
            Maker::Lighthouse => lighthouse::terraform(self, target),
        }?;
        self.finish(&mut blocks)?;
        Ok(blocks.join("\n"))
    }

    /// The commands of the cloud's command line that add its rules, as text to run in a POSIX-like
    /// shell, one a line; a line that begins with `#` is a remark. `target` is the list to add them to,
    /// the list itself when `None`.
    pub fn commands(&self, target: Option<&str>) -> Result<Vec<String>, ExportError> {
        let target = self.target(target)?;
        let mut lines = match self.maker {
            Maker::AwsGroup => Ok(aws_group::commands(self, target)),
            Maker::AwsAcl => Ok(aws_acl::commands(self, target)),
            Maker::Azure => azure::commands(self, target),
            Maker::Gcp => gcp::commands(self, target),
            Maker::Alibaba => alibaba::commands(self, target),
            Maker::TencentAcl => tencent_acl::commands(self, target),
            Maker::Lighthouse => Ok(lighthouse::commands(self, target)),
        }?;
        self.finish(&mut lines)?;
        Ok(lines)
    }

    /// The name of the list that rules are written into.
    fn target<'a>(&'a self, target: Option<&'a str>) -> Result<&'a str, ExportError> {
        let own = match self.maker {
            Maker::Azure => &self.name,
            Maker::Gcp => self.id.rsplit('/').next().unwrap_or(&self.id),
            Maker::AwsGroup
            | Maker::AwsAcl
            | Maker::Alibaba
            | Maker::TencentAcl
            | Maker::Lighthouse => &self.id,
        };
        let id = target.unwrap_or(own);
        if is_name(id) {
            Ok(id)
        } else {
            Err(ExportError::Id(shown(id, 60)))
        }
    }

    /// A list with no line at all has nothing to write; one that is not whole says so.
    fn finish(&self, lines: &mut Vec<String>) -> Result<(), ExportError> {
        if lines.is_empty() {
            return Err(ExportError::Nothing);
        }
        if self.part != Part::Whole {
            let id = shown(&self.id, 200);
            lines.insert(
                0,
                format!("# other rules of {id} are not in the document given"),
            );
        }
        Ok(())
    }

    /// The error for a rule that a form has no words for.
    fn refuse(&self, rule: &Placed<'_>, reason: &'static str) -> ExportError {
        ExportError::Rule {
            set: shown(&self.id, 200),
            direction: rule.direction,
            index: rule.index,
            rule: rule.said(),
            reason,
        }
    }

    /// The error for a list that lacks what a form needs.
    fn lacks(&self, what: &'static str) -> ExportError {
        ExportError::Lacks {
            set: shown(&self.id, 200),
            what,
        }
    }
}

/// The command that puts these entries in the place of those of a network ACL of Tencent Cloud.
pub(super) fn tencent_entries(acl: &str, set: &Value) -> String {
    tencent_acl::command("ModifyNetworkAclEntries", acl, "NetworkAclEntrySet", set)
}

/// A rule and its place in its own list.
struct Placed<'a> {
    direction: Direction,
    index: usize,
    item: &'a Value,
}

impl Placed<'_> {
    /// What the rule is called, or all it says.
    fn said(&self) -> String {
        let name = value::text(self.item, "name");
        name.map_or_else(
            || shown(&json_line(self.item), 160),
            |name| shown(name, 160),
        )
    }

    /// The name of a resource for it.
    fn label(&self, target: &str) -> String {
        format!("{target}_{}_{}", self.direction, self.index)
    }

    /// A remark in place of a rule that is the vendor's own.
    fn own(&self) -> String {
        format!(
            "# {} rule {} is the vendor's own: {}",
            self.direction,
            self.index,
            self.said()
        )
    }
}

/// Words as one line for a shell.
pub(super) fn line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
    words.join(" ")
}
