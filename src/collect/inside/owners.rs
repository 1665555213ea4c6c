//! Which process holds which socket: the links in `/proc/PID/fd`.

use super::files::{one_line, read_text};
use crate::inside::Owner;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The processes that hold the sockets asked for.
pub(super) struct Owners {
    found: BTreeMap<u64, u32>,
    complete: bool,
}

/// Looks through the processes until `end`.
///
/// Of several processes that share a socket the oldest is named, and process 1 only when it is
/// alone: it also holds the sockets it opens on behalf of services.
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
                    owners.found.entry(*inode).or_insert(pid);
                }
            }
            Err(ErrorKind::PermissionDenied) => owners.complete = false,
            Err(_) => {}
        }
    }
    owners
}

impl Owners {
    /// Who holds one socket.
    pub(super) fn owner(&self, inode: u64) -> Owner {
        match self.found.get(&inode) {
            Some(pid) => Owner::Process {
                pid: *pid,
                name: name(*pid),
            },
            None if self.complete => Owner::NotFound,
            None => Owner::Hidden,
        }
    }
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

fn name(pid: u32) -> String {
    read_text(format!("/proc/{pid}/comm"))
        .map_or_else(|_| "?".to_owned(), |comm| one_line(&comm.text))
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

    #[test]
    fn a_socket_nobody_holds_is_hidden_unless_everything_was_seen() {
        let owners = |complete| Owners {
            found: BTreeMap::new(),
            complete,
        };
        assert_eq!(owners(true).owner(7), Owner::NotFound);
        assert_eq!(owners(false).owner(7), Owner::Hidden);
    }
}
