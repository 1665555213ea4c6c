//! Conditions of a rule that no packet shows: the program, the service, the user, IP security; and those on
//! the interface, which some packets show.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::filters::{Filters, Found, words};
use super::word::word;
use crate::flow::Direction;
use crate::json_document::{Node, ReadError};
use crate::program::{Element, Key, Part, Reason, Step, Test, Values};
use crate::text::shown;

/// The tests of a rule's filters besides ports and addresses, with its words for the rule's text.
pub(super) fn read(
    id: &str,
    filters: &Filters<'_>,
    direction: Direction,
) -> Result<(Vec<Step>, String), ReadError> {
    let (mut steps, mut text) = (Vec::new(), String::new());
    for (kind, name, reason, word) in OPEN {
        if let Some(value) = open(filters, kind, name, id)? {
            let kind_of = INTERFACE_TYPES.iter().find(|(number, _)| *number == value);
            let value = kind_of.map_or_else(|| shown(&value, 120), |(_, word)| (*word).to_owned());
            text = format!("{text} {word} `{value}`");
            steps.push(undecided(reason, format!("{word} is `{value}`")));
        }
    }
    if let Some(filter) = one(filters, "InterfaceFilters", id, &mut steps) {
        let names = words(filter, "InterfaceAlias")?;
        if !names.is_empty() {
            let key = match direction {
                Direction::Inbound => Key::InputInterface,
                Direction::Outbound => Key::OutputInterface,
            };
            let said: Vec<String> = names.iter().map(|(_, name)| shown(name, 60)).collect();
            text = format!("{text} on {}", shown(&said.join(","), 100));
            let elements = said.into_iter().map(|text| {
                Element::of(Part::Name {
                    text,
                    prefix: false,
                })
            });
            steps.push(Step::Test(Test::In {
                key: vec![key],
                values: Values::Inline(elements.collect()),
                negated: false,
            }));
        }
    }
    if let Some(filter) = one(filters, "SecurityFilters", id, &mut steps) {
        security(filter, &mut steps, &mut text)?;
    }
    Ok((steps, text))
}

/// True when the rule passes what another rule blocks, for authenticated peers.
pub(super) fn overrides_blocks(id: &str, filters: &Filters<'_>) -> Result<bool, ReadError> {
    match filters.of("SecurityFilters", id) {
        Some(Found::One(filter)) => {
            Ok(word(filter, "OverrideBlockRules", FLAGS, "true or false")?.unwrap_or(false))
        }
        Some(Found::Several) | None => Ok(false),
    }
}

/// A test that nobody can decide.
pub(super) fn undecided(reason: Reason, text: String) -> Step {
    Step::Test(Test::Undecided { reason, text })
}

/// The only filter of a kind; where there are several that differ, the rule depends on which is its own.
pub(super) fn one<'f, 'a>(
    filters: &'f Filters<'a>,
    kind: &str,
    id: &str,
    steps: &mut Vec<Step>,
) -> Option<&'f Node<'a>> {
    match filters.of(kind, id)? {
        Found::One(node) => Some(node),
        Found::Several => {
            let text = format!(
                "several rules share the id `{}`, with different {kind}",
                shown(id, 80)
            );
            steps.push(undecided(Reason::Unsupported, text));
            None
        }
    }
}

/// The words of a condition that is not `Any`.
fn open(
    filters: &Filters<'_>,
    kind: &str,
    name: &str,
    id: &str,
) -> Result<Option<String>, ReadError> {
    match filters.of(kind, id) {
        None => Ok(None),
        Some(Found::Several) => Ok(Some("different in rules of one id".to_owned())),
        Some(Found::One(filter)) => {
            let words = words(filter, name)?;
            let said: Vec<String> = words.into_iter().map(|(_, word)| word).collect();
            let any = said.is_empty() || said.iter().all(|word| word == "0");
            Ok((!any).then(|| said.join(",")))
        }
    }
}

fn security(filter: &Node<'_>, steps: &mut Vec<Step>, text: &mut String) -> Result<(), ReadError> {
    let authentication = word(
        filter,
        "Authentication",
        AUTHENTICATION,
        "an authentication",
    )?;
    let encryption = word(filter, "Encryption", ENCRYPTION, "an encryption")?;
    if authentication == Some(true) || encryption == Some(true) {
        text.push_str(" if secure");
        let said = "the connection is authenticated by IPsec".to_owned();
        steps.push(undecided(Reason::Unsupported, said));
    }
    for (name, reason, said) in [
        (
            "LocalUser",
            Reason::Owner,
            "the user of the program is allowed by",
        ),
        (
            "RemoteUser",
            Reason::Unsupported,
            "the user of the far end is allowed by",
        ),
        (
            "RemoteMachine",
            Reason::Unsupported,
            "the machine of the far end is allowed by",
        ),
    ] {
        if let Some((_, value)) = words(filter, name)?.first() {
            steps.push(undecided(reason, format!("{said} `{}`", shown(value, 80))));
        }
    }
    Ok(())
}

/// Filters of which any value but `Any` leaves the rule open.
const OPEN: [(&str, &str, Reason, &str); 4] = [
    (
        "ApplicationFilters",
        "Program",
        Reason::Owner,
        "the program",
    ),
    (
        "ApplicationFilters",
        "Package",
        Reason::Owner,
        "the app package",
    ),
    ("ServiceFilters", "Service", Reason::Owner, "the service"),
    (
        "InterfaceTypeFilters",
        "InterfaceType",
        Reason::Unsupported,
        "the kind of interface",
    ),
];

/// The numbers of kinds of interfaces, which no other filter's values look like.
const INTERFACE_TYPES: [(&str, &str); 3] =
    [("1", "Wired"), ("2", "Wireless"), ("4", "RemoteAccess")];

/// False and true, as the shell prints them.
pub(super) const FLAGS: &[(i64, &str, bool)] = &[(0, "False", false), (1, "True", true)];

/// Whether an authentication is asked for
/// (<https://learn.microsoft.com/previous-versions/windows/desktop/wfascimprov/msft-netnetworklayersecurityfilter>).
const AUTHENTICATION: &[(i64, &str, bool)] = &[
    (0, "NotRequired", false),
    (1, "Required", true),
    (2, "NoEncap", true),
];

const ENCRYPTION: &[(i64, &str, bool)] = &[
    (0, "NotRequired", false),
    (1, "Required", true),
    (2, "Dynamic", true),
];
