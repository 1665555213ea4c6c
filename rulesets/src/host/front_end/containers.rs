//! Docker, and the chain in which it leaves the last word to the administrator.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Case, FrontEnd, said};
use crate::program::{NewValue, Step, Verdict};
use crate::text::shown;

pub(super) fn front_end(case: &Case<'_>) -> Option<FrontEnd> {
    let own = case.chain == "DOCKER"
        || case.chain.starts_with("DOCKER-")
        || case.table == "docker-bridges";
    if !own {
        return None;
    }
    if case.chain == "DOCKER-USER" {
        let words = format!(
            "rule of the administrator's own: `{}`",
            shown(&case.rule.text, RULE_SHOWN)
        );
        let tool = if case.six { "ip6tables" } else { "iptables" };
        let remedy = Some(format!("{tool} -D DOCKER-USER {}", case.rule.index + 1));
        return Some(said("docker", words, remedy));
    }
    let translation = case.rule.steps.iter().find_map(|step| match step {
        Step::Translate(translation) => Some(translation),
        Step::Test(_)
        | Step::Verdict(_)
        | Step::Lookup { .. }
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack
        | Step::Opaque { .. } => None,
    });
    if let Some(translation) = translation {
        let ports = case
            .gist
            .ports('-')
            .unwrap_or_else(|| "every port".to_owned());
        let (NewValue::One(address), NewValue::One(port)) =
            (&translation.address, &translation.port)
        else {
            return None;
        };
        let words =
            format!("published port {ports} goes to the container at {address}, port {port}");
        let remedy = "change the published ports of the container (`docker run -p`, `ports:` in a compose file)";
        return Some(said("docker", words, Some(remedy.to_owned())));
    }
    let stopped = matches!(
        case.gist.verdict,
        Some(Verdict::Drop | Verdict::Reject { .. })
    );
    if !stopped {
        return None;
    }
    let (words, remedy) =
        if case.chain.starts_with("DOCKER-ISOLATION") || case.chain == "DOCKER-INTERNAL" {
            (
                "the networks of containers are kept apart",
                "docker network connect NETWORK CONTAINER",
            )
        } else {
            (
                "the container publishes no such port",
                "publish the port of the container (`docker run -p`, `ports:` in a compose file)",
            )
        };
    Some(said("docker", words, Some(remedy.to_owned())))
}

const RULE_SHOWN: usize = 160;
