//! Random rule sets and random packets: the evaluator has to say of each packet what the kernel does.

use crate::agreement::{self, Comparison};
use crate::counters::{self, Counters};
use crate::dice::Dice;
use crate::generate::{self, Kind};
use crate::probe::{Probe, Shape};
use crate::rules::{self, Listings, Positions, RuleSet};
use crate::trace;
use crate::wire::{Seen, Wire};
use crate::world::{self, World};
use rulesets::State;
use rulesets::host::{HostRules, Passage};
use std::fmt;
use std::io::Write;

/// Judges random packets by random rule sets of one kind, and fails where the kernel disagrees.
pub(crate) fn assert_agreement(kind: Kind) {
    let first = number(SEED).unwrap_or(DEFAULT_SEED);
    let sets = number(SETS).map_or(DEFAULT_SETS, |all| all.div_ceil(KINDS));
    let figures = World::with(|world| {
        let mut wire = Wire::open(world);
        let mut figures = Figures::default();
        for seed in first..first + sets {
            let mut dice = Dice::seeded(seed.wrapping_mul(KINDS).wrapping_add(kind as u64));
            let rules = generate::rule_set(&mut dice, kind);
            let draft = (seed, dice, rules);
            if draft.2.legacy_last {
                // Where the older iptables was never used it has made no table yet.
                World::with(|world| run(&mut Wire::open(world), kind, draft, &mut figures));
            } else {
                run(&mut wire, kind, draft, &mut figures);
            }
        }
        figures
    });
    let mut output = std::io::stdout();
    writeln!(output, "{kind:?}: {figures}").unwrap();
    let unknown = figures.verdicts - figures.definite;
    assert!(
        figures.faults.is_empty(),
        "{figures}\n{}",
        figures.faults.join("\n")
    );
    assert!(
        unknown * 100 <= figures.verdicts,
        "{kind:?}: more than one in a hundred is unknown: {figures}"
    );
}

fn run(wire: &mut Wire, kind: Kind, draft: (u64, Dice, RuleSet), figures: &mut Figures) {
    let trial = RandomTrial::prepare(wire, kind, draft);
    trial.run(wire, figures);
}

/// What was counted, and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    sets: u64,
    verdicts: u64,
    definite: u64,
    wrong: u64,
    wrong_deciders: u64,
    faults: Vec<String>,
}

/// One rule set, loaded and read, and the packets to be judged by it.
struct RandomTrial {
    kind: Kind,
    seed: u64,
    rules: RuleSet,
    listings: Listings,
    host: HostRules,
    positions: Positions,
    probes: Vec<Probe>,
}

impl RandomTrial {
    fn prepare(wire: &mut Wire, kind: Kind, draft: (u64, Dice, RuleSet)) -> Self {
        let (seed, mut dice, rules) = draft;
        rules::watch(true);
        trace::forget_flows();
        let flows = generate::flows(&mut dice);
        wire.open_flows(flows.iter().flat_map(|flow| &flow.opening));
        if let Err(error) = rules.load() {
            panic!("{}: {error}\n{rules}", again(kind, seed));
        }
        let json = kind == Kind::Nft && !rules.nft.contains(" ingress ") && dice.chance(30);
        let listings = rules.list(json);
        let host = match listings.read() {
            Ok(host) => host,
            Err(error) => panic!("{}: {error}\n{rules}", again(kind, seed)),
        };
        let mut probes = generate::probes(&mut dice, &flows, PACKETS);
        for probe in &mut probes {
            if rules.sees_inside(probe.shape) {
                probe.shape = Shape::Whole;
            }
        }
        if !rules.legacy6.is_empty() {
            probes.retain(|probe| !generate::may_be_told_to_itself(probe));
        }
        if rules.asks_legacy_for_flows() {
            probes
                .retain(|probe| !matches!(probe.packet.state, State::Established | State::Related));
        }
        Self {
            kind,
            seed,
            positions: Positions::read(&rules::nft_listing()),
            rules,
            listings,
            host,
            probes,
        }
    }

    fn run(self, wire: &mut Wire, figures: &mut Figures) {
        let before = self.counters();
        let seen = wire.send(&self.probes);
        let gained = counters::gained(&before, self.counters());
        self.rules.unload();
        rules::watch(true);
        if !self.rules.ipset.is_empty() {
            rules::destroy_ipsets();
        }
        self.compare(&seen, &gained, figures);
    }

