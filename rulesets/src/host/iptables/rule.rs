//! One rule: its words in, its steps out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::build::undecided;
use super::draft::{Draft, Item, draft};
use super::error::Problem;
use super::target::{Effect, effect};
use super::words::words;
use super::{address, matches, place, transport};
use crate::flow::Family;
use crate::host::Backend;
use crate::host::ipset::Sets;
use crate::host::merged::{Loader, doubt_merged};
use crate::program::{Key, Reason, Rule, Step, Test};
use std::collections::BTreeMap;

/// What a rule is read against.
pub(super) struct Scope<'a> {
    /// The part of the kernel that runs the rules.
    pub backend: Backend,
    /// The family of the listing.
    pub family: Family,
    /// The chain the rule stands in.
    pub chain: &'a str,
    /// The chains of the table, by name.
    pub chains: &'a BTreeMap<&'a str, usize>,
    /// The sets of ipset that are at hand.
    pub sets: &'a Sets,
}

impl Scope<'_> {
    /// Whether the table has a chain of this name.
    pub(super) fn has_chain(&self, name: &str) -> bool {
        self.chains.contains_key(name)
    }
}

/// A rule with what it means for the rest of the listing.
pub(super) struct Reading {
    /// The rule.
    pub rule: Rule,
    /// The set that it adds members to.
    pub fed: Option<String>,
    /// What is missing to understand it.
    pub gap: Option<String>,
}

/// Reads the words after `-A CHAIN`; `None` when the rule is for the other family alone.
pub(super) fn rule(
    text: &str,
    options: &str,
    scope: &Scope<'_>,
) -> Result<Option<Reading>, Problem> {
    let words = words(options)?;
    let draft = draft(&words)?;
    if draft.only.is_some_and(|family| family != scope.family) {
        return Ok(None);
    }
    let mut steps: Vec<Step> = tests(&draft, scope)?.into_iter().map(Step::Test).collect();
    let effect = match &draft.target {
        Some(target) => effect(target, draft.goto, scope),
        None => Effect::default(),
    };
    if scope.backend == Backend::Nftables {
        doubt_merged(&mut steps, Loader::Iptables);
    }
    steps.extend(effect.steps);
    Ok(Some(Reading {
        rule: Rule {
            index: 0,
            handle: None,
            text: text.to_owned(),
            description: description(&draft),
            steps,
        },
        fed: effect.fed,
        gap: effect.gap,
    }))
}

fn tests(draft: &Draft<'_>, scope: &Scope<'_>) -> Result<Vec<Test>, Problem> {
    let mut tests = Vec::new();
    let mut has_protocol = false;
    for item in &draft.own {
        has_protocol |= item.option == "-p";
        tests.extend(own(item, scope.family)?);
    }
    if !has_protocol {
        tests.extend(transport::implied(&draft.transport));
    }
    for item in &draft.transport.items {
        tests.extend(transport::option(item)?);
    }
    for group in &draft.matches {
        tests.extend(matches::tests(group, scope)?);
    }
    Ok(tests)
}

fn own(item: &Item<'_>, family: Family) -> Result<Option<Test>, Problem> {
    match &*item.option {
        "-p" => transport::protocol(item),
        "-s" => address::test(Key::Source(family), family, item.value()?, item.negated),
        "-d" => address::test(
            Key::Destination(family),
            family,
            item.value()?,
            item.negated,
        ),
        "-i" => place::interface(Key::InputInterface, item),
        "-o" => place::interface(Key::OutputInterface, item),
        _ => Ok(Some(undecided(Reason::Unsupported, item.text()))),
    }
}

/// The user's remarks, one after the other.
fn description(draft: &Draft<'_>) -> String {
    let comments = draft.matches.iter().filter(|group| group.name == "comment");
    let texts = comments.filter_map(|group| group.value("--comment"));
    texts.collect::<Vec<_>>().join(", ")
}
