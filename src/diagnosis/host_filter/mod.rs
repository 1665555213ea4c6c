//! The host's own packet filter: its listings read once a run, and asked about every flow.
//!
//! What could not be read may still act on packets. So a rule that stops a flow, or a set of rules that
//! lets it pass, is a certain answer only where every listing was read whole and nothing else is known
//! to handle packets beside the rules.

mod change;
mod packets;
mod stand;
mod words;

pub(super) use change::{Change, Spot, exception, names_only, without_member, without_rule};
pub(super) use packets::{arriving_by_loopback, first_packets, reply};
pub(super) use stand::{Stand, Stop, ban, rule_of, stand};
pub(super) use words::{clause, conditions, sent_by};

use crate::evidence::Run;
use crate::inside::{Datum, ProgramKind, Snapshot, can_interfere, can_rewrite};
use ipnet::IpNet;
use rulesets::Family;
use rulesets::host::{Base, HostFacts, HostRules, NamedText, Passage, TableFamily};
use rulesets::program::{Step, Verdict};
use std::collections::BTreeMap;

/// The rules of one host, with what is known of it beside them.
#[derive(Clone, Debug)]
pub struct HostFilter<'a> {
    /// The rules that were read.
    pub(super) rules: HostRules,
    /// Whether any line could stop or bend a packet, or was not understood.
    pub(super) interfering: bool,
    snapshot: &'a Snapshot,
    unread: Vec<Unread>,
}

/// One flow's way through the filter, and the way of its replies.
#[derive(Clone, Debug)]
pub struct HostVerdict<'a> {
    /// The filter asked.
    pub(super) filter: &'a HostFilter<'a>,
    /// The way of the first packet.
    pub(super) first: Passage,
    /// The way of the reply.
    pub(super) reply: Passage,
}

/// Something that may act on packets and is not in the rules that were read.
#[derive(Clone, Debug)]
struct Unread {
    /// The only family it concerns; `None` for both.
    family: Option<Family>,
    words: String,
}

impl<'a> HostFilter<'a> {
    /// The filter of the instance that a run took a snapshot of; `None` where no listing was read.
    pub(super) fn of(run: &'a Run) -> Option<Self> {
        let snapshot = run.evidence.inside.as_ref()?;
        let texts: Vec<_> = snapshot
            .firewall
            .iter()
            .filter(|(tool, _)| *tool != BRIDGES)
            .filter_map(|(tool, listing)| {
                let text = listing.value()?.text.as_str();
                Some(NamedText { name: tool, text })
            })
            .collect();
        if texts.is_empty() {
            return None;
        }
        let mut unread = unread(snapshot);
        let rules = HostRules::read(&texts).unwrap_or_else(|error| {
            let words = format!("its listings could not be read: {error}");
            unread.push(Unread {
                family: None,
                words,
            });
            HostRules::default()
        });
        unread.extend(rules.gaps.iter().map(|gap| Unread {
            family: None,
            words: gap.clone(),
        }));
        unread.extend(bridged(snapshot, &rules));
        let interfering = texts
            .iter()
            .find_map(|listing| can_interfere(listing.text))
            .is_some()
            || any_opaque(&rules);
        Some(Self {
            rules,
            interfering,
            snapshot,
            unread,
        })
    }

    /// The same host with other rules.
    pub(super) fn with(&self, rules: HostRules) -> Self {
        Self {
            rules,
            ..self.clone()
        }
    }

    /// What may act on packets of this family and was not read, in words; empty where nothing is known
    /// to be missing.
    pub(super) fn unread(&self, family: Family) -> Vec<&str> {
        self.unread
            .iter()
            .filter(|unread| unread.family.is_none_or(|only| only == family))
            .map(|unread| unread.words.as_str())
            .collect()
    }

    /// Whether a rule, understood or not, may send packets for `port` elsewhere.
    pub(super) fn may_rewrite(&self, port: u16) -> bool {
        self.snapshot
            .firewall
            .values()
            .filter_map(Datum::value)
            .any(|listing| can_rewrite(&listing.text, port).is_some())
    }

    /// The listing of one tool, with the command that made it.
    fn listing(&self, tool: &str) -> Option<(&str, &str)> {
        match self.snapshot.firewall.get(tool)? {
            Datum::Read { source, value, .. } => Some((source, &value.text)),
            Datum::Skipped { .. } => None,
        }
    }

