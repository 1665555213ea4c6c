//! ufw: the rules of `ufw allow` and `ufw deny`, and the rules it ships.
//!
//! A rule of `ufw allow 22`, without a protocol, is two in the kernel, one for TCP and one for UDP; the
//! command given here names the one.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Case, FrontEnd, said};
use crate::program::Verdict;
use crate::text::{shell_word, shown};

pub(super) fn front_end(case: &Case<'_>) -> Option<FrontEnd> {
    let chain = case
        .chain
        .strip_prefix("ufw6-")
        .or_else(|| case.chain.strip_prefix("ufw-"))?;
    Some(match chain {
        "user-input" => user(case, "", "")?,
        "user-output" => user(case, "", " out")?,
        "user-forward" => user(case, "route ", "")?,
        "user-limit" => said(
            "ufw",
            "limit: six connections from this source within 30 seconds",
            Some("ufw status numbered".to_owned()),
        ),
        "skip-to-policy-input" | "reject-input" => said(
            "ufw",
            match case.gist.verdict {
                Some(Verdict::Reject { .. }) => "default reject (incoming)",
                _ => "default deny (incoming)",
            },
            Some(format!("ufw allow {}", wanted(case))),
        ),
        "skip-to-policy-output" | "reject-output" => said(
            "ufw",
            "default deny (outgoing)",
            Some(format!("ufw allow out {}", wanted(case))),
        ),
        "skip-to-policy-forward" | "reject-forward" => said(
            "ufw",
            "default deny (routed)",
            Some("ufw route allow to any port PORT proto PROTOCOL".to_owned()),
        ),
        "not-local" => said(
            "ufw",
            "the packet is not addressed to this host",
            Some(shipped(case, "before")),
        ),
        "before-input" | "before-output" | "before-forward" => shipped_rule(case, "before"),
        "after-input" | "after-output" | "after-forward" => shipped_rule(case, "after"),
        _ => return None,
    })
}

/// A rule that the user made.
fn user(case: &Case<'_>, route: &str, way: &str) -> Option<FrontEnd> {
    let action = match &case.gist.verdict {
        Some(Verdict::Accept) => "allow",
        Some(Verdict::Drop) => "deny",
        Some(Verdict::Reject { .. }) => "reject",
        Some(Verdict::Jump(chain)) if chain.contains("user-limit") => "limit",
        _ => return None,
    };
    let gist = &case.gist;
    let ports = gist.ports(':');
    let to = ports.clone().unwrap_or_else(|| "everything".to_owned());
    let place = gist
        .destination
        .as_ref()
        .map_or(String::new(), |to| format!(" to {to}"));
    let from = gist.source.as_deref().unwrap_or("anywhere");
    let words = format!("{route}{action}{way} {to}{place} from {from}");
    let plain = gist.source.is_none() && gist.destination.is_none();
    let device = gist.input.as_ref().or(gist.output.as_ref());
    let said_of = match (&ports, device) {
        (Some(ports), None) if plain => format!("{action}{way} {ports}"),
        _ => format!("{action}{}", long(case, way)),
    };
    let exact = gist.whole || action == "limit";
    let remedy = if exact {
        format!("ufw {route}delete {said_of}")
    } else {
        "ufw status numbered".to_owned()
    };
    Some(said("ufw", words, Some(remedy)))
}

/// The rule in the long form of the command: `in on eth0 from X to Y port 22 proto tcp`.
fn long(case: &Case<'_>, way: &str) -> String {
    let gist = &case.gist;
    let mut words = match (&gist.input, &gist.output) {
        (Some(input), Some(output)) => {
            format!(" in on {} out on {}", shell_word(input), shell_word(output))
        }
        (Some(device), None) => format!(" in on {}", shell_word(device)),
        (None, Some(device)) => format!(" out on {}", shell_word(device)),
        (None, None) => way.to_owned(),
    };
    let ports = gist.ports(':');
    let (ports, protocol) = match ports.as_ref().and_then(|ports| ports.split_once('/')) {
        Some((ports, protocol)) => (Some(ports), Some(protocol)),
        None => (None, gist.protocol.and_then(super::gist::protocol)),
    };
    if let Some(protocol) = protocol {
        words.push_str(" proto ");
        words.push_str(protocol);
    }
    words.push_str(" from ");
    words.push_str(gist.source.as_deref().unwrap_or("any"));
    if ports.is_some() || gist.destination.is_some() {
        words.push_str(" to ");
        words.push_str(gist.destination.as_deref().unwrap_or("any"));
    }
    if let Some(ports) = ports {
        words.push_str(" port ");
        words.push_str(ports);
    }
    words
}

fn wanted(case: &Case<'_>) -> String {
    case.wanted_port()
        .unwrap_or_else(|| "PORT/PROTOCOL".to_owned())
}

fn shipped_rule(case: &Case<'_>, file: &str) -> FrontEnd {
    let words = format!("its own rule `{}`", shown(&case.rule.text, RULE_SHOWN));
    said("ufw", words, Some(shipped(case, file)))
}

fn shipped(case: &Case<'_>, file: &str) -> String {
    let six = if case.chain.starts_with("ufw6-") {
        "6"
    } else {
        ""
    };
    format!("edit /etc/ufw/{file}{six}.rules, then run `ufw reload`")
}

const RULE_SHOWN: usize = 160;
