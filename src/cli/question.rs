//! The packet a person asks about, from flags or from a row of a table.

use clap::Args;
use rulesets::{Direction, Family, Packet, Path, State};
use std::fmt;
use std::net::IpAddr;

/// The packet, as it was written; what is left out is not known.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Question {
    /// Which way the flow goes, seen from the instance: in, out, or forward through it
    #[arg(long, value_name = "WAY", default_value = "in")]
    pub(super) direction: String,
    /// The protocol: tcp, udp, icmp, icmpv6, gre, sctp, esp, ah, or a number from 0 to 255
    #[arg(
        long,
        required_unless_present = "flows",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) protocol: String,
    /// Where the flow comes from
    #[arg(long, value_name = "IP", default_value = "", hide_default_value = true)]
    pub(super) source: String,
    /// Where the flow goes, as the rules see it: behind address translation the private address
    #[arg(long, value_name = "IP", default_value = "", hide_default_value = true)]
    pub(super) destination: String,
    /// The destination port
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    pub(super) port: String,
    /// The source port
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    pub(super) source_port: String,
    /// What connection tracking makes of it: new, established, related, invalid or untracked
    #[arg(long, value_name = "STATE", default_value = "new")]
    pub(super) state: String,
    /// The interface it arrives on, or leaves by
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) interface: String,
    /// The type of an ICMP message, such as 8 for an echo request (128 over IPv6)
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    pub(super) icmp_type: String,
    /// The code of an ICMP message
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    pub(super) icmp_code: String,
}

/// A field that cannot be read as what it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fault {
    /// The column's name, or those of several that do not go together; the flag's, with dashes.
    pub(super) fields: &'static [&'static str],
    /// What is wrong, and what would be right.
    pub(super) problem: String,
}

/// The columns of a table of flows.
pub(super) const COLUMNS: [&str; 10] = [
    "direction",
    "protocol",
    "source",
    "destination",
    "port",
    "source_port",
    "state",
    "interface",
    "icmp_type",
    "icmp_code",
];

impl Question {
    /// The field of a column; `None` when there is no such column.
    pub(super) fn field(&mut self, column: &str) -> Option<&mut String> {
        Some(match column {
            "direction" => &mut self.direction,
            "protocol" => &mut self.protocol,
            "source" => &mut self.source,
            "destination" => &mut self.destination,
            "port" => &mut self.port,
            "source_port" => &mut self.source_port,
            "state" => &mut self.state,
            "interface" => &mut self.interface,
            "icmp_type" => &mut self.icmp_type,
            "icmp_code" => &mut self.icmp_code,
            _ => return None,
        })
    }

    /// The packet it describes.
    pub(super) fn packet(&self) -> Result<Packet, Fault> {
        let protocol = protocol(&self.protocol)?;
        let source = address(&["source"], &self.source)?;
        let destination = address(&["destination"], &self.destination)?;
        let state = state(&self.state)?;
        let mut packet = Packet::new(
            Direction::Inbound,
            family(protocol, source, destination)?,
            protocol,
        );
        packet.source = source;
        packet.destination = destination;
        packet.destination_port = port(&["port"], &self.port, protocol)?;
        packet.source_port = port(&["source_port"], &self.source_port, protocol)?;
        packet.icmp_type = message(&["icmp_type"], &self.icmp_type, protocol)?;
        packet.icmp_code = message(&["icmp_code"], &self.icmp_code, protocol)?;
        packet.path = path(&self.direction, &self.interface)?;
        if protocol == TCP && state != State::New {
            packet.tcp_flags = (state == State::Established).then_some(ACK);
        }
        packet.state = state;
        Ok(packet)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(str::to_owned))
    }
}

impl Fault {
    /// The same fault in the words of the command line.
    pub(super) fn of_flag(&self) -> anyhow::Error {
        anyhow::anyhow!(self.words(|field| format!("--{}", field.replace('_', "-"))))
    }

