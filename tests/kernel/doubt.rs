//! Proves that the rig notices: what it is told wrong of the rules, it holds against the kernel.

use crate::agreement;
use crate::dice::Dice;
use crate::generate::{self, Kind};
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
        let mut dice = Dice::seeded(7);
        let rules = generate::rule_set(&mut dice, Kind::Nft);
        rules::watch(true);
        trace::forget_flows();
        rules.load().unwrap();
        let right = rules.list(false).read().unwrap();
        let positions = Positions::read(&rules::nft_listing());
        let probes = generate::probes(&mut dice, &[], 200);
        let seen = wire.send(&probes);
        let faults = |host: &HostRules| {
            let mut wrong = (0, 0);
            for (probe, seen) in probes.iter().zip(&seen) {
                let passages = agreement::judge(host, probe, &world::facts());
                let found = agreement::compare(probe, &passages, seen, &positions);
                wrong.0 += usize::from(found.wrong.is_some());
                wrong.1 += usize::from(found.wrong_decider.is_some());
            }
            wrong
        };
        assert_eq!(faults(&right), (0, 0), "{rules}");
        let (verdicts, deciders) = faults(&refusing(right.clone()));
        assert!(verdicts > 5 && deciders > 5, "{verdicts} {deciders}");
        let (_, deciders) = faults(&renumbered(right));
        assert!(deciders > 5, "{deciders}");
    });
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
