//! Rule sets in the languages of the real tools: loaded with them, and listed with them again.

use crate::command::{attempt, run};
use crate::generate::EMPTY;
use crate::probe::Shape;
use rulesets::host::{HostRules, NamedText};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::thread;
use std::time::Duration;

/// What each tool is given to load; empty where it is not used.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RuleSet {
    pub(crate) ipset: String,
    pub(crate) nft: String,
    pub(crate) iptables: String,
    pub(crate) ip6tables: String,
    pub(crate) legacy: String,
    pub(crate) legacy6: String,
    /// True when the older iptables' rules are loaded last.
    pub(crate) legacy_last: bool,
}

/// A program, its words, and what it is given to read.
type Script<'a> = (&'a str, &'a [&'a str], &'a str);

/// What the tools list, each text under the name of what printed it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listings(pub(crate) Vec<(&'static str, String)>);

impl RuleSet {
    /// A rule set for `nft` alone.
    pub(crate) fn nft(script: &str) -> Self {
        Self {
            nft: script.to_owned(),
            ..Self::default()
        }
    }

    /// Loads the rules into the network this thread stands in, beside those of [`watch`]. Of base
    /// chains with one priority the kernel calls the youngest first. The older iptables makes its
    /// tables when they are first used, and keeps them.
    pub(crate) fn load(&self) -> Result<(), String> {
        let older: [Script<'_>; 2] = [
            ("iptables-legacy-restore", &["-w"], &self.legacy),
            ("ip6tables-legacy-restore", &["-w"], &self.legacy6),
        ];
        let newer: [Script<'_>; 3] = [
            ("nft", &["-f", "-"], &self.nft),
            ("iptables-nft-restore", &[], &self.iptables),
            ("ip6tables-nft-restore", &[], &self.ip6tables),
        ];
        let sets: Script<'_> = ("ipset", &["restore"], &self.ipset);
        let (first, then) = if self.legacy_last {
            (&newer[..], &older[..])
        } else {
            (&older[..], &newer[..])
        };
        for (program, words, script) in [&[sets], first, then].concat() {
            if !script.is_empty() {
                attempt(program, words, script).map_err(|error| format!("{program}: {error}"))?;
            }
        }
        Ok(())
    }

    /// Lists what is loaded with the tools it was loaded with; `nft` prints JSON when asked to.
    pub(crate) fn list(&self, json: bool) -> Listings {
        let nft = if json {
            let text = run("nft", &["-j", "-a", "list", "ruleset"], "");
            ("nft-json", without_ours_json(&text))
        } else {
            ("nft", nft_listing())
        };
        let mut listings = Listings(vec![nft]);
        for (used, program, words) in [
            (&self.ipset, "ipset", &["save"][..]),
            (&self.iptables, "iptables-nft-save", &[]),
            (&self.ip6tables, "ip6tables-nft-save", &[]),
            (&self.legacy, "iptables-legacy-save", &["-c"]),
            (&self.legacy6, "ip6tables-legacy-save", &["-c"]),
        ] {
            if !used.is_empty() {
                listings.0.push((program, run(program, words, "")));
            }
        }
        listings
    }

    /// False when rules of the older iptables depend on a rate, or on who comes first, it or nftables:
    /// what packets meet behind them may be certain, but not how often these rules match.
    pub(crate) fn counts_can_be_predicted(&self) -> bool {
        let older = [&self.legacy, &self.legacy6];
        let newer = [&self.nft, &self.iptables, &self.ip6tables];
        let holds =
            |scripts: &[&String], word: &str| scripts.iter().any(|text| text.contains(word));
        let changes = |scripts: &[&String]| CHANGES.iter().any(|word| holds(scripts, word));
        let alone = newer.iter().all(|text| text.is_empty());
        !holds(&older, " --limit ") && (alone || !changes(&older) && !changes(&newer))
    }

    /// True when rules tell a packet of this shape from a whole one, which the evaluator is not asked
    /// about: those before connection tracking puts fragments together, and those on the header that
    /// comes next.
    pub(crate) fn sees_inside(&self, shape: Shape) -> bool {
        match shape {
            Shape::Whole => false,
            Shape::Fragments => self.nft.contains(" ingress "),
            Shape::HopByHop | Shape::DestinationOptions => self.nft.contains(" nexthdr "),
        }
    }

    /// True when rules of the older iptables ask whether a flow was translated, or for its mark. Of
    /// flows that began before, no packet tells, and so neither how often these rules match.
    pub(crate) fn asks_legacy_for_flows(&self) -> bool {
        let asks = |script: &String| FLOWS.iter().any(|word| script.contains(word));
        [&self.legacy, &self.legacy6].into_iter().any(asks)
    }

    /// Both families' listings of the older iptables, with counters.
    pub(crate) fn legacy_counters(&self) -> Vec<(&'static str, String)> {
        [
            (&self.legacy, "iptables-legacy-save"),
            (&self.legacy6, "ip6tables-legacy-save"),
        ]
        .into_iter()
        .filter(|(script, _)| !script.is_empty())
        .map(|(_, program)| (program, run(program, &["-c"], "")))
        .collect()
    }

    /// Takes the rules away again, apart from those that [`watch`] takes away.
    pub(crate) fn unload(&self) {
        for (program, script) in [
            ("iptables-legacy-restore", &self.legacy),
            ("ip6tables-legacy-restore", &self.legacy6),
        ] {
            if !script.is_empty() {
                run(program, &["-w"], EMPTY);
            }
        }
    }
}

