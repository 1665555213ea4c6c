//! Whether a test holds, in three values.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::sight::{Env, Field, LOOPBACK, Sight, highest};
use crate::program::{Element, Key, NamedSet, Part, Test, Values};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How a test turns out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Truth {
    True,
    False,
    /// It may hold or not.
    Open,
}

/// Everything a test is held against.
#[derive(Debug)]
pub(crate) struct Eyes<'s, 'a> {
    pub(crate) sight: &'s Sight,
    pub(crate) sets: &'s BTreeMap<&'a str, &'a NamedSet>,
    /// What a large set held when it was asked for these fields; a set may be asked by every rule.
    asked: RefCell<BTreeMap<(&'a str, Vec<Key>), Truth>>,
}

impl<'s, 'a> Eyes<'s, 'a> {
    pub(crate) fn new(sight: &'s Sight, sets: &'s BTreeMap<&'a str, &'a NamedSet>) -> Self {
        Self {
            sight,
            sets,
            asked: RefCell::default(),
        }
    }

    /// Whether a test holds.
    pub(crate) fn test(&self, test: &Test, env: Env) -> Truth {
        match test {
            Test::In {
                key,
                values,
                negated,
            } => {
                if self.lacks(key, env) {
                    return Truth::False;
                }
                self.among(key, values, env).negated(*negated)
            }
            Test::Masked {
                key,
                mask,
                values,
                negated,
            } => self
                .masked(*key, *mask, values, env)
                .map_or(Truth::False, |truth| truth.negated(*negated)),
            Test::AnyOf(lists) => any(lists
                .iter()
                .map(|list| all(list.iter().map(|test| self.test(test, env))))),
            Test::Undecided { .. } => Truth::Open,
        }
    }

    /// Whether an element of a map has the values of these fields.
    pub(crate) fn element(&self, key: &[Key], element: &Element, env: Env) -> Truth {
        if element.0.len() != key.len() {
            return Truth::Open;
        }
        let parts = key.iter().zip(&element.0);
        all(parts.map(|(key, part)| part_holds(*key, self.sight.field(*key, env), part)))
    }

    /// Whether a field equals a part of an element.
    pub(crate) fn part(&self, key: Key, part: &Part, env: Env) -> Truth {
        part_holds(key, self.sight.field(key, env), part)
    }

    /// True when the packet has no such field.
    pub(crate) fn lacks(&self, key: &[Key], env: Env) -> bool {
        key.iter()
            .any(|key| self.sight.field(*key, env) == Field::Absent)
    }

    fn among(&self, key: &[Key], values: &Values, env: Env) -> Truth {
        match values {
            Values::Inline(elements) => self.any_element(key, elements.iter(), env),
            Values::Named { name, .. } => {
                let Some((name, set)) = self.sets.get_key_value(name.as_str()) else {
                    return Truth::Open;
                };
                let changing = [Key::Mark, Key::ConnectionMark, Key::State];
                let lasting = !key.iter().any(|key| changing.contains(key));
                if !lasting {
                    return self.in_set(key, set, env);
                }
                let question = (*name, key.to_vec());
                if let Some(truth) = self.asked.borrow().get(&question) {
                    return *truth;
                }
                let truth = self.in_set(key, set, env);
                self.asked.borrow_mut().insert(question, truth);
                truth
            }
        }
    }

    fn in_set(&self, key: &[Key], set: &NamedSet, env: Env) -> Truth {
        if set.dynamic {
            return Truth::Open;
        }
        let listed = set.elements.iter().map(|(element, _)| element);
        match self.any_element(key, listed, env) {
            Truth::False if set.incomplete => Truth::Open,
            truth @ (Truth::True | Truth::False | Truth::Open) => truth,
        }
    }

    fn any_element<'e>(
        &self,
        key: &[Key],
        mut elements: impl Iterator<Item = &'e Element>,
        env: Env,
    ) -> Truth {
        let [only] = key else {
            return any(elements.map(|element| self.element(key, element, env)));
        };
        let field = self.sight.field(*only, env);
        let mut open = false;
        let certain = elements.any(|element| {
            let [part] = element.0.as_slice() else {
                open = true;
                return false;
            };
            let truth = part_holds(*only, field, part);
            open |= truth == Truth::Open;
            truth == Truth::True
        });
        match (certain, open) {
            (true, _) => Truth::True,
            (false, true) => Truth::Open,
            (false, false) => Truth::False,
        }
    }

    /// `None` when the packet has no such field.
    fn masked(&self, key: Key, mask: u128, values: &Values, env: Env) -> Option<Truth> {
        let field = match self.sight.field(key, env) {
            Field::Absent => return None,
            Field::Number(number) => Field::Number(number & mask),
            Field::Open if mask == 0 => Field::Number(0),
            field @ (Field::Open | Field::NotLoopback | Field::Name(_)) => field,
        };
        let holds = |element: &Element| match element.0.as_slice() {
            [Part::Span { .. }] if matches!(field, Field::Open | Field::NotLoopback) => Truth::Open,
            [part] => part_holds(key, field, part),
            _ => Truth::Open,
        };
        Some(match values {
            Values::Inline(elements) => any(elements.iter().map(holds)),
            Values::Named { name, .. } => match self.sets.get(name.as_str()) {
                None => Truth::Open,
                Some(set) if set.dynamic => Truth::Open,
                Some(set) => match any(set.elements.iter().map(|(element, _)| holds(element))) {
                    Truth::False if set.incomplete => Truth::Open,
                    truth @ (Truth::True | Truth::False | Truth::Open) => truth,
                },
            },
        })
    }
}

impl Truth {
    fn negated(self, negated: bool) -> Self {
        match (self, negated) {
            (Self::True, true) => Self::False,
            (Self::False, true) => Self::True,
            (truth, _) => truth,
        }
    }
}

fn part_holds(key: Key, field: Field<'_>, part: &Part) -> Truth {
    match (part, field) {
        (_, Field::Absent) => Truth::False,
        (Part::Unread { .. }, _)
        | (Part::Span { .. }, Field::Name(_) | Field::NotLoopback)
        | (Part::Name { .. }, Field::Number(_)) => Truth::Open,
        (Part::Span { first, last }, Field::Number(number)) => {
            Truth::from((*first..=*last).contains(&number))
        }
        (Part::Span { first, last }, Field::Open) => {
            let whole = *first == 0 && highest(key).is_some_and(|highest| *last >= highest);
            if whole { Truth::True } else { Truth::Open }
        }
        (Part::Name { text, prefix }, Field::Name(name)) => Truth::from(if *prefix {
            name.starts_with(text.as_str())
        } else {
            name == text
        }),
        (Part::Name { text, prefix }, Field::Open | Field::NotLoopback) => {
            let whole = *prefix && text.is_empty();
            let loopback = !*prefix && text == LOOPBACK;
            match (whole, loopback && field == Field::NotLoopback) {
                (true, _) => Truth::True,
                (false, true) => Truth::False,
                (false, false) => Truth::Open,
            }
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// At least one holds.
fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut sum = Truth::False;
    for truth in truths {
        match truth {
            Truth::True => return Truth::True,
            Truth::Open => sum = Truth::Open,
            Truth::False => {}
        }
    }
    sum
}

/// Every one holds.
fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut product = Truth::True;
    for truth in truths {
        match truth {
            Truth::False => return Truth::False,
            Truth::Open => product = Truth::Open,
            Truth::True => {}
        }
    }
    product
}
