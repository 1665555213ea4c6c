//! TCP and nothing more: the connection opens, and whatever the peer says unasked is kept.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::text::{SAMPLE_CHARS, escape};
use crate::{Answer, Conversation, Event, Failure, Step};
use std::time::Duration;

/// Waits a moment for an unasked banner.
#[derive(Default)]
pub(crate) struct TcpConversation;

impl Conversation for TcpConversation {
    fn step(&mut self, event: Event<'_>) -> Step {
        match event {
            Event::Opened | Event::Secured(_) => Step::ReadFor(BANNER_WAIT),
            Event::Received(bytes) => Step::Answered(Answer::Open {
                banner: Some(escape(bytes, SAMPLE_CHARS)),
            }),
            Event::Quiet => Step::Answered(Answer::Open { banner: None }),
        }
    }

    fn finish(&mut self, end: Failure) -> Step {
        match end {
            Failure::Silent { .. } => Step::Answered(Answer::Open { banner: None }),
            other => Step::Failed(other),
        }
    }
}

const BANNER_WAIT: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_after_the_handshake_is_an_open_port() {
        let mut tcp = TcpConversation;
        assert_eq!(tcp.step(Event::Opened), Step::ReadFor(BANNER_WAIT));
        let open = Step::Answered(Answer::Open { banner: None });
        assert_eq!(tcp.step(Event::Quiet), open);
    }

    #[test]
    fn an_unasked_banner_is_kept_escaped() {
        let step = TcpConversation.step(Event::Received(b"+OK \x1b]0;x\x07"));
        let banner = Some("+OK \\x1b]0;x\\x07".to_owned());
        assert_eq!(step, Step::Answered(Answer::Open { banner }));
    }

    #[test]
    fn a_connection_that_closes_at_once_is_not_an_open_port() {
        let closed = Failure::Closed {
            text: String::new(),
            after_s: 0.001,
        };
        assert_eq!(TcpConversation.finish(closed.clone()), Step::Failed(closed));
    }
}
