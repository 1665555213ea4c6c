//! Random sets of `ipset`, under fixed names.

use crate::dice::{self, Dice, PORT_BLOCKS, PORTS};
use rulesets::Family;
use std::fmt::Write;

/// What `ipset restore` reads: several sets a family, and some for both.
pub(crate) fn script(dice: &mut Dice) -> String {
    let mut text = String::from(
        "create ports bitmap:port range 0-65535\ncreate near bitmap:ip range 198.18.70.0/24\n",
    );
    for block in dice.some(&PORT_BLOCKS, 3) {
        writeln!(text, "add ports {}-{}", block.0, block.1).unwrap();
    }
    for address in dice.some(dice::sources(Family::V4), 9) {
        if address.starts_with("198.18.70.") {
            writeln!(text, "add near {address}").unwrap();
        }
    }
    for (family, digit, word) in [(Family::V4, 4, "inet"), (Family::V6, 6, "inet6")] {
        writeln!(text, "create single{digit} hash:ip family {word}").unwrap();
        writeln!(text, "create net{digit} hash:net family {word}").unwrap();
        writeln!(text, "create service{digit} hash:ip,port family {word}").unwrap();
        writeln!(text, "create netport{digit} hash:net,port family {word}").unwrap();
        for address in dice.some(dice::sources(family), 4) {
            writeln!(text, "add single{digit} {address}").unwrap();
        }
        for prefix in nets(dice, family) {
            let nomatch = dice.maybe(15, " nomatch");
            writeln!(text, "add net{digit} {prefix}{nomatch}").unwrap();
        }
        for address in dice.some(dice::sources(family), 5) {
            let protocol = dice.pick(&["tcp", "udp"]);
            let port = dice.pick(&PORTS);
            writeln!(text, "add service{digit} {address},{protocol}:{port}").unwrap();
        }
        for prefix in nets(dice, family) {
            let protocol = dice.pick(&["tcp", "udp"]);
            let port = dice.pick(&PORTS);
            writeln!(text, "add netport{digit} {prefix},{protocol}:{port}").unwrap();
        }
        text += &combined(dice, family, (digit, word));
    }
    text
}

/// Sets of more fields, and one of sets.
fn combined(dice: &mut Dice, family: Family, (digit, word): (u8, &str)) -> String {
    let mut text = String::new();
    for (name, kind) in [
        ("netface", "hash:net,iface"),
        ("pair", "hash:ip,port,ip"),
        ("threefold", "hash:ip,port,net"),
    ] {
        writeln!(text, "create {name}{digit} {kind} family {word}").unwrap();
    }
    for prefix in nets(dice, family) {
        let interface = dice.pick(&["eth0", "ens5", "eth1", "lo"]);
        writeln!(text, "add netface{digit} {prefix},{interface}").unwrap();
    }
    for address in dice.some(dice::sources(family), 4) {
        let to = dice.pick(dice::hosts(family));
        let port = dice.pick(&PORTS);
        writeln!(text, "add pair{digit} {address},tcp:{port},{to}").unwrap();
    }
    for address in dice.some(dice::sources(family), 4) {
        let prefix = dice.pick(dice::prefixes(family));
        let port = dice.pick(&PORTS);
        let protocol = dice.pick(&["tcp", "udp", "sctp"]);
        writeln!(
            text,
            "add threefold{digit} {address},{protocol}:{port},{prefix}"
        )
        .unwrap();
    }
    writeln!(text, "create list{digit} list:set size 4").unwrap();
    for name in dice.some(&["single", "net", "service"], 2) {
        writeln!(text, "add list{digit} {name}{digit}").unwrap();
    }
    text
}

/// A rule's condition on one of the sets.
pub(super) fn condition(dice: &mut Dice, family: Family) -> String {
    let digit = if family == Family::V4 { 4 } else { 6 };
    let not = dice.maybe(25, " !");
    let (name, fields) = dice.pick(&[
        ("single", "src"),
        ("net", "src"),
        ("net", "dst"),
        ("service", "src,dst"),
        ("netport", "src,dst"),
        ("netport", "src,src"),
        ("netface", "src,src"),
        ("pair", "src,dst,dst"),
        ("threefold", "src,dst,dst"),
        ("list", "src,dst"),
    ]);
    if dice.chance(12) {
        let known = dice.pick(&["ports dst", "ports src", "near src"]);
        let known = if family == Family::V4 {
            known
        } else {
            "ports dst"
        };
        return format!(" -m set{not} --match-set {known}");
    }
    format!(" -m set{not} --match-set {name}{digit} {fields}")
}

/// Prefixes that `hash:net` takes: not the one of everything.
fn nets(dice: &mut Dice, family: Family) -> Vec<&'static str> {
    dice.some(dice::prefixes(family), 4)
        .into_iter()
        .copied()
        .collect()
}