    fn counters(&self) -> Counters {
        self.rules
            .legacy_counters()
            .into_iter()
            .flat_map(|(program, listing)| counters::read(program, &listing))
            .collect()
    }

    fn compare(&self, seen: &[Seen], gained: &Counters, figures: &mut Figures) {
        let facts = world::facts();
        let mut expected = Some(Counters::new());
        figures.sets += 1;
        for (probe, seen) in self.probes.iter().zip(seen) {
            let passages = agreement::judge(&self.host, probe, &facts);
            let found = agreement::compare(probe, &passages, seen, &self.positions);
            figures.verdicts += 1;
            figures.definite += u64::from(found.definite);
            figures.wrong += u64::from(found.wrong.is_some());
            figures.wrong_deciders += u64::from(found.wrong_decider.is_some());
            if found.wrong.is_some() || found.wrong_decider.is_some() {
                self.report(figures, &found, (probe, seen, &passages));
            }
            // What comes in again the host answers, and meets the answers too.
            expected = expected
                .filter(|_| passages.len() == 1)
                .and_then(|mut expected| {
                    counters::expect(&mut expected, &passages[0]).map(|()| expected)
                });
        }
        if let Some(expected) = expected.filter(|_| self.rules.counts_can_be_predicted()) {
            self.compare_counters(&expected, gained, figures);
        }
    }

    fn compare_counters(&self, expected: &Counters, gained: &Counters, figures: &mut Figures) {
        if expected != gained {
            figures.wrong_deciders += 1;
            let differ = |one: &Counters, other: &Counters| -> Vec<String> {
                one.iter()
                    .filter(|(key, count)| other.get(*key) != Some(*count))
                    .map(|(key, count)| format!("  {key:?}: {count}"))
                    .collect()
            };
            figures.fault(format!(
                "{}: the counters differ\nkernel:\n{}\nevaluator:\n{}\n{}",
                again(self.kind, self.seed),
                differ(gained, expected).join("\n"),
                differ(expected, gained).join("\n"),
                self.rules
            ));
        }
    }

    fn report(
        &self,
        figures: &mut Figures,
        found: &Comparison,
        (probe, seen, passages): (&Probe, &Seen, &[Passage]),
    ) {
        let again = again(self.kind, self.seed);
        let why = [&found.wrong, &found.wrong_decider];
        let why: Vec<&str> = why.into_iter().flatten().map(String::as_str).collect();
        let visits = crate::visits::visits(&seen.records);
        figures.fault(format!(
            "{again}: {}\nprobe: {:?}\nkernel: arrived {:?}\n{visits:#?}\nevaluator: {:#?}\nreached: {:#?}\n{}\n{}",
            why.join("; "),
            probe,
            seen.arrived,
            passages
                .iter()
                .map(|passage| &passage.answer.outcomes)
                .collect::<Vec<_>>(),
            passages
                .iter()
                .flat_map(|passage| &passage.stages)
                .filter(|stage| stage.reached)
                .collect::<Vec<_>>(),
            self.rules,
            self.listings,
        ));
    }
}

impl Figures {
    /// Keeps the first few faults.
    fn fault(&mut self, text: String) {
        if self.faults.len() < SHOWN {
            self.faults.push(text);
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rule sets, {} verdicts, {} definite, {} wrong, {} wrong deciders",
            self.sets, self.verdicts, self.definite, self.wrong, self.wrong_deciders
        )
    }
}

/// How to see this rule set again.
fn again(kind: Kind, seed: u64) -> String {
    let name = kind.name();
    format!("{SEED}={seed} {SETS}=1 cargo test --test kernel -- --exact random::{name}")
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is a number, not `{text}`")))
}

/// The variable that gives the seed of the first rule set of each kind.
const SEED: &str = "REACHDX_SEED";
/// The variable that gives how many rule sets there are, of all kinds together.
const SETS: &str = "REACHDX_SETS";

const DEFAULT_SEED: u64 = 1;
/// Of each kind.
const DEFAULT_SETS: u64 = 50;
const KINDS: u64 = 4;

/// How many packets each rule set judges.
const PACKETS: usize = 200;

/// How many faults are told in full.
const SHOWN: usize = 3;
