//! How the tables of several listings become those of one host.
//!
//! `iptables-nft` keeps its tables in nftables, so that `nft list ruleset` shows them a second time,
//! with the matches it cannot print as opaque `xt` parts. Such a table counts once: its rules as
//! iptables prints them, the handles as nft does where the rules of a chain line up one to one, and
//! the chains and sets that nft alone shows. The tables of the older back end stand beside them.
//! `nft` lists its tables in the order they were made, which decides between base chains of one
//! priority, so that order is kept. A table that a later listing shows again replaces the earlier one, and a gap says so.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::ipset::Sets;
use super::iptables::{self, is_table};
use super::{Backend, HostChain, HostRules, Table, TableFamily};
use crate::flow::Family;
use crate::program::{Rule, Step, Test, Verdict};
use crate::text::shown;
use std::collections::BTreeSet;

/// The listings of one host as they are read.
#[derive(Default)]
pub(super) struct Host {
    /// What iptables prints, in both back ends.
    iptables: Vec<Table>,
    /// What nft prints.
    nft: Vec<Table>,
    gaps: Vec<String>,
    fed: BTreeSet<String>,
    /// The families whose listing says that the older back end has rules too.
    legacy_elsewhere: BTreeSet<Family>,
    legacy_listed: BTreeSet<Family>,
    /// The tables that iptables could not show whole.
    unshown: Vec<(Family, String, String)>,
}

impl Host {
    /// Adds what iptables prints.
    pub(super) fn add_iptables(&mut self, name: &str, listing: iptables::Listing) {
        let told = |gap: String| format!("{name}: {gap}");
        self.gaps.extend(listing.gaps.into_iter().map(told));
        self.fed.extend(listing.fed);
        if listing.legacy_elsewhere {
            self.legacy_elsewhere.insert(listing.family);
        }
        if listing.backend == Backend::Legacy {
            self.legacy_listed.insert(listing.family);
        }
        let unshown = listing.unshown.into_iter();
        self.unshown
            .extend(unshown.map(|(table, note)| (listing.family, table, told(note))));
        for table in listing.tables {
            add(&mut self.iptables, table, name, &mut self.gaps);
        }
    }

    /// Adds what nft prints.
    pub(super) fn add_nft(&mut self, name: &str, tables: Vec<Table>, gaps: Vec<String>) {
        self.gaps
            .extend(gaps.into_iter().map(|gap| format!("{name}: {gap}")));
        for table in tables {
            add(&mut self.nft, table, name, &mut self.gaps);
        }
    }

    /// The rules of the host, with these sets.
    pub(super) fn combined(mut self, sets: Sets) -> HostRules {
        for (family, table, note) in std::mem::take(&mut self.unshown) {
            let family = table_family(family);
            if !self
                .nft
                .iter()
                .any(|other| other.family == family && other.name == table)
            {
                self.gaps.push(format!(
                    "{}; give the output of `nft list ruleset` too",
                    note.trim_end_matches('.')
                ));
            }
        }
        for family in self.legacy_elsewhere.difference(&self.legacy_listed) {
            let tool = match family {
                Family::V4 => "iptables-legacy-save",
                Family::V6 => "ip6tables-legacy-save",
            };
            self.gaps.push(format!(
                "the older back end has rules too; give the output of `{tool}`"
            ));
        }
        let mut tables = self.iptables;
        let mut listed_by_nft = Vec::new();
        for nft in self.nft {
            if let Some(twin) = tables.iter().position(|table| is_twin(table, &nft)) {
                let mut table = tables.remove(twin);
                adopt(&mut table, nft, &mut self.gaps);
                listed_by_nft.push(table);
            } else {
                self.gaps.extend(hidden(&nft));
                listed_by_nft.push(nft);
            }
        }
        tables.extend(listed_by_nft);
        HostRules {
            tables,
            ipsets: sets.into_members(&self.fed),
            gaps: self.gaps,
        }
    }
}

/// Adds a table in place of an earlier one of the same name.
fn add(tables: &mut Vec<Table>, table: Table, name: &str, gaps: &mut Vec<String>) {
    let same = |other: &Table| {
        (other.backend, other.family, &other.name) == (table.backend, table.family, &table.name)
    };
    if let Some(earlier) = tables.iter().position(same) {
        tables.remove(earlier);
        let shown = shown(&table.name, NAME_SHOWN);
        gaps.push(format!(
            "{name}: table `{shown}` is in an earlier listing too; this one counts"
        ));
    }
    tables.push(table);
}

