//! What connection tracking says: `-m state` and `-m conntrack`.
//!
//! The kernel lets a packet without a connection (invalid or untracked) pass every other option of
//! `-m conntrack` once `--ctstate` names its state, and fail them when there is no `--ctstate`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::address;
use super::build::{among, masked, state, undecided};
use super::draft::{Group, Item};
use super::error::Problem;
use super::names;
use crate::flow::Family;
use crate::packet::State;
use crate::program::{Key, Reason, Test};

/// The tests of `-m state`.
pub(super) fn states(group: &Group<'_>) -> Result<Vec<Test>, Problem> {
    let tests = group.items.iter().map(|item| match &*item.option {
        "--state" => ctstate(item),
        _ => Ok(undecided(Reason::Unsupported, item.text())),
    });
    tests.collect()
}

/// The tests of `-m conntrack`.
pub(super) fn conntrack(group: &Group<'_>, family: Family) -> Result<Vec<Test>, Problem> {
    let (mut tests, mut others) = (Vec::new(), Vec::new());
    for item in &group.items {
        match &*item.option {
            "--ctstate" => tests.push(ctstate(item)?),
            "--ctorigdst" => {
                let key = Key::OriginalDestination(family);
                others.extend(address::test(key, family, item.value()?, item.negated)?);
            }
            "--ctorigdstport" => others.push(match names::ports(item.value()?) {
                Some(part) => among(Key::OriginalPort, vec![part], item.negated),
                None => undecided(Reason::Unsupported, item.text()),
            }),
            "--ctdir" => others.push(direction(item)?),
            _ => others.push(undecided(Reason::Unsupported, item.text())),
        }
    }
    let lost = [State::Invalid, State::Untracked];
    if others.is_empty() {
        return Ok(tests);
    }
    if tests.is_empty() {
        tests.push(state(&lost, true));
        tests.extend(others);
    } else {
        tests.push(Test::AnyOf(vec![vec![state(&lost, false)], others]));
    }
    Ok(tests)
}

/// A first packet goes in the original direction; of the others no rule text tells.
fn direction(item: &Item<'_>) -> Result<Test, Problem> {
    let original = match &*item.value()?.to_ascii_uppercase() {
        "ORIGINAL" => !item.negated,
        "REPLY" => item.negated,
        _ => return Ok(undecided(Reason::Unsupported, item.text())),
    };
    let open = undecided(Reason::Unsupported, item.text());
    let later = vec![state(&[State::New], true), open];
    let first = original.then(|| vec![state(&[State::New], false)]);
    Ok(Test::AnyOf(first.into_iter().chain([later]).collect()))
}

fn ctstate(item: &Item<'_>) -> Result<Test, Problem> {
    let (mut states, mut changed) = (Vec::new(), 0);
    for word in item.value()?.split(',') {
        match &*word.to_ascii_uppercase() {
            "NEW" => states.push(State::New),
            "ESTABLISHED" => states.push(State::Established),
            "RELATED" => states.push(State::Related),
            "INVALID" => states.push(State::Invalid),
            "UNTRACKED" => states.push(State::Untracked),
            "SNAT" => changed |= SNAT,
            "DNAT" => changed |= DNAT,
            _ => return Ok(undecided(Reason::Unsupported, item.text())),
        }
    }
    states.sort_unstable();
    states.dedup();
    if changed == 0 {
        return Ok(state(&states, item.negated));
    }
    let translated = masked(Key::ConnectionStatus, changed, 0, !item.negated);
    Ok(if states.is_empty() {
        translated
    } else if item.negated {
        Test::AnyOf(vec![vec![state(&states, true), translated]])
    } else {
        Test::AnyOf(vec![vec![state(&states, false)], vec![translated]])
    })
}

/// The bits of a connection's status that say that its source or destination was changed.
const SNAT: u128 = 16;
const DNAT: u128 = 32;
