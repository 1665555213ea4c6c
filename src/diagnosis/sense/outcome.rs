//! What a probe's outcome means, decided once.

use crate::address::is_private;
use crate::diagnosis::Reading;
use probes::{Answer, Failure, IcmpError, Observation, Outcome, TlsReport, Trust};
use std::net::IpAddr;

/// The outcome as a reading; `None` when it says nothing (not measured, or a silent datagram).
pub(super) fn reading(observation: &Observation, by_name: bool) -> Option<Reading> {
    match &observation.outcome {
        Outcome::Answered { answer } => Some(answered(observation, answer, by_name)),
        Outcome::Stopped { failure, .. } => stopped(observation, failure),
        Outcome::NotMeasured { .. } => None,
    }
}

/// The outcome in one word, for the contract's `outcome` member.
pub(in crate::diagnosis) fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered { .. } => "answered",
        Outcome::NotMeasured { .. } => "not_measured",
        Outcome::Stopped { failure, .. } => match failure {
            Failure::Refused => "refused",
            Failure::Rejected { .. } => "rejected",
            Failure::Unreachable { .. } => "unreachable",
            Failure::Timeout => "timeout",
            Failure::NoRoute => "no_route",
            Failure::LocallyForbidden => "forbidden",
            Failure::NoLocalPort => "no_local_port",
            Failure::Reset { .. } => "reset",
            Failure::Closed { .. } => "closed",
            Failure::Silent { .. } => "silent",
            Failure::WrongProtocol { .. } => "wrong_protocol",
            Failure::TurnedAway { .. } => "turned_away",
            Failure::Tls { .. } => "tls_failed",
            Failure::Flooded { .. } => "flooded",
            Failure::Unclassified { .. } => "unclassified",
        },
    }
}

fn answered(observation: &Observation, answer: &Answer, by_name: bool) -> Reading {
    let (error, tls) = match answer {
        Answer::Http { status, tls, .. } => (*status >= 500, tls.as_ref()),
        Answer::Smtp { code, .. } => (*code >= 400, None),
        Answer::Echo { sent, received, .. } => {
            return if received < sent {
                Reading::LostSome
            } else {
                Reading::Answered
            };
        }
        Answer::Ssh { .. } | Answer::Rdp { .. } | Answer::Open { .. } | Answer::Datagram { .. } => {
            (false, None)
        }
    };
    if error {
        Reading::AnsweredError
    } else if tls.is_some_and(|tls| !certificate_holds(tls, by_name)) {
        Reading::CertificateBad
    } else {
        late(observation).unwrap_or(Reading::Answered)
    }
}

fn late(observation: &Observation) -> Option<Reading> {
    let from = |seconds: Option<f64>, limit: f64| seconds.is_some_and(|seconds| seconds >= limit);
    if from(observation.timing.connect_s, CONNECT_LATE_S) {
        Some(Reading::ConnectedLate)
    } else {
        let greeting = observation.timing.first_byte_s;
        from(greeting, GREETING_LATE_S).then_some(Reading::AnsweredLate)
    }
}

/// Whether an answer came, whatever it says, and was not late.
pub(super) fn is_prompt(observation: &Observation) -> bool {
    let answered = match &observation.outcome {
        Outcome::Answered { answer } => answered(observation, answer, false) != Reading::LostSome,
        Outcome::Stopped { .. } | Outcome::NotMeasured { .. } => false,
    };
    answered && late(observation).is_none()
}

/// Whether a certificate does its job; a name it cannot be for, an address, is no fault of it.
fn certificate_holds(tls: &TlsReport, by_name: bool) -> bool {
    match tls.trust {
        Trust::Trusted | Trust::Unknown { .. } => true,
        Trust::WrongName => !by_name,
        Trust::Expired | Trust::NotYetValid | Trust::UnknownIssuer | Trust::Invalid { .. } => false,
    }
}

