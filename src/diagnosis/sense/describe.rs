//! Facts in one line each.

use probes::{Answer, Failure, Hop, Observation, Outcome, RdpNegotiation, Trace};
use std::net::SocketAddr;

/// One observation: who was asked, and what came of it.
pub(super) fn observation(observation: &Observation) -> String {
    let probe = &observation.probe;
    let endpoint = probe.port.map_or_else(
        || probe.address.to_string(),
        |port| SocketAddr::new(probe.address, port).to_string(),
    );
    format!(
        "{} {endpoint} {}",
        probe.service,
        outcome(observation, &observation.outcome)
    )
}

fn outcome(observation: &Observation, outcome: &Outcome) -> String {
    let total = seconds(observation.timing.total_s);
    match outcome {
        Outcome::Answered { answer } => answered(observation, answer),
        Outcome::NotMeasured { reason, .. } => format!("was not measured: {reason}"),
        Outcome::Stopped { failure, .. } => match failure {
            Failure::Refused if observation.probe.service == "udp" => {
                format!("refused by an ICMP port unreachable after {total}")
            }
            Failure::Refused => format!("refused by a reset after {total}"),
            Failure::Rejected { icmp } => format!("rejected by {icmp} after {total}"),
            Failure::Unreachable { errno } => format!("unreachable (error {errno}) after {total}"),
            Failure::Timeout => format!("timed out: nothing came back in {total}"),
            Failure::NoRoute => "could not be sent: no route".into(),
            Failure::LocallyForbidden => "could not be sent: the sending host forbids it".into(),
            Failure::NoLocalPort => "could not be sent: no free local port".into(),
            Failure::Reset { text } => format!("opened, then was reset{}", quoted(text)),
            Failure::Closed { text, after_s } => format!(
                "opened, then was closed after {}{}",
                seconds(*after_s),
                quoted(text)
            ),
            Failure::Silent { received: 0 } if observation.probe.service == "udp" => {
                format!("did not answer in {total}")
            }
            Failure::Silent { received: 0 } => format!("opened and stayed silent for {total}"),
            Failure::Silent { received } => {
                format!("opened, sent {received} bytes and went silent within {total}")
            }
            Failure::WrongProtocol { spoken, sample } => {
                format!("speaks {spoken}{}", quoted(sample))
            }
            Failure::TurnedAway { text } => format!("turns us away{}", quoted(text)),
            Failure::Tls {
                error,
                legacy: true,
            } => format!("speaks outdated TLS only: {error}"),
            Failure::Tls { error, .. } => format!("fails in the TLS handshake: {error}"),
            Failure::Flooded { received } => format!("sent {received} bytes without a greeting"),
            Failure::Unclassified { text } => format!("failed: {text}"),
        },
    }
}

fn answered(observation: &Observation, answer: &Answer) -> String {
    let total = seconds(observation.timing.total_s);
    match answer {
        Answer::Ssh { identification, .. } => format!("answered `{identification}` in {total}"),
        Answer::Rdp {
            negotiation,
            nla_required,
            ..
        } => {
            let selected = match negotiation {
                RdpNegotiation::Selected { protocol: 0 } | RdpNegotiation::None => {
                    "standard RDP security".to_owned()
                }
                RdpNegotiation::Selected { protocol: 1 } => "TLS".to_owned(),
                RdpNegotiation::Selected { .. } => "CredSSP".to_owned(),
                RdpNegotiation::Failed { code } => format!("negotiation failure {code}"),
            };
            let nla = if *nla_required { ", NLA required" } else { "" };
            format!("answered with {selected}{nla} in {total}")
        }
        Answer::Http { status, reason, .. } => format!("answered {status} {reason} in {total}"),
        Answer::Smtp { code, greeting, .. } => format!("answered {code} `{greeting}` in {total}"),
        Answer::Echo {
            sent,
            received,
            rtt_s,
        } => {
            let rtt = rtt_s.map_or_else(String::new, |[_, mean, _]| {
                format!(", mean {}", seconds(mean))
            });
            format!("answered {received} of {sent} echoes{rtt}")
        }
        Answer::Open { .. } => format!("opened in {total}"),
        Answer::Datagram { received } => format!("answered {received} bytes in {total}"),
    }
}

/// One trace: what each hop said.
pub(super) fn trace(trace: &Trace) -> String {
    let hops: Vec<_> = trace
        .hops
        .iter()
        .map(|hop| match hop {
            Hop::Silent => "*".to_owned(),
            Hop::Expired { from } => from.to_string(),
            Hop::Rejected { icmp } => format!("!{}/{}", icmp.kind, icmp.code),
            Hop::Refused => "refused".to_owned(),
            Hop::Opened => "open".to_owned(),
            Hop::NotSent => "not sent".to_owned(),
        })
        .collect();
    format!(
        "hops towards {}: {}",
        SocketAddr::new(trace.address, trace.port),
        hops.join(" > ")
    )
}

/// A time a person can take in: `0.8 ms`, `21 ms`, `4.0 s`.
fn seconds(seconds: f64) -> String {
    if seconds < 0.01 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.1} s")
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": `{text}`")
    }
}
