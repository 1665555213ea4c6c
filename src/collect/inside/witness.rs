//! Watches which packets of a client reach this instance, and what it sends back.
//!
//! The packet socket takes every protocol: one for IP alone is handed packets only after the ingress
//! hook of the firewall, and would not see what is dropped there. It is a copy at each interface, so
//! that nothing is held up; the kernel drops what the filter does not keep before it is copied.

use super::live;
use super::netlink;
use super::{now, rounded};
use crate::inside::{
    COUNTERS, CounterWindow, Counters, Datum, DiagTable, HalfOpen, PacketWay, Reading, Tally,
    Watched, Witness, decode, diag_request, filter, moved, parse_half_open,
};
use nix::errno::Errno;
use nix::net::if_::if_indextoname;
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce};
use nix::sys::socket::{LinkAddr, SockProtocol, recvfrom, setsockopt};
use socket2::{Domain, Protocol, SockAddr, SockFilter, Socket, Type};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// How to watch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watch {
    /// Whose packets, or which ports.
    pub watched: Watched,
    /// How long, after the quiet time at the beginning.
    pub duration: Duration,
    /// How long nobody probes yet, to learn which counters move by themselves.
    pub quiet: Duration,
}

/// Watches until the time is over or `stopped` says so; calls `ready` when the client may begin.
pub fn watch(watch: &Watch, ready: impl FnOnce(), stopped: impl Fn() -> bool) -> Witness {
    let started_at = now();
    let socket = open(&watch.watched);
    let mut seen = Seen::new(watch.watched.client);
    let first = (live::reading(), Instant::now());
    while first.1.elapsed() < watch.quiet {
        seen.receive(socket.as_ref().ok(), None);
    }
    let before = (live::reading(), Instant::now());
    ready();
    let started = before.1;
    while started.elapsed() < watch.duration && !stopped() {
        seen.look();
        seen.receive(socket.as_ref().ok(), Some(started));
    }
    seen.look();
    let duration_s = rounded(started.elapsed());
    if let Ok(socket) = &socket {
        seen.drain(socket, started);
    }
    let after = (live::reading(), Instant::now());
    Witness {
        client: watch.watched.client,
        started_at,
        duration_s,
        packets: match socket {
            Ok(socket) => match (seen.failed, dropped(&socket)) {
                (None, Ok(dropped)) => Datum::read(SOCKET, seen.tally.finish(dropped)),
                (Some(reason), _) => Datum::skipped(SOCKET, reason),
                (None, Err(error)) => Datum::skipped(SOCKET, error.to_string()),
            },
            Err(error) => Datum::skipped(SOCKET, unopened(&error)),
        },
        half_open: match seen.refused {
            None => Datum::read(HALF_OPEN, seen.half_open.into_iter().collect()),
            Some(reason) => Datum::skipped(HALF_OPEN, reason),
        },
        idle: window(&first, &before),
        during: window(&before, &after),
    }
}

/// What was seen so far.
struct Seen {
    client: Option<IpAddr>,
    tally: Tally,
    interfaces: BTreeMap<usize, String>,
    failed: Option<String>,
    half_open: BTreeSet<HalfOpen>,
    refused: Option<String>,
    looked: Option<Instant>,
}

impl Seen {
    fn new(client: Option<IpAddr>) -> Self {
        Self {
            client,
            tally: Tally::default(),
            interfaces: BTreeMap::new(),
            failed: None,
            half_open: BTreeSet::new(),
            refused: None,
            looked: None,
        }
    }

    /// Takes the packets that are there, or waits a moment for one; what comes before the watch has
    /// `started` counts from its beginning.
    fn receive(&mut self, socket: Option<&Socket>, started: Option<Instant>) {
        match socket {
            Some(socket) if self.failed.is_none() => {
                let _more = (0..MOST_AT_ONCE).all(|_| self.receive_one(socket, started));
            }
            Some(_) | None => std::thread::sleep(STEP),
        }
    }

    /// Lets no further packet in, and takes those that still wait, so that each one that matched is
    /// either seen or counted as lost.
    fn drain(&mut self, socket: &Socket, started: Instant) {
        let shut = socket
            .attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
            .and_then(|()| socket.set_nonblocking(true));
        if let Err(error) = shut {
            self.failed.get_or_insert_with(|| error.to_string());
        }
        while self.failed.is_none() && self.receive_one(socket, Some(started)) {}
    }

    /// Takes one packet; false when there is none.
    fn receive_one(&mut self, socket: &Socket, started: Option<Instant>) -> bool {
        let mut buffer = [0; SNAP];
        match recvfrom::<LinkAddr>(socket.as_raw_fd(), &mut buffer) {
            Ok((length, Some(address))) => {
                self.packet(&buffer[..length.min(SNAP)], &address, started);
                true
            }
            // An interface that goes down is told of once, and watching goes on.
            Ok((_, None)) | Err(Errno::EINTR | Errno::ENETDOWN) => true,
            Err(Errno::EAGAIN) => false,
            Err(errno) => {
                self.failed = Some(io::Error::from(errno).to_string());
                false
            }
        }
    }

    fn packet(&mut self, bytes: &[u8], address: &LinkAddr, started: Option<Instant>) {
        let way = match address.pkttype() {
            OUTGOING => PacketWay::Sent,
            OTHER_HOST => return,
            _ => PacketWay::Arrived,
        };
        let Some(decoded) = decode(bytes) else {
            return;
        };
        let index = address.ifindex();
        let interface = self.interfaces.entry(index).or_insert_with(|| name(index));
        let at = started.map_or(0.0, |started| rounded(started.elapsed()));
        self.tally.add(interface, way, &decoded, at);
    }

