//! What a witness says of more packets than it has room for.

use crate::flood::{frame, link, segment, send};
use crate::watch::Watch;
use crate::world::{CLIENT, HARDWARE, LINK, NOBODY, World, received};
use nix::sys::signal::Signal;
use reachdx::inside::{MOST_SIGHTINGS, Sightings};
use std::net::SocketAddr;

/// Packets that the kernel has no room for are lost, and told: each one is either seen or lost.
pub(crate) fn assert_told_by_the_kernel() {
    World::with(|world| {
        let watch = Watch::start(CLIENT);
        watch.signal(Signal::SIGSTOP);
        let came = openings(world, 1, MANY);
        watch.signal(Signal::SIGCONT);
        let seen = watch.finish();
        assert_eq!(seen.seen.len(), 1, "{:?}", seen.seen);
        assert!(seen.lost > 0, "room for {MANY}");
        assert_eq!(counted(&seen) + seen.lost, came);
    });
}

/// The same of packets that are too many to be told apart.
pub(crate) fn assert_told_by_the_tally() {
    World::with(|world| {
        let watch = Watch::start(CLIENT);
        let ports = u16::try_from(MOST_SIGHTINGS).unwrap() + 7;
        let came = openings(world, ports, usize::from(ports));
        let seen = watch.finish();
        assert_eq!(seen.seen.len(), MOST_SIGHTINGS);
        assert_eq!((counted(&seen), seen.lost), (came - 7, 7));
    });
}

/// A watch that ends while packets wait for it takes them all the same.
pub(crate) fn assert_none_left_at_the_end() {
    World::with(|world| {
        let watch = Watch::start(CLIENT);
        let came = openings(world, 1, FEW);
        let seen = watch.finish();
        assert_eq!((counted(&seen), seen.lost), (came, 0));
    });
}

/// Sends so many SYNs of the client from so many ports; gives how many came.
fn openings(world: &World, ports: u16, count: usize) -> u64 {
    let of_port = |port| {
        let ends = (SocketAddr::new(CLIENT, port), SocketAddr::new(NOBODY, 22));
        frame(HARDWARE, ends, TCP, &segment(SYN))
    };
    let frames: Vec<_> = (20_000..20_000 + ports).map(of_port).collect();
    let before = received();
    world.at_client(|| send(&link(LINK), &frames, 0..count));
    received() - before
}

fn counted(seen: &Sightings) -> u64 {
    seen.seen.iter().map(|it| it.count).sum()
}

/// More than eight megabytes of packets.
const MANY: usize = 100_000;
/// More than are read at once, and fewer than there is room for.
const FEW: usize = 10_000;
const TCP: u8 = 6;
const SYN: u8 = 2;
