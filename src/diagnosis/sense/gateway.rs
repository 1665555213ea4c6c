//! Sensors of the way back: the gateway towards the client, and whether the instance looks for the
//! client on its own link. Whether either is set wrong, the cloud's own word tells.

use super::instance::closest;
use super::take;
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use crate::inside::{Address, CloudFacts, Route, Snapshot};
use rulesets::Direction;
use std::net::IpAddr;

/// Reads them for an inbound flow.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let (Some(snapshot), Some(client)) = (&case.run.evidence.inside, case.flow.client) else {
        return;
    };
    if case.flow.direction != Direction::Inbound || client.is_loopback() {
        return;
    }
    let chosen = snapshot.routes.whole().and_then(|all| closest(all, client));
    let Some((route, _)) = chosen.filter(|(route, _)| !route.reject) else {
        return;
    };
    let mut found = Vec::new();
    match route.gateway {
        Some(gateway) if is_silent(snapshot, gateway) => found.push((
            Reading::GatewaySilent,
            format!("the gateway {gateway} towards {client} does not answer for its address"),
        )),
        None if is_silent(snapshot, client) => found.push((
            Reading::ClientSought,
            format!(
                "the instance looks for {client} on the link of {}, and nobody answers there",
                route.interface
            ),
        )),
        Some(_) | None => {}
    }
    if let Some(cloud) = snapshot.host.cloud.value()
        && let Some(addresses) = snapshot.addresses.whole()
        && let Some(held) = cloud.held_on(addresses, &route.interface)
    {
        found.extend(by_cloud(cloud, route));
        found.extend(prefix(cloud, held));
    }
    for (reading, summary) in found {
        let id = book.enter("inside", "host", &summary);
        take(case, reading, summary, vec![id]);
    }
}

/// Whether the kernel asks for a neighbour and hears nothing, on whatever link.
fn is_silent(snapshot: &Snapshot, address: IpAddr) -> bool {
    let known = snapshot.host.neighbours.whole().into_iter().flatten();
    let mut states = known
        .filter(|it| it.address == address)
        .map(|it| ["failed", "incomplete"].contains(&it.state.as_str()))
        .peekable();
    states.peek().is_some() && states.all(|silent| silent)
}

fn by_cloud(cloud: &CloudFacts, route: &Route) -> Option<(Reading, String)> {
    let (wanted, used) = (cloud.gateway?, route.gateway?);
    if wanted.is_ipv4() != used.is_ipv4() || route.destination != "0.0.0.0/0" {
        return None;
    }
    Some(if wanted == used {
        (
            Reading::GatewayAsGiven,
            format!("the default route leads to {used}, as the cloud says"),
        )
    } else {
        (
            Reading::GatewayDiffers,
            format!("the default route leads to {used}, and the cloud's gateway is {wanted}"),
        )
    })
}

fn prefix(cloud: &CloudFacts, held: &Address) -> Option<(Reading, String)> {
    let (address, wanted) = (held.address, cloud.guest_prefix()?);
    Some(if held.prefix == wanted {
        (
            Reading::PrefixAsGiven,
            format!("the instance holds {address}/{wanted}, as the cloud says"),
        )
    } else {
        (
            Reading::PrefixDiffers,
            format!(
                "the instance holds {address}/{}, and the cloud's subnet is a /{wanted}",
                held.prefix
            ),
        )
    })
}
