//! The steps of a rule on one line, short enough for a table.

use rulesets::Family;
use rulesets::program::{
    Element, Key, NamedSet, NewValue, Part, Rule, Step, Test, TranslationKind, Values, Verdict,
    VerdictMap,
};
use std::fmt::Display;
use std::net::Ipv4Addr;

/// All steps, joined by `; `.
pub(crate) fn rule(rule: &Rule) -> String {
    joined(rule.steps.iter().map(step), "; ")
}

/// A set with its members.
pub(crate) fn set(set: &NamedSet) -> String {
    let members = set.elements.iter().map(|(element, verdict)| match verdict {
        Some(verdict) => format!("{} : {}", self::element(element), self::verdict(verdict)),
        None => self::element(element),
    });
    let flags = [(set.dynamic, " dynamic"), (set.incomplete, " incomplete")];
    let flags = flags.iter().filter(|(is, _)| *is);
    let flags: String = flags.map(|(_, flag)| *flag).collect();
    format!("{}{flags} {{{}}}", set.name, joined(members, ", "))
}

fn step(step: &Step) -> String {
    match step {
        Step::Test(test) => self::test(test),
        Step::Verdict(verdict) => self::verdict(verdict),
        Step::Lookup { key, map } => {
            let map = match map {
                VerdictMap::Named(name) => format!("@{name}"),
                VerdictMap::Inline(entries) => braced(entries, verdict),
            };
            format!("{} vmap {map}", keys(key))
        }
        Step::Translate(translation) => {
            let kind = match translation.kind {
                TranslationKind::Destination => "dnat",
                TranslationKind::Redirect => "redirect",
                TranslationKind::Source => "snat",
                TranslationKind::Masquerade => "masquerade",
            };
            let (address, port) = (&translation.address, &translation.port);
            format!("{kind} {} port {}", new_value(address), new_value(port))
        }
        Step::SetMark { mask, value } => format!("mark clear {mask:x} flip {value:x}"),
        Step::CopyMark {
            to,
            mask,
            copied,
            value,
        } => format!("{to:?} mark&{mask:x}^other&{copied:x}^{value:x}"),
        Step::Notrack => "notrack".to_owned(),
        Step::Opaque { text } => format!("OPAQUE `{text}`"),
    }
}

fn test(test: &Test) -> String {
    match test {
        Test::In {
            key,
            values,
            negated,
        } => format!("{}{}{}", keys(key), sign(*negated), self::values(values)),
        Test::Masked {
            key,
            mask,
            values,
            negated,
        } => {
            let (key, sign) = (keys(&[*key]), sign(*negated));
            format!("{key}&{mask:x}{sign}{}", self::values(values))
        }
        Test::AnyOf(lists) => {
            let all = |list: &Vec<Test>| joined(list.iter().map(self::test), " and ");
            format!("({})", joined(lists.iter().map(all), " or "))
        }
        Test::Undecided { reason, text } => format!("{reason:?} `{text}`"),
    }
}

fn sign(negated: bool) -> &'static str {
    if negated { "!=" } else { "=" }
}

fn values(values: &Values) -> String {
    match values {
        Values::Named { name, .. } => format!("@{name}"),
        Values::Inline(elements) => joined(elements.iter().map(element), ","),
    }
}

fn element(element: &Element) -> String {
    joined(element.0.iter().map(part), ".")
}

fn part(part: &Part) -> String {
    match part {
        Part::Span { first, last } if first == last => number(*first),
        Part::Span { first, last } => format!("{}-{}", number(*first), number(*last)),
        Part::Name { text, prefix } => format!("{text}{}", if *prefix { "*" } else { "" }),
        Part::Unread { text } => format!("?{text}?"),
    }
}

fn number(number: u128) -> String {
    match u32::try_from(number) {
        Ok(number) if number > 0x00ff_ffff => Ipv4Addr::from(number).to_string(),
        Ok(number) => number.to_string(),
        Err(_) => format!("{number:x}"),
    }
}

fn new_value<T: Display>(value: &NewValue<T>) -> String {
    match value {
        NewValue::Keep => "keep".to_owned(),
        NewValue::One(value) => value.to_string(),
        NewValue::Between(first, last) => format!("{first}-{last}"),
        NewValue::Mapped { key, entries } => {
            format!("{} map {}", keys(key), braced(entries, ToString::to_string))
        }
        NewValue::Unknown => "?".to_owned(),
    }
}

fn braced<T>(entries: &[(Element, T)], show: impl Fn(&T) -> String) -> String {
    let entries = entries
        .iter()
        .map(|(key, value)| format!("{}: {}", element(key), show(value)));
    format!("{{{}}}", joined(entries, ", "))
}

fn keys(keys: &[Key]) -> String {
    let four = |family: &Family| if *family == Family::V4 { "4" } else { "6" };
    let name = |key: &Key| match key {
        Key::Source(family) => format!("src{}", four(family)),
        Key::Destination(family) => format!("dst{}", four(family)),
        Key::Protocol => "proto".to_owned(),
        Key::Family => "family".to_owned(),
        Key::SourcePort => "sport".to_owned(),
        Key::DestinationPort => "dport".to_owned(),
        Key::IcmpType(family) => format!("type{}", four(family)),
        Key::IcmpCode(family) => format!("code{}", four(family)),
        Key::TcpFlags => "flags".to_owned(),
        Key::State => "state".to_owned(),
        Key::ConnectionStatus => "status".to_owned(),
        Key::OriginalDestination(family) => format!("odst{}", four(family)),
        Key::OriginalPort => "odport".to_owned(),
        Key::Mark => "mark".to_owned(),
        Key::ConnectionMark => "ctmark".to_owned(),
        Key::InputInterface => "in".to_owned(),
        Key::OutputInterface => "out".to_owned(),
        Key::SourceMac => "mac".to_owned(),
        Key::SourceKind => "srckind".to_owned(),
        Key::DestinationKind => "dstkind".to_owned(),
    };
    joined(keys.iter().map(name), ".")
}

fn verdict(verdict: &Verdict) -> String {
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

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}
