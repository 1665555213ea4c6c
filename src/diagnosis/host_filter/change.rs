//! Changes of one rule, or one member of a set, where it stands: in the model, so that their effect can
//! be judged, and as the commands that make them.

use super::commands::{At, iptables_words, nft_words, plain, side};
use super::{HostFilter, Stop};
use rulesets::host::{Backend, HostChain, HostRules, Table};
use rulesets::program::{Element, Key, NamedSet, Part, Rule, Step, Test, Values, Verdict};
use rulesets::{Decider, Family, Packet, State};
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
    let mut rules = filter.rules.clone();
    let place = chain_of(&mut rules, stage.backend, &decider.set, chain)?;
    let index = match (spot, decider.index) {
        (Spot::Top, _) => 0,
        (Spot::Before, Some(index)) => index,
        (Spot::Before, None) => place.chain.rules.len(),
    };
    if index > place.chain.rules.len() {
        return None;
    }
    let next = place.chain.rules.get(index).map(|rule| rule.handle);
    place.chain.rules.insert(index, accept(packet)?);
    for (number, rule) in place.chain.rules.iter_mut().enumerate() {
        rule.index = number;
    }
    let at = At::new(filter, stage.backend, &decider.set, chain)?;
    let gap = match next {
        None => Gap::Last,
        Some(Some(handle)) if at.program.is_none() => Gap::Handle(handle),
        Some(_) => Gap::Index(index),
    };
    let place = match (spot, decider.index) {
        (Spot::Top, _) => format!("at the top of `{}` {chain}", at.set),
        (Spot::Before, Some(index)) => format!("before rule {index} of `{}` {chain}", at.set),
        (Spot::Before, None) => format!("at the end of `{}` {chain}, before its policy", at.set),
    };
    let (command, undo) = put(&at, chain, gap, packet)?;
    Some(Change {
        rules,
        words: format!("accept `{}` {place}", nft_words(packet)?),
        command,
        undo,
    })
}

/// The commands that put an exception at a place and take it away again.
fn put(at: &At, chain: &str, gap: Gap, packet: &Packet) -> Option<(String, String)> {
    let Some(program) = &at.program else {
        let spec = nft_words(packet)?;
        let put = match gap {
            Gap::Last => format!("add rule {} {chain}", at.set),
            Gap::Handle(handle) => format!("insert rule {} {chain} handle {handle}", at.set),
            Gap::Index(0) => format!("insert rule {} {chain}", at.set),
            Gap::Index(index) => format!("insert rule {} {chain} index {index}", at.set),
        };
        let command = format!("nft {put} {spec} accept");
        return Some((command, at.undo_by_handle(chain)));
    };
    let (spec, table) = (iptables_words(packet)?, at.table_option());
    let put = match gap {
        Gap::Last => format!("-A {chain}"),
        Gap::Index(index) => format!("-I {chain} {}", index + 1),
        Gap::Handle(_) => return None,
    };
    Some((
        format!("{program}{table} {put} {spec} -j ACCEPT"),
        format!("{program}{table} -D {chain} {spec} -j ACCEPT"),
    ))
}

/// Where in a chain a rule is put.
#[derive(Clone, Copy, Debug)]
enum Gap {
    /// Behind every other.
    Last,
    /// Before the rule with this handle.
    Handle(u64),
    /// Before the rule at this position.
    Index(usize),
}

/// Without the rule that `decider` names.
pub(in crate::diagnosis) fn without_rule(
    filter: &HostFilter<'_>,
    decider: &Decider,
    backend: Backend,
) -> Option<Change> {
    let (chain, index) = (decider.chain.as_ref()?, decider.index?);
    let mut rules = filter.rules.clone();
    let place = chain_of(&mut rules, backend, &decider.set, chain)?;
    let removed = (index < place.chain.rules.len()).then(|| place.chain.rules.remove(index))?;
    for (number, rule) in place.chain.rules.iter_mut().enumerate() {
        rule.index = number;
    }
    let at = At::new(filter, backend, &decider.set, chain)?;
    let (command, undo) = match (&at.program, removed.handle) {
        (Some(program), _) => {
            let table = at.table_option();
            let spec = removed.text.strip_prefix("-A ").filter(|spec| plain(spec));
            let spec = spec.and_then(|spec| spec.strip_prefix(chain.as_str()));
            let undo = spec.map_or_else(
                || RESTORE.to_owned(),
                |spec| format!("{program}{table} -I {chain} {}{spec}", index + 1),
            );
            (format!("{program}{table} -D {chain} {}", index + 1), undo)
        }
        (None, Some(handle)) => {
            let put = match place.chain.rules.get(index) {
                None => Some(format!("add rule {} {chain}", at.set)),
                Some(next) => next
                    .handle
                    .map(|next| format!("insert rule {} {chain} handle {next}", at.set)),
            };
            let undo = put.filter(|_| plain(&removed.text)).map_or_else(
                || RESTORE.to_owned(),
                |put| format!("nft {put} {}", removed.text),
            );
            (
                format!("nft delete rule {} {chain} handle {handle}", at.set),
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
    if !plain(name) || !plain(&decider.set) {
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

fn chain_of<'r>(
    rules: &'r mut HostRules,
    backend: Backend,
    set: &str,
    chain: &str,
) -> Option<&'r mut HostChain> {
    rules
        .tables
        .iter_mut()
        .filter(|table| table.backend == backend)
        .flat_map(|table| &mut table.chains)
        .find(|it| it.chain.set == set && it.chain.name == chain)
}

fn set_of(table: &Table) -> &str {
    table
        .chains
        .first()
        .map_or("", |chain| chain.chain.set.as_str())
}

fn accept(packet: &Packet) -> Option<Rule> {
    let side = side(packet)?;
    let family = Family::from(side.address);
    let one = |key: Key, value: u128| {
        Step::Test(Test::In {
            key: vec![key],
            values: Values::Inline(vec![Element::of(Part::one(value))]),
            negated: false,
        })
    };
    let address = if side.source {
        Key::Source(family)
    } else {
        Key::Destination(family)
    };
    let mut steps = vec![
        one(address, number(side.address)),
        one(Key::Protocol, side.protocol.into()),
    ];
    if let Some(port) = side.port {
        let key = if packet.state == State::Established {
            Key::SourcePort
        } else {
            Key::DestinationPort
        };
        steps.push(one(key, port.into()));
    } else if let Some(kind) = packet.icmp_type {
        steps.push(one(Key::IcmpType(family), kind.into()));
    }
    steps.push(Step::Verdict(Verdict::Accept));
    Some(Rule {
        index: 0,
        handle: None,
        text: nft_words(packet)?,
        description: String::new(),
        steps,
    })
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// How to undo what no command of ours can.
const RESTORE: &str = "restore the saved rules";
