//! Fixes of the host's own rules: the change at the very rule, in its own table, judged before it is
//! offered.

use super::{UNKNOWN, advice, after, opens};
use crate::diagnosis::catalogue::Steps;
use crate::diagnosis::host_filter::{
    Change, HostFilter, HostVerdict, Spot, Stand, exception, first_packets, names_only, reply,
    rule_of, stand, without_member, without_rule,
};
use crate::diagnosis::sense::judge_host;
use crate::diagnosis::{After, Case, Cause, Certainty, FixReport, Reading, Risk, Sensor};
use rulesets::Direction;
use rulesets::host::{Backend, HostRules, Wanted, front_end};
use rulesets::questions::Side;
use std::collections::BTreeMap;

/// The changes that remove what stops the flow, smallest first; the steps where no rule is known.
pub(super) fn fixes(
    case: &Case<'_>,
    cause: &Cause,
    steps: &Steps,
    certainty: Certainty,
) -> Vec<FixReport> {
    let mut fixes: Vec<_> = computed(case, cause, certainty);
    if fixes.is_empty() {
        fixes.push(advice(case, cause, steps, certainty));
    }
    fixes
}

fn computed(case: &Case<'_>, cause: &Cause, certainty: Certainty) -> Vec<FixReport> {
    if case.reads(Reading::RouteDiscards) && cause.predicts.contains(&Reading::HostRulesBan) {
        return route(case, cause).into_iter().collect();
    }
    let Some(host) = &case.host else {
        return Vec::new();
    };
    let shown = |readings: &[Reading]| {
        readings
            .iter()
            .any(|reading| cause.predicts.contains(reading) && case.reads(*reading))
    };
    if shown(&[Reading::TargetDead, Reading::TargetElsewhere]) {
        return untranslated(case, host, certainty).into_iter().collect();
    }
    let incoming = [
        Reading::HostRulesDrop,
        Reading::HostRulesReject,
        Reading::HostRulesBan,
        Reading::HostRulesLimit,
    ];
    let first = case.flow.direction == Direction::Inbound;
    let first = match (shown(&incoming), shown(&[Reading::HostKeepsIn])) {
        (true, _) => first,
        (false, true) => !first,
        (false, false) => return Vec::new(),
    };
    let lifted = if shown(&[Reading::HostRulesBan]) {
        unbanned(case, host, certainty)
    } else {
        None
    };
    lifted
        .into_iter()
        .chain(accepted(case, host, first, certainty))
        .collect()
}

/// An accept at each rule that stops the packet, one base chain after the other.
fn accepted(
    case: &Case<'_>,
    host: &HostVerdict<'_>,
    first: bool,
    certainty: Certainty,
) -> Option<FixReport> {
    let asked = first_packets(case, host.filter.snapshot())
        .into_iter()
        .next()?;
    let (packet, side) = if first {
        (asked, Side::Asking)
    } else {
        (reply(&asked, &host.first.packet), Side::Answering)
    };
    let facts = host.filter.facts(packet.family);
    let mut filter: HostFilter<'_> = host.filter.clone();
    let mut changes: Vec<Change> = Vec::new();
    for _ in 0..MOST_CHAINS {
        let passage = filter.rules.judge(&packet, &facts);
        let (Stand::Stopped(stop) | Stand::Limited(stop)) = stand(&passage, None) else {
            break;
        };
        // What a rule sees may have been rewritten on the way to it.
        let mut met = passage.packet.clone();
        met.state = packet.state;
        let helps = |change: &Change| {
            let after = change.rules.judge(&packet, &facts);
            match stand(&after, None) {
                Stand::Stopped(next) | Stand::Limited(next) => {
                    next.outcome.decider.set != stop.outcome.decider.set
                        || next.outcome.decider.rule != stop.outcome.decider.rule
                }
                Stand::Passes | Stand::Open => true,
            }
        };
        let change = [Spot::Before, Spot::Top]
            .into_iter()
            .filter_map(|spot| exception(&filter, stop, &met, spot))
            .find(helps)?;
        filter = filter.with(change.rules.clone());
        changes.push(change);
    }
    let commands = joined(&changes, |change| &change.command);
    let mut undo: Vec<_> = changes.iter().map(|change| change.undo.clone()).collect();
    undo.reverse();
    let words: Vec<_> = changes.iter().map(|change| change.words.as_str()).collect();
    let mut all = BTreeMap::from([("sh".to_owned(), commands)]);
    all.extend(own_words(case, host, first));
    (!changes.is_empty()).then(|| FixReport {
        id: "host_firewall.accept".into(),
        summary: words.join("; "),
        risk: Risk::Review,
        after: judged(case, &filter.rules, certainty),
        opens: opens::by_host(case, host.filter, &filter.rules, (&packet, side)),
        steps: vec![
            "the command changes the rules in force only: make it in the tool that loads them at \
             boot as well"
                .into(),
            "run the check again".into(),
        ],
        commands: all,
        rollback: undo.join("; "),
    })
}

