//! Questions that leave a field open, against the same question asked with every value of it.

use crate::build::*;
use proptest::prelude::*;
use rulesets::host::{Hook, HostRules};
use rulesets::program::{Key, Step, TranslationKind, Verdict};
use rulesets::{Definite, Family, Packet};
use std::collections::BTreeSet;

fn step() -> impl Strategy<Value = Step> {
    let base = number("198.51.100.0");
    let source = (0..8_u128, 0..8_u128)
        .prop_map(move |(a, b)| within(Key::Source(Family::V4), base + a.min(b), base + a.max(b)));
    let ports = (0..4_u128, 0..4_u128, any::<bool>()).prop_map(|(a, b, negated)| {
        if negated {
            is_not(Key::DestinationPort, a)
        } else {
            within(Key::DestinationPort, a.min(b), a.max(b))
        }
    });
    prop_oneof![3 => source, 2 => ports, 1 => Just(is(Key::Mark, 1)), 1 => Just(is(Key::OriginalPort, 1))]
}

fn rule() -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![
        3 => Just(vec![accept()]),
        3 => Just(vec![drop()]),
        1 => Just(Vec::new()),
        1 => Just(vec![back()]),
        1 => Just(vec![jump("user")]),
        1 => Just(vec![goto("user")]),
        1 => Just(vec![Step::SetMark { mask: u32::MAX, value: 1 }]),
    ];
    (prop::collection::vec(step(), 0..3), end).prop_map(|(mut steps, end)| {
        steps.extend(end);
        steps
    })
}

fn rules() -> impl Strategy<Value = HostRules> {
    let list = || prop::collection::vec(rule(), 0..5);
    let user = prop::collection::vec(prop::collection::vec(step(), 0..2), 0..3);
    let redirect = (prop::collection::vec(step(), 0..2), 0..4_u16);
    (list(), list(), user, redirect).prop_map(|(mangle, input, user, (when, to))| {
        let slices = |rules: &[Vec<Step>], end: &[Step]| -> Vec<Vec<Step>> {
            let rules = rules.iter();
            rules.map(|rule| [rule.as_slice(), end].concat()).collect()
        };
        let user = slices(&user, &[drop()]);
        let mut redirect = when;
        redirect.push(translate(TranslationKind::Redirect, None, Some(to)));
        let refer = |rules: &[Vec<Step>],
                     make: &dyn Fn(&[&[Step]]) -> rulesets::host::HostChain| {
            make(&rules.iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        one(vec![
            refer(&mangle, &|rules| {
                base(Hook::Prerouting, -150, Verdict::Accept, rules)
            }),
            refer(&[redirect], &|rules| nat(Hook::Prerouting, -100, rules)),
            refer(&input, &|rules| base(Hook::Input, 0, Verdict::Drop, rules)),
            refer(&user, &|rules| plain(chain("user", rules))),
        ])
    })
}

fn with_values(packet: &Packet) -> impl Iterator<Item = Packet> {
    (0..9_u32).flat_map(move |source| {
        (0..5_u16).map(move |port| {
            let base: u32 = u32::from_be_bytes([198, 51, 100, 0]);
            let mut packet = packet.clone();
            packet.source = Some(std::net::Ipv4Addr::from(base + source).into());
            packet.destination_port = Some(port);
            packet
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn an_open_question_covers_every_answer_to_the_closed_ones(rules in rules()) {
        let mut open = tcp(0);
        open.source = None;
        open.destination_port = None;
        let answer = judge(&rules, &open).answer;
        let told: BTreeSet<String> = outcomes(&answer).into_iter().collect();
        for packet in with_values(&open) {
            let closed = judge(&rules, &packet).answer;
            prop_assert_eq!(closed.outcomes.len(), 1);
            let way = outcomes(&closed).remove(0);
            prop_assert!(told.contains(&way), "{} is not among {:?}", way, told);
            if let Some(definite) = answer.definite() {
                prop_assert_eq!(closed.definite(), Some(definite));
            }
        }
    }

    #[test]
    fn conditions_of_an_outcome_are_necessary(rules in rules()) {
        let mut open = tcp(0);
        open.source = None;
        let answer = judge(&rules, &open).answer;
        for packet in with_values(&open).filter(|packet| packet.destination_port == Some(0)) {
            let way = outcomes(&judge(&rules, &packet).answer).remove(0);
            let place = outcomes(&answer).iter().position(|told| *told == way);
            let outcome = &answer.outcomes[place.unwrap()];
            let number = packet.source.map(|source| number(&source.to_string())).unwrap();
            for condition in &outcome.conditions {
                prop_assert_eq!(holds(&condition.text, number), condition.holds, "{}", condition.text);
            }
        }
        let definite = answer.definite();
        let sure = answer.outcomes.len() == 1;
        prop_assert!(!sure || matches!(definite, Some(Definite::Passes | Definite::Stopped)));
    }
}

/// Whether a source has what a condition says, read off its words.
fn holds(text: &str, source: u128) -> bool {
    let text = text.strip_prefix("source address ").unwrap();
    let values = text.split("; ").next().unwrap();
    if let Ok(net) = values.parse::<ipnet::IpNet>() {
        return (number(&net.network().to_string())..=number(&net.broadcast().to_string()))
            .contains(&source);
    }
    let (first, last) = values.split_once('-').unwrap_or((values, values));
    (number(first)..=number(last)).contains(&source)
}
