//! The shape of every protocol: bytes in, a step out, no I/O.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::{Answer, Failure, TlsReport};
use std::time::Duration;

/// One protocol's opening exchange, free of I/O.
pub trait Conversation: Send {
    /// Consumes an event and says what to do next.
    fn step(&mut self, event: Event<'_>) -> Step;

    /// Has the last word when the peer stops talking, since only the protocol knows what the
    /// bytes so far amount to. `end` is `Silent`, `Closed`, `Reset` or `Flooded`, or the failure of
    /// a second connection that was asked for.
    fn finish(&mut self, end: Failure) -> Step {
        Step::Failed(end)
    }
}

/// What happened on the connection since the last step.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The connection is open.
    Opened,
    /// The peer sent these bytes.
    Received(&'a [u8]),
    /// The peer sent nothing for as long as [`Step::ReadFor`] asked to wait.
    Quiet,
    /// The TLS handshake that was asked for is done.
    Secured(&'a TlsReport),
}

/// What the driver must do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Stop: the peer spoke the protocol.
    Answered(Answer),
    /// Stop: the peer answered; send these last bytes first, such as `QUIT`.
    AnsweredThenSend(Answer, Vec<u8>),
    /// Stop: the peer failed to speak the protocol.
    Failed(Failure),
    /// Wait for more bytes.
    Read,
    /// Wait for more bytes, then report `Quiet` if none came for so long. The driver waits less
    /// where its own limit leaves less.
    ReadFor(Duration),
    /// Send these bytes, then wait for more.
    Send(Vec<u8>),
    /// Start TLS, then report `Secured`.
    StartTls {
        /// The application protocol to offer (RFC 7301), such as `http/1.1`.
        alpn: Option<&'static str>,
    },
    /// Close, and start over on a fresh connection with the same conversation.
    Reconnect,
}
