//! A check that logs in to the instance with the system's `ssh` and watches there meanwhile: against a
//! real `sshd`, with keys and settings of its own.

use crate::groups::{EVERYTHING, Group};
use crate::lab::{CLIENT_ADDRESS, Lab, PUBLIC};
use crate::machine::Machine;
use crate::servers;
use crate::tool::{self, TOOL, provided, text};
use crate::{peers, trial};
use libtest_mimic::Trial;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Output};
use std::thread;
use std::time::Duration;

/// Every trial of a joined check.
pub(crate) fn trials() -> Vec<Trial> {
    let all: [(&str, fn()); 14] = [
        ("copies_itself_watches_and_leaves_nothing", assert_copied),
        ("sees_what_the_host_firewall_drops", assert_dropped),
        ("uses_what_is_installed", assert_installed),
        ("works_under_csh", || assert_shell("/bin/tcsh", "")),
        ("works_under_busybox", assert_busybox),
        ("finds_a_place_that_lets_programs_run", assert_no_exec),
        ("says_what_is_lost_without_root", assert_unprivileged),
        ("goes_through_a_jump_host", assert_jumped),
        ("takes_a_password_that_is_typed", assert_typed),
        ("goes_on_when_it_cannot_log_in", assert_refused),
        ("goes_on_when_what_it_is_told_does_not_end", assert_flooded),
        ("gives_up_on_a_login_that_hangs", assert_hanging),
        ("leaves_nothing_when_killed_while_copying", || {
            assert_killed("[ -s /tmp/reachdx.*/reachdx ]");
        }),
        ("leaves_nothing_when_killed_while_watching", || {
            assert_killed(WATCHING);
        }),
    ];
    all.into_iter()
        .map(|(name, run)| trial("joined", name, run))
        .collect()
}

fn assert_copied() {
    let lab = lab("");
    let before = files(&lab.instance);
    let document = checked(&lab, "ssh,tcp/8080", &[]);
    assert_joined(&document);
    let note = note(&document);
    assert!(note.contains("a copy of this program"), "{note}");
    assert!(note.contains(CLIENT_ADDRESS), "{note}");
    let inside = &document["run"]["evidence"]["inside"];
    assert_eq!(inside["root"], true);
    assert_eq!(inside["witness"]["client"], CLIENT_ADDRESS);
    assert_eq!(tool::flow(&document, "in/tcp/8080")["status"], "reachable");
    assert_eq!(files(&lab.instance), before);
    assert_merges_by_hand(&lab, &document);
}

/// The same snapshot as a file, given later to `report`, is merged with its watch.
fn assert_merges_by_hand(lab: &Lab, document: &Value) {
    let snapshot = &document["run"]["evidence"]["inside"];
    lab.client
        .write("/run/lab/later.json", snapshot.to_string());
    let outside = lab.check(&[PUBLIC, "--service", "tcp/8080"]);
    lab.client.write("/run/lab/run.json", outside.to_string());
    let words = [
        TOOL,
        "report",
        "/run/lab/run.json",
        "--inside",
        "/run/lab/later.json",
        "--format",
        "json",
    ];
    let output = lab.client.output(&words);
    let merged: Value = serde_json::from_slice(&output.stdout).unwrap();
    let evidence = &merged["run"]["evidence"];
    assert_eq!(evidence["inside"]["witness"], snapshot["witness"]);
    assert_ne!(evidence["witness_joined"], true);
}

fn assert_dropped() {
    let lab = lab("");
    lab.host(
        "nft 'add table inet t; add chain inet t c { type filter hook input priority 0; }; \
         add rule inet t c tcp dport 8080 drop'",
    );
    let document = checked(&lab, "ssh,tcp/8080", &[]);
    assert_joined(&document);
    let flow = tool::flow(&document, "in/tcp/8080");
    assert_eq!(tool::cause(flow), "host_firewall.dropped", "{flow:#}");
    let witness = &document["run"]["evidence"]["inside"]["witness"];
    let seen = witness["packets"]["value"]["seen"].to_string();
    assert!(seen.contains("8080"), "no SYN in {witness:#}");
}

fn assert_installed() {
    let lab = lab("SetEnv PATH=/run/lab/bin:/usr/bin:/bin");
    lab.host("mkdir /run/lab/bin && ln -s ../reachdx /run/lab/bin/reachdx");
    let before = files(&lab.instance);
    let document = checked(&lab, "ssh", &[]);
    assert_joined(&document);
    assert!(note(&document).contains("the reachdx installed there"));
    assert_eq!(files(&lab.instance), before);

    lab.instance.end("sshd");
    let document = checked(&lab, "ssh", &[]);
    assert!(
        note(&document).contains("Connection refused"),
        "{document:#}"
    );
    assert_eq!(document["run"]["evidence"]["inside"], Value::Null);
}

