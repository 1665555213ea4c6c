//! UDP and nothing more: one small datagram, and whatever comes back.
//!
//! Silence is ambiguous by nature: an open port whose service does not understand a line feed, a
//! filter and a lost packet look the same. Only an answer or an ICMP error says something.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::{Answer, Conversation, Event, Step};

/// Sends a line feed and waits.
#[derive(Default)]
pub(crate) struct UdpConversation;

impl Conversation for UdpConversation {
    fn step(&mut self, event: Event<'_>) -> Step {
        match event {
            Event::Opened | Event::Secured(_) => Step::Send(b"\n".to_vec()),
            Event::Received(bytes) => Step::Answered(Answer::Datagram {
                received: bytes.len(),
            }),
            Event::Quiet => Step::Read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    #[test]
    fn any_datagram_back_is_an_answer() {
        let mut udp = UdpConversation;
        assert_eq!(udp.step(Event::Opened), Step::Send(b"\n".to_vec()));
        let answer = Answer::Datagram { received: 0 };
        assert_eq!(udp.step(Event::Received(b"")), Step::Answered(answer));
    }

    #[test]
    fn silence_stays_silence() {
        let silent = Failure::Silent { received: 0 };
        assert_eq!(UdpConversation.finish(silent.clone()), Step::Failed(silent));
    }
}
