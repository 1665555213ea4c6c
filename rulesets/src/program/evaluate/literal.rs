//! What nobody could decide, held one way or the other, and how it reads.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::sight::{Env, Field};
use super::truth::{Eyes, Truth};
use super::words::{describe, element_words, field_name, fields_words};
use crate::answer::Condition;
use crate::program::{Chain, Element, Key, Reason, Rule, Step, Test, Values, Verdict};
use crate::text::shown;
use crate::verdict::MatchingRule;
use std::net::IpAddr;

/// An open question, answered one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal<'a> {
    pub(crate) at: At<'a>,
    pub(crate) open: Open<'a>,
    pub(crate) holds: bool,
    /// The packet's epoch when it was asked.
    pub(crate) epoch: u8,
}

/// A rule in its chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) chain: &'a Chain,
    /// `None` for what no rule of the chain asks.
    pub(crate) rule: Option<&'a Rule>,
}

/// An open question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Open<'a> {
    /// Whether a test holds.
    Test(&'a Test, Why<'a>),
    /// Whether a packet has the key of a map's entry.
    Entry(&'a [Key], &'a Element),
    /// Whether a map that cannot be read whole decides.
    Map(&'a str, Why<'a>),
    /// Whether the words of a rule that were not understood decide.
    Opaque(&'a str),
    /// What a chain that is not at hand does.
    NoChain(&'a str),
    /// What a chain does that is being read already.
    Circle(&'a str),
    /// Whether the map of a translation holds the packet's key.
    Mapped(&'a str),
    /// Whether the packet arrives on, or leaves by, the device of a base chain.
    Device(&'a [String]),
    /// Whether an address is one of this host's; `None` when the address is not known either.
    Local(Option<IpAddr>),
    /// Whether the host forwards packets between its interfaces.
    Forwarding,
    /// Whether the source is on a route back through the interface the packet arrived on.
    ReversePath,
}

/// Why a test is open.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Why<'a> {
    /// The question left this field open.
    Field(Key),
    /// The set is not at hand: what to supply.
    Missing(&'a str),
    /// Rules fill the set as packets pass.
    Dynamic(&'a str),
    /// Part of the set could not be read.
    Incomplete(&'a str),
    /// A value was not understood.
    Unread,
    /// The test says so itself.
    Said(Reason, &'a str),
}

impl Literal<'_> {
    /// What makes two literals the same question with the same answer.
    pub(crate) fn id(&self) -> (usize, u8, usize, bool, u8) {
        let (kind, place) = self.open.id();
        let rule = self
            .at
            .rule
            .map_or(0, |rule| std::ptr::from_ref(rule).addr());
        (rule, kind, place, self.holds, self.epoch)
    }

    /// The condition for a report; with the chain's name when `chains` is true.
    pub(crate) fn condition(&self, chains: bool) -> Condition {
        let (reason, text) = self.open.words();
        Condition {
            reason,
            text: shown(&text, TEXT_SHOWN),
            holds: self.holds,
            rule: self.at.matching(chains),
        }
    }

    /// True when the answer is the same each time one packet asks.
    pub(crate) fn lasting(&self) -> bool {
        match self.open {
            Open::Test(_, why) => match why {
                Why::Field(Key::Mark | Key::ConnectionMark) | Why::Dynamic(_) => false,
                Why::Field(_) | Why::Missing(_) | Why::Incomplete(_) | Why::Unread => true,
                Why::Said(reason, _) => match reason {
                    Reason::RateLimit | Reason::History | Reason::Unsupported => false,
                    Reason::Time | Reason::Owner | Reason::Unspecified | Reason::Reference => true,
                },
            },
            Open::Entry(key, _) => !key.contains(&Key::Mark) && !key.contains(&Key::ConnectionMark),
            Open::Map(..)
            | Open::Opaque(_)
            | Open::NoChain(_)
            | Open::Circle(_)
            | Open::Mapped(_) => false,
            Open::Device(_) | Open::Local(_) | Open::Forwarding | Open::ReversePath => true,
        }
    }
}

impl At<'_> {
    /// The rule as reports name it.
    pub(crate) fn matching(&self, chains: bool) -> MatchingRule {
        let text = self.rule.map_or_else(String::new, |rule| rule.text.clone());
        let accepts = |rule: &Rule| {
            let last = rule.steps.last();
            matches!(last, Some(Step::Verdict(Verdict::Accept)))
        };
        MatchingRule {
            set: self.chain.set.clone(),
            chain: chains.then(|| self.chain.name.clone()),
            handle: self.rule.and_then(|rule| rule.handle),
            index: self.rule.map_or(0, |rule| rule.index),
            rule: text,
            allows: self.rule.is_some_and(accepts),
        }
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        let rules = match (self.rule, other.rule) {
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        rules && std::ptr::eq(self.chain, other.chain)
    }
}

impl Open<'_> {
    fn id(&self) -> (u8, usize) {
        match self {
            Self::Test(test, _) => (0, std::ptr::from_ref(*test).addr()),
            Self::Entry(_, element) => (1, std::ptr::from_ref(*element).addr()),
            Self::Map(name, _) => (2, name.as_ptr().addr()),
            Self::Opaque(text) => (3, text.as_ptr().addr()),
            Self::NoChain(name) => (4, name.as_ptr().addr()),
            Self::Circle(name) => (5, name.as_ptr().addr()),
            Self::Mapped(text) => (6, text.as_ptr().addr()),
            Self::Device(names) => (7, names.as_ptr().addr()),
            Self::Local(_) => (8, 0),
            Self::Forwarding => (9, 0),
            Self::ReversePath => (10, 0),
        }
    }

    fn words(&self) -> (Reason, String) {
        match self {
            Self::Test(test, why) => why.words(&describe(test)),
            Self::Entry(key, element) => {
                let what = format!("{} {}", fields_words(key), element_words(key, element));
                Why::Field(key.first().copied().unwrap_or(Key::Protocol)).words(&what)
            }
            Self::Map(name, why) => why.words(&format!("an entry of map `{name}` applies")),
            Self::Opaque(text) => (Reason::Unsupported, format!("`{text}` decides")),
            Self::NoChain(name) => (
                Reason::Reference,
                format!("chain `{name}` decides; give its rules, which the listing lacks"),
            ),
            Self::Circle(name) => (
                Reason::Unsupported,
                format!("chain `{name}` decides, which calls itself; the kernel takes no such rules"),
            ),
            Self::Mapped(text) => (Reason::Unspecified, format!("`{text}` finds the packet")),
            Self::Device(names) => (
                Reason::Unspecified,
                format!("the interface is `{}`; give the interface", names.join("` or `")),
            ),
            Self::Local(Some(address)) => (
                Reason::Unspecified,
                format!("{address} is an address of this host; give the host's addresses"),
            ),
            Self::Local(None) => (
                Reason::Unspecified,
                "the new destination is this host".to_owned(),
            ),
            Self::Forwarding => (
                Reason::Unspecified,
                "the host forwards packets; give net.ipv4.ip_forward".to_owned(),
            ),
            Self::ReversePath => (
                Reason::Unspecified,
                "the source is on a route back through its interface (rp_filter); give the source address"
                    .to_owned(),
            ),
        }
    }
}

impl<'a> Why<'a> {
    /// Why a test that is open is so.
    pub(crate) fn of(eyes: &Eyes<'_, 'a>, test: &'a Test, env: Env) -> Self {
        match test {
            Test::In { key, values, .. } => Self::values(eyes, key, values, env),
            Test::Masked { key, values, .. } => {
                Self::values(eyes, std::slice::from_ref(key), values, env)
            }
            Test::AnyOf(lists) => {
                let mut tests = lists.iter().flatten();
                let open = tests.find(|test| eyes.test(test, env) == Truth::Open);
                open.map_or(Self::Unread, |test| Self::of(eyes, test, env))
            }
            Test::Undecided { reason, text } => Self::Said(*reason, text),
        }
    }

    /// Why it is open whether fields are among values.
    fn values(eyes: &Eyes<'_, 'a>, key: &[Key], values: &'a Values, env: Env) -> Self {
        let open = |key: &&Key| {
            let field = eyes.sight.field(**key, env);
            matches!(field, Field::Open | Field::NotLoopback)
        };
        let field = key.iter().find(open).map(|key| Self::Field(*key));
        let Values::Named { name, missing } = values else {
            return field.unwrap_or(Self::Unread);
        };
        let Some(set) = eyes.sets.get(name.as_str()) else {
            return Self::Missing(missing);
        };
        match field {
            _ if set.dynamic => Self::Dynamic(name),
            Some(field) => field,
            None if set.incomplete => Self::Incomplete(name),
            None => Self::Unread,
        }
    }

    fn words(self, what: &str) -> (Reason, String) {
        match self {
            Self::Field(key) => {
                let field = field_name(key);
                (Reason::Unspecified, format!("{what}; give the {field}"))
            }
            Self::Missing(supply) => (Reason::Reference, format!("{what}; give {supply}")),
            Self::Dynamic(name) => (
                Reason::History,
                format!("{what}; rules fill `{name}` as packets pass"),
            ),
            Self::Incomplete(name) => (
                Reason::Reference,
                format!("{what}; give all of `{name}`, part of which could not be read"),
            ),
            Self::Unread => (Reason::Unsupported, what.to_owned()),
            Self::Said(reason, text) => (reason, text.to_owned()),
        }
    }
}

/// How many characters of a condition are kept.
const TEXT_SHOWN: usize = 300;
