//! SMTP up to the answer to EHLO (RFC 5321), then QUIT: no mail is offered.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::recognise::{recognise, wrong_protocol};
use crate::text::{SAMPLE_CHARS, escape};
use crate::{Answer, Conversation, Event, Failure, Step};

/// Reads the greeting, then the extensions.
#[derive(Default)]
pub(crate) struct SmtpConversation {
    buffer: Vec<u8>,
    greeting: Option<Reply>,
}

impl Conversation for SmtpConversation {
    fn step(&mut self, event: Event<'_>) -> Step {
        match event {
            Event::Opened | Event::Secured(_) | Event::Quiet => Step::Read,
            Event::Received(bytes) => {
                self.buffer.extend_from_slice(bytes);
                self.advance()
            }
        }
    }

    fn finish(&mut self, end: Failure) -> Step {
        match (&self.greeting, end) {
            (Some(greeting), Failure::Silent { .. } | Failure::Closed { .. })
            | (Some(greeting), Failure::Reset { .. }) => {
                Step::Answered(greeting.answer(Vec::new()))
            }
            (None, Failure::Flooded { received }) => Step::Failed(Failure::Flooded { received }),
            (None, _) if recognise(&self.buffer).is_some_and(|name| name != "smtp") => {
                Step::Failed(wrong_protocol(&self.buffer, "smtp"))
            }
            (_, end) => Step::Failed(end),
        }
    }
}

impl SmtpConversation {
    fn advance(&mut self) -> Step {
        let reply = match read_reply(&self.buffer) {
            Parsed::Incomplete => return Step::Read,
            Parsed::Foreign if self.greeting.is_none() => {
                return Step::Failed(wrong_protocol(&self.buffer, "smtp"));
            }
            Parsed::Foreign => return self.finish(Failure::Silent { received: 0 }),
            Parsed::Reply(reply, used) => {
                self.buffer.drain(..used);
                reply
            }
        };
        let Some(greeting) = &self.greeting else {
            return self.greet(reply);
        };
        match reply.code {
            // RFC 5321, section 3.8: the service closes the channel, whatever was asked.
            421 => Step::Failed(Failure::TurnedAway {
                text: escape(reply.transcript().as_bytes(), SAMPLE_CHARS),
            }),
            250 => quit(greeting.answer(reply.lines.into_iter().skip(1).collect())),
            _ => quit(greeting.answer(Vec::new())),
        }
    }

    fn greet(&mut self, greeting: Reply) -> Step {
        if greeting.code != 220 {
            return quit(greeting.answer(Vec::new()));
        }
        self.greeting = Some(greeting);
        Step::Send(EHLO.to_vec())
    }
}

fn quit(answer: Answer) -> Step {
    Step::AnsweredThenSend(answer, b"QUIT\r\n".to_vec())
}

/// One reply; its lines are escaped and cut.
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    fn answer(&self, extensions: Vec<String>) -> Answer {
        let starttls = extensions
            .iter()
            .any(|name| name.eq_ignore_ascii_case("STARTTLS"));
        Answer::Smtp {
            code: self.code,
            greeting: self.lines.join(" "),
            extensions,
            starttls,
        }
    }

    fn transcript(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }
}

enum Parsed {
    Incomplete,
    Foreign,
    Reply(Reply, usize),
}

/// Reads a reply of one or more lines (RFC 5321, section 4.2.1).
fn read_reply(bytes: &[u8]) -> Parsed {
    let mut lines = Vec::new();
    let mut used = 0;
    while let Some(end) = bytes[used..].iter().position(|byte| *byte == b'\n') {
        let line = bytes[used..used + end].trim_ascii_end();
        used += end + 1;
        let Some((code, is_last, text)) = read_line(line) else {
            return Parsed::Foreign;
        };
        if lines.len() < MAX_LINES {
            lines.push(escape(text, SAMPLE_CHARS));
        }
        if is_last {
            return Parsed::Reply(Reply { code, lines }, used);
        }
    }
    if is_reply_start(&bytes[used..]) && bytes.len() - used <= MAX_LINE {
        Parsed::Incomplete
    } else {
        Parsed::Foreign
    }
}

fn read_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (code, rest) = line.split_at_checked(3)?;
    if !is_reply_start(line) || is_ftp_greeting(line) {
        return None;
    }
    let code = std::str::from_utf8(code).ok()?.parse().ok()?;
    match rest {
        [] => Some((code, true, rest)),
        [b' ', text @ ..] => Some((code, true, text)),
        [b'-', text @ ..] => Some((code, false, text)),
        _ => None,
    }
}

