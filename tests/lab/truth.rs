//! What really happens, measured without the tool: the lab's own proof that a fault is in place.

use crate::lab::{Lab, MAIL_EXCHANGER, PUBLIC};
use crate::machine::Machine;
use crate::measure::{self, Heard};
use crate::servers::Server;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

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
    /// The client's own kernel has no local port left.
    NoLocalPort,
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
    /// `openssl s_client` is sent an alert (RFC 8446, section 6).
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
    if let Some(problem) = problem(lab, flow, target, truth) {
        panic!("the lab itself: {flow} should be {truth:?}, but: {problem}");
    }
}

/// How `flow` fares, when it is not as `truth` says.
pub(crate) fn problem(lab: &Lab, flow: &str, target: &str, truth: Truth) -> Option<String> {
    let port = flow.rsplit('/').next().and_then(|port| port.parse().ok());
    let (machine, host) = match flow.split('/').next() {
        Some("out") => (&lab.instance, MAIL_EXCHANGER),
        _ => (&lab.client, target),
    };
    let address = || host.parse().unwrap_or_else(|_| PUBLIC.parse().unwrap());
    if matches!(truth, Truth::Echo | Truth::NoEcho) {
        let answered = machine.within(|| measure::echo(address()));
        let fits = answered == matches!(truth, Truth::Echo);
        return (!fits).then(|| format!("echo answered: {answered}"));
    }
    if matches!(truth, Truth::Certificate(_) | Truth::NoTls) {
        return certificate_problem(machine, host, truth);
    }
    if matches!(truth, Truth::Resolves(..) | Truth::NoResolver) {
        return resolution_problem(machine, host, truth);
    }
    let Some(port) = port else {
        panic!("a flow with a port is needed, not {flow}");
    };
    let address = SocketAddr::new(address(), port);
    let heard = machine.within(|| measure::connect(address, truth));
    (!fits(truth, &heard)).then(|| format!("{heard:?}"))
}

/// Asserts that a healthy machine is not mistaken for an ill one, nor a dead port for a live one.
pub(crate) fn assert_doubts() {
    let lab = Lab::start(&crate::groups::web(), &[Server::Ssh]);
    let wrong = [
        ("in/tcp/22", Truth::Refused),
        ("in/tcp/22", Truth::Timeout),
        ("in/tcp/22", Truth::Silent),
        ("in/tcp/22", Truth::Closes),
        ("in/tcp/22", Truth::Rejected(3, 3, PUBLIC)),
        ("in/tcp/22", SMTP),
        ("in/tcp/80", Truth::Open),
        ("in/tcp/80", Truth::Timeout),
        ("in/tcp/2222", Truth::Refused),
        ("in/tcp/443", HTTPS),
        ("in/icmp", Truth::NoEcho),
        ("out/tcp/25", Truth::Timeout),
    ];
    for (flow, truth) in wrong {
        let problem = problem(&lab, flow, PUBLIC, truth);
        assert!(problem.is_some(), "{flow} passes as {truth:?}");
    }
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
        (Truth::NoLocalPort, Heard::Error(error)) => error.kind() == ErrorKind::AddrNotAvailable,
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

fn certificate_problem(machine: &Machine, host: &str, truth: Truth) -> Option<String> {
    let port = if host.contains(':') {
        format!("[{host}]:443")
    } else {
        format!("{host}:443")
    };
    let mut words = vec!["openssl", "s_client", "-brief", "-connect", &port];
    words.extend(["-CAfile", "/run/lab/ca.pem", "-servername", host]);
    let is_address = host.parse::<IpAddr>().is_ok();
    let verify = if is_address {
        "-verify_ip"
    } else {
        "-verify_hostname"
    };
    words.extend([verify, host]);
    let output = machine.output(&words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let verdict = if let Truth::Certificate(verdict) = truth {
        verdict
    } else {
        "alert"
    };
    let fits = said.contains(verdict);
    (!fits).then_some(said)
}

fn resolution_problem(machine: &Machine, name: &str, truth: Truth) -> Option<String> {
    let replies = [1, 28].map(|kind| machine.within(|| measure::ask(name, kind)));
    let Truth::Resolves(code, expected) = truth else {
        let answered = replies.iter().any(Option::is_some);
        return answered.then(|| format!("{replies:?}"));
    };
    let mut addresses = Vec::new();
    for reply in replies {
        match reply {
            Some(reply) if reply.code == code => addresses.extend(reply.addresses),
            other => return Some(format!("{other:?}")),
        }
    }
    let found: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    (found != expected).then(|| format!("{found:?}"))
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
pub(crate) const CONNECTION_REQUEST: [u8; 19] =
    [3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 1, 0, 0, 0];
