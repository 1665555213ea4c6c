//! Neighbouring fields compared with `!=`, which nft 1.0.6, iptables-nft 1.8.9 and others load as one
//! comparison of both.
//!
//! `udp sport != 3389 udp dport != 53` then holds for every packet that differs in one of the two, and is
//! still listed with the same words as a rule that asks for both, as other versions load it. What the two
//! readings do not agree on is not known.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::program::{Element, Key, Part, Reason, Step, Test, Values};

/// What loaded the rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Loader {
    /// It merges any neighbours.
    Nft,
    /// It merges the two ports.
    Iptables,
}

/// Makes such tests hold where both readings do, and fail where both do.
pub(super) fn doubt_merged(steps: &mut Vec<Step>, loader: Loader) {
    let any = loader == Loader::Nft;
    let unread = any
        && steps
            .iter()
            .any(|step| matches!(step, Step::Test(Test::Undecided { .. })));
    let mut doubtful: Vec<usize> = Vec::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let Some(key) = differs(step) else {
            continue;
        };
        let before = steps[..place].iter();
        let partner = before.map(differs).position(|other| {
            other.is_some_and(|other| neighbours(key, other) && (any || is_port(key)))
        });
        if let Some(partner) = partner {
            pairs.push((partner, place));
            doubtful.extend([partner, place]);
        } else if unread && beside_unread(key) {
            doubtful.push(place);
        }
    }
    doubtful.sort_unstable();
    doubtful.dedup();
    let both: Vec<(usize, Step)> = pairs
        .into_iter()
        .filter_map(|(one, other)| {
            let (Step::Test(one), Step::Test(second)) = (&steps[one], &steps[other]) else {
                return None;
            };
            let either = Test::AnyOf(vec![vec![one.clone()], vec![second.clone()]]);
            Some((other, Step::Test(either)))
        })
        .collect();
    for place in doubtful {
        if let Step::Test(test) = &steps[place] {
            steps[place] = Step::Test(Test::AnyOf(vec![vec![test.clone()], vec![doubt()]]));
        }
    }
    for (place, either) in both.into_iter().rev() {
        steps.insert(place + 1, either);
    }
}

/// The field that a step compares with one value by `!=`.
fn differs(step: &Step) -> Option<Key> {
    let Step::Test(Test::In {
        key,
        values: Values::Inline(values),
        negated: true,
    }) = step
    else {
        return None;
    };
    let ([key], [Element(parts)]) = (key.as_slice(), values.as_slice()) else {
        return None;
    };
    let [Part::Span { first, last }] = parts.as_slice() else {
        return None;
    };
    (first == last).then_some(*key)
}

/// Whether two fields lie side by side in a header.
fn neighbours(one: Key, other: Key) -> bool {
    let together = |a: Key, b: Key| {
        matches!(
            (a, b),
            (Key::SourcePort, Key::DestinationPort) | (Key::IcmpType(_), Key::IcmpCode(_))
        )
    };
    together(one, other) || together(other, one)
}

fn is_port(key: Key) -> bool {
    matches!(key, Key::SourcePort | Key::DestinationPort)
}

/// Whether a field lies beside one that is not read here: the hop limit, the other hardware address.
fn beside_unread(key: Key) -> bool {
    matches!(key, Key::Protocol | Key::SourceMac)
}

fn doubt() -> Test {
    Test::Undecided {
        reason: Reason::Unspecified,
        text: "whether nft loaded two neighbouring `!=` as one; no listing tells".to_owned(),
    }
}
