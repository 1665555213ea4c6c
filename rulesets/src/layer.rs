//! The rules of one layer of a cloud: the bound security groups, a network ACL, a list that is a
//! host's firewall in all but name.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Direction;
use crate::program::{Chain, NamedSet, Verdict};

/// The rules of one layer. In each direction the lists are read one after the other, and the first
/// rule that matches decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layer {
    /// Which layer of the path it is.
    pub kind: LayerKind,
    /// The provider whose semantics were applied, as in the provider data, such as `tencent`.
    pub provider: String,
    /// True when replies of an allowed flow pass without a rule of their own.
    pub stateful: bool,
    /// The lists for packets towards the instance, highest priority first.
    pub inbound: Vec<Chain>,
    /// The lists for packets away from it.
    pub outbound: Vec<Chain>,
    /// What happens to an inbound packet that no rule matches.
    pub inbound_fallback: Fallback,
    /// What happens to an outbound packet that no rule matches.
    pub outbound_fallback: Fallback,
    /// The sets, groups and templates the rules name, as far as they are at hand.
    pub sets: Vec<NamedSet>,
    /// What a reader should know of these rules and no verdict shows, one line each.
    pub remarks: Vec<String>,
}

/// Which layer of the path a rule list belongs to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LayerKind {
    /// Rules bound to a subnet.
    NetworkAcl,
    /// Rules bound to an instance or its interface.
    SecurityGroup,
    /// Rules on the instance.
    HostFirewall,
}

/// What happens when no rule matches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fallback {
    /// The set that a report names, such as `sg-1`.
    pub set: String,
    /// Accept, drop or reject.
    pub verdict: Verdict,
    /// How the provider calls it, such as `implicit reject`.
    pub text: String,
}

impl Layer {
    /// The lists of one direction.
    pub fn lists(&self, direction: Direction) -> &[Chain] {
        match direction {
            Direction::Inbound => &self.inbound,
            Direction::Outbound => &self.outbound,
        }
    }

    /// What happens when no rule of one direction matches.
    pub fn fallback(&self, direction: Direction) -> &Fallback {
        match direction {
            Direction::Inbound => &self.inbound_fallback,
            Direction::Outbound => &self.outbound_fallback,
        }
    }
}

impl LayerKind {
    /// The layer's name, as reports and the JSON document write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NetworkAcl => "network_acl",
            Self::SecurityGroup => "security_group",
            Self::HostFirewall => "host_firewall",
        }
    }
}
