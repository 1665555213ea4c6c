//! The commands of a Linux host's own tools for its chains.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::RuleCommands;
use crate::host::{Accept, HostRules, Spot};
use crate::packet::Packet;

/// A table in the words of a tool.
#[derive(Clone, Copy, Debug)]
pub struct TableWords<'a> {
    set: &'a str,
    program: Option<&'a str>,
}

impl<'a> TableWords<'a> {
    /// The table of a chain, such as `ip filter`; `program` is the tool of the iptables family that made
    /// the table, `None` for nftables' own. `None` where the names would not be plain words of a command.
    pub fn new(set: &'a str, chain: &'a str, program: Option<&'a str>) -> Option<Self> {
        let (family, table) = set.split_once(' ')?;
        let mut names = [family, table, chain].into_iter().chain(program);
        let dashed = |name: &str| name.starts_with('-');
        names
            .all(|name| is_plain(name) && !name.contains(' ') && !dashed(name))
            .then_some(Self { set, program })
    }

    /// The tool of the iptables family with its table, such as `iptables -t raw`.
    pub fn program(&self) -> Option<String> {
        let table = match self.set.split_once(' ') {
            None | Some((_, "filter")) => String::new(),
            Some((_, table)) => format!(" -t {table}"),
        };
        self.program.map(|program| format!("{program}{table}"))
    }
}

/// The commands that add the accept of [`HostRules::accepting`] to these rules, and take it away.
pub fn add_accept_to_chain(
    rules: &HostRules,
    packet: &Packet,
    spot: &Spot<'_>,
    program: Option<&str>,
) -> Option<RuleCommands> {
    let accept = Accept::new(packet, spot)?;
    let (set, chain, index) = (spot.set, spot.chain, spot.index);
    let there = &rules.chain(spot)?.chain.rules;
    let words = TableWords::new(set, chain, program)?;
    if let Some(program) = words.program() {
        let spec = accept.iptables_words();
        let put = if index == there.len() {
            format!("-A {chain}")
        } else {
            format!("-I {chain} {}", index + 1)
        };
        return Some(RuleCommands {
            add: format!("{program} {put} {spec} -j ACCEPT"),
            undo: format!("{program} -D {chain} {spec} -j ACCEPT"),
        });
    }
    let put = match (there.get(index).map(|rule| rule.handle), index) {
        (None, _) => format!("add rule {set} {chain}"),
        (Some(Some(handle)), _) => format!("insert rule {set} {chain} handle {handle}"),
        (Some(None), 0) => format!("insert rule {set} {chain}"),
        (Some(None), index) => format!("insert rule {set} {chain} index {index}"),
    };
    Some(RuleCommands {
        add: format!("nft {put} {} accept", accept.nft_words()),
        undo: format!(
            "nft delete rule {set} {chain} handle N, the handle that `nft -a list chain {set} {chain}` shows"
        ),
    })
}

/// Whether a name, or the words of a rule, can stand in a command as they are: nothing a shell would
/// take for its own.
pub fn is_plain(text: &str) -> bool {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_-./:,+! ".contains(it);
    !text.is_empty() && text.chars().all(fits)
}
