//! Random conditions of iptables rules.

use super::iptables::Plan;
use crate::dice::{self, Dice, MARKS, PORT_BLOCKS, PORTS};
use rulesets::Family;
use std::fmt::Write;

/// Where a rule stands, as far as it limits what it may say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spot {
    /// Before packets are routed and tracked.
    Early,
    Input,
    Forward,
    Output,
    /// In a chain that rules of several hooks may call.
    User,
}

/// A few conditions, each with a space in front.
pub(super) fn some(dice: &mut Dice, plan: Plan, spot: Spot) -> String {
    let protocol = dice.weighted(&[
        (35, Some("tcp")),
        (15, Some("udp")),
        (6, Some("sctp")),
        (12, Some(icmp(plan.family))),
        (5, Some("47")),
        (33, None),
    ]);
    let mut text = match protocol {
        Some("tcp") => tcp(dice),
        Some("udp") => format!(" -p udp{}", maybe_ports(dice, "udp")),
        Some("sctp") => format!(" -p sctp{}", maybe_ports(dice, "sctp")),
        Some("47") if dice.chance(50) => " ! -p udp".to_owned(),
        Some("47") => " -p 47".to_owned(),
        Some(_) => dice
            .pick(match plan.family {
                Family::V4 => &ICMP_V4,
                Family::V6 => &ICMP_V6,
            })
            .to_string(),
        None => String::new(),
    };
    text += &address(dice, plan.family, "-s", 45);
    text += &address(dice, plan.family, "-d", 15);
    text += &interfaces(dice, spot);
    if spot != Spot::Early && dice.chance(25) {
        text += dice.pick(&STATES);
    }
    text + &other(dice, plan.family, spot)
}

/// Conditions among which a port of TCP or UDP is tested.
pub(super) fn with_ports(dice: &mut Dice, plan: Plan, spot: Spot) -> String {
    let protocol = dice.weighted(&[(62, "tcp"), (26, "udp"), (12, "sctp")]);
    let port = dice.pick(&PORTS);
    let source = address(dice, plan.family, "-s", 30);
    let interfaces = interfaces(dice, spot);
    format!("{source}{interfaces} -p {protocol} --dport {port}")
}

fn icmp(family: Family) -> &'static str {
    match family {
        Family::V4 => "icmp",
        Family::V6 => "ipv6-icmp",
    }
}

fn tcp(dice: &mut Dice) -> String {
    if dice.chance(15) {
        return dice
            .pick(&[
                " -p tcp --syn",
                " -p tcp ! --syn",
                " -p tcp --tcp-flags SYN,ACK SYN",
                " -p tcp --tcp-flags FIN,SYN,RST,ACK ACK",
                " -p tcp ! --tcp-flags ALL NONE",
            ])
            .to_string();
    }
    format!(" -p tcp{}", maybe_ports(dice, "tcp"))
}

fn maybe_ports(dice: &mut Dice, protocol: &str) -> String {
    let not = dice.maybe(20, " !");
    match dice.between(0, 6) {
        0 => format!("{not} --dport {}", dice.pick(&PORTS)),
        1 => format!("{not} --dport {}", block(dice.pick(&PORT_BLOCKS))),
        2 => format!("{not} --sport {}", dice.pick(&PORTS)),
        3 => format!("{not} --dport {}:", dice.pick(&PORTS)),
        4 => {
            let blocks = dice.some(&PORT_BLOCKS, 5);
            let blocks: Vec<String> = blocks.into_iter().map(|found| block(*found)).collect();
            let word = dice.weighted(&[(70, "--dports"), (15, "--sports"), (15, "--ports")]);
            format!(
                " -m {protocol} -m multiport{not} {word} {}",
                blocks.join(",")
            )
        }
        5 => format!(
            " ! --sport {} ! --dport {}",
            dice.pick(&PORTS),
            dice.pick(&PORTS)
        ),
        _ => String::new(),
    }
}

fn block((first, last): (u16, u16)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}:{last}")
    }
}

