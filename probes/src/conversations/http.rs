//! HTTP/1.1 up to the response head: HEAD, then GET where HEAD is no answer. Redirects are not
//! followed, bodies are not kept.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::recognise::wrong_protocol;
use crate::text::{SAMPLE_CHARS, escape};
use crate::{Answer, Conversation, Event, Failure, Probe, Step, TlsReport};
use std::net::IpAddr;
use std::time::Duration;

/// Asks for `/` and reads the head of the answer.
pub(crate) struct HttpConversation {
    host: String,
    secure: bool,
    method: &'static str,
    tls: Option<TlsReport>,
    buffer: Vec<u8>,
    /// A 400 whose body may tell that the port wants TLS.
    suspect: Option<Head>,
}

impl HttpConversation {
    /// Asks over plain TCP.
    pub(crate) fn plain(probe: &Probe) -> Self {
        Self::new(probe, false)
    }

    /// Asks over TLS.
    pub(crate) fn secure(probe: &Probe) -> Self {
        Self::new(probe, true)
    }

    fn new(probe: &Probe, secure: bool) -> Self {
        Self {
            host: host_field(probe, if secure { 443 } else { 80 }),
            secure,
            method: "HEAD",
            tls: None,
            buffer: Vec::new(),
            suspect: None,
        }
    }
}

impl Conversation for HttpConversation {
    fn step(&mut self, event: Event<'_>) -> Step {
        match event {
            Event::Opened if self.secure => Step::StartTls {
                alpn: Some("http/1.1"),
            },
            Event::Opened => self.ask(),
            Event::Secured(report) => {
                self.tls = Some(report.clone());
                self.ask()
            }
            Event::Quiet => self
                .suspect
                .take()
                .map_or(Step::Read, |head| self.answer(head)),
            Event::Received(bytes) => {
                self.buffer.extend_from_slice(bytes);
                self.advance()
            }
        }
    }

    fn finish(&mut self, end: Failure) -> Step {
        if let Some(head) = self.suspect.take() {
            return self.answer(head);
        }
        let hung_up = matches!(end, Failure::Closed { .. } | Failure::Reset { .. });
        if hung_up && self.buffer.is_empty() && self.method == "HEAD" {
            return self.ask_again();
        }
        Step::Failed(end)
    }
}

impl HttpConversation {
    fn ask(&self) -> Step {
        let Self { method, host, .. } = self;
        let version = env!("CARGO_PKG_VERSION");
        let request = format!(
            "{method} / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: reachdx/{version}\r\n\
             Accept: */*\r\nConnection: close\r\n\r\n"
        );
        Step::Send(request.into_bytes())
    }

    fn ask_again(&mut self) -> Step {
        self.method = "GET";
        self.buffer.clear();
        Step::Reconnect
    }

    fn advance(&mut self) -> Step {
        if let Some(head) = self.suspect.take() {
            return self.judge_suspect(head);
        }
        loop {
            if !is_response_start(&self.buffer) {
                return Step::Failed(wrong_protocol(&self.buffer, "http"));
            }
            let (head, used) = match read_head(&self.buffer) {
                Ok(Some(parsed)) => parsed,
                Ok(None) if self.buffer.len() > HEAD_BYTES => {
                    let received = self.buffer.len();
                    return Step::Failed(Failure::Flooded { received });
                }
                Ok(None) => return Step::Read,
                Err(_) => return Step::Failed(wrong_protocol(&self.buffer, "http")),
            };
            self.buffer.drain(..used);
            // RFC 9110, section 15.2: interim answers precede the final one.
            if (100..200).contains(&head.status) && head.status != 101 {
                continue;
            }
            return self.judge(head);
        }
    }

    fn judge(&mut self, head: Head) -> Step {
        match head.status {
            400 if !self.secure => self.judge_suspect(head),
            405 | 501 if self.method == "HEAD" => self.ask_again(),
            _ => self.answer(head),
        }
    }

