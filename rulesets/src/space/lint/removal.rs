//! Rules that could be removed without changing any decision.

use super::Removal;
use super::survey::{Search, Survey, probes};
use crate::space::budget::{Meter, NotDetermined};
use crate::space::diagram::{Diagram, Item, Question};
use crate::space::grid::Rect;
use crate::space::list::Label;

/// Whether a rule can go, when the rules in `removed` have gone before it. `dead` names rectangles
/// that decide nothing as long as all rules are there.
pub(super) fn removal(
    survey: &Survey<'_>,
    search: &mut Search,
    rule: u32,
    removed: &[bool],
) -> Removal {
    let present = |number: u32| !removed[survey.rules[number as usize] as usize];
    let others = |number: u32| present(number) && survey.rules[number as usize] != rule;
    let needed = |cells: [u32; 5]| {
        let instead = survey.decide(&cells, others);
        let changes = survey.decide(&cells, present).label != instead.label;
        changes.then(|| Removal::Needed {
            witness: survey.grid.point(&cells),
            instead,
        })
    };
    let members = &survey.members[rule as usize];
    let mut points = members
        .iter()
        .flat_map(|member| probes(survey.rect(*member)));
    if let Some(needed) = points.find_map(needed) {
        return needed;
    }
    let mut determined = true;
    for member in members {
        match changed(survey, search, *member, removed) {
            Ok(None) => {}
            Ok(Some(cells)) => return needed(cells).unwrap_or(Removal::NotDetermined),
            Err(NotDetermined { .. }) => determined = false,
        }
    }
    if determined {
        Removal::Redundant
    } else {
        Removal::NotDetermined
    }
}

/// A cell of a rectangle that gets another label without the rectangle's rule.
fn changed(
    survey: &Survey<'_>,
    search: &mut Search,
    member: u32,
    removed: &[bool],
) -> Result<Option<[u32; 5]>, NotDetermined> {
    let mut touching = Vec::new();
    survey.trees.touching(survey.rect(member), &mut touching);
    touching.retain(|other| !removed[survey.rules[*other as usize] as usize]);
    let split = search.purse.ask(search.budget.splitting, |meter| {
        let mut cover = Vec::new();
        for (target, before) in targets(survey, member, &touching) {
            cover.clear();
            cover.extend(touching.iter().copied().filter(|other| {
                let later = *other > member;
                *other < before
                    && *other != member
                    && !(later && survey.rules[*other as usize] == survey.rules[member as usize])
                    && survey.rect(*other).overlaps(&target)
            }));
            meter.spend(1 + touching.len() / RECTS_A_STEP)?;
            let cover = cover.iter().copied();
            let left = search
                .residual
                .uncovered(&target, cover, &survey.rects, meter)?;
            if left.is_some() {
                return Ok(left);
            }
        }
        Ok(None)
    });
    if split.is_ok() {
        return split;
    }
    search.purse.ask(search.budget.diagram, |meter| {
        changed_by_diagram(survey, member, &touching, meter)
    })
}

/// What would decide differently below a rectangle: the part of it that a later rectangle of another
/// label holds, or all of it for the default, and the number before which others may hide it.
fn targets<'s>(
    survey: &'s Survey<'_>,
    member: u32,
    touching: &'s [u32],
) -> impl Iterator<Item = (Rect, u32)> + 's {
    let label = survey.label(member);
    let own = *survey.rect(member);
    let rule = survey.rules[member as usize];
    let later = touching.iter().copied().filter(move |other| {
        *other > member && survey.rules[*other as usize] != rule && survey.label(*other) != label
    });
    let later = later.filter_map(move |other| Some((own.intersect(survey.rect(other))?, other)));
    let default = (survey.list.default != label).then_some((own, u32::MAX));
    later.chain(default)
}

/// The same by comparing the list with and without the rule, inside the rectangle.
fn changed_by_diagram(
    survey: &Survey<'_>,
    member: u32,
    touching: &[u32],
    meter: &mut Meter,
) -> Result<Option<[u32; 5]>, NotDetermined> {
    let target = survey.rect(member);
    let rule = survey.rules[member as usize];
    let mut labels: Vec<Label> = touching.iter().map(|other| survey.label(*other)).collect();
    labels.push(survey.list.default);
    labels.sort_unstable();
    labels.dedup();
    let value =
        |label: Label| crate::space::grid::index(labels.partition_point(|other| *other < label));
    let item = |other: &u32| {
        let rect = survey.rect(*other).intersect(target)?;
        let value = value(survey.label(*other));
        Some(Item { rect, value })
    };
    let mut items: Vec<Item> = touching.iter().filter_map(item).collect();
    let split = items.len();
    let without = touching
        .iter()
        .filter(|other| survey.rules[**other as usize] != rule);
    items.extend(without.filter_map(item));
    let default = value(survey.list.default);
    let question = Question {
        items,
        split,
        defaults: [default, default],
        classes: (0..crate::space::grid::index(labels.len())).collect(),
    };
    let diagram = Diagram::new(&question, target, meter)?;
    Ok(diagram.witness().map(|witness| witness.rect.first))
}

/// Rectangles compared with a target in the time of one step.
const RECTS_A_STEP: usize = 32;
