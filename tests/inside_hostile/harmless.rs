//! A run changes nothing and costs little.

use super::room::{PRIVATE, UP, room};
use nix::unistd::geteuid;

#[test]
fn a_run_as_root_changes_nothing() {
    assert!(geteuid().is_root(), "needs root, to look at everything");
    let script = format!(
        "{UP}
        {PRIVATE}
        nft add table inet t; nft 'add chain inet t i {{ type filter hook input priority 0; }}'
        nft add rule inet t i tcp dport 7001 drop
        iptables-nft -A INPUT -p tcp --dport 7003 -j DROP
        state() {{ {STATE} }}
        state 2>&1 | grep -v '^#' | sed 's/ \\[[0-9:]*\\]$//' > $DIRECTORY/before
        \"$@\" > $DIRECTORY/snapshot
        state 2>&1 | grep -v '^#' | sed 's/ \\[[0-9:]*\\]$//' > $DIRECTORY/after
        wc -l < $DIRECTORY/before
        diff $DIRECTORY/before $DIRECTORY/after"
    );
    let run = room(&script);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), ""),
        "{}",
        run.stdout
    );
    let lines: usize = run.stdout.trim().parse().unwrap();
    assert!(lines > 300, "only {lines} lines were compared");
}

#[test]
#[expect(clippy::print_stderr, reason = "a measurement is told, not judged")]
fn a_run_is_cheap_in_memory_and_its_time_is_told() {
    let rules = "nft list ruleset; iptables-save";
    let setup = format!(
        "{UP}
        {{ echo 'add table inet t'; echo 'add chain inet t i'
        for i in $(seq 1 500); do echo \"add rule inet t i ip saddr 192.0.2.$((i % 256)) drop\"; done; }} \
            | nft -f -"
    );
    let listing = room(&format!("{setup}\n{{ {rules}; }} > /dev/null"));
    assert_eq!(listing.code, Some(0), "{}", listing.stderr);
    let bare = room(&setup);
    let run = room(&format!("{setup}\nexec \"$@\""));
    let snapshot = run.snapshot();
    let listing = listing.took.saturating_sub(bare.took).as_secs_f64();
    eprintln!(
        "{:.3} s in all, {:.1} times `{rules}`; {} KiB at most",
        snapshot.duration_s,
        snapshot.duration_s / listing.max(0.001),
        run.peak
    );
    assert!(run.peak < 30 << 10, "{} KiB", run.peak);
}

/// Everything that a run could change, packet counts and ages left out.
const STATE: &str = "
    find / -xdev \\( -path /proc -o -path /sys -o -path /tmp -o -path /root -o -path \"/$(pwd | cut -d/ -f2)\" \
        -o -path /home -o -path /usr \\) -prune -o -maxdepth 2 -printf '%p %s %t\\n'
    find /etc /run /var /dev/shm -printf '%p %s %t %m %U\\n'
    cat /proc/modules || :
    nft -s list ruleset; iptables-nft-save; ip6tables-nft-save; iptables-legacy-save
    ip6tables-legacy-save; ipset save
    cat /proc/thread-self/net/ip_tables_names /proc/thread-self/net/ip6_tables_names || :
    ip addr show | grep -v lft; ip route; ip -6 route; ip rule; sysctl -a 2>/dev/null | grep ^net
    ";
