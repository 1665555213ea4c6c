//! The steps of a rule on one line, numbers in hexadecimal.

use rulesets::Family;
use rulesets::program::{
    Element, Key, NewValue, Part, Reason, Rule, Step, Test, Translation, Values, Verdict,
};
use std::fmt::Display;

/// The steps of a rule.
pub(crate) fn steps(rule: &Rule) -> String {
    let steps: Vec<String> = rule.steps.iter().map(step).collect();
    steps.join("; ")
}

fn step(step: &Step) -> String {
    match step {
        Step::Test(test) => tested(test),
        Step::Verdict(verdict) => decided(verdict),
        Step::Lookup { .. } => "lookup".to_owned(),
        Step::Translate(translation) => translated(translation),
        Step::SetMark { mask, value } => format!("mark&{mask:x}^{value:x}"),
        Step::CopyMark {
            to,
            mask,
            copied,
            value,
        } => format!("{to:?} mark&{mask:x}^other&{copied:x}^{value:x}"),
        Step::Notrack => "notrack".to_owned(),
        Step::Opaque { text } => format!("opaque({text})"),
    }
}

fn tested(test: &Test) -> String {
    let sign = |negated: bool| if negated { "not " } else { "" };
    match test {
        Test::In {
            key,
            values,
            negated,
        } => {
            let keys: Vec<&str> = key.iter().map(|key| field(*key)).collect();
            format!("{} {}{}", keys.join("."), sign(*negated), listed(values))
        }
        Test::Masked {
            key,
            mask,
            values,
            negated,
        } => format!(
            "{}&{mask:x} {}{}",
            field(*key),
            sign(*negated),
            listed(values)
        ),
        Test::AnyOf(choices) => {
            let choice =
                |tests: &Vec<Test>| tests.iter().map(tested).collect::<Vec<_>>().join("; ");
            format!(
                "any({})",
                choices.iter().map(choice).collect::<Vec<_>>().join(" | ")
            )
        }
        Test::Undecided { reason, text } => format!("?{}[{text}]", named(*reason)),
    }
}

fn named(reason: Reason) -> &'static str {
    match reason {
        Reason::RateLimit => "rate_limit",
        Reason::History => "history",
        Reason::Time => "time",
        Reason::Owner => "owner",
        Reason::Unspecified => "unspecified",
        Reason::Reference => "reference",
        Reason::Unsupported => "unsupported",
    }
}

fn listed(values: &Values) -> String {
    match values {
        Values::Inline(elements) => elements.iter().map(element).collect::<Vec<_>>().join(","),
        Values::Named { name, .. } => format!("@{name}"),
    }
}

/// A member of a set.
pub(crate) fn element(element: &Element) -> String {
    element.0.iter().map(part).collect::<Vec<_>>().join(".")
}

fn part(part: &Part) -> String {
    match part {
        Part::Span { first, last } if first == last => format!("{first:x}"),
        Part::Span { first, last } => format!("{first:x}-{last:x}"),
        Part::Name { text, prefix } => format!("{text}{}", if *prefix { "*" } else { "" }),
        Part::Unread { text } => format!("?[{text}]"),
    }
}

fn decided(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept".to_owned(),
        Verdict::Drop => "drop".to_owned(),
        Verdict::Reject { with } => format!("reject({with})"),
        Verdict::Return => "return".to_owned(),
        Verdict::Continue => "continue".to_owned(),
        Verdict::Jump(chain) => format!("jump({chain})"),
        Verdict::Goto(chain) => format!("goto({chain})"),
    }
}

fn translated(translation: &Translation) -> String {
    let Translation {
        kind,
        address,
        port,
        ..
    } = translation;
    format!("{kind:?}({} port {})", valued(address), valued(port))
}

fn valued<T: Display>(value: &NewValue<T>) -> String {
    match value {
        NewValue::Keep => "keep".to_owned(),
        NewValue::One(value) => value.to_string(),
        NewValue::Between(first, last) => format!("{first}-{last}"),
        NewValue::Mapped { .. } => "mapped".to_owned(),
        NewValue::Unknown => "?".to_owned(),
    }
}

fn field(key: Key) -> &'static str {
    match key {
        Key::Source(Family::V4) => "src4",
        Key::Source(Family::V6) => "src6",
        Key::Destination(Family::V4) => "dst4",
        Key::Destination(Family::V6) => "dst6",
        Key::Protocol => "proto",
        Key::Family => "family",
        Key::SourcePort => "sport",
        Key::DestinationPort => "dport",
        Key::IcmpType(Family::V4) => "icmp4type",
        Key::IcmpType(Family::V6) => "icmp6type",
        Key::IcmpCode(Family::V4) => "icmp4code",
        Key::IcmpCode(Family::V6) => "icmp6code",
        Key::TcpFlags => "flags",
        Key::State => "state",
        Key::ConnectionStatus => "status",
        Key::OriginalDestination(Family::V4) => "origdst4",
        Key::OriginalDestination(Family::V6) => "origdst6",
        Key::OriginalPort => "origport",
        Key::Mark => "mark",
        Key::ConnectionMark => "ctmark",
        Key::InputInterface => "iif",
        Key::OutputInterface => "oif",
        Key::SourceMac => "mac",
        Key::SourceKind => "srckind",
        Key::DestinationKind => "dstkind",
    }
}
