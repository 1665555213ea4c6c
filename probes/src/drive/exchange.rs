//! Drives a conversation over TCP: connects, reads, writes, keeps the deadline.

use super::connect::{NoConnection, connect};
use super::stream::{Meter, Metered, Stream};
use super::talk::Talk;
use super::tls::{self, Handshake};
use super::{Limits, Report, stopped};
use crate::conversation::stage_of;
use crate::{Conversation, Event, Failure, Outcome, Probe, Stage, Step, Timing};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// Holds the conversation the probe asks for and reports what came of it.
pub(super) async fn run(
    conversation: Box<dyn Conversation>,
    probe: &Probe,
    target: SocketAddr,
    limits: &Limits,
    mss: Option<u16>,
) -> Report {
    let mut exchange = Exchange {
        conversation,
        probe,
        target,
        limits,
        meter: Meter::default(),
        timing: Timing::default(),
        deadline: None,
        talk: Talk::new(Instant::now(), 0),
    };
    let started = Instant::now();
    let attempt = connect(target, limits.source, None, mss, limits.connect_timeout).await;
    let outcome = match attempt.result {
        Ok(stream) => {
            exchange.timing.connect_s = Some(started.elapsed().as_secs_f64());
            exchange.converse_twice(stream).await
        }
        Err(none) => none.into(),
    };
    Report {
        local: attempt.local,
        mss: attempt.mss,
        outcome,
        timing: exchange.timing,
    }
}

struct Exchange<'a> {
    conversation: Box<dyn Conversation>,
    probe: &'a Probe,
    target: SocketAddr,
    limits: &'a Limits,
    meter: Meter,
    timing: Timing,
    deadline: Option<Instant>,
    talk: Talk,
}

