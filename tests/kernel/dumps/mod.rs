//! Listings of real hosts, loaded into the kernel again: what the evaluator says by them, as written
//! and as the tools list them once loaded, has to be what becomes of real packets.
//!
//! Packets are aimed at the rules: at the addresses, the ports and the interfaces that a listing names,
//! at their neighbours, and past all of them. Each listing of iptables is loaded in both back ends,
//! where it does not say its own, and under several layouts of the host's links, so that an interface
//! it names is now the one packets come in by, now the one they leave by.
//!
//! `REACHDX_SAMPLES=DIR` has every listing below another directory loaded as well, and prints what
//! does not load.

mod aim;
mod layout;
mod sample;
mod vocabulary;

use crate::agreement;
use crate::dice::Dice;
use crate::generate;
use crate::rules::{self, Positions};
use crate::wire::Wire;
use crate::world::World;
use layout::Layout;
use sample::Sample;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use vocabulary::Vocabulary;

/// Judges packets by the listings kept with the tests.
pub(crate) fn assert_agreement_in_tree() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("rulesets/tests/data");
    let figures = assert_agreement(&directory);
    let refused: Vec<&str> = figures
        .refused
        .iter()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(refused, LISTED_BUT_NOT_TAKEN, "{figures}");
    assert!(figures.files > 8, "{figures}");
}

/// Judges packets by every listing below a directory, and tells which of them the tools do not load.
pub(crate) fn assert_agreement(directory: &Path) -> Figures {
    let samples = sample::below(directory);
    let open = Mutex::new(samples.iter());
    let figures = Mutex::new(Figures::default());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(sample) = next(&open) {
                    let found = judge(sample);
                    figures.lock().unwrap().add(found);
                }
            });
        }
    });
    let figures = figures.into_inner().unwrap();
    let mut output = std::io::stdout();
    writeln!(output, "{figures}").unwrap();
    for line in &figures.refused {
        writeln!(output, "not loaded: {line}").unwrap();
    }
    assert!(
        figures.faults.is_empty(),
        "{figures}\n{}",
        figures.faults.join("\n")
    );
    assert!(
        figures.definite * 100 >= figures.verdicts * DEFINITE,
        "too few are definite: {figures}"
    );
    figures
}

fn next<'a>(open: &Mutex<impl Iterator<Item = &'a Sample>>) -> Option<&'a Sample> {
    open.lock().unwrap().next()
}

/// What was counted, and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    files: u64,
    loads: u64,
    verdicts: u64,
    definite: u64,
    wrong: u64,
    wrong_deciders: u64,
    refused: Vec<String>,
    faults: Vec<String>,
}

/// One listing, under each layout and in each back end.
fn judge(sample: &Sample) -> Figures {
    let mut figures = Figures::default();
    let vocabulary = Vocabulary::of(&sample.text);
    let mut seed = 0;
    for layout in layout::layouts(&vocabulary) {
        for rules in sample.rule_sets() {
            seed += 1;
            let trial = Trial {
                sample,
                vocabulary: &vocabulary,
                layout: &layout,
                seed,
            };
            match World::with(|world| trial.run(world, &rules)) {
                Ok(found) => figures.add(found),
                Err(error) => {
                    let error = error.trim().lines().next().unwrap_or_default().to_owned();
                    let line = format!("{}: {error}", sample.name);
                    if !figures.refused.contains(&line) {
                        figures.refused.push(line);
                    }
                }
            }
        }
    }
    figures.files = u64::from(figures.loads > 0);
    figures
}

struct Trial<'a> {
    sample: &'a Sample,
    vocabulary: &'a Vocabulary,
    layout: &'a Layout,
    seed: u64,
}

impl Trial<'_> {
    /// Loads the rules, sends the packets, and compares; fails when the kernel refuses the rules.
    fn run(&self, world: &World, rules: &sample::Loading) -> Result<Figures, String> {
        let facts = self.layout.apply(self.vocabulary);
        let mut wire = Wire::open(world);
        rules::watch_on(true, &self.layout.second);
        let mut dice = Dice::seeded(self.seed);
        let flows = generate::flows(&mut dice);
        wire.open_flows(flows.iter().flat_map(|flow| &flow.opening));
        rules.load()?;
        let listings = rules.set.list(false);
        let unread = |error: String| -> ! { panic!("{}: {error}", self.sample.name) };
        let listed = listings.read().unwrap_or_else(|error| unread(error));
        let written = self.sample.read(rules.name);
        let written = written.unwrap_or_else(|error| unread(error));
        let positions = Positions::read(&rules::nft_listing());
        let probes = generate::probes(&mut dice, &flows, PACKETS);
        let probes = aim::aimed(&mut dice, probes, self.vocabulary, self.layout);
        let seen = wire.send(&probes);
        let mut figures = Figures {
            loads: 1,
            ..Figures::default()
        };
        for (probe, seen) in probes.iter().zip(&seen) {
            let passages = agreement::judge(&listed, probe, &facts);
            let found = agreement::compare(probe, &passages, seen, &positions);
            let by_written = written.as_ref().and_then(|written| {
                let passages = agreement::judge(written, probe, &facts);
                let found = agreement::compare(probe, &passages, seen, &positions);
                found.wrong.map(|why| format!("as written: {why}"))
            });
            figures.verdicts += 1;
            figures.definite += u64::from(found.definite);
            let wrong = found.wrong.or(by_written);
            figures.wrong += u64::from(wrong.is_some());
            figures.wrong_deciders += u64::from(found.wrong_decider.is_some());
            let why = wrong.or(found.wrong_decider);
            if let Some(why) = why.filter(|_| figures.faults.is_empty()) {
                figures.faults.push(format!(
                    "{} as {} on {:?}: {why}\npacket: {:?}\nkernel: arrived {:?}\n{:#?}\nevaluator: {:#?}",
                    self.sample.name,
                    rules.name,
                    self.layout,
                    probe.packet,
                    seen.arrived,
                    crate::visits::visits(&seen.records),
                    passages[0].answer.outcomes,
                ));
            }
        }
        Ok(figures)
    }
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.loads += other.loads;
        self.verdicts += other.verdicts;
        self.definite += other.definite;
        self.wrong += other.wrong;
        self.wrong_deciders += other.wrong_deciders;
        self.refused.extend(other.refused);
        let room = SHOWN.saturating_sub(self.faults.len());
        self.faults.extend(other.faults.into_iter().take(room));
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} listings loaded {} times, {} verdicts, {} definite, {} wrong, {} wrong deciders, {} not loaded",
            self.files,
            self.loads,
            self.verdicts,
            self.definite,
            self.wrong,
            self.wrong_deciders,
            self.refused.len()
        )
    }
}

/// The variable that names a directory of further listings.
pub(crate) const GIVEN: &str = "REACHDX_SAMPLES";

/// What `nft` prints of extensions of iptables it does not read again.
const LISTED_BUT_NOT_TAKEN: [&str; 1] = ["iptables/host.nft"];

/// How many of a hundred answers by listings of real hosts have to be definite, at least.
const DEFINITE: u64 = 85;

/// How many packets each loading judges.
const PACKETS: usize = 120;

/// How many faults are told in full.
const SHOWN: usize = 5;

/// How many worlds stand at once.
const WORKERS: usize = 3;
