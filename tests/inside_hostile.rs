//! `reachdx inside` where it is hard to look: little privilege, a `/proc` that hides, tools that
//! misbehave. Each run has mounts and a network of its own.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use nix::unistd::geteuid;
use reachdx::inside::{Datum, RulesText, Snapshot, SshProblem, read_snapshot};
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What one run left.
struct Run {
    stdout: String,
    stderr: String,
    code: Option<i32>,
    took: Duration,
    /// The most memory it was seen to hold, in KiB.
    peak: u64,
}

impl Run {
    fn snapshot(&self) -> Snapshot {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        assert!(self.took < LIMIT, "took {:?}", self.took);
        read_snapshot(&self.stdout).unwrap()
    }
}

/// Runs a script in mounts and a network of its own; in it `"$@"` is the tool with its arguments.
fn room(script: &str) -> Run {
    let directory = TempDir::new().unwrap();
    let (out, complaints) = (directory.path().join("out"), directory.path().join("err"));
    let flags = if geteuid().is_root() { "-mn" } else { "-rmn" };
    let started = Instant::now();
    let mut child = Command::new("unshare")
        .args([flags, "sh", "-ec", script, "sh"])
        .arg(env!("CARGO_BIN_EXE_reachdx"))
        .args(["inside", "--service", "tcp/9", "--outbound", "127.0.0.1:9"])
        .args(["--from", "127.0.0.1"])
        .env("DIRECTORY", directory.path())
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&complaints).unwrap())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(memory(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |path| String::from_utf8(fs::read(path).unwrap()).unwrap();
    Run {
        stdout: text(&out),
        stderr: text(&complaints),
        code: status.code(),
        took: started.elapsed(),
        peak,
    }
}

fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A script that puts the same body in the place of every command that is run.
fn tools(body: &str) -> String {
    let names = COMMANDS.join(" ");
    format!(
        "{UP}
        mount -t tmpfs none /usr/sbin
        for name in {names}; do
            printf '#!/bin/sh\\n%s\\n' '{body}' > /usr/sbin/$name
            chmod 755 /usr/sbin/$name
        done
        mount -t tmpfs none /usr/local/sbin
        exec \"$@\""
    )
}

fn reason<T>(datum: &Datum<T>) -> &str {
    match datum {
        Datum::Skipped { reason, .. } => reason,
        Datum::Read { source, .. } => panic!("{source} was read"),
    }
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

#[test]
fn nothing_secret_gets_into_the_snapshot() {
    assert!(geteuid().is_root(), "needs root, to be able to read it");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir -p $DIRECTORY/alice/.ssh; mount -t tmpfs none /home; mkdir -p /home/alice/.ssh
        echo 'alice:x:0:0:SECRET:/home/alice:/bin/sh' > /etc/passwd
        echo 'alice:$6$SECRET$SECRET:19000:0:99999:7:::' > /etc/shadow
        echo 'ssh-ed25519 SECRET SECRET' > /home/alice/.ssh/authorized_keys
        echo SECRET > /home/alice/.ssh/id_ed25519
        echo SECRET > /etc/ssh/ssh_host_rsa_key
        echo 'Banner /etc/SECRET' > /etc/ssh/sshd_config
        echo 'h sshd[1]: Failed password for SECRET from 127.0.0.1 port 1' > /var/log/auth.log
        echo 'search SECRET' > /etc/resolv.conf
        export TOKEN=SECRET
        sh -c 'sleep 20' SECRET &
        \"$@\" --user alice || exit
        kill $!"
    );
    let run = room(&script);
    let snapshot = run.snapshot();
    let host = &snapshot.host;
    let login = host.login.value().unwrap();
    assert!(login.account.is_some() && login.password.is_some());
    let files = host.ssh_files.value().unwrap();
    assert!(files.iter().any(|it| it.keys == Some(1)), "{files:?}");
    assert_eq!(host.refusals.value().unwrap()["wrong password"], 1);
    assert!(!run.stdout.contains("SECRET"), "{}", run.stdout);
}

#[test]
fn a_host_without_a_log_file_is_asked_for_its_journal() {
    assert!(geteuid().is_root(), "needs root, to read a journal");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir /var/log/journal
        cat > $DIRECTORY/journalctl <<'END'
#!/bin/sh
echo \"$*\" | grep -q -e --since=-1h || exit 1
echo 'Jan  1 00:00:01 h sshd[1]: Failed password for SECRET from 127.0.0.1 port 1'
echo 'Jan  1 00:00:01 h sshd[1]: Failed password for SECRET from 192.0.2.1 port 1'
END
        chmod 755 $DIRECTORY/journalctl
        mount --bind $DIRECTORY/journalctl /usr/bin/journalctl
        \"$@\""
    );
    let run = room(&script);
    let snapshot = run.snapshot();
    let Datum::Read { source, value, .. } = &snapshot.host.refusals else {
        panic!("{:?}", snapshot.host.refusals);
    };
    assert_eq!(source, "journalctl, the last hour");
    assert_eq!(value["wrong password"], 1);
    assert!(!run.stdout.contains("SECRET"));
}

