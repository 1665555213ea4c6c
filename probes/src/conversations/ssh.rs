//! SSH up to the server's KEXINIT: no key exchange, no login.
//!
//! The client's identification follows the server's. RFC 4253 lets both speak at once, but bytes
//! that a refusing sshd leaves unread turn its orderly close into a reset, which can destroy the
//! words it sent (`Exceeded MaxStartups`) and hides the close that TCP wrappers make after about
//! five seconds. A peer that waits to be spoken to hears from us only after that.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::ssh_packet::{Packet, read_packet};
use crate::recognise::{recognise, wrong_protocol};
use crate::text::{SAMPLE_CHARS, escape};
use crate::{Answer, Conversation, Event, Failure, SshKeyExchange, Step};
use std::time::Duration;

/// Reads the identification string, then KEXINIT.
#[derive(Default)]
pub(crate) struct SshConversation {
    buffer: Vec<u8>,
    received: usize,
    preamble: Vec<String>,
    identification: Option<String>,
    introduced: bool,
}

impl Conversation for SshConversation {
    fn step(&mut self, event: Event<'_>) -> Step {
        match event {
            Event::Opened | Event::Secured(_) => Step::ReadFor(PATIENCE),
            Event::Quiet => self.introduce(),
            Event::Received(bytes) => {
                self.received += bytes.len();
                self.buffer.extend_from_slice(bytes);
                self.advance()
            }
        }
    }

    fn finish(&mut self, end: Failure) -> Step {
        if matches!(end, Failure::Flooded { .. }) {
            return Step::Failed(end);
        }
        if self.identification.is_some() {
            return self.answer(None);
        }
        if is_turning_away(&self.buffer) {
            return Step::Failed(turned_away(&self.buffer));
        }
        if self.preamble.is_empty() && recognise(&self.buffer).is_some_and(|name| name != "ssh") {
            return Step::Failed(wrong_protocol(&self.buffer, "ssh"));
        }
        Step::Failed(end)
    }
}

impl SshConversation {
    fn advance(&mut self) -> Step {
        while self.identification.is_none() {
            if self.preamble.is_empty() && recognise(&self.buffer).is_some_and(|name| name != "ssh")
            {
                return Step::Failed(wrong_protocol(&self.buffer, "ssh"));
            }
            let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') else {
                return self.await_line();
            };
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            if let Some(step) = self.read_line(line.trim_ascii_end()) {
                return step;
            }
        }
        match read_packet(&self.buffer) {
            Packet::Incomplete if self.introduced => Step::Read,
            Packet::Incomplete => self.introduce(),
            Packet::KeyExchange(key_exchange) => self.answer(Some(key_exchange)),
            Packet::Disconnect(text) => Step::Failed(Failure::TurnedAway { text }),
            Packet::Other => self.answer(None),
        }
    }

    /// Takes one line; a step only where the line ends the conversation.
    fn read_line(&mut self, line: &[u8]) -> Option<Step> {
        if line.starts_with(b"SSH-") {
            self.identification = Some(escape(line, LINE_BYTES));
            let speaks_version_2 = line.starts_with(b"SSH-2.") || line.starts_with(b"SSH-1.99");
            return (!speaks_version_2).then(|| self.answer(None));
        }
        if is_turning_away(line) {
            return Some(Step::Failed(turned_away(line)));
        }
        if self.preamble.len() == PREAMBLE_LINES {
            let received = self.received;
            return Some(Step::Failed(Failure::Flooded { received }));
        }
        self.preamble.push(escape(line, LINE_BYTES));
        None
    }

    fn await_line(&self) -> Step {
        if self.buffer.len() > LINE_BYTES {
            return Step::Failed(wrong_protocol(&self.buffer, "ssh"));
        }
        if self.introduced || self.received > 0 {
            Step::Read
        } else {
            Step::ReadFor(PATIENCE)
        }
    }

    fn introduce(&mut self) -> Step {
        self.introduced = true;
        let version = env!("CARGO_PKG_VERSION");
        Step::Send(format!("SSH-2.0-reachdx_{version}\r\n").into_bytes())
    }

    fn answer(&self, key_exchange: Option<SshKeyExchange>) -> Step {
        Step::Answered(Answer::Ssh {
            identification: self.identification.clone().unwrap_or_default(),
            preamble: self.preamble.clone(),
            key_exchange,
        })
    }
}

