//! The services that can be probed: one line each, read by the command line, the driver, the
//! documentation and the fuzz targets.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::conversations::{http, rdp, smtp, ssh, tcp, udp};
use crate::{Conversation, Probe};

/// A service that can be probed.
pub struct Service {
    /// The name users give, such as `ssh`.
    pub name: &'static str,
    /// The port to ask where the user names none.
    pub default_port: Option<u16>,
    /// What carries it.
    pub transport: Transport,
    /// What the probe does, in one sentence.
    pub summary: &'static str,
    /// What the probe leaves behind on the target.
    pub intrusiveness: &'static str,
    /// Begins its conversation; `None` for ICMP echo, which the kernel answers.
    pub start: Option<StartConversation>,
}

/// Begins the conversation a probe asks for.
pub type StartConversation = fn(&Probe) -> Box<dyn Conversation>;

/// What carries a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// A TCP connection.
    Tcp,
    /// UDP datagrams.
    Udp,
    /// ICMP or ICMPv6 echo requests.
    Echo,
}

/// Finds a service by name.
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name)
}

/// Every service, in the order reports list them.
pub const SERVICES: &[Service] = &[
    Service {
        name: "ssh",
        default_port: Some(22),
        transport: Transport::Tcp,
        summary: "reads the SSH identification and the algorithms offered; no login",
        intrusiveness: "one line in the server's log; many in a row can trip bans or MaxStartups",
        start: Some(|_| Box::new(ssh::SshConversation::default())),
    },
    Service {
        name: "rdp",
        default_port: Some(3389),
        transport: Transport::Tcp,
        summary: "negotiates RDP security and reads the TLS certificate; no login",
        intrusiveness: "one or two connections, closed before login",
        start: Some(|_| Box::new(rdp::RdpConversation::default())),
    },
    Service {
        name: "http",
        default_port: Some(80),
        transport: Transport::Tcp,
        summary: "asks for the head of / and reads the status line",
        intrusiveness: "one or two lines in the access log",
        start: Some(|probe| Box::new(http::HttpConversation::plain(probe))),
    },
    Service {
        name: "https",
        default_port: Some(443),
        transport: Transport::Tcp,
        summary: "reads the TLS certificate, then the status line of /",
        intrusiveness: "one or two lines in the access log",
        start: Some(|probe| Box::new(http::HttpConversation::secure(probe))),
    },
    Service {
        name: "icmp",
        default_port: None,
        transport: Transport::Echo,
        summary: "sends three echo requests",
        intrusiveness: "three packets",
        start: None,
    },
    Service {
        name: "smtp",
        default_port: Some(25),
        transport: Transport::Tcp,
        summary: "reads the SMTP greeting and the extensions; offers no mail",
        intrusiveness: "one connection in the mail log",
        start: Some(|_| Box::new(smtp::SmtpConversation::default())),
    },
    Service {
        name: "tcp",
        default_port: None,
        transport: Transport::Tcp,
        summary: "opens a TCP connection and sends nothing",
        intrusiveness: "one connection, closed after 0.3 s",
        start: Some(|_| Box::new(tcp::TcpConversation)),
    },
    Service {
        name: "udp",
        default_port: None,
        transport: Transport::Udp,
        summary: "sends one datagram with a line feed; silence is ambiguous",
        intrusiveness: "one datagram",
        start: Some(|_| Box::new(udp::UdpConversation)),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_only_echo_has_no_conversation() {
        for (position, service) in SERVICES.iter().enumerate() {
            let first = SERVICES.iter().position(|other| other.name == service.name);
            assert_eq!(first, Some(position));
            assert_eq!(
                service.start.is_none(),
                service.transport == Transport::Echo
            );
        }
    }
}
