//! Probes of the lab's own, of a dozen lines each and unlike the tool's. They stand in the network of
//! the thread that calls them.

use crate::lab::RESOLVER;
use crate::names;
use crate::truth::Truth;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind, IoSliceMut, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// What a connection came to.
#[derive(Debug)]
pub(crate) enum Heard {
    Refused,
    Rejected(u8, u8, IpAddr),
    Error(io::Error),
    Timeout,
    Opened {
        bytes: Vec<u8>,
        after: Duration,
        ended: bool,
    },
}

/// Connects, and listens to what `truth` expects.
pub(crate) fn connect(address: SocketAddr, truth: Truth) -> Heard {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    if address.is_ipv4() {
        setsockopt(&socket, sockopt::Ipv4RecvErr, &true).unwrap();
    } else {
        setsockopt(&socket, sockopt::Ipv6RecvErr, &true).unwrap();
    }
    let patience = if let Truth::Timeout = truth {
        QUIET
    } else {
        PATIENCE
    };
    if let Err(error) = socket.connect_timeout(&address.into(), patience) {
        return match queued_error(&socket) {
            Some((kind, code, from)) => Heard::Rejected(kind, code, from),
            None if error.kind() == ErrorKind::ConnectionRefused => Heard::Refused,
            None if error.kind() == ErrorKind::TimedOut => Heard::Timeout,
            None => Heard::Error(error),
        };
    }
    let stream = socket.into();
    if let Truth::Replies(ask, _) = truth {
        listen(stream, ask, PATIENCE)
    } else if let Truth::Silent = truth {
        listen(stream, b"hello\r\n\r\n", QUIET)
    } else {
        listen(stream, b"", PATIENCE)
    }
}

fn listen(mut stream: TcpStream, ask: &[u8], patience: Duration) -> Heard {
    let started = Instant::now();
    let mut bytes = vec![0; 64];
    stream.set_read_timeout(Some(patience)).unwrap();
    drop(stream.write_all(ask));
    let (length, ended) = match stream.read(&mut bytes) {
        Ok(0) => (0, true),
        Ok(length) => (length, false),
        Err(error) => (0, error.kind() != ErrorKind::WouldBlock),
    };
    bytes.truncate(length);
    Heard::Opened {
        bytes,
        after: started.elapsed(),
        ended,
    }
}

/// The ICMP error that ended a connection attempt, where there was one.
fn queued_error(socket: &Socket) -> Option<(u8, u8, IpAddr)> {
    let mut payload = [0; 512];
    let mut parts = [IoSliceMut::new(&mut payload)];
    let mut control = vec![0; 512];
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags).ok()?;
    message.cmsgs().ok()?.find_map(|part| {
        let (error, from) = if let ControlMessageOwned::Ipv4RecvErr(error, Some(offender)) = part {
            let address = u32::from_be(offender.sin_addr.s_addr);
            (error, IpAddr::V4(address.into()))
        } else if let ControlMessageOwned::Ipv6RecvErr(error, Some(offender)) = part {
            (error, IpAddr::V6(offender.sin6_addr.s6_addr.into()))
        } else {
            return None;
        };
        (error.ee_type != 0).then_some((error.ee_type, error.ee_code, from))
    })
}

/// Three echo requests, one answer suffices.
pub(crate) fn echo(address: IpAddr) -> bool {
    let (domain, protocol, request, reply) = match address {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4, 8, 0),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6, 128, 129),
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol)).unwrap();
    socket.connect(&SocketAddr::new(address, 0).into()).unwrap();
    socket.set_read_timeout(Some(QUIET / 3)).unwrap();
    (1..=3).any(|sequence| {
        let mut answer = [0; 64];
        socket.send(&[request, 0, 0, 0, 0, 0, 0, sequence]).is_ok()
            && (&socket)
                .read(&mut answer)
                .is_ok_and(|length| length >= 8 && answer[0] == reply)
    })
}

/// Asks the lab's name server for the addresses of one type.
pub(crate) fn ask(name: &str, kind: u16) -> Option<names::Reply> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(QUIET / 2)).unwrap();
    socket
        .send_to(&names::question(name, kind), RESOLVER)
        .unwrap();
    let mut message = [0; 1500];
    let length = socket.recv(&mut message).ok()?;
    names::read_reply(&message[..length])
}

/// How long silence has to last to count; four SYNs are not needed to tell a drop in a quiet lab.
const QUIET: Duration = Duration::from_millis(1500);
/// How long a peer may take to speak or to close; the longest of the lab is the five seconds that TCP
/// wrappers sleep.
const PATIENCE: Duration = Duration::from_secs(9);