fn assert_shell(shell: &str, settings: &str) {
    let lab = lab(settings);
    user(&lab.instance, "root", 0, shell);
    let before = files(&lab.instance);
    let document = checked(&lab, "ssh", &[]);
    assert_joined(&document);
    assert_eq!(files(&lab.instance), before);
}

fn assert_busybox() {
    let lab = lab("SetEnv PATH=/run/lab/busybox");
    lab.host("mkdir /run/lab/busybox && busybox --install -s /run/lab/busybox");
    user(&lab.instance, "root", 0, "/run/lab/busybox/ash");
    let before = files(&lab.instance);
    assert_joined(&checked(&lab, "ssh", &[]));
    assert_eq!(files(&lab.instance), before);
}

fn assert_no_exec() {
    let lab = lab("");
    lab.host("mount -o remount,noexec /tmp");
    let before = files(&lab.instance);
    assert_joined(&checked(&lab, "ssh", &[]));
    lab.host("mount -o remount,noexec /dev/shm; mount -o remount,noexec /root");
    let document = checked(&lab, "ssh", &[]);
    let note = note(&document);
    assert!(note.contains("no directory there has room"), "{note}");
    assert!(note.contains("install reachdx there"), "{note}");
    assert_eq!(files(&lab.instance), before);
}

fn assert_unprivileged() {
    let lab = lab("SetEnv PATH=/run/lab/bin:/usr/bin:/bin");
    user(&lab.instance, "deploy", 1234, "/bin/sh");
    lab.host("mkdir -m 755 /run/lab/bin; chmod 755 /run/lab; chmod 1777 /tmp /dev/shm");
    let before = files(&lab.instance);
    let url = format!("ssh://deploy@{PUBLIC}");
    let document = checked_over(&lab, &url, "ssh", &[]);
    assert_joined(&document);
    let lost = note(&document);
    assert!(lost.contains("`deploy` is not root there"), "{lost}");
    let inside = &document["run"]["evidence"]["inside"];
    assert_eq!(inside["root"], false);

    lab.host(
        "rm /etc/sudoers.d /etc/shadow; mkdir -m 755 /etc/sudoers.d; \
         echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/deploy; \
         echo 'deploy:*:1::::::' >/etc/shadow",
    );
    let document = checked_over(&lab, &url, "ssh", &[]);
    assert_joined(&document);
    assert!(note(&document).contains("by `sudo -n`"), "{document:#}");
    assert_eq!(files(&lab.instance), before);
}

/// The user's own configuration leads there, by another name and through another host.
fn assert_jumped() {
    let lab = lab("");
    let host = lab.client.run(&["cat", "/run/lab/known_hosts"]);
    let key = host.split_once(' ').unwrap().1;
    let known = format!("{host}10.0.1.10 {key}");
    lab.client.write("/run/lab/known_hosts", known);
    lab.client.sh("mkdir -m 700 /root/.ssh");
    let configuration = format!(
        "Host web\n HostName 10.0.1.10\n ProxyJump jump\nHost jump\n HostName {PUBLIC}\nHost *\n \
         User root\n IdentityFile /run/lab/user_key\n UserKnownHostsFile /run/lab/known_hosts\n"
    );
    lab.client.write("/root/.ssh/config", configuration);
    let before = files(&lab.instance);
    let arguments = [PUBLIC, "--service", "ssh,tcp/8080", "--inside", "ssh://web"];
    let document = lab.check(&arguments);
    assert_joined(&document);
    let note = note(&document);
    assert!(note.contains("of anyone"), "{note}");
    let witness = &document["run"]["evidence"]["inside"]["witness"];
    assert_eq!(witness["client"], Value::Null);
    let seen = witness["packets"]["value"]["seen"].to_string();
    assert!(seen.contains(CLIENT_ADDRESS), "{seen}");
    assert_eq!(files(&lab.instance), before);
}

