//! Whether a witness slows down the traffic beside it: with one against without, in turns of one run.

use crate::flood::{Flood, link, micros, send};
use crate::seen::{OTHERS, Other, RATE, say};
use crate::watch::{Tcpdump, Watch, refusing};
use crate::world::{LINK, World, arrived};
use libtest_mimic::Measurement;
use socket2::Socket;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Prints for kinds of traffic what share is left beside a witness: of what arrives when as much is sent as
/// a witness has to bear, and of what a processor gets done when it is sent as fast as can be. The latter
/// beside others too: a packet socket that refuses everything, which is the least that any witness costs;
/// tcpdump with an equal filter, where it is installed; and nothing, which shows how exact the rest is.
/// Gives the processor time of one packet beside a witness.
pub(crate) fn measure(once: bool) -> Measurement {
    let turns = if once { 1 } else { TURNS };
    let mut rates = Vec::new();
    World::with(|world| {
        let bench = Bench {
            world,
            socket: world.at_client(|| link(LINK)),
        };
        for other in [&OTHERS[0], &OTHERS[2]] {
            let mut shares = BTreeMap::new();
            for _ in 0..turns {
                rates.push(bench.turn(other, &mut shares));
            }
            say(&text(other, &mut shares));
        }
    });
    Measurement {
        avg: 1_000_000_000 / u64::from(median(&mut rates)),
        variance: 0,
    }
}

/// Shares in thousandths, one a turn, by what they are of.
type Shares = BTreeMap<&'static str, Vec<u32>>;

struct Bench<'a> {
    world: &'a World,
    socket: Socket,
}

impl Bench<'_> {
    /// Measures everything once; gives the throughput beside a witness.
    fn turn(&self, other: &Other, shares: &mut Shares) -> u32 {
        let frames = other.frames();
        let mut note = |name, rates: [u32; 2]| shares.entry(name).or_default().push(share(rates));
        let unwatched = [self.paced(&frames), self.throughput(&frames)];
        let watch = Watch::start(other.client);
        let watched = [self.paced(&frames), self.throughput(&frames)];
        watch.finish();
        note(
            "at the rate of the runs beside a witness",
            [watched[0], unwatched[0]],
        );
        note("flat out beside a witness", [watched[1], unwatched[1]]);
        note(
            "flat out beside nothing",
            [self.throughput(&frames), unwatched[1]],
        );
        let socket = refusing();
        note(
            "flat out beside a socket that refuses all",
            [self.throughput(&frames), unwatched[1]],
        );
        drop(socket);
        if let Some(dump) = Tcpdump::start(other.client) {
            note(
                "flat out beside tcpdump",
                [self.throughput(&frames), unwatched[1]],
            );
            drop(dump);
        }
        watched[1]
    }

    /// Packets a second that arrive, when so many are sent.
    fn paced(&self, frames: &[Vec<u8>]) -> u32 {
        let socket = self.world.at_client(|| link(LINK));
        let flood = Flood::start(socket, frames.to_vec(), RATE + RATE / 5);
        thread::sleep(WARM_UP);
        let (before, began) = (arrived(), Instant::now());
        thread::sleep(SLICE);
        let rate = (arrived() - before) * 1_000_000 / micros(began);
        drop(flood);
        u32::try_from(rate).unwrap()
    }

    /// Packets that arrive for each second of processor time, in which the kernel sends and receives them,
    /// when nothing waits; what else runs on the machine has little part in it.
    fn throughput(&self, frames: &[Vec<u8>]) -> u32 {
        let send_for = |time| {
            let (before, used, began) = (arrived(), processor_time(), Instant::now());
            while began.elapsed() < time {
                send(&self.socket, frames, 0..frames.len());
            }
            (arrived() - before) * 1_000_000 / (processor_time() - used)
        };
        send_for(WARM_UP);
        u32::try_from(send_for(SLICE)).unwrap()
    }
}

/// The microseconds that this thread has had a processor (`sched-stats.rst`).
fn processor_time() -> usize {
    // What it has had since the last turn of the scheduler is counted only then.
    thread::yield_now();
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: usize = statistics.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1000
}

fn text(other: &Other, shares: &mut Shares) -> String {
    let mut text = format!("{}:", other.name);
    for (name, of) in shares {
        let ratio = f64::from(median(of)) / 1000.0;
        let _infallible = write!(text, " {name} {ratio:.3};");
    }
    text
}

/// How many thousandths the first rate is of the second.
fn share([rate, of]: [u32; 2]) -> u32 {
    u32::try_from(u64::from(rate) * 1000 / u64::from(of)).unwrap()
}

fn median(values: &mut [u32]) -> u32 {
    values.sort_unstable();
    values[values.len() / 2]
}

const TURNS: usize = 15;
const WARM_UP: Duration = Duration::from_millis(150);
const SLICE: Duration = Duration::from_millis(300);
