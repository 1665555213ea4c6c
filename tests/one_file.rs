//! The binary that is copied to an instance needs nothing there: no C library, no other file.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use reachdx::inside::{Snapshot, read_snapshot};
use std::path::PathBuf;
use std::process::Command;

/// Builds it as the README says, but for the optimiser.
fn built() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("target/static");
    let status = Command::new(env!("CARGO"))
        .args(["static", "--quiet", "--target-dir"])
        .arg(&target)
        .current_dir(&root)
        .status()
        .unwrap();
    assert!(status.success());
    let names = std::fs::read_dir(&target).unwrap().flatten();
    let binaries = names.map(|name| name.path().join("debug/reachdx"));
    let mut found = binaries.filter(|path| path.is_file());
    found.next().unwrap()
}

/// Runs it where there is nothing beside it but the kernel's own files.
fn alone(binary: &str, user: &str) -> Snapshot {
    let script = format!(
        "ip link set lo up
        root=$(mktemp -d)
        trap 'umount -l $root' EXIT
        mount -t tmpfs none $root
        mkdir $root/proc
        mount --bind /proc $root/proc
        cp {binary} $root/reachdx
        setpriv {user} chroot $root /reachdx inside --service ssh --outbound 127.0.0.1:9 2>&1"
    );
    let output = Command::new("unshare")
        .args(["-mn", "sh", "-ec", &script])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{said}"
    );
    read_snapshot(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn one_file_tells_all_there_is_to_tell_of_a_system_that_has_nothing_else() {
    let binary = built();
    let binary = binary.to_str().unwrap();
    for (user, is_root) in [("--no-new-privs", true), (NOBODY, false)] {
        let snapshot = alone(binary, user);
        assert_eq!(snapshot.root, is_root);
        assert!(snapshot.listeners.value().is_some());
        assert!(snapshot.addresses.value().is_some_and(|it| !it.is_empty()));
        assert!(snapshot.counters.value().is_some());
        assert!(snapshot.host.links.value().is_some());
        assert!(!snapshot.probes.is_empty());
    }
}

/// It may still change its root, and nothing else.
const NOBODY: &str = "--reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+sys_chroot \
                      --ambient-caps=-all,+sys_chroot";
