//! Tools that hang, flood, fail, babble or are not there.

use super::room::{UP, reason, room};
use reachdx::inside::{Datum, RulesText, Snapshot};

/// A script that puts the same body in the place of every command that is run.
pub(crate) fn tools(body: &str) -> String {
    let names = COMMANDS.join(" ");
    format!(
        "{UP}
        mount -t tmpfs none /usr/sbin
        for name in {names}; do
            printf '#!/bin/sh\\n%s\\n' '{body}' > /usr/sbin/$name
            chmod 755 /usr/sbin/$name
        done
        mount --bind /usr/sbin/nft /usr/bin/fail2ban-client
        mount -t tmpfs none /usr/local/sbin
        exec \"$@\""
    )
}

/// The listings that came from a command, not from the kernel's word that there is nothing.
fn asked(snapshot: &Snapshot) -> Vec<&Datum<RulesText>> {
    let from_a_file = |it: &&Datum<RulesText>| match it {
        Datum::Read { source, .. } => !source.starts_with("/proc/"),
        Datum::Skipped { .. } => true,
    };
    let asked: Vec<_> = snapshot.firewall.values().filter(from_a_file).collect();
    assert!(!asked.is_empty());
    asked
}

#[test]
fn tools_that_hang_cost_their_share_of_the_time_and_are_named() {
    let run = room(&tools("sleep 60"));
    let snapshot = run.snapshot();
    for listing in asked(&snapshot) {
        assert!(reason(listing).contains("did not end"), "{listing:?}");
    }
    assert!(reason(&snapshot.ssh_login).contains("did not end"));
}

#[test]
fn tools_that_flood_are_cut_and_memory_stays_bounded() {
    let run = room(&tools("exec yes 0123456789012345678901234567890123456789"));
    let snapshot = run.snapshot();
    for listing in asked(&snapshot) {
        let cut = matches!(listing, Datum::Read { truncated, value, .. }
            if *truncated && value.text.len() <= 4 << 20);
        assert!(cut, "{}", listing.value().is_some());
    }
    assert!(run.peak < 200 << 10, "{} KiB", run.peak);
}

#[test]
fn tools_that_flood_their_complaints_are_read_to_the_end_or_stopped() {
    let snapshot = room(&tools("exec yes complaint >&2")).snapshot();
    for listing in asked(&snapshot) {
        assert!(reason(listing).contains("did not end"), "{listing:?}");
    }
}

#[test]
fn tools_that_fail_are_quoted_in_one_line() {
    let run = room(&tools("echo \"no \u{7}way\" >&2; echo more >&2; exit 1"));
    let snapshot = run.snapshot();
    for listing in asked(&snapshot) {
        assert!(reason(listing).contains("no \\u{7}way"), "{listing:?}");
        assert_eq!(reason(listing).lines().count(), 1);
    }
}

#[test]
fn garbage_of_tools_is_kept_as_text_and_still_a_snapshot() {
    let run = room(&tools("head -c 100000 /dev/urandom"));
    let snapshot = run.snapshot();
    for listing in asked(&snapshot) {
        assert!(listing.value().is_some(), "{listing:?}");
    }
}

#[test]
fn tools_that_are_missing_are_said_to_be() {
    let script = format!(
        "{UP}
        mount -t tmpfs none /usr/sbin
        mount -t tmpfs none /usr/local/sbin
        exec \"$@\""
    );
    let snapshot = room(&script).snapshot();
    for listing in asked(&snapshot) {
        assert_eq!(reason(listing), "not installed");
    }
    assert_eq!(reason(&snapshot.ssh_login), "not installed");
}

#[test]
fn under_busybox_alone_it_tells_what_the_kernel_tells() {
    let script = format!(
        "{UP}
        root=$DIRECTORY/root
        for place in proc sys usr/lib lib lib64; do
            [ -d /$place ] || continue
            mkdir -p $root/$place
            mount --bind /$place $root/$place
        done
        mkdir $root/bin
        cp /usr/bin/busybox \"$1\" $root/bin/
        chroot $root /bin/busybox --install -s /bin
        shift
        exec chroot $root /bin/sh -c 'exec /bin/reachdx \"$@\"' sh \"$@\""
    );
    let snapshot = room(&script).snapshot();
    assert!(snapshot.listeners.value().is_some() && snapshot.counters.value().is_some());
    assert!(snapshot.host.links.value().is_some());
    for listing in asked(&snapshot) {
        assert_eq!(reason(listing), "not installed");
    }
    assert_eq!(reason(&snapshot.host.ssh_check), "not installed");
    assert_eq!(
        reason(&snapshot.host.login),
        "No such file or directory (os error 2)"
    );
}

const COMMANDS: [&str; 10] = [
    "ebtables-legacy-save",
    "nft",
    "iptables-save",
    "ip6tables-save",
    "iptables-nft-save",
    "iptables-legacy-save",
    "ip6tables-nft-save",
    "ip6tables-legacy-save",
    "ipset",
    "sshd",
];
