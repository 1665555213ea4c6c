//! Reads the members of one rule (`SecurityGroupPolicy`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::parse::ParseError;
use crate::flow::{Direction, Family};
use crate::rule::{Action, Peer, PortRange, Ports, Rule, Service};
use crate::text::shown;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::{Map, Value};
use std::net::{IpAddr, Ipv4Addr};

/// What is wrong with a member of a document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// It has another JSON type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What belongs here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// It is not ACCEPT or DROP.
    #[error("`{0}` is not ACCEPT or DROP")]
    Action(String),
    /// There is no action.
    #[error("missing; expected ACCEPT or DROP")]
    NoAction,
    /// It is no protocol a rule can have.
    #[error("`{0}` is not TCP, UDP, ICMP, ICMPv6, GRE or ALL")]
    Protocol(String),
    /// There is neither a protocol nor a service template.
    #[error("missing, and there is no ServiceTemplate in its place")]
    NoProtocol,
    /// It is no set of ports.
    #[error("`{0}` is not a port, a range, a list or ALL")]
    Port(String),
    /// It is a range that ends before it begins.
    #[error("`{0}` runs backwards; write the lower port first")]
    ReversedPorts(String),
    /// It is above 65535.
    #[error("`{0}` is above 65535, the highest port")]
    PortTooHigh(String),
    /// The rule's protocol has no ports, or is all of them.
    #[error("`{port}` is given with protocol {protocol}; only TCP and UDP rules can name ports")]
    PortWithoutPorts {
        /// The ports.
        port: String,
        /// The protocol.
        protocol: String,
    },
    /// It is no address or block of the family its name says.
    #[error("`{text}` is not an {family} address or block")]
    Address {
        /// The text.
        text: String,
        /// The family.
        family: Family,
    },
    /// It is a word that the vendor's tools replace before they send it.
    #[error("MY_PUBLIC_IP stands for an address; write the address itself")]
    Placeholder,
    /// It is no id.
    #[error("`{0}` is not an id (letters, digits, `-` and `_`)")]
    Id(String),
    /// The rule names two things of which it can have one.
    #[error("names both {0} and {1}; a rule has one of them")]
    Both(&'static str, &'static str),
    /// It is not a whole number from 0.
    #[error("`{0}` is not a whole number from 0")]
    Index(String),
    /// Other rules of the list have an index and this one has none.
    #[error("missing, while other rules have one; their order cannot be told")]
    MissingIndex,
    /// Two rules of the list have the same index.
    #[error("{index} is taken by another rule; their order cannot be told")]
    RepeatedIndex {
        /// The index.
        index: u64,
    },
    /// The list is longer than any the vendor keeps.
    #[error("more than {limit} rules, which no security group has")]
    TooManyRules {
        /// The most that is read.
        limit: usize,
    },
}

pub(super) type Result<T> = std::result::Result<T, ParseError>;

/// The members of one JSON object, and its path.
pub(super) struct Fields<'a> {
    path: &'a str,
    members: &'a Map<String, Value>,
}

impl Problem {
    pub(super) fn at(self, path: &str) -> ParseError {
        ParseError::Field {
            path: path.to_owned(),
            problem: self,
        }
    }

