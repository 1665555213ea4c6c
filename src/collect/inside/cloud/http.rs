//! One question by plain HTTP/1.1, and one answer that is read whole or not at all.

use crate::collect::inside::files::one_line;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The status and the body, or in words why there is none.
pub(super) async fn ask(address: SocketAddr, request: &[u8]) -> Result<(u16, String), String> {
    let answer = exchange(address, request).await;
    let answer = answer.map_err(|error| unreached(&error))?;
    parsed(&answer).ok_or_else(|| {
        let start = String::from_utf8_lossy(&answer[..answer.len().min(40)]).into_owned();
        format!("does not speak HTTP: `{}`", one_line(&start))
    })
}

async fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let late = || io::Error::from(ErrorKind::TimedOut);
    let connect = timeout(CONNECT, TcpStream::connect(address)).await;
    let mut stream = connect.map_err(|_| late())??;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    let mut limited = (&mut stream).take(MOST_BYTES);
    let reading = timeout(CONNECT, limited.read_to_end(&mut answer)).await;
    reading.map_err(|_| late())??;
    Ok(answer)
}

/// What stands in the way, where the error tells.
fn unreached(error: &io::Error) -> String {
    let kind = error.kind();
    let known = UNREACHED.iter().find(|(known, _)| *known == kind);
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

const NO_ROUTE: &str = "cannot be reached: the host has no route to it, or one that forbids it";
const UNREACHED: [(ErrorKind, &str); 4] = [
    (
        ErrorKind::TimedOut,
        "does not answer: a rule of the host's firewall, or no such cloud",
    ),
    (
        ErrorKind::ConnectionRefused,
        "refuses the connection: a rule of the host's firewall?",
    ),
    (ErrorKind::NetworkUnreachable, NO_ROUTE),
    (ErrorKind::HostUnreachable, NO_ROUTE),
];
const CONNECT: Duration = Duration::from_secs(1);
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
}