fn stopped(observation: &Observation, failure: &Failure) -> Option<Reading> {
    let target = observation.probe.address;
    match failure {
        Failure::Refused => Some(Reading::Refused),
        Failure::Rejected { icmp } => Some(rejected(*icmp, target, observation)),
        Failure::Unreachable { .. } => Some(Reading::HostUnreachable),
        Failure::Timeout => Some(Reading::Timeout),
        Failure::NoRoute => Some(Reading::NoRoute),
        Failure::LocallyForbidden => Some(Reading::LocallyForbidden),
        Failure::NoLocalPort => Some(Reading::NoLocalPort),
        Failure::Reset { .. } => Some(Reading::ClosedAtOnce),
        Failure::Closed { after_s, .. } if *after_s < AT_ONCE_S => Some(Reading::ClosedAtOnce),
        Failure::Closed { .. } => Some(Reading::ClosedLate),
        // A datagram that is not answered may have been dropped, or welcome: it says nothing.
        Failure::Silent { .. } if observation.probe.service == "udp" => None,
        Failure::Silent { .. } => Some(Reading::Silent),
        Failure::WrongProtocol { .. } | Failure::Flooded { .. } => Some(Reading::WrongProtocol),
        Failure::TurnedAway { .. } => Some(Reading::TurnedAway),
        Failure::Tls { .. } => Some(Reading::TlsFailed),
        Failure::Unclassified { .. } => None,
    }
}

fn rejected(icmp: IcmpError, target: IpAddr, observation: &Observation) -> Reading {
    let own = observation
        .local
        .is_some_and(|local| local.ip() == icmp.offender);
    let host_or_network_unreachable = if icmp.offender.is_ipv4() {
        icmp.kind == 3 && matches!(icmp.code, 0 | 1 | 5 | 6 | 7)
    } else {
        icmp.kind == 1 && matches!(icmp.code, 0 | 3)
    };
    let expired = icmp.kind == if icmp.offender.is_ipv4() { 11 } else { 3 };

    if own && host_or_network_unreachable {
        Reading::NeighbourUnreachable
    } else if host_or_network_unreachable || expired {
        Reading::HostUnreachable
    } else if icmp.offender == target {
        Reading::Prohibited
    } else if own || icmp.offender.is_loopback() {
        Reading::LocallyForbidden
    } else if is_private(icmp.offender) && !is_private(target) {
        Reading::ProhibitedNearby
    } else {
        Reading::ProhibitedInTransit
    }
}

/// A connection that takes this long lost its first SYN (RFC 6298: one second), or crosses a path
/// as long as that.
const CONNECT_LATE_S: f64 = 0.95;
/// A greeting after this is late for a person and for most monitors.
const GREETING_LATE_S: f64 = 3.0;
/// A close within this had no time-out behind it.
const AT_ONCE_S: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;
    use probes::{Probe, Stage, Timing, Vantage};

    #[test]
    fn an_icmp_error_is_placed_by_its_sender_and_code() {
        let cases = [
            ("203.0.113.10", 3, 3, Reading::Prohibited),
            ("203.0.113.10", 3, 13, Reading::Prohibited),
            ("203.0.113.10", 3, 1, Reading::HostUnreachable),
            ("192.0.2.1", 3, 13, Reading::ProhibitedInTransit),
            ("192.168.1.1", 3, 13, Reading::ProhibitedNearby),
            ("198.51.100.7", 3, 3, Reading::LocallyForbidden),
            ("198.51.100.7", 3, 1, Reading::NeighbourUnreachable),
            ("192.0.2.1", 11, 0, Reading::HostUnreachable),
        ];
        for (offender, kind, code, want) in cases {
            let icmp = IcmpError {
                kind,
                code,
                offender: offender.parse().unwrap(),
            };
            let seen = observation(Failure::Rejected { icmp });
            assert_eq!(
                reading(&seen, false),
                Some(want),
                "{offender} {kind}/{code}"
            );
        }
    }

    #[test]
    fn a_close_is_told_by_its_time() {
        let closed = |after_s| Failure::Closed {
            text: String::new(),
            after_s,
        };
        assert_eq!(
            reading(&observation(closed(0.01)), false),
            Some(Reading::ClosedAtOnce)
        );
        assert_eq!(
            reading(&observation(closed(5.03)), false),
            Some(Reading::ClosedLate)
        );
    }

    fn observation(failure: Failure) -> Observation {
        Observation {
            probe: Probe {
                label: "ssh".into(),
                service: "ssh".into(),
                address: "203.0.113.10".parse().unwrap(),
                port: Some(22),
                server_name: None,
            },
            vantage: Vantage::Outside,
            local: Some("198.51.100.7:40000".parse().unwrap()),
            mss: None,
            outcome: Outcome::Stopped {
                stage: Stage::Connect,
                failure,
            },
            timing: Timing::default(),
        }
    }
}
