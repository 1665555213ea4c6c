//! Rules of the model on one short line each, so that a test reads like the rule.

use rulesets::program::{Element, Key, Part, Rule, Step, Test, Values, Verdict};
use rulesets::{CloudFormat, Direction, Document, Family, Layer, read_cloud};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A document that must be read.
pub(crate) fn document(format: CloudFormat, text: &str) -> Document {
    let (found, document) = read_cloud(text).unwrap();
    assert_eq!(found, format);
    document
}

/// What is said of a document that cannot be read.
pub(crate) fn refusal(text: &str) -> String {
    let said = read_cloud(text).unwrap_err().to_string();
    assert!(!said.contains('\n') && !said.ends_with('.'), "{said}");
    assert!(said.chars().count() < 300, "{said}");
    said
}

/// The rules of one direction: `index text: steps`.
pub(crate) fn rules(layer: &Layer, direction: Direction) -> Vec<String> {
    let rules = layer.lists(direction).iter().flat_map(|chain| &chain.rules);
    rules
        .map(|rule| format!("{} {}", rule.index, rule.text))
        .collect()
}

/// The steps of the rules of one direction.
pub(crate) fn steps(layer: &Layer, direction: Direction) -> Vec<String> {
    let rules = layer.lists(direction).iter().flat_map(|chain| &chain.rules);
    rules.map(render).collect()
}

fn render(rule: &Rule) -> String {
    let step = |step: &Step| match step {
        Step::Test(test) => of_test(test),
        Step::Verdict(Verdict::Accept) => "accept".to_owned(),
        Step::Verdict(Verdict::Drop) => "drop".to_owned(),
        Step::Opaque { text } => format!("opaque {text}"),
        other => panic!("no cloud has {other:?}"),
    };
    rule.steps.iter().map(step).collect::<Vec<_>>().join("; ")
}

fn of_test(test: &Test) -> String {
    match test {
        Test::In {
            key,
            values: Values::Named { name, .. },
            negated: false,
        } => {
            format!("{} in {name}", of_key(key[0]))
        }
        Test::In {
            key,
            values: Values::Inline(elements),
            negated: false,
        } => {
            let parts = elements.iter().map(|element| of_element(key[0], element));
            format!("{} {}", of_key(key[0]), parts.collect::<Vec<_>>().join(","))
        }
        Test::AnyOf(lists) => {
            let list = |list: &Vec<Test>| list.iter().map(of_test).collect::<Vec<_>>().join(" & ");
            format!(
                "({})",
                lists.iter().map(list).collect::<Vec<_>>().join(" | ")
            )
        }
        Test::Undecided { reason, text } => format!("{reason:?}? {text}"),
        other => panic!("no cloud has {other:?}"),
    }
}

fn of_key(key: Key) -> &'static str {
    match key {
        Key::Source(Family::V4) => "from4",
        Key::Source(Family::V6) => "from6",
        Key::Destination(Family::V4) => "to4",
        Key::Destination(Family::V6) => "to6",
        Key::Protocol => "protocol",
        Key::Family => "family",
        Key::SourcePort => "sport",
        Key::DestinationPort => "dport",
        Key::IcmpType(Family::V4) => "type4",
        Key::IcmpType(Family::V6) => "type6",
        Key::IcmpCode(Family::V4) => "code4",
        Key::InputInterface => "on",
        other => panic!("no test has {other:?}"),
    }
}

fn of_element(key: Key, Element(parts): &Element) -> String {
    let number = |number: u128| match key {
        Key::Source(Family::V4) | Key::Destination(Family::V4) => {
            Ipv4Addr::from(u32::try_from(number).unwrap()).to_string()
        }
        Key::Source(Family::V6) | Key::Destination(Family::V6) => {
            Ipv6Addr::from(number).to_string()
        }
        _ => number.to_string(),
    };
    match &parts[..] {
        [Part::Span { first, last }] if first == last => number(*first),
        [Part::Span { first, last }] => format!("{}-{}", number(*first), number(*last)),
        [
            Part::Name {
                text,
                prefix: false,
            },
        ] => text.clone(),
        other => panic!("no cloud has {other:?}"),
    }
}
