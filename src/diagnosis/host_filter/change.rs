//! Changes of one rule, or one member of a set, where it stands: in the model, so that their effect can
//! be judged, and as the commands that make them.

use super::{HostFilter, Stop};
use rulesets::export::{TableWords, add_accept_to_chain, is_plain};
use rulesets::host::{Backend, HostRules, Spot as Place, Table};
use rulesets::program::{Element, Key, NamedSet, Part, Rule, Step, Test, Values};
use rulesets::{Decider, Direction, Packet, State};
use std::net::IpAddr;

/// A change, with its command and the one that undoes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::diagnosis) struct Change {
    /// The rules after it.
    pub(in crate::diagnosis) rules: HostRules,
    /// What it does, in words that follow "to".
    pub(in crate::diagnosis) words: String,
    /// The command.
    pub(in crate::diagnosis) command: String,
    /// The command that undoes it.
    pub(in crate::diagnosis) undo: String,
}

/// Where an exception is put.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::diagnosis) enum Spot {
    /// Just before what decides.
    Before,
    /// At the top of the base chain.
    Top,
}

/// An accept for this packet at the rule, or the policy, that stops it; `None` where the rule cannot be
/// named in a command.
pub(in crate::diagnosis) fn exception(
    filter: &HostFilter<'_>,
    stop: Stop<'_>,
    packet: &Packet,
    spot: Spot,
) -> Option<Change> {
    let decider = &stop.outcome.decider;
    let stage = stop.stage?;
    let chain = match spot {
        Spot::Before => decider.chain.as_ref()?,
        Spot::Top => &stage.chain,
    };
    let (backend, set) = (stage.backend, decider.set.as_str());
    let mut at = Place {
        backend,
        set,
        chain,
        index: 0,
    };
    at.index = match (spot, decider.index) {
        (Spot::Top, _) => 0,
        (Spot::Before, Some(index)) => index,
        (Spot::Before, None) => filter.rules.chain(&at)?.chain.rules.len(),
    };
    let wanted = wanted(packet)?;
    let program = program(filter, backend, set, chain);
    let made = add_accept_to_chain(&filter.rules, &wanted, &at, program.as_deref())?;
    let place = match (spot, decider.index) {
        (Spot::Top, _) => format!("at the top of `{set}` {chain}"),
        (Spot::Before, Some(index)) => format!("before rule {index} of `{set}` {chain}"),
        (Spot::Before, None) => format!("at the end of `{set}` {chain}, before its policy"),
    };
    let rules = filter.rules.accepting(&wanted, &at)?;
    let added = &rules.chain(&at)?.chain.rules.get(at.index)?.text;
    let added = added.strip_suffix(" accept").unwrap_or(added);
    let words = format!("accept `{added}` {place}");
    Some(Change {
        rules,
        words,
        command: made.add,
        undo: made.undo,
    })
}

/// Without the rule that `decider` names.
pub(in crate::diagnosis) fn without_rule(
    filter: &HostFilter<'_>,
    decider: &Decider,
    backend: Backend,
) -> Option<Change> {
    let (chain, index) = (decider.chain.as_ref()?, decider.index?);
    let at = Place {
        backend,
        set: &decider.set,
        chain,
        index,
    };
    let mut rules = filter.rules.clone();
    let place = rules.chain_mut(&at)?;
    let removed = (index < place.chain.rules.len()).then(|| place.chain.rules.remove(index))?;
    for (number, rule) in place.chain.rules.iter_mut().enumerate() {
        rule.index = number;
    }
    let set = at.set;
    let program = program(filter, backend, set, chain);
    let words = TableWords::new(set, chain, program.as_deref())?;
    let (command, undo) = match (words.program(), removed.handle) {
        (Some(program), _) => {
            let spec = removed
                .text
                .strip_prefix("-A ")
                .filter(|spec| is_plain(spec));
            let spec = spec.and_then(|spec| spec.strip_prefix(chain.as_str()));
            let undo = spec.map_or_else(
                || RESTORE.to_owned(),
                |spec| format!("{program} -I {chain} {}{spec}", index + 1),
            );
            (format!("{program} -D {chain} {}", index + 1), undo)
        }
        (None, Some(handle)) => {
            let put = match place.chain.rules.get(index) {
                None => Some(format!("add rule {set} {chain}")),
                Some(next) => next
                    .handle
                    .map(|next| format!("insert rule {set} {chain} handle {next}")),
            };
            let undo = put.filter(|_| is_plain(&removed.text)).map_or_else(
                || RESTORE.to_owned(),
                |put| format!("nft {put} {}", removed.text),
            );
            (
                format!("nft delete rule {set} {chain} handle {handle}"),
                undo,
            )
        }
        (None, None) => return None,
    };
    Some(Change {
        rules,
        words: format!("remove rule {index} of `{}` {chain}", decider.set),
        command,
        undo,
    })
}