/// A terminal asks for the password, although the tool writes and reads pipes of `ssh`.
fn assert_typed() {
    let lab = lab("PasswordAuthentication yes");
    lab.host(
        "rm /etc/shadow /run/lab/authorized_keys; \
         echo \"root:$(openssl passwd -6 correct-horse):1::::::\" >/etc/shadow",
    );
    let url = format!("ssh://root@{PUBLIC}");
    let mut words = vec![TOOL, "check", PUBLIC, "--service", "ssh", "--inside", &url];
    words.extend(["--format", "json", "--output", "/run/lab/typed.json"]);
    words.extend(OPTIONS);
    let command = words.join(" ");
    let typed = format!(
        "{{ sleep 3; echo correct-horse; sleep 7; }} | script -qec '{command}' /run/lab/terminal"
    );
    lab.client.sh(&typed);
    let terminal = lab.client.run(&["cat", "/run/lab/terminal"]);
    assert!(terminal.contains("password:"), "{terminal}");
    assert!(!terminal.contains("correct-horse"), "{terminal}");
    let document = lab.client.run(&["cat", "/run/lab/typed.json"]);
    assert_joined(&serde_json::from_str(&document).unwrap());
}

fn assert_refused() {
    let lab = lab("");
    lab.client
        .sh("ssh-keygen -q -t ed25519 -N '' -f /run/lab/other_key; : >/run/lab/nobody");
    let unknown = ["--ssh-option", "UserKnownHostsFile=/run/lab/nobody"];
    assert_without(&lab, &unknown, "Host key verification failed");

    let other = lab.client.run(&["cat", "/run/lab/other_key.pub"]);
    lab.instance.write("/run/lab/authorized_keys", &other);
    assert_without(&lab, &[], "Permission denied");

    let changed = format!("{PUBLIC} {other}");
    lab.client.write("/run/lab/known_hosts", changed);
    assert_without(&lab, &[], "HOST IDENTIFICATION HAS CHANGED");
}

/// The login fails with this complaint, and the check goes on.
fn assert_without(lab: &Lab, options: &[&str], complaint: &str) {
    let document = checked(lab, "ssh", options);
    let note = note(&document);
    assert!(note.contains("no inside view over ssh"), "{note}");
    assert!(note.contains(complaint), "{note}");
    assert_eq!(document["status"], "reachable");
    let evidence = &document["run"]["evidence"];
    assert_eq!(evidence["inside"], Value::Null);
    assert_ne!(evidence["witness_joined"], true);
}

fn assert_flooded() {
    let lab = lab("SetEnv PATH=/run/lab/bin:/usr/bin:/bin");
    lab.host("mkdir /run/lab/bin");
    let identity = lab.client.run(&[TOOL, "inside", "--identify"]);
    let identity = identity.trim();
    for (body, complaint) in [
        ("tr '\\0' x </dev/zero", "more was sent than any answer"),
        ("echo '{\"reachdx_inside\"'", "cannot be read"),
        ("exit 7", "without a word"),
    ] {
        let program = format!(
            "#!/bin/sh\n[ \"$2\" = --identify ] && {{ echo {identity}; exit; }}\n\
             echo '{READY}' >&2\ncat >/dev/null\n{body}\n"
        );
        script(&lab.instance, "/run/lab/bin/reachdx", &program);
        let document = checked(&lab, "ssh", &[]);
        let note = note(&document);
        assert!(note.contains(complaint), "{note}");
        assert_eq!(document["status"], "reachable");
    }
    script(&lab.instance, "/run/lab/bin/flood", "#!/bin/sh\nexec yes\n");
    user(&lab.instance, "root", 0, "/run/lab/bin/flood");
    let note = note(&checked(&lab, "ssh", &[]));
    assert!(note.contains("more was sent than any answer"), "{note}");
}

fn assert_hanging() {
    let lab = lab("");
    script(
        &lab.instance,
        "/run/lab/hang",
        "#!/bin/sh\nexec sleep 1000\n",
    );
    user(&lab.instance, "root", 0, "/run/lab/hang");
    let note = note(&checked(&lab, "ssh", &[]));
    assert!(note.contains("logging in took longer than 20 s"), "{note}");
}

/// Kills the check once `condition` holds on the instance, and looks for what it leaves there.
fn assert_killed(condition: &str) {
    let lab = lab("");
    let before = files(&lab.instance);
    let mut check = started(&lab);
    let until = format!("for _ in $(seq 4000); do {condition} && exit; sleep 0.005; done; exit 1");
    lab.instance.run(&["sh", "-c", &until]);
    lab.client.signal("reachdx", "KILL");
    check.wait().unwrap();
    let gone = (0..300).any(|_| {
        thread::sleep(Duration::from_millis(100));
        files(&lab.instance) == before
            && !lab
                .instance
                .output(&["sh", "-c", WATCHING])
                .status
                .success()
    });
    assert!(gone, "{}", files(&lab.instance));
}

