//! Holds every cause of the catalogue against one case. One small pure function: it knows no cause
//! by name, only what each predicts.
//!
//! End-to-end sensors see the first blocker on the way and nothing behind it. So a cause must fit
//! all readings to be the first one; to be a later one it must be shown by local sensors alone.
//! A cause that readings show directly is *convicted*; one that merely fits is a suspect.

use super::catalogue::{Cause, catalogue};
use super::layer::{INBOUND, Layer, OUTBOUND};
use super::{Case, Certainty, Exclusion, Reading, Sensor};
use rulesets::Direction;
use std::cmp::Reverse;

/// What the catalogue says of one case.
#[derive(Clone, Debug, Default)]
pub(super) struct Judgement {
    /// The first blocker, or the fault, and how sure that is.
    pub(super) cause: Option<(&'static Cause, Certainty)>,
    /// Later blockers, in path order, each shown by local sensors.
    pub(super) also: Vec<&'static Cause>,
    /// Every cause that may be the first, most probable first.
    pub(super) candidates: Vec<&'static Cause>,
    /// Every cause ruled out.
    pub(super) excluded: Vec<Exclusion>,
    /// Blockers that local sensors show and that end-to-end evidence contradicts.
    pub(super) contradicted: Vec<&'static Cause>,
}

/// Judges one case that does not simply work.
pub(super) fn judge(case: &Case<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut suspects = Vec::new();
    for cause in applicable(case) {
        match contradiction(case, cause, true) {
            None => suspects.push(cause),
            Some(reason) => judgement.excluded.push(Exclusion {
                id: cause.id.into(),
                reason,
            }),
        }
    }
    suspects.sort_by_key(|cause| Reverse(score(case, cause)));

    let first = suspects
        .iter()
        .copied()
        .filter(|cause| convicted(case, cause, false))
        .min_by_key(|cause| (position(case, cause.layer), Reverse(score(case, cause))));
    judgement.candidates = match first {
        Some(first) => screened(case, first, &suspects),
        None => suspects,
    };
    judgement.cause = certainty(case, first, &judgement.candidates);
    if judgement.cause.is_none() && !seen(case) {
        // Nothing was asked, so that there is nothing to explain.
        return Judgement::default();
    }
    let reached = judgement
        .cause
        .map(|(cause, _)| position(case, cause.layer));
    for cause in shown_locally(case) {
        if judgement
            .cause
            .is_some_and(|(first, _)| first.id == cause.id)
        {
            continue;
        }
        if reached.is_some_and(|reached| position(case, cause.layer) > reached) {
            judgement.also.push(cause);
        } else if judgement.excluded.iter().any(|it| it.id == cause.id) {
            judgement.contradicted.push(cause);
        }
    }
    judgement
        .excluded
        .retain(|it| judgement.also.iter().all(|also| also.id != it.id));
    judgement
}

/// Every blocker that local sensors show by themselves, in path order.
pub(super) fn shown_locally(case: &Case<'_>) -> Vec<&'static Cause> {
    let mut shown: Vec<_> = applicable(case)
        .filter(|cause| convicted(case, cause, true) && contradiction(case, cause, false).is_none())
        .collect();
    shown.sort_by_key(|cause| position(case, cause.layer));
    shown
}

/// Whether a flow crosses a layer at all: one to loopback never leaves the machine.
pub(super) fn crosses(case: &Case<'_>, layer: Layer) -> bool {
    let within = match layer {
        Layer::Isp | Layer::Edge | Layer::NetworkAcl | Layer::SecurityGroup => false,
        Layer::Prober
        | Layer::Instance
        | Layer::HostFirewall
        | Layer::Listener
        | Layer::Service
        | Layer::Remote => true,
    };
    within
        || !case
            .flow
            .address
            .is_some_and(|address| address.is_loopback())
}

fn applicable(case: &Case<'_>) -> impl Iterator<Item = &'static Cause> {
    catalogue().filter(|cause| crosses(case, cause.layer) && (cause.scope)(case))
}

/// Where a layer stands on this case's path.
pub(super) fn position(case: &Case<'_>, layer: Layer) -> usize {
    let path = match case.flow.direction {
        Direction::Inbound => INBOUND,
        Direction::Outbound => OUTBOUND,
    };
    path.iter()
        .position(|it| *it == layer)
        .unwrap_or(path.len())
}

/// Whether some set of readings shows the cause: all of it taken, and, when `locally`, all of it
/// from sensors that judge one layer by itself.
fn convicted(case: &Case<'_>, cause: &Cause, locally: bool) -> bool {
    cause.convicts.iter().any(|set| {
        set.iter().all(|reading| case.reads(*reading))
            && !(locally && set.iter().any(|reading| reading.sensor().end_to_end()))
    })
}

/// Whether more than noisy sensors convict the cause: one of theirs counts beside one that leaves no
/// doubt about what it saw.
fn firmly(case: &Case<'_>, cause: &Cause) -> bool {
    cause
        .convicts
        .iter()
        .filter(|set| set.iter().all(|reading| case.reads(*reading)))
        .any(|set| {
            let sensors = || set.iter().map(|reading| reading.sensor());
            !sensors().any(Sensor::noisy) || sensors().any(Sensor::settles_noise)
        })
}

/// The reading that rules the cause out, in words; local sensors alone unless `end_to_end`.
fn contradiction(case: &Case<'_>, cause: &Cause, end_to_end: bool) -> Option<String> {
    let shown = convicted(case, cause, true);
    let taken = case
        .readings
        .values()
        .filter(|taken| end_to_end || !taken.reading.sensor().end_to_end())
        .filter(|taken| !(shown && taken.reading.sensor().noisy()))
        .filter(|taken| !(shown && cause.tolerates.contains(&taken.reading)))
        .find(|taken| cause.contradicted_by(taken.reading))?;
    let expected: Vec<_> = cause
        .expected(taken.reading.sensor())
        .into_iter()
        .map(Reading::phrase)
        .collect();
    let seen = taken.reading.phrase();
    Some(if expected.is_empty() {
        format!("{seen} ({})", taken.detail)
    } else {
        format!(
            "{seen} ({}); this cause would show that {}",
            taken.detail,
            expected.join(", or that ")
        )
    })
}

/// How probable a suspect is beside its fellows.
fn score(case: &Case<'_>, cause: &Cause) -> u32 {
    let support = cause
        .supports
        .iter()
        .filter(|reading| case.reads(**reading))
        .count();
    u32::from(cause.weight) + SUPPORT * u32::try_from(support).unwrap_or(u32::MAX / SUPPORT)
}

/// Once a blocker is shown, suspects are not needed to explain anything. Those that stand before
/// it on the path with evidence of their own remain.
fn screened(
    case: &Case<'_>,
    first: &'static Cause,
    suspects: &[&'static Cause],
) -> Vec<&'static Cause> {
    let before = suspects.iter().copied().filter(|cause| {
        cause.id != first.id
            && position(case, cause.layer) < position(case, first.layer)
            && cause.supports.iter().any(|reading| case.reads(*reading))
    });
    std::iter::once(first).chain(before).collect()
}

fn certainty(
    case: &Case<'_>,
    first: Option<&'static Cause>,
    candidates: &[&'static Cause],
) -> Option<(&'static Cause, Certainty)> {
    match (first, candidates) {
        (Some(first), [_]) if seen(case) && firmly(case, first) => Some((first, Certainty::Proven)),
        (Some(first), _) => Some((first, Certainty::Likely)),
        (None, _) if !seen(case) => None,
        (None, [only]) => Some((only, Certainty::Likely)),
        (None, [top, ..]) => Some((top, Certainty::Possible)),
        (None, []) => None,
    }
}

/// Whether the flow was seen to come to something, be it only that its name does not resolve.
fn seen(case: &Case<'_>) -> bool {
    case.reading(Sensor::Outcome).is_some()
        || case
            .reading(Sensor::Resolution)
            .is_some_and(|reading| reading != Reading::NameResolves)
}

/// What one supporting reading is worth beside a cause's weight.
const SUPPORT: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::case::{CaseFlow, Taken};
    use crate::evidence::{Evidence, Plan, Run};
    use rulesets::Protocol;

    #[test]
    fn the_first_blocker_leads_and_later_ones_follow_in_path_order() {
        let run = run();
        let case = case(
            &run,
            &[
                Reading::Timeout,
                Reading::GroupsNoMatch,
                Reading::LocalDropped,
                Reading::NothingListens,
            ],
        );
        let judgement = judge(&case);
        assert_eq!(
            leads(&judgement),
            Some(("security_group.no_match", Certainty::Proven))
        );
        assert_eq!(
            ids(&judgement.also),
            ["host_firewall.dropped", "listener.none"]
        );
        assert_eq!(ids(&judgement.candidates), ["security_group.no_match"]);
    }

    #[test]
    fn what_stands_behind_the_blocker_is_not_excluded_by_it() {
        let run = run();
        let case = case(&run, &[Reading::Timeout, Reading::NothingListens]);
        let judgement = judge(&case);
        assert_eq!(
            judgement.cause.map(|(_, certainty)| certainty),
            Some(Certainty::Possible)
        );
        assert_eq!(ids(&judgement.also), ["listener.none"]);
        assert!(judgement.excluded.iter().all(|it| it.id != "listener.none"));
    }

    #[test]
    fn an_answer_contradicts_a_rule_that_denies() {
        let run = run();
        let case = case(
            &run,
            &[
                Reading::Refused,
                Reading::GroupsRule,
                Reading::NothingListens,
            ],
        );
        let judgement = judge(&case);
        assert_eq!(
            leads(&judgement),
            Some(("listener.none", Certainty::Proven))
        );
        assert_eq!(
            ids(&judgement.contradicted),
            ["security_group.denied_by_rule"]
        );
    }

    #[test]
    fn evidence_of_an_earlier_blocker_takes_the_proof_away() {
        let run = run();
        let readings = [
            Reading::Timeout,
            Reading::GroupsNoMatch,
            Reading::PortListed,
        ];
        let judgement = judge(&case(&run, &readings));
        assert_eq!(
            leads(&judgement),
            Some(("security_group.no_match", Certainty::Likely))
        );
        assert_eq!(
            ids(&judgement.candidates),
            ["security_group.no_match", "isp.port_blocked"]
        );
    }

    #[test]
    fn rules_that_deny_are_no_proof_before_anything_was_sent() {
        let run = run();
        let judgement = judge(&case(&run, &[Reading::GroupsNoMatch]));
        assert_eq!(
            leads(&judgement),
            Some(("security_group.no_match", Certainty::Likely))
        );
        assert_eq!(leads(&judge(&case(&run, &[]))), None);
    }

    #[test]
    fn an_answer_that_was_lost_does_not_clear_the_rule_that_sends_it() {
        let run = run();
        let readings = [Reading::Timeout, Reading::HostRulesReject];
        assert_eq!(
            leads(&judge(&case(&run, &readings))),
            Some(("host_firewall.rejected", Certainty::Proven))
        );
        let unseen = judge(&case(&run, &readings[..1]));
        assert!(
            unseen
                .excluded
                .iter()
                .any(|it| it.id == "host_firewall.rejected")
        );
    }

    #[test]
    fn an_exclusion_quotes_the_reading_and_what_was_expected() {
        let run = run();
        let judgement = judge(&case(&run, &[Reading::Refused]));
        let hung = judgement
            .excluded
            .iter()
            .find(|it| it.id == "service.hung")
            .unwrap();
        assert_eq!(
            hung.reason,
            "the port is refused (as read); this cause would show that the connection opens and \
             stays silent"
        );
    }

    #[test]
    fn a_flow_to_loopback_crosses_no_network() {
        let run = run();
        let mut case = case(&run, &[Reading::Refused]);
        case.flow.address = Some("127.0.0.1".parse().unwrap());
        let judgement = judge(&case);
        assert!(
            judgement
                .candidates
                .iter()
                .all(|cause| cause.layer != Layer::Isp && cause.layer != Layer::SecurityGroup)
        );
    }

    fn leads(judgement: &Judgement) -> Option<(&'static str, Certainty)> {
        judgement
            .cause
            .map(|(cause, certainty)| (cause.id, certainty))
    }

    fn ids(causes: &[&'static Cause]) -> Vec<&'static str> {
        causes.iter().map(|cause| cause.id).collect()
    }

    fn case<'a>(run: &'a Run, readings: &[Reading]) -> Case<'a> {
        Case {
            run,
            flow: CaseFlow {
                id: "in/tcp/22".into(),
                direction: Direction::Inbound,
                label: "ssh".into(),
                service: "ssh".into(),
                protocol: Protocol::Tcp,
                port: Some(22),
                address: Some("203.0.113.10".parse().unwrap()),
                client: Some("198.51.100.7".parse().unwrap()),
                host: None,
            },
            observation: None,
            explanation: None,
            host: None,
            readings: readings
                .iter()
                .map(|reading| {
                    let taken = Taken {
                        reading: *reading,
                        detail: "as read".into(),
                        evidence: Vec::new(),
                    };
                    (reading.sensor(), taken)
                })
                .collect(),
        }
    }

    fn run() -> Run {
        Run {
            tool_version: "0".into(),
            started_at: "2026-01-01T00:00:00Z".into(),
            started_unix: 0,
            duration_s: 0.0,
            interrupted: false,
            plan: Plan {
                target: "203.0.113.10".into(),
                services: Vec::new(),
                expect: std::collections::BTreeMap::new(),
                from: None,
                target_ip: None,
                provider: "tencent".into(),
                timeout_s: 4.0,
            },
            evidence: Evidence::default(),
        }
    }
}
