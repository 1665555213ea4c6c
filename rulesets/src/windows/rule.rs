//! One rule
//! (<https://learn.microsoft.com/previous-versions/windows/desktop/wfascimprov/msft-netfirewallrule>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::conditions::{self, FLAGS, undecided};
use super::filters::Filters;
use super::word::{said, word};
use super::{address, port};
use crate::flow::Direction;
use crate::json_document::{Fault, Node, ReadError, quoted};
use crate::program::{Reason, Rule, Step, Verdict};
use crate::text::shown;

/// A rule that is switched on, and what places it.
pub(super) struct Placed {
    pub(super) direction: Direction,
    pub(super) action: Action,
    /// The bits of the profiles it belongs to; 0 for every one.
    pub(super) profiles: i64,
    /// True when it is the host's own and not a policy's.
    pub(super) local: bool,
    pub(super) rule: Rule,
}

/// What a rule does, in the order in which rules count.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Action {
    /// It allows authenticated peers, even against a block.
    Bypass,
    /// It blocks.
    Block,
    /// It allows.
    Allow,
}

/// Reads a rule; `None` when it is switched off.
pub(super) fn read(
    node: &Node<'_>,
    index: usize,
    filters: &Filters<'_>,
) -> Result<Option<Placed>, ReadError> {
    let id = node.need("InstanceID", "the rule's id")?;
    if word(node, "Enabled", ENABLED, "True (1) or False (2)")? == Some(false) {
        return Ok(None);
    }
    let Some(direction) = word(node, "Direction", DIRECTIONS, "Inbound (1) or Outbound (2)")?
    else {
        return Err(node.fault_at("Direction", Fault::Missing("Inbound or Outbound")));
    };
    let action = word(
        node,
        "Action",
        ACTIONS,
        "Allow (2), AllowBypass (3) or Block (4)",
    )?;
    let Some(mut action) = action else {
        return Err(node.fault_at("Action", Fault::Missing("Allow or Block")));
    };
    if action == Action::Allow && conditions::overrides_blocks(id, filters)? {
        action = Action::Bypass;
    }
    let mut steps = Vec::new();
    let (service, peer) = ends(id, filters, direction, &mut steps)?;
    let (more, said) = conditions::read(id, filters, direction)?;
    steps.extend(more);
    if action == Action::Bypass {
        let text = "the far end is authenticated by IPsec and allowed to bypass blocks";
        steps.push(undecided(Reason::Unsupported, text.to_owned()));
    }
    if word(node, "LocalOnlyMapping", FLAGS, "true or false")? == Some(true) {
        let text = "the rule is for local mappings only";
        steps.push(undecided(Reason::Unsupported, text.to_owned()));
    }
    steps.push(Step::Verdict(match action {
        Action::Bypass | Action::Allow => Verdict::Accept,
        Action::Block => Verdict::Drop,
    }));
    let name = node
        .text("DisplayName")?
        .or(node.text("Name")?)
        .unwrap_or(id);
    let word = match action {
        Action::Bypass => "Bypass",
        Action::Block => "Block",
        Action::Allow => "Allow",
    };
    let joint = direction.joint();
    let text = format!("{}: {word} {service} {joint} {peer}{said}", shown(name, 80));
    Ok(Some(Placed {
        direction,
        action,
        profiles: profiles(node)?,
        local: is_local(node)?,
        rule: Rule {
            index,
            handle: None,
            text: shown(&text, 300),
            description: shown(node.text("Description")?.unwrap_or_default(), 200),
            steps,
        },
    }))
}

/// The tests of ports and addresses. A filter that is not in the document leaves the rule open.
fn ends(
    id: &str,
    filters: &Filters<'_>,
    direction: Direction,
    steps: &mut Vec<Step>,
) -> Result<(String, String), ReadError> {
    let mut said = [String::from("?"), String::from("?")];
    for (place, kind) in ["PortFilters", "AddressFilters"].into_iter().enumerate() {
        if filters.of(kind, id).is_none() {
            let text = format!("the rule's entry in `{kind}`, which the document lacks");
            steps.push(undecided(Reason::Reference, text));
        }
        if let Some(filter) = conditions::one(filters, kind, id, steps) {
            let (own, text) = match kind {
                "PortFilters" => port::read(filter, direction)?,
                _ => address::read(filter, direction)?,
            };
            steps.extend(own);
            said[place] = text;
        }
    }
    let [service, peer] = said;
    Ok((service, peer))
}

/// The bits of the profiles a rule belongs to: a number, or names joined by commas.
fn profiles(node: &Node<'_>) -> Result<i64, ReadError> {
    let member = match node.member("Profile")? {
        None => node.member("Profiles")?,
        found => found,
    };
    let Some(member) = member else {
        return Err(node.fault_at(
            "Profile",
            Fault::Missing("the profiles of the rule, 0 for any"),
        ));
    };
    let text = said(member.value());
    let mut bits = 0;
    for word in text.split(',').map(str::trim) {
        let named = PROFILES
            .iter()
            .find(|(_, name)| word.eq_ignore_ascii_case(name));
        let bit = named.map(|(bit, _)| *bit).or_else(|| word.parse().ok());
        match bit {
            Some(0 | 0x7fff_ffff) => return Ok(0),
            Some(bit @ 1..=0xffff) => bits |= bit,
            _ => {
                let (value, expected) = (
                    quoted(word),
                    "Domain (1), Private (2), Public (4) or Any (0)",
                );
                return Err(member.fault(Fault::Value { value, expected }));
            }
        }
    }
    Ok(bits)
}

/// True when the rule is the host's own: the member is a number or a name, 1 or `Local`.
fn is_local(node: &Node<'_>) -> Result<bool, ReadError> {
    let member = node.member("PolicyStoreSourceType")?;
    Ok(member.is_some_and(|member| matches!(said(member.value()).as_str(), "1" | "Local")))
}

/// The profiles and their bits.
pub(super) const PROFILES: [(i64, &str); 4] =
    [(0, "Any"), (1, "Domain"), (2, "Private"), (4, "Public")];

const ENABLED: &[(i64, &str, bool)] = &[(1, "True", true), (2, "False", false)];

const DIRECTIONS: &[(i64, &str, Direction)] = &[
    (1, "Inbound", Direction::Inbound),
    (2, "Outbound", Direction::Outbound),
];

const ACTIONS: &[(i64, &str, Action)] = &[
    (2, "Allow", Action::Allow),
    (3, "AllowBypass", Action::Bypass),
    (4, "Block", Action::Block),
];