    /// Servers that meet a plain request on a TLS port say so in the body of a 400, which HEAD
    /// does not get.
    fn judge_suspect(&mut self, head: Head) -> Step {
        if wants_tls(&self.buffer) {
            return Step::Failed(Failure::WrongProtocol {
                spoken: "tls".to_owned(),
                sample: escape(&self.buffer, SAMPLE_CHARS),
            });
        }
        if self.method == "HEAD" && self.buffer.is_empty() {
            return self.ask_again();
        }
        if self.buffer.len() > BODY_BYTES {
            return self.answer(head);
        }
        self.suspect = Some(head);
        Step::ReadFor(BODY_WAIT)
    }

    fn answer(&self, head: Head) -> Step {
        Step::Answered(Answer::Http {
            status: head.status,
            reason: head.reason,
            method: self.method.to_owned(),
            location: head.location,
            server: head.server,
            tls: self.tls.clone(),
        })
    }
}

/// The parts of a response head worth keeping, escaped and cut.
struct Head {
    status: u16,
    reason: String,
    location: Option<String>,
    server: Option<String>,
}

/// The head and its length, or `None` where more bytes are needed.
fn read_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, httparse::Error> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let mut config = httparse::ParserConfig::default();
    config.allow_spaces_after_header_name_in_responses(true);
    config.ignore_invalid_headers_in_responses(true);
    let httparse::Status::Complete(used) = config.parse_response(&mut response, bytes)? else {
        return Ok(None);
    };
    let value = |name: &str, max_chars: usize| {
        let fields = response.headers.iter();
        let mut matching = fields.filter(|field| field.name.eq_ignore_ascii_case(name));
        matching.next().map(|field| escape(field.value, max_chars))
    };
    let head = Head {
        status: response.code.unwrap_or_default(),
        reason: escape(response.reason.unwrap_or_default().as_bytes(), SAMPLE_CHARS),
        location: value("location", LOCATION_CHARS),
        server: value("server", SAMPLE_CHARS),
    };
    Ok(Some((head, used)))
}

fn is_response_start(bytes: &[u8]) -> bool {
    let prefix = b"HTTP/";
    bytes.starts_with(prefix) || prefix.starts_with(bytes)
}

fn wants_tls(body: &[u8]) -> bool {
    TLS_WANTED
        .iter()
        .any(|words| body.windows(words.len()).any(|window| window == *words))
}

/// The `Host` field; a name that cannot stand in a request line gives way to the address.
fn host_field(probe: &Probe, default_port: u16) -> String {
    let is_host = |name: &&String| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        !name.is_empty() && name.len() <= 253 && name.bytes().all(plain)
    };
    let host = match (probe.server_name.as_ref().filter(is_host), probe.address) {
        (Some(name), _) => name.clone(),
        (None, IpAddr::V4(address)) => address.to_string(),
        (None, IpAddr::V6(address)) => format!("[{address}]"),
    };
    match probe.port {
        Some(port) if port != default_port => format!("{host}:{port}"),
        Some(_) | None => host,
    }
}

