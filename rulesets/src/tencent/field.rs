//! Reads the members of one rule (`SecurityGroupPolicy`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::parse::ParseError;
use super::problem::{Problem, Result, quoted};
use super::values::{block, id, ports};
use crate::flow::{Direction, Family};
use crate::rule::{Action, Peer, Ports, Rule, Service};
use crate::text::shown;
use serde_json::{Map, Value};

/// The members of one JSON object, and its path.
pub(crate) struct Fields<'a> {
    pub(super) path: &'a str,
    pub(super) members: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(path: &'a str, members: &'a Map<String, Value>) -> Self {
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
    pub(crate) fn text_or_number(&self, name: &str) -> Result<Option<String>> {
        match self.members.get(name) {
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            _ => Ok(self.text(name)?.map(str::to_owned)),
        }
    }

    /// A member that holds text, trimmed; `None` when absent, null or empty.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.error(name, Problem::wrong("text", other))),
        }
    }

    pub(super) fn action(&self) -> Result<(Action, &'a str)> {
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
}