    /// Asks for half-open connections, every so often.
    fn look(&mut self) {
        if self.refused.is_some() || self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let v6 = |client: IpAddr| client.is_ipv6();
        for family in [false, true] {
            // A dual-stack listener's IPv4 connections are among the IPv6 ones.
            if !family && self.client.is_some_and(v6) {
                continue;
            }
            if let Err(error) = half_open(family, self.client, &mut self.half_open) {
                if family && error.kind() == ErrorKind::NotFound {
                    continue;
                }
                self.refused = Some(error.to_string());
                return;
            }
        }
    }
}

/// A packet socket with its filter in place before it is bound, so that nothing else ever gets in.
fn open(watched: &Watched) -> io::Result<Socket> {
    let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(Protocol::from(0)))?;
    let code: Vec<SockFilter> = filter(watched)
        .into_iter()
        .map(|(code, holds, fails, operand)| SockFilter::new(code, holds, fails, operand))
        .collect();
    socket.attach_filter(&code)?;
    let forced = setsockopt(&socket, RcvBufForce, &RECEIVE_BUFFER);
    // Without the privilege the kernel grants what it may.
    let _enlarged = forced.or_else(|_| setsockopt(&socket, RcvBuf, &RECEIVE_BUFFER));
    socket.set_read_timeout(Some(STEP))?;
    socket.bind(&every_protocol()?)?;
    Ok(socket)
}

/// The address of a packet socket for every protocol on every interface.
fn every_protocol() -> io::Result<SockAddr> {
    #[expect(unsafe_code, reason = "no library makes an address of this family")]
    // SAFETY: `sockaddr_ll` is plain data that fits into the zeroed storage, of which all is set.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, length| {
            let link = storage.cast::<nix::libc::sockaddr_ll>();
            (*link).sll_family = AF_PACKET;
            (*link).sll_protocol = ETH_P_ALL.to_be();
            *length = LINK_ADDRESS;
            Ok(())
        })?
    };
    Ok(address)
}

/// How many packets the kernel had no room for (`PACKET_STATISTICS`).
fn dropped(socket: &Socket) -> io::Result<u64> {
    let mut statistics = [0_u32; 2];
    let mut length = LINK_STATISTICS;
    #[expect(unsafe_code, reason = "no library reads this option")]
    // SAFETY: the kernel writes at most `length` bytes, which is the size of `statistics`.
    let result = unsafe {
        nix::libc::getsockopt(
            socket.as_raw_fd(),
            nix::libc::SOL_PACKET,
            nix::libc::PACKET_STATISTICS,
            statistics.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(u64::from(statistics[1]))
}

fn half_open(v6: bool, client: Option<IpAddr>, open: &mut BTreeSet<HalfOpen>) -> io::Result<()> {
    netlink::dump(
        SockProtocol::NetlinkSockDiag,
        &diag_request(DiagTable::HalfOpen { v6 }),
        |bytes| {
            let (rows, done) = parse_half_open(bytes)?;
            let wanted = |row: &HalfOpen| client.is_none_or(|client| row.remote.ip() == client);
            for row in rows.into_iter().filter(wanted) {
                if open.len() < MOST_HALF_OPEN {
                    open.insert(row);
                }
            }
            Ok(done)
        },
    )
}

/// The counters that moved between two readings.
fn window(before: &(Reading, Instant), after: &(Reading, Instant)) -> Datum<CounterWindow> {
    let (Ok(old), Ok(new)) = (&before.0.counters, &after.0.counters) else {
        let error = before.0.counters.as_ref().err();
        let error = error.or_else(|| after.0.counters.as_ref().err());
        return Datum::skipped(COUNTERS, error.cloned().unwrap_or_default());
    };
    let mut moved: Counters = moved(old, new);
    let drops = after.0.drops_since(&before.0);
    if drops > 0 {
        moved.insert("conntrack.drop".to_owned(), drops);
    }
    Datum::read(
        COUNTERS,
        CounterWindow {
            duration_s: rounded(after.1 - before.1),
            moved,
        },
    )
}

fn name(index: usize) -> String {
    let index = u32::try_from(index).unwrap_or(0);
    let name = if_indextoname(index)
        .ok()
        .and_then(|name| name.into_string().ok());
    name.unwrap_or_else(|| format!("interface {index}"))
}

fn unopened(error: &io::Error) -> String {
    if error.kind() == ErrorKind::PermissionDenied {
        "watching packets needs root, or the capability CAP_NET_RAW".to_owned()
    } else {
        format!("no packet socket: {error}")
    }
}

const SOCKET: &str = "packet(7)";
const HALF_OPEN: &str = "sock_diag(7)";
/// How long one wait for a packet may take.
const STEP: Duration = Duration::from_millis(100);
/// How often half-open connections are asked for; one waits for a second at least (RFC 6298).
const LOOK: Duration = Duration::from_millis(250);
/// The bytes of a packet that are looked at.
const SNAP: usize = 256;
const MOST_AT_ONCE: usize = 4096;
const MOST_HALF_OPEN: usize = 256;
const RECEIVE_BUFFER: usize = 8 << 20;
/// Ends a classic filter (`linux/bpf_common.h`).
const RETURN: u16 = 0x06;
const AF_PACKET: u16 = 17;
const ETH_P_ALL: u16 = 3;
const LINK_ADDRESS: u32 = 20;
const LINK_STATISTICS: u32 = 8;
const OTHER_HOST: u8 = 3;
const OUTGOING: u8 = 4;
