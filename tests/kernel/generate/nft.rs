//! Random nftables scripts.

use super::nft_map;
use super::nft_match::{self, Side};
use crate::dice::Dice;
use rulesets::Family;
use std::fmt::Write;

/// What a rule may use, where it stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The family of the table; `None` for both.
    pub(super) family: Option<Family>,
    /// Where its chain is called.
    pub(super) side: Side,
    /// The chains it may call.
    pub(super) callable: Vec<String>,
    /// The named sets of its table.
    pub(super) sets: Vec<Set>,
    /// True when rules may hold a condition that nobody can predict.
    pub(super) limited: bool,
}

/// A named set or verdict map.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) kind: SetKind,
}

/// What a named set holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SetKind {
    Addresses(Family),
    Ports,
    Pairs(Family),
    Verdicts,
    States,
}

/// A script of one to three tables of filters.
pub(crate) fn filters(dice: &mut Dice, limited: bool) -> String {
    let tables = dice.between(1, 3);
    (0..tables)
        .map(|number| {
            let (word, family) = dice.weighted(&FAMILIES);
            table(dice, &format!("{word} t{number}"), family, limited)
        })
        .collect()
}

/// A netdev table whose chain sees what arrives before anything else does.
pub(crate) fn ingress(dice: &mut Dice) -> String {
    let place = Place {
        family: None,
        side: Side::Ingress,
        callable: vec!["late".to_owned()],
        sets: Vec::new(),
        limited: false,
    };
    let late = rules(
        dice,
        &Place {
            callable: Vec::new(),
            ..place.clone()
        },
        2,
    );
    let early = rules(dice, &place, 3);
    let devices = dice.pick(&["device \"eth0\"", "devices = { \"eth0\", \"ens5\" }"]);
    let priority = dice.pick(&["-500", "0", "filter + 7"]);
    format!(
        "table netdev guard {{\n chain late {{\n{late} }}\n chain early {{\n  type filter hook ingress {devices} priority {priority}; policy accept;\n{early} }}\n}}\n"
    )
}

/// Tables that mark packets and exempt them from tracking, before any filter.
pub(crate) fn early(dice: &mut Dice) -> String {
    let (word, family) = dice.weighted(&FAMILIES);
    let mut chains = String::new();
    for (side, hook) in [(Side::Prerouting, "prerouting"), (Side::Output, "output")] {
        let place = Place {
            family,
            side,
            callable: Vec::new(),
            sets: Vec::new(),
            limited: false,
        };
        let raw = lines(dice, 2, |dice| {
            format!("{} notrack", nft_match::some(dice, &place))
        });
        let marks = lines(dice, 3, |dice| {
            let change = dice.pick(&MARK_CHANGES);
            format!("{} {change}", nft_match::some(dice, &place))
        });
        writeln!(chains, " chain raw_{hook} {{\n  type filter hook {hook} priority raw; policy accept;\n{raw} }}\n chain mark_{hook} {{\n  type filter hook {hook} priority mangle; policy accept;\n{marks} }}").unwrap();
    }
    format!("table {word} early {{\n{chains}}}\n")
}

/// A table that rewrites destinations, and sources behind the host.
pub(crate) fn translation(dice: &mut Dice) -> String {
    let family = dice.pick(&[Family::V4, Family::V6]);
    let word = if family == Family::V4 { "ip" } else { "ip6" };
    let place = |side| Place {
        family: Some(family),
        side,
        callable: Vec::new(),
        sets: Vec::new(),
        limited: false,
    };
    let arriving = lines(dice, 3, |dice| {
        let matches = nft_match::with_ports(dice, &place(Side::Prerouting));
        let target = dice.pick(match family {
            Family::V4 => &DESTINATIONS_V4,
            Family::V6 => &DESTINATIONS_V6,
        });
        format!("{matches} {target}")
    });
    let departing = lines(dice, 2, |dice| {
        let matches = nft_match::with_ports(dice, &place(Side::Output));
        let target = dice.pick(match family {
            Family::V4 => &DESTINATIONS_V4,
            Family::V6 => &DESTINATIONS_V6,
        });
        format!("{matches} {target}")
    });
    let departing = if dice.chance(60) {
        format!(
            " chain departing {{\n  type nat hook output priority -100; policy accept;\n{departing} }}\n"
        )
    } else {
        String::new()
    };
    let leaving = dice.pick(match family {
        Family::V4 => &["masquerade", "snat to 203.0.113.7", "accept"],
        Family::V6 => &["masquerade", "snat to 2001:db8:f::7", "accept"],
    });
    let leaving_matches = nft_match::some(dice, &place(Side::Postrouting));
    format!(
        "table {word} translate {{\n chain arriving {{\n  type nat hook prerouting priority dstnat; policy accept;\n{arriving} }}\n{departing} chain leaving {{\n  type nat hook postrouting priority srcnat; policy accept;\n  oifname \"eth1\" {leaving_matches} {leaving}\n }}\n}}\n"
    )
}

