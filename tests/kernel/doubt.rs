//! Proves that the rig notices: what it is told wrong of the rules, it holds against the kernel.

use crate::agreement;
use crate::dice::Dice;
use crate::generate::{self, Kind};
use crate::probe::Shape;
use crate::rules::{self, Positions};
use crate::trace;
use crate::wire::Wire;
use crate::world::{self, World};
use rulesets::host::HostRules;
use rulesets::program::{Step, Verdict};

/// Turns accepts into drops, and swaps neighbouring rules, in what was read: each has to be noticed.
pub(crate) fn assert_noticed() {
    World::with(|world| {
        let mut wire = Wire::open(world);
        let mut noticed = [(0, 0); 2];
        for seed in SEEDS {
            let found = faults(&mut wire, &mut Dice::seeded(seed));
            for (sum, found) in noticed.iter_mut().zip(found) {
                *sum = (sum.0 + found.0, sum.1 + found.1);
            }
        }
        let [(verdicts, deciders), (_, renumbered)] = noticed;
        assert!(verdicts > 20 && deciders > 20, "{verdicts} {deciders}");
        assert!(renumbered > 20, "{renumbered}");
    });
}

/// The wrong verdicts and the wrong deciders of one rule set, by either fault.
fn faults(wire: &mut Wire, dice: &mut Dice) -> [(usize, usize); 2] {
    let rules = generate::rule_set(dice, Kind::Nft);
    rules::watch(true);
    trace::forget_flows();
    rules.load().unwrap();
    let right = rules.list(false).read().unwrap();
    let positions = Positions::read(&rules::nft_listing());
    let mut probes = generate::probes(dice, &[], 200);
    for probe in &mut probes {
        probe.shape = Shape::Whole;
    }
    let seen = wire.send(&probes);
    let count = |host: &HostRules| {
        let mut wrong = (0, 0);
        for (probe, seen) in probes.iter().zip(&seen) {
            let passages = agreement::judge(host, probe, &world::facts());
            let found = agreement::compare(probe, &passages, seen, &positions);
            wrong.0 += usize::from(found.wrong.is_some());
            wrong.1 += usize::from(found.wrong_decider.is_some());
        }
        wrong
    };
    assert_eq!(count(&right), (0, 0), "{rules}");
    [count(&refusing(right.clone())), count(&renumbered(right))]
}

/// The same rules with each accept turned into a drop.
fn refusing(mut host: HostRules) -> HostRules {
    for step in steps(&mut host) {
        if *step == Step::Verdict(Verdict::Accept) {
            *step = Step::Verdict(Verdict::Drop);
        }
    }
    host
}

/// The same rules under each other's numbers.
fn renumbered(mut host: HostRules) -> HostRules {
    for table in &mut host.tables {
        for rule in table
            .chains
            .iter_mut()
            .flat_map(|chain| &mut chain.chain.rules)
        {
            rule.index += 1;
        }
    }
    host
}

fn steps(host: &mut HostRules) -> impl Iterator<Item = &mut Step> {
    let chains = host.tables.iter_mut().flat_map(|table| &mut table.chains);
    let rules = chains.flat_map(|chain| &mut chain.chain.rules);
    rules.flat_map(|rule| &mut rule.steps)
}

const SEEDS: [u64; 6] = [1, 2, 3, 4, 5, 7];
