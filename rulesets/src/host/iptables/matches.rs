//! What each match that `-m` names makes of a packet.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::build::{never, undecided};
use super::draft::Group;
use super::error::Problem;
use super::rule::Scope;
use super::{connection, place, sets, transport};
use crate::program::{Key, Reason, Test};

/// The tests of one match; none when every packet passes it.
///
/// A match that is not evaluated is one undecided test in the user's own words. Those on extension
/// headers hold for no packet without them, negated or not (`ip6t_rt.c`, `ip6t_hbh.c`).
pub(super) fn tests(group: &Group<'_>, scope: &Scope<'_>) -> Result<Vec<Test>, Problem> {
    let family = scope.family;
    match &*group.name {
        "comment" => Ok(Vec::new()),
        "rt" | "hbh" | "dst" => Ok(vec![never()]),
        "state" => connection::states(group),
        "conntrack" => connection::conntrack(group, family),
        "iprange" => place::ranges(group, family),
        "addrtype" => place::kinds(group),
        "mac" => place::hardware(group),
        "mark" => place::mark(Key::Mark, group),
        "connmark" => place::mark(Key::ConnectionMark, group),
        "set" => sets::tests(group, scope),
        "recent" => Ok(recent(group)),
        "multiport" | "tcp" | "udp" | "udplite" | "sctp" | "dccp" | "icmp" | "icmp6" | "icmpv6"
        | "ipv6-icmp" => {
            let tests = group.items.iter().map(transport::option);
            let tests = tests.collect::<Result<Vec<_>, _>>()?;
            Ok(tests.into_iter().flatten().collect())
        }
        other => Ok(vec![undecided(reason(other), group.text())]),
    }
}

/// `--set` holds for every packet: it only notes the source. The others ask for what was noted.
fn recent(group: &Group<'_>) -> Vec<Test> {
    let notes = group.items.iter().find(|item| item.option == "--set");
    match notes {
        Some(item) if item.negated => vec![never()],
        Some(_) => Vec::new(),
        None => vec![undecided(Reason::History, group.text())],
    }
}

fn reason(name: &str) -> Reason {
    match name {
        "limit" | "hashlimit" | "connlimit" | "quota" | "quota2" | "connbytes" | "rateest"
        | "nfacct" | "dstlimit" | "iplimit" | "fuzzy" => Reason::RateLimit,
        "psd" | "lscan" | "pknock" | "condition" => Reason::History,
        "time" => Reason::Time,
        "owner" | "cgroup" => Reason::Owner,
        "geoip" => Reason::Reference,
        _ => Reason::Unsupported,
    }
}
