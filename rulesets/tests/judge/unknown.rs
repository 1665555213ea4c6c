//! What cannot be decided, and the chains in between.

use crate::build::*;
use rulesets::host::Hook;
use rulesets::program::{
    Chain, Element, Key, NamedSet, Part, Reason, Step, Test, Values, Verdict, VerdictMap,
};
use rulesets::{Answer, Definite, Fallback, Family, Layer, LayerKind};

fn filter(policy: Verdict, rules: &[&[Step]], others: &[Chain]) -> Answer {
    let mut chains = vec![base(Hook::Input, 0, policy, rules)];
    chains.extend(others.iter().cloned().map(plain));
    judge(&one(chains), &tcp(22)).answer
}

#[test]
fn a_limited_rule_decides_while_it_holds() {
    let answer = filter(Verdict::Drop, &[&[port(22), limit(), accept()]], &[]);
    assert_eq!(outcomes(&answer), ["accept Input0 0", "drop Input0"]);
    assert_eq!(answer.definite(), None);
    assert_eq!(
        answer.summary(),
        "allowed while limit rate 3/minute (rule 0 of Input0), else dropped by policy drop (Input0)"
    );
}

#[test]
fn what_cannot_change_the_action_leaves_the_answer_definite() {
    let answer = filter(Verdict::Drop, &[&[limit(), drop()]], &[]);
    assert_eq!(outcomes(&answer), ["drop Input0 0", "drop Input0"]);
    assert_eq!(answer.definite(), Some(Definite::Stopped));
    let logged = filter(Verdict::Accept, &[&[limit()], &[port(22), accept()]], &[]);
    assert_eq!(outcomes(&logged), ["accept Input0 1"]);
    assert!(logged.outcomes[0].conditions.is_empty());
}

#[test]
fn an_undecided_goto_or_return_forks() {
    let x = chain("x", &[&[port(22), accept()]]);
    let answer = filter(
        Verdict::Drop,
        &[&[limit(), goto("x")], &[drop()]],
        std::slice::from_ref(&x),
    );
    assert_eq!(outcomes(&answer), ["accept x 0", "drop Input0 1"]);
    let answer = filter(Verdict::Drop, &[&[limit(), back()], &[accept()]], &[]);
    assert_eq!(outcomes(&answer), ["accept Input0 1", "drop Input0"]);
}

#[test]
fn a_goto_does_not_come_back_and_a_jump_does() {
    let x = chain("x", &[&[port(80), accept()]]);
    let others = std::slice::from_ref(&x);
    let answer = filter(Verdict::Drop, &[&[goto("x")], &[accept()]], others);
    assert_eq!(outcomes(&answer), ["drop Input0"]);
    let answer = filter(Verdict::Drop, &[&[jump("x")], &[accept()]], others);
    assert_eq!(outcomes(&answer), ["accept Input0 1"]);
    assert_eq!(answer.continued.len(), 1);
}

#[test]
fn what_was_not_understood_is_never_skipped() {
    let opaque = Step::Opaque {
        text: "queue num 0".to_owned(),
    };
    let answer = filter(Verdict::Accept, &[&[opaque]], &[]);
    assert_eq!(outcomes(&answer), ["unclear Input0 0", "accept Input0"]);
    assert_eq!(answer.definite(), None);
    let odd = undecided(Reason::Unsupported, "-m bpf");
    let answer = filter(Verdict::Accept, &[&[odd, drop()]], &[]);
    assert_eq!(outcomes(&answer), ["drop Input0 0", "accept Input0"]);
}

#[test]
fn a_chain_that_is_not_at_hand_is_undecided() {
    let answer = filter(Verdict::Accept, &[&[jump("f2b")]], &[]);
    assert_eq!(outcomes(&answer), ["unclear Input0 0", "accept Input0"]);
    assert_eq!(answer.outcomes[0].conditions[0].reason, Reason::Reference);
}