fn started(lab: &Lab) -> Child {
    provided(&lab.client);
    let mut words = vec![TOOL, "check", PUBLIC, "--service", "ssh,tcp/8081"];
    let url = format!("ssh://root@{PUBLIC}");
    words.extend(["--inside", &url, "--format", "json"]);
    words.extend(OPTIONS);
    let mut command = lab.client.command(&words);
    command.stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// A lab whose instance runs `sshd` with these settings and a server on 8080, and whose client knows
/// the one and has a key for it.
fn lab(settings: &str) -> Lab {
    let mut lab = Lab::start(&[Group::inbound("sg-all", &EVERYTHING)], &[]);
    for machine in [&lab.client, &lab.instance] {
        machine.sh("for place in /root /dev/shm; do mount -t tmpfs tmpfs $place; done");
    }
    provided(&lab.client);
    provided(&lab.instance);
    lab.host("mount -t tmpfs -o mode=1777 tmpfs /tmp");
    servers::sshd(
        &mut lab.instance,
        &format!("ListenAddress 0.0.0.0\nStrictModes no\n{LOGINS}\n{settings}"),
    );
    lab.instance.wait_for_listener(22, &["tcp"]);
    lab.instance.serve(&["0.0.0.0:8080"], peers::says("hello"));
    lab.client
        .sh("ssh-keygen -q -t ed25519 -N '' -f /run/lab/user_key");
    let key = lab.client.run(&["cat", "/run/lab/user_key.pub"]);
    lab.instance.write("/run/lab/authorized_keys", key);
    lab.host("chmod 644 /run/lab/authorized_keys; chmod 755 /run/lab");
    let host = lab
        .instance
        .run(&["ssh-keygen", "-y", "-f", "/run/lab/host_key"]);
    lab.client
        .write("/run/lab/known_hosts", format!("{PUBLIC} {host}"));
    lab
}

/// Gives a user this login shell; the others are gone.
fn user(instance: &Machine, name: &str, id: u32, shell: &str) {
    let line = format!("{name}:x:{id}:{id}::/root:{shell}");
    instance.sh(&format!(
        "grep -v '^{name}:' /etc/passwd >/run/lab/passwd; echo '{line}' >>/run/lab/passwd; \
         rm -f /etc/passwd; cp /run/lab/passwd /etc/passwd"
    ));
}

fn script(machine: &Machine, path: &str, content: &str) {
    machine.sh(&format!("rm -f {path}"));
    machine.write(path, content);
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(machine.path(path), permissions).unwrap();
}

fn checked(lab: &Lab, services: &str, more: &[&str]) -> Value {
    checked_over(lab, &format!("ssh://root@{PUBLIC}"), services, more)
}

fn checked_over(lab: &Lab, url: &str, services: &str, more: &[&str]) -> Value {
    let mut arguments = vec![PUBLIC, "--service", services, "--inside", url];
    arguments.extend(more);
    arguments.extend(OPTIONS);
    lab.check(&arguments)
}

fn assert_joined(document: &Value) {
    let evidence = &document["run"]["evidence"];
    assert_eq!(evidence["witness_joined"], true, "{}", evidence["notes"]);
    assert!(evidence["inside"]["witness"].is_object());
}

/// What is said of the login.
fn note(document: &Value) -> String {
    let notes = document["run"]["evidence"]["notes"].as_array().unwrap();
    let about = notes.iter().find(|it| text(it).contains("over ssh"));
    text(about.expect("a note of the login")).to_owned()
}

/// What stands where a copy may be put.
fn files(instance: &Machine) -> String {
    let words = ["find", "/tmp", "/dev/shm", "/root", "-mindepth", "1"];
    let Output { stdout, .. } = instance.output(&words);
    String::from_utf8(stdout).unwrap()
}

const LOGINS: &str =
    "AuthorizedKeysFile /run/lab/authorized_keys\nPermitRootLogin yes\nMaxStartups 100";
const OPTIONS: [&str; 8] = [
    "--ssh-option",
    "UserKnownHostsFile=/run/lab/known_hosts",
    "--ssh-option",
    "GlobalKnownHostsFile=/dev/null",
    "--ssh-option",
    "IdentityFile=/run/lab/user_key",
    "--ssh-option",
    "IdentitiesOnly=yes",
];
/// Whether a watch runs; the pattern does not match itself.
const WATCHING: &str = "grep -qs '[u]ntil-eof' /proc/[0-9]*/cmdline";
const READY: &str = "reachdx witness: watching, probe now";
