//! How fast packet sets are: decisions in bulk beside a linear scan and a decision diagram, reports
//! on long lists with their memory, lists made to be hard, allowed sets and differences.
//!
//! `cargo bench -p rulesets` prints the table. Times are processor time of this machine at this moment;
//! the ratios are what to compare.
#![expect(clippy::unwrap_used, reason = "a failing benchmark should panic")]
#![expect(clippy::print_stdout, reason = "the table is the output")]

#[path = "../tests/support/bdd.rs"]
mod bdd;
#[path = "../tests/support/packets.rs"]
mod packets;
#[path = "../tests/support/rule_lists.rs"]
mod rule_lists;

use bdd::{Bdd, Set};
use nix::time::ClockId;
use oxidd::BooleanFunction;
use packets::packet;
use rule_lists::{Flavour, Random, edited, list};
use rulesets::space::{
    Budget, Bulk, Cube, Entry, Field, Label, Life, Lint, List, Point, Removal, Span, diff, lint,
    region,
};
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, flavour, size] = &arguments[..]
        && word == REPORT
    {
        let flavour = Flavour::ALL[flavour.parse::<usize>().unwrap()];
        report(flavour, size.parse().unwrap());
        return;
    }
    bulk();
    reports();
    allowed();
    differences();
}

/// One packet at a time.
fn bulk() {
    println!("decisions, nanoseconds a packet (and times as fast as the linear scan)");
    println!("list               linear  bit vectors      trees            diagram");
    for size in [100, 1_000, 10_000] {
        for flavour in REAL {
            let list = list(flavour, &Cube::V4, size, SEED);
            let points = points(&list);
            let linear = nanoseconds(&points, |point| list.decide(point).label.0);
            let bulk = Bulk::new(&list);
            let vectors = nanoseconds(&points, |point| bulk.decide(point).label.0);
            let bulk = Bulk::small(&list);
            let trees = nanoseconds(&points, |point| bulk.decide(point).label.0);
            let cell = |time: f64| format!("{time:6.0} ({:5.1}x)", linear / time);
            let diagram = if size <= MOST_FOR_DIAGRAMS {
                let (oracle, set) = accepted(&list);
                cell(nanoseconds(&points, |point| {
                    u32::from(oracle.holds(&set, point))
                }))
            } else {
                "not built".to_owned()
            };
            let name = format!("{flavour:?} {size}");
            println!(
                "{name:16} {linear:8.0} {} {} {diagram}",
                cell(vectors),
                cell(trees)
            );
        }
    }
}

/// The packets that get label 1.
fn accepted(list: &List) -> (Bdd, Set) {
    let mut oracle = Bdd::new(&Cube::V4, 1 << 23);
    oracle.clear();
    let (decided, _) = oracle.decided(list, &Cube::V4);
    let own = list.entries.iter().zip(&decided);
    let own = own.filter(|(entry, _)| entry.label == Label(1));
    let set = own.fold(oracle.cubes([]), |all, (_, set)| all.or(set).unwrap());
    (oracle, set)
}

/// Whole reports, each in a process of its own so that its memory can be told.
fn reports() {
    println!("\nreports on every rule: dead, redundant, removable together, not determined");
    for (flavour, sizes) in [
        (Flavour::Acl, [1_000, 10_000, 20_000]),
        (Flavour::Firewall, [1_000, 10_000, 20_000]),
        (Flavour::Chain, [1_000, 10_000, 20_000]),
        (Flavour::Group, [1_000, 10_000, 20_000]),
        (Flavour::Comb, [281, 1_081, 10_081]),
        (Flavour::Tiles, [1_001, 5_001, 10_001]),
    ] {
        for size in sizes {
            let number = Flavour::ALL
                .iter()
                .position(|other| *other == flavour)
                .unwrap();
            let mut own = Command::new(std::env::current_exe().unwrap());
            let own = own.args([REPORT, &number.to_string(), &size.to_string()]);
            let output = own.output().unwrap();
            assert!(output.status.success(), "the report failed");
            print!("{}", String::from_utf8(output.stdout).unwrap());
        }
    }
}