    pub(super) fn wrong(expected: &'static str, value: &Value) -> Self {
        let found = kind(value);
        Self::WrongType { expected, found }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn new(path: &'a str, members: &'a Map<String, Value>) -> Self {
        Self { path, members }
    }

    /// The rule that these members make.
    pub(super) fn rule(&self, direction: Direction) -> Result<Rule> {
        let (action, action_text) = self.action()?;
        let (service, service_text) = self.service()?;
        let (peer, peer_text) = self.peer()?;
        let joint = direction.joint();
        let description = self.text("PolicyDescription")?.unwrap_or_default();
        Ok(Rule {
            action,
            service,
            peer,
            text: shown(
                &format!("{action_text} {service_text} {joint} {peer_text}"),
                200,
            ),
            description: shown(description, 200),
        })
    }

    /// The rule's place in its list.
    pub(super) fn index(&self) -> Result<Option<u64>> {
        match self.members.get("PolicyIndex") {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64() {
                Some(index) => Ok(Some(index)),
                None => Err(self.error("PolicyIndex", Problem::Index(quoted(&value.to_string())))),
            },
        }
    }

    /// A member that holds text or a whole number; `None` when absent, null or empty.
    pub(super) fn text_or_number(&self, name: &str) -> Result<Option<String>> {
        match self.members.get(name) {
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            _ => Ok(self.text(name)?.map(str::to_owned)),
        }
    }

    /// A member that holds text, trimmed; `None` when absent, null or empty.
    fn text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.error(name, Problem::wrong("text", other))),
        }
    }

    fn action(&self) -> Result<(Action, &'a str)> {
        let Some(text) = self.text("Action")? else {
            return Err(self.error("Action", Problem::NoAction));
        };
        let action = match text.to_ascii_uppercase().as_str() {
            "ACCEPT" => Action::Accept,
            "DROP" => Action::Drop,
            _ => return Err(self.error("Action", Problem::Action(quoted(text)))),
        };
        Ok((action, text))
    }

    fn service(&self) -> Result<(Service, String)> {
        let template = self.either("ServiceTemplate", "ServiceId", "ServiceGroupId")?;
        let protocol = self.text("Protocol")?;
        let port_text = self.text_or_number("Port")?;
        let ports = match &port_text {
            None => Ports::Any,
            Some(text) => ports(text).map_err(|problem| self.error("Port", problem))?,
        };
        let word = protocol.map(str::to_ascii_uppercase);
        let service = match (word.as_deref(), template) {
            (None | Some("ALL"), Some(id)) if ports == Ports::Any => {
                return Ok((Service::Template(id.clone()), id));
            }
            (_, Some(_)) => return Err(self.both("ServiceTemplate", "Protocol")),
            (None, None) => return Err(self.error("Protocol", Problem::NoProtocol)),
            (Some("TCP"), None) => Service::Tcp(ports),
            (Some("UDP"), None) => Service::Udp(ports),
            (Some(word @ ("ICMP" | "ICMPV6" | "GRE" | "ALL")), None) => {
                if let (Some(port), Ports::Ranges(_)) = (&port_text, &ports) {
                    let (port, protocol) = (quoted(port), word.to_owned());
                    let problem = Problem::PortWithoutPorts { port, protocol };
                    return Err(self.error("Port", problem));
                }
                match word {
                    "ICMP" => Service::Icmp,
                    "ICMPV6" => Service::Icmpv6,
                    "GRE" => Service::Gre,
                    _ => Service::All,
                }
            }
            (Some(word), None) => {
                return Err(self.error("Protocol", Problem::Protocol(quoted(word))));
            }
        };
        let mut text = protocol.unwrap_or_default().to_owned();
        if let Service::Tcp(_) | Service::Udp(_) = service {
            text.push(' ');
            text.push_str(&shown(port_text.as_deref().unwrap_or("ALL"), 100));
        }
        Ok((service, text))
    }

    /// The one far end that is named.
    fn peer(&self) -> Result<(Peer, String)> {
        let mut named: Vec<(&'static str, Peer, String)> = Vec::new();
        for (name, family) in [("CidrBlock", Family::V4), ("Ipv6CidrBlock", Family::V6)] {
            if let Some(text) = self.text(name)? {
                let peer = block(text, family).map_err(|problem| self.error(name, problem))?;
                named.push((name, peer, text.to_owned()));
            }
        }
        if let Some(text) = self.text("SecurityGroupId")? {
            let id = id(text).map_err(|problem| self.error("SecurityGroupId", problem))?;
            named.push(("SecurityGroupId", Peer::Group(id.clone()), id));
        }
        if let Some(id) = self.either("AddressTemplate", "AddressId", "AddressGroupId")? {
            named.push(("AddressTemplate", Peer::Template(id.clone()), id));
        }
        if let [(first, ..), (second, ..), ..] = named[..] {
            return Err(self.both(first, second));
        }
        let none = (Peer::Unnamed, "nothing named".to_owned());
        Ok(named.pop().map_or(none, |(_, peer, text)| (peer, text)))
    }

    /// The id in a template reference, which has a member for one template and one for a group.
    fn either(
        &self,
        name: &'static str,
        one: &'static str,
        group: &'static str,
    ) -> Result<Option<String>> {
        let members = match self.members.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(members)) => members,
            Some(other) => return Err(self.error(name, Problem::wrong("an object", other))),
        };
        let path = format!("{}.{name}", self.path);
        let fields = Fields::new(&path, members);
        let (name, text) = match (fields.text(one)?, fields.text(group)?) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(fields.both(one, group)),
            (Some(text), None) => (one, text),
            (None, Some(text)) => (group, text),
        };
        match id(text) {
            Ok(id) => Ok(Some(id)),
            Err(problem) => Err(fields.error(name, problem)),
        }
    }

    fn both(&self, first: &'static str, second: &'static str) -> ParseError {
        Problem::Both(first, second).at(self.path)
    }

    fn error(&self, name: &str, problem: Problem) -> ParseError {
        problem.at(&format!("{}.{name}", self.path))
    }
}