    fn words(&self, name: impl Fn(&str) -> String) -> String {
        let names: Vec<_> = self.fields.iter().map(|field| name(field)).collect();
        match names.as_slice() {
            [first @ .., last] if !first.is_empty() => {
                format!("{} and {last} {}", first.join(", "), self.problem)
            }
            names => format!("{}: {}", names.concat(), self.problem),
        }
    }
}

fn fault(field: &'static [&'static str], value: &str, expected: &str) -> Fault {
    Fault {
        fields: field,
        problem: format!(
            "`{}` is not {expected}",
            probes::escape(value.as_bytes(), SHOWN)
        ),
    }
}

fn protocol(text: &str) -> Result<u8, Fault> {
    let lower = text.to_ascii_lowercase();
    let named = PROTOCOLS.iter().find(|(name, _)| *name == lower);
    if let Some((_, number)) = named {
        return Ok(*number);
    }
    lower.parse().map_err(|_| {
        let names: Vec<_> = PROTOCOLS.iter().map(|(name, _)| *name).collect();
        let expected = format!("{}, or a number from 0 to 255", names.join(", "));
        fault(&["protocol"], text, &expected)
    })
}

fn address(field: &'static [&'static str], text: &str) -> Result<Option<IpAddr>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text.parse().map(Some);
    parsed.map_err(|_| fault(field, text, "an IP address, such as 192.0.2.7"))
}

fn state(text: &str) -> Result<State, Fault> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "" | "new" => State::New,
        "established" => State::Established,
        "related" => State::Related,
        "invalid" => State::Invalid,
        "untracked" => State::Untracked,
        _ => {
            let expected = "new, established, related, invalid or untracked";
            return Err(fault(&["state"], text, expected));
        }
    })
}

/// The family that the addresses, and the protocol where it has only one, agree on; IPv4 when nothing
/// says otherwise.
fn family(
    protocol: u8,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
) -> Result<Family, Fault> {
    let only = match protocol {
        ICMP => Some(Family::V4),
        ICMPV6 => Some(Family::V6),
        _ => None,
    };
    let given: Vec<_> = [source, destination]
        .into_iter()
        .flatten()
        .map(Family::from)
        .chain(only)
        .collect();
    let first = given.first().copied().unwrap_or(Family::V4);
    if given.iter().all(|family| *family == first) {
        return Ok(first);
    }
    Err(Fault {
        fields: &["source", "destination", "protocol"],
        problem: "are of different address families".to_owned(),
    })
}

fn port(field: &'static [&'static str], text: &str, protocol: u8) -> Result<Option<u16>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    if !WITH_PORTS.contains(&protocol) {
        return Err(Fault {
            fields: field,
            problem: format!("{} flows have none", name(protocol)),
        });
    }
    let parsed = text.parse().ok().filter(|port| *port > 0);
    let expected = "a port, a number from 1 to 65535";
    parsed.map(Some).ok_or_else(|| fault(field, text, expected))
}

fn message(field: &'static [&'static str], text: &str, protocol: u8) -> Result<Option<u8>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    if protocol != ICMP && protocol != ICMPV6 {
        return Err(Fault {
            fields: field,
            problem: format!("{} flows have none", name(protocol)),
        });
    }
    let parsed = text.parse().map(Some);
    parsed.map_err(|_| fault(field, text, "a number from 0 to 255"))
}

fn path(direction: &str, interface: &str) -> Result<Path, Fault> {
    let interface = (!interface.is_empty()).then(|| interface.to_owned());
    Ok(match direction.to_ascii_lowercase().as_str() {
        "" | "in" | "inbound" => Path::Input { interface },
        "out" | "outbound" => Path::Output { interface },
        "forward" => Path::Forward {
            input: interface,
            output: None,
        },
        _ => return Err(fault(&["direction"], direction, "in, out or forward")),
    })
}

/// The protocol as people write it.
pub(super) fn name(protocol: u8) -> String {
    let named = PROTOCOLS.iter().find(|(_, number)| *number == protocol);
    named.map_or_else(
        || format!("protocol {protocol}"),
        |(name, _)| (*name).to_owned(),
    )
}

