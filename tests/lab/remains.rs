//! Proves that a lab leaves nothing behind, however its process ends.

use crate::groups;
use crate::lab::Lab;
use crate::machine::Machine;
use crate::servers::Server;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The variable that tells this program to be the one that is killed.
pub(crate) const HOLD: &str = "REACHDX_LAB_HOLD";

/// Builds a lab, says which namespaces it has, and waits for its end.
pub(crate) fn hold() {
    let lab = Lab::start(&groups::web(), &[Server::Ssh, Server::Web]);
    let namespaces: Vec<String> = lab
        .machines()
        .into_iter()
        .map(Machine::pid)
        .filter_map(namespace)
        .collect();
    let mut output = std::io::stdout();
    writeln!(output, "{}", namespaces.join(" ")).unwrap();
    output.flush().unwrap();
    loop {
        thread::sleep(Duration::from_mins(1));
    }
}

/// Kills a copy of this program in the middle of a lab, and looks for remains.
pub(crate) fn assert_none() {
    let mut copy = Command::new(std::env::current_exe().unwrap())
        .env(HOLD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(copy.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let namespaces: BTreeSet<String> = line.split_whitespace().map(str::to_owned).collect();
    assert_eq!(namespaces.len(), 5, "five machines in `{line}`");
    let before = inhabitants(&namespaces);
    assert!(before > 10, "{before} processes before the end");
    kill(
        Pid::from_raw(i32::try_from(copy.id()).unwrap()),
        Signal::SIGKILL,
    )
    .unwrap();
    copy.wait().unwrap();
    let gone = (0..500).any(|_| {
        thread::sleep(Duration::from_millis(10));
        inhabitants(&namespaces) == 0
    });
    assert!(gone, "{} processes are left", inhabitants(&namespaces));
}

/// How many processes live in these network namespaces.
fn inhabitants(namespaces: &BTreeSet<String>) -> usize {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(namespace)
        .filter(|found| namespaces.contains(found))
        .count()
}

fn namespace(pid: i32) -> Option<String> {
    let link = fs::read_link(format!("/proc/{pid}/ns/net")).ok()?;
    Some(link.to_string_lossy().into_owned())
}
