//! The listings, and how each is given to the tool it came from.

use crate::command::attempt;
use crate::rules::RuleSet;
use rulesets::host::{HostRules, ListingKind, NamedText, listing_kind};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A listing of a host.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) text: String,
    kind: ListingKind,
    /// The sets of `ipset` that it names, when they lie beside it.
    sets: String,
}

/// A listing on its way into the kernel.
#[derive(Debug)]
pub(super) struct Loading {
    /// What the reader is told of the listing as it was written.
    pub(super) name: &'static str,
    /// What is loaded; without a listing of nft in JSON.
    pub(super) set: RuleSet,
    json: String,
}

/// Every listing of rules below a directory, in the order of their names.
pub(super) fn below(directory: &Path) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        let entries = fs::read_dir(&place);
        let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path)
                && let Some(kind) = listing_kind(&text)
                && kind != ListingKind::Ipset
            {
                let sets = fs::read_to_string(path.with_extension(SETS)).unwrap_or_default();
                let name = path.strip_prefix(directory).unwrap();
                let name = name.to_string_lossy().into_owned();
                if WRITTEN.iter().any(|ending| name.ends_with(ending)) {
                    continue;
                }
                samples.push(Sample {
                    name,
                    text,
                    kind,
                    sets,
                });
            }
        }
    }
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    samples
}

impl Sample {
    /// The ways in which it is loaded: once for nft, in both back ends of iptables unless its header
    /// names its own.
    pub(super) fn rule_sets(&self) -> Vec<Loading> {
        match self.kind {
            ListingKind::NftText => vec![Loading {
                name: "nft",
                set: RuleSet::nft(&self.text.replace(OUTPUT_DSTNAT, OUTPUT_BY_NUMBER)),
                json: String::new(),
            }],
            ListingKind::NftJson => vec![Loading {
                name: "nft",
                set: RuleSet::default(),
                json: self.text.clone(),
            }],
            ListingKind::Iptables => self.iptables(),
            ListingKind::Ipset => Vec::new(),
        }
    }

    /// What the reader makes of the text itself; `None` for a listing of some chains only, which does
    /// not say what stands in those it jumps to.
    pub(super) fn read(&self, name: &str) -> Result<Option<HostRules>, String> {
        if self.kind == ListingKind::Iptables && !self.is_whole() {
            return Ok(None);
        }
        let text = self.text.as_str();
        let sets = NamedText {
            name: "ipset",
            text: &self.sets,
        };
        let listing = NamedText { name, text };
        let read = if self.sets.is_empty() {
            HostRules::read(&[listing])
        } else {
            HostRules::read(&[sets, listing])
        };
        read.map(Some).map_err(|error| error.to_string())
    }

    fn iptables(&self) -> Vec<Loading> {
        let script = self.restorable();
        let newer = !self.text.contains("(legacy)") && !self.name.contains("legacy");
        let older = !self.text.contains("(nf_tables)") && !self.text.contains("-nft-");
        let mut loadings = Vec::new();
        for (wanted, name, name6) in [
            (newer, "iptables-nft-save", "ip6tables-nft-save"),
            (older, "iptables-legacy-save", "ip6tables-legacy-save"),
        ] {
            let v6 = self.is_v6();
            let mut set = RuleSet {
                ipset: self.sets.clone(),
                ..RuleSet::default()
            };
            let place = match (name.contains("legacy"), v6) {
                (false, false) => &mut set.iptables,
                (false, true) => &mut set.ip6tables,
                (true, false) => &mut set.legacy,
                (true, true) => &mut set.legacy6,
            };
            place.clone_from(&script);
            if wanted {
                loadings.push(Loading {
                    name: if v6 { name6 } else { name },
                    set,
                    json: String::new(),
                });
            }
        }
        loadings
    }

    fn is_v6(&self) -> bool {
        let words = || self.text.split_whitespace();
        self.name.contains("ip6tables")
            || self.name.ends_with("6.golden")
            || words().any(|word| word.contains("icmp6") || word.contains("::"))
    }

    fn is_whole(&self) -> bool {
        self.text.lines().any(|line| line.starts_with('*'))
    }

    /// What `iptables-restore` takes; of `iptables -S` the chains it leaves out are made, and empty.
    fn restorable(&self) -> String {
        if self.is_whole() {
            return self.text.clone();
        }
        let after = |word: &str| -> BTreeSet<&str> {
            let words: Vec<&str> = self.text.split_whitespace().collect();
            let pairs = words.windows(2).filter(|pair| pair[0] == word);
            pairs.map(|pair| pair[1]).collect()
        };
        let (policies, made) = (after("-P"), after("-N"));
        let named: BTreeSet<&str> = ["-A", "-j", "-g"].into_iter().flat_map(after).collect();
        let mut script = "*filter\n".to_owned();
        for chain in named {
            let known = BUILT_IN.contains(&chain) || TARGETS.contains(&chain);
            if !known && !policies.contains(chain) && !made.contains(chain) {
                script += &[":", chain, " - [0:0]\n"].concat();
            }
        }
        script + &self.text + "\nCOMMIT\n"
    }
}

impl Loading {
    /// Loads it into the network this thread stands in.
    pub(super) fn load(&self) -> Result<(), String> {
        if !self.json.is_empty() {
            attempt("nft", &["-j", "-f", "-"], &self.json)?;
        }
        self.set.load()
    }
}

/// The ending of the file with the sets that a listing names.
const SETS: &str = "ipset-save";

/// Listings made to hold every construct there is; no host has them, and they translate to places
/// that the rig has not.
const WRITTEN: [&str; 2] = ["nft/constructs.nft", "nft/constructs.json"];

/// How Docker writes the priority, and how nft before 1.0.8 takes it.
const OUTPUT_DSTNAT: &str = "hook output priority dstnat;";
const OUTPUT_BY_NUMBER: &str = "hook output priority -100;";

const BUILT_IN: [&str; 3] = ["INPUT", "FORWARD", "OUTPUT"];
/// Targets that are no chains (iptables-extensions(8)).
const TARGETS: [&str; 19] = [
    "ACCEPT",
    "CLASSIFY",
    "CONNMARK",
    "CT",
    "DNAT",
    "DROP",
    "LOG",
    "MARK",
    "MASQUERADE",
    "NFLOG",
    "NFQUEUE",
    "NOTRACK",
    "REDIRECT",
    "REJECT",
    "RETURN",
    "SET",
    "SNAT",
    "TCPMSS",
    "TOS",
];
