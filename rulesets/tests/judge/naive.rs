//! The evaluator against a second one that tries every way through the rules, one answer to each open
//! question after the other.

use crate::build::*;
use proptest::prelude::*;
use rulesets::host::Hook;
use rulesets::program::{Chain, Key, Marked, Step, Verdict};
use rulesets::{Fate, Packet};
use std::collections::BTreeSet;

/// A way to end: whether it passes, the chain, and the rule or none for the policy.
type End = (Fate, String, Option<usize>);

/// Answers open questions from a list, and notes when it needs more answers than it has.
struct Oracle<'a> {
    answers: &'a [bool],
    asked: usize,
}

impl Oracle<'_> {
    fn ask(&mut self) -> bool {
        self.asked += 1;
        self.answers.get(self.asked - 1).copied().unwrap_or(false)
    }
}

enum Flow {
    Ended(End),
    Back,
}

struct Naive<'a> {
    chains: &'a [Chain],
    packet: &'a Packet,
    mark: u32,
    connection: u32,
}

impl Naive<'_> {
    fn chain(&mut self, name: &str, oracle: &mut Oracle<'_>) -> Flow {
        let chain = self.chains.iter().find(|chain| chain.name == name).unwrap();
        for rule in &chain.rules {
            let mut verdict = None;
            for step in &rule.steps {
                match step {
                    Step::Test(test) if !self.holds(test, oracle) => break,
                    Step::Test(_) => {}
                    Step::SetMark { mask, value } => self.mark = (self.mark & !mask) ^ value,
                    Step::CopyMark {
                        to,
                        mask,
                        copied,
                        value,
                    } => {
                        let (one, other) = match to {
                            Marked::Packet => (&mut self.mark, self.connection),
                            Marked::Connection => (&mut self.connection, self.mark),
                        };
                        *one = (*one & !mask) ^ (other & copied) ^ value;
                    }
                    Step::Opaque { .. } => {
                        if oracle.ask() {
                            return Flow::Ended((Fate::Unclear, name.to_owned(), Some(rule.index)));
                        }
                    }
                    Step::Verdict(given) => verdict = Some(given.clone()),
                    Step::Lookup { .. } | Step::Translate(_) | Step::Notrack => unreachable!(),
                }
            }
            let end = |fate| Flow::Ended((fate, name.to_owned(), Some(rule.index)));
            match verdict {
                None | Some(Verdict::Continue) => {}
                Some(Verdict::Accept) => return end(Fate::Accept),
                Some(Verdict::Drop) => return end(Fate::Drop),
                Some(Verdict::Reject { with }) => return end(Fate::Reject { with }),
                Some(Verdict::Return) => return Flow::Back,
                Some(Verdict::Jump(other)) => {
                    if let Flow::Ended(end) = self.chain(&other, oracle) {
                        return Flow::Ended(end);
                    }
                }
                Some(Verdict::Goto(other)) => return self.chain(&other, oracle),
            }
        }
        Flow::Back
    }

    fn holds(&self, test: &rulesets::program::Test, oracle: &mut Oracle<'_>) -> bool {
        use rulesets::program::{Part, Test, Values};
        match test {
            Test::Undecided { .. } => oracle.ask(),
            Test::In {
                key,
                values,
                negated,
            } => {
                let value = if key[0] == Key::Mark {
                    u128::from(self.mark)
                } else if key[0] == Key::ConnectionMark {
                    u128::from(self.connection)
                } else {
                    assert_eq!(key[0], Key::DestinationPort);
                    self.packet.destination_port.unwrap().into()
                };
                let Values::Inline(elements) = values else {
                    unreachable!()
                };
                let inside = elements.iter().any(|element| match element.0[0] {
                    Part::Span { first, last } => (first..=last).contains(&value),
                    Part::Name { .. } | Part::Unread { .. } => unreachable!(),
                });
                inside != *negated
            }
            Test::Masked { .. } | Test::AnyOf(_) => unreachable!(),
        }
    }
}