fn table(dice: &mut Dice, name: &str, family: Option<Family>, limited: bool) -> String {
    let mut text = format!("table {name} {{\n");
    let mut place = Place {
        family,
        side: Side::Any,
        callable: Vec::new(),
        sets: Vec::new(),
        limited,
    };
    text += &sets(dice, &mut place);
    for number in (0..dice.between(1, 7)).rev() {
        let name = format!("c{number}");
        let count = dice.between(1, 4);
        write!(
            text,
            " chain {name} {{\n{} }}\n",
            rules(dice, &place, count)
        )
        .unwrap();
        place.callable.push(name);
    }
    text += &verdicts(dice, &mut place);
    let hooks = [
        (90, "input", Side::Input),
        (35, "forward", Side::Forward),
        (35, "output", Side::Output),
        (15, "prerouting", Side::Prerouting),
        (10, "postrouting", Side::Postrouting),
        (15, "input", Side::Input),
    ];
    for (number, (percent, hook, side)) in hooks.into_iter().enumerate() {
        if !dice.chance(percent) {
            continue;
        }
        let priority = dice.pick(&PRIORITIES);
        let policy = dice.weighted(&[(80, "accept"), (20, "drop")]);
        let mut here = Place {
            side,
            ..place.clone()
        };
        if matches!(side, Side::Prerouting | Side::Postrouting) {
            here.callable.clear();
            here.sets.retain(|set| set.kind != SetKind::Verdicts);
        }
        let count = dice.between(1, 6);
        let rules = rules(dice, &here, count);
        writeln!(text, " chain b{number} {{\n  type filter hook {hook} priority {priority}; policy {policy};\n{rules} }}").unwrap();
    }
    text + "}\n"
}

/// The named sets of a table.
fn sets(dice: &mut Dice, place: &mut Place) -> String {
    let mut text = String::new();
    let families = place
        .family
        .map_or_else(|| vec![Family::V4, Family::V6], |family| vec![family]);
    for family in families {
        let (word, digit) = match family {
            Family::V4 => ("ipv4_addr", 4),
            Family::V6 => ("ipv6_addr", 6),
        };
        if dice.chance(50) {
            let name = format!("hosts{digit}");
            let elements = nft_match::address_elements(dice, family);
            let merge = dice.maybe(50, " auto-merge;");
            writeln!(text, " set {name} {{\n  type {word}; flags interval;{merge}\n  elements = {{ {elements} }}\n }}").unwrap();
            place.sets.push(Set {
                name,
                kind: SetKind::Addresses(family),
            });
        }
        if dice.chance(40) {
            let name = format!("pairs{digit}");
            let elements = nft_match::pair_elements(dice, family);
            writeln!(text, " set {name} {{\n  type {word} . inet_service; flags interval;\n  elements = {{ {elements} }}\n }}").unwrap();
            place.sets.push(Set {
                name,
                kind: SetKind::Pairs(family),
            });
        }
    }
    if dice.chance(50) {
        let elements = nft_match::port_elements(dice);
        writeln!(text, " set ports {{\n  type inet_service; flags interval;\n  elements = {{ {elements} }}\n }}").unwrap();
        place.sets.push(Set {
            name: "ports".to_owned(),
            kind: SetKind::Ports,
        });
    }
    if dice.chance(20) {
        text += " set states {\n  type ct_state;\n  elements = { established, related }\n }\n";
        place.sets.push(Set {
            name: "states".to_owned(),
            kind: SetKind::States,
        });
    }
    text
}

/// A named verdict map, which calls chains that stand above it.
fn verdicts(dice: &mut Dice, place: &mut Place) -> String {
    if !dice.chance(40) {
        return String::new();
    }
    place.sets.push(Set {
        name: "verdicts".to_owned(),
        kind: SetKind::Verdicts,
    });
    let elements = nft_map::elements(dice, &place.callable);
    format!(
        " map verdicts {{\n  type inet_service : verdict; flags interval;\n  elements = {{ {elements} }}\n }}\n"
    )
}

fn rules(dice: &mut Dice, place: &Place, count: usize) -> String {
    let mut text = String::new();
    for _ in 0..count {
        writeln!(text, "  {}", rule(dice, place)).unwrap();
    }
    text
}

/// From one up to `most` lines.
fn lines(dice: &mut Dice, most: usize, line: impl Fn(&mut Dice) -> String) -> String {
    let mut text = String::new();
    for _ in 0..dice.between(1, most) {
        writeln!(text, "  {}", line(dice)).unwrap();
    }
    text
}

