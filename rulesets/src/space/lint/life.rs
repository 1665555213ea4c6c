//! Rules that never decide anything, and what hides them.

use super::survey::{Search, Survey, probes};
use super::{Cover, Life};
use crate::space::budget::NotDetermined;
use std::collections::BTreeSet;

/// The life of every rule, and which rectangles are known to decide nothing.
pub(super) struct Lives {
    pub(super) lives: Vec<Life>,
    pub(super) dead: Vec<bool>,
}

/// What one rule's rectangles amount to, before the cover is made short.
enum Finding {
    Life(Life),
    /// Everything is held by these earlier rectangles.
    Hidden(Vec<u32>),
}

impl Lives {
    pub(super) fn new(survey: &Survey<'_>, search: &mut Search) -> Self {
        let mut lives = Self {
            lives: Vec::with_capacity(survey.names.len()),
            dead: vec![false; survey.rects.len()],
        };
        let mut hidden = Vec::new();
        let mut found = vec![None; survey.names.len()];
        // In the order of the rules' last rectangles, so that what hides a rule is known to be alive.
        let mut rules: Vec<u32> = (0..crate::space::grid::index(survey.names.len())).collect();
        rules.sort_by_key(|rule| survey.members[*rule as usize].last().copied());
        for rule in rules {
            match lives.finding(survey, search, rule) {
                Finding::Life(life) => found[rule as usize] = Some(life),
                Finding::Hidden(cover) => {
                    for member in &survey.members[rule as usize] {
                        lives.dead[*member as usize] = true;
                    }
                    hidden.push((rule, cover));
                }
            }
        }
        for (rule, cover) in hidden {
            let cover = lives.cover(survey, search, rule, cover);
            found[rule as usize] = Some(Life::Dead(cover));
        }
        lives.lives = found
            .into_iter()
            .map(|life| life.unwrap_or(Life::NotDetermined))
            .collect();
        lives
    }

    fn finding(&self, survey: &Survey<'_>, search: &mut Search, rule: u32) -> Finding {
        let members = &survey.members[rule as usize];
        if members.is_empty() {
            return Finding::Life(Life::Outside);
        }
        for cells in members
            .iter()
            .flat_map(|member| probes(survey.rect(*member)))
        {
            let first = survey.trees.first(&cells, |_| true);
            if first.is_some_and(|first| survey.rules[first as usize] == rule) {
                return Finding::Life(Life::Live(survey.grid.point(&cells)));
            }
        }
        let mut determined = true;
        let mut cover = BTreeSet::new();
        for member in members {
            let hides = |other: u32| self.hides(survey, other, rule, *member);
            if let Some(other) = survey.trees.covering(survey.rect(*member), hides) {
                cover.insert(other);
                continue;
            }
            let earlier = self.earlier(survey, rule, *member);
            match search.uncovered(survey.rect(*member), &earlier, &survey.rects) {
                Ok(Some(cells)) => return Finding::Life(Life::Live(survey.grid.point(&cells))),
                Ok(None) => match search.residual.used() {
                    [] => cover.extend(earlier),
                    used => cover.extend(used),
                },
                Err(NotDetermined { .. }) => determined = false,
            }
        }
        if determined {
            Finding::Hidden(cover.into_iter().collect())
        } else {
            Finding::Life(Life::NotDetermined)
        }
    }

    /// The rectangles before `member` that touch it, less those of its own rule and dead ones.
    fn earlier(&self, survey: &Survey<'_>, rule: u32, member: u32) -> Vec<u32> {
        let mut touching = Vec::new();
        survey.trees.touching(survey.rect(member), &mut touching);
        touching.retain(|other| self.hides(survey, *other, rule, member));
        touching
    }

    /// True when a rectangle can take packets from a member of a rule.
    fn hides(&self, survey: &Survey<'_>, other: u32, rule: u32, member: u32) -> bool {
        let at = other as usize;
        other < member && survey.rules[at] != rule && !self.dead[at]
    }