/// Whether flows of this protocol have ports.
pub(super) fn has_ports(protocol: u8) -> bool {
    WITH_PORTS.contains(&protocol)
}

const TCP: u8 = 6;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
const ACK: u8 = 16;
/// Protocols by the names of the IANA registry, as far as filters commonly name them.
const PROTOCOLS: [(&str, u8); 10] = [
    ("tcp", TCP),
    ("udp", 17),
    ("icmp", ICMP),
    ("icmpv6", ICMPV6),
    ("gre", 47),
    ("sctp", 132),
    ("esp", 50),
    ("ah", 51),
    ("udplite", 136),
    ("dccp", 33),
];
/// TCP, UDP, DCCP, SCTP and UDP-Lite.
const WITH_PORTS: [u8; 5] = [TCP, 17, 33, 132, 136];
/// How much of a bad value an error repeats.
const SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[(&str, &str)]) -> Result<Packet, String> {
        let mut question = Question::default();
        for (column, value) in fields {
            (*value).clone_into(question.field(column).unwrap());
        }
        question.packet().map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_row_with_nothing_but_a_protocol_leaves_the_rest_open() {
        let packet = asked(&[("protocol", "UDP")]).unwrap();
        assert_eq!(packet.protocol, 17);
        assert_eq!((packet.source, packet.destination_port), (None, None));
        assert_eq!(packet.direction(), Direction::Inbound);
        assert_eq!(packet.family, Family::V4);
    }

    #[test]
    fn a_connection_begins_with_a_syn_and_goes_on_with_acks() {
        assert_eq!(asked(&[("protocol", "tcp")]).unwrap().tcp_flags, Some(2));
        let established = asked(&[("protocol", "6"), ("state", "ESTABLISHED")]).unwrap();
        assert_eq!(established.tcp_flags, Some(16));
        let invalid = asked(&[("protocol", "6"), ("state", "invalid")]).unwrap();
        assert_eq!(invalid.tcp_flags, None);
    }

    #[test]
    fn the_family_follows_what_is_given() {
        let six = asked(&[("protocol", "tcp"), ("destination", "2001:db8::1")]).unwrap();
        assert_eq!(six.family, Family::V6);
        let ping = asked(&[("protocol", "icmpv6"), ("icmp_type", "128")]).unwrap();
        assert_eq!((ping.family, ping.icmp_type), (Family::V6, Some(128)));
    }

    #[test]
    fn every_column_is_a_field() {
        let mut question = Question::default();
        for column in COLUMNS {
            assert!(question.field(column).is_some(), "{column}");
        }
        assert_eq!(question.field("colour"), None);
    }

    #[test]
    fn a_bad_value_names_its_field_and_what_would_be_right() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[("protocol", "")], "protocol: `` is not tcp"),
            (&[("protocol", "256")], "or a number from 0 to 255"),
            (
                &[("protocol", "tcp"), ("port", "0")],
                "port: `0` is not a port, a number from 1 to 65535",
            ),
            (
                &[("protocol", "icmp"), ("port", "22")],
                "port: icmp flows have none",
            ),
            (
                &[("protocol", "tcp"), ("icmp_type", "8")],
                "icmp_type: tcp flows have none",
            ),
            (
                &[("protocol", "tcp"), ("source", "\x1b[31m")],
                "source: `\\x1b[31m` is not an IP address",
            ),
            (
                &[("protocol", "tcp"), ("direction", "up")],
                "direction: `up` is not in, out or forward",
            ),
            (
                &[("protocol", "tcp"), ("state", "NEW,ESTABLISHED")],
                "state: `NEW,ESTABLISHED` is not new, established",
            ),
            (
                &[("protocol", "icmp"), ("source", "::1")],
                "source, destination and protocol are of different address families",
            ),
        ];
        for (fields, expected) in cases {
            let message = asked(fields).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
