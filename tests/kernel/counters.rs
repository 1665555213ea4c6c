//! The counters of the older iptables, which has no traces: how often each rule and each policy of a
//! batch was met, as the kernel counts and as the evaluator says.

use rulesets::Answer;
use rulesets::host::{Backend, Passage};
use std::collections::BTreeMap;

/// How often each was met: table with family, chain, and the rule's position or `None` for the policy.
pub(crate) type Counters = BTreeMap<(String, String, Option<usize>), u64>;

/// Reads `iptables-legacy-save -c`, or its IPv6 like.
pub(crate) fn read(program: &str, listing: &str) -> Counters {
    let family = if program.starts_with("ip6") {
        "ip6"
    } else {
        "ip"
    };
    let mut counters = Counters::new();
    let mut table = String::new();
    let mut next: BTreeMap<String, usize> = BTreeMap::new();
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(name) = line.strip_prefix('*') {
            table = format!("{family} {name}");
            next.clear();
        } else if let (Some(chain), [_, policy, counter]) = (line.strip_prefix(':'), &words[..]) {
            let chain = chain.split(' ').next().unwrap_or_default().to_owned();
            if *policy != "-" {
                counters.insert((table.clone(), chain, None), packets(counter));
            }
        } else if let [counter, "-A", chain, ..] = &words[..] {
            let index = next.entry((*chain).to_owned()).or_default();
            let key = (table.clone(), (*chain).to_owned(), Some(*index));
            counters.insert(key, packets(counter));
            *index += 1;
        }
    }
    counters
}

/// What each counter gained between two readings.
pub(crate) fn gained(before: &Counters, mut after: Counters) -> Counters {
    for (key, count) in &mut after {
        *count -= before.get(key).copied().unwrap_or_default();
    }
    after.retain(|_, count| *count > 0);
    after
}

/// Adds what one packet should have met; `None` when the evaluator is not certain.
pub(crate) fn expect(counters: &mut Counters, passage: &Passage) -> Option<()> {
    let conditional =
        |answer: &Answer| !matches!(&answer.outcomes[..], [only] if only.conditions.is_empty());
    if conditional(&passage.answer) {
        return None;
    }
    for stage in &passage.stages {
        if stage.backend != Backend::Legacy || !stage.reached {
            continue;
        }
        let [outcome] = stage.answer.outcomes.as_slice() else {
            return None;
        };
        let mut met: Vec<_> = stage
            .answer
            .continued
            .iter()
            .map(|rule| (rule.chain.clone().unwrap_or_default(), Some(rule.index)))
            .collect();
        let decider = &outcome.decider;
        met.push((
            decider.chain.clone().unwrap_or_else(|| stage.chain.clone()),
            decider.index,
        ));
        for (chain, index) in met {
            *counters
                .entry((stage.table.clone(), chain, index))
                .or_default() += 1;
        }
    }
    Some(())
}

/// The first number of `[packets:bytes]`.
fn packets(counter: &str) -> u64 {
    let number = counter.trim_start_matches('[').split(':').next();
    number.and_then(|number| number.parse().ok()).unwrap()
}
