//! Security groups: as the cloud's API prints them for the tool, and as nftables rules for the edge.
//!
//! The compiler here shares no code with the tool's evaluator, so that the kernel is a second opinion.

use serde_json::{Value, json};
use std::fmt::Write;

/// A security group, the first rule that matches decides.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    id: String,
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    accept: bool,
    protocol: &'static str,
    port: &'static str,
    peer: &'static str,
}

/// An allow: protocol, port or `ALL`, far addresses.
pub(crate) const fn allow(protocol: &'static str, port: &'static str, peer: &'static str) -> Rule {
    Rule {
        accept: true,
        protocol,
        port,
        peer,
    }
}

/// A deny: protocol, port or `ALL`, far addresses.
pub(crate) const fn deny(protocol: &'static str, port: &'static str, peer: &'static str) -> Rule {
    Rule {
        accept: false,
        protocol,
        port,
        peer,
    }
}

impl Group {
    /// A group with these inbound rules that lets everything out.
    pub(crate) fn inbound(id: &str, ingress: &[Rule]) -> Self {
        Self {
            id: id.to_owned(),
            ingress: ingress.to_vec(),
            egress: EVERYTHING.to_vec(),
        }
    }

    /// The same group with other outbound rules.
    pub(crate) fn with_outbound(mut self, egress: &[Rule]) -> Self {
        egress.clone_into(&mut self.egress);
        self
    }

    /// The same group with one rule more, where a command of the tool puts it: the policy set that
    /// the command carries, as JSON.
    pub(crate) fn with_command(mut self, policy_set: &Value) -> Self {
        for (list, rules) in [("Ingress", &mut self.ingress), ("Egress", &mut self.egress)] {
            for policy in policy_set[list].as_array().into_iter().flatten() {
                let member =
                    |name: &str| policy[name].as_str().map(|text| &*text.to_owned().leak());
                let position = usize::try_from(policy["PolicyIndex"].as_u64().unwrap()).unwrap();
                let protocol = member("Protocol").unwrap().to_lowercase().leak();
                let rule = Rule {
                    accept: policy["Action"] == "ACCEPT",
                    protocol: if protocol == "all" { "ALL" } else { protocol },
                    port: member("Port").unwrap_or("ALL"),
                    peer: member("CidrBlock")
                        .or_else(|| member("Ipv6CidrBlock"))
                        .unwrap(),
                };
                rules.insert(position, rule);
            }
        }
        self
    }

    /// The group's id, which names its file.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The group as `DescribeSecurityGroupPolicies` prints it.
    pub(crate) fn document(&self) -> Value {
        json!({
            "SecurityGroupPolicySet": {
                "Version": "7",
                "Egress": policies(&self.egress),
                "Ingress": policies(&self.ingress),
                "PolicyStatistics": null
            },
            "RequestId": "00000000-0000-4000-8000-000000000000"
        })
    }
}

/// The group that most machines have: the six services from everywhere, over both families.
pub(crate) fn web() -> Vec<Group> {
    vec![Group::inbound("sg-web", &WEB)]
}

/// Two nftables chains, `inbound` and `outbound`, that do what the groups say: rules of all groups in
/// order, the first match decides.
pub(crate) fn compile(groups: &[Group]) -> String {
    let mut text = String::new();
    for (chain, side) in [("inbound", "saddr"), ("outbound", "daddr")] {
        writeln!(text, "chain {chain} {{").unwrap();
        for group in groups {
            let rules = if chain == "inbound" {
                &group.ingress
            } else {
                &group.egress
            };
            for rule in rules {
                writeln!(text, "{}", rule.compiled(side)).unwrap();
            }
        }
        writeln!(text, "drop\n}}").unwrap();
    }
    text
}

impl Rule {
    fn compiled(&self, side: &str) -> String {
        let family = if self.peer.contains(':') { "ip6" } else { "ip" };
        let transport = match self.protocol {
            "ALL" => String::new(),
            "icmpv6" => "meta l4proto ipv6-icmp".to_owned(),
            protocol => format!("meta l4proto {protocol}"),
        };
        let port = if self.port == "ALL" {
            String::new()
        } else {
            format!("{} dport {{ {} }}", self.protocol, self.port)
        };
        let verdict = if self.accept { "accept" } else { "drop" };
        let nfproto = if family == "ip" { "ipv4" } else { "ipv6" };
        let peer = if self.peer.ends_with("/0") {
            String::new()
        } else {
            format!("{family} {side} {}", self.peer)
        };
        format!("meta nfproto {nfproto} {peer} {transport} {port} {verdict}")
    }
}

fn policies(rules: &[Rule]) -> Vec<Value> {
    let policy = |(index, rule): (usize, &Rule)| {
        let v6 = rule.peer.contains(':');
        json!({
            "PolicyIndex": index,
            "Protocol": rule.protocol,
            "Port": rule.port,
            "ServiceTemplate": { "ServiceId": "", "ServiceGroupId": "" },
            "CidrBlock": if v6 { "" } else { rule.peer },
            "Ipv6CidrBlock": if v6 { rule.peer } else { "" },
            "SecurityGroupId": "",
            "AddressTemplate": { "AddressId": "", "AddressGroupId": "" },
            "Action": if rule.accept { "ACCEPT" } else { "DROP" },
            "PolicyDescription": "",
            "ModifyTime": "2026-03-01 12:00:00"
        })
    };
    rules.iter().enumerate().map(policy).collect()
}

/// Everything, over both families.
pub(crate) const EVERYTHING: [Rule; 2] = [
    allow("ALL", "ALL", "0.0.0.0/0"),
    allow("ALL", "ALL", "::/0"),
];

/// The inbound rules of [`web`].
pub(crate) const WEB: [Rule; 4] = [
    allow("tcp", "22,25,80,443,3389", "0.0.0.0/0"),
    allow("tcp", "22,25,80,443,3389", "::/0"),
    allow("icmp", "ALL", "0.0.0.0/0"),
    allow("icmpv6", "ALL", "::/0"),
];