#[test]
fn systemd_is_asked_of_the_ssh_server_and_of_what_failed() {
    assert!(geteuid().is_root(), "needs root, to seem to run systemd");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir -p /run/systemd/system
        cat > $DIRECTORY/systemctl <<'END'
#!/bin/sh
[ $1 = show ] || {{ echo '* nginx.service loaded failed failed SECRET'; exit; }}
echo Id=ssh.service; echo LoadState=loaded; echo ActiveState=failed; echo Result=exit-code
echo ExecMainStatus=255; echo UnitFileState=enabled
END
        chmod 755 $DIRECTORY/systemctl
        mount --bind $DIRECTORY/systemctl /usr/bin/systemctl
        \"$@\""
    );
    let run = room(&script);
    let host = run.snapshot().host;
    let unit = host.ssh_unit.value().unwrap();
    assert_eq!(
        (unit.unit.as_str(), unit.active.as_str()),
        ("ssh.service", "failed")
    );
    assert_eq!(host.failed_units.value().unwrap(), &["nginx.service"]);
    assert!(!run.stdout.contains("SECRET"));
}

#[test]
fn the_settings_of_the_ssh_server_need_no_root() {
    assert!(geteuid().is_root(), "needs root, to become nobody");
    let script = format!(
        "{UP}
        exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\""
    );
    let snapshot = room(&script).snapshot();
    assert!(!snapshot.root);
    let login = snapshot.ssh_login.value().expect("a readable sshd_config");
    assert!(login.settings.contains_key("permitrootlogin"));
    assert_eq!(snapshot.host.ssh_check.value().unwrap().problem, None);
}

#[test]
fn a_server_for_which_systemd_listens_is_asked_although_its_directory_is_missing() {
    assert!(
        geteuid().is_root(),
        "needs root, which is asked for the directory"
    );
    let script = format!(
        "{UP}
        {PRIVATE}
        rmdir /run/sshd
        exec \"$@\""
    );
    let snapshot = room(&script).snapshot();
    let login = snapshot.ssh_login.value().expect("settings");
    assert!(login.settings.contains_key("permitrootlogin"));
    assert_eq!(snapshot.host.ssh_check.value().unwrap().problem, None);
    let files = snapshot.host.ssh_files.value().unwrap();
    let directory = files.iter().find(|it| it.path == "/run/sshd").unwrap();
    assert_eq!(directory.mode, None, "nor was it made");
}

#[test]
fn an_ssh_server_that_would_not_start_is_told_with_the_place() {
    assert!(geteuid().is_root(), "needs root, to look at everything");
    let script = format!(
        "{UP}
        {PRIVATE}
        printf 'Port 22\nPrt 23\n' > /etc/ssh/sshd_config
        exec \"$@\""
    );
    let snapshot = room(&script).snapshot();
    let check = snapshot.host.ssh_check.value().unwrap();
    assert_eq!(check.problem, Some(SshProblem::BadOption));
    assert_eq!(check.place.as_deref(), Some("/etc/ssh/sshd_config line 2"));
}

#[test]
fn a_disk_that_is_not_there_is_an_error_in_one_line() {
    let run = room("exec \"$1\" inside --sysroot /nonexistent");
    assert_eq!(run.code, Some(3));
    assert!(
        run.stderr
            .starts_with("error: --sysroot: cannot read `/nonexistent`")
    );
    assert_eq!(run.stderr.lines().count(), 1);
}

/// A file system of its own for all that a run could write to, so that nothing else writes there.
const PRIVATE: &str = "
    mkdir $DIRECTORY/etc; cp -a /etc/. $DIRECTORY/etc; mount --bind $DIRECTORY/etc /etc
    for place in run var dev/shm; do mount -t tmpfs none /$place; done
    mkdir -p /run/sshd /var/lib /var/log /var/tmp /var/cache /var/empty";

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

/// The deadline of 20 s, and half as much for a machine that is busy.
const LIMIT: Duration = Duration::from_secs(30);
const UP: &str = "ip link set lo up";
const COMMANDS: [&str; 9] = [
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
