//! What the host's own rules do to a flow and to its replies, and where they send it.

use super::{listeners, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::host_filter::{
    HostFilter, HostVerdict, Stand, Stop, arriving_by_loopback, ban, clause, conditions,
    first_packets, reply, rule_of, sent_by, stand,
};
use crate::diagnosis::{Case, Reading, Sensor};
use rulesets::host::{Passage, Wanted, front_end};
use rulesets::{Direction, Family, Packet, Path};

/// What a filter comes to for one flow.
#[derive(Clone, Debug, Default)]
pub(in crate::diagnosis) struct Judged<'a> {
    /// The ways through it; `None` where no rule is there to be asked.
    pub(in crate::diagnosis) verdict: Option<HostVerdict<'a>>,
    /// The readings, each with its particulars.
    pub(in crate::diagnosis) readings: Vec<(Reading, String)>,
}

/// Takes the readings of the host's filter.
pub(super) fn sense<'a>(case: &mut Case<'a>, filter: Option<&'a HostFilter<'a>>, book: &mut Book) {
    let judged = match filter {
        Some(filter) => judge_host(case, filter),
        None => Judged {
            verdict: None,
            readings: route_ban(case).into_iter().collect(),
        },
    };
    case.host = judged.verdict;
    for (reading, detail) in judged.readings {
        let id = book.enter("inside", "host", &detail);
        take(case, reading, detail, vec![id]);
    }
}

/// What a filter, as it is or as it would be, reads for a case.
pub(in crate::diagnosis) fn judge_host<'a>(
    case: &Case<'_>,
    filter: &'a HostFilter<'a>,
) -> Judged<'a> {
    let mut judged = judge(case, filter);
    let stopped = [
        Reading::HostRulesDrop,
        Reading::HostRulesReject,
        Reading::HostRulesBan,
    ];
    let by_rule = |(reading, _): &(Reading, String)| stopped.contains(reading);
    if let Some(ban) = route_ban(case)
        && !judged.readings.iter().any(by_rule)
    {
        judged
            .readings
            .retain(|(reading, _)| reading.sensor() != Sensor::HostRules);
        judged.readings.push(ban);
    }
    judged
}

/// A route that shuts the client out is a ban, as much as a rule is.
fn route_ban(case: &Case<'_>) -> Option<(Reading, String)> {
    let taken = case.readings.get(&Sensor::Route)?;
    (taken.reading == Reading::RouteDiscards).then(|| (Reading::HostRulesBan, taken.detail.clone()))
}

fn judge<'a>(case: &Case<'_>, filter: &'a HostFilter<'a>) -> Judged<'a> {
    let family = case.flow.address.map_or(Family::V4, Family::from);
    let unread = filter.unread(family);
    if !filter.interfering {
        let readings = if unread.is_empty() {
            vec![(Reading::NoHostRules, NO_RULES.to_owned())]
        } else {
            Vec::new()
        };
        return Judged {
            verdict: None,
            readings,
        };
    }
    let ways: Vec<_> = first_packets(case, filter.snapshot())
        .into_iter()
        .map(|packet| way(case, filter, &packet))
        .collect();
    let agreed = |sensor: Sensor| {
        let of = |way: &Way<'_>| {
            way.readings
                .iter()
                .find(|it| it.0.sensor() == sensor)
                .cloned()
        };
        let first = of(ways.first()?)?;
        let alike = |way: &Way<'_>| of(way).is_some_and(|other| other.0 == first.0);
        ways.iter().all(alike).then_some(first)
    };
    let readings = [Sensor::HostRules, Sensor::HostOutput, Sensor::HostTarget]
        .into_iter()
        .filter_map(agreed)
        .filter_map(|(reading, detail)| certain(reading, detail, &unread))
        .collect();
    Judged {
        verdict: ways.into_iter().next().map(|way| way.verdict),
        readings,
    }
}

/// What is left of a reading where something was not read: whatever passes may be stopped there, and
/// whatever is stopped may have been rewritten before.
fn certain(reading: Reading, detail: String, unread: &[&str]) -> Option<(Reading, String)> {
    let Some(missing) = unread.first() else {
        return Some((reading, detail));
    };
    let passes = [Reading::HostRulesPass, Reading::HostLetsOut].contains(&reading);
    let left = if passes || reading.sensor() == Sensor::HostTarget {
        return None;
    } else if reading.sensor() == Sensor::HostOutput {
        Reading::HostOutputOpen
    } else {
        Reading::HostRulesOpen
    };
    Some((left, format!("{detail}; but {missing}")))
}

struct Way<'a> {
    verdict: HostVerdict<'a>,
    readings: Vec<(Reading, String)>,
}

fn way<'a>(case: &Case<'_>, filter: &'a HostFilter<'a>, packet: &Packet) -> Way<'a> {
    let facts = filter.facts(packet.family);
    let first = filter.rules.judge(packet, &facts);
    let answer = reply(packet, &first.packet);
    let back = filter.rules.judge(&answer, &facts);
    let inbound = case.flow.direction == Direction::Inbound;
    let (into, out) = if inbound {
        ((packet, &first), &back)
    } else {
        ((&answer, &back), &first)
    };
    let mut readings = vec![incoming(case, filter, into.0, into.1), outgoing(case, out)];
    if inbound {
        readings.extend(target(case, filter, packet, &first));
    }
    Way {
        verdict: HostVerdict {
            filter,
            first,
            reply: back,
        },
        readings,
    }
}