fn is_twin(table: &Table, nft: &Table) -> bool {
    table.backend == Backend::Nftables && table.family == nft.family && table.name == nft.name
}

/// Gives a table of iptables what nft alone knows of it.
fn adopt(table: &mut Table, nft: Table, gaps: &mut Vec<String>) {
    table.dormant = nft.dormant;
    table.sets.extend(nft.sets);
    for other in nft.chains {
        let twin = table
            .chains
            .iter_mut()
            .find(|chain| chain.chain.name == other.chain.name);
        let Some(twin) = twin else {
            table.chains.push(other);
            continue;
        };
        let (own, seen) = (&twin.chain.rules, &other.chain.rules);
        if own.len() == seen.len() && own.iter().zip(seen).all(|(own, seen)| alike(own, seen)) {
            take_handles(twin, &other);
        } else {
            let name = shown(&twin.chain.name, NAME_SHOWN);
            gaps.push(format!(
                "`{}` chain `{name}`: iptables and nft list other rules; save both again at one time",
                twin.chain.set
            ));
        }
    }
}

fn take_handles(chain: &mut HostChain, nft: &HostChain) {
    for (rule, seen) in chain.chain.rules.iter_mut().zip(&nft.chain.rules) {
        rule.handle = seen.handle;
    }
}

/// Whether two readings may be of one rule: where both end in a verdict, it is the same.
fn alike(own: &Rule, seen: &Rule) -> bool {
    let (Some(Step::Verdict(own)), Some(Step::Verdict(seen))) =
        (own.steps.last(), seen.steps.last())
    else {
        return true;
    };
    match (own, seen) {
        (Verdict::Reject { .. }, Verdict::Reject { .. }) => true,
        (own, seen) => own == seen,
    }
}

/// What is missing of a table that iptables made and only nft shows.
fn hidden(table: &Table) -> Option<String> {
    let tool = match table.family {
        TableFamily::Ip => "iptables-save",
        TableFamily::Ip6 => "ip6tables-save",
        TableFamily::Inet | TableFamily::Arp | TableFamily::Bridge | TableFamily::Netdev => {
            return None;
        }
    };
    let mut rules = table.chains.iter().flat_map(|chain| &chain.chain.rules);
    (is_table(&table.name) && rules.any(|rule| rule.steps.iter().any(is_opaque))).then(|| {
        let name = &table.name;
        format!("nft does not show the matches of iptables in table `{name}`; give the output of `{tool}` too")
    })
}

/// Whether nft printed a part of iptables that it cannot show.
fn is_opaque(step: &Step) -> bool {
    let text = match step {
        Step::Opaque { text } | Step::Test(Test::Undecided { text, .. }) => text,
        Step::Test(Test::In { .. } | Test::Masked { .. } | Test::AnyOf(_))
        | Step::Verdict(_)
        | Step::Lookup { .. }
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack => return false,
    };
    text.starts_with("xt ")
}

fn table_family(family: Family) -> TableFamily {
    match family {
        Family::V4 => TableFamily::Ip,
        Family::V6 => TableFamily::Ip6,
    }
}

const NAME_SHOWN: usize = 40;

#[cfg(test)]
mod tests {
    use super::super::iptables::{Context, Listing, parse};
    use super::*;

    const FILTER: &str =
        "*filter\n:INPUT DROP\n:X -\n-A INPUT -p tcp -j X\n-A X -j ACCEPT\nCOMMIT\n";

    fn listing(text: &str) -> Listing {
        parse(text, &Context::default()).unwrap()
    }

    /// The tables as nft would show them: with handles, and its matches opaque.
    fn seen(text: &str) -> Vec<Table> {
        let mut tables = listing(text).tables;
        let chains = tables.iter_mut().flat_map(|table| &mut table.chains);
        for (handle, rule) in chains.flat_map(|chain| &mut chain.chain.rules).enumerate() {
            rule.handle = u64::try_from(handle + 10).ok();
            let text = "xt match \"set\"".to_owned();
            rule.steps.insert(0, Step::Opaque { text });
        }
        tables
    }

