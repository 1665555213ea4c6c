//! Holds a conversation with a recorded peer: no sockets, no clocks.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::conversation::stage_of;
use crate::services::service;
use crate::{Conversation, Event, Failure, Outcome, Probe, Step, TlsReport, Trust};
use std::net::{IpAddr, Ipv4Addr};

/// Plays what a peer said, piece by piece, to a service's conversation, and returns what came of
/// it. When the pieces run out, the peer closes; TLS always succeeds. `None` where the service is
/// unknown or has no conversation.
pub fn replay(name: &str, pieces: &[&[u8]]) -> Option<Outcome> {
    let service = service(name)?;
    let probe = Probe {
        label: name.to_owned(),
        service: name.to_owned(),
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        port: service.default_port,
        server_name: Some("peer.example".to_owned()),
    };
    let mut conversation = service.start?(&probe);
    let mut pieces = pieces.iter();
    let mut is_second = false;
    let mut step = conversation.step(Event::Opened);
    loop {
        step = match step {
            Step::Answered(answer) | Step::AnsweredThenSend(answer, _) => {
                return Some(Outcome::Answered { answer });
            }
            Step::Failed(failure) => {
                let stage = stage_of(&failure);
                return Some(Outcome::Stopped { stage, failure });
            }
            Step::Read | Step::ReadFor(_) | Step::Send(_) => match pieces.next() {
                Some(piece) => conversation.step(Event::Received(piece)),
                None => finish(conversation.as_mut()),
            },
            Step::StartTls { .. } => conversation.step(Event::Secured(&report())),
            Step::Reconnect if is_second => Step::Failed(closed()),
            Step::Reconnect => {
                is_second = true;
                conversation.step(Event::Opened)
            }
        };
    }
}

fn finish(conversation: &mut dyn Conversation) -> Step {
    match conversation.finish(closed()) {
        Step::Read | Step::ReadFor(_) | Step::Send(_) | Step::StartTls { .. } => {
            Step::Failed(closed())
        }
        step @ (Step::Answered(_)
        | Step::AnsweredThenSend(..)
        | Step::Failed(_)
        | Step::Reconnect) => step,
    }
}

fn closed() -> Failure {
    Failure::Closed {
        text: String::new(),
        after_s: 0.0,
    }
}

fn report() -> TlsReport {
    TlsReport {
        version: "TLS 1.3".to_owned(),
        suite: "TLS13_AES_128_GCM_SHA256".to_owned(),
        certificate: None,
        chain_length: 0,
        trust: Trust::Unknown {
            reason: "a recording has no certificate".to_owned(),
        },
    }
}
