//! The host that runs this, as a source of facts.

use super::clock::Clock;
use super::root::Root;
use super::{netlink, network, owners};
use crate::inside::{
    Address, Datum, DiagTable, FileStatus, FileText, HostReply, HostTable, LinkFacts, Modules,
    Neighbour, Owners, PolicyRule, Reading, RouteToClient, SocketDetail, Source, Taken,
    diag_request, host_request, modules, parse_diag_reply, parse_host_reply,
};
use nix::libc;
use nix::sys::socket::SockProtocol;
use nix::sys::utsname::uname;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Instant;

/// This host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    /// Whether this runs as root.
    pub(super) is_root: bool,
    /// When the run began, where that is noted.
    pub(super) clock: Option<Clock>,
    /// Until when holders of sockets are looked for.
    pub(super) search_until: Instant,
}

impl Live {
    /// This host, for questions that need no root and no search.
    pub(super) fn plain() -> Self {
        Self {
            is_root: false,
            clock: None,
            search_until: Instant::now(),
        }
    }
}

/// Reads every counter.
pub(super) fn reading() -> Reading {
    crate::inside::reading(&Live::plain())
}

/// The kernel's modules.
pub(super) fn loaded_modules() -> Modules {
    modules(&Live::plain())
}

impl Source for Live {
    fn text(&self, path: &str) -> io::Result<FileText> {
        Root::Live.text(&of_this_thread(path))
    }

    fn tail(&self, path: &str) -> io::Result<FileText> {
        Root::Live.tail(path)
    }

    fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        Root::Live.bytes(path)
    }

    fn holds(&self, path: &str, bytes: &[u8]) -> io::Result<bool> {
        Root::Live.holds(path, bytes)
    }

    fn status(&self, path: &str) -> io::Result<FileStatus> {
        Root::Live.status(path)
    }

    fn label(&self, path: &str) -> Option<String> {
        Root::Live.label(path)
    }

    fn names(&self, path: &str) -> io::Result<Vec<String>> {
        Root::Live.names(path)
    }

    fn silence(&self) -> &'static str {
        "it was not asked"
    }

    fn taken(&self) -> Taken {
        self.clock.map(Clock::taken).unwrap_or_default()
    }

    fn release(&self) -> Option<String> {
        let names = uname().ok()?;
        names.release().to_str().map(str::to_owned)
    }

    fn addresses(&self) -> Datum<Vec<Address>> {
        network::addresses()
    }

    fn route_to(&self, client: IpAddr) -> Datum<RouteToClient> {
        network::route_to_client(client)
    }

    fn links(&self) -> Datum<Vec<LinkFacts>> {
        ask(HostTable::Links, |reply| reply.links)
    }

    fn neighbours(&self) -> Datum<Vec<Neighbour>> {
        ask(HostTable::Neighbours, |reply| reply.neighbours)
    }

    fn policy_rules(&self) -> Datum<Vec<PolicyRule>> {
        ask(HostTable::Rules, |reply| reply.rules)
    }

    fn clock_synchronised(&self) -> Datum<bool> {
        clock()
    }

    fn kernel_log(&self) -> io::Result<FileText> {
        kernel_log()
    }

    fn socket_details(&self) -> BTreeMap<u64, SocketDetail> {
        details(&modules(self))
    }

    fn owners(&self, inodes: &BTreeSet<u64>) -> Owners {
        owners::find(inodes, self.is_root, self.search_until)
    }
}

/// The network namespace of this thread, where the kernel has files for it (3.17); `/proc/net` is that
/// of the process's first thread.
pub(super) fn of_this_thread(path: &str) -> Cow<'_, str> {
    of_thread(path, Path::new(THREAD).exists())
}

fn of_thread(path: &str, has_files: bool) -> Cow<'_, str> {
    match path.strip_prefix("/proc/net") {
        Some(rest) if has_files => Cow::Owned(format!("{THREAD}{rest}")),
        Some(_) | None => Cow::Borrowed(path),
    }
}