fn rule(dice: &mut Dice, place: &Place) -> String {
    let counter = dice.maybe(30, "counter ");
    let comment = dice.maybe(10, " comment \"one; two { # three\"");
    if place.side != Side::Ingress
        && let Some(map) = nft_map::look_up(dice, place)
    {
        return format!("{counter}{map}{comment}");
    }
    let matches = nft_match::some(dice, place);
    let limit = if place.limited && dice.chance(10) {
        "limit rate 2/minute "
    } else {
        ""
    };
    let mut action = action(dice, place);
    if action == RESET && matches.contains("meta nfproto") {
        "drop".clone_into(&mut action);
    }
    format!("{matches} {limit}{counter}{action}{comment}")
}

fn action(dice: &mut Dice, place: &Place) -> String {
    let may_reject = matches!(
        place.side,
        Side::Any | Side::Input | Side::Forward | Side::Output
    );
    match dice.weighted(&ACTIONS) {
        Action::Reject if matches!(place.side, Side::Input | Side::Forward) && dice.chance(30) => {
            RESET.to_owned()
        }
        Action::Reject if may_reject && place.family.is_none() => dice.pick(&REJECTS).to_owned(),
        Action::Reject if may_reject => "reject".to_owned(),
        Action::Jump if !place.callable.is_empty() => {
            format!("jump {}", dice.name(&place.callable))
        }
        Action::Goto if !place.callable.is_empty() => {
            format!("goto {}", dice.name(&place.callable))
        }
        Action::Anonymous if may_reject => {
            let inner = nft_match::some(dice, place);
            let verdict = dice.pick(&["accept", "drop", "return"]);
            format!("jump {{\n    {inner} {verdict}\n    counter\n  }}")
        }
        Action::Mark if place.side == Side::Ingress => dice.pick(&MARK_CHANGES[..5]).to_string(),
        Action::Mark => dice.pick(&MARK_CHANGES).to_string(),
        Action::Nothing => "counter".to_owned(),
        Action::Return => "return".to_owned(),
        Action::Continue => "continue".to_owned(),
        Action::Accept => "accept".to_owned(),
        Action::Drop | Action::Reject | Action::Jump | Action::Goto | Action::Anonymous => {
            "drop".to_owned()
        }
    }
}

#[derive(Clone, Copy)]
enum Action {
    Accept,
    Drop,
    Reject,
    Jump,
    Goto,
    Anonymous,
    Return,
    Continue,
    Mark,
    Nothing,
}

const ACTIONS: [(u32, Action); 10] = [
    (34, Action::Accept),
    (14, Action::Drop),
    (8, Action::Reject),
    (18, Action::Jump),
    (6, Action::Goto),
    (3, Action::Anonymous),
    (6, Action::Return),
    (3, Action::Continue),
    (4, Action::Mark),
    (4, Action::Nothing),
];

const FAMILIES: [(u32, (&str, Option<Family>)); 3] = [
    (60, ("inet", None)),
    (25, ("ip", Some(Family::V4))),
    (15, ("ip6", Some(Family::V6))),
];

const PRIORITIES: [&str; 9] = [
    "filter",
    "filter",
    "filter",
    "-10",
    "10",
    "filter + 5",
    "filter - 5",
    "mangle",
    "security",
];

/// What may be refused with, in tables of both families.
const REJECTS: [&str; 2] = ["reject", "reject with icmpx type admin-prohibited"];

/// Not where the host itself sends: its own resets would meet the rules in turn. Nor beside a test of
/// the family: `nft` 1.0.6 leaves that test out when it lists such a rule.
const RESET: &str = "meta l4proto tcp reject with tcp reset";

/// Those of connections come last.
const MARK_CHANGES: [&str; 11] = [
    "meta mark set 0x1",
    "meta mark set 0x2",
    "meta mark set meta mark or 0x4",
    "meta mark set meta mark xor 0x3",
    "meta mark set meta mark and 0x6",
    "meta mark set ct mark",
    "meta mark set ct mark and 0x3",
    "ct mark set 0x2",
    "ct mark set meta mark",
    "ct mark set ct mark or 0x1",
    "ct mark set meta mark and 0x6 meta mark set 0x0",
];

const DESTINATIONS_V4: [&str; 6] = [
    "redirect to :8080",
    "redirect",
    "dnat to 203.0.113.10",
    "dnat to 203.0.113.10:8080",
    "dnat to 198.18.1.1:443",
    "accept",
];

const DESTINATIONS_V6: [&str; 6] = [
    "redirect to :8080",
    "redirect",
    "dnat to 2001:db8:f::10",
    "dnat to [2001:db8:f::10]:8080",
    "dnat to [2001:db8:0:2::1]:443",
    "accept",
];