fn incoming(
    case: &Case<'_>,
    filter: &HostFilter<'_>,
    packet: &Packet,
    passage: &Passage,
) -> (Reading, String) {
    match stand(passage, told(case)) {
        Stand::Passes => match contradicted(case, filter, packet) {
            Some(seen) => (Reading::HostRulesOpen, seen),
            None => (Reading::HostRulesPass, passes(passage, "in")),
        },
        Stand::Stopped(stop) => {
            let banned = case.flow.direction == Direction::Inbound && ban(filter, packet, stop);
            let reading = match (banned, stop.rejects()) {
                (true, _) => Reading::HostRulesBan,
                (false, true) => Reading::HostRulesReject,
                (false, false) => Reading::HostRulesDrop,
            };
            (reading, said(case, filter, stop))
        }
        Stand::Limited(stop) => {
            let detail = format!("{}{}", said(case, filter, stop), conditions(stop.outcome));
            (Reading::HostRulesLimit, detail)
        }
        Stand::Open => (Reading::HostRulesOpen, open(passage)),
    }
}

/// What stops a packet, with the words of the program that wrote the rule.
fn said(case: &Case<'_>, filter: &HostFilter<'_>, stop: Stop<'_>) -> String {
    let decider = &stop.outcome.decider;
    let wanted = case.flow.port.map(|port| Wanted {
        protocol: case.flow.protocol.number(),
        port,
    });
    let made = rule_of(&filter.rules, decider)
        .and_then(|rule| front_end(&decider.set, decider.chain.as_deref()?, rule, wanted));
    match made {
        Some(made) => format!("{} ({})", clause(stop), made.words),
        None => clause(stop),
    }
}

/// Whether the client was told that its packet was stopped; `None` when it came to something else.
fn told(case: &Case<'_>) -> Option<bool> {
    let seen = case.reading(Sensor::Outcome)?;
    let told = [Reading::Refused, Reading::Prohibited].contains(&seen);
    (told || seen == Reading::Timeout).then_some(told)
}

fn outgoing(case: &Case<'_>, passage: &Passage) -> (Reading, String) {
    match stand(passage, None) {
        Stand::Passes if case.reads(Reading::LocallyForbidden) => (
            Reading::HostOutputOpen,
            "the rules that were read let it out, and yet the host forbids it".to_owned(),
        ),
        Stand::Passes => (Reading::HostLetsOut, passes(passage, "out")),
        Stand::Stopped(stop) => {
            let sent = match case.flow.direction {
                Direction::Inbound => "the reply meets",
                Direction::Outbound => "on its way out it meets",
            };
            (
                Reading::HostKeepsIn,
                format!("{sent} a rule: {}", clause(stop)),
            )
        }
        Stand::Limited(_) | Stand::Open => (Reading::HostOutputOpen, open(passage)),
    }
}

/// What speaks against rules that let a packet pass: the host's own probe was stopped, and the rules
/// do not say why.
fn contradicted(case: &Case<'_>, filter: &HostFilter<'_>, packet: &Packet) -> Option<String> {
    let taken = case.readings.get(&Sensor::Local)?;
    if ![Reading::LocalDropped, Reading::LocalRejected].contains(&taken.reading) {
        return None;
    }
    let own = filter
        .rules
        .judge(&arriving_by_loopback(packet), &filter.facts(packet.family));
    matches!(stand(&own, None), Stand::Passes).then(|| {
        format!(
            "the rules that were read let it in, and yet {}",
            taken.detail
        )
    })
}

fn passes(passage: &Passage, way: &str) -> String {
    let chains: Vec<_> = passage
        .stages
        .iter()
        .map(|stage| format!("`{}` {}", stage.table, stage.chain))
        .collect();
    match chains.as_slice() {
        [] => format!("no chain of the host firewall sees it on its way {way}"),
        chains => format!(
            "every chain of the host firewall lets it {way}: {}",
            chains.join(", ")
        ),
    }
}

fn open(passage: &Passage) -> String {
    let found = passage
        .answer
        .outcomes
        .iter()
        .find(|outcome| !outcome.conditions.is_empty())
        .or_else(|| passage.answer.outcomes.first());
    found.map_or_else(
        || "the host firewall's rules leave it open".to_owned(),
        |outcome| {
            let stop = Stop {
                outcome,
                stage: None,
            };
            format!("{}{}", clause(stop), conditions(outcome))
        },
    )
}

/// Where the first packet goes in the end, where that does not depend on anything.
fn target(
    case: &Case<'_>,
    filter: &HostFilter<'_>,
    packet: &Packet,
    passage: &Passage,
) -> Option<(Reading, String)> {
    let conditional = |it: &rulesets::host::Translated| !it.conditions.is_empty();
    if passage.translations.iter().any(conditional) {
        return None;
    }
    let arrived = &passage.packet;
    let goes_on = matches!(stand(passage, None), Stand::Passes | Stand::Limited(_));
    let same = (arrived.destination, arrived.destination_port)
        == (packet.destination, packet.destination_port);
    match &arrived.path {
        Path::Input { .. } if same => goes_on.then(|| {
            (
                Reading::TargetHere,
                "no rule of the host rewrites it".to_owned(),
            )
        }),
        Path::Input { .. } => {
            let sent = sent_by(passage)?;
            let (address, port) = (arrived.destination?, arrived.destination_port?);
            Some(
                if listeners::serves(case, filter.snapshot(), address, port)? {
                    (Reading::TargetHere, format!("it is sent to {sent}"))
                } else {
                    let detail = format!("it is sent to {sent}, where nothing listens");
                    (Reading::TargetDead, detail)
                },
            )
        }
        Path::Forward { .. } if !same => {
            let sent = sent_by(passage)?;
            Some((Reading::TargetElsewhere, format!("it is sent to {sent}")))
        }
        Path::Forward { .. } | Path::Output { .. } => None,
    }
}

const NO_RULES: &str = "every host firewall listing was read; none can drop, reject or rewrite";