#[test]
fn a_circle_of_chains_ends() {
    let others = [
        chain("a", &[&[jump("b")]]),
        chain("b", &[&[jump("a")], &[port(22), drop()]]),
    ];
    let answer = filter(Verdict::Accept, &[&[jump("a")]], &others);
    assert_eq!(outcomes(&answer), ["unclear b 0", "drop b 1"]);
}

#[test]
fn deep_and_doubled_calls_are_judged_in_linear_time() {
    let mut others: Vec<Chain> = (0..1_000)
        .map(|depth| {
            let next = jump(&format!("c{}", depth + 1));
            chain(&format!("c{depth}"), &[&[limit(), next.clone()], &[next]])
        })
        .collect();
    others.push(chain("c1000", &[&[limit(), accept()]]));
    let answer = filter(Verdict::Drop, &[&[jump("c0")]], &others);
    assert_eq!(outcomes(&answer), ["accept c1000 0", "drop Input0"]);
}

#[test]
fn an_open_field_says_what_to_give() {
    let mut open = tcp(22);
    open.source = None;
    let rules = one(vec![base(
        Hook::Input,
        0,
        Verdict::Drop,
        &[&[from("198.51.100.0/24"), accept()]],
    )]);
    let answer = judge(&rules, &open).answer;
    assert_eq!(outcomes(&answer), ["accept Input0 0", "drop Input0"]);
    let condition = &answer.outcomes[0].conditions[0];
    assert_eq!(condition.reason, Reason::Unspecified);
    assert_eq!(
        condition.text,
        "source address 198.51.100.0/24; give the source address"
    );
}

#[test]
fn conditions_on_one_field_that_exclude_each_other_are_no_outcome() {
    let mut open = tcp(22);
    open.source = None;
    let rules = one(vec![base(
        Hook::Input,
        0,
        Verdict::Drop,
        &[
            &[from("198.51.100.0/24"), accept()],
            &[from("198.51.100.7/32"), drop()],
        ],
    )]);
    assert_eq!(ways(&rules, &open), ["accept Input0 0", "drop Input0"]);
    let whole = one(vec![base(
        Hook::Input,
        0,
        Verdict::Drop,
        &[
            &[from("0.0.0.0/1"), accept()],
            &[from("128.0.0.0/1"), accept()],
        ],
    )]);
    assert_eq!(
        judge(&whole, &open).answer.definite(),
        Some(Definite::Passes)
    );
}

#[test]
fn a_set_that_is_not_at_hand_or_filled_by_rules_is_undecided() {
    let named = |name: &str| {
        Step::Test(Test::In {
            key: vec![Key::Source(Family::V4)],
            values: Values::Named {
                name: name.to_owned(),
                missing: format!("the set `{name}`"),
            },
            negated: false,
        })
    };
    let set = |name: &str, dynamic, incomplete| NamedSet {
        name: name.to_owned(),
        elements: vec![(Element::of(Part::one(number("203.0.113.1"))), None)],
        dynamic,
        incomplete,
    };
    let mut rules = one(vec![base(
        Hook::Input,
        0,
        Verdict::Accept,
        &[
            &[named("plain"), drop()],
            &[named("gone"), drop()],
            &[named("filled"), drop()],
            &[named("cut"), drop()],
        ],
    )]);
    rules.tables[0].sets = vec![set("plain", false, false), set("filled", true, false)];
    rules.ipsets = vec![set("cut", false, true)];
    let answer = judge(&rules, &tcp(22)).answer;
    assert_eq!(
        outcomes(&answer),
        [
            "drop Input0 1",
            "drop Input0 2",
            "drop Input0 3",
            "accept Input0"
        ]
    );
    let reasons: Vec<Reason> = answer.outcomes[..3]
        .iter()
        .map(|outcome| {
            outcome
                .conditions
                .iter()
                .find(|condition| condition.holds)
                .unwrap()
                .reason
        })
        .collect();
    assert_eq!(
        reasons,
        [Reason::Reference, Reason::History, Reason::Reference]
    );
}