/// The log's buffer from its beginning; reading leaves it as it is. Each read gives one record.
fn kernel_log() -> io::Result<FileText> {
    let mut log = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/kmsg")?;
    let mut all = FileText::default();
    let mut record = vec![0; 8 << 10];
    while all.text.len() < MOST_LOG {
        match log.read(&mut record) {
            Ok(0) => return Ok(all),
            Ok(length) => all.text += &String::from_utf8_lossy(&record[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(all),
            // Records were overwritten before they could be read.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => return Err(error),
        }
    }
    all.truncated = true;
    Ok(all)
}

/// Asks whether time synchronisation holds the clock; nothing is set.
fn clock() -> Datum<bool> {
    #[expect(unsafe_code, reason = "no library in use here wraps this call")]
    // SAFETY: all bits zero is a valid `timex`, in which no mode asks for a change; the kernel fills
    // it in.
    let state = unsafe {
        let mut request: libc::timex = std::mem::zeroed();
        libc::adjtimex(&raw mut request)
    };
    match state {
        libc::TIME_ERROR => Datum::read(CLOCK, false),
        0.. => Datum::read(CLOCK, true),
        _ => Datum::skipped(CLOCK, io::Error::last_os_error().to_string()),
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
        return Datum::skipped(NETLINK, error.to_string());
    }
    let truncated = all.len() > MOST_ROWS;
    all.truncate(MOST_ROWS);
    Datum::read_up_to(NETLINK, all, truncated)
}

/// What socket diagnostics tell, where asking loads no module; empty where it would.
fn details(modules: &Modules) -> BTreeMap<u64, SocketDetail> {
    let mut details = BTreeMap::new();
    for (module, table) in [
        ("tcp_diag", DiagTable::Tcp { v6: false }),
        ("tcp_diag", DiagTable::Tcp { v6: true }),
        ("udp_diag", DiagTable::Udp { v6: true }),
    ] {
        if modules.present("inet_diag")
            && modules.present(module)
            && let Ok(mut sockets) = sockets(table)
        {
            details.append(&mut sockets);
        }
    }
    details
}

fn sockets(table: DiagTable) -> io::Result<BTreeMap<u64, SocketDetail>> {
    let mut sockets = BTreeMap::new();
    netlink::dump(
        SockProtocol::NetlinkSockDiag,
        &diag_request(table),
        |bytes| {
            let mut reply = parse_diag_reply(bytes)?;
            sockets.append(&mut reply.sockets);
            Ok(reply.done)
        },
    )?;
    Ok(sockets)
}

const THREAD: &str = "/proc/thread-self/net";
const MOST_LOG: usize = 4 << 20;
const CLOCK: &str = "adjtimex(2)";
const NETLINK: &str = "rtnetlink(7)";
const MOST_ROWS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::{About, Owner, basics, host, listeners, reading};
    use socket2::{Domain, Protocol, Socket, Type};
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

    #[test]
    fn the_kernel_tells_backlog_and_v6_only_of_a_wildcard_listener() {
        for v6_only in [true, false] {
            let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP)).unwrap();
            socket.set_only_v6(v6_only).unwrap();
            let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
            socket.bind(&any.into()).unwrap();
            socket.listen(37).unwrap();
            let port = socket.local_addr().unwrap().as_socket().unwrap().port();
            let Datum::Read { value, .. } = listeners(&Live::plain()) else {
                panic!("the socket tables are readable");
            };
            let listener = value
                .iter()
                .find(|listener| listener.protocol == "tcp" && listener.port == port)
                .unwrap();
            assert_eq!(
                (listener.v6_only, listener.backlog),
                (Some(v6_only), Some(37))
            );
            assert_eq!(listener.owner, Owner::Hidden);
        }
    }

    #[test]
    fn the_kernel_is_not_asked_where_asking_would_load_a_module() {
        assert_eq!(
            details(&Modules::new(Some("nf_tables 1 1\n"), None)),
            BTreeMap::new()
        );
    }

    #[test]
    fn a_kernel_without_files_of_a_thread_is_asked_for_those_of_the_process() {
        for (path, has_files, want) in [
            ("/proc/net/tcp", true, "/proc/thread-self/net/tcp"),
            ("/proc/net/tcp", false, "/proc/net/tcp"),
            ("/proc/meminfo", true, "/proc/meminfo"),
        ] {
            assert_eq!(of_thread(path, has_files), want);
        }
    }

    #[test]
    fn settings_are_read_by_their_names() {
        let basics = basics(&Live::plain(), Some(Ipv4Addr::LOCALHOST.into()));
        let settings = basics.sysctls.value().unwrap();
        let range = settings.get("net.ipv4.ip_local_port_range").unwrap();
        assert_eq!(range.split_whitespace().count(), 2);
        assert!(settings.contains_key("net.ipv4.conf.lo.rp_filter"));
        assert!(basics.routes.value().is_some());
        assert!(basics.established.value().is_some());
    }

    #[test]
    fn counters_of_this_kernel_have_the_names_we_use() {
        let counters = reading(&Live::plain()).counters.unwrap();
        for name in [
            "Ip.InReceives",
            "Ip.InDelivers",
            "Tcp.OutRsts",
            "Icmp.OutDestUnreachs",
            "TcpExt.ListenOverflows",
            "TcpExt.TCPRetransFail",
        ] {
            assert!(counters.contains_key(name), "{name}");
        }
    }

    #[test]
    fn any_user_is_told_of_load_memory_and_links() {
        let about = About {
            user: "root".to_owned(),
            client: None,
            now_s: None,
        };
        let host = host(&Live::plain(), &about);
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