impl Listings {
    /// What the reader makes of them.
    pub(crate) fn read(&self) -> Result<HostRules, String> {
        let named: Vec<NamedText<'_>> = self
            .0
            .iter()
            .map(|(name, text)| NamedText { name, text })
            .collect();
        HostRules::read(&named).map_err(|error| error.to_string())
    }
}

impl fmt::Display for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tool, script) in [
            ("ipset restore", &self.ipset),
            ("nft -f -", &self.nft),
            ("iptables-nft-restore", &self.iptables),
            ("ip6tables-nft-restore", &self.ip6tables),
            ("iptables-legacy-restore", &self.legacy),
            ("ip6tables-legacy-restore", &self.legacy6),
        ] {
            if !script.is_empty() {
                writeln!(f, "--- {tool}\n{script}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Listings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, text) in &self.0 {
            writeln!(f, "--- listed by {name}\n{text}")?;
        }
        Ok(())
    }
}

/// Replaces everything in nftables with the rig's own tables: they have every packet traced, stop the
/// marks that end a batch, and keep connection tracking at work (without a rule that asks for it, it
/// rests).
pub(crate) fn watch(tracked: bool) {
    watch_on(tracked, SECOND_LINK);
}

/// As [`watch`], with this name for the host's second link to the peer.
pub(crate) fn watch_on(tracked: bool, second: &str) {
    let track = if tracked { TRACK } else { "" };
    let watch = WATCH.replace(SECOND_LINK, second);
    run(
        "nft",
        &["-f", "-"],
        &format!("flush ruleset\n{watch}{track}"),
    );
}

/// Takes away the sets of `ipset`. The kernel lets go of them some time after the rules are gone, and
/// sets hold on to those they list.
pub(crate) fn destroy_ipsets() {
    run("ipset", &["flush"], "");
    for _ in 0..400 {
        if attempt("ipset", &["destroy"], "").is_ok() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    run("ipset", &["destroy"], "");
}

/// The listing of `nft`, without the rig's own tables.
pub(crate) fn nft_listing() -> String {
    let mut ours = false;
    let mut text = String::new();
    for line in run("nft", &["-a", "list", "ruleset"], "").lines() {
        if line.starts_with("table ") {
            ours = line.contains(&format!(" {TABLE} "));
        }
        if !ours {
            text += line;
            text.push('\n');
        }
    }
    text
}

/// Where the rules and chains of a listing with handles stand.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    rules: BTreeMap<(String, u64), (String, usize)>,
    chains: BTreeSet<(String, String)>,
}

impl Positions {
    /// Reads `nft -a list ruleset`.
    pub(crate) fn read(listing: &str) -> Self {
        let mut positions = Self::default();
        let mut set = String::new();
        let mut chain = None;
        let mut depth = 0;
        for line in listing.lines().map(str::trim) {
            let (content, handle) = line.rsplit_once(" # handle ").unwrap_or((line, ""));
            let words: Vec<&str> = content.split_whitespace().collect();
            match words.as_slice() {
                ["table", family, name, "{"] => set = format!("{family} {name}"),
                ["chain", name, "{"] => {
                    positions.chains.insert((set.clone(), (*name).to_owned()));
                    chain = Some(((*name).to_owned(), 0));
                }
                ["set" | "map", _, "{"] => chain = None,
                [.., "{"] => depth += 1,
                _ => {
                    if depth > 0 && words.first() == Some(&"}") {
                        depth -= 1;
                    }
                    if depth == 0
                        && let (Some(chain), Ok(handle)) = (&mut chain, handle.parse())
                    {
                        let place = (chain.0.clone(), chain.1);
                        positions.rules.insert((set.clone(), handle), place);
                        chain.1 += 1;
                    }
                }
            }
        }
        positions
    }

    /// The chain of a rule and the rule's position there, from 0.
    pub(crate) fn of(&self, set: &str, handle: u64) -> Option<&(String, usize)> {
        self.rules.get(&(set.to_owned(), handle))
    }

    /// True for a chain that the kernel has; `iptables-save` lists those it has not, too.
    pub(crate) fn has_chain(&self, set: &str, chain: &str) -> bool {
        self.chains.contains(&(set.to_owned(), chain.to_owned()))
    }
}

/// The JSON listing of `nft`, without the rig's own tables.
fn without_ours_json(text: &str) -> String {
    let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
    let items = document["nftables"].as_array_mut().unwrap();
    items.retain(|item| {
        let object = item.as_object().and_then(|item| item.values().next());
        object.is_none_or(|object| object["table"] != TABLE && object["name"] != TABLE)
    });
    document.to_string()
}

/// What rules say that ask for more of a flow than its state.
const FLOWS: [&str; 4] = ["--ctstate DNAT", "--ctorig", "connmark", "--restore-mark"];

/// What rules that change packets say.
const CHANGES: [&str; 8] = [
    "MARK",
    "DNAT",
    "REDIRECT",
    "notrack",
    "mark set",
    "dnat",
    "redirect",
    "masquerade",
];

/// The name of the rig's own tables.
pub(crate) const TABLE: &str = "reachdx_rig";

/// The name of the second link as a world is built.
const SECOND_LINK: &str = "ens5";

const WATCH: &str = r#"
table netdev reachdx_rig {
    chain ingress {
        type filter hook ingress devices = { "eth0", "ens5" } priority -2147483648; policy accept;
        meta nftrace set 1
        ip saddr 198.18.70.254 drop
    }
}
table inet reachdx_rig {
    chain prerouting {
        type filter hook prerouting priority -2147483648; policy accept;
        meta nftrace set 1
    }
    chain output {
        type filter hook output priority -2147483648; policy accept;
        meta nftrace set 1
    }
}
"#;

const TRACK: &str = "
table inet reachdx_rig {
    chain track {
        ct state new
    }
}
";