/// One report, and the most memory this process ever had.
fn report(flavour: Flavour, size: u32) {
    let list = list(flavour, &Cube::V4, size, SEED);
    let (time, found) = timed(|| lint(&list, &Cube::V4, &Budget::default()));
    let Lint { rules, .. } = &found;
    let dead = rules
        .iter()
        .filter(|rule| matches!(rule.life, Life::Dead(_)))
        .count();
    let redundant = rules
        .iter()
        .filter(|rule| rule.removal == Removal::Redundant)
        .count();
    let together = found.removable_together.len();
    let open = rules
        .iter()
        .filter(|rule| rule.life == Life::NotDetermined || rule.removal == Removal::NotDetermined);
    println!(
        "{:16} {:9.1} ms {:6.1} MB   {dead:5} {redundant:5} {together:5} {:5}",
        format!("{flavour:?} {size}"),
        milliseconds(time),
        peak_megabytes(),
        open.count()
    );
}

/// Everything that may reach one address.
fn allowed() {
    println!("\nallowed set of one instance");
    for size in [100, 300, 1_000] {
        let list = list(Flavour::Group, &Cube::V4, size, SEED);
        let within = Cube::V4.with(Field::Destination, Span::one(0x0a00_0001));
        let budget = Budget::default();
        let (time, cubes) = timed(|| region(&list, &within, Label(1), &budget));
        let cubes = cubes.unwrap();
        let (mut oracle, set) = accepted(&list);
        let wanted = oracle.cube(&within).and(&set).unwrap();
        assert!(oracle.cubes(&cubes) == wanted, "the set is wrong");
        let name = format!("Group {size}");
        println!(
            "{name:16} {:9.2} ms {:6} cubes",
            milliseconds(time),
            cubes.len()
        );
    }
}

/// What an edit changes.
fn differences() {
    println!("\ndifference after three edits; for one instance, after letting all pass");
    for size in [100, 1_000, 10_000] {
        for flavour in REAL {
            let list = list(flavour, &Cube::V4, size, SEED);
            let after = edited(&list, 3, &mut Random::new(SEED));
            let mut open = list.clone();
            let everything = Entry {
                cube: Cube::V4,
                label: Label(1),
                rule: u32::MAX,
            };
            open.entries.insert(0, everything);
            let within = Cube::V4.with(Field::Destination, Span::one(0x0a00_0001));
            let ask = |new: &List, within: &Cube| {
                let (time, changes) = timed(|| diff(&list, new, within, &Budget::default()));
                let count = changes.map_or_else(
                    |_| "not determined".to_owned(),
                    |changes| format!("{} changes", changes.len()),
                );
                format!("{:9.2} ms {count:>16}", milliseconds(time))
            };
            let name = format!("{flavour:?} {size}");
            println!(
                "{name:16} {} {}",
                ask(&after, &Cube::V4),
                ask(&open, &within)
            );
        }
    }
}

/// Packets of which most are aimed at rules.
fn points(list: &List) -> Vec<Point> {
    let mut random = Random::new(SEED);
    (0..PACKETS)
        .map(|_| packet(list, &Cube::V4, &mut random))
        .collect()
}

/// The least time of some rounds over packets, as long as a round is short, a packet.
fn nanoseconds(points: &[Point], decide: impl Fn(&Point) -> u32) -> f64 {
    let round = || {
        let start = processor_time();
        let sum = points
            .iter()
            .fold(0_u32, |sum, point| sum.wrapping_add(decide(point)));
        black_box(sum);
        processor_time().saturating_sub(start)
    };
    let least = (0..5).map(|_| round()).min().unwrap();
    least.as_secs_f64() * 1e9 / f64::from(PACKETS)
}

/// The least time of some rounds, and the answer.
fn timed<T>(question: impl Fn() -> T) -> (Duration, T) {
    let round = || {
        let start = processor_time();
        let answer = question();
        (processor_time().saturating_sub(start), answer)
    };
    let first = round();
    let rounds = if first.0 > Duration::from_millis(200) {
        0
    } else {
        5
    };
    (0..rounds).map(|_| round()).fold(
        first,
        |least, next| if next.0 < least.0 { next } else { least },
    )
}

/// What this thread has had of a processor: other work on the machine counts less than on a clock.
fn processor_time() -> Duration {
    ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap().into()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The kernel's account of the most memory this process had.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes / 1024.0
}

/// The flavours that are like lists people write.
const REAL: [Flavour; 4] = [
    Flavour::Acl,
    Flavour::Firewall,
    Flavour::Chain,
    Flavour::Group,
];

/// The word that asks this program for one report.
const REPORT: &str = "report";

/// The longest list that a diagram is built of: longer ones take minutes or run out of memory.
const MOST_FOR_DIAGRAMS: u32 = 1_000;

const PACKETS: u32 = 50_000;

const SEED: u64 = 7;
