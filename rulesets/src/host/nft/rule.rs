//! One rule, statement by statement (nft(8), "Statements").
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::Cursor;
use super::field::Field;
use super::lexer::{Token, spelled};
use super::lower::Scope;
use super::statement::statement;
use crate::host::TableFamily;
use crate::host::merged::{Loader, doubt_merged};
use crate::program::{Reason, Rule, Step, Test, Values};
use crate::text::shown;

/// A rule that is being read.
pub(super) struct RuleReader<'r, 's> {
    pub(super) scope: &'r mut Scope<'s>,
    /// The chain the rule is in.
    pub(super) chain: &'r str,
    /// The rule's position in it, from 0.
    pub(super) index: usize,
    /// How deep the chain lies in other rules.
    pub(super) depth: usize,
    /// How many anonymous chains the rule has so far.
    pub(super) blocks: usize,
    pub(super) steps: Vec<Step>,
}

/// A rule's words and where they stand.
pub(super) struct RuleWords<'r, 'a> {
    pub(super) tokens: &'r [Token<'a>],
    /// The rule as the user has it; empty to spell out the words.
    pub(super) text: &'r str,
    pub(super) handle: Option<u64>,
    pub(super) chain: &'r str,
    pub(super) index: usize,
    pub(super) depth: usize,
}

/// Reads a rule; what is not understood of it becomes undecided steps.
pub(super) fn rule(words: &RuleWords<'_, '_>, scope: &mut Scope<'_>) -> Rule {
    let (tokens, comment) = match words.tokens {
        [tokens @ .., keyword, comment] if keyword.is_word("comment") => {
            (tokens, comment.text().unwrap_or_default())
        }
        tokens => (tokens, ""),
    };
    let mut reader = RuleReader {
        scope,
        chain: words.chain,
        index: words.index,
        depth: words.depth,
        blocks: 0,
        steps: Vec::new(),
    };
    let mut cursor = Cursor::new(tokens);
    while !cursor.done() {
        let start = cursor.at;
        statement(&mut cursor, &mut reader);
        if cursor.at == start || reader.steps.len() > STEPS {
            reader.opaque(&spelled(cursor.rest()));
        }
    }
    doubt_merged(&mut reader.steps, Loader::Nft);
    let text = match words.text {
        "" => spelled(words.tokens),
        text => text.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    Rule {
        index: words.index,
        handle: words.handle,
        text: shown(&text, TEXT),
        description: shown(comment, TEXT),
        steps: reader.steps,
    }
}

impl RuleReader<'_, '_> {
    pub(super) fn family(&self) -> TableFamily {
        self.scope.family
    }

    pub(super) fn push_test(&mut self, test: Test) {
        let test = match test {
            Test::Undecided { reason, text } => Test::Undecided {
                reason,
                text: shown(&text, TEXT),
            },
            Test::In { .. } | Test::Masked { .. } | Test::AnyOf(_) => test,
        };
        self.steps.push(Step::Test(test));
    }

    pub(super) fn undecided(&mut self, reason: Reason, text: String) {
        self.push_test(Test::Undecided { reason, text });
    }

    /// Adds a test that another one rests on, unless the rule has it.
    pub(super) fn require(&mut self, test: Test) {
        let step = Step::Test(test);
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }

    /// Adds the tests that these fields rest on.
    pub(super) fn need(&mut self, fields: &[Field]) {
        for test in fields.iter().flat_map(|field| &field.needs) {
            self.require(test.clone());
        }
    }

    pub(super) fn opaque(&mut self, text: &str) {
        self.steps.push(Step::Opaque {
            text: shown(text, TEXT),
        });
    }

    /// A set of the same table.
    pub(super) fn named(&self, name: String) -> Values {
        let shown_name = shown(&name, TEXT);
        let missing = format!(
            "the elements of set `{shown_name}`: run `nft list set {} {shown_name}`",
            self.scope.set
        );
        Values::Named { name, missing }
    }
}

/// The most steps of a rule; the kernel allows no more expressions than 128.
const STEPS: usize = 512;
/// The most characters kept of a rule's own words.
const TEXT: usize = 2000;
