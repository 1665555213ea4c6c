//! Runs in which a client probes while far more of other traffic arrives.

use crate::flood::{Flood, frame, link, micros, segment};
use crate::watch::Watch;
use crate::world::{
    CLIENT, CLIENT_V6, HARDWARE, INSTANCE, INSTANCE_V6, LINK, NOBODY, SINK, STRANGER, World,
    arrived,
};
use reachdx::inside::{PacketKind, PacketWay, Sightings};
use socket2::{Domain, Socket, Type};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

/// Traffic beside the probes.
pub(crate) struct Other {
    pub(crate) name: &'static str,
    /// Its ends.
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    /// The client that probes, and where it does.
    pub(crate) client: IpAddr,
    target: IpAddr,
}

/// Every packet of every probe is seen once, in each of so many runs, and nothing is lost.
pub(crate) fn assert_none_missed() {
    let runs = std::env::var(RUNS).map_or(FEW, |runs| runs.parse().expect(RUNS));
    let done: Vec<Run> = World::with(|world| {
        let turns = (0..runs).zip(OTHERS.iter().cycle());
        turns
            .map(|(number, other)| fast_run(world, other, number))
            .collect()
    });
    let packets: usize = done.iter().map(|run| run.packets).sum();
    let missed: Vec<_> = done.iter().filter(|run| !run.wrong.is_empty()).collect();
    let slowest = done.iter().map(|run| run.rate).min().unwrap_or(0);
    say(&format!(
        "{runs} runs beside {slowest} packets a second or more: {packets} packets of probes, \
         {} runs missed one",
        missed.len()
    ));
    let told: Vec<_> = missed.iter().flat_map(|run| &run.wrong).collect();
    assert!(missed.is_empty(), "{told:#?}");
}

/// What one run came to.
struct Run {
    /// How many packets a second arrived.
    rate: usize,
    /// How many packets of probes were to be seen.
    packets: usize,
    /// What the witness said that is not so.
    wrong: Vec<String>,
}

/// A run at the full rate; a machine that is busy with something else gets another try.
fn fast_run(world: &World, other: &Other, number: u16) -> Run {
    let mut rates = Vec::new();
    while rates.len() < TRIES {
        let done = run(world, other, number);
        if done.rate >= RATE || !done.wrong.is_empty() {
            return done;
        }
        rates.push(done.rate);
    }
    panic!("this machine does not reach {RATE} packets a second: {rates:?}");
}

fn run(world: &World, other: &Other, number: u16) -> Run {
    let flood = world.at_client(|| Flood::start(link(LINK), other.frames(), RATE + RATE / 5));
    let watch = Watch::start(other.client);
    let (before, began) = (arrived(), Instant::now());
    let mss = 600 + number % 800;
    let probes: Vec<_> = world.at_client(|| (0..PROBES).map(|_| other.probe(mss)).collect());
    let rate = (arrived() - before) * 1_000_000 / micros(began);
    let seen = watch.finish();
    drop(flood);
    let name = format!("run {number} beside {}", other.name);
    let mut wrong = Vec::new();
    if seen.lost > 0 {
        wrong.push(format!("{name}: {} lost", seen.lost));
    }
    for probe in &probes {
        let there = (*probe, SocketAddr::new(other.target, PORT));
        let back = (there.1, there.0);
        let counts = [
            count_of(&seen, PacketWay::Arrived, there, Some(mss)),
            count_of(&seen, PacketWay::Sent, back, None),
        ];
        if counts != [1, 1] {
            wrong.push(format!("{name}: {counts:?} packets of {probe} seen"));
        }
    }
    Run {
        rate,
        packets: 2 * probes.len(),
        wrong,
    }
}

impl Other {
    /// One frame for each of some ports.
    pub(crate) fn frames(&self) -> Vec<Vec<u8>> {
        let body = match self.protocol {
            TCP => segment(ACK).to_vec(),
            _ => vec![0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        };
        let of_port = |port| {
            let ends = (
                SocketAddr::new(self.source, port),
                SocketAddr::new(self.destination, SINK),
            );
            frame(HARDWARE, ends, self.protocol, &body)
        };
        (10_000..10_064).map(of_port).collect()
    }

    /// Connects to a port that nobody listens on, and gives the probe's own end.
    fn probe(&self, mss: u16) -> SocketAddr {
        thread::sleep(BETWEEN);
        let target = SocketAddr::new(self.target, PORT);
        let socket = Socket::new(Domain::for_address(target), Type::STREAM, None).unwrap();
        socket.set_tcp_mss(mss.into()).unwrap();
        socket
            .bind(&SocketAddr::new(self.client, 0).into())
            .unwrap();
        let own = socket.local_addr().unwrap().as_socket().unwrap();
        let refused = socket.connect_timeout(&target.into(), BEFORE_A_SECOND_SYN);
        let kind = refused.map_err(|error| error.kind());
        assert_eq!(
            kind,
            Err(ErrorKind::ConnectionRefused),
            "beside {}",
            self.name
        );
        own
    }
}

fn count_of(
    seen: &Sightings,
    way: PacketWay,
    (source, destination): (SocketAddr, SocketAddr),
    size: Option<u16>,
) -> u64 {
    let lines = seen.seen.iter().filter(|it| {
        let kind = match (it.packet, size) {
            (PacketKind::Tcp { flags, mss }, Some(_)) => flags & SYN != 0 && mss == size,
            (PacketKind::Tcp { flags, .. }, None) => flags & RST != 0,
            (PacketKind::Udp | PacketKind::Icmp { .. } | PacketKind::Other { .. }, _) => false,
        };
        kind && it.way == way && it.source == source && it.destination == destination
    });
    lines.map(|it| it.count).sum()
}

#[expect(clippy::print_stderr, reason = "the figure is what a long run is for")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// What may arrive beside a probe; none of it is asked about.
pub(crate) const OTHERS: [Other; 4] = [
    Other {
        name: "datagrams of another host",
        source: STRANGER,
        destination: INSTANCE,
        protocol: UDP,
        client: CLIENT,
        target: INSTANCE,
    },
    Other {
        name: "datagrams of the client",
        source: CLIENT,
        destination: INSTANCE,
        protocol: UDP,
        client: CLIENT,
        target: INSTANCE,
    },
    Other {
        name: "segments of the client's sessions",
        source: CLIENT,
        destination: NOBODY,
        protocol: TCP,
        client: CLIENT,
        target: INSTANCE,
    },
    Other {
        name: "datagrams of the client over IPv6",
        source: CLIENT_V6,
        destination: INSTANCE_V6,
        protocol: UDP,
        client: CLIENT_V6,
        target: INSTANCE_V6,
    },
];

/// Names how many runs there are.
const RUNS: &str = "REACHDX_RUNS";
const FEW: u16 = 8;
/// How many packets a second have to arrive beside the probes.
pub(crate) const RATE: usize = 50_000;
const TRIES: usize = 8;
const PROBES: usize = 4;
const BETWEEN: Duration = Duration::from_millis(80);
/// A SYN is repeated after a second (RFC 6298).
const BEFORE_A_SECOND_SYN: Duration = Duration::from_millis(900);
const PORT: u16 = 22;
const TCP: u8 = 6;
const UDP: u8 = 17;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
