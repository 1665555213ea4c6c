//! Sensors of the way there: the resolver, our own network, hops, neighbours.

use super::{describe, heard, measured, outcome, responded, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use probes::{Hop, Observation, ResolutionOutcome, Trace};

/// Reads the resolver's answer.
pub(super) fn resolution(case: &mut Case<'_>, book: &mut Book) {
    let Some(resolution) = &case.run.evidence.resolution else {
        return;
    };
    let (reading, words) = match &resolution.outcome {
        ResolutionOutcome::Addresses { .. } => (Reading::NameResolves, "an address".to_owned()),
        ResolutionOutcome::NotFound => (Reading::NameNotFound, "no such name".to_owned()),
        ResolutionOutcome::NoAddress => (Reading::NameNotFound, "no address record".to_owned()),
        ResolutionOutcome::ServerFailure => (Reading::ResolverFails, "SERVFAIL".to_owned()),
        ResolutionOutcome::Refused => (Reading::ResolverFails, "REFUSED".to_owned()),
        ResolutionOutcome::Timeout => (Reading::ResolverSilent, "nothing in time".to_owned()),
        ResolutionOutcome::Failed { error } => (Reading::ResolverFails, error.clone()),
    };
    if resolution.resolver == "literal" {
        take(case, reading, "the target is an address".into(), Vec::new());
        return;
    }
    let summary = if let ResolutionOutcome::Addresses { records } = &resolution.outcome {
        let addresses: Vec<_> = records.iter().map(|it| it.address.to_string()).collect();
        format!(
            "{} resolves to {} ({})",
            resolution.name,
            addresses.join(", "),
            resolution.resolver
        )
    } else {
        format!(
            "{} answers for {}: {words}",
            resolution.resolver, resolution.name
        )
    };
    let evidence = book.enter("outside", "probe", &summary);
    take(case, reading, summary, vec![evidence]);
}

/// Reads whether our own side has a network at all.
pub(super) fn own_network(case: &mut Case<'_>, book: &mut Book) {
    let evidence = &case.run.evidence;
    let probes = || evidence.outside.iter().chain(&evidence.controls);
    let spoke = probes()
        .find(|seen| heard(seen) && !seen.probe.address.is_loopback())
        .map(describe::observation);
    let traced = || {
        evidence
            .traces
            .iter()
            .find(|trace| {
                trace
                    .hops
                    .iter()
                    .any(|hop| matches!(hop, Hop::Expired { .. }))
            })
            .map(describe::trace)
    };
    if let Some(summary) = spoke.or_else(traced) {
        let id = book.enter("outside", "probe", &summary);
        take(case, Reading::Online, summary, vec![id]);
        return;
    }
    if let Some(routes) = evidence.own_routes
        && !routes.ipv4
        && !routes.ipv6
        && case.flow.address.is_none_or(|it| !it.is_loopback())
        && !evidence.controls.iter().any(responded)
        && case.observation.is_none_or(|seen| !on_link(seen))
    {
        let summary = "our own host has no route to the world, neither IPv4 nor IPv6";
        let id = book.enter("outside", "host", summary);
        take(case, Reading::Offline, summary.into(), vec![id]);
        return;
    }
    let silent = |seen: &Observation| measured(seen) && !responded(seen);
    if !evidence.controls.is_empty() && evidence.controls.iter().all(silent) {
        let dead: Vec<_> = evidence
            .controls
            .iter()
            .map(describe::observation)
            .collect();
        let ids = dead
            .iter()
            .map(|summary| book.enter("outside", "probe", summary))
            .collect();
        let detail = format!("no control answers either: {}", dead.join("; "));
        take(case, Reading::Offline, detail, ids);
    }
}

/// A probe that left by an interface needs no route to the world.
fn on_link(observation: &Observation) -> bool {
    observation.local.is_some()
}

/// Compares how far SYNs for this port get with how far those for an answering port get.
pub(super) fn trace(case: &mut Case<'_>, book: &mut Book) {
    let (Some(address), Some(port)) = (case.flow.address, case.flow.port) else {
        return;
    };
    let traces = &case.run.evidence.traces;
    let towards = |trace: &&Trace| trace.address == address;
    let Some(own) = traces.iter().filter(towards).find(|it| it.port == port) else {
        return;
    };
    let references: Vec<_> = traces
        .iter()
        .filter(towards)
        .filter(|it| it.port != port)
        .collect();
    let Some((reading, reference)) = compare(own, &references) else {
        return;
    };
    let detail = format!("{}; {}", describe::trace(own), describe::trace(reference));
    let ids = [own, reference]
        .map(|it| book.enter("outside", "probe", &describe::trace(it)))
        .to_vec();
    take(case, reading, detail, ids);
}

/// Reads one trace against those of other ports: one that ends at the target tells where the target
/// is, and any that gets further tells that this port stops short.
fn compare<'a>(own: &Trace, references: &[&'a Trace]) -> Option<(Reading, &'a Trace)> {
    let target = references
        .iter()
        .copied()
        .filter(|it| it.ended().is_some())
        .max_by_key(|it| (it.hops.last() == Some(&Hop::Opened), it.hops.len()));
    if let Some(ended) = own.ended() {
        let reference = target?;
        return Some(if ended < reference.ended()? {
            (Reading::TraceEndsInTransit, reference)
        } else {
            (Reading::TraceReachesTarget, reference)
        });
    }
    let furthest = references.iter().copied().max_by_key(|it| it.reached())?;
    if own.reached() < furthest.reached() {
        let first_answers = matches!(furthest.hops.first(), Some(Hop::Expired { .. }));
        let reading = match own.reached() {
            0 if first_answers => Reading::TraceStopsAtProber,
            0 => Reading::TraceStopsEarly,
            _ => Reading::TraceStopsInTransit,
        };
        return Some((reading, furthest));
    }
    // Routers that never answer tell nothing.
    let reference = target.filter(|it| it.reached() > 0)?;
    Some((Reading::TraceReachesTarget, reference))
}

