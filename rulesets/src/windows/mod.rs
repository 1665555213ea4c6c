//! Windows Defender Firewall: its rules with their filters and its profiles, as [`COLLECTION`] prints them.
//!
//! Rules that block win over rules that allow, whatever their order; only an authenticated bypass
//! wins over a block; then the profile's default applies
//! (<https://learn.microsoft.com/windows/security/operating-system-security/network-security/windows-firewall/rules>).
//! Each profile makes a rule list of its own, since what a rule does depends on which is active. A
//! condition on the program, the service, the user or IP security stays open: no packet shows it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod address;
mod conditions;
mod filters;
mod port;
mod profile;
mod rule;
mod word;

use crate::document::{Document, Members};
use crate::json_document::{Fault, Node, ReadError, address_block, found};
use crate::text::shown;
use filters::Filters;
use ipnet::IpNet;
use serde_json::Value;

/// The command that prints the document read here. For `pwsh` or `powershell`, as an administrator; it
/// changes nothing. `ActiveStore` holds what is in force, group policies included.
pub const COLLECTION: &str = "\
$s = 'ActiveStore'; [pscustomobject]@{ \
Profiles = @(Get-NetFirewallProfile -PolicyStore $s | Select-Object Name, Enabled, DefaultInboundAction, DefaultOutboundAction, AllowInboundRules, AllowLocalFirewallRules); \
Connections = @(Get-NetConnectionProfile | Select-Object Name, InterfaceAlias, NetworkCategory); \
Addresses = @(Get-NetIPAddress | Select-Object IPAddress, PrefixLength, InterfaceAlias); \
Rules = @(Get-NetFirewallRule -PolicyStore $s | Select-Object InstanceID, Name, DisplayName, Description, Enabled, Profile, Direction, Action, EdgeTraversalPolicy, LocalOnlyMapping, Owner, PolicyStoreSourceType); \
PortFilters = @(Get-NetFirewallPortFilter -PolicyStore $s | Select-Object InstanceID, Protocol, LocalPort, RemotePort, IcmpType, DynamicTarget); \
AddressFilters = @(Get-NetFirewallAddressFilter -PolicyStore $s | Select-Object InstanceID, LocalAddress, RemoteAddress); \
ApplicationFilters = @(Get-NetFirewallApplicationFilter -PolicyStore $s | Select-Object InstanceID, Program, Package); \
ServiceFilters = @(Get-NetFirewallServiceFilter -PolicyStore $s | Select-Object InstanceID, Service); \
InterfaceFilters = @(Get-NetFirewallInterfaceFilter -PolicyStore $s | Select-Object InstanceID, InterfaceAlias); \
InterfaceTypeFilters = @(Get-NetFirewallInterfaceTypeFilter -PolicyStore $s | Select-Object InstanceID, InterfaceType); \
SecurityFilters = @(Get-NetFirewallSecurityFilter -PolicyStore $s | Select-Object InstanceID, Authentication, Encryption, OverrideBlockRules, LocalUser, RemoteUser, RemoteMachine) \
} | ConvertTo-Json -Depth 4 -Compress";

/// True when the document is one that [`read`] reads, or rules without what is needed beside them.
pub fn recognise(document: &Value) -> bool {
    let rules = document.get("Rules").unwrap_or(document);
    let first = rules
        .as_array()
        .and_then(|list| list.first())
        .unwrap_or(rules);
    let has = |name: &str| first.get(name).is_some();
    (has("InstanceID") && has("Direction") && has("Action"))
        || (document.get("Rules").is_some() && document.get("PortFilters").is_some())
}

/// Reads what [`COLLECTION`] prints: one list for each profile, with the interfaces on which it is
/// active. Enumerations may be numbers or names. Errors name the member at fault.
pub fn read(document: &Value) -> Result<Document, ReadError> {
    let root = Node::root(document);
    if document.get("Rules").is_none() {
        if recognise(document) {
            let fault = Fault::Absent {
                what: "rules without their filters and profiles say neither ports nor addresses",
                remedy: "collect all of them with the one command that the manual gives",
            };
            return Err(root.fault_at("PortFilters", fault));
        }
        return Err(ReadError::OtherDocument {
            found: found(document),
            expected: EXPECTED,
        });
    }
    let filters = Filters::read(&root)?;
    let mut rules = Vec::new();
    let nodes = filters::list(&root, "Rules")?;
    if nodes.len() > RULES {
        return Err(root.fault_at("Rules", Fault::TooMany(RULES)));
    }
    for (index, node) in nodes.into_iter().enumerate() {
        if let Some(rule) = rule::read(&node, index, &filters)? {
            rules.push(rule);
        }
    }
    let mut out = Document {
        lists: profile::read(&root, &rules)?,
        ..Document::default()
    };
    let mut members = Members::default();
    if root.member("Addresses")?.is_some() {
        members.add("LocalSubnet", &local_subnets(&root)?, false);
    }
    out.sets = members.into_sets();
    if out.lists.iter().all(|list| list.attached.is_empty()) {
        out.remarks.push(NOT_ACTIVE.to_owned());
    }
    Ok(out)
}

/// The subnets of the host's own addresses.
fn local_subnets(root: &Node<'_>) -> Result<Vec<IpNet>, ReadError> {
    let mut nets = Vec::new();
    for node in filters::list(root, "Addresses")? {
        let Some(address) = node.member("IPAddress")? else {
            continue;
        };
        // An address of link-local scope carries its interface behind `%`.
        let text = address.as_text()?;
        let bare = text.split('%').next().unwrap_or(text);
        let length = node.number("PrefixLength")?;
        let block = length.map_or_else(|| bare.to_owned(), |length| format!("{bare}/{length}"));
        let Some(net) = address_block(&block) else {
            return Err(address.bad(&shown(&block, 60), "an address with a prefix length"));
        };
        nets.push(net);
    }
    Ok(nets)
}

/// The most rules read; a server in a domain has some thousands.
const RULES: usize = 100_000;

const EXPECTED: &str = "the firewall's rules, filters and profiles as one JSON object";

const NOT_ACTIVE: &str = "which profile is active is not in this document (`Connections`): ask for the one \
                          that `Get-NetConnectionProfile` names";
