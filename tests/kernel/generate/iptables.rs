//! Random iptables rules, as `iptables-restore` reads them.

use super::ipset;
use super::iptables_match::{self, Spot};
use crate::dice::Dice;
use rulesets::Family;
use std::fmt::Write;

/// What a listing of one family holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) family: Family,
    /// True when addresses may be rewritten.
    pub(crate) translates: bool,
    /// True when the sets of [`ipset::script`] may be named.
    pub(crate) sets: bool,
    /// True when rules may hold a condition that nobody can predict.
    pub(crate) limited: bool,
}

/// The tables of one family.
pub(crate) fn script(dice: &mut Dice, plan: Plan) -> String {
    let mut text = filter(dice, plan);
    if dice.chance(40) {
        text += &mangle(dice, plan);
    }
    if dice.chance(30) {
        text += &raw(dice, plan);
    }
    if plan.translates {
        text += &nat(dice, plan);
    }
    text
}

/// Every table of one family without a rule.
pub(crate) const EMPTY: &str = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT
*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT
*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\nCOMMIT
*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n";

fn filter(dice: &mut Dice, plan: Plan) -> String {
    let users = dice.between(1, 7);
    let mut head = String::from("*filter\n");
    for (chain, drops) in [("INPUT", 40), ("FORWARD", 30), ("OUTPUT", 10)] {
        let policy = if dice.chance(drops) { "DROP" } else { "ACCEPT" };
        writeln!(head, ":{chain} {policy} [0:0]").unwrap();
    }
    let mut rules = String::new();
    for (chain, spot, most) in [
        ("INPUT", Spot::Input, 8),
        ("FORWARD", Spot::Forward, 6),
        ("OUTPUT", Spot::Output, 4),
    ] {
        for _ in 0..dice.between(1, most) {
            rules += &rule(dice, plan, chain, spot, 0..users);
        }
    }
    for number in 0..users {
        writeln!(head, ":user{number} - [0:0]").unwrap();
        for _ in 0..dice.between(1, 4) {
            let chain = format!("user{number}");
            rules += &rule(dice, plan, &chain, Spot::User, number + 1..users);
        }
    }
    format!("{head}{rules}COMMIT\n")
}

fn mangle(dice: &mut Dice, plan: Plan) -> String {
    let mut text = String::from("*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n");
    text += ":FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n";
    for (chain, spot) in [
        ("PREROUTING", Spot::Input),
        ("INPUT", Spot::Input),
        ("FORWARD", Spot::Forward),
        ("OUTPUT", Spot::Output),
    ] {
        for _ in 0..dice.between(0, 3) {
            let matches = iptables_match::some(dice, plan, spot);
            let target = dice.weighted(&[
                (30, "MARK --set-mark 0x1"),
                (20, "MARK --set-xmark 0x2/0x6"),
                (20, "MARK --or-mark 0x4"),
                (8, "CONNMARK --save-mark"),
                (8, "CONNMARK --restore-mark"),
                (4, "CONNMARK --restore-mark --nfmask 0x3 --ctmask 0x6"),
                (4, "CONNMARK --save-mark --nfmask 0x6 --ctmask 0x2"),
                (4, "CONNMARK --set-xmark 0x1/0x3"),
                (15, "ACCEPT"),
                (10, "DROP"),
                (5, "RETURN"),
            ]);
            writeln!(text, "-A {chain}{matches} -j {target}").unwrap();
        }
    }
    text + "COMMIT\n"
}

fn raw(dice: &mut Dice, plan: Plan) -> String {
    let mut text = String::from("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    for (chain, spot) in [("PREROUTING", Spot::Early), ("OUTPUT", Spot::Output)] {
        for _ in 0..dice.between(0, 3) {
            let matches = iptables_match::some(dice, plan, spot);
            let target = dice.weighted(&[(60, "CT --notrack"), (20, "DROP"), (20, "ACCEPT")]);
            writeln!(text, "-A {chain}{matches} -j {target}").unwrap();
        }
    }
    text + "COMMIT\n"
}

fn nat(dice: &mut Dice, plan: Plan) -> String {
    let mut text = String::from("*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n");
    text += ":OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:published - [0:0]\n";
    text += "-A PREROUTING -m addrtype --dst-type LOCAL -j published\n";
    for _ in 0..dice.between(1, 3) {
        let chain = dice.pick(&["PREROUTING", "published"]);
        text += &rewriting(dice, plan, chain, Spot::Early);
    }
    for _ in 0..dice.between(0, 2) {
        text += &rewriting(dice, plan, "OUTPUT", Spot::Output);
    }
    if dice.chance(50) {
        text += "-A POSTROUTING -o eth1 -j MASQUERADE\n";
    }
    text + "COMMIT\n"
}

/// A rule that rewrites the destination.
fn rewriting(dice: &mut Dice, plan: Plan, chain: &str, spot: Spot) -> String {
    let matches = iptables_match::with_ports(dice, plan, spot);
    let target = dice.pick(match plan.family {
        Family::V4 => &DESTINATIONS_V4,
        Family::V6 => &DESTINATIONS_V6,
    });
    format!("-A {chain}{matches} -j {target}\n")
}

fn rule(
    dice: &mut Dice,
    plan: Plan,
    chain: &str,
    spot: Spot,
    callable: std::ops::Range<usize>,
) -> String {
    let limit = if plan.limited && dice.chance(10) {
        " -m limit --limit 2/min --limit-burst 2"
    } else {
        ""
    };
    let comment = dice.maybe(10, " -m comment --comment \"say \\\"hi\\\" -j DROP\"");
    let set = if plan.sets && dice.chance(30) {
        ipset::condition(dice, plan.family)
    } else {
        String::new()
    };
    let matches = iptables_match::some(dice, plan, spot);
    let resets = matches!(spot, Spot::Input | Spot::Forward);
    let target = match dice.between(0, 99) {
        0..=17 => "-j DROP".to_owned(),
        18..=23 => "-j REJECT".to_owned(),
        24..=26 if resets && matches.contains(" -p tcp") => {
            "-j REJECT --reject-with tcp-reset".to_owned()
        }
        27..=50 if !callable.is_empty() => {
            let number = dice.between(callable.start, callable.end - 1);
            let word = if dice.chance(75) { "-j" } else { "-g" };
            format!("{word} user{number}")
        }
        51..=58 => "-j RETURN".to_owned(),
        59..=61 => String::new(),
        _ => "-j ACCEPT".to_owned(),
    };
    format!("-A {chain}{matches}{set}{limit}{comment} {target}\n")
}

const DESTINATIONS_V4: [&str; 5] = [
    "REDIRECT --to-ports 8080",
    "DNAT --to-destination 203.0.113.10",
    "DNAT --to-destination 203.0.113.10:8080",
    "DNAT --to-destination 198.18.1.1:443",
    "ACCEPT",
];

const DESTINATIONS_V6: [&str; 5] = [
    "REDIRECT --to-ports 8080",
    "DNAT --to-destination 2001:db8:f::10",
    "DNAT --to-destination [2001:db8:f::10]:8080",
    "DNAT --to-destination [2001:db8:0:2::1]:443",
    "RETURN",
];
