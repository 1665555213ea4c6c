//! The shell script that stands in for the program: under every shell, as root and as nobody, it tells
//! what `reachdx inside` tells at the same moment, and what was lost on the way is named.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use reachdx::inside::{
    Datum, FileFacts, Listener, Owner, Privilege, Snapshot, Wrappers, read_snapshot,
};
use reachdx::paste::{self, PairingError, PasteError, shell_script};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const CLIENT: &str = "192.0.2.77";
const SHELLS: [&str; 3] = ["dash", "busybox sh", "bash"];

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

/// Writes the script where nobody can read it too.
fn written(directory: &Path, client: Option<&str>) -> String {
    let client = client.map(|it| it.parse::<IpAddr>().unwrap());
    let path = directory.join("script.sh");
    fs::write(&path, shell_script(client, "root")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let parent = directory.to_str().unwrap();
    assert!(run("chmod", &["755", parent, &path]).status.success());
    path
}

/// A network of its own with a server, rules and routes, in which these commands run as well.
fn in_a_network(commands: &str) -> String {
    let output = run(
        "unshare",
        &["--net", "sh", "-euc", &[NETWORK, commands].concat()],
    );
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaint}");
    complaint
}

fn snapshot(path: &Path) -> Snapshot {
    let pasted = paste::read(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(pasted.remarks.len(), 1, "{:?}", pasted.remarks);
    pasted.snapshot
}

fn value<T: Debug>(datum: &Datum<T>) -> &T {
    datum.value().unwrap_or_else(|| panic!("{datum:?}"))
}

fn privilege<T>(datum: &Datum<T>) -> Option<Privilege> {
    let (Datum::Read { taken, .. } | Datum::Skipped { taken, .. }) = datum;
    taken.privilege
}

fn set<T: Debug>(datum: &Datum<Vec<T>>) -> BTreeSet<String> {
    value(datum).iter().map(|it| format!("{it:?}")).collect()
}

/// A listener without what only the program can ask for.
fn plain(listener: &Listener) -> Listener {
    Listener {
        v6_only: None,
        backlog: None,
        ..listener.clone()
    }
}

fn listeners(snapshot: &Snapshot) -> BTreeSet<String> {
    let listeners = value(&snapshot.listeners).iter();
    listeners.map(|it| format!("{:?}", plain(it))).collect()
}

/// The modes of files; how many keys one lists is not printed.
fn files(snapshot: &Snapshot) -> Vec<FileFacts> {
    let files = value(&snapshot.host.ssh_files).iter().cloned();
    files.map(|file| FileFacts { keys: None, ..file }).collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The rules a listing holds, without remarks and whatever the blanks between words are.
fn rules(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    let lines = lines.map(|it| words(it).join(" "));
    lines.filter(|it| !it.is_empty()).collect()
}

fn same_rules(said: &Snapshot, native: &Snapshot, shell: &str) {
    assert!(said.firewall.keys().eq(native.firewall.keys()), "{shell}");
    for (tool, listing) in &native.firewall {
        match (listing, &said.firewall[tool]) {
            (Datum::Read { value: theirs, .. }, Datum::Read { value: ours, .. }) => {
                assert_eq!(rules(&ours.text), rules(&theirs.text), "{shell}: {tool}");
            }
            (Datum::Skipped { .. }, Datum::Skipped { .. }) => {}
            (theirs, ours) => panic!("{shell}, {tool}: {theirs:?} {ours:?}"),
        }
    }
    let nft = value(&said.firewall["nft"]);
    assert!(nft.text.contains("tcp dport 25 drop"), "{shell}");
}

/// What is steady between two moments.
fn same_host(said: &Snapshot, native: &Snapshot, shell: &str) {
    assert_eq!(said.host.resolvers.value(), native.host.resolvers.value());
    let login = (value(&said.host.login), value(&native.host.login));
    assert_eq!(login.0.account, login.1.account, "{shell}");
    assert_eq!(login.0.shell_exists, login.1.shell_exists, "{shell}");
    assert_eq!(login.0.password, None);
    assert_eq!(login.0.nologin, login.1.nologin, "{shell}");
    assert_eq!(value(&said.host.processors), value(&native.host.processors));
    assert_eq!(value(&said.host.oom_kills), value(&native.host.oom_kills));
    assert_eq!(value(&said.host.tasks).max, value(&native.host.tasks).max);
    assert!(said.host.kernel_log.value().is_some(), "{shell}");
    assert_eq!(
        value(&said.host.needs_reboot),
        value(&native.host.needs_reboot)
    );
    let pam = (value(&said.host.pam), value(&native.host.pam));
    assert_eq!(pam.0.modules, pam.1.modules, "{shell}");
    assert_eq!(pam.0.missing, pam.1.missing, "{shell}");
    assert_eq!(value(&said.host.wrappers), value(&native.host.wrappers));
    assert_eq!(value(&said.host.ssh_socket), value(&native.host.ssh_socket));
    assert_eq!(files(said), files(native), "{shell}");
    assert_eq!(said.host.neighbours.value(), native.host.neighbours.value());
    assert_eq!(
        value(&said.host.memory).total_kib,
        value(&native.host.memory).total_kib
    );
}

#[test]
fn every_shell_tells_what_the_program_tells_as_root() {
    let directory = TempDir::new().unwrap();
    let script = written(directory.path(), Some(CLIENT));
    let at = |name: &str| directory.path().join(name);
    let tool = env!("CARGO_BIN_EXE_reachdx");
    let mut commands = format!(
        "{tool} inside --service tcp/1 --outbound 127.0.0.1:1 --from {CLIENT} > {}\n",
        at("native").display()
    );
    for shell in SHELLS {
        let to = at(shell);
        let command = format!("{shell} {script} > '{}'\n", to.display());
        commands.push_str(&command);
    }
    assert_eq!(in_a_network(&commands), "");
    let native = read_snapshot(&fs::read_to_string(at("native")).unwrap()).unwrap();
    for shell in SHELLS {
        let said = snapshot(&at(shell));
        assert!(said.root, "{shell}");
        assert_eq!(listeners(&said), listeners(&native), "{shell}");
        assert!(
            value(&said.listeners)
                .iter()
                .any(|it| it.port == 8080 && matches!(it.owner, Owner::Process { .. })),
            "{shell}"
        );
        assert_eq!(set(&said.addresses), set(&native.addresses), "{shell}");
        assert_eq!(set(&said.routes), set(&native.routes), "{shell}");
        assert_eq!(set(&said.host.links), set(&native.host.links), "{shell}");
        assert_eq!(
            value(&said.route_to_client),
            value(&native.route_to_client),
            "{shell}"
        );
        let (ours, theirs) = (value(&said.sysctls), value(&native.sysctls));
        assert!(
            ours.keys().eq(theirs.keys()),
            "{shell}: {ours:?} {theirs:?}"
        );
        for (name, setting) in ours {
            assert_eq!(words(setting), words(&theirs[name]), "{shell}: {name}");
        }
        same_rules(&said, &native, shell);
        same_host(&said, &native, shell);
        if let (Some(ours), Some(theirs)) = (said.ssh_login.value(), native.ssh_login.value()) {
            assert_eq!(ours, theirs, "{shell}");
        }
        assert!(value(&said.counters).values().all(|it| *it > 0));
        assert_eq!(privilege(&said.routes), Some(Privilege::Root), "{shell}");
        assert_eq!(privilege(&said.firewall["nft"]), Some(Privilege::Root));
    }
}

#[test]
fn nobody_is_told_what_nobody_may_see_and_the_rest_is_skipped() {
    let directory = TempDir::new().unwrap();
    let script = written(directory.path(), None);
    let at = |name: &str| directory.path().join(name);
    let mut commands = String::new();
    for shell in SHELLS {
        let command = format!(
            "setpriv --reuid=65534 --regid=65534 --clear-groups {shell} {script} > '{}'\n",
            at(shell).display()
        );
        commands.push_str(&command);
    }
    assert_eq!(in_a_network(&commands), "");
    for shell in SHELLS {
        let said = snapshot(&at(shell));
        assert!(!said.root);
        assert_eq!(privilege(&said.routes), Some(Privilege::User), "{shell}");
        assert_eq!(privilege(&said.firewall["nft"]), Some(Privilege::User));
        let server = value(&said.listeners).iter().find(|it| it.port == 8080);
        assert_eq!(server.unwrap().owner, Owner::Hidden, "{shell}");
        assert!(said.firewall.len() == 7 && said.firewall.values().all(|it| it.value().is_none()));
        assert!(value(&said.routes).iter().any(|it| it.reject), "{shell}");
        assert!(said.ssh_login.value().is_none() && said.host.ssh_check.value().is_none());
        assert!(said.route_to_client.value().is_none());
        assert!(value(&said.addresses).iter().any(|it| it.prefix == 24));
    }
}

#[test]
fn a_host_with_nothing_but_a_shell_and_proc_still_tells() {
    let directory = TempDir::new().unwrap();
    let script = written(directory.path(), None);
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("proc")).unwrap();
    fs::copy(&script, root.join("script.sh")).unwrap();
    fs::copy("/usr/bin/busybox", root.join("sh")).unwrap();
    let root = root.to_str().unwrap();
    // Of the system nothing but the libraries of the shell, and the kernel's own files.
    let commands = format!(
        "for place in proc usr/lib lib lib64; do
            [ -d /$place ] || continue
            mkdir -p {root}/$place
            mount --bind /$place {root}/$place
        done
        chroot {root} /sh /script.sh > {root}/said"
    );
    let output = run(
        "unshare",
        &[
            "--net",
            "--mount",
            "sh",
            "-euc",
            &[NETWORK, &commands].concat(),
        ],
    );
    assert!(output.status.success(), "{output:?}");
    let said = snapshot(&Path::new(root).join("said"));
    let server = value(&said.listeners).iter().find(|it| it.port == 8080);
    assert_eq!(server.unwrap().owner, Owner::Hidden);
    assert!(
        value(&said.routes)
            .iter()
            .any(|it| it.destination == "0.0.0.0/0")
    );
    assert!(!said.root);
    for reason in [
        format!("{:?}", said.addresses),
        format!("{:?}", said.sysctls),
        format!("{:?}", said.firewall["nft"]),
    ] {
        assert!(
            reason.contains("not installed") || reason.contains("needs root"),
            "{reason}"
        );
    }
}

#[test]
fn the_script_writes_nothing_and_prints_nothing_secret() {
    let directory = TempDir::new().unwrap();
    let script = written(directory.path(), None);
    let trace = format!(
        "cd {}; sh -n {script}; TMPDIR=$PWD HOME=$PWD sh {script} > /dev/null; ls",
        directory.path().display()
    );
    let output = run("unshare", &["--net", "sh", "-euc", &trace]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "script.sh\n");
    let said = String::from_utf8(run("sh", &[&script]).stdout).unwrap();
    for hidden in ["$y$", "$6$", "PRIVATE KEY", "link/ether", "lladdr"] {
        assert!(!said.contains(hidden), "{hidden}");
    }
}

#[test]
fn what_holds_more_than_is_needed_is_told_without_it() {
    let directory = TempDir::new().unwrap();
    let script = written(directory.path(), Some(CLIENT));
    let log = format!(
        "h sshd[1]: Failed password for SECRET from {CLIENT} port 4 ssh2\n\
         h sshd[1]: Failed password for SECRET from 1{CLIENT} port 4 ssh2\n\
         h sshd[1]: refused connect from {CLIENT} ({CLIENT})\n\
         h sshd[1]: User SECRET from {CLIENT} not allowed because not listed in AllowUsers\n\
         h sshd[1]: error: Bind to port 2222 on 0.0.0.0 failed: Permission denied.\n\
         h cron[1]: SECRET {CLIENT}\n"
    );
    fs::write(directory.path().join("auth.log"), log).unwrap();
    let told = "{\n \"v1\": {\n  \"datasource\": \"DataSourceNone\",\n  \"init\": {\n   \"errors\": \
        [\n    \"SECRET\",\n    \"\\\"SECRET\\\": x\"\n   ],\n   \"finished\": 1.5\n  },\n  \"stage\": null\n }\n}\n";
    fs::write(directory.path().join("status.json"), told).unwrap();
    let deny = format!("# SECRET\n\nALL: 192.0.2.99\n# SECRET\n\nsshd: {CLIENT}\n");
    fs::write(directory.path().join("hosts.deny"), deny).unwrap();
    let place = directory.path().display();
    let mut commands = format!(
        "mount -t tmpfs none /var/log; cp {place}/auth.log /var/log/
        mount -t tmpfs none /run; mkdir /run/cloud-init; cp {place}/status.json /run/cloud-init/
        cp -a /etc {place}/etc; mount --bind {place}/etc /etc; cp {place}/hosts.deny /etc/hosts.deny
        {} inside --service tcp/1 --outbound 127.0.0.1:1 --from {CLIENT} > {place}/native\n",
        env!("CARGO_BIN_EXE_reachdx")
    );
    for shell in SHELLS {
        let command = format!("{shell} {script} > '{place}/{shell}'\n");
        commands.push_str(&command);
    }
    let output = run("unshare", &["--net", "--mount", "sh", "-euc", &commands]);
    assert!(output.status.success(), "{output:?}");
    let text = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    let native = read_snapshot(&text("native")).unwrap().host;
    assert_eq!(value(&native.refusals).len(), 3);
    assert_eq!(value(&native.ssh_binds).len(), 1);
    assert_eq!(value(&native.cloud_init).errors, 2);
    assert_eq!(value(&native.wrappers), &Wrappers::Deny { line: 6 });
    for shell in SHELLS {
        let text = text(shell);
        assert!(!text.contains("SECRET"), "{shell}");
        let said = paste::read(&text).unwrap().snapshot.host;
        assert_eq!(value(&said.refusals), value(&native.refusals), "{shell}");
        assert_eq!(value(&said.ssh_binds), value(&native.ssh_binds), "{shell}");
        assert_eq!(
            value(&said.cloud_init),
            value(&native.cloud_init),
            "{shell}"
        );
        assert_eq!(value(&said.wrappers), value(&native.wrappers), "{shell}");
    }
}

fn once() -> String {
    let directory = TempDir::new().unwrap();
    let script = written(directory.path(), None);
    String::from_utf8(run("dash", &[&script]).stdout).unwrap()
}

#[test]
fn what_a_terminal_adds_changes_nothing() {
    let text = once();
    let want = paste::read(&text).unwrap();
    let crlf = text.replace('\n', "\r\n");
    let coloured = text.replace("\n:", "\n\u{1b}[0m:\u{1b}[31m");
    let prompted = format!("root@host:~# sh script.sh\n\u{1b}[?2004l\rroot# {text}root@host:~# ");
    let noisy = text.replace("\n=end", "\n[  12.3] eth0: link up\n=end");
    let blanks = text.replace('\t', "        ");
    for mangled in [crlf, coloured, prompted, noisy, blanks] {
        let got = paste::read(&mangled).unwrap();
        assert_eq!(got.remarks, want.remarks);
        assert_eq!(got.snapshot.listeners, want.snapshot.listeners);
        assert_eq!(got.snapshot.counters, want.snapshot.counters);
        assert_eq!(got.snapshot.routes, want.snapshot.routes);
    }
    let code = "7K3M-9QXZ".parse().unwrap();
    assert_eq!(want.check(code), Err(PairingError::Shell));
}

#[test]
fn what_was_lost_on_the_way_is_named_and_not_believed() {
    let text = once();
    let cut = text.split_once("=begin route ").unwrap().0;
    let got = paste::read(cut).unwrap();
    assert!(
        got.remarks
            .iter()
            .any(|it| it.contains("end of the shell script's output is missing"))
    );
    assert!(got.snapshot.listeners.value().is_some());
    let Datum::Skipped { reason, .. } = &got.snapshot.routes else {
        panic!("the routes came after the cut");
    };
    assert!(reason.contains("ends before it"), "{reason}");

    let changed = text.replacen(":Ip: Forwarding", ":Ip: Forwardin", 1);
    let got = paste::read(&changed).unwrap();
    assert!(
        got.remarks
            .iter()
            .any(|it| it.ends_with("not believed: snmp.before")),
        "{:?}",
        got.remarks
    );
    assert!(got.snapshot.counters.value().is_none());

    let (head, rest) = text.split_once("=begin load ").unwrap();
    let rest = rest.split_once("=begin memory ").unwrap().1;
    let got = paste::read(&format!("{head}=begin memory {rest}")).unwrap();
    assert!(
        got.remarks.iter().any(|it| it.starts_with("1 parts")),
        "{:?}",
        got.remarks
    );

    for (text, want) in [
        ("=reachdx-sh 9 0.1.0 0 x\n=done 0 0\n", "form 9"),
        ("=reachdx-sh 1 0.1.0 0 x\n", "ends after its first line"),
    ] {
        let error = paste::read(text).unwrap_err();
        assert!(matches!(error, PasteError::Shell(_)), "{error}");
        assert!(error.to_string().contains(want), "{error}");
    }
    assert!(!matches!(
        paste::read(":=reachdx-sh 1 0 0 x\n").unwrap_err(),
        PasteError::Shell(_)
    ));
}

#[test]
fn hostile_output_never_panics() {
    let text = once();
    let mut dice = fastrand::Rng::with_seed(7);
    for _ in 0..300 {
        let mut bytes = text.clone().into_bytes();
        assert!(bytes.len() > 20_000);
        for _ in 0..dice.usize(1..40) {
            let at = dice.usize(..bytes.len());
            match dice.u8(..4) {
                0 => bytes[at] = dice.u8(..),
                1 => bytes.truncate(bytes.len() - dice.usize(..bytes.len() / 9)),
                2 => bytes[at] = b'\n',
                _ => {
                    let end = (at + dice.usize(1..200)).min(bytes.len());
                    bytes.drain(at..end);
                }
            }
        }
        let mangled = String::from_utf8_lossy(&bytes);
        drop((paste::read(&mangled), paste::read(&recounted(&mangled))));
    }
}

/// The same with the counts put right, so that every parser is reached.
fn recounted(text: &str) -> String {
    let (mut lines, mut bytes) = (0, 0);
    let mut recounted = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["=end", name, ..] => {
                let end = format!("=end {name} 0 {lines} {bytes} 0\n");
                recounted.push_str(&end);
                continue;
            }
            ["=begin", ..] => (lines, bytes) = (0, 0),
            _ if line.starts_with(':') => {
                lines += 1;
                bytes += words.concat().len() - 1;
            }
            _ => {}
        }
        recounted += line;
        recounted.push('\n');
    }
    recounted
}

const NETWORK: &str = "
ip link set lo up
ip link add d0 type veth peer name p0
ip address add 192.0.2.2/24 dev d0
ip address add 192.0.2.3 peer 198.51.100.1/32 dev d0
ip address add 2001:db8::2/64 dev d0 nodad
ip link set d0 up
ip link add d1 type veth peer name p1
ip route add default via 192.0.2.1
ip route add unreachable 203.0.113.0/24
nft 'add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in tcp dport 25 drop comment \"caf\\u00e9\"'
busybox nc -l -p 8080 &
server=$!
trap 'kill $server' EXIT
sleep 0.3
";
