//! Whether a witness slows down the traffic beside it: throughput with one against throughput without,
//! in turns of one run.

use crate::flood::{link, micros, send};
use crate::seen::{OTHERS, Other, say};
use crate::watch::{Tcpdump, Watch};
use crate::world::{LINK, World, arrived};
use libtest_mimic::Measurement;
use socket2::Socket;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Prints for each kind of traffic what share of its throughput is left beside a witness, beside tcpdump
/// with an equal filter where that is installed, and what share one measurement without either is of the
/// next: how exact the others are. Gives the time of one packet beside a witness.
pub(crate) fn measure(once: bool) -> Measurement {
    let turns = if once { 1 } else { TURNS };
    let mut beside = Vec::new();
    World::with(|world| {
        let socket = world.at_client(|| link(LINK));
        for other in &OTHERS {
            let mut shares = Shares::of(other, &socket, turns);
            say(&format!("{}: {}", other.name, shares.text()));
            beside.extend(shares.rates);
        }
    });
    Measurement {
        avg: 1_000_000_000 / u64::from(median(&mut beside)),
        variance: 0,
    }
}

/// Shares of the throughput without a watch, in thousandths, one a turn.
#[derive(Default)]
struct Shares {
    witness: Vec<u32>,
    tcpdump: Vec<u32>,
    nothing: Vec<u32>,
    /// Packets a second beside a witness.
    rates: Vec<u32>,
}

impl Shares {
    fn of(other: &Other, socket: &Socket, turns: usize) -> Self {
        let frames = other.frames();
        let rate = || throughput(socket, &frames);
        let mut shares = Self::default();
        for _ in 0..turns {
            let first = rate();
            let watch = Watch::start(other.client);
            let witnessed = rate();
            watch.finish();
            let second = rate();
            shares.rates.push(witnessed);
            shares.witness.push(share(witnessed, first, second));
            shares.nothing.push(share(second, first, first));
            if let Some(dump) = Tcpdump::start(other.client) {
                let dumped = rate();
                drop(dump);
                shares.tcpdump.push(share(dumped, second, rate()));
            }
        }
        shares
    }

    fn text(&mut self) -> String {
        let rate = median(&mut self.rates);
        let mut text = format!("{rate} packets a second beside a witness");
        for (name, shares) in [
            ("a witness", &mut self.witness),
            ("tcpdump", &mut self.tcpdump),
            ("nothing", &mut self.nothing),
        ] {
            if !shares.is_empty() {
                let share = f64::from(median(shares)) / 1000.0;
                let _infallible = write!(text, ", ratio beside {name} {share:.3}");
            }
        }
        text
    }
}

/// Packets a second that arrive, when they are sent as fast as the machine can, once it is awake.
fn throughput(socket: &Socket, frames: &[Vec<u8>]) -> u32 {
    let send_for = |time| {
        let (before, began) = (arrived(), Instant::now());
        while began.elapsed() < time {
            send(socket, frames, 0..frames.len());
        }
        (before, began)
    };
    send_for(WARM_UP);
    let (before, began) = send_for(SLICE);
    u32::try_from((arrived() - before) * 1_000_000 / micros(began)).unwrap()
}

/// How many thousandths `rate` is of the mean of those before and after it.
fn share(rate: u32, before: u32, after: u32) -> u32 {
    u32::try_from(u64::from(rate) * 2000 / (u64::from(before) + u64::from(after))).unwrap()
}

fn median(values: &mut [u32]) -> u32 {
    values.sort_unstable();
    values[values.len() / 2]
}

const TURNS: usize = 21;
const WARM_UP: Duration = Duration::from_millis(150);
const SLICE: Duration = Duration::from_millis(300);
