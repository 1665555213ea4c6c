//! Whether each name server of the host answers: one question each, all at once.

use crate::collect::inside::together::together;
use crate::inside::{Datum, FarEnd, ServerAnswer, ServerOutcome, answer_code, name_question};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

/// Asks the servers for the first far end that is a name: it is looked up anyhow, so nobody learns of
/// another one.
pub(in crate::collect::inside) async fn ask(
    servers: &Datum<Vec<IpAddr>>,
    far_ends: &[FarEnd],
) -> Datum<Vec<ServerAnswer>> {
    let servers = match servers {
        Datum::Read { value, .. } => value,
        Datum::Skipped { reason, .. } => return Datum::skipped(SOURCE, reason),
    };
    let is_name = |end: &&FarEnd| end.host.parse::<IpAddr>().is_err();
    let Some(name) = far_ends.iter().find(is_name) else {
        return Datum::skipped(SOURCE, "no far end is a name");
    };
    let Some(question) = name_question(&name.host, ID) else {
        return Datum::skipped(SOURCE, "no far end is a name that can be asked for");
    };
    let asked = servers.iter().take(MOST).map(|server| async {
        let server = *server;
        let outcome = one(SocketAddr::new(server, 53), &question).await;
        ServerAnswer { server, outcome }
    });
    Datum::read(SOURCE, together(asked).await)
}

async fn one(server: SocketAddr, question: &[u8]) -> ServerOutcome {
    let started = Instant::now();
    match timeout(PATIENCE, exchange(server, question)).await {
        Ok(Ok(code)) => ServerOutcome::Answered {
            code,
            took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        },
        Ok(Err(error)) => ServerOutcome::Failed {
            error: error.to_string(),
        },
        Err(_) => ServerOutcome::Silent,
    }
}

async fn exchange(server: SocketAddr, question: &[u8]) -> io::Result<u8> {
    let any = match server.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = [0; 512];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if let Some(code) = answer_code(&buffer[..length], ID) {
            return Ok(code);
        }
    }
}

const SOURCE: &str = "name servers of /etc/resolv.conf";
/// Sockets are connected to one server each, so that a number that repeats deceives nobody about more
/// than whether that server answers.
const ID: u16 = 0x7264;
const MOST: usize = 4;
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_answers_refuses_or_babbles() {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = server.local_addr().unwrap();
        let answers = tokio::spawn(async move {
            let mut buffer = [0; 512];
            let (length, client) = server.recv_from(&mut buffer).await.unwrap();
            server.send_to(b"babble", client).await.unwrap();
            buffer[2] |= 0x80;
            buffer[3] = 0x83;
            server.send_to(&buffer[..length], client).await.unwrap();
        });
        let question = name_question("a.example", ID).unwrap();
        let outcome = one(address, &question).await;
        assert!(
            matches!(outcome, ServerOutcome::Answered { code: 3, .. }),
            "{outcome:?}"
        );
        answers.await.unwrap();
        let outcome = one(address, &question).await;
        assert!(
            matches!(outcome, ServerOutcome::Failed { .. }),
            "{outcome:?}"
        );
    }

    #[tokio::test]
    async fn without_a_name_among_the_far_ends_nobody_is_asked() {
        let servers = Datum::read("", vec![IpAddr::from([127, 0, 0, 1])]);
        let far_end = FarEnd {
            host: "192.0.2.1".to_owned(),
            port: 25,
        };
        assert_eq!(ask(&servers, &[far_end]).await.value(), None);
    }
}
