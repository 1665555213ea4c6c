//! Opening a TCP connection by hand, so that the evidence outlives a failure: the runtime's own
//! connect closes the socket, and the kernel's error queue with it.

use super::evidence::{classify, classify_at_once, keep_icmp_errors, queued_icmp};
use super::{nonce, stopped};
use crate::{Failure, Outcome, Stage};
use nix::libc;
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What an attempt to connect came to.
pub(super) struct Attempt {
    /// The local address and port, where one was chosen.
    pub(super) local: Option<SocketAddr>,
    /// The mark its SYN carries, where it carries one.
    pub(super) mss: Option<u16>,
    /// The connection, or why there is none.
    pub(super) result: Result<TcpStream, NoConnection>,
}

/// Why there is no connection.
pub(super) enum NoConnection {
    /// The attempt failed.
    Failed(Failure),
    /// No attempt could be made.
    NotMeasured {
        /// Why.
        reason: String,
        /// What the user can do about it.
        remedy: String,
    },
}

impl From<NoConnection> for Outcome {
    fn from(none: NoConnection) -> Self {
        match none {
            NoConnection::Failed(failure) => stopped(Stage::Connect, failure),
            NoConnection::NotMeasured { reason, remedy } => Self::NotMeasured { reason, remedy },
        }
    }
}

/// Opens a connection from a fresh source port, its packets limited to `hop_limit` hops and its SYN
/// marked with the segment size `mss`.
pub(super) async fn connect(
    target: SocketAddr,
    source: Option<IpAddr>,
    hop_limit: Option<u8>,
    mss: Option<u16>,
    wait: Duration,
) -> Attempt {
    let socket = match open_socket(Type::STREAM, target, source) {
        Ok(socket) => socket,
        Err(none) => {
            return Attempt {
                local: None,
                mss: None,
                result: Err(none),
            };
        }
    };
    let mss = mss.and_then(|mss| nonce::mark(&socket, mss));
    let begun = match begin(&socket, target, hop_limit) {
        Ok(()) => Ok(()),
        Err(error) => Err(classify_at_once(&error, target)),
    };
    let local = local_address(&socket);
    let result = match begun {
        Ok(()) => await_connection(socket, target, wait).await,
        Err(failure) => Err(failure),
    };
    Attempt {
        local,
        mss,
        result: result.map_err(NoConnection::Failed),
    }
}

/// A non-blocking socket for the target's family that keeps ICMP errors.
pub(super) fn open_socket(
    kind: Type,
    target: SocketAddr,
    source: Option<IpAddr>,
) -> Result<Socket, NoConnection> {
    let open = || -> io::Result<Socket> {
        let socket = Socket::new(Domain::for_address(target), kind, None)?;
        socket.set_nonblocking(true)?;
        keep_icmp_errors(&socket, target.ip(), true)?;
        Ok(socket)
    };
    let socket = open().map_err(|error| NoConnection::NotMeasured {
        reason: format!("cannot open a socket: {error}"),
        remedy: socket_remedy(&error).to_owned(),
    })?;
    if let Some(source) = source {
        let bound = socket.bind(&SocketAddr::new(source, 0).into());
        bound.map_err(|error| NoConnection::NotMeasured {
            reason: format!("cannot send from {source} to {}: {error}", target.ip()),
            remedy: "use an address of this host and of the target's family".to_owned(),
        })?;
    }
    Ok(socket)
}

/// The local address the kernel chose, where it chose one.
pub(super) fn local_address(socket: &Socket) -> Option<SocketAddr> {
    let address = socket.local_addr().ok()?.as_socket()?;
    let is_chosen = address.port() != 0 && !address.ip().is_unspecified();
    is_chosen.then_some(address)
}

fn socket_remedy(error: &io::Error) -> &'static str {
    match error.raw_os_error().unwrap_or_default() {
        libc::EMFILE | libc::ENFILE => "raise the limit on open files (`ulimit -n`)",
        libc::EAFNOSUPPORT => "enable this address family on this host, or ask the other one",
        _ => "run where sockets are allowed",
    }
}

fn begin(socket: &Socket, target: SocketAddr, hop_limit: Option<u8>) -> io::Result<()> {
    match (target, hop_limit) {
        (SocketAddr::V4(_), Some(hops)) => socket.set_ttl_v4(hops.into())?,
        (SocketAddr::V6(_), Some(hops)) => socket.set_unicast_hops_v6(hops.into())?,
        (_, None) => {}
    }
    match socket.connect(&target.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn await_connection(
    socket: Socket,
    target: SocketAddr,
    wait: Duration,
) -> Result<TcpStream, Failure> {
    // Registered after connect began: a fresh TCP socket reports a hang-up.
    let stream = TcpStream::from_std(socket.into()).map_err(|error| unclassified(&error))?;
    let Ok(settled) = timeout(wait, settle(&stream)).await else {
        let icmp = queued_icmp(&stream);
        return Err(icmp.map_or(Failure::Timeout, |icmp| Failure::Rejected { icmp }));
    };
    settled?;
    if is_self_connected(&stream) {
        return Err(Failure::Refused);
    }
    keep_icmp_errors(&stream, target.ip(), false).map_err(|error| unclassified(&error))?;
    Ok(stream)
}

/// Waits for the handshake to end. Pure error readiness counts: writability alone may never come.
async fn settle(stream: &TcpStream) -> Result<(), Failure> {
    let interest = Interest::WRITABLE | Interest::ERROR;
    loop {
        let ready = stream.ready(interest).await;
        ready.map_err(|error| unclassified(&error))?;
        if let Ok(Some(error)) = stream.take_error() {
            return Err(classify(&error, queued_icmp(stream)));
        }
        if stream.peer_addr().is_ok() {
            return Ok(());
        }
        if let Some(icmp) = queued_icmp(stream) {
            return Err(Failure::Rejected { icmp });
        }
        forget_readiness(|nothing| stream.try_io(interest, nothing));
    }
}

/// Tells the runtime that a readiness it reported led to nothing.
pub(super) fn forget_readiness(try_io: impl FnOnce(fn() -> io::Result<()>) -> io::Result<()>) {
    // The closure reports nothing but `WouldBlock`.
    let _nothing = try_io(|| Err(io::ErrorKind::WouldBlock.into()));
}

/// On loopback a SYN may meet its own socket (simultaneous open) where nothing listens.
fn is_self_connected(stream: &TcpStream) -> bool {
    let local = stream.local_addr().ok();
    local.is_some() && local == stream.peer_addr().ok()
}

fn unclassified(error: &io::Error) -> Failure {
    Failure::Unclassified {
        text: error.to_string(),
    }
}