    /// The snapshot that the rules come from.
    pub(super) fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// What the host is beside its rules.
    pub(super) fn facts(&self, family: Family) -> HostFacts {
        let mut interfaces: BTreeMap<String, Vec<IpNet>> = BTreeMap::new();
        for held in self.snapshot.addresses.value().into_iter().flatten() {
            if let Ok(net) = IpNet::new(held.address, held.prefix) {
                interfaces
                    .entry(held.interface.clone())
                    .or_default()
                    .push(net);
            }
        }
        let setting = match family {
            Family::V4 => "net.ipv4.ip_forward",
            Family::V6 => "net.ipv6.conf.all.forwarding",
        };
        let settings = self.snapshot.sysctls.value();
        HostFacts {
            addresses: interfaces.values().flatten().copied().collect(),
            interfaces,
            forwarding: settings
                .and_then(|all| all.get(setting))
                .map(|value| value != "0"),
            reverse_path: None,
        }
    }
}

/// Whether a rule does something that was not understood.
fn any_opaque(rules: &HostRules) -> bool {
    rules
        .tables
        .iter()
        .flat_map(|table| &table.chains)
        .flat_map(|chain| &chain.chain.rules)
        .flat_map(|rule| &rule.steps)
        .any(|step| matches!(step, Step::Opaque { .. }))
}

/// Rules for frames that cross a bridge of the host, by either backend: what they do is not judged.
fn bridged(snapshot: &Snapshot, rules: &HostRules) -> Option<Unread> {
    let of_nft = rules.tables.iter().any(|table| {
        let mut chains = table.chains.iter();
        table.family == TableFamily::Bridge
            && !table.dormant
            && chains.any(|it| {
                let drops = |base: &Base| base.policy == Verdict::Drop;
                it.base.as_ref().is_some_and(drops) || !it.chain.rules.is_empty()
            })
    });
    let legacy = snapshot.firewall.get(BRIDGES).and_then(Datum::value);
    let of_legacy = legacy.is_some_and(|listing| {
        let mut lines = listing.text.lines().map(str::trim);
        lines.any(|line| line.starts_with("-A ") || line.ends_with(" DROP"))
    });
    (of_nft || of_legacy).then(|| Unread {
        family: None,
        words: "it has rules for bridges, which are not judged".to_owned(),
    })
}

/// The listing of what `ebtables` does without nftables.
const BRIDGES: &str = "ebtables-legacy";

/// A listing that was cut or not taken counts, unless another one shows the same rules.
fn unread(snapshot: &Snapshot) -> Vec<Unread> {
    let by_nft = snapshot.firewall.get("nft").is_some_and(|listing| {
        matches!(
            listing,
            Datum::Read {
                truncated: false,
                ..
            }
        )
    });
    let mut unread = Vec::new();
    for (tool, listing) in &snapshot.firewall {
        let words = match listing {
            Datum::Read {
                truncated: true, ..
            } => format!("the listing of {tool} is cut short"),
            Datum::Read { .. } => continue,
            // Rules that iptables puts into nftables are shown by `nft` too, a set that is not at hand
            // leaves open the very rules that use it, and few hosts have a bridge with rules.
            Datum::Skipped { .. }
                if by_nft && tool.ends_with("-nft") || tool == "ipset" || tool == BRIDGES =>
            {
                continue;
            }
            Datum::Skipped { reason, .. } => format!("{tool} was not listed: {reason}"),
        };
        let family = match tool.as_str() {
            "iptables-nft" | "iptables-legacy" => Some(Family::V4),
            "ip6tables-nft" | "ip6tables-legacy" => Some(Family::V6),
            _ => None,
        };
        unread.push(Unread { family, words });
    }
    let programs = snapshot.packet_programs.value().into_iter().flatten();
    unread.extend(programs.filter(|it| it.interface != "lo").map(|program| {
        let kind = match program.kind {
            ProgramKind::Xdp => "an XDP program",
            ProgramKind::TrafficControl => "a traffic control hook",
        };
        Unread {
            family: None,
            words: format!("{kind} sees packets on {}", program.interface),
        }
    }));
    unread
}
