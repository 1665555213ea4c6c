//! The same conversation held on the instance itself.
//!
//! Packets to an own address take the loopback interface: they meet the service and the host's
//! filter, less those rules that spare loopback. A service that answers there is a healthy service;
//! a filter that drops there is a dropping filter; nothing more.

use super::instance::own_addresses;
use super::{describe, outcome, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use crate::inside::{ConnectCounters, Snapshot};
use probes::Observation;
use rulesets::Protocol;

/// Reads the instance's own probe of this service.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    let Some(observation) = nearest(case, snapshot) else {
        return;
    };
    let Some(seen) = outcome::reading(observation, false) else {
        return;
    };
    // A short wait cannot tell a service that hangs from one that greets late.
    if seen == Reading::Silent && observation.timing.total_s < PATIENT_S {
        return;
    }
    let mut summary = format!("on the instance, {}", describe::observation(observation));
    let spoken = SPOKEN.iter().find(|(outcome, _)| *outcome == seen);
    let reading = if let Some((_, local)) = spoken {
        Some(*local)
    } else if seen == Reading::Timeout && case.reads(Reading::EchoOn) {
        // The kernel answers echo requests, so a filter took the request or the reply.
        Some(Reading::LocalDropped)
    } else if case.flow.protocol == Protocol::Tcp
        && let Some(counters) = counters(snapshot, observation)
    {
        summary.push_str(&moved(counters));
        unopened(seen, counters)
    } else {
        None
    };
    let id = book.enter("inside", "probe", &summary);
    if let Some(reading) = reading {
        take(case, reading, summary, vec![id]);
    }
}

/// Whether the service answers on the instance, and not late.
pub(super) fn answers_at_once(case: &Case<'_>, snapshot: &Snapshot) -> bool {
    nearest(case, snapshot).is_some_and(outcome::is_prompt)
}

/// The probe of the address the flow is for; of loopback where there is none.
fn nearest<'a>(case: &Case<'_>, snapshot: &'a Snapshot) -> Option<&'a Observation> {
    let asked = case.flow.address?;
    let own = own_addresses(case, snapshot);
    let probes = || {
        snapshot
            .probes
            .iter()
            .filter(|it| it.probe.service == case.flow.service && it.probe.port == case.flow.port)
            .filter(|it| it.probe.address.is_ipv4() == asked.is_ipv4())
    };
    probes()
        .find(|it| own.contains(&it.probe.address))
        .or_else(|| probes().find(|it| it.probe.address.is_loopback()))
}

fn counters<'a>(snapshot: &'a Snapshot, observation: &Observation) -> Option<&'a ConnectCounters> {
    snapshot
        .connects
        .iter()
        .find(|it| {
            it.observation.probe.address == observation.probe.address
                && it.observation.probe.port == observation.probe.port
        })
        .map(|it| &it.counters)
}

/// What a connect that did not open means, by the counters that moved around it.
fn unopened(seen: Reading, moved: &ConnectCounters) -> Option<Reading> {
    let undelivered = moved.in_receives > moved.in_delivers + moved.forwarded;
    let rejecting = [
        Reading::Prohibited,
        Reading::LocallyForbidden,
        Reading::HostUnreachable,
    ];
    if seen == Reading::Refused && moved.out_rsts > 0 {
        Some(Reading::LocalRefused)
    } else if undelivered && (seen == Reading::Refused || rejecting.contains(&seen)) {
        Some(Reading::LocalRejected)
    } else if seen != Reading::Timeout {
        None
    } else if moved.conntrack_drops > 0 {
        Some(Reading::LocalTableFull)
    } else if moved.listen_overflows > 0 {
        Some(Reading::LocalOverflow)
    } else if undelivered {
        Some(Reading::LocalDropped)
    } else {
        (moved.in_delivers > 0).then_some(Reading::LocalReplyDropped)
    }
}

fn moved(counters: &ConnectCounters) -> String {
    let named = [
        ("received", counters.in_receives),
        ("delivered", counters.in_delivers),
        ("resets sent", counters.out_rsts),
        ("ICMP errors sent", counters.out_dest_unreachs),
        ("accept queue overflows", counters.listen_overflows),
        ("tracking table drops", counters.conntrack_drops),
    ];
    let texts: Vec<_> = named
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    if texts.is_empty() {
        "; no counter moved".into()
    } else {
        format!("; packets {}", texts.join(", "))
    }
}

/// Longer than TCP wrappers wait before they close (5.03 s).
const PATIENT_S: f64 = 6.0;
/// A conversation that got as far as an open connection, by its outcome. A certificate is made for
/// the service's name, which is not asked for here; it is judged from outside.
const SPOKEN: &[(Reading, Reading)] = &[
    (Reading::Answered, Reading::LocalAnswers),
    (Reading::ConnectedLate, Reading::LocalAnswers),
    (Reading::LostSome, Reading::LocalAnswers),
    (Reading::CertificateBad, Reading::LocalAnswers),
    (Reading::AnsweredLate, Reading::LocalLate),
    (Reading::AnsweredError, Reading::LocalError),
    (Reading::Silent, Reading::LocalSilent),
    (Reading::ClosedAtOnce, Reading::LocalCloses),
    (Reading::ClosedLate, Reading::LocalClosesLate),
    (Reading::TurnedAway, Reading::LocalTurnedAway),
    (Reading::WrongProtocol, Reading::LocalWrongProtocol),
    (Reading::TlsFailed, Reading::LocalTlsFails),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_tell_the_kernel_from_the_filter() {
        let none = ConnectCounters::default();
        let dropped = ConnectCounters {
            in_receives: 2,
            ..none
        };
        let delivered = ConnectCounters {
            in_receives: 2,
            in_delivers: 2,
            ..none
        };
        let overflowed = ConnectCounters {
            listen_overflows: 2,
            ..delivered
        };
        let reset = ConnectCounters {
            out_rsts: 1,
            ..delivered
        };
        let rejected = ConnectCounters {
            out_dest_unreachs: 1,
            ..dropped
        };
        let cases = [
            (Reading::Refused, reset, Some(Reading::LocalRefused)),
            (Reading::Refused, dropped, Some(Reading::LocalRejected)),
            (Reading::Prohibited, rejected, Some(Reading::LocalRejected)),
            (Reading::Timeout, dropped, Some(Reading::LocalDropped)),
            (
                Reading::Timeout,
                delivered,
                Some(Reading::LocalReplyDropped),
            ),
            (Reading::Timeout, overflowed, Some(Reading::LocalOverflow)),
            (Reading::Timeout, none, None),
        ];
        for (seen, counters, want) in cases {
            assert_eq!(unopened(seen, &counters), want, "{seen:?} {counters:?}");
        }
    }
}
