//! What is worth knowing beyond a single flow: contradictions, openings that surprise, and
//! information that explains what a client may meet.

use super::engine::Judgement;
use super::{Case, Finding, FlowDiagnosis, Reading, Sensor, Severity, Status, cloud_findings};
use crate::evidence::Run;
use crate::inside::{SshLogin, gate_refusal, login_refusal, pam_refusal};
use probes::{Answer, Outcome};
use rulesets::{Direction, Protocol, SecurityGroups, Verdict};

/// Findings of one flow.
pub(super) fn of_flow(
    case: &Case<'_>,
    judgement: &Judgement,
    flow: &FlowDiagnosis,
    findings: &mut Vec<Finding>,
) {
    unexpectedly_open(case, judgement, flow, findings);
    other_group(case, flow, findings);
    trailing_deny(case, findings);
    network_level_authentication(case, findings);
    login_refused(case, findings);
    outlived(case, findings);
    if !flow.expected && matches!(flow.status, Status::Reachable | Status::Degraded) {
        findings.push(Finding {
            id: "open.unexpected".into(),
            layer: "security_group".into(),
            severity: Severity::Warning,
            summary: format!("{} was expected to be closed and answers", flow.id),
        });
    }
}

/// Findings of the run as a whole.
pub(super) fn of_run(run: &Run, findings: &mut Vec<Finding>) {
    for note in &run.evidence.notes {
        findings.push(Finding {
            id: "prober.note".into(),
            layer: "prober".into(),
            severity: Severity::Info,
            summary: note.clone(),
        });
    }
    cloud_findings::of_run(run, findings);
    if run.interrupted {
        findings.push(Finding {
            id: "prober.interrupted".into(),
            layer: "prober".into(),
            severity: Severity::Info,
            summary: "the check was interrupted; probes that were not done are missing".into(),
        });
    }
}

/// The rules deny the flow, yet something answered it.
fn unexpectedly_open(
    case: &Case<'_>,
    judgement: &Judgement,
    flow: &FlowDiagnosis,
    findings: &mut Vec<Finding>,
) {
    let denied = case
        .explanation
        .as_ref()
        .is_some_and(|it| matches!(it.verdict, Verdict::Deny { .. }));
    let answered = matches!(flow.status, Status::Reachable | Status::Degraded);
    let contradicted = judgement
        .contradicted
        .iter()
        .any(|cause| cause.layer == super::Layer::SecurityGroup);
    if !denied || !(answered || contradicted) {
        return;
    }
    let provider = rulesets::provider(&case.run.plan.provider);
    let by_provider = case.flow.client.is_some_and(|client| {
        provider.is_some_and(|provider| {
            provider
                .console_proxies
                .iter()
                .any(|proxy| proxy.net.contains(&client))
        })
    });
    let detail = case
        .readings
        .get(&Sensor::Groups)
        .map_or("", |taken| taken.detail.as_str());
    let (id, severity, words) = if by_provider {
        (
            "open.provider_service",
            Severity::Info,
            "the source is a service of the provider, which the groups do not filter",
        )
    } else {
        (
            "open.unexplained",
            Severity::Warning,
            "another bound group, another interface, a load balancer, or rules that are out of date",
        )
    };
    findings.push(Finding {
        id: id.into(),
        layer: "security_group".into(),
        severity,
        summary: format!("{} answers although {detail}: {words}", flow.id),
    });
}

/// One bound group denies what another, of higher priority, allows.
fn other_group(case: &Case<'_>, flow: &FlowDiagnosis, findings: &mut Vec<Finding>) {
    let (Some(groups), Some(asked)) = (&case.run.evidence.groups, case.rule_flow()) else {
        return;
    };
    let Some(Verdict::Allow { decider }) = case.explanation.as_ref().map(|it| &it.verdict) else {
        return;
    };
    if flow.status != Status::Reachable {
        return;
    }
    let after = groups
        .groups
        .iter()
        .skip_while(|group| group.id != decider.set)
        .skip(1);
    for group in after {
        let alone = SecurityGroups {
            groups: vec![group.clone()],
        };
        if let Verdict::Deny { decider: denier } = alone.explain(&asked).verdict
            && !denier.default
        {
            findings.push(Finding {
                id: "open.other_group".into(),
                layer: "security_group".into(),
                severity: Severity::Info,
                summary: format!(
                    "{} is open by {decider}, although {denier} would deny it",
                    flow.id
                ),
            });
        }
    }
}

