//! Programs that ban sources: fail2ban, sshguard, `CrowdSec`, and the host-security agent of Tencent
//! Cloud.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Case, FrontEnd, said};
use crate::program::Verdict;
use crate::text::{shell_word, shown};

pub(super) fn front_end(case: &Case<'_>) -> Option<FrontEnd> {
    if !matches!(
        case.gist.verdict,
        Some(Verdict::Drop | Verdict::Reject { .. })
    ) {
        return None;
    }
    let source = case.gist.source.as_deref();
    let banned = source.map_or_else(|| "this source".to_owned(), str::to_owned);
    let address = source.unwrap_or("ADDRESS");
    if let Some(jail) = jail(case) {
        let words = format!("jail {} banned {banned}", shown(jail, NAME_SHOWN));
        let remedy = format!("fail2ban-client set {} unbanip {address}", shell_word(jail));
        return Some(said("fail2ban", words, Some(remedy)));
    }
    let set = case.gist.source_set.as_deref().unwrap_or_default();
    let of = |word: &str| {
        [case.table, case.chain, set]
            .iter()
            .any(|name| name.starts_with(word))
    };
    if case.chain.starts_with("YJ-FIREWALL-") {
        let words = format!("banned {banned}, which tried passwords");
        let remedy = "unblock the source in the Host Security console, under password cracking";
        return Some(said(
            "Tencent Cloud Host Security",
            words,
            Some(remedy.to_owned()),
        ));
    }
    if of("sshguard") {
        let remedy = "stop sshguard, or add the source to its whitelist, then start it again";
        return Some(said(
            "sshguard",
            format!("banned {banned}"),
            Some(remedy.to_owned()),
        ));
    }
    if of("crowdsec") || of("CROWDSEC") {
        let remedy = format!("cscli decisions delete --ip {address}");
        return Some(said("CrowdSec", format!("banned {banned}"), Some(remedy)));
    }
    None
}

/// The jail of fail2ban that a chain, or the set of its rule, is for. In nftables all jails share the
/// chain `f2b-chain` and each has the set `addr-set-JAIL`.
fn jail<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let set = case.gist.source_set.as_deref().unwrap_or_default();
    if case.table == "f2b-table" {
        return set
            .strip_prefix("addr6-set-")
            .or_else(|| set.strip_prefix("addr-set-"));
    }
    let of = |name: &'a str| {
        ["f2b-", "fail2ban-"]
            .iter()
            .find_map(|start| name.strip_prefix(start))
    };
    of(case.chain).or_else(|| of(set))
}

const NAME_SHOWN: usize = 60;