fn is_ftp_greeting(line: &[u8]) -> bool {
    recognise(line) == Some("ftp")
}

fn is_reply_start(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take(3).all(u8::is_ascii_digit);
    let first = bytes
        .first()
        .is_none_or(|digit| (b'2'..=b'5').contains(digit));
    digits && first
}

/// RFC 2606 reserves `.invalid`; a probe has no mail name of its own.
const EHLO: &[u8] = b"EHLO reachdx.invalid\r\n";
const MAX_LINES: usize = 64;
/// Four times the reply line of RFC 5321, section 4.5.3.1.5.
const MAX_LINE: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(chunks: &[&[u8]]) -> Step {
        let mut smtp = SmtpConversation::default();
        let mut step = smtp.step(Event::Opened);
        for chunk in chunks {
            step = smtp.step(Event::Received(chunk));
        }
        step
    }

    #[test]
    fn a_welcome_and_its_extensions_are_an_answer() {
        let greeting = b"220 mail.example ESMTP OpenSMTPD\r\n";
        assert_eq!(hear(&[greeting]), Step::Send(EHLO.to_vec()));
        let step = hear(&[
            greeting,
            b"250-mail.example\r\n250-8BITMIME\r\n250-STARTTLS\r\n",
            b"250 HELP\r\n",
        ]);
        let answer = Answer::Smtp {
            code: 220,
            greeting: "mail.example ESMTP OpenSMTPD".to_owned(),
            extensions: ["8BITMIME", "STARTTLS", "HELP"].map(str::to_owned).to_vec(),
            starttls: true,
        };
        assert_eq!(step, quit(answer));
    }

    #[test]
    fn a_greeting_of_many_lines_and_chunks_is_one_greeting() {
        let step = hear(&[b"22", b"0-one\r", b"\n220 two\r\n", b"502 what?\r\n"]);
        let answer = Answer::Smtp {
            code: 220,
            greeting: "one two".to_owned(),
            extensions: Vec::new(),
            starttls: false,
        };
        assert_eq!(step, quit(answer));
    }

    #[test]
    fn an_unwelcoming_greeting_is_an_answer_with_its_code() {
        for (bytes, expected) in [
            (&b"554 no SMTP service here\r\n"[..], 554),
            (b"421 too many connections\r\n", 421),
        ] {
            let Step::AnsweredThenSend(Answer::Smtp { code, .. }, quit) = hear(&[bytes]) else {
                panic!("no answer");
            };
            assert_eq!((code, quit.as_slice()), (expected, &b"QUIT\r\n"[..]));
        }
    }

    #[test]
    fn a_421_after_the_welcome_turns_away() {
        let step = hear(&[b"220 hi\r\n", b"421 4.7.0 try later\r\n"]);
        let text = "421 4.7.0 try later".to_owned();
        assert_eq!(step, Step::Failed(Failure::TurnedAway { text }));
    }

    #[test]
    fn other_protocols_are_recognised() {
        for (bytes, expected) in [
            (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "ssh"),
            (b"220 (vsFTPd 3.0.3)\r\n", "ftp"),
            (b"HTTP/1.1 400 Bad Request\r\n", "http"),
            (b"\xff\xff\xff\xff", "unknown"),
            (b"2200 no\r\n", "unknown"),
        ] {
            let Step::Failed(Failure::WrongProtocol { spoken, .. }) = hear(&[bytes]) else {
                panic!("{expected} taken for SMTP");
            };
            assert_eq!(spoken, expected);
        }
    }

    #[test]
    fn a_welcome_alone_is_an_answer_when_the_peer_stops() {
        let mut smtp = SmtpConversation::default();
        smtp.step(Event::Received(b"220 hi\r\n"));
        let step = smtp.finish(Failure::Silent { received: 8 });
        assert!(matches!(
            step,
            Step::Answered(Answer::Smtp { code: 220, .. })
        ));
    }

    #[test]
    fn a_line_without_end_is_not_smtp() {
        let mut line = b"220 ".to_vec();
        line.resize(MAX_LINE + 10, b'a');
        let step = hear(&[&line]);
        assert!(matches!(step, Step::Failed(Failure::WrongProtocol { .. })));
    }
}
