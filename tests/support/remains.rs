//! Proves that network namespaces leave nothing behind, however the process that made them ends.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The variable that tells a program of tests to be the one that is killed.
pub(crate) const HOLD: &str = "REACHDX_HOLD";

/// Says which namespaces this process has, and waits for its end.
pub(crate) fn hold(namespaces: &[String]) {
    let mut output = std::io::stdout();
    writeln!(output, "{}", namespaces.join(" ")).unwrap();
    output.flush().unwrap();
    loop {
        thread::sleep(Duration::from_mins(1));
    }
}

/// Kills a copy of this program in the middle of its work, and looks for who still holds its
/// namespaces: the kernel keeps one as long as a thread stands in it or a file of it is open. There
/// are so many of them, with at least so many holders.
pub(crate) fn assert_none(number: usize, least: usize) {
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
    assert_eq!(namespaces.len(), number, "{number} namespaces in `{line}`");
    let before = holders(&namespaces);
    assert!(before >= least, "{before} holders before the end");
    let pid = Pid::from_raw(i32::try_from(copy.id()).unwrap());
    kill(pid, Signal::SIGKILL).unwrap();
    copy.wait().unwrap();
    let gone = (0..500).any(|_| {
        thread::sleep(Duration::from_millis(10));
        holders(&namespaces) == 0
    });
    assert!(gone, "{} holders are left", holders(&namespaces));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let named = |namespace: &&String| mounts.contains(namespace.as_str());
    assert_eq!(
        namespaces.iter().find(named),
        None,
        "no namespace has a name"
    );
}

/// The namespace behind a file of `/proc`; `None` when it is gone.
pub(crate) fn namespace(path: &str) -> Option<String> {
    let link = fs::read_link(path).ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// How many threads stand in these namespaces, and how many open files are of them.
fn holders(namespaces: &BTreeSet<String>) -> usize {
    let processes = entries("/proc");
    let held = processes.iter().flat_map(|process| {
        let threads = entries(&format!("{process}/task"));
        let standing = threads.into_iter().map(|thread| format!("{thread}/ns/net"));
        standing.chain(entries(&format!("{process}/fd")))
    });
    held.filter_map(|path| namespace(&path))
        .filter(|found| namespaces.contains(found))
        .count()
}

/// The numbered entries of a directory; none when it is gone.
fn entries(directory: &str) -> Vec<String> {
    let Ok(found) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let names = found.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|name| format!("{directory}/{name}"))
        .collect()
}
