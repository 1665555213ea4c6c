//! What really happens, measured without the tool: the lab's own proof that a fault is in place.

use crate::lab::{Lab, MAIL_EXCHANGER, RESOLVER};
use crate::machine::Machine;
use crate::names;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind, IoSliceMut, Read, Write};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// What a plain client experiences.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Truth {
    /// The connection opens.
    Open,
    /// A reset answers.
    Refused,
    /// An ICMP error of this type and code answers, sent by this address.
    Rejected(u8, u8, &'static str),
    /// The client's own kernel has no route.
    NoRoute,
    /// Nothing answers.
    Timeout,
    /// The peer says this unasked, at once.
    Says(&'static str),
    /// The peer answers the first with the second.
    Replies(&'static [u8], &'static [u8]),
    /// The peer says this, but only after more than a second.
    SaysLate(&'static str),
    /// The connection opens, and not a byte follows, whether the client talks or not.
    Silent,
    /// The peer closes the connection without a byte.
    Closes,
    /// `openssl s_client` says this of the certificate (RFC 5280 verification).
    Certificate(&'static str),
    /// `openssl s_client` gets no certificate.
    NoTls,
    /// Echo replies come.
    Echo,
    /// Echo requests get no reply.
    NoEcho,
    /// The resolver gives this code and these addresses; any address will do when none is listed.
    Resolves(u8, &'static [&'static str]),
    /// The resolver says nothing.
    NoResolver,
}

/// Asserts that `flow` between the client and `target` fares as `truth` says.
pub(crate) fn assert(lab: &Lab, flow: &str, target: &str, truth: Truth) {
    let port = flow.rsplit('/').next().and_then(|port| port.parse().ok());
    let (machine, host) = match flow.split('/').next() {
        Some("out") => (&lab.instance, MAIL_EXCHANGER),
        _ => (&lab.client, target),
    };
    let address = || host.parse().unwrap_or_else(|_| crate::lab::PUBLIC.parse().unwrap());
    let problem = match truth {
        Truth::Echo | Truth::NoEcho => {
            let answered = machine.within(|| echo(address()));
            (answered != matches!(truth, Truth::Echo)).then(|| format!("echo answered: {answered}"))
        }
        Truth::Certificate(_) | Truth::NoTls => certificate_problem(machine, host, truth),
        Truth::Resolves(..) | Truth::NoResolver => resolution_problem(machine, host, truth),
        _ => {
            let address = SocketAddr::new(address(), port.expect("the flow should have a port"));
            let heard = machine.within(|| connect(address, truth));
            (!fits(truth, &heard)).then(|| format!("{heard:?}"))
        }
    };
    if let Some(problem) = problem {
        panic!("the lab itself: {flow} should be {truth:?}, but: {problem}");
    }
}

/// What a connection came to.
#[derive(Debug)]
enum Heard {
    Refused,
    Rejected(u8, u8, IpAddr),
    Error(io::Error),
    Timeout,
    Opened { bytes: Vec<u8>, after: Duration, ended: bool },
}

fn fits(truth: Truth, heard: &Heard) -> bool {
    match (truth, heard) {
        (Truth::Open, Heard::Opened { .. })
        | (Truth::Refused, Heard::Refused)
        | (Truth::Timeout, Heard::Timeout) => true,
        (Truth::Rejected(kind, code, offender), Heard::Rejected(k, c, from)) => {
            (kind, code) == (*k, *c) && offender.parse() == Ok(*from)
        }
        (Truth::NoRoute, Heard::Error(error)) => error.kind() == ErrorKind::NetworkUnreachable,
        (Truth::Says(text), Heard::Opened { bytes, .. }) => bytes.starts_with(text.as_bytes()),
        (Truth::Replies(_, answer), Heard::Opened { bytes, .. }) => bytes.starts_with(answer),
        (Truth::SaysLate(text), Heard::Opened { bytes, after, .. }) => {
            bytes.starts_with(text.as_bytes()) && *after > Duration::from_secs(1)
        }
        (Truth::Silent, Heard::Opened { bytes, ended, .. }) => bytes.is_empty() && !ended,
        (Truth::Closes, Heard::Opened { bytes, ended, .. }) => bytes.is_empty() && *ended,
        _ => false,
    }
}

fn connect(address: SocketAddr, truth: Truth) -> Heard {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    if address.is_ipv4() {
        setsockopt(&socket, sockopt::Ipv4RecvErr, &true).unwrap();
    }
    let patience = match truth {
        Truth::Rejected(3, 1, _) => Duration::from_secs(5),
        _ => QUIET,
    };
    if let Err(error) = socket.connect_timeout(&address.into(), patience) {
        return match queued_error(&socket) {
            Some((kind, code, from)) => Heard::Rejected(kind, code, from),
            None if error.kind() == ErrorKind::ConnectionRefused => Heard::Refused,
            None if error.kind() == ErrorKind::TimedOut => Heard::Timeout,
            None => Heard::Error(error),
        };
    }
    let (ask, patience): (&[u8], _) = match truth {
        Truth::Replies(ask, _) => (ask, Duration::from_secs(3)),
        Truth::Silent => (b"hello\r\n\r\n", QUIET),
        Truth::SaysLate(_) | Truth::Closes => (b"", Duration::from_secs(9)),
        _ => (b"", Duration::from_secs(3)),
    };
    listen(socket.into(), ask, patience)
}

fn listen(mut stream: std::net::TcpStream, ask: &[u8], patience: Duration) -> Heard {
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
    Heard::Opened { bytes, after: started.elapsed(), ended }
}

/// The ICMP error that ended a connection attempt, where there was one.
fn queued_error(socket: &Socket) -> Option<(u8, u8, IpAddr)> {
    let mut payload = [0; 512];
    let mut parts = [IoSliceMut::new(&mut payload)];
    let mut control = vec![0; 512];
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags).ok()?;
    message.cmsgs().ok()?.find_map(|part| match part {
        ControlMessageOwned::Ipv4RecvErr(error, Some(offender)) if error.ee_type != 0 => {
            let address = u32::from_be(offender.sin_addr.s_addr);
            Some((error.ee_type, error.ee_code, IpAddr::V4(address.into())))
        }
        _ => None,
    })
}

/// Three echo requests, one answer suffices.
fn echo(address: IpAddr) -> bool {
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
            && (&socket).read(&mut answer).is_ok_and(|length| length >= 8 && answer[0] == reply)
    })
}

