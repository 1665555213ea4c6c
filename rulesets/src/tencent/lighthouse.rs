//! Reads the firewall of a Lighthouse instance: `DescribeFirewallRules` (lighthouse 2020-03-24).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::field::Fields;
use super::problem::Result;
use crate::flow::{Direction, Family};
use crate::rule::{Peer, Rule, Service};
use crate::security_group::SecurityGroup;
use crate::text::shown;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The rules of an answer, which does not hold the instance's id. A rule that names no far end is for
/// every address (vendor page 1207/48252): of IPv6 for ICMPv6, else of IPv4.
pub(super) fn firewall(answer: &Fields<'_>, id: &str) -> Result<SecurityGroup> {
    answer.whole("FirewallRuleSet")?;
    let mut ingress = Vec::new();
    for (path, members) in answer.objects("FirewallRuleSet")? {
        let fields = Fields::new(&path, members);
        let mut rule = fields.rule(Direction::Inbound)?;
        if rule.peer == Peer::Unnamed {
            everybody(&mut rule);
        }
        rule.description = fields.remark("FirewallRuleDescription")?;
        if rule.description.is_empty() {
            rule.description = fields.remark("AppType")?;
        }
        ingress.push(rule);
    }
    Ok(SecurityGroup {
        id: id.to_owned(),
        version: answer.text_or_number("FirewallVersion")?,
        ingress,
        egress: Vec::new(),
    })
}

fn everybody(rule: &mut Rule) {
    let family = match rule.service {
        Service::Icmpv6 => Family::V6,
        Service::All
        | Service::Tcp(_)
        | Service::Udp(_)
        | Service::Icmp
        | Service::Gre
        | Service::Template(_)
        | Service::Members(_) => Family::V4,
    };
    let net = match family {
        Family::V4 => IpNet::V4(Ipv4Net::default()),
        Family::V6 => IpNet::V6(Ipv6Net::default()),
    };
    rule.text = shown(&rule.text.replace("nothing named", &net.to_string()), 200);
    rule.peer = Peer::Net(net);
}
