//! Mail out of a cloud that blocks TCP 25: the provider's unblock, and the ports that are open.

use super::{UNKNOWN, after};
use crate::diagnosis::{Case, Cause, Certainty, FixReport, Opens, Risk};
use std::collections::BTreeMap;

/// Relaying over another port, which needs nobody's leave, then the unblock as the provider words it.
pub(super) fn fixes(case: &Case<'_>, cause: &Cause, certainty: Certainty) -> Vec<FixReport> {
    let Some(provider) = rulesets::provider(&case.run.plan.provider) else {
        return Vec::new();
    };
    let policy = &provider.outbound_smtp;
    let after = if certainty == Certainty::Possible {
        UNKNOWN
    } else {
        after(case, Some(cause))
    };
    let fix = |id: &str, summary: String, steps: Vec<String>| FixReport {
        id: id.into(),
        summary,
        risk: Risk::Manual,
        after: after.clone(),
        opens: Opens {
            summary: "nothing in the security groups".into(),
            flows: 0,
        },
        steps,
        commands: BTreeMap::new(),
        rollback: "nothing to undo".into(),
    };
    let ports: Vec<_> = policy
        .alternatives
        .iter()
        .map(|alternative| alternative.port.to_string())
        .collect();
    let relay = (!ports.is_empty()).then(|| {
        let steps = policy
            .alternatives
            .iter()
            .map(|it| format!("TCP {}: {} ({})", it.port, it.purpose, it.source));
        fix(
            "edge.relay",
            format!("relay mail over TCP {} instead of 25", ports.join(" or ")),
            steps.collect(),
        )
    });
    let unblock = (!policy.unblock.is_empty()).then(|| {
        let mut steps = policy.unblock.clone();
        steps.push(policy.condition.clone());
        steps.extend(
            policy
                .quotas
                .iter()
                .map(|quota| format!("quota: {} ({})", quota.text, quota.source)),
        );
        fix(
            "edge.unblock",
            format!("ask {} to unblock TCP 25 for this instance", provider.title),
            steps,
        )
    });
    relay.into_iter().chain(unblock).collect()
}