/// The words of `OpenSSH`'s `drop_connection`, sent in place of an identification.
fn is_turning_away(text: &[u8]) -> bool {
    TURNING_AWAY
        .iter()
        .any(|words| text.windows(words.len()).any(|window| window == *words))
}

fn turned_away(text: &[u8]) -> Failure {
    Failure::TurnedAway {
        text: escape(text.trim_ascii(), SAMPLE_CHARS),
    }
}

const TURNING_AWAY: [&[u8]; 2] = [b"Exceeded MaxStartups", b"Not allowed at this time"];
/// RFC 4253, section 4.2: an identification has at most 255 characters.
const LINE_BYTES: usize = 255;
const PREAMBLE_LINES: usize = 50;
const PATIENCE: Duration = Duration::from_secs(6);

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(chunks: &[&[u8]]) -> Step {
        let mut ssh = SshConversation::default();
        let mut step = ssh.step(Event::Opened);
        for chunk in chunks {
            step = ssh.step(Event::Received(chunk));
        }
        step
    }

    #[test]
    fn the_client_answers_an_identification_with_its_own() {
        for chunks in [
            &[&b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"[..]][..],
            &[b"SS", b"H-2.0-x\n"],
            &[b"legal notice\r\nsecond\r\nSSH-1.99-old\r\n"],
        ] {
            let Step::Send(bytes) = hear(chunks) else {
                panic!("no introduction after {chunks:?}");
            };
            assert!(bytes.starts_with(b"SSH-2.0-reachdx_") && bytes.ends_with(b"\r\n"));
        }
    }

    #[test]
    fn foreign_greetings_are_recognised() {
        for (bytes, spoken) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], "http"),
            (b"220 mail ESMTP\r\n", "smtp"),
            (b"RFB 003.008\n", "vnc"),
            (b"\x15\x03\x03\x00\x02\x02\x46", "tls"),
            (b"* OK IMAP\r\n", "imap"),
            (b"\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00", "rdp"),
        ] {
            let Step::Failed(Failure::WrongProtocol { spoken: named, .. }) = hear(&[bytes]) else {
                panic!("{spoken} not recognised");
            };
            assert_eq!(named, spoken);
        }
    }

    #[test]
    fn refusals_in_words_are_told_from_other_text() {
        for words in ["Exceeded MaxStartups", "Not allowed at this time"] {
            let line = format!("{words}\r\n");
            let text = words.to_owned();
            let expected = Step::Failed(Failure::TurnedAway { text });
            assert_eq!(hear(&[line.as_bytes()]), expected);
        }
    }

    #[test]
    fn words_cut_by_a_reset_still_count() {
        let mut ssh = SshConversation::default();
        ssh.step(Event::Received(b"Exceeded MaxStartups"));
        let end = Failure::Reset {
            text: String::new(),
        };
        let text = "Exceeded MaxStartups".to_owned();
        let expected = Step::Failed(Failure::TurnedAway { text });
        assert_eq!(ssh.finish(end), expected);
    }

    #[test]
    fn an_identification_alone_is_an_answer_when_the_peer_stops() {
        let mut ssh = SshConversation::default();
        ssh.step(Event::Received(b"note\r\nSSH-2.0-\x1bX\r\n"));
        let expected = Step::Answered(Answer::Ssh {
            identification: "SSH-2.0-\\x1bX".to_owned(),
            preamble: vec!["note".to_owned()],
            key_exchange: None,
        });
        assert_eq!(ssh.finish(Failure::Silent { received: 20 }), expected);
    }

    #[test]
    fn endless_lines_and_an_endless_line_are_bounded() {
        let lines = b"x\r\n".repeat(PREAMBLE_LINES + 1);
        let flooded = Failure::Flooded {
            received: lines.len(),
        };
        assert_eq!(hear(&[&lines]), Step::Failed(flooded));
        let step = hear(&[&[b'a'; 300]]);
        assert!(matches!(step, Step::Failed(Failure::WrongProtocol { .. })));
    }

    #[test]
    fn a_silent_peer_is_spoken_to_after_a_while() {
        let mut ssh = SshConversation::default();
        assert_eq!(ssh.step(Event::Opened), Step::ReadFor(PATIENCE));
        assert!(matches!(ssh.step(Event::Quiet), Step::Send(_)));
        let step = ssh.step(Event::Received(b"SSH-2.0-late\r\n"));
        assert_eq!(step, Step::Read);
    }
}