/// The kind of a JSON value, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Ports: `22`, `8000-8010`, `22,80`, any mix of them, or ALL. Sorted, with overlaps merged.
fn ports(text: &str) -> std::result::Result<Ports, Problem> {
    if text.eq_ignore_ascii_case("ALL") {
        return Ok(Ports::Any);
    }
    let mut ranges = Vec::new();
    for item in text.split(',').map(str::trim) {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        let (first, last) = (port(first, item)?, port(last, item)?);
        if first > last {
            return Err(Problem::ReversedPorts(quoted(item)));
        }
        ranges.push(PortRange { first, last });
    }
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joined = next.first <= kept.last.saturating_add(1);
        if joined {
            kept.last = kept.last.max(next.last);
        }
        joined
    });
    Ok(Ports::Ranges(ranges))
}

fn port(text: &str, item: &str) -> std::result::Result<u16, Problem> {
    let digits = text.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Port(quoted(item)));
    }
    digits
        .parse()
        .map_err(|_| Problem::PortTooHigh(quoted(item)))
}

/// An address or block. The vendor reads any block that begins at 0.0.0.0 as 0.0.0.0/0, and keeps
/// blocks with host bits set.
fn block(text: &str, family: Family) -> std::result::Result<Peer, Problem> {
    if text.eq_ignore_ascii_case("ALL") {
        return Ok(Peer::All);
    }
    if text.eq_ignore_ascii_case("MY_PUBLIC_IP") {
        return Err(Problem::Placeholder);
    }
    let net = match text.split_once('/') {
        None => text.parse().ok().map(|address: IpAddr| address.into()),
        Some((address, prefix)) => net(address, prefix),
    };
    match net.filter(|net| Family::from(net.addr()) == family) {
        Some(IpNet::V4(net)) if net.addr() == Ipv4Addr::UNSPECIFIED => {
            Ok(Peer::Net(Ipv4Net::default().into()))
        }
        Some(net) => Ok(Peer::Net(net.trunc())),
        None => Err(Problem::Address {
            text: quoted(text),
            family,
        }),
    }
}

fn net(address: &str, prefix: &str) -> Option<IpNet> {
    if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let prefix = prefix.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(v4) => Ipv4Net::new(v4, prefix).ok().map(IpNet::V4),
        IpAddr::V6(v6) => Ipv6Net::new(v6, prefix).ok().map(IpNet::V6),
    }
}

fn id(text: &str) -> std::result::Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.len() <= 64 && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(Problem::Id(quoted(text)))
    }
}

/// Input as an error quotes it.
fn quoted(text: &str) -> String {
    shown(text, 50)
}
