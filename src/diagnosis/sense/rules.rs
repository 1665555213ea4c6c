//! Sensors that read rules and lists.

use super::take;
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use rulesets::{Denial, Direction, Explanation, Protocol, SecurityGroups, Verdict};

/// Reads the list of ports that networks, or the provider, are known to block.
pub(super) fn blocked_ports(case: &mut Case<'_>, book: &mut Book) {
    let Some(port) = case.flow.port else {
        return;
    };
    match rulesets::blocked_port(case.flow.protocol, port) {
        Some(entry) => {
            let summary = format!(
                "{} is on the list of ports that networks block ({})",
                case.flow.name(),
                entry.source
            );
            let id = book.enter("outside", "list", &summary);
            take(case, Reading::PortListed, summary, vec![id]);
        }
        None => take(
            case,
            Reading::PortUnlisted,
            format!("{} is not on the blocked-port list", case.flow.name()),
            Vec::new(),
        ),
    }
}

/// Reads the security groups.
pub(super) fn groups(case: &mut Case<'_>, book: &mut Book) {
    let Some(groups) = &case.run.evidence.groups else {
        return;
    };
    let Some(flow) = case.rule_flow() else {
        return;
    };
    let explanation = groups.explain(&flow);
    let summary = summary(case, &explanation);
    let id = book.enter("outside", "rule", &summary);
    // A verdict that hangs on how the vendor treats a trailing deny is not a reading.
    if explanation.without_trailing_deny.is_none()
        && let Some(reading) = reading(case, groups, &explanation)
    {
        take(case, reading, summary, vec![id]);
    }
    case.explanation = Some(explanation);
}

/// The explanation in one line.
fn summary(case: &Case<'_>, explanation: &Explanation) -> String {
    let way = match case.flow.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    };
    let peer = case
        .rule_flow()
        .and_then(|flow| flow.peer)
        .map_or_else(|| "an unknown address".to_owned(), |peer| peer.to_string());
    let flow = match case.flow.direction {
        Direction::Inbound => format!("{way} {} from {peer}", case.flow.name()),
        Direction::Outbound => format!("{way} {} to {peer}", case.flow.name()),
    };
    match &explanation.verdict {
        Verdict::Allow { decider } => format!("security groups allow {flow}: {decider}"),
        Verdict::Deny { decider } => format!("security groups deny {flow}: {decider}"),
        Verdict::Unknown { missing } => {
            format!("security groups leave {flow} undecided: {missing}")
        }
    }
}

/// What other groups in the place of those bound would read for this case.
pub(in crate::diagnosis) fn judge_groups(
    case: &Case<'_>,
    groups: &SecurityGroups,
) -> Option<Reading> {
    let explanation = groups.explain(&case.rule_flow()?);
    if explanation.without_trailing_deny.is_some() {
        return None;
    }
    reading(case, groups, &explanation)
}

fn reading(case: &Case<'_>, groups: &SecurityGroups, explanation: &Explanation) -> Option<Reading> {
    match &explanation.verdict {
        Verdict::Allow { .. } => Some(Reading::GroupsAllow),
        Verdict::Unknown { .. } => None,
        Verdict::Deny { .. } if case.flow.direction == Direction::Outbound => {
            Some(Reading::GroupsEgress)
        }
        Verdict::Deny { .. } => Some(match explanation.denial {
            Some(Denial::Rule) => Reading::GroupsRule,
            Some(Denial::AllowShadowed) => Reading::GroupsShadowed,
            Some(Denial::EarlierGroup) => Reading::GroupsEarlier,
            Some(Denial::PeerNotAllowed) => Reading::GroupsSource,
            Some(Denial::FamilyMissing) => Reading::GroupsFamily,
            Some(Denial::ProtocolNotAllowed) => Reading::GroupsPort,
            Some(Denial::NothingAllowed) => Reading::GroupsNothing,
            Some(Denial::NoMatch) | None if usual_port_allowed(case, groups) => Reading::GroupsPort,
            Some(Denial::NoMatch) | None => Reading::GroupsNoMatch,
        }),
    }
}

/// Whether the service was moved and the rule was not: its usual port is allowed to this client.
fn usual_port_allowed(case: &Case<'_>, groups: &SecurityGroups) -> bool {
    let usual = probes::service(&case.flow.service).and_then(|service| service.default_port);
    let (Some(usual), Some(flow)) = (usual, case.rule_flow()) else {
        return false;
    };
    if case.flow.port == Some(usual) || flow.protocol != Protocol::Tcp {
        return false;
    }
    let moved = rulesets::Flow {
        port: Some(usual),
        ..flow
    };
    matches!(groups.explain(&moved).verdict, Verdict::Allow { .. })
}
