//! Puts probes on the wire and sees what becomes of each: whether it arrives, and what the kernel's
//! trace tells of its way.

use crate::probe::{self, GRE, ICMP, ICMPV6, Origin, Probe, SCTP, Shape, TCP, UDP};
use crate::trace::{Record, Tracer};
use crate::world::World;
use nix::ifaddrs::getifaddrs;
use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::sys::socket::{self, MsgFlags, setsockopt, sockopt};
use nix::unistd::Pid;
use rulesets::{Direction, Family, Packet};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// The sockets that send and receive, each in the namespace it was opened in.
pub(crate) struct Wire {
    first: Link,
    second: Link,
    far: Link,
    /// Behind the input hook: raw sockets are handed a packet when the rules have let it pass.
    host: Vec<Socket>,
    output: ByFamily,
    /// Sends packets that find a route to the sources of the probes.
    opener: ByFamily,
    tracer: Tracer,
}

/// What became of one probe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Where it came out, if it did.
    pub(crate) arrived: Option<Arrival>,
    /// What the kernel told of its way, in order.
    pub(crate) records: Vec<Record>,
}

/// Where a probe came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Arrival {
    /// At a process of the host.
    Host,
    /// On the link to the peer.
    Peer,
    /// On the link to the far end.
    Far,
}

impl Wire {
    /// Opens the sockets; the thread stands in the world's host.
    pub(crate) fn open(world: &World) -> Self {
        let host = [
            (Domain::IPV4, ICMP),
            (Domain::IPV4, TCP),
            (Domain::IPV4, UDP),
            (Domain::IPV4, GRE),
            (Domain::IPV4, SCTP),
            (Domain::IPV6, ICMPV6),
            (Domain::IPV6, TCP),
            (Domain::IPV6, UDP),
            (Domain::IPV6, GRE),
            (Domain::IPV6, SCTP),
        ]
        .map(|(domain, protocol)| raw(domain, protocol.into()));
        Self {
            first: world.within(&world.peer, || Link::open("p0")),
            second: world.within(&world.peer, || Link::open("p1")),
            far: world.within(&world.far, || Link::open("f0")),
            host: host.into(),
            output: ByFamily::open(None),
            opener: ByFamily::open(Some(OPENER)),
            tracer: Tracer::open(),
        }
    }

    /// Sends these probes, numbered from 1 (the host would choose a number itself in place of 0),
    /// and gives what became of each.
    pub(crate) fn send(&mut self, probes: &[Probe]) -> Vec<Seen> {
        let mut seen = vec![Seen::default(); probes.len()];
        self.collect(&mut []);
        let _fixed = OnOneProcessor::stay();
        for (number, probe) in (1..).zip(probes) {
            self.dispatch(probe, number);
            if number % BETWEEN_READS == BETWEEN_READS - 1 {
                self.collect(&mut seen);
            }
        }
        self.settle(&mut seen);
        self.send_lost_ones(probes, &mut seen);
        seen
    }

    /// Sends again what did not come as far as the host: the queue in which a busy processor keeps what
    /// arrives (`net.core.netdev_max_backlog`) has room for so much, and drops the rest before any rule.
    fn send_lost_ones(&mut self, probes: &[Probe], seen: &mut [Seen]) {
        for _ in 0..TRIES {
            let lost: Vec<_> = (1..)
                .zip(probes)
                .filter(|it| is_lost(it.1, &seen[usize::from(it.0) - 1]))
                .collect();
            if lost.is_empty() {
                return;
            }
            for (number, probe) in lost {
                self.dispatch(probe, number);
            }
            self.settle(seen);
        }
        let lost = probes
            .iter()
            .zip(&*seen)
            .find(|(probe, fate)| is_lost(probe, fate));
        assert!(lost.is_none(), "the host was never seen to get {lost:?}");
    }

    /// Sends packets that open flows. What the host sends so finds a route to the sources of probes.
    pub(crate) fn open_flows<'a>(&mut self, packets: impl IntoIterator<Item = &'a Probe>) {
        let _fixed = OnOneProcessor::stay();
        for probe in packets {
            match probe.from {
                Origin::Host => self.opener.send(probe, 0),
                Origin::FirstLink | Origin::SecondLink => self.dispatch(probe, 0),
            }
        }
        self.settle(&mut []);
    }

    fn dispatch(&self, probe: &Probe, number: u16) {
        let link = match probe.from {
            Origin::FirstLink => &self.first,
            Origin::SecondLink => &self.second,
            Origin::Host => return self.output.send(probe, number),
        };
        for frame in probe.frames(number) {
            link.send(&frame, probe.packet.family);
        }
    }

    /// Waits until everything sent has met its end. One processor handles packets in the order they
    /// were sent, and a forwarded one is queued twice: the second of two marks comes after both.
    fn settle(&mut self, seen: &mut [Seen]) {
        let mark = Probe {
            packet: Packet {
                source: Some(IpAddr::from([198, 18, 70, 254])),
                destination: Some(IpAddr::from([198, 18, 0, 1])),
                source_port: Some(9),
                destination_port: Some(9),
                ..Packet::new(Direction::Inbound, Family::V4, UDP)
            },
            from: Origin::FirstLink,
            quoted: None,
            shape: Shape::Whole,
        };
        let deadline = Instant::now() + PATIENCE;
        for number in [u16::MAX - 1, u16::MAX] {
            self.dispatch(&mark, number);
            while !self.collect(seen).contains(&number) {
                assert!(Instant::now() < deadline, "the kernel traces no packets");
                std::thread::yield_now();
            }
        }
    }

    /// Reads every socket, and gives the numbers of the marks that were traced.
    fn collect(&mut self, seen: &mut [Seen]) -> Vec<u16> {
        let mut marks = Vec::new();
        for record in self.tracer.read() {
            match seen.get_mut(usize::from(record.number).wrapping_sub(1)) {
                Some(seen) => seen.records.push(record),
                None => marks.push(record.number),
            }
        }
        let at_host = self.host.iter().map(|socket| (socket, Arrival::Host));
        let links = [
            (&self.first, Arrival::Peer),
            (&self.second, Arrival::Peer),
            (&self.far, Arrival::Far),
        ];
        let on_links = links
            .into_iter()
            .flat_map(|(link, place)| link.0.iter().map(move |socket| (socket, place)));
        for (socket, place) in at_host.chain(on_links) {
            for number in numbers(socket) {
                if let Some(seen) = seen.get_mut(usize::from(number).wrapping_sub(1)) {
                    seen.arrived.get_or_insert(place);
                }
            }
        }
        marks
    }
}