fn certificate_problem(machine: &Machine, host: &str, truth: Truth) -> Option<String> {
    let port = if host.contains(':') { format!("[{host}]:443") } else { format!("{host}:443") };
    let mut words = vec!["openssl", "s_client", "-brief", "-connect", &port];
    words.extend(["-CAfile", "/run/lab/ca.pem", "-servername", host]);
    let is_address = host.parse::<IpAddr>().is_ok();
    words.extend([if is_address { "-verify_ip" } else { "-verify_hostname" }, host]);
    let output = machine.output(&words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let fits = match truth {
        Truth::Certificate(verdict) => said.contains(verdict),
        _ => !said.contains("Protocol version"),
    };
    (!fits).then_some(said)
}

fn resolution_problem(machine: &Machine, name: &str, truth: Truth) -> Option<String> {
    let replies = [1, 28].map(|kind| machine.within(|| ask(name, kind)));
    match truth {
        Truth::Resolves(code, expected) => {
            let mut addresses = Vec::new();
            for reply in replies {
                let Some(reply) = reply else {
                    return Some("silence".to_owned());
                };
                if reply.code != code {
                    return Some(format!("{reply:?}"));
                }
                addresses.extend(reply.addresses);
            }
            let expected: Vec<IpAddr> = expected.iter().map(|address| address.parse().unwrap()).collect();
            (addresses != expected).then(|| format!("{addresses:?}"))
        }
        _ => replies.iter().any(Option::is_some).then(|| format!("{replies:?}")),
    }
}

fn ask(name: &str, kind: u16) -> Option<names::Reply> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(QUIET / 2)).unwrap();
    socket.send_to(&names::question(name, kind), RESOLVER).unwrap();
    let mut message = [0; 1500];
    let length = socket.recv(&mut message).ok()?;
    names::read_reply(&message[..length])
}

/// An SSH server's greeting.
pub(crate) const SSH: Truth = Truth::Says("SSH-2.0-OpenSSH");
/// An SMTP server's greeting.
pub(crate) const SMTP: Truth = Truth::Says("220 ");
/// A web server's answer.
pub(crate) const HTTP: Truth = Truth::Replies(REQUEST, b"HTTP/1.1 200");
/// A web server's answer, over TLS and with a certificate that verifies.
pub(crate) const HTTPS: Truth = Truth::Certificate("Verification: OK");
/// A terminal server's answer to a connection request that offers TLS.
pub(crate) const RDP: Truth = Truth::Replies(&CONNECTION_REQUEST, &[3, 0, 0, 19]);
/// A request for `/`.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.0\r\n\r\n";
/// An X.224 connection request that offers TLS ([MS-RDPBCGR] 2.2.1.1).
pub(crate) const CONNECTION_REQUEST: [u8; 19] = [3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 1, 0, 0, 0];

/// How long silence has to last to count; four SYNs are not needed to tell a drop in a quiet lab.
const QUIET: Duration = Duration::from_millis(1500);