/// Every way to end, and whether all ways were tried.
fn naive(chains: &[Chain], packet: &Packet) -> Option<BTreeSet<End>> {
    let mut ends = BTreeSet::new();
    let mut open = vec![Vec::new()];
    let mut tried = 0;
    while let Some(answers) = open.pop() {
        tried += 1;
        if tried > 20_000 {
            return None;
        }
        let mut oracle = Oracle {
            answers: &answers,
            asked: 0,
        };
        let mut naive = Naive {
            chains,
            packet,
            mark: packet.mark,
            connection: 0,
        };
        let flow = naive.chain("Input0", &mut oracle);
        if oracle.asked > answers.len() {
            for answer in [false, true] {
                let mut longer = answers.clone();
                longer.push(answer);
                open.push(longer);
            }
            continue;
        }
        ends.insert(match flow {
            Flow::Ended(end) => end,
            Flow::Back => (Fate::Drop, "Input0".to_owned(), None),
        });
    }
    Some(ends)
}

/// Steps that test; each chain calls only chains after it.
fn tests() -> impl Strategy<Value = Vec<Step>> {
    let test = prop_oneof![
        3 => Just(limit()),
        2 => Just(port(22)),
        2 => Just(is_not(Key::DestinationPort, 22)),
        1 => Just(is(Key::Mark, 1)),
        1 => Just(is(Key::ConnectionMark, 1)),
    ];
    prop::collection::vec(test, 0..3)
}

fn rule(depth: usize) -> impl Strategy<Value = Vec<Step>> {
    let call = (depth + 1)..CHAINS;
    let name = call.clone().prop_map(|chain| format!("c{chain}"));
    let other = || {
        prop_oneof![
            2 => Just(Vec::new()),
            2 => Just(vec![accept()]),
            2 => Just(vec![drop()]),
            1 => Just(vec![Step::Verdict(Verdict::Reject { with: "reset".to_owned() })]),
            2 => Just(vec![back()]),
            1 => Just(vec![Step::Verdict(Verdict::Continue)]),
            1 => Just(vec![Step::Opaque { text: "?".to_owned() }]),
            1 => (0..3_u32).prop_map(|value| vec![Step::SetMark { mask: u32::MAX, value }]),
            1 => (0..3_u32).prop_map(|value| vec![Step::SetMark { mask: 1, value }, accept()]),
            1 => (any::<bool>(), 0..3_u32, 0..3_u32).prop_map(|(there, copied, value)| {
                let to = if there { Marked::Connection } else { Marked::Packet };
                vec![Step::CopyMark { to, mask: 1, copied, value }]
            }),
        ]
    };
    let end = if call.is_empty() {
        other().boxed()
    } else {
        let calls = (name, any::<bool>());
        let calls = calls.prop_map(|(to, goes)| vec![if goes { goto(&to) } else { jump(&to) }]);
        prop_oneof![2 => other(), 1 => calls].boxed()
    };
    (tests(), end).prop_map(|(mut steps, end)| {
        steps.extend(end);
        steps
    })
}

fn program() -> impl Strategy<Value = Vec<Chain>> {
    let chains: Vec<_> = (0..CHAINS)
        .map(|depth| {
            prop::collection::vec(rule(depth), 0..5).prop_map(move |rules| {
                let rules: Vec<&[Step]> = rules.iter().map(Vec::as_slice).collect();
                let name = if depth == 0 {
                    "Input0".to_owned()
                } else {
                    format!("c{depth}")
                };
                chain(&name, &rules)
            })
        })
        .collect();
    chains
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_way_to_end_is_found_and_no_other(chains in program()) {
        let packet = tcp(22);
        let Some(expected) = naive(&chains, &packet) else {
            return Err(TestCaseError::reject("too many ways to try them all"));
        };
        let mut hosted = vec![base(Hook::Input, 0, Verdict::Drop, &[])];
        hosted[0].chain = chains[0].clone();
        hosted.extend(chains[1..].iter().cloned().map(plain));
        let answer = judge(&one(hosted), &packet).answer;
        let found: BTreeSet<End> = answer
            .outcomes
            .iter()
            .map(|outcome| {
                let decider = &outcome.decider;
                (outcome.fate.clone(), decider.chain.clone().unwrap(), decider.index)
            })
            .collect();
        prop_assert_eq!(answer.outcomes.len(), found.len());
        prop_assert_eq!(found, expected);
        let certain = answer.outcomes.len() == 1;
        prop_assert!(!certain || answer.outcomes[0].conditions.is_empty());
    }
}

/// How many chains a program has.
const CHAINS: usize = 5;
