//! Why an address gets in: every rule that lets it pass, gate by gate, and what would be cut if that rule
//! were gone.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::reach::passing;
use super::{ALLOW, Gates, Reading};
use crate::layer::LayerKind;
use crate::space::{Budget, Cube, List, NotDetermined, difference, merged, region_by_rule};
use crate::verdict::MatchingRule;
use std::collections::BTreeMap;

/// A rule by which packets get through a gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Way {
    /// The gate's layer.
    pub layer: LayerKind,
    /// The gate's name.
    pub gate: String,
    /// The rule; `None` for the default.
    pub rule: Option<MatchingRule>,
    /// The packets that get through all gates and that this rule lets through its own.
    pub passes: Vec<Cube>,
    /// Those of them that would be stopped if the rule were gone; the others have another way in.
    pub cut: Vec<Cube>,
}

/// Every rule by which packets of a cube may get through all gates, in path and list order.
pub fn why(gates: &Gates, within: &Cube, budget: &Budget) -> Result<Vec<Way>, NotDetermined> {
    let through = passing(gates, within, Reading::May, budget)?;
    let mut ways = Vec::new();
    for (number, gate) in gates.gates.iter().enumerate() {
        let mut by_rule: BTreeMap<Option<u32>, Vec<Cube>> = BTreeMap::new();
        for cube in &through {
            for part in region_by_rule(&gate.may, cube, ALLOW, budget)? {
                by_rule
                    .entry(part.decision.rule)
                    .or_default()
                    .push(part.cube);
            }
        }
        // The default comes after all rules.
        let default = by_rule.remove(&None).map(|cubes| (None, cubes));
        let rules = by_rule.into_iter().chain(default);
        for (rule, cubes) in rules {
            let passes = merged(&cubes);
            let cut = match rule {
                Some(rule) => cut(gates, number, rule, &passes, budget)?,
                None => Vec::new(),
            };
            ways.push(Way {
                layer: gate.layer,
                gate: gate.name.clone(),
                rule: gate.decider(rule).cloned(),
                passes,
                cut,
            });
        }
    }
    Ok(ways)
}

/// What of these packets is stopped once the rule is gone from its gate.
fn cut(
    gates: &Gates,
    number: usize,
    rule: u32,
    passes: &[Cube],
    budget: &Budget,
) -> Result<Vec<Cube>, NotDetermined> {
    let list = &gates.gates[number].may;
    let without = List {
        entries: list
            .entries
            .iter()
            .filter(|entry| entry.rule != rule)
            .copied()
            .collect(),
        default: list.default,
    };
    let mut still = Vec::new();
    for cube in passes {
        still.extend(crate::space::region(&without, cube, ALLOW, budget)?);
    }
    difference(passes, &still, budget)
}
