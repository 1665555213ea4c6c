//! One line for a monitoring system: status, cause and measurements, after the Monitoring Plugins
//! development guidelines (output and performance data).

use super::escape::{cut, printable};
use super::exit::exit_code;
use super::look_up;
use super::words::{self, Standing};
use crate::diagnosis::{Diagnosis, FlowDiagnosis, Status};
use crate::evidence::Run;
use probes::{Answer, Observation, Outcome};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// Writes the line.
pub(super) fn write(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let word = match exit_code(diagnosis) {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let head = format!("REACHDX {word} - ");
    let room = LINE_LIMIT - head.len();
    let measured: Vec<_> = diagnosis
        .flows
        .iter()
        .flat_map(|flow| measurements(run, flow))
        .collect();
    writeln!(
        out,
        "{head}{} | {}",
        cut(&plain(&message(run, diagnosis, room)), room),
        measured.join(" ")
    )
}

/// What happened, within `room` characters where that can be said in them.
fn message(run: &Run, diagnosis: &Diagnosis, room: usize) -> String {
    let faulty: Vec<_> = diagnosis
        .flows
        .iter()
        .filter(|flow| Standing::of(run, flow).needs_explaining())
        .collect();
    let worst = faulty
        .iter()
        .find(|flow| flow.status == diagnosis.status)
        .or_else(|| faulty.first());
    let Some(flow) = worst else {
        return healthy(run, diagnosis);
    };
    let others = faulty.len() - 1;
    let cause = flow.cause.as_ref().map_or_else(String::new, |cause| {
        format!("; {} ({})", cause.id, words::certainty(cause.certainty))
    });
    let outcome = words::outcome(flow).replace('_', " ");
    let service = &flow.service;
    let long = format!("{service} {} {outcome}{cause}", endpoint(run, flow));
    let short = format!("{service} {outcome}{cause}");
    let variants = if others > 0 {
        [
            format!("{long} (+{others} more)"),
            format!("{short} (+{others} more)"),
            format!("{short} +{others}"),
        ]
    } else {
        [long, short.clone(), short]
    };
    let fits = |it: &&String| it.chars().count() <= room;
    variants.iter().find(fits).unwrap_or(&variants[2]).clone()
}

fn healthy(run: &Run, diagnosis: &Diagnosis) -> String {
    if let Some(finding) = diagnosis
        .findings
        .first()
        .filter(|_| exit_code(diagnosis) != 0)
    {
        return format!("{}: {}", finding.id, finding.summary);
    }
    let expected: Vec<_> = diagnosis
        .flows
        .iter()
        .filter(|flow| Standing::of(run, flow) == Standing::Fares(Status::Reachable))
        .map(|flow| flow.service.as_str())
        .collect();
    if expected.is_empty() {
        format!("{}: nothing was measured", run.plan.target)
    } else {
        format!("{}: {} answered", run.plan.target, expected.join(", "))
    }
}

fn endpoint(run: &Run, flow: &FlowDiagnosis) -> String {
    let Some(destination) = &flow.destination else {
        return run.plan.target.clone();
    };
    match (destination.parse::<IpAddr>(), flow.port) {
        (Ok(address), Some(port)) => SocketAddr::new(address, port).to_string(),
        (Err(_), Some(port)) => format!("{destination}:{port}"),
        (_, None) => destination.clone(),
    }
}

/// The flow's performance data: `'label'=value[UOM];[warn];[crit];[min];[max]`.
fn measurements(run: &Run, flow: &FlowDiagnosis) -> Vec<String> {
    let seen = look_up::observation(run, flow);
    let name = |measure: &str| label(flow, measure);
    match flow.protocol.as_str() {
        "icmp" | "icmpv6" => {
            let (rtt, loss) = echo(seen);
            vec![
                format!("{}={};;;0;", name("rtt"), in_seconds(rtt)),
                format!("{}={};;;0;100", name("loss"), loss),
            ]
        }
        "udp" => {
            let answer = seen.and_then(look_up::answer_time);
            vec![format!("{}={};;;0;", name("answer"), in_seconds(answer))]
        }
        _ => {
            let connect = seen.and_then(|seen| seen.timing.connect_s);
            vec![format!("{}={};;;0;", name("connect"), in_seconds(connect))]
        }
    }
}

fn echo(seen: Option<&Observation>) -> (Option<f64>, String) {
    let Some(seen) = seen else {
        return (None, UNMEASURED.into());
    };
    match &seen.outcome {
        Outcome::Answered {
            answer:
                Answer::Echo {
                    sent,
                    received,
                    rtt_s,
                },
        } if *sent > 0 => {
            let lost = f64::from(sent.saturating_sub(*received)) / f64::from(*sent);
            (
                rtt_s.map(|[_, mean, _]| mean),
                format!("{:.0}%", lost * 100.0),
            )
        }
        Outcome::Stopped { .. } => (None, "100%".into()),
        Outcome::Answered { .. } | Outcome::NotMeasured { .. } => (None, UNMEASURED.into()),
    }
}

fn in_seconds(value: Option<f64>) -> String {
    value
        .filter(|value| value.is_finite())
        .map_or_else(|| UNMEASURED.into(), |value| format!("{value:.6}s"))
}

/// A label unique within the line; the guidelines ask for quotes around anything but a plain word,
/// and allow neither quotes nor equals signs in it.
fn label(flow: &FlowDiagnosis, measure: &str) -> String {
    let further = flow
        .id
        .split_once('@')
        .map_or_else(String::new, |(_, further)| format!("@{further}"));
    let label: String = plain(&format!("{}{further}_{measure}", flow.service))
        .chars()
        .map(|it| if matches!(it, '\'' | '=') { '_' } else { it })
        .collect();
    let bare = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    if label.chars().all(bare) {
        label
    } else {
        format!("'{label}'")
    }
}

/// Text that cannot end the line or start the performance data.
fn plain(text: &str) -> String {
    printable(text).replace('|', "/")
}

/// The guidelines ask for less than 80 characters before the performance data.
const LINE_LIMIT: usize = 79;
const UNMEASURED: &str = "U";
