//! Reads network ACLs: `DescribeNetworkAcls` with its entries of three fields, and
//! `DescribeNetworkAclQuintupleEntries` (vpc 2017-03-12).
//!
//! An ACL is stateless; its entries are read by priority, IPv4 and IPv6 apart, the first that matches
//! decides, and two fixed entries at the end refuse everything (vendor page 215/31850).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::acl_entry::{Shape, entries};
use super::field::Fields;
use super::problem::Result;
use crate::build::list_name;
use crate::document::NamedLayer;
use crate::flow::Direction;
use crate::layer::{Fallback, Layer, LayerKind};
use crate::program::{Chain, Rule, Step, Verdict};
use crate::text::{shell_word, shown};

/// A network ACL.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NetworkAcl {
    /// Its id.
    pub id: String,
    /// The name its owner gave it.
    pub name: String,
    /// The ids of the subnets it is bound to.
    pub subnets: Vec<String>,
    /// The inbound and the outbound entries; `None` when they have an answer of their own that is not
    /// at hand.
    pub entries: Option<[Vec<Rule>; 2]>,
}

/// The ACLs of `DescribeNetworkAcls`.
pub(super) fn acls(answer: &Fields<'_>) -> Result<Vec<NetworkAcl>> {
    let mut all = Vec::new();
    for (path, members) in answer.objects("NetworkAclSet")? {
        let acl = Fields::new(&path, members);
        let inbound = entries(&acl, "IngressEntries", Direction::Inbound, Shape::Triple)?;
        let outbound = entries(&acl, "EgressEntries", Direction::Outbound, Shape::Triple)?;
        let kind = acl.text("NetworkAclType")?.unwrap_or_default();
        let elsewhere =
            kind.eq_ignore_ascii_case("QUINTUPLE") && inbound.is_empty() && outbound.is_empty();
        let mut subnets = Vec::new();
        for (path, members) in acl.objects("SubnetSet")? {
            subnets.push(Fields::new(&path, members).needed("SubnetId")?.to_owned());
        }
        all.push(NetworkAcl {
            id: acl.needed("NetworkAclId")?.to_owned(),
            name: acl.remark("NetworkAclName")?,
            subnets,
            entries: (!elsewhere).then_some([inbound, outbound]),
        });
    }
    Ok(all)
}

/// The entries of `DescribeNetworkAclQuintupleEntries`, which does not hold the ACL's id.
pub(super) fn quintuple(answer: &Fields<'_>, id: &str) -> Result<NetworkAcl> {
    let name = "NetworkAclQuintupleSet";
    answer.whole(name)?;
    let list = |direction| entries(answer, name, direction, Shape::Quintuple);
    Ok(NetworkAcl {
        id: id.to_owned(),
        entries: Some([list(Direction::Inbound)?, list(Direction::Outbound)?]),
        ..NetworkAcl::default()
    })
}

impl NetworkAcl {
    /// Takes in what another document says of the same ACL.
    pub(super) fn extend(&mut self, other: Self) {
        if !other.name.is_empty() {
            self.name = other.name;
        }
        if !other.subnets.is_empty() {
            self.subnets = other.subnets;
        }
        if other.entries.is_some() {
            self.entries = other.entries;
        }
    }

    /// The ACL as a rule list.
    pub(super) fn list(&self) -> NamedLayer {
        let fallback = || Fallback {
            set: self.id.clone(),
            verdict: Verdict::Drop,
            text: "fixed last entry, refuses everything".to_owned(),
        };
        let layer = Layer {
            kind: LayerKind::NetworkAcl,
            provider: "tencent".to_owned(),
            stateful: false,
            inbound: vec![self.chain(Direction::Inbound)],
            outbound: vec![self.chain(Direction::Outbound)],
            inbound_fallback: fallback(),
            outbound_fallback: fallback(),
            sets: Vec::new(),
            remarks: vec![
                format!(
                    "`{}` does not filter traffic between instances of one subnet",
                    shown(&self.id, 60)
                ),
                format!(
                    "`{}` keeps no state: replies need an entry of their own",
                    shown(&self.id, 60)
                ),
            ],
        };
        NamedLayer {
            id: self.id.clone(),
            name: self.name.clone(),
            layer,
            is_default: false,
            attached: self.subnets.clone(),
            combines: false,
            targets: Vec::new(),
        }
    }

    fn chain(&self, direction: Direction) -> Chain {
        let rules = match (&self.entries, direction) {
            (Some([inbound, _]), Direction::Inbound) => inbound.clone(),
            (Some([_, outbound]), Direction::Outbound) => outbound.clone(),
            (None, _) => vec![self.missing()],
        };
        Chain {
            set: self.id.clone(),
            name: list_name(direction).to_owned(),
            rules,
        }
    }

    /// In place of entries that are not at hand.
    fn missing(&self) -> Rule {
        let text = format!(
            "the entries of `{}`: run `tccli vpc DescribeNetworkAclQuintupleEntries --NetworkAclId {}`",
            shown(&self.id, 60),
            shell_word(&shown(&self.id, 60)),
        );
        Rule {
            index: 0,
            handle: None,
            text: text.clone(),
            description: String::new(),
            steps: vec![Step::Opaque { text }],
        }
    }
}