/// Without the client in the set that a rule looks it up in, where the set lists it by itself.
pub(in crate::diagnosis) fn without_member(
    filter: &HostFilter<'_>,
    decider: &Decider,
    rule: &Rule,
    client: IpAddr,
) -> Option<Change> {
    let name = rule.steps.iter().find_map(|step| match step {
        Step::Test(Test::In {
            key,
            values: Values::Named { name, .. },
            negated: false,
        }) if matches!(key.as_slice(), [Key::Source(_)]) => Some(name),
        Step::Test(_)
        | Step::Verdict(_)
        | Step::Lookup { .. }
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack
        | Step::Opaque { .. } => None,
    })?;
    if !is_plain(name) || !is_plain(&decider.set) {
        return None;
    }
    let member = Element::of(Part::one(number(client)));
    let mut rules = filter.rules.clone();
    let drop_from = |sets: &mut Vec<NamedSet>| {
        let set = sets.iter_mut().find(|set| set.name == *name)?;
        let at = set
            .elements
            .iter()
            .position(|(element, _)| *element == member)?;
        set.elements.remove(at);
        Some(())
    };
    let own = rules.tables.iter_mut().find(|table| {
        set_of(table) == decider.set && table.sets.iter().any(|set| set.name == *name)
    });
    let (command, undo) = if let Some(table) = own {
        drop_from(&mut table.sets)?;
        let element = format!("element {} {name} {{ {client} }}", decider.set);
        (
            format!("nft 'delete {element}'"),
            format!("nft 'add {element}'"),
        )
    } else {
        drop_from(&mut rules.ipsets)?;
        (
            format!("ipset del {name} {client}"),
            format!("ipset add {name} {client}"),
        )
    };
    Some(Change {
        rules,
        words: format!("take {client} out of the set `{name}`"),
        command,
        undo,
    })
}

/// Whether a rule is about this one source and no other.
pub(in crate::diagnosis) fn names_only(rule: &Rule, client: IpAddr) -> bool {
    let only = vec![Element::of(Part::one(number(client)))];
    rule.steps.iter().any(|step| match step {
        Step::Test(Test::In {
            key,
            values: Values::Inline(elements),
            negated: false,
        }) => matches!(key.as_slice(), [Key::Source(_)]) && *elements == only,
        Step::Test(_)
        | Step::Verdict(_)
        | Step::Lookup { .. }
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack
        | Step::Opaque { .. } => false,
    })
}

/// The packets an exception is for: towards a port of this host from one client, replies from it, or
/// towards a far end's port; whatever the address at this end, and the port that the client chose. `None`
/// where the far end is not known.
fn wanted(packet: &Packet) -> Option<Packet> {
    let (source, destination) = match packet.direction() {
        Direction::Inbound => (Some(packet.source?), None),
        Direction::Outbound => (None, Some(packet.destination?)),
    };
    let (source_port, destination_port) = match packet.state {
        State::Established => (packet.source_port, None),
        State::New | State::Related | State::Invalid | State::Untracked => {
            (None, packet.destination_port)
        }
    };
    Some(Packet {
        source,
        destination,
        source_port,
        destination_port,
        icmp_code: None,
        ..packet.clone()
    })
}

/// The tool of the iptables family that lists a chain, without its `-save`.
fn program(filter: &HostFilter<'_>, backend: Backend, set: &str, chain: &str) -> Option<String> {
    let (family, table) = set.split_once(' ')?;
    let prefix = match family {
        "ip" => "iptables",
        "ip6" => "ip6tables",
        _ => return None,
    };
    let suffix = match backend {
        Backend::Legacy => "legacy",
        Backend::Nftables => "nft",
    };
    let key = format!("{prefix}-{suffix}");
    let (source, listing) = filter.listing(&key)?;
    let mut lines = listing.lines();
    let named = lines.any(|line| line.trim() == format!("*{table}"))
        && lines.any(|line| line.starts_with(&format!(":{chain} ")));
    named.then(|| {
        let file = source.rsplit('/').next().unwrap_or_default();
        file.strip_suffix("-save")
            .filter(|name| is_plain(name))
            .map_or(key, str::to_owned)
    })
}

fn set_of(table: &Table) -> &str {
    table
        .chains
        .first()
        .map_or("", |chain| chain.chain.set.as_str())
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// How to undo what no command of ours can.
const RESTORE: &str = "restore the saved rules";
