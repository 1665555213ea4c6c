//! One question by plain HTTP/1.1, and one answer that is read whole or not at all.

use crate::collect::inside::files::one_line;
use nix::errno::Errno;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Why a question has no answer; its words go after the service's name.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection did not open.
    Unopened(io::Error),
    /// The connection opened, and nothing came over it in time.
    Silent,
    /// The answer began and did not end in time.
    Unfinished,
    /// The connection opened and broke.
    Broken(io::Error),
    /// The connection opened and was closed without a word.
    Closed,
    /// The beginning of what came, which is no answer of HTTP/1.x.
    Garbage(String),
    /// The time for all questions ran out.
    Late,
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unopened(error) => formatter.write_str(&unopened(error)),
            Self::Silent => {
                formatter.write_str("accepts the connection, then says nothing within 1 s")
            }
            Self::Unfinished => formatter.write_str("begins an answer and does not end it in 1 s"),
            Self::Broken(error) => {
                write!(formatter, "accepts the connection, then breaks it: {error}")
            }
            Self::Closed => {
                formatter.write_str("accepts the connection, then closes it unanswered")
            }
            Self::Garbage(start) if start.starts_with("HTTP/1.") => {
                formatter.write_str("gives an answer that is cut or malformed")
            }
            Self::Garbage(start) => write!(formatter, "does not speak HTTP: `{}`", one_line(start)),
            Self::Late => formatter.write_str("did not answer everything within 3 s"),
        }
    }
}

/// The status and the body; ends within 2 s.
pub(super) async fn ask(address: SocketAddr, request: &[u8]) -> Result<(u16, String), Failure> {
    let answer = exchange(address, request).await?;
    if answer.is_empty() {
        return Err(Failure::Closed);
    }
    parsed(&answer).ok_or_else(|| {
        let start = String::from_utf8_lossy(&answer[..answer.len().min(40)]);
        Failure::Garbage(start.into_owned())
    })
}

async fn exchange(address: SocketAddr, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let late = || io::Error::from(ErrorKind::TimedOut);
    let connect = timeout(CONNECT, TcpStream::connect(address)).await;
    let connect = connect.unwrap_or_else(|_| Err(late()));
    let mut stream = connect.map_err(Failure::Unopened)?;
    let mut answer = Vec::new();
    let talk = async {
        stream.write_all(request).await?;
        stream.take(MOST_BYTES).read_to_end(&mut answer).await
    };
    match timeout(ANSWER, talk).await {
        Ok(Ok(_)) => Ok(answer),
        Ok(Err(error)) => Err(Failure::Broken(error)),
        Err(_) if answer.is_empty() => Err(Failure::Silent),
        Err(_) => Err(Failure::Unfinished),
    }
}

/// What stands in the way, where the error tells; `connect(2)` fails with `EINVAL` on a blackhole route
/// and with `EACCES` on one that prohibits.
fn unopened(error: &io::Error) -> String {
    // What ran into the time that we gave it has no number.
    let number = error
        .raw_os_error()
        .map_or(Errno::ETIMEDOUT, Errno::from_raw);
    let known = UNOPENED.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| error.to_string(), |(_, words)| (*words).to_owned())
}

/// Status and body of an answer of HTTP/1.x (RFC 9112).
fn parsed(answer: &[u8]) -> Option<(u16, String)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(answer).ok()? else {
        return None;
    };
    let status = response.code?;
    let value = |name: &str| {
        let header = response.headers.iter();
        let mut found = header.filter(|it| it.name.eq_ignore_ascii_case(name));
        found.next().map(|it| it.value)
    };
    let body = &answer[length..];
    let chunked = value("Transfer-Encoding").is_some_and(|it| it.eq_ignore_ascii_case(b"chunked"));
    let body = if chunked {
        unchunked(body)?
    } else {
        let length = value("Content-Length").and_then(|it| str::from_utf8(it).ok()?.parse().ok());
        // A body that ends early may be the beginning of another fact.
        body.get(..length.unwrap_or(body.len()))?.to_vec()
    };
    Some((status, String::from_utf8_lossy(&body).into_owned()))
}

/// RFC 9112, section 7.1.
fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|it| it == b"\r\n")?;
        let line = str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        body = &body[end + 2..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(..size)?);
        body = body.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

const UNOPENED: [(Errno, &str); 7] = [
    (
        Errno::ETIMEDOUT,
        "does not answer the connection: a rule of the host's firewall drops it, or no such cloud",
    ),
    (
        Errno::ECONNREFUSED,
        "refuses the connection: a rule of the host's firewall?",
    ),
    (
        Errno::ENETUNREACH,
        "cannot be reached: the host has no route to it, or a rule of its firewall says so",
    ),
    (
        Errno::EHOSTUNREACH,
        "cannot be reached: an unreachable route, a rule of the host's firewall that says so, or nobody \
         on the link has its address",
    ),
    (
        Errno::EINVAL,
        "cannot be reached: a blackhole route of the host swallows it",
    ),
    (
        Errno::EACCES,
        "may not be reached: a prohibit route of the host, or its security module, forbids it",
    ),
    (
        Errno::EPERM,
        "may not be reached: a rule of the host's firewall, or a program of the control group, forbids it",
    ),
];
const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(1);
const MOST_BYTES: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_both_framings() {
        for (answer, want) in [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef",
                Some((200, "abc")),
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", None),
            ("HTTP/1.0 404 No\r\n\r\nabc", Some((404, "abc"))),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
                Some((200, "abc")),
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab",
                None,
            ),
            ("HTTP/1.1 200 OK\r\n", None),
            ("SSH-2.0-x\r\n\r\n", None),
            ("", None),
        ] {
            let want = want.map(|(status, body)| (status, body.to_owned()));
            assert_eq!(parsed(answer.as_bytes()), want, "{answer:?}");
        }
    }

    #[test]
    fn each_way_not_to_get_there_has_its_own_words() {
        let words = |number: i32| Failure::Unopened(io::Error::from_raw_os_error(number));
        let known = UNOPENED.map(|(errno, _)| words(errno as i32).to_string());
        for (told, (errno, want)) in known.iter().zip(UNOPENED) {
            assert_eq!(told, want, "{errno}");
        }
        let late = Failure::Unopened(ErrorKind::TimedOut.into());
        assert_eq!(late.to_string(), known[0]);
        assert!(
            words(Errno::EMFILE as i32)
                .to_string()
                .contains("open files")
        );
    }

    #[test]
    fn what_is_no_answer_is_quoted_in_one_line() {
        let garbage = Failure::Garbage("SSH-2.0-x\r\n\u{1b}[2J".to_owned()).to_string();
        assert_eq!(garbage, "does not speak HTTP: `SSH-2.0-x\\r\\n\\u{1b}[2J`");
        let cut = Failure::Garbage("HTTP/1.1 200 OK".to_owned()).to_string();
        assert!(cut.contains("cut"), "{cut}");
    }
}
