//! The state of the host itself.
//!
//! Every file is read below a [`Root`], so that the same readers serve a mounted disk; what only a
//! running kernel knows is skipped there.

mod disks;
mod login;
mod name_servers;
mod ssh;

use super::Options;
use super::files::{Text, read, skipped};
use super::netlink;
use super::root::Root;
use crate::inside::{
    Datum, Host, HostReply, HostTable, host_request, parse_descriptors, parse_host_reply,
    parse_load, parse_memory, parse_pressure, parse_resolvers, parse_uptime,
};
pub(super) use disks::disks;
pub(super) use name_servers::ask as ask_name_servers;
use nix::sys::socket::SockProtocol;
pub(super) use ssh::check as ssh_check;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

/// Whom the host is asked about.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// The user who would log in.
    pub(super) user: String,
    /// The client.
    pub(super) client: Option<IpAddr>,
    /// Days since 1970.
    pub(super) today: i64,
}

impl About {
    /// Whom this run is about.
    pub(super) fn new(options: &Options) -> Self {
        Self {
            user: options.user.clone(),
            client: options.from,
            today: jiff::Timestamp::now().as_second() / 86_400,
        }
    }
}

/// Reads everything but the disks, which may hang on a dead file server, and what needs a command.
pub(super) fn collect(root: &Root, about: &About) -> Host {
    let mut host = Host {
        resolvers: text(root, "/etc/resolv.conf", |it| Some(parse_resolvers(it))),
        login: login::gates(root, about),
        wrappers: login::wrappers(root, about.client),
        refusals: login::refusals(root, about.client),
        ssh_socket: ssh::socket(root),
        ssh_files: ssh::files(root, &about.user),
        ..Host::skipped(OFFLINE)
    };
    if matches!(root, Root::Live) {
        running(&mut host);
    }
    host
}

fn running(host: &mut Host) {
    let root = &Root::Live;
    host.load = text(root, "/proc/loadavg", parse_load);
    host.pressure = pressure();
    host.memory = text(root, "/proc/meminfo", parse_memory);
    host.descriptors = text(root, "/proc/sys/fs/file-nr", parse_descriptors);
    host.uptime_s = text(root, "/proc/uptime", parse_uptime);
    host.clock_synchronised = clock();
    host.selinux_enforces = text(root, "/sys/fs/selinux/enforce", |it| match it.trim() {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    });
    host.links = ask(HostTable::Links, |reply| reply.links);
    host.neighbours = ask(HostTable::Neighbours, |reply| reply.neighbours);
    host.policy_rules = ask(HostTable::Rules, |reply| reply.rules);
}

/// One file through its parser.
fn text<T>(root: &Root, path: &str, parse: impl FnOnce(&str) -> Option<T>) -> Datum<T> {
    match root.text(path) {
        Ok(Text { text, truncated }) => match parse(&text) {
            Some(value) => Datum::Read {
                source: path.to_owned(),
                value,
                truncated,
            },
            None => skipped(path, "does not have the form the kernel documents"),
        },
        Err(error) => skipped(path, error.to_string()),
    }
}

fn pressure() -> Datum<BTreeMap<String, f64>> {
    let mut all = BTreeMap::new();
    for resource in ["cpu", "io", "memory"] {
        let path = format!("{PRESSURE}/{resource}");
        match text(&Root::Live, &path, parse_pressure) {
            Datum::Read { value, .. } => all.extend(
                value
                    .into_iter()
                    .map(|(kind, percent)| (format!("{resource}.{kind}"), percent)),
            ),
            Datum::Skipped { reason, .. } => return skipped(&path, reason),
        }
    }
    read(PRESSURE, all)
}

/// Asks whether time synchronisation holds the clock; nothing is set.
fn clock() -> Datum<bool> {
    #[expect(unsafe_code, reason = "no library in use here wraps this call")]
    // SAFETY: all bits zero is a valid `timex`, in which no mode asks for a change; the kernel fills
    // it in.
    let state = unsafe {
        let mut request: nix::libc::timex = std::mem::zeroed();
        nix::libc::adjtimex(&raw mut request)
    };
    match state {
        nix::libc::TIME_ERROR => read(CLOCK, false),
        0.. => read(CLOCK, true),
        _ => skipped(CLOCK, io::Error::last_os_error().to_string()),
    }
}

fn ask<T>(table: HostTable, pick: impl Fn(HostReply) -> Vec<T>) -> Datum<Vec<T>> {
    let mut all = Vec::new();
    let asked = netlink::dump(SockProtocol::NetlinkRoute, &host_request(table), |bytes| {
        let reply = parse_host_reply(bytes)?;
        let done = reply.done;
        all.extend(pick(reply));
        Ok(done)
    });
    if let Err(error) = asked {
        return skipped(NETLINK, error.to_string());
    }
    let truncated = all.len() > MOST_ROWS;
    all.truncate(MOST_ROWS);
    Datum::Read {
        source: NETLINK.to_owned(),
        value: all,
        truncated,
    }
}

/// Why a fact of a running host is missing of a disk.
pub(super) const OFFLINE: &str = "offline: only a running host tells";

const PRESSURE: &str = "/proc/pressure";
const CLOCK: &str = "adjtimex(2)";
const NETLINK: &str = "rtnetlink(7)";
const MOST_ROWS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_user_is_told_of_load_memory_and_links() {
        let about = About::new(&Options::default());
        let host = collect(&Root::Live, &about);
        assert!(host.memory.value().unwrap().total_kib > 0);
        assert!(host.load.value().is_some());
        assert!(host.uptime_s.value().is_some());
        let links = host.links.value().unwrap();
        assert!(links.iter().any(|link| link.name == "lo" && link.mtu > 0));
        assert!(host.neighbours.value().is_some());
        let rules = host.policy_rules.value().unwrap();
        assert!(rules.iter().any(|rule| rule.table == 254), "{rules:?}");
        assert!(host.clock_synchronised.value().is_some());
        assert!(host.refusals.value().is_none(), "no client was named");
    }
}
