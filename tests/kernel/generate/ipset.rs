//! Random sets of `ipset`, under fixed names.

use crate::dice::{self, Dice, PORTS};
use rulesets::Family;
use std::fmt::Write;

/// What `ipset restore` reads: four sets a family.
pub(crate) fn script(dice: &mut Dice) -> String {
    let mut text = String::new();
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
    ]);
    format!(" -m set{not} --match-set {name}{digit} {fields}")
}

/// Prefixes that `hash:net` takes: not the one of everything.
fn nets(dice: &mut Dice, family: Family) -> Vec<&'static str> {
    dice.some(dice::prefixes(family), 4)
        .into_iter()
        .copied()
        .collect()
}
