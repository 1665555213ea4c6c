//! Sensor of the instance's interfaces: whether the one that holds the address can carry anything.

use super::instance::own_addresses;
use super::take;
use crate::address::is_link_local;
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use crate::inside::{Address, LinkFacts, Snapshot};
use rulesets::Direction;

/// Reads it for an inbound flow. Linux answers for an address by whatever interface a packet comes, so
/// that one which is down proves something only where no other could have carried it.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    if case.flow.direction != Direction::Inbound
        || case.flow.address.is_none_or(|it| it.is_loopback())
    {
        return;
    }
    let (Some(links), Some(addresses)) = (snapshot.host.links.whole(), snapshot.addresses.whole())
    else {
        return;
    };
    let Some((reading, summary)) = judge(case, snapshot, links, addresses) else {
        return;
    };
    let id = book.enter("inside", "host", &summary);
    take(case, reading, summary, vec![id]);
}

fn judge(
    case: &Case<'_>,
    snapshot: &Snapshot,
    links: &[LinkFacts],
    addresses: &[Address],
) -> Option<(Reading, String)> {
    let others: Vec<_> = links.iter().filter(|link| link.name != LOOPBACK).collect();
    if others.is_empty() {
        return None;
    }
    let working: Vec<_> = others
        .iter()
        .filter(|link| link.up && link.carrier)
        .collect();
    if working.is_empty() {
        let states: Vec<_> = others.iter().map(|link| state(link)).collect();
        let summary = format!("no interface works: {}", states.join(", "));
        return Some((Reading::NoLinkUp, summary));
    }
    // An address in common with another interface, or none known, names no interface.
    let own = own_addresses(case, snapshot);
    let mut holders: Vec<_> = addresses
        .iter()
        .filter(|it| own.contains(&it.address) && !is_link_local(it.address))
        .map(|it| it.interface.as_str())
        .collect();
    holders.sort_unstable();
    holders.dedup();
    let [holder] = holders[..] else {
        return None;
    };
    let link = others.iter().find(|link| link.name == holder)?;
    if link.up && link.carrier {
        return None;
    }
    let summary = format!("{}, and it holds the address", state(link));
    Some((Reading::LinkDown, summary))
}

fn state(link: &LinkFacts) -> String {
    let words = if !link.up {
        "is switched off"
    } else if !link.carrier {
        "has no carrier"
    } else {
        "is up"
    };
    format!("{} {words}", link.name)
}

const LOOPBACK: &str = "lo";