    /// The rules that hide a rule, as few as dropping one after the other leaves.
    fn cover(&self, survey: &Survey<'_>, search: &mut Search, rule: u32, found: Vec<u32>) -> Cover {
        let members = &survey.members[rule as usize];
        let mut kept = found;
        let mut rules: Vec<(f64, u32)> = Vec::new();
        for other in kept.iter().map(|number| survey.rules[*number as usize]) {
            if rules.iter().all(|(_, known)| *known != other) && rules.len() <= MOST_SHRUNK {
                let own = kept
                    .iter()
                    .filter(|number| survey.rules[**number as usize] == other);
                let pairs = own.flat_map(|one| members.iter().map(move |member| (*one, *member)));
                let packets = pairs.map(|(one, member)| survey.packets(one, member)).sum();
                rules.push((packets, other));
            }
        }
        rules.sort_by(|one, other| one.0.total_cmp(&other.0));
        if rules.len() > MOST_SHRUNK || rules.len() == 1 {
            rules.clear();
        }
        for (_, other) in rules {
            let fewer: Vec<u32> = kept
                .iter()
                .copied()
                .filter(|number| survey.rules[*number as usize] != other)
                .collect();
            let hides = members.iter().all(|member| {
                let before = fewer.partition_point(|number| number < member);
                let left = search.uncovered(survey.rect(*member), &fewer[..before], &survey.rects);
                left == Ok(None)
            });
            if hides {
                kept = fewer;
            }
        }
        let mut numbers: BTreeSet<u32> = kept
            .iter()
            .map(|number| survey.rules[*number as usize])
            .collect();
        let other_label = self.other_label(survey, search, rule, &kept);
        numbers.extend(other_label);
        let name = |number: u32| survey.names[number as usize];
        Cover {
            rules: numbers.into_iter().map(name).collect(),
            other_label: other_label.map(name),
        }
    }

    /// A rule that takes packets from a dead rule and gives them another label.
    fn other_label(
        &self,
        survey: &Survey<'_>,
        search: &mut Search,
        rule: u32,
        cover: &[u32],
    ) -> Option<u32> {
        for member in &survey.members[rule as usize] {
            let deciders = probes(survey.rect(*member))
                .filter_map(|cells| survey.trees.first(&cells, |_| true));
            let mut others = deciders.filter(|one| survey.label(*one) != survey.label(*member));
            if let Some(taker) = others.next() {
                return Some(survey.rules[taker as usize]);
            }
        }
        let mut takers: Vec<(bool, f64, u32, u32)> = Vec::new();
        for member in &survey.members[rule as usize] {
            for other in self.earlier(survey, rule, *member) {
                if survey.label(other) != survey.label(*member) {
                    let extra = cover.binary_search(&other).is_err();
                    takers.push((extra, -survey.packets(other, *member), other, *member));
                }
            }
        }
        takers.sort_by(|one, other| {
            let ends = (one.0, one.2, one.3).cmp(&(other.0, other.2, other.3));
            one.0
                .cmp(&other.0)
                .then(one.1.total_cmp(&other.1))
                .then(ends)
        });
        takers.truncate(MOST_SHRUNK);
        let taker = takers.into_iter().find(|(.., other, member)| {
            let common = survey.rect(*other).intersect(survey.rect(*member));
            common.is_some_and(|common| {
                let mut before = Vec::new();
                survey.trees.touching(&common, &mut before);
                before.retain(|earlier| earlier < other && !self.dead[*earlier as usize]);
                matches!(
                    search.uncovered(&common, &before, &survey.rects),
                    Ok(Some(_))
                )
            })
        });
        taker.map(|(.., other, _)| survey.rules[other as usize])
    }
}

/// The most rules that are tried one by one to make a cover shorter, or as a rule of another label.
const MOST_SHRUNK: usize = 64;