    fn combined(iptables: &[&str], nft: &[&str]) -> HostRules {
        let mut host = Host::default();
        for text in iptables {
            host.add_iptables("saved", listing(text));
        }
        for text in nft {
            host.add_nft("nft", seen(text), Vec::new());
        }
        host.combined(Sets::default())
    }

    fn handles(rules: &HostRules) -> Vec<Option<u64>> {
        let chains = rules.tables.iter().flat_map(|table| &table.chains);
        chains
            .flat_map(|chain| &chain.chain.rules)
            .map(|rule| rule.handle)
            .collect()
    }

    #[test]
    fn a_table_that_both_tools_show_counts_once_with_the_handles() {
        let rules = combined(&[FILTER], &[FILTER]);
        assert_eq!(rules.tables.len(), 1);
        assert_eq!(handles(&rules), [Some(10), Some(11)]);
        assert!(
            !rules.tables[0].chains[0].chain.rules[0]
                .steps
                .iter()
                .any(is_opaque)
        );
        assert_eq!(rules.gaps, Vec::<String>::new());
    }

    #[test]
    fn handles_are_left_out_where_the_rules_do_not_line_up() {
        let others = [
            "*filter\n:INPUT DROP\n:X -\n-A INPUT -j X\n-A INPUT -j X\n-A X -j ACCEPT\nCOMMIT\n",
            "*filter\n:INPUT DROP\n:X -\n-A INPUT -j DROP\n-A X -j ACCEPT\nCOMMIT\n",
        ];
        for nft in others {
            let rules = combined(&[FILTER], &[nft]);
            assert_eq!(handles(&rules)[0], None);
            assert!(handles(&rules)[1].is_some());
            let gap = "`ip filter` chain `INPUT`: iptables and nft list other rules; save both again at one time";
            assert_eq!(rules.gaps, [gap]);
        }
    }

    #[test]
    fn a_chain_or_a_table_that_only_nft_shows_stays() {
        let more = "*filter\n:INPUT DROP\n:X -\n:Y -\n-A INPUT -p tcp -j X\n-A X -j ACCEPT\nCOMMIT\n*raw\n:OUTPUT ACCEPT\n-A OUTPUT -j DROP\nCOMMIT\n";
        let rules = combined(&[FILTER], &[more]);
        assert_eq!(rules.tables.len(), 2);
        assert_eq!(rules.tables[0].chains.len(), 3);
        let gap = "nft does not show the matches of iptables in table `raw`; give the output of `iptables-save` too";
        assert_eq!(rules.gaps, [gap]);
    }

    #[test]
    fn the_older_back_end_stands_beside_the_newer() {
        let legacy = format!("# Generated by iptables-save v1.8.9 on Sun\n{FILTER}");
        let newer = format!(
            "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n{FILTER}"
        );
        let rules = combined(&[&legacy, &newer], &[FILTER]);
        let backends: Vec<Backend> = rules.tables.iter().map(|table| table.backend).collect();
        assert_eq!(backends, [Backend::Legacy, Backend::Nftables]);
        assert_eq!(rules.gaps, Vec::<String>::new());
        let gap = "the older back end has rules too; give the output of `iptables-legacy-save`";
        assert_eq!(combined(&[&newer], &[]).gaps, [gap]);
    }

    #[test]
    fn a_later_listing_of_a_table_replaces_the_earlier() {
        let later = "*filter\n:INPUT ACCEPT\nCOMMIT\n";
        let rules = combined(&[FILTER, later], &[]);
        assert_eq!(rules.tables.len(), 1);
        assert_eq!(rules.tables[0].chains.len(), 1);
        let gap = "saved: table `filter` is in an earlier listing too; this one counts";
        assert_eq!(rules.gaps, [gap]);
    }

    #[test]
    fn a_table_that_iptables_shows_in_part_needs_nft() {
        let note =
            "# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.\n";
        let partial = format!("{note}{FILTER}");
        let gap = "saved: Table `filter' contains incompatible base-chains, use 'nft' tool to list them; give the output of `nft list ruleset` too";
        assert_eq!(combined(&[&partial], &[]).gaps, [gap]);
        assert_eq!(combined(&[&partial], &[FILTER]).gaps, Vec::<String>::new());
    }
}
