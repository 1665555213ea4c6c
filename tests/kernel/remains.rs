//! Proves that a world leaves nothing behind, however its process ends.

use crate::world::World;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The variable that tells this program to be the one that is killed.
pub(crate) const HOLD: &str = "REACHDX_KERNEL_HOLD";

/// Builds a world, says which namespaces it has, and waits for its end.
pub(crate) fn hold() {
    World::with(|world| {
        let places = [&world.host, &world.peer, &world.far];
        let names = places.map(|place| link(&format!("/proc/self/fd/{}", place.as_raw_fd())));
        let names = names.map(Option::unwrap);
        let mut output = std::io::stdout();
        writeln!(output, "{}", names.join(" ")).unwrap();
        output.flush().unwrap();
        loop {
            thread::sleep(Duration::from_mins(1));
        }
    });
}

/// Kills a copy of this program in the middle of its work, and looks for who still holds its
/// namespaces: the kernel keeps one as long as a thread stands in it or a file of it is open.
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
    assert_eq!(namespaces.len(), 3, "three namespaces in `{line}`");
    assert!(holders(&namespaces) >= 3, "somebody holds them");
    let pid = Pid::from_raw(i32::try_from(copy.id()).unwrap());
    kill(pid, Signal::SIGKILL).unwrap();
    copy.wait().unwrap();
    assert_eq!(holders(&namespaces), 0, "nobody holds them");
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(
        !mounts.contains("nsfs"),
        "no namespace has a name:\n{mounts}"
    );
}

/// How many threads stand in these namespaces, and how many open files are of them.
fn holders(namespaces: &BTreeSet<String>) -> usize {
    let processes = entries("/proc");
    let held = processes.iter().flat_map(|process| {
        let threads = entries(&format!("{process}/task"));
        let standing = threads.into_iter().map(|thread| format!("{thread}/ns/net"));
        standing.chain(entries(&format!("{process}/fd")))
    });
    held.filter_map(|path| link(&path))
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

fn link(path: &str) -> Option<String> {
    let link = fs::read_link(path).ok()?;
    Some(link.to_string_lossy().into_owned())
}
