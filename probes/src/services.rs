//! The services that can be probed: one line each, read by the command line, the driver, the
//! documentation and the fuzz targets.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::conversations::{http, rdp, smtp, ssh, tcp, udp};
use crate::{Conversation, Probe};
use std::fmt;

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

/// One entry of a service list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceRequest {
    /// How reports name it: `ssh`, `ssh=2222` where `ssh` alone would be ambiguous, `tcp/8080`.
    pub label: String,
    /// The service's name.
    pub service: &'static str,
    /// The port; `None` where the service has none.
    pub port: Option<u16>,
}

/// Why a service list cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServiceError {
    /// Nothing is in it.
    #[error("the service list is empty: expected {Accepted}")]
    Empty,
    /// An entry is not understood.
    #[error("unknown service `{entry}`: expected {Accepted}")]
    Unknown {
        /// The entry.
        entry: String,
    },
    /// An entry's port is not a port.
    #[error("`{entry}` has no valid port: expected a number from 1 to 65535")]
    Port {
        /// The entry.
        entry: String,
    },
    /// A port was given to a service without ports.
    #[error("`{entry}` names a port, but {service} has none: write `{service}`")]
    Portless {
        /// The entry.
        entry: String,
        /// The service.
        service: &'static str,
    },
    /// A service without a default port was named alone.
    #[error("`{entry}` needs a port: write `{entry}/PORT`")]
    PortMissing {
        /// The entry.
        entry: String,
    },
    /// The same service and port come twice.
    #[error("`{entry}` is listed twice: name it once")]
    Duplicate {
        /// The second entry.
        entry: String,
    },
}

/// Finds a service by name.
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name)
}

/// Reads a list such as `ssh,https,ssh=2222,tcp/8080,udp/53,icmp`.
pub fn parse_service_list(list: &str) -> Result<Vec<ServiceRequest>, ServiceError> {
    if list.trim().is_empty() {
        return Err(ServiceError::Empty);
    }
    let mut parsed: Vec<(&'static Service, Option<u16>)> = Vec::new();
    for entry in list.split(',') {
        let request = parse_entry(entry.trim())?;
        let (service, port) = request;
        if parsed
            .iter()
            .any(|(other, other_port)| other.name == service.name && *other_port == port)
        {
            return Err(ServiceError::Duplicate {
                entry: shown(entry),
            });
        }
        parsed.push(request);
    }
    let request = |&(service, port): &(&'static Service, Option<u16>)| ServiceRequest {
        label: label(service, port, &parsed),
        service: service.name,
        port,
    };
    Ok(parsed.iter().map(request).collect())
}

fn parse_entry(entry: &str) -> Result<(&'static Service, Option<u16>), ServiceError> {
    let unknown = || ServiceError::Unknown {
        entry: shown(entry),
    };
    let (name, port) = match entry.split_once(['=', '/']) {
        Some((name, port)) => (name, Some(port)),
        None => (entry, None),
    };
    let service = service(name).ok_or_else(unknown)?;
    let has_slash = entry.contains('/');
    match (port, service.default_port, service.transport) {
        (None, port @ Some(_), _) => Ok((service, port)),
        (None, None, Transport::Echo) => Ok((service, None)),
        (None, None, Transport::Tcp | Transport::Udp) => Err(ServiceError::PortMissing {
            entry: shown(entry),
        }),
        (Some(_), _, Transport::Echo) => Err(ServiceError::Portless {
            entry: shown(entry),
            service: service.name,
        }),
        (Some(_), Some(_), Transport::Tcp | Transport::Udp) if has_slash => Err(unknown()),
        (Some(port), _, Transport::Tcp | Transport::Udp) => {
            let port = parse_port(port).ok_or_else(|| ServiceError::Port {
                entry: shown(entry),
            })?;
            Ok((service, Some(port)))
        }
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| *port != 0);
    port.filter(|_| digits)
}

fn label(service: &Service, port: Option<u16>, all: &[(&'static Service, Option<u16>)]) -> String {
    let Some(number) = port else {
        return service.name.to_owned();
    };
    if service.default_port.is_none() {
        return format!("{}/{number}", service.name);
    }
    let namesakes = all.iter().filter(|(other, _)| other.name == service.name);
    if namesakes.count() == 1 || port == service.default_port {
        service.name.to_owned()
    } else {
        format!("{}={number}", service.name)
    }
}

fn shown(entry: &str) -> String {
    crate::text::escape(entry.trim().as_bytes(), 60)
}

/// What a service list may hold, for messages.
struct Accepted;

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for service in SERVICES {
            if service.default_port.is_some() || service.transport == Transport::Echo {
                write!(f, "{}, ", service.name)?;
            }
        }
        f.write_str("NAME=PORT, tcp/PORT or udp/PORT")
    }
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

    fn labels(list: &str) -> Vec<(String, &'static str, Option<u16>)> {
        let requests = parse_service_list(list).unwrap().into_iter();
        requests
            .map(|request| (request.label, request.service, request.port))
            .collect()
    }

    #[test]
    fn entries_are_named_as_briefly_as_they_can_be() {
        let ssh = |label: &str, port| (label.to_owned(), "ssh", Some(port));
        assert_eq!(labels("ssh"), [ssh("ssh", 22)]);
        assert_eq!(labels("ssh=2222"), [ssh("ssh", 2222)]);
        assert_eq!(
            labels(" ssh , ssh=2222"),
            [ssh("ssh", 22), ssh("ssh=2222", 2222)]
        );
        assert_eq!(
            labels("tcp/8080,udp/53,tcp=81,icmp"),
            [
                ("tcp/8080".to_owned(), "tcp", Some(8080)),
                ("udp/53".to_owned(), "udp", Some(53)),
                ("tcp/81".to_owned(), "tcp", Some(81)),
                ("icmp".to_owned(), "icmp", None),
            ]
        );
        assert_eq!(labels("ssh,rdp,http,https,icmp,smtp").len(), 6);
    }

    #[test]
    fn errors_name_the_entry_and_the_remedy() {
        for (list, expected) in [
            (
                "",
                "the service list is empty: expected ssh, rdp, http, https, icmp, smtp, NAME=PORT, tcp/PORT or udp/PORT",
            ),
            (
                "ssh,,rdp",
                "unknown service ``: expected ssh, rdp, http, https, icmp, smtp, NAME=PORT, tcp/PORT or udp/PORT",
            ),
            (
                "gopher=70",
                "unknown service `gopher=70`: expected ssh, rdp, http, https, icmp, smtp, NAME=PORT, tcp/PORT or udp/PORT",
            ),
            (
                "ssh=0",
                "`ssh=0` has no valid port: expected a number from 1 to 65535",
            ),
            (
                "tcp/65536",
                "`tcp/65536` has no valid port: expected a number from 1 to 65535",
            ),
            (
                "tcp/+80",
                "`tcp/+80` has no valid port: expected a number from 1 to 65535",
            ),
            (
                "ssh=",
                "`ssh=` has no valid port: expected a number from 1 to 65535",
            ),
            (
                "icmp=5",
                "`icmp=5` names a port, but icmp has none: write `icmp`",
            ),
            ("tcp", "`tcp` needs a port: write `tcp/PORT`"),
            ("ssh,ssh=22", "`ssh=22` is listed twice: name it once"),
            ("tcp/80,tcp=80", "`tcp=80` is listed twice: name it once"),
        ] {
            let error = parse_service_list(list).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

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