/// Reads whether anything else of this address answers.
pub(super) fn other_ports(case: &mut Case<'_>, book: &mut Book) {
    let others: Vec<_> = case
        .run
        .evidence
        .outside
        .iter()
        .filter(|seen| Some(seen.probe.address) == case.flow.address)
        .filter(|seen| seen.probe.label != case.flow.label && measured(seen))
        .collect();
    if let Some(seen) = others.iter().find(|seen| responded(seen)) {
        let summary = describe::observation(seen);
        let id = book.enter("outside", "probe", &summary);
        take(case, Reading::OthersAnswer, summary, vec![id]);
    } else if others.len() >= 2 {
        let ids: Vec<_> = others
            .iter()
            .map(|seen| book.enter("outside", "probe", &describe::observation(seen)))
            .collect();
        let detail = format!("{} others were asked", others.len());
        take(case, Reading::NoneAnswers, detail, ids);
    }
}

/// Reads whether the same service answers over the other address family.
pub(super) fn other_family(case: &mut Case<'_>, book: &mut Book) {
    let Some(address) = case.flow.address else {
        return;
    };
    let answering = case.run.evidence.outside.iter().find(|seen| {
        seen.probe.label == case.flow.label
            && seen.probe.address.is_ipv4() != address.is_ipv4()
            && outcome::reading(seen, false) == Some(Reading::Answered)
    });
    if let Some(seen) = answering {
        let summary = describe::observation(seen);
        let id = book.enter("outside", "probe", &summary);
        take(case, Reading::OtherFamilyAnswers, summary, vec![id]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn a_trace_is_read_against_those_of_other_ports() {
        let isp = Hop::Expired {
            from: "192.0.2.1".parse().unwrap(),
        };
        let edge = Hop::Expired {
            from: "203.0.113.1".parse().unwrap(),
        };
        let opens = trace(&[isp, edge, Hop::Opened]);
        let cases: &[(&[Hop], Reading)] = &[
            (&[isp, edge, Hop::Silent], Reading::TraceReachesTarget),
            (&[isp, edge, Hop::Refused], Reading::TraceReachesTarget),
            (&[isp, Hop::Silent], Reading::TraceStopsInTransit),
            (&[isp, Hop::Refused], Reading::TraceEndsInTransit),
            (&[Hop::Opened], Reading::TraceEndsInTransit),
            (&[Hop::Silent, Hop::Silent], Reading::TraceStopsAtProber),
        ];
        for (hops, want) in cases {
            let got = compare(&trace(hops), &[&opens]).map(|(reading, _)| reading);
            assert_eq!(got, Some(*want), "{hops:?}");
        }
        let silent = trace(&[isp, edge, Hop::Silent]);
        let short = trace(&[isp, Hop::Silent]);
        let further = compare(&short, &[&silent]).map(|(reading, _)| reading);
        assert_eq!(further, Some(Reading::TraceStopsInTransit));
        assert_eq!(
            compare(&silent, &[&silent]),
            None,
            "nothing says where the target is"
        );
        let late = trace(&[Hop::Silent, isp, Hop::Opened]);
        let early = compare(&trace(&[Hop::Silent]), &[&late]).map(|(reading, _)| reading);
        assert_eq!(early, Some(Reading::TraceStopsEarly));
        let mute = trace(&[Hop::Silent, Hop::Silent, Hop::Opened]);
        assert_eq!(compare(&trace(&[Hop::Silent]), &[&mute]), None);
    }

    fn trace(hops: &[Hop]) -> Trace {
        Trace {
            address: "203.0.113.10".parse::<IpAddr>().unwrap(),
            port: 22,
            hops: hops.to_vec(),
        }
    }
}
