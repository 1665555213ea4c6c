//! Random rule sets, in the languages of the real tools.

mod ipset;
mod iptables;
mod iptables_match;
mod nft;
mod nft_map;
mod nft_match;
mod probes;

pub(crate) use iptables::EMPTY;
pub(crate) use probes::{flows, may_be_told_to_itself, probes};

use crate::dice::Dice;
use crate::rules::RuleSet;
use iptables::Plan;
use rulesets::Family;

/// Which tools a rule set is written for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// `nft` alone.
    Nft,
    /// iptables over nftables.
    Iptables,
    /// The older iptables.
    Legacy,
    /// Several of them at once.
    Together,
}

impl Kind {
    /// The name of the trial.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nft => "nft",
            Self::Iptables => "iptables",
            Self::Legacy => "iptables_legacy",
            Self::Together => "together",
        }
    }
}

/// A rule set of this kind.
pub(crate) fn rule_set(dice: &mut Dice, kind: Kind) -> RuleSet {
    let mut rules = RuleSet::default();
    let limited = dice.chance(LIMITED);
    let translates = dice.chance(35);
    match kind {
        Kind::Nft => {
            rules.nft = nft(dice, limited);
            if translates {
                rules.nft += &nft::translation(dice);
            }
        }
        Kind::Iptables => {
            let sets = with_ipset(dice, &mut rules);
            [rules.iptables, rules.ip6tables] = both(dice, translates, sets, limited);
        }
        Kind::Legacy => {
            let sets = with_ipset(dice, &mut rules);
            [rules.legacy, rules.legacy6] = both(dice, translates, sets, limited);
        }
        Kind::Together => {
            let sets = with_ipset(dice, &mut rules);
            rules.nft = nft(dice, limited);
            if translates && dice.chance(60) {
                rules.nft += &nft::translation(dice);
            }
            let with_iptables = dice.chance(70);
            if with_iptables {
                let translates = translates && dice.chance(70);
                [rules.iptables, rules.ip6tables] = both(dice, translates, sets, limited);
            }
            if !with_iptables || dice.chance(50) {
                let translates = translates && dice.chance(70);
                [rules.legacy, rules.legacy6] = both(dice, translates, sets, limited);
                rules.legacy_last = dice.chance(30);
            }
        }
    }
    rules
}

fn nft(dice: &mut Dice, limited: bool) -> String {
    let mut script = nft::filters(dice, limited);
    if dice.chance(20) {
        script += &nft::ingress(dice);
    }
    if dice.chance(30) {
        script += &nft::early(dice);
    }
    script
}

fn with_ipset(dice: &mut Dice, rules: &mut RuleSet) -> bool {
    let sets = dice.chance(40);
    if sets {
        rules.ipset = ipset::script(dice);
    }
    sets
}

fn both(dice: &mut Dice, translates: bool, sets: bool, limited: bool) -> [String; 2] {
    [Family::V4, Family::V6].map(|family| {
        let plan = Plan {
            family,
            translates,
            sets,
            limited,
        };
        iptables::script(dice, plan)
    })
}

/// How many of a hundred rule sets hold conditions that nobody can predict.
const LIMITED: u32 = 3;
