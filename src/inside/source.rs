//! Where what a host says of itself comes from.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{
    Address, Datum, LinkFacts, Managed, Neighbour, Owner, PolicyRule, RouteToClient, SocketDetail,
    Taken,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;

/// A host to be read: the one that runs this, another one's disk, or what a script printed of one.
///
/// Paths are the host's own; the files of the network namespace lie under `/proc/net`. An error of
/// kind [`NotFound`](io::ErrorKind::NotFound) says that the host has no such file, any other that
/// nobody can tell. What only a running kernel answers is skipped unless a source says otherwise.
pub trait Source {
    /// The beginning of a text file.
    fn text(&self, path: &str) -> io::Result<FileText>;
    /// The end of a text file that grows at its end.
    fn tail(&self, path: &str) -> io::Result<FileText>;
    /// The beginning of a file that is no text.
    fn bytes(&self, path: &str) -> io::Result<Vec<u8>>;
    /// Whether these bytes stand anywhere in a file, such as the name of a library in a program.
    fn holds(&self, path: &str, bytes: &[u8]) -> io::Result<bool>;
    /// Owner and mode of what a path leads to.
    fn status(&self, path: &str) -> io::Result<FileStatus>;
    /// The `SELinux` label of what a path leads to.
    fn label(&self, _path: &str) -> Option<String> {
        None
    }
    /// The names in a directory, sorted.
    fn names(&self, path: &str) -> io::Result<Vec<String>>;
    /// Why it does not answer what only a kernel that runs does.
    fn silence(&self) -> &'static str;

    /// How what it has just told was taken.
    fn taken(&self) -> Taken {
        Taken::default()
    }

    /// The release of the kernel, such as `6.1.0-35-amd64`.
    fn release(&self) -> Option<String> {
        None
    }

    /// The addresses of every interface.
    fn addresses(&self) -> Datum<Vec<Address>> {
        Datum::skipped("", self.silence())
    }

    /// The kernel's choice of route.
    fn route_to(&self, _client: IpAddr) -> Datum<RouteToClient> {
        Datum::skipped("", self.silence())
    }

    /// Every interface.
    fn links(&self) -> Datum<Vec<LinkFacts>> {
        Datum::skipped("", self.silence())
    }

    /// What is known of neighbours.
    fn neighbours(&self) -> Datum<Vec<Neighbour>> {
        Datum::skipped("", self.silence())
    }

    /// Which routing table serves whom.
    fn policy_rules(&self) -> Datum<Vec<PolicyRule>> {
        Datum::skipped("", self.silence())
    }

    /// Whether the clock is synchronised.
    fn clock_synchronised(&self) -> Datum<bool> {
        Datum::skipped("", self.silence())
    }

    /// The kernel's log.
    fn kernel_log(&self) -> io::Result<FileText> {
        Err(io::Error::other(self.silence()))
    }

    /// What socket diagnostics tell, by inode.
    fn socket_details(&self) -> BTreeMap<u64, SocketDetail> {
        BTreeMap::new()
    }

    /// Who holds these sockets, by inode.
    fn owners(&self, _inodes: &BTreeSet<u64>) -> Owners {
        Owners::default()
    }
}

/// A file's text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FileText {
    /// It.
    pub text: String,
    /// True when it was cut, at the end of a line, at a limit.
    pub truncated: bool,
}

/// Who may do what with a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileStatus {
    /// The permission bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
}

/// The processes that hold sockets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Owners {
    /// By the socket's inode.
    pub found: BTreeMap<u64, Holder>,
    /// True when every process was looked at.
    pub complete: bool,
}

/// A process that holds a socket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// The name of its program.
    pub name: String,
    /// Who manages it.
    pub managed: Managed,
}

impl Owners {
    /// Who holds one socket.
    pub fn owner(&self, inode: u64) -> Owner {
        match self.found.get(&inode) {
            Some(holder) => Owner::Process {
                pid: holder.pid,
                name: holder.name.clone(),
                unit: holder.managed.unit.clone(),
                container: holder.managed.container.clone(),
            },
            None if self.complete => Owner::NotFound,
            None => Owner::Hidden,
        }
    }

    /// Notes one holder. Of several processes that share a socket the oldest is named, and process 1
    /// only when it is alone: it also holds the sockets it opens on behalf of services.
    pub fn note(&mut self, inode: u64, pid: u32, holder: impl FnOnce() -> Holder) {
        let order = |pid: u32| (pid == 1, pid);
        let known = self.found.get(&inode);
        if known.is_none_or(|known| order(pid) < order(known.pid)) {
            self.found.insert(inode, holder());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_nobody_holds_is_hidden_unless_everything_was_seen() {
        let owners = |complete| Owners {
            found: BTreeMap::new(),
            complete,
        };
        assert_eq!(owners(true).owner(7), Owner::NotFound);
        assert_eq!(owners(false).owner(7), Owner::Hidden);
    }

    #[test]
    fn the_oldest_holder_is_named_and_process_1_only_when_alone() {
        let holder = |pid, name: &str| Holder {
            pid,
            name: name.to_owned(),
            ..Holder::default()
        };
        let mut owners = Owners::default();
        for (pid, name) in [(1, "init"), (40, "worker"), (30, "server"), (50, "late")] {
            owners.note(7, pid, || holder(pid, name));
        }
        owners.note(8, 1, || holder(1, "init"));
        let named = |inode| owners.found[&inode].name.as_str();
        assert_eq!((named(7), named(8)), ("server", "init"));
    }
}