/// The client taken out of the rule, or the set, that bans it.
fn unbanned(case: &Case<'_>, host: &HostVerdict<'_>, certainty: Certainty) -> Option<FixReport> {
    let client = case.flow.client?;
    let (Stand::Stopped(stop) | Stand::Limited(stop)) = stand(&host.first, None) else {
        return None;
    };
    let decider = &stop.outcome.decider;
    let rule = rule_of(&host.filter.rules, decider)?;
    let change = without_member(host.filter, decider, rule, client).or_else(|| {
        let backend = stop.stage?.backend;
        names_only(rule, client)
            .then(|| without_rule(host.filter, decider, backend))
            .flatten()
    })?;
    let steps = [
        "stop what made the guard act first: it will ban again otherwise",
        "where a guard made the rule, let the guard lift it, so that its own list agrees",
    ];
    let mut fix = report(
        case,
        ("host_firewall.unban", host),
        change,
        certainty,
        &steps,
    );
    fix.commands.extend(own_words(case, host, true));
    Some(fix)
}

/// Without the rule that rewrites the destination.
fn untranslated(
    case: &Case<'_>,
    host: &HostVerdict<'_>,
    certainty: Certainty,
) -> Option<FixReport> {
    let last = host.first.translations.last()?;
    let backend = host
        .first
        .stages
        .iter()
        .find(|stage| {
            let mut outcomes = stage.answer.outcomes.iter();
            outcomes.any(|outcome| outcome.decider == last.decider)
        })
        .map_or(Backend::Nftables, |stage| stage.backend);
    let change = without_rule(host.filter, &last.decider, backend)?;
    let steps = [
        "if the backend is to serve this port, start it instead, and leave the rule",
        "a container engine writes its rules itself: stop or publish the container there",
    ];
    Some(report(
        case,
        ("host_firewall.remove_rewrite", host),
        change,
        certainty,
        &steps,
    ))
}

fn route(case: &Case<'_>, cause: &Cause) -> Option<FixReport> {
    let snapshot = case.run.evidence.inside.as_ref()?;
    let route = crate::diagnosis::sense::discarding(snapshot, case.flow.client?)?;
    let family = if route.contains(':') { " -6" } else { "" };
    let mut without = case.clone();
    without
        .readings
        .retain(|sensor, _| ![Sensor::Route, Sensor::HostRules].contains(sensor));
    Some(FixReport {
        id: "host_firewall.unban".into(),
        summary: format!("remove the route `{route}` that discards what goes to the client"),
        risk: Risk::Review,
        after: after(&without, Some(cause)),
        opens: opens::this_flow(case),
        steps: vec!["let the guard that made the route lift it, where one did".into()],
        commands: BTreeMap::from([("sh".into(), format!("ip{family} route del {route}"))]),
        rollback: format!("ip{family} route add blackhole {route}"),
    })
}

fn report(
    case: &Case<'_>,
    (id, host): (&str, &HostVerdict<'_>),
    change: Change,
    certainty: Certainty,
    steps: &[&str],
) -> FixReport {
    let asked = first_packets(case, host.filter.snapshot())
        .into_iter()
        .next();
    let opens = asked.map_or_else(
        || opens::this_flow(case),
        |asked| opens::by_host(case, host.filter, &change.rules, (&asked, Side::Asking)),
    );
    FixReport {
        id: id.into(),
        summary: change.words,
        risk: Risk::Review,
        after: judged(case, &change.rules, certainty),
        opens,
        steps: steps.iter().map(|step| (*step).to_owned()).collect(),
        commands: BTreeMap::from([("sh".into(), change.command)]),
        rollback: change.undo,
    }
}

/// The command of the program that wrote the rule, under that program's name.
fn own_words(case: &Case<'_>, host: &HostVerdict<'_>, first: bool) -> BTreeMap<String, String> {
    let passage = if first { &host.first } else { &host.reply };
    let (Stand::Stopped(stop) | Stand::Limited(stop)) = stand(passage, None) else {
        return BTreeMap::new();
    };
    let decider = &stop.outcome.decider;
    let wanted = case.flow.port.map(|port| Wanted {
        protocol: case.flow.protocol.number(),
        port,
    });
    rule_of(&host.filter.rules, decider)
        .and_then(|rule| front_end(&decider.set, decider.chain.as_deref()?, rule, wanted))
        .and_then(|made| Some((made.name, made.remedy?)))
        .into_iter()
        .collect()
}

/// The flow's state under other rules of the host.
fn judged(case: &Case<'_>, rules: &HostRules, certainty: Certainty) -> After {
    let Some(host) = case
        .host
        .as_ref()
        .filter(|_| certainty != Certainty::Possible)
    else {
        return UNKNOWN;
    };
    let filter = host.filter.with(rules.clone());
    let mut changed = case.clone();
    let sensors = [Sensor::HostRules, Sensor::HostOutput, Sensor::HostTarget];
    changed
        .readings
        .retain(|sensor, _| !sensors.contains(sensor));
    for (reading, detail) in judge_host(case, &filter).readings {
        let taken = crate::diagnosis::Taken {
            reading,
            detail,
            evidence: Vec::new(),
        };
        changed.readings.insert(reading.sensor(), taken);
    }
    after(&changed, None)
}

fn joined(changes: &[Change], part: impl Fn(&Change) -> &String) -> String {
    let parts: Vec<_> = changes.iter().map(|change| part(change).as_str()).collect();
    parts.join("; ")
}

/// A packet meets few base chains that stop it.
const MOST_CHAINS: usize = 8;