/// nginx, Apache, Go and HAProxy-style wordings, in that order.
const TLS_WANTED: [&[u8]; 4] = [
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL-enabled server",
    b"HTTP request to an HTTPS server",
    b"This combination of host and port requires TLS",
];
const HEAD_BYTES: usize = 32 * 1024;
const BODY_BYTES: usize = 4 * 1024;
const BODY_WAIT: Duration = Duration::from_millis(500);
const MAX_FIELDS: usize = 256;
const LOCATION_CHARS: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(server_name: Option<&str>, address: &str, port: u16) -> Probe {
        Probe {
            label: "http".to_owned(),
            service: "http".to_owned(),
            address: address.parse().unwrap(),
            port: Some(port),
            server_name: server_name.map(str::to_owned),
        }
    }

    fn plain() -> HttpConversation {
        HttpConversation::plain(&probe(Some("web.example"), "192.0.2.1", 80))
    }

    fn hear(http: &mut HttpConversation, chunks: &[&[u8]]) -> Step {
        let mut step = http.step(Event::Opened);
        for chunk in chunks {
            step = http.step(Event::Received(chunk));
        }
        step
    }

    fn status(step: Step) -> (u16, String) {
        match step {
            Step::Answered(Answer::Http { status, method, .. }) => (status, method),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_head_is_kept_escaped() {
        let chunks: [&[u8]; 3] = [
            b"HTT",
            b"P/1.1 301 Moved \xe9\r\nServer: x\x80y\r\nLocation: https://web.example/\r\n",
            b"\r\n",
        ];
        let expected = Step::Answered(Answer::Http {
            status: 301,
            reason: String::new(),
            method: "HEAD".to_owned(),
            location: Some("https://web.example/".to_owned()),
            server: Some("x\\x80y".to_owned()),
            tls: None,
        });
        assert_eq!(hear(&mut plain(), &chunks), expected);
    }

    #[test]
    fn interim_answers_are_skipped() {
        let step = hear(
            &mut plain(),
            &[b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n"],
        );
        assert_eq!(status(step), (503, "HEAD".to_owned()));
    }

    #[test]
    fn get_follows_where_head_is_no_answer() {
        for refusal in ["405 No", "501 No", "400 Bad"] {
            let mut http = plain();
            let head = format!("HTTP/1.1 {refusal}\r\n\r\n");
            assert_eq!(hear(&mut http, &[head.as_bytes()]), Step::Reconnect);
            let step = hear(&mut http, &[b"HTTP/1.1 200 OK\r\n\r\n"]);
            assert_eq!(status(step), (200, "GET".to_owned()));
        }
    }

    #[test]
    fn a_close_without_a_word_is_asked_again_once() {
        let closed = Failure::Closed {
            text: String::new(),
            after_s: 0.1,
        };
        let mut http = plain();
        assert_eq!(http.finish(closed.clone()), Step::Reconnect);
        assert_eq!(http.finish(closed.clone()), Step::Failed(closed));
    }

    #[test]
    fn a_port_that_wants_tls_is_recognised_by_its_words() {
        for words in TLS_WANTED {
            let mut http = plain();
            hear(&mut http, &[b"HTTP/1.1 400 Bad Request\r\n\r\n"]);
            let mut page = b"HTTP/1.1 400 Bad Request\r\n\r\n<html>The ".to_vec();
            page.extend(words);
            let step = hear(&mut http, &[&page]);
            let Step::Failed(Failure::WrongProtocol { spoken, .. }) = step else {
                panic!("{step:?}");
            };
            assert_eq!(spoken, "tls");
        }
    }

    #[test]
    fn an_ordinary_400_stays_an_answer() {
        let mut http = plain();
        hear(&mut http, &[b"HTTP/1.1 400 Bad Request\r\n\r\n"]);
        let step = hear(&mut http, &[b"HTTP/1.1 400 Bad Request\r\n\r\n"]);
        assert_eq!(step, Step::ReadFor(BODY_WAIT));
        let step = http.step(Event::Quiet);
        assert_eq!(status(step), (400, "GET".to_owned()));
    }

    #[test]
    fn other_protocols_are_recognised() {
        for (bytes, expected) in [
            (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "ssh"),
            (b"\x15\x03\x03\x00\x02\x02\x46", "tls"),
            (b"HTTP/x.y nonsense\r\n\r\n", "unknown"),
        ] {
            let step = hear(&mut plain(), &[bytes]);
            let Step::Failed(Failure::WrongProtocol { spoken, .. }) = step else {
                panic!("{step:?}");
            };
            assert_eq!(spoken, expected);
        }
    }

    #[test]
    fn an_endless_head_is_bounded() {
        let mut bytes = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
        bytes.resize(HEAD_BYTES + 100, b'a');
        let step = hear(&mut plain(), &[&bytes]);
        assert!(matches!(step, Step::Failed(Failure::Flooded { .. })));
    }

    #[test]
    fn the_host_field_is_safe_and_names_odd_ports() {
        for (name, address, port, expected) in [
            (Some("web.example"), "192.0.2.1", 80, "web.example"),
            (Some("web.example"), "192.0.2.1", 8080, "web.example:8080"),
            (Some("x\r\nEvil: 1"), "192.0.2.1", 80, "192.0.2.1"),
            (None, "2001:db8::1", 81, "[2001:db8::1]:81"),
        ] {
            assert_eq!(host_field(&probe(name, address, port), 80), expected);
        }
    }
}
