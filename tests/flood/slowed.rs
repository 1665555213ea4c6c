//! Whether a witness slows down the traffic beside it.
//!
//! Several instances get the same traffic in turns of a few milliseconds, each watched in another way. What
//! is compared is the processor time of a packet, which other work of the machine disturbs little. Before
//! Linux 6.15 packet sockets of one namespace cost the others time as well, so that only a later kernel
//! shows the whole difference.

use crate::flood::{Flood, link, micros, send};
use crate::seen::{OTHERS, Other, RATE, say};
use crate::watch::{Tcpdump, Watch, refusing};
use crate::world::{LINK, World, arrived};
use libtest_mimic::Measurement;
use socket2::Socket;
use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Prints for kinds of traffic what share of the throughput is left beside a witness: at the rate that it
/// has to bear, and flat out. The latter also beside a packet socket that refuses everything, which is the
/// least that any witness costs; beside tcpdump with an equal filter, where it is installed; and beside
/// nothing, which shows how exact the rest is. Gives the processor time of one packet beside a witness.
pub(crate) fn measure(once: bool) -> Measurement {
    let rounds = if once { 1 } else { ROUNDS };
    World::with(|unwatched| {
        let [nothing, witnessed, idle, dumped] = [(); 4].map(|()| World::build());
        let mut cost = 0;
        for other in [&OTHERS[0], &OTHERS[2]] {
            witnessed.enter();
            let watch = Watch::start(other.client);
            idle.enter();
            let refusing = refusing();
            dumped.enter();
            let dump = Tcpdump::start(other.client);

            let mut text = format!("{}:", other.name);
            let at_rate = median((0..rounds).map(|_| {
                let rates = [&witnessed, unwatched].map(|world| paced(world, other));
                rates[0] * 1000 / rates[1]
            }));
            add(
                &mut text,
                "at the rate of the runs beside a witness",
                at_rate,
            );
            let mut lanes = vec![
                Lane::new("", unwatched),
                Lane::new("flat out beside a witness", &witnessed),
                Lane::new("beside a socket that refuses everything", &idle),
                Lane::new("beside nothing", &nothing),
            ];
            if dump.is_some() {
                lanes.push(Lane::new("beside tcpdump", &dumped));
            }
            run(&mut lanes, &other.frames(), rounds);
            let base = lanes[0].costs.clone();
            for lane in &lanes[1..] {
                let shares = base.iter().zip(&lane.costs);
                add(
                    &mut text,
                    lane.name,
                    median(shares.map(|(of, cost)| of * 1000 / cost)),
                );
            }
            say(&text);
            cost = median(lanes[1].costs.iter().copied());
            watch.finish();
            drop((refusing, dump));
        }
        Measurement {
            avg: u64::try_from(cost).unwrap(),
            variance: 0,
        }
    })
}

/// The way to one of the instances.
struct Lane {
    name: &'static str,
    link: Socket,
    /// The nanoseconds of processor time that a packet took, round by round.
    costs: Vec<usize>,
}

impl Lane {
    fn new(name: &'static str, world: &World) -> Self {
        Self {
            name,
            link: world.at_client(|| link(LINK)),
            costs: Vec::new(),
        }
    }
}

/// Sends the same to every instance, in turns.
fn run(lanes: &mut [Lane], frames: &[Vec<u8>], rounds: usize) {
    for round in 0..=rounds {
        let mut spent = vec![0; lanes.len()];
        for turn in 0..TURNS {
            for place in 0..lanes.len() {
                let lane = (place + turn) % lanes.len();
                let before = processor_time();
                send(&lanes[lane].link, frames, 0..PACKETS);
                spent[lane] += processor_time() - before;
            }
        }
        // The first round warms up.
        if round > 0 {
            for (lane, spent) in lanes.iter_mut().zip(spent) {
                lane.costs.push(spent / (TURNS * PACKETS));
            }
        }
    }
}

/// Packets a second that arrive at an instance, when so many are sent.
fn paced(world: &World, other: &Other) -> usize {
    let link = world.at_client(|| link(LINK));
    let flood = Flood::start(link, other.frames(), RATE + RATE / 5);
    thread::sleep(SLICE / 2);
    let (before, began) = (arrived(), Instant::now());
    thread::sleep(SLICE);
    let rate = (arrived() - before) * 1_000_000 / micros(began);
    drop(flood);
    rate
}

/// The nanoseconds that this thread has had a processor (`sched-stats.rst`).
fn processor_time() -> usize {
    // What it has had since the last turn of the scheduler is counted only then.
    thread::yield_now();
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    statistics.split(' ').next().unwrap().parse().unwrap()
}

fn add(text: &mut String, name: &str, thousandths: usize) {
    let (whole, part) = (thousandths / 1000, thousandths % 1000);
    let _infallible = write!(text, " {name} {whole}.{part:03};");
}

fn median(values: impl Iterator<Item = usize>) -> usize {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

const ROUNDS: usize = 21;
const TURNS: usize = 10;
const PACKETS: usize = 2048;
const SLICE: Duration = Duration::from_millis(300);
