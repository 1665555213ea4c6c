//! What rules refer to, and the commands that tell its members.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::far_end::Ends;
use crate::json_document::{Node, ReadError};
use crate::program::Reason;

/// An id such as `sg-1`, fit to stand in a command.
pub(super) fn id<'a>(
    node: &Node<'a>,
    name: &str,
    expected: &'static str,
) -> Result<&'a str, ReadError> {
    let id = node.need(name, expected)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if id.len() <= 64 && id.chars().all(plain) {
        return Ok(id);
    }
    let member = node.member(name)?;
    Err(member
        .as_ref()
        .unwrap_or(node)
        .bad(id, "an id of letters, digits and `-`"))
}

/// Adds the members of a group that a rule of `owner`'s names, and says how the user wrote it. A group
/// stands for the private addresses of the interfaces that carry it
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
pub(super) fn group(
    pair: &Node<'_>,
    owner: Option<&str>,
    ends: &mut Ends,
) -> Result<String, ReadError> {
    let user = pair.text("UserId")?;
    let Some(_) = pair.text("GroupId")? else {
        let name = pair.need("GroupName", "the id of a group (GroupId)")?;
        let text = format!(
            "the interfaces of the group named `{}`",
            crate::text::shown(name, 60)
        );
        ends.add_unknown(Reason::Reference, text);
        return Ok(crate::text::shown(name, 60));
    };
    let group = id(pair, "GroupId", "the id of a group")?;
    match (user, owner) {
        (Some(user), Some(owner)) if user != owner => {
            let user = id(pair, "UserId", "an account")?;
            let name = format!("{user}/{group}");
            let missing = format!(
                "the members of group `{group}` of account {user}: run `{INTERFACES}` with that account"
            );
            ends.add_named(&name, missing);
            Ok(name)
        }
        _ => {
            let missing = format!("the members of group `{group}`: run `{INTERFACES}`");
            ends.add_named(group, missing);
            Ok(group.to_owned())
        }
    }
}

/// Adds the blocks of a prefix list.
pub(super) fn prefix_list(holder: &Node<'_>, ends: &mut Ends) -> Result<String, ReadError> {
    let list = id(holder, "PrefixListId", "the id of a prefix list")?;
    let missing = format!(
        "the entries of prefix list `{list}`: run `aws ec2 get-managed-prefix-list-entries \
         --prefix-list-id {list} --query \"{{PrefixListId: '{list}', Entries: Entries}}\" --output json`"
    );
    ends.add_named(list, missing);
    Ok(list.to_owned())
}

const INTERFACES: &str = "aws ec2 describe-network-interfaces --output json";