fn trailing_deny(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(explanation) = &case.explanation else {
        return;
    };
    if let Some(other) = &explanation.without_trailing_deny {
        let word = |verdict: &Verdict| match verdict {
            Verdict::Allow { .. } => "allow",
            Verdict::Deny { .. } => "deny",
            Verdict::Unknown { .. } => "unknown",
        };
        findings.push(Finding {
            id: "security_group.trailing_deny".into(),
            layer: "security_group".into(),
            severity: Severity::Warning,
            summary: format!(
                "{} depends on a trailing deny-all in a group that is not last: {} by plain first \
                 match, {} where that rule counts in the last group only; remove the rule",
                case.flow.id,
                word(&explanation.verdict),
                word(other)
            ),
        });
    }
}

/// The way to the SSH server is open, and the user would still not be let in: by the server's settings or
/// by PAM, for the client they were asked about, or by a gate that refuses everybody.
fn login_refused(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    if case.flow.service != "ssh"
        || case.flow.direction != Direction::Inbound
        || !case.reads(Reading::Answered)
    {
        return;
    }
    let login = snapshot.ssh_login.value();
    let login = login.filter(|login| case.flow.client == Some(login.client));
    let by_settings = login.and_then(|login| {
        let setting = login_refusal(login)?;
        let (user, client) = (&login.user, login.client);
        Some(format!("sshd refuses {user} from {client}: {setting}"))
    });
    let gates = snapshot.host.login.value();
    let by_account = gates.and_then(|gates| {
        let gate = gate_refusal(gates)?;
        Some(format!("{} gets no shell: {gate}", gates.user))
    });
    // The stack that was read is that of the usual name.
    let uses_pam = |login: &&SshLogin| {
        let setting = |name: &str| login.settings.get(name).map(Vec::as_slice);
        setting("usepam") == Some(&["yes".to_owned()])
            && setting("pamservicename").is_none_or(|it| it == ["sshd"])
    };
    let by_pam = login.filter(uses_pam).and_then(|login| {
        let gate = pam_refusal(snapshot.host.pam.value()?)?;
        let (user, client) = (&login.user, login.client);
        Some(format!("{user} is not let in from {client}: {gate}"))
    });
    let refusals = [by_settings, by_account, by_pam].into_iter().flatten();
    findings.extend(refusals.map(|refusal| Finding {
        id: "service.login_refused".into(),
        layer: "service".into(),
        severity: Severity::Info,
        summary: format!("{} is reachable, but {refusal}", case.flow.id),
    }));
}

/// A connection that is open although the rules deny new ones: it proves nothing about the rules.
fn outlived(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let denied = case
        .explanation
        .as_ref()
        .is_some_and(|it| matches!(it.verdict, Verdict::Deny { .. }));
    let open = case
        .run
        .evidence
        .inside
        .iter()
        .filter_map(|snapshot| snapshot.established.value())
        .flatten()
        .find(|open| {
            Some(open.local.port()) == case.flow.port && Some(open.remote.ip()) == case.flow.client
        });
    if let Some(open) = open
        && denied
        && case.flow.direction == Direction::Inbound
        && case.flow.protocol == Protocol::Tcp
        && !case.reads(Reading::Answered)
    {
        findings.push(Finding {
            id: "open.established".into(),
            layer: "security_group".into(),
            severity: Severity::Info,
            summary: format!(
                "a connection from {} to {} is open although the rules deny it: it is older than \
                 the deny, and a new one will not open",
                open.remote, open.local
            ),
        });
    }
}

fn network_level_authentication(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let required = case.observation.is_some_and(|seen| {
        matches!(
            seen.outcome,
            Outcome::Answered {
                answer: Answer::Rdp {
                    nla_required: true,
                    ..
                }
            }
        )
    });
    if required && case.reads(Reading::Answered) {
        findings.push(Finding {
            id: "service.nla_required".into(),
            layer: "service".into(),
            severity: Severity::Info,
            summary: format!(
                "{} takes clients with network level authentication only",
                case.flow.id
            ),
        });
    }
}
