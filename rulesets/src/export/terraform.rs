//! Rules as resources of the Terraform provider `tencentcloudstack/tencentcloud`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::hcl::quoted;
use super::{ExportError, each, expressible, refuse, template};
use crate::flow::Direction;
use crate::rule::{Peer, Ports, Rule, Service};
use crate::security_group::SecurityGroup;
use crate::text::shown;
use ipnet::IpNet;

/// A resource `tencentcloud_security_group_rule_set` of this name with all rules of a group, in order.
pub fn rule_set(group: &SecurityGroup, name: &str) -> Result<String, ExportError> {
    let mut lines = head("tencentcloud_security_group_rule_set", group, name)?;
    for place in each(group) {
        let (direction, _, rule) = place;
        expressible(rule).map_err(|reason| refuse(group, place, reason))?;
        if rule.service == Service::Gre {
            return Err(refuse(group, place, NO_GRE));
        }
        lines.push(String::new());
        lines.push(format!("  {} {{", list(direction)));
        let pairs = pairs(rule);
        let width = pairs.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        let line = |(key, value): &(&str, String)| format!("    {key:width$} = {}", quoted(value));
        lines.extend(pairs.iter().map(line));
        lines.push("  }".to_owned());
    }
    Ok(lines.join("\n") + "\n}\n")
}

/// A resource `tencentcloud_security_group_lite_rule` of this name with all rules of a group, in order.
/// Remarks on rules have no place in it and are left out.
pub fn short_rules(group: &SecurityGroup, name: &str) -> Result<String, ExportError> {
    let mut lines = head("tencentcloud_security_group_lite_rule", group, name)?;
    let mut open = None;
    for place in each(group) {
        let (direction, _, rule) = place;
        let short = short(rule).map_err(|reason| refuse(group, place, reason))?;
        if open != Some(direction) {
            lines.extend(open.map(|_| "  ]".to_owned()));
            lines.push(String::new());
            lines.push(format!("  {} = [", list(direction)));
            open = Some(direction);
        }
        lines.push(format!("    {},", quoted(&short)));
    }
    Ok(lines.join("\n") + "\n  ]\n}\n")
}

fn head(kind: &str, group: &SecurityGroup, name: &str) -> Result<Vec<String>, ExportError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let first = name.chars().next();
    let fit = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !fit || !name.chars().all(plain) || name.len() > 128 {
        return Err(ExportError::Name(shown(name, 60)));
    }
    if group.ingress.is_empty() && group.egress.is_empty() {
        return Err(ExportError::Nothing);
    }
    Ok(vec![
        format!("resource \"{kind}\" \"{name}\" {{"),
        format!("  security_group_id = {}", quoted(&group.id)),
    ])
}

fn list(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "ingress",
        Direction::Outbound => "egress",
    }
}

/// The attributes of a rule, in the provider's own order.
fn pairs(rule: &Rule) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("action", rule.action.to_string())];
    let (key, value) = far_end(&rule.peer);
    pairs.push((key, value));
    if let Some(id) = template(&rule.service) {
        let key = if id.starts_with("ppmg-") {
            "service_template_group"
        } else {
            "service_template_id"
        };
        pairs.push((key, id.to_owned()));
    } else {
        let (protocol, ports) = protocol(&rule.service);
        pairs.push(("protocol", protocol.to_owned()));
        if let Some(ports) = ports {
            pairs.push(("port", ports));
        }
    }
    if !rule.description.is_empty() {
        pairs.push(("description", rule.description.clone()));
    }
    pairs
}

fn far_end(peer: &Peer) -> (&'static str, String) {
    match peer {
        Peer::Net(IpNet::V4(net)) => ("cidr_block", net.to_string()),
        Peer::Net(IpNet::V6(net)) => ("ipv6_cidr_block", net.to_string()),
        Peer::Group(id) => ("source_security_id", id.clone()),
        Peer::Template(id) if id.starts_with("ipmg-") => ("address_template_group", id.clone()),
        Peer::Template(id) => ("address_template_id", id.clone()),
        Peer::Members(members) => far_end(&members.of),
        Peer::All | Peer::Unnamed => ("cidr_block", String::new()),
    }
}

/// The provider's word for a protocol, and the ports where it takes any.
fn protocol(service: &Service) -> (&'static str, Option<String>) {
    let said = |ports: &Ports| Some(ports.to_string());
    match service {
        Service::All | Service::Template(_) | Service::Members(_) => ("ALL", said(&Ports::Any)),
        Service::Tcp(ports) => ("TCP", said(ports)),
        Service::Udp(ports) => ("UDP", said(ports)),
        Service::Icmp => ("ICMP", None),
        Service::Icmpv6 => ("ICMPv6", None),
        Service::Gre => ("GRE", None),
    }
}

/// `ACTION#SOURCE#PORT#PROTOCOL`. Its documented protocols are TCP, UDP, ICMP, ALL and templates.
fn short(rule: &Rule) -> Result<String, &'static str> {
    expressible(rule)?;
    let (_, far) = far_end(&rule.peer);
    let known = match rule.peer.named() {
        Peer::Group(id) => id.starts_with("sg-"),
        Peer::Template(id) => id.starts_with("ipm-") || id.starts_with("ipmg-"),
        Peer::Net(_) | Peer::All | Peer::Unnamed | Peer::Members(_) => true,
    };
    let service = template(&rule.service);
    if !known || service.is_some_and(|id| !id.starts_with("ppm-") && !id.starts_with("ppmg-")) {
        return Err("the short form knows ids by their prefix alone; use the rule-set form");
    }
    let (word, ports) = match (template(&rule.service), &rule.service) {
        (Some(id), _) => (id, None),
        (None, Service::Icmpv6) => {
            return Err("the short form has no ICMPv6; use the rule-set form");
        }
        (None, Service::Gre) => return Err(NO_GRE),
        (None, service) => protocol(service),
    };
    let ports = ports.unwrap_or_else(|| "ALL".to_owned());
    Ok(format!("{}#{far}#{ports}#{word}", rule.action))
}

const NO_GRE: &str = "the provider has no word for GRE; use the commands form";
