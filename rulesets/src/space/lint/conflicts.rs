//! Pairs of rules of which the order matters.

use super::survey::{Search, Survey};
use crate::space::budget::{Budget, NotDetermined};
use crate::space::cube::{Cube, Point};
use crate::space::list::List;

/// Two rules that match a packet in common and give it different labels: the first rule decides it,
/// and were the first rule not there, the second would.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// The rule that decides.
    pub first: u32,
    /// The rule that would decide.
    pub second: u32,
    /// How the two lie to each other.
    pub kind: ConflictKind,
    /// A packet they contend for.
    pub witness: Point,
}

/// How the packets of two conflicting rules lie to each other.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ConflictKind {
    /// The first rule holds all packets of the second, which therefore decides nothing.
    Shadowing,
    /// The second rule holds all packets of the first: an exception before the general rule, as is
    /// usual.
    Generalisation,
    /// Each rule has packets of its own: changing their order changes decisions.
    Correlation,
}

/// The conflicts of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflicts {
    /// The conflicts, by first and then by second rule as the list has them.
    pub found: Vec<Conflict>,
    /// False when the search ended early: as many as asked for were found, or steps ran out.
    pub complete: bool,
}

/// The conflicts of a list among the packets within a cube, as many as `most`.
pub fn conflicts(list: &List, within: &Cube, budget: &Budget, most: usize) -> Conflicts {
    let survey = Survey::new(list, within);
    let mut search = Search::new(budget);
    let mut conflicts = Conflicts {
        found: Vec::new(),
        complete: true,
    };
    for first in 0..crate::space::grid::index(survey.names.len()) {
        for (second, pairs) in rivals(&survey, first) {
            if conflicts.found.len() == most || search.purse.is_empty() {
                conflicts.complete = false;
                return conflicts;
            }
            match contend(&survey, &mut search, &pairs) {
                Ok(None) => {}
                Ok(Some(cells)) => conflicts.found.push(Conflict {
                    first: survey.names[first as usize],
                    second: survey.names[second as usize],
                    kind: kind(&survey, &mut search, first, second),
                    witness: survey.grid.point(&cells),
                }),
                Err(NotDetermined { .. }) => conflicts.complete = false,
            }
        }
    }
    conflicts
}

/// The rules with rectangles of another label that come after and touch those of a rule, each with
/// the pairs of rectangles that do.
fn rivals(survey: &Survey<'_>, first: u32) -> Vec<(u32, Vec<(u32, u32)>)> {
    let mut pairs = Vec::new();
    let mut touching = Vec::new();
    for member in &survey.members[first as usize] {
        touching.clear();
        survey.trees.touching(survey.rect(*member), &mut touching);
        let label = survey.label(*member);
        let later = touching.iter().filter(|other| **other > *member);
        let rivals = later.filter(|other| survey.label(**other) != label);
        let rivals = rivals.map(|other| (survey.rules[*other as usize], *member, *other));
        pairs.extend(rivals.filter(|(rule, ..)| *rule != first));
    }
    pairs.sort_unstable();
    let groups = pairs.chunk_by(|one, other| one.0 == other.0);
    let groups = groups.map(|group| {
        let pairs = group.iter().map(|(_, member, other)| (*member, *other));
        (group[0].0, pairs.collect())
    });
    groups.collect()
}

/// A cell that the first rectangle of a pair decides and that would else fall to the second.
fn contend(
    survey: &Survey<'_>,
    search: &mut Search,
    pairs: &[(u32, u32)],
) -> Result<Option<[u32; 5]>, NotDetermined> {
    let mut touching = Vec::new();
    let mut answer = Ok(None);
    for (one, other) in pairs {
        let Some(common) = survey.rect(*one).intersect(survey.rect(*other)) else {
            continue;
        };
        touching.clear();
        survey.trees.touching(&common, &mut touching);
        let rule = survey.rules[*one as usize];
        touching.retain(|third| {
            let between = third > one && survey.rules[*third as usize] != rule;
            third < other && (third < one || between)
        });
        match search.uncovered(&common, &touching, &survey.rects) {
            Ok(None) => {}
            Ok(Some(cells)) => return Ok(Some(cells)),
            Err(stopped) => answer = Err(stopped),
        }
    }
    answer
}

fn kind(survey: &Survey<'_>, search: &mut Search, first: u32, second: u32) -> ConflictKind {
    let mut holds = |outer: u32, inner: u32| {
        let cover = &survey.members[outer as usize];
        survey.members[inner as usize]
            .iter()
            .all(|member| search.uncovered(survey.rect(*member), cover, &survey.rects) == Ok(None))
    };
    if holds(first, second) {
        ConflictKind::Shadowing
    } else if holds(second, first) {
        ConflictKind::Generalisation
    } else {
        ConflictKind::Correlation
    }
}
