//! The sets of `ipset`, as `-m set` looks a packet up in them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::build::undecided;
use super::draft::{Group, Item};
use super::error::Problem;
use super::rule::Scope;
use crate::program::{Reason, Test};

/// The tests of `-m set`.
pub(super) fn tests(group: &Group<'_>, scope: &Scope<'_>) -> Result<Vec<Test>, Problem> {
    let matched = |item: &&Item<'_>| matches!(&*item.option, "--match-set" | "--set");
    let harmless = |item: &Item<'_>| UNSEEN.contains(&&*item.option);
    let Some(item) = group.items.iter().find(matched) else {
        return Ok(vec![undecided(Reason::Unsupported, group.text())]);
    };
    let others = group.items.iter().filter(|item| !matched(item));
    if !others.into_iter().all(harmless) {
        return Ok(vec![undecided(Reason::Unsupported, group.text())]);
    }
    let name = item.value()?;
    let flags = item.values.get(1).map_or("src", |word| &*word.text);
    let directions: Vec<bool> = flags.split(',').map(|flag| flag == "src").collect();
    Ok(scope
        .sets
        .tests(name, &directions, item.negated, scope.family))
}

/// Options that change what is counted, not what matches.
const UNSEEN: &[&str] = &["--update-counters", "--update-subcounters"];