/// Whether nothing at all is told of what was sent to the host.
fn is_lost(probe: &Probe, fate: &Seen) -> bool {
    probe.from != Origin::Host && fate.records.is_empty() && fate.arrived.is_none()
}

/// The two packet sockets of a link, one a family; each is handed only what arrives.
struct Link([Socket; 2]);

impl Link {
    /// Opens the link of this name in the network this thread stands in.
    fn open(name: &str) -> Self {
        let address = getifaddrs()
            .unwrap()
            .filter(|found| found.interface_name == name)
            .find_map(|found| found.address?.as_link_addr().copied())
            .unwrap();
        Self(ETHERTYPES.map(|ethertype| {
            let protocol = i32::from(ethertype.to_be());
            let socket = raw(Domain::PACKET, protocol);
            socket::bind(socket.as_raw_fd(), &address).unwrap();
            socket
        }))
    }

    fn send(&self, frame: &[u8], family: Family) {
        self.0[usize::from(family == Family::V6)]
            .send(frame)
            .unwrap();
    }
}

/// Two sockets that send whole packets, IP header included.
struct ByFamily([Socket; 2]);

impl ByFamily {
    fn open(mark: Option<u32>) -> Self {
        let sockets = [Domain::IPV4, Domain::IPV6].map(|domain| raw(domain, RAW));
        sockets[0].set_header_included_v4(true).unwrap();
        sockets[1].set_header_included_v6(true).unwrap();
        for socket in &sockets {
            if let Some(mark) = mark {
                socket.set_mark(mark).unwrap();
            }
        }
        Self(sockets)
    }

    /// Sends a packet. Rules that drop it make the system call fail.
    fn send(&self, probe: &Probe, number: u16) {
        let address = SockAddr::from(SocketAddr::new(probe.packet.destination.unwrap(), 0));
        let socket = &self.0[usize::from(probe.packet.family == Family::V6)];
        match socket.send_to(&probe.datagram(number), &address) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            Err(error) => panic!("{probe:?}: {error}"),
        }
    }
}

/// Keeps this thread on the processor it is on, so that the kernel's queues keep their order.
struct OnOneProcessor(CpuSet);

impl OnOneProcessor {
    fn stay() -> Self {
        let before = sched_getaffinity(Pid::from_raw(0)).unwrap();
        let mut one = CpuSet::new();
        one.set(sched_getcpu().unwrap()).unwrap();
        sched_setaffinity(Pid::from_raw(0), &one).unwrap();
        Self(before)
    }
}

impl Drop for OnOneProcessor {
    fn drop(&mut self) {
        sched_setaffinity(Pid::from_raw(0), &self.0).unwrap();
    }
}

fn raw(domain: Domain, protocol: i32) -> Socket {
    let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(protocol))).unwrap();
    socket.set_nonblocking(true).unwrap();
    setsockopt(&socket, sockopt::RcvBufForce, &ROOM).unwrap();
    socket
}

/// The numbers of the probes that wait in a socket.
fn numbers(socket: &Socket) -> Vec<u16> {
    let mut found = Vec::new();
    let mut buffer = [0; 2048];
    loop {
        match socket::recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(length) => found.extend(probe::number_at_end(&buffer[..length])),
            Err(nix::errno::Errno::EAGAIN) => return found,
            Err(error) => panic!("a socket of the rig: {error}"),
        }
    }
}

/// IPv4 and IPv6 (RFC 894, RFC 2464).
const ETHERTYPES: [u16; 2] = [0x0800, 0x86dd];

/// `IPPROTO_RAW`.
const RAW: i32 = 255;

/// The mark whose packets find a route to the sources of the probes.
const OPENER: u32 = 0x5eed;

/// How many probes are sent between two looks at the sockets.
const BETWEEN_READS: u16 = 32;

/// How many bytes may wait in a socket.
const ROOM: usize = 16 << 20;

/// How often a packet that is lost on its way is sent again.
const TRIES: usize = 5;
/// How long the kernel may take to handle what is queued.
const PATIENCE: Duration = Duration::from_secs(20);
