//! Little privilege, a `/proc` that hides, and somebody else at it.

use super::room::{UP, reason, room};
use super::tools::tools;
use nix::unistd::geteuid;
use reachdx::inside::Datum;

#[test]
fn root_without_a_single_capability_gets_what_everybody_gets() {
    let script = format!(
        "{UP}
        exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs \"$@\""
    );
    let snapshot = room(&script).snapshot();
    assert!(snapshot.listeners.value().is_some());
    assert!(snapshot.routes.value().is_some());
    let nft = &snapshot.firewall["nft"];
    let refused = match nft {
        Datum::Skipped { reason, .. } => reason.contains("permitted"),
        Datum::Read { source, .. } => source.starts_with("/proc/"),
    };
    assert!(refused, "{nft:?}");
}

#[test]
fn a_proc_that_hides_other_processes_costs_only_their_names() {
    let script = format!(
        "{UP}
        mount -t proc -o hidepid=2 none /proc
        exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs \"$@\""
    );
    let snapshot = room(&script).snapshot();
    assert!(snapshot.listeners.value().is_some());
    assert!(snapshot.counters.value().is_some());
}

#[test]
fn without_proc_every_fact_from_there_is_skipped_with_its_reason() {
    let script = format!(
        "{UP}
        mount -t tmpfs none /proc
        exec \"$@\""
    );
    let snapshot = room(&script).snapshot();
    for (fact, why) in [
        ("listeners", reason(&snapshot.listeners)),
        ("routes", reason(&snapshot.routes)),
        ("established", reason(&snapshot.established)),
        ("counters", reason(&snapshot.counters)),
        ("sysctls", reason(&snapshot.sysctls)),
        ("conntrack", reason(&snapshot.conntrack)),
    ] {
        assert!(!why.is_empty() && why.lines().count() == 1, "{fact}: {why}");
    }
    assert!(snapshot.addresses.value().is_some());
}

#[test]
fn garbage_in_the_kernels_files_is_an_error_that_names_the_file() {
    let script = format!(
        "{UP}
        head -c 65536 /dev/urandom > $DIRECTORY/garbage
        mount --bind $DIRECTORY/garbage /proc/modules 2>/dev/null || :
        mount -t tmpfs none /proc/sys/net
        exec \"$@\""
    );
    let snapshot = room(&script).snapshot();
    assert_eq!(reason(&snapshot.sysctls), "none of its files could be read");
}

#[test]
fn a_second_run_says_that_one_is_at_it() {
    let script = format!(
        "{}
        \"$@\" > /dev/null &
        for i in 1 2 3 4 5 6 7 8 9; do
            sleep 0.3
            grep -q reachdx-inside /proc/net/unix && break
        done
        code=0; \"$@\" || code=$?
        kill $!
        exit $code",
        tools("sleep 60").replace("exec \"$@\"", "")
    );
    let run = room(&script);
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: another `reachdx inside`"));
}

#[test]
fn a_stranger_who_holds_the_name_keeps_nobody_from_looking() {
    assert!(geteuid().is_root(), "needs root, to be two users");
    let script = format!(
        "{UP}
        setpriv --reuid=65534 --regid=65534 --clear-groups \"$1\" inside --service tcp/9 \
            --outbound 127.0.0.1:9 --witness 20s >/dev/null 2>&1 &
        for i in 1 2 3 4 5 6 7 8 9; do
            sleep 0.3
            grep -q reachdx-inside /proc/net/unix && break
        done
        \"$@\"
        kill $!"
    );
    room(&script).snapshot();
}
