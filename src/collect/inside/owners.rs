//! Which process holds which socket: the links in `/proc/PID/fd`.

use super::files::one_line;
use super::root::Root;
use crate::inside::{Holder, Owners, parse_cgroup};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Looks through the processes until `end`; only root can be sure to see them all.
pub(super) fn find(inodes: &BTreeSet<u64>, root: bool, end: Instant) -> Owners {
    let mut owners = Owners {
        found: BTreeMap::new(),
        complete: root,
    };
    let Ok(processes) = fs::read_dir("/proc") else {
        owners.complete = false;
        return owners;
    };
    let mut pids: Vec<u32> = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    // Process 1 last: it counts only where nobody else holds a socket.
    pids.sort_unstable_by_key(|pid| (*pid == 1, *pid));
    for pid in pids {
        if owners.found.len() == inodes.len() {
            break;
        }
        if Instant::now() >= end {
            owners.complete = false;
            break;
        }
        match sockets(&Path::new("/proc").join(pid.to_string()).join("fd")) {
            Ok(held) => {
                for inode in held.intersection(inodes) {
                    owners.note(*inode, pid, || holder(pid));
                }
            }
            Err(ErrorKind::PermissionDenied) => owners.complete = false,
            Err(_) => {}
        }
    }
    owners
}

fn sockets(directory: &PathBuf) -> Result<BTreeSet<u64>, ErrorKind> {
    let descriptors = fs::read_dir(directory).map_err(|error| error.kind())?;
    let mut inodes = BTreeSet::new();
    for descriptor in descriptors.flatten() {
        match fs::read_link(descriptor.path()) {
            Ok(link) => inodes.extend(link.to_str().and_then(inode)),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(error.kind()),
            Err(_) => {}
        }
    }
    Ok(inodes)
}

fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

fn holder(pid: u32) -> Holder {
    let text = |file: &str| Root::Live.text(&format!("/proc/{pid}/{file}")).ok();
    let groups = text("cgroup").map(|groups| parse_cgroup(&groups.text));
    Holder {
        pid,
        name: text("comm").map_or_else(|| "?".to_owned(), |comm| one_line(&comm.text)),
        managed: groups.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_socket_links_have_an_inode() {
        assert_eq!(inode("socket:[18212]"), Some(18212));
        for link in ["pipe:[1]", "socket:[", "socket:[x]", "/dev/null", ""] {
            assert_eq!(inode(link), None, "{link}");
        }
    }
}