#[test]
fn a_verdict_map_is_followed() {
    let entry = |port: u16, verdict| (Element::of(Part::one(port)), verdict);
    let map = VerdictMap::Inline(vec![
        entry(22, Verdict::Jump("x".to_owned())),
        entry(443, Verdict::Accept),
    ]);
    let look = Step::Lookup {
        key: vec![Key::DestinationPort],
        map,
    };
    let rules = one(vec![
        base(
            Hook::Input,
            0,
            Verdict::Drop,
            &[&[look], &[port(80), accept()]],
        ),
        plain(chain(
            "x",
            &[&[from("198.51.100.7/32"), back()], &[accept()]],
        )),
    ]);
    let way = |from, to| ways(&rules, &packet(6, from, to)).remove(0);
    assert_eq!(way("198.51.100.7", 22), "drop Input0");
    assert_eq!(way("198.51.100.8", 22), "accept x 1");
    assert_eq!(way("198.51.100.7", 80), "accept Input0 1");
    assert_eq!(way("198.51.100.7", 443), "accept Input0 0");
    assert_eq!(way("198.51.100.7", 81), "drop Input0");
}

#[test]
fn marks_set_under_a_condition_are_both_followed() {
    let set = Step::SetMark {
        mask: u32::MAX,
        value: 1,
    };
    let answer = filter(
        Verdict::Drop,
        &[&[limit(), set], &[is(Key::Mark, 1), accept()]],
        &[],
    );
    assert_eq!(outcomes(&answer), ["accept Input0 1", "drop Input0"]);
}

#[test]
fn thousands_of_undecided_rules_stay_bounded() {
    let rules: Vec<Vec<Step>> = (0..5_000_u32)
        .map(|source| vec![is(Key::Source(Family::V4), source.into()), drop()])
        .collect();
    let rules: Vec<&[Step]> = rules.iter().map(Vec::as_slice).collect();
    let listing = one(vec![base(Hook::Input, 0, Verdict::Accept, &rules)]);
    let mut open = tcp(22);
    open.source = None;
    let answer = judge(&listing, &open).answer;
    assert_eq!(answer.outcomes.len(), 65);
    assert_eq!(answer.unlisted, 4_936);
    assert_eq!(answer.definite(), None);
    assert!(
        answer
            .outcomes
            .iter()
            .all(|outcome| outcome.conditions.len() <= 16)
    );
    assert!(answer.summary().len() < 1_000);
}

#[test]
fn the_lists_of_a_layer_are_read_one_after_the_other() {
    let group = |set: &str, rules: &[&[Step]]| Chain {
        set: set.to_owned(),
        ..chain("inbound", rules)
    };
    let fallback = Fallback {
        set: "sg-2".to_owned(),
        verdict: Verdict::Drop,
        text: "implicit reject".to_owned(),
    };
    let layer = Layer {
        kind: LayerKind::SecurityGroup,
        provider: "tencent".to_owned(),
        stateful: true,
        inbound: vec![
            group("sg-1", &[&[from("10.0.0.0/8"), accept()]]),
            group("sg-2", &[&[from("0.0.0.0/0"), port(22), drop()]]),
        ],
        outbound: Vec::new(),
        inbound_fallback: fallback.clone(),
        outbound_fallback: fallback,
        sets: Vec::new(),
        remarks: Vec::new(),
    };
    let mut open = tcp(22);
    open.source = None;
    assert_eq!(
        outcomes(&layer.judge(&open)),
        ["accept sg-1 0", "drop sg-2 0"]
    );
    let answer = layer.judge(&tcp(80));
    assert_eq!(outcomes(&answer), ["drop sg-2"]);
    assert!(answer.outcomes[0].decider.default);
    assert_eq!(answer.outcomes[0].decider.chain, None);
    assert_eq!(answer.outcomes[0].decider.layer, "security_group");
}