impl Exchange<'_> {
    async fn converse_twice(&mut self, stream: TcpStream) -> Outcome {
        if let Some(outcome) = self.converse(stream).await {
            return outcome;
        }
        let wait = self.limits.connect_timeout.min(self.remaining());
        let attempt = connect(self.target, self.limits.source, None, None, wait).await;
        let stream = match attempt.result {
            Ok(stream) => stream,
            Err(NoConnection::Failed(failure)) => return self.last_word(failure),
            Err(none) => return none.into(),
        };
        if let Some(outcome) = self.converse(stream).await {
            return outcome;
        }
        let received = self.talk.received;
        self.last_word(Failure::Silent { received })
    }

    /// The conversation's verdict where no connection is left to talk on.
    fn last_word(&mut self, failure: Failure) -> Outcome {
        match self.end(failure.clone()) {
            Step::Answered(answer) | Step::AnsweredThenSend(answer, _) => {
                Outcome::Answered { answer }
            }
            Step::Failed(failure) => stopped(stage_of(&failure), failure),
            Step::Read
            | Step::ReadFor(_)
            | Step::Send(_)
            | Step::StartTls { .. }
            | Step::Reconnect => stopped(stage_of(&failure), failure),
        }
    }

    /// Talks until there is an outcome; `None` asks for a fresh connection.
    async fn converse(&mut self, stream: TcpStream) -> Option<Outcome> {
        let opened = Instant::now();
        self.talk = Talk::new(opened, self.meter.total());
        self.deadline
            .get_or_insert_with(|| opened + self.limits.exchange_timeout.min(LONGEST));
        self.meter.mark();
        let mut stream = Stream::Plain(Metered::new(stream, &self.meter));
        let mut step = self.conversation.step(Event::Opened);
        loop {
            step = match step {
                Step::Answered(answer) => return Some(Outcome::Answered { answer }),
                Step::AnsweredThenSend(answer, bytes) => {
                    self.take_leave(&mut stream, &bytes).await;
                    return Some(Outcome::Answered { answer });
                }
                Step::Failed(failure) => return Some(stopped(stage_of(&failure), failure)),
                Step::Reconnect => return None,
                Step::Read => self.listen(&mut stream, None).await,
                Step::ReadFor(patience) => self.listen(&mut stream, Some(patience)).await,
                Step::Send(bytes) => self.say(&mut stream, &bytes).await,
                Step::StartTls { alpn } => match self.secure(stream, alpn).await {
                    Ok((secured, step)) => {
                        stream = secured;
                        step
                    }
                    Err(failure) => return self.unsecured(failure),
                },
            };
        }
    }

    /// Asks the conversation what a failed handshake amounts to.
    fn unsecured(&mut self, failure: Failure) -> Option<Outcome> {
        match self.conversation.unsecured(failure.clone()) {
            Step::Answered(answer) | Step::AnsweredThenSend(answer, _) => {
                Some(Outcome::Answered { answer })
            }
            Step::Reconnect => None,
            Step::Failed(failure) => Some(stopped(Stage::Tls, failure)),
            Step::Read | Step::ReadFor(_) | Step::Send(_) | Step::StartTls { .. } => {
                Some(stopped(Stage::Tls, failure))
            }
        }
    }

    /// Waits for bytes, the end of the stream, an error, or the end of patience.
    async fn listen(&mut self, stream: &mut Stream, patience: Option<Duration>) -> Step {
        let share = self
            .limits
            .exchange_timeout
            .min(LONGEST)
            .mul_f64(PATIENCE_SHARE);
        let deadline = self.deadline();
        let until = patience.map_or(deadline, |patience| {
            deadline.min(Instant::now() + patience.min(share))
        });
        let mut buffer = [0; 4096];
        match timeout_at(until, stream.read(&mut buffer)).await {
            Ok(Ok(0)) => {
                let closed = self.talk.closed();
                self.end(closed)
            }
            Ok(Ok(length)) => {
                let bytes = &buffer[..length];
                self.talk.note(bytes, &mut self.timing);
                self.conversation.step(Event::Received(bytes))
            }
            Ok(Err(error)) => {
                let failure = self.talk.read_failure(&error, &self.meter);
                self.end(failure)
            }
            Err(_) if until < deadline => self.conversation.step(Event::Quiet),
            Err(_) => {
                let received = self.talk.received;
                self.end(Failure::Silent { received })
            }
        }
    }

    /// Sends, then listens: a peer that refuses our bytes may have left its reason in the queue.
    async fn say(&mut self, stream: &mut Stream, bytes: &[u8]) -> Step {
        self.talk.keep_sent(bytes);
        if timeout_at(self.deadline(), stream.send(bytes))
            .await
            .is_err()
        {
            let received = self.talk.received;
            return self.end(Failure::Silent { received });
        }
        self.talk.asked = Some(Instant::now());
        self.listen(stream, None).await
    }

    async fn take_leave(&self, stream: &mut Stream, bytes: &[u8]) {
        let farewell = async {
            stream.send(bytes).await?;
            stream.end().await
        };
        // The answer stands whether or not the peer hears us leave.
        drop(timeout(FAREWELL.min(self.remaining()), farewell).await);
    }

    async fn secure(
        &mut self,
        stream: Stream,
        alpn: Option<&'static str>,
    ) -> Result<(Stream, Step), Failure> {
        let Stream::Plain(stream) = stream else {
            let text = "TLS was asked for twice".to_owned();
            return Err(Failure::Unclassified { text });
        };
        self.meter.mark();
        let started = Instant::now();
        let name = tls::server_name(self.probe);
        let handshake = tls::handshake(stream, name.clone(), alpn);
        let failure = match timeout_at(self.deadline(), handshake).await {
            Ok(Handshake::Done(stream)) => {
                self.timing.tls_s = Some(started.elapsed().as_secs_f64());
                let report = tls::report(&stream, &name).await;
                let step = self.conversation.step(Event::Secured(&report));
                return Ok((Stream::Tls(stream), step));
            }
            Err(_) => {
                let received = self.meter.total() - self.talk.read_before;
                return Err(Failure::Silent { received });
            }
            Ok(Handshake::Failed(_)) if self.meter.is_flooded() => {
                let received = self.meter.total();
                return Err(Failure::Flooded { received });
            }
            Ok(Handshake::Failed(error)) => error,
        };
        let after_s = self.talk.opened.elapsed().as_secs_f64();
        let failure = tls::classify(&failure, &self.meter.head(), after_s);
        Err(self.ask_in_old_tls(failure, &name).await)
    }

    /// Before a peer that refuses our versions and suites is called broken, it is offered old ones
    /// on a fresh connection, after the bytes that led to TLS on this one.
    async fn ask_in_old_tls(&self, failure: Failure, name: &tls::Name) -> Failure {
        let Failure::Tls {
            error,
            legacy: true,
        } = failure
        else {
            return failure;
        };
        let wait = self.limits.connect_timeout.min(self.remaining());
        let attempt = connect(self.target, self.limits.source, None, None, wait).await;
        let Ok(stream) = attempt.result else {
            let legacy = false;
            return Failure::Tls { error, legacy };
        };
        let mut stream = Stream::Plain(Metered::new(stream, &self.meter));
        let asked = tls::ask_old_versions(&mut stream, &self.talk.sent, name);
        let spoken = timeout_at(self.deadline(), asked).await.ok().flatten();
        let legacy = spoken.is_some();
        let error = spoken.map_or(error, |hello| {
            format!("the server speaks only {hello}, which is too old to examine")
        });
        Failure::Tls { error, legacy }
    }

    /// Asks the conversation what the end amounts to; an end cannot be talked away.
    fn end(&mut self, failure: Failure) -> Step {
        match self.conversation.finish(failure.clone()) {
            Step::Read | Step::ReadFor(_) | Step::Send(_) | Step::StartTls { .. } => {
                Step::Failed(failure)
            }
            step @ (Step::Answered(_)
            | Step::AnsweredThenSend(..)
            | Step::Failed(_)
            | Step::Reconnect) => step,
        }
    }

    fn deadline(&self) -> Instant {
        self.deadline
            .unwrap_or_else(|| Instant::now() + self.limits.exchange_timeout.min(LONGEST))
    }

    fn remaining(&self) -> Duration {
        self.deadline().saturating_duration_since(Instant::now())
    }
}

/// The share of the exchange's time a conversation may wait for an unasked word, so that enough is
/// left to ask.
const PATIENCE_SHARE: f64 = 0.6;
/// Keeps the sum of an instant and a careless limit within range.
const LONGEST: Duration = Duration::from_hours(24);
const FAREWELL: Duration = Duration::from_millis(500);
