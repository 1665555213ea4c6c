//! The profiles, each with the rules that count while it is active
//! (<https://learn.microsoft.com/powershell/module/netsecurity/set-netfirewallprofile>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::conditions::undecided;
use super::filters::list;
use super::rule::{Action, PROFILES, Placed};
use super::word::word;
use crate::document::NamedLayer;
use crate::flow::Direction;
use crate::json_document::{Fault, Node, ReadError, quoted};
use crate::layer::{Fallback, Layer, LayerKind};
use crate::program::{Chain, Reason, Rule, Verdict};
use crate::text::shown;

/// One list for each profile of the document.
pub(super) fn read(root: &Node<'_>, rules: &[Placed]) -> Result<Vec<NamedLayer>, ReadError> {
    let nodes = list(root, "Profiles")?;
    if nodes.is_empty() {
        let expected = "the profiles of the firewall, which give its defaults";
        return Err(root.fault_at("Profiles", Fault::Missing(expected)));
    }
    let mut lists: Vec<NamedLayer> = Vec::new();
    for node in nodes {
        let named = profile(root, &node, rules)?;
        if lists.iter().any(|own| own.id == named.id) {
            return Err(node.fault_at("Name", Fault::Repeated(named.id)));
        }
        lists.push(named);
    }
    Ok(lists)
}

fn profile(root: &Node<'_>, node: &Node<'_>, rules: &[Placed]) -> Result<NamedLayer, ReadError> {
    let name = node.need("Name", "Domain, Private or Public")?;
    let Some((bit, name)) = PROFILES
        .iter()
        .find(|(bit, own)| *bit != 0 && name.eq_ignore_ascii_case(own))
    else {
        let (value, expected) = (quoted(name), "Domain, Private or Public");
        return Err(node.fault_at("Name", Fault::Value { value, expected }));
    };
    let on = word(node, "Enabled", SWITCH, "True (1) or False (0)")?.unwrap_or(true);
    let exceptions =
        word(node, "AllowInboundRules", SWITCH, "True (1) or False (0)")?.unwrap_or(true);
    let local = word(
        node,
        "AllowLocalFirewallRules",
        SWITCH,
        "True (1) or False (0)",
    )?
    .unwrap_or(true);
    let inbound_default = word(
        node,
        "DefaultInboundAction",
        DEFAULTS,
        "Allow (2) or Block (4)",
    )?;
    let outbound_default = word(
        node,
        "DefaultOutboundAction",
        DEFAULTS,
        "Allow (2) or Block (4)",
    )?;
    let own = Own {
        name,
        bit: *bit,
        on,
        local,
    };
    let inbound = own.chain(Direction::Inbound, rules, exceptions);
    let outbound = own.chain(Direction::Outbound, rules, true);
    Ok(NamedLayer {
        id: (*name).to_owned(),
        name: String::new(),
        layer: Layer {
            kind: LayerKind::HostFirewall,
            provider: "windows".to_owned(),
            stateful: true,
            inbound: vec![inbound],
            outbound: vec![outbound],
            inbound_fallback: own.fallback(inbound_default.flatten().unwrap_or(false)),
            outbound_fallback: own.fallback(outbound_default.flatten().unwrap_or(true)),
            sets: Vec::new(),
            remarks: remarks(on, exceptions),
        },
        is_default: false,
        attached: active_on(root, name)?,
        combines: false,
        targets: Vec::new(),
    })
}

/// What of a profile shapes its rules.
struct Own<'a> {
    name: &'a str,
    bit: i64,
    on: bool,
    local: bool,
}

impl Own<'_> {
    /// The profile's rules: those that bypass blocks, then those that block, then those that allow.
    fn chain(&self, direction: Direction, rules: &[Placed], exceptions: bool) -> Chain {
        let applies = |one: &&Placed| {
            self.on
                && one.direction == direction
                && (one.profiles == 0 || one.profiles & self.bit != 0)
                && (exceptions || one.action == Action::Block)
        };
        let mut own: Vec<&Placed> = rules.iter().filter(applies).collect();
        own.sort_by_key(|one| one.action);
        Chain {
            set: self.name.to_owned(),
            name: direction.to_string(),
            rules: own.into_iter().map(|one| self.rule(one)).collect(),
        }
    }

    /// A rule of the host's own counts only where the policy lets it.
    fn rule(&self, one: &Placed) -> Rule {
        let mut rule = one.rule.clone();
        if one.local && !self.local {
            let text =
                "the policy of the profile leaves rules of the host itself in force".to_owned();
            rule.steps.insert(0, undecided(Reason::Unsupported, text));
        }
        rule
    }

    fn fallback(&self, allows: bool) -> Fallback {
        let text = if self.on {
            let word = if allows { "allow" } else { "block" };
            format!("the {} profile's default is to {word}", self.name)
        } else {
            format!("the firewall is off in the {} profile", self.name)
        };
        let passes = allows || !self.on;
        let verdict = if passes {
            Verdict::Accept
        } else {
            Verdict::Drop
        };
        Fallback {
            set: self.name.to_owned(),
            verdict,
            text,
        }
    }
}

/// The interfaces on which the profile is active.
fn active_on(root: &Node<'_>, profile: &str) -> Result<Vec<String>, ReadError> {
    let mut interfaces = Vec::new();
    for node in list(root, "Connections")? {
        let category = word(
            &node,
            "NetworkCategory",
            CATEGORIES,
            "Public (0), Private (1) or DomainAuthenticated (2)",
        )?;
        if category == Some(profile) {
            interfaces.extend(node.text("InterfaceAlias")?.map(|name| shown(name, 80)));
        }
    }
    Ok(interfaces)
}

fn remarks(on: bool, exceptions: bool) -> Vec<String> {
    let mut remarks = vec![OTHERS.to_owned()];
    if on && !exceptions {
        remarks.push("the profile blocks all inbound connections, whatever rules allow".to_owned());
    }
    remarks
}

/// True, false, or what is not configured and so left at its default, true.
const SWITCH: &[(i64, &str, bool)] = &[
    (0, "False", false),
    (1, "True", true),
    (2, "NotConfigured", true),
];

/// The defaults of a profile; not configured leaves inbound at block and outbound at allow.
const DEFAULTS: &[(i64, &str, Option<bool>)] = &[
    (0, "NotConfigured", None),
    (2, "Allow", Some(true)),
    (4, "Block", Some(false)),
];

const CATEGORIES: &[(i64, &str, &str)] = &[
    (0, "Public", "Public"),
    (1, "Private", "Private"),
    (2, "DomainAuthenticated", "Domain"),
];

const OTHERS: &str = "other products' filters in the Windows Filtering Platform, service hardening and \
                      IPsec rules count before these rules and are not in this listing";
