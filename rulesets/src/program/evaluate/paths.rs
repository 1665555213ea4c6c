//! The conditions of many paths through the rules, sharing what they have in common.
//!
//! A path is a node of a tree of literals. Where two paths meet again, the one that goes on is their
//! deepest common node: its conditions are necessary, though no longer sufficient.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::literal::Literal;
use std::collections::{BTreeMap, BTreeSet};

/// The tree.
#[derive(Debug)]
pub(crate) struct Paths<'a> {
    nodes: Vec<Node<'a>>,
    children: BTreeMap<(usize, LiteralId), usize>,
}

/// The path with no condition.
pub(crate) const ROOT: usize = 0;

type LiteralId = (usize, u8, usize, bool, u8);

#[derive(Debug)]
struct Node<'a> {
    parent: usize,
    depth: usize,
    literal: Option<Literal<'a>>,
}

impl<'a> Paths<'a> {
    pub(crate) fn new() -> Self {
        let root = Node {
            parent: ROOT,
            depth: 0,
            literal: None,
        };
        Self {
            nodes: vec![root],
            children: BTreeMap::new(),
        }
    }

    /// The path with one more condition.
    pub(crate) fn with(&mut self, path: usize, literal: Literal<'a>) -> usize {
        let fresh = self.nodes.len();
        let child = *self.children.entry((path, literal.id())).or_insert(fresh);
        if child == fresh {
            self.nodes.push(Node {
                parent: path,
                depth: self.nodes[path].depth + 1,
                literal: Some(literal),
            });
        }
        child
    }

    /// What two paths have in common.
    pub(crate) fn meet(&self, mut a: usize, mut b: usize) -> usize {
        while a != b {
            if self.nodes[a].depth >= self.nodes[b].depth {
                a = self.nodes[a].parent;
            } else {
                b = self.nodes[b].parent;
            }
        }
        a
    }

    /// The path `onto`, followed by the conditions of `path`, bounded.
    pub(crate) fn graft(&mut self, onto: usize, path: usize) -> usize {
        if onto == ROOT {
            return path;
        }
        let literals = self.literals(path);
        literals
            .into_iter()
            .fold(onto, |path, literal| self.with(path, literal))
    }

    /// The conditions of a path in the order they were met. Of a long path only [`LITERALS_KEPT`] are
    /// told, those that hold before those that do not: fewer conditions are still necessary ones.
    pub(crate) fn literals(&self, path: usize) -> Vec<Literal<'a>> {
        let mut literals = Vec::new();
        let mut node = &self.nodes[path];
        while let Some(literal) = node.literal {
            literals.push(literal);
            node = &self.nodes[node.parent];
        }
        literals.reverse();
        bounded(literals, LITERALS_KEPT)
    }
}

/// At most `limit` of these literals, in their order, without repetition.
pub(crate) fn bounded(mut literals: Vec<Literal<'_>>, limit: usize) -> Vec<Literal<'_>> {
    if literals.len() > limit {
        let held = literals.iter().filter(|literal| literal.holds).count();
        let (mut room_held, mut room_other) = (limit, limit.saturating_sub(held));
        literals.retain(|literal| {
            let room = if literal.holds {
                &mut room_held
            } else {
                &mut room_other
            };
            let kept = *room > 0;
            *room = room.saturating_sub(1);
            kept
        });
    }
    let mut seen = BTreeSet::new();
    literals.retain(|literal| seen.insert(literal.id()));
    literals
}

/// How many conditions of one path are told.
pub(crate) const LITERALS_KEPT: usize = 64;
