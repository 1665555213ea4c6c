//! Follows SYNs for one port hop by hop, without privileges.

use super::connect::{NoConnection, connect};
use crate::{Failure, Hop, IcmpError, Trace};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::task::JoinSet;

/// Sends SYNs with a time to live of 1, 2, 3 and so on, four at a time, each waited for no longer
/// than `per_hop`. Ends at the first hop that opens, refuses or rejects, after eight silent hops
/// in a row, or at `max_hops`. Connections that open are closed at once.
pub async fn trace(address: IpAddr, port: u16, max_hops: u8, per_hop: Duration) -> Trace {
    let target = SocketAddr::new(address, port);
    let mut hops = Vec::new();
    for first in (1..=max_hops).step_by(WINDOW) {
        let last = max_hops.min(first.saturating_add(WINDOW_HOPS - 1));
        hops.extend(window(target, first, last, per_hop).await);
        if let Some(end) = hops.iter().position(is_end) {
            hops.truncate(end + 1);
            break;
        }
        let silent = hops.iter().rev().take_while(|hop| **hop == Hop::Silent);
        if silent.count() >= MAX_SILENT {
            break;
        }
    }
    Trace {
        address,
        port,
        hops,
    }
}

async fn window(target: SocketAddr, first: u8, last: u8, wait: Duration) -> Vec<Hop> {
    let mut attempts = JoinSet::new();
    for hops in first..=last {
        attempts.spawn(async move {
            let attempt = connect(target, None, Some(hops), None, wait).await;
            let failure = attempt.result.err();
            (hops, failure.map_or(Hop::Opened, hop_of))
        });
    }
    let mut answers: Vec<_> = attempts.join_all().await;
    answers.sort_by_key(|(hops, _)| *hops);
    answers.into_iter().map(|(_, hop)| hop).collect()
}

fn hop_of(none: NoConnection) -> Hop {
    let NoConnection::Failed(failure) = none else {
        return Hop::NotSent;
    };
    match failure {
        Failure::Rejected { icmp } if is_expiry(icmp) => Hop::Expired {
            from: icmp.offender,
        },
        Failure::Rejected { icmp } => Hop::Rejected { icmp },
        Failure::Refused | Failure::Reset { .. } => Hop::Refused,
        Failure::Timeout | Failure::Unreachable { .. } => Hop::Silent,
        Failure::NoRoute
        | Failure::LocallyForbidden
        | Failure::NoLocalPort
        | Failure::Closed { .. }
        | Failure::Silent { .. }
        | Failure::WrongProtocol { .. }
        | Failure::TurnedAway { .. }
        | Failure::Tls { .. }
        | Failure::Flooded { .. }
        | Failure::Unclassified { .. } => Hop::NotSent,
    }
}

fn is_expiry(icmp: IcmpError) -> bool {
    icmp.kind == if icmp.offender.is_ipv4() { 11 } else { 3 }
}

fn is_end(hop: &Hop) -> bool {
    match hop {
        Hop::Opened | Hop::Refused | Hop::Rejected { .. } => true,
        Hop::Silent | Hop::Expired { .. } | Hop::NotSent => false,
    }
}

const WINDOW: usize = 4;
const WINDOW_HOPS: u8 = 4;
const MAX_SILENT: usize = 2 * WINDOW;

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn time_exceeded_is_told_from_other_icmp_errors() {
        let offender = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        for (kind, expected) in [
            (11, Hop::Expired { from: offender }),
            (
                3,
                Hop::Rejected {
                    icmp: IcmpError {
                        kind: 3,
                        code: 0,
                        offender,
                    },
                },
            ),
        ] {
            let code = 0;
            let icmp = IcmpError {
                kind,
                code,
                offender,
            };
            let failure = NoConnection::Failed(Failure::Rejected { icmp });
            assert_eq!(hop_of(failure), expected);
        }
    }
}
