//! Drives a conversation over one UDP datagram each way, with the ICMP errors that answer it.

use super::connect::{forget_readiness, local_address, open_socket};
use super::evidence::{classify, classify_at_once, queued_icmp};
use super::{Limits, Report, stopped};
use crate::{Conversation, Event, Failure, IcmpError, Outcome, Stage, Step, Timing};
use nix::sys::socket::{MsgFlags, recv};
use socket2::{Socket, Type};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

/// Sends what the conversation opens with and waits for the first answer, no longer than a
/// connection may take to open.
pub(super) async fn run(
    mut conversation: Box<dyn Conversation>,
    target: SocketAddr,
    limits: &Limits,
) -> Report {
    let mut report = Report {
        local: None,
        mss: None,
        outcome: stopped(Stage::Greet, Failure::Silent { received: 0 }),
        timing: Timing::default(),
    };
    let socket = match open_socket(Type::DGRAM, target, limits.source) {
        Ok(socket) => socket,
        Err(none) => {
            report.outcome = none.into();
            return report;
        }
    };
    let Step::Send(request) = conversation.step(Event::Opened) else {
        return report;
    };
    let sent = socket
        .connect(&target.into())
        .and_then(|()| (&socket).write(&request));
    report.local = local_address(&socket);
    if let Err(error) = sent {
        report.outcome = match queued_icmp(&socket) {
            Some(icmp) => stopped(Stage::Connect, rejected(icmp, target)),
            None => stopped(Stage::Connect, classify_at_once(&error, target)),
        };
        return report;
    }
    let asked = Instant::now();
    let mut buffer = [0; 2048];
    let step = match timeout(limits.connect_timeout, receive(socket, target, &mut buffer)).await {
        Ok(Ok(length)) => {
            report.timing.answer_s = Some(asked.elapsed().as_secs_f64());
            conversation.step(Event::Received(&buffer[..length]))
        }
        Ok(Err(failure)) => {
            report.outcome = stopped(Stage::Connect, failure);
            return report;
        }
        Err(_) => conversation.finish(Failure::Silent { received: 0 }),
    };
    report.outcome = outcome_of(step, report.outcome);
    report
}

fn outcome_of(step: Step, silent: Outcome) -> Outcome {
    match step {
        Step::Answered(answer) | Step::AnsweredThenSend(answer, _) => Outcome::Answered { answer },
        Step::Failed(failure) => stopped(Stage::Greet, failure),
        Step::Read | Step::ReadFor(_) | Step::Send(_) | Step::StartTls { .. } | Step::Reconnect => {
            silent
        }
    }
}

async fn receive(socket: Socket, target: SocketAddr, buffer: &mut [u8]) -> Result<usize, Failure> {
    let unclassified = |error: io::Error| Failure::Unclassified {
        text: error.to_string(),
    };
    let socket = UdpSocket::from_std(socket.into()).map_err(unclassified)?;
    let interest = Interest::READABLE | Interest::ERROR;
    loop {
        socket.ready(interest).await.map_err(unclassified)?;
        let received = recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT);
        match received.map_err(io::Error::from) {
            Ok(length) => return Ok(length),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if let Some(icmp) = queued_icmp(&socket) {
                    return Err(rejected(icmp, target));
                }
                forget_readiness(|nothing| socket.try_io(interest, nothing));
            }
            Err(error) => {
                let icmp = queued_icmp(&socket);
                let rejected = icmp.map(|icmp| rejected(icmp, target));
                return Err(rejected.unwrap_or_else(|| classify(&error, None)));
            }
        }
    }
}

/// The target's own "port unreachable" is the refusal of a closed port (RFC 1122, section 4.1.3.1).
fn rejected(icmp: IcmpError, target: SocketAddr) -> Failure {
    let is_closed_port = matches!(
        (icmp.offender.is_ipv4(), icmp.kind, icmp.code),
        (true, 3, 3) | (false, 1, 4)
    );
    if is_closed_port && icmp.offender == target.ip() {
        Failure::Refused
    } else {
        Failure::Rejected { icmp }
    }
}