fn address(dice: &mut Dice, family: Family, word: &str, percent: u32) -> String {
    if !dice.chance(percent) {
        return String::new();
    }
    let not = dice.maybe(20, " !");
    match dice.between(0, 4) {
        0 => format!("{not} {word} {}", dice.pick(dice::sources(family))),
        1 => format!("{not} {word} {}", dice.pick(dice::behind(family))),
        2 if family == Family::V4 => format!("{not} {word} 198.18.0.6/255.255.0.255"),
        _ => format!("{not} {word} {}", dice.pick(dice::prefixes(family))),
    }
}

fn interfaces(dice: &mut Dice, spot: Spot) -> String {
    let mut text = String::new();
    let names = ["eth0", "eth+", "ens5", "eth1", "lo", "et"];
    if spot != Spot::Output && dice.chance(18) {
        write!(text, "{} -i {}", dice.maybe(25, " !"), dice.pick(&names)).unwrap();
    }
    if matches!(spot, Spot::Output | Spot::Forward | Spot::User) && dice.chance(18) {
        write!(text, "{} -o {}", dice.maybe(25, " !"), dice.pick(&names)).unwrap();
    }
    text
}

fn other(dice: &mut Dice, family: Family, spot: Spot) -> String {
    let sees_sender = matches!(spot, Spot::Early | Spot::Input | Spot::Forward);
    let mark = dice.pick(&MARKS);
    match dice.between(0, 32) {
        0 if sees_sender => " -m mac --mac-source 02:00:00:00:00:02".to_owned(),
        1 if sees_sender => " -m mac ! --mac-source 02:00:00:00:00:02".to_owned(),
        2 => " -m addrtype --dst-type LOCAL".to_owned(),
        3 => " -m addrtype ! --dst-type LOCAL".to_owned(),
        4 if family == Family::V4 => {
            let not = dice.maybe(30, " !");
            format!(" -m iprange{not} --src-range 198.18.70.2-198.18.70.77")
        }
        4 => " -m iprange --src-range 2001:db8:70::2-2001:db8:70::77".to_owned(),
        5 | 6 => {
            let not = dice.maybe(30, " !");
            format!(" -m mark{not} --mark {mark:#x}")
        }
        7 => format!(" -m mark --mark {mark:#x}/{mark:#x}"),
        8 => {
            let not = dice.maybe(30, " !");
            format!(" -m connmark{not} --mark {mark:#x}")
        }
        9 if spot != Spot::Early => {
            let not = dice.maybe(30, " !");
            format!(
                " -m conntrack{not} --ctorigdst {}",
                dice.pick(dice::hosts(family))
            )
        }
        10 if spot != Spot::Early => {
            format!(
                " -m conntrack --ctstate NEW --ctorigdstport {}",
                dice.pick(&PORTS)
            )
        }
        _ => String::new(),
    }
}

const STATES: [&str; 8] = [
    " -m conntrack --ctstate RELATED,ESTABLISHED",
    " -m conntrack --ctstate NEW",
    " -m conntrack --ctstate INVALID",
    " -m conntrack ! --ctstate NEW",
    " -m conntrack --ctstate UNTRACKED",
    " -m conntrack --ctstate DNAT",
    " -m state --state NEW,ESTABLISHED",
    " -m conntrack ! --ctstate INVALID,UNTRACKED",
];

const ICMP_V4: [&str; 5] = [
    " -p icmp",
    " -p icmp -m icmp --icmp-type echo-request",
    " -p icmp -m icmp ! --icmp-type 8",
    " -p icmp -m icmp --icmp-type 3/3",
    " -p icmp -m icmp --icmp-type any",
];

const ICMP_V6: [&str; 5] = [
    " -p ipv6-icmp",
    " -p ipv6-icmp -m icmp6 --icmpv6-type echo-request",
    " -p ipv6-icmp -m icmp6 ! --icmpv6-type 128",
    " -p ipv6-icmp -m icmp6 --icmpv6-type 1/4",
    " -p ipv6-icmp -m icmp6 --icmpv6-type router-solicitation",
];
