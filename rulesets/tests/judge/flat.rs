//! Flat lists against the evaluator, packet by packet.

use crate::build::*;
use proptest::prelude::*;
use rulesets::host::{Hook, HostRules};
use rulesets::program::{
    Chain, Element, Ending, Key, PASSES, Part, STOPPED, Step, Test, TranslationKind, Values,
    Verdict, VerdictMap,
};
use rulesets::space::{List, Point};
use rulesets::{Definite, Fallback, Family, Layer, LayerKind, Packet};

const HOME: u128 = 0xc633_6400;

fn source() -> impl Strategy<Value = (Key, u128, u128)> {
    (0..6_u128, 0..6_u128).prop_map(|(a, b)| {
        let ends = (HOME + a.min(b), HOME + a.max(b));
        (Key::Source(Family::V4), ends.0, ends.1)
    })
}

pub(crate) fn field() -> impl Strategy<Value = (Key, u128, u128)> {
    let small =
        |key, top: u128| (0..=top, 0..=top).prop_map(move |(a, b)| (key, a.min(b), a.max(b)));
    prop_oneof![
        4 => source(),
        3 => small(Key::DestinationPort, 3),
        1 => small(Key::SourcePort, 3),
        1 => prop_oneof![Just(6_u128), Just(17), Just(1)].prop_map(|it| (Key::Protocol, it, it)),
        1 => small(Key::IcmpType(Family::V4), 3),
        1 => small(Key::IcmpCode(Family::V4), 3),
        1 => small(Key::Mark, 1),
        1 => Just((Key::TcpFlags, 2, 2)),
        1 => Just((Key::TcpFlags, 4, 4)),
        1 => Just((Key::State, 8, 8)),
        1 => Just((Key::OriginalPort, 1, 2)),
        1 => Just((Key::Source(Family::V6), 0, u128::MAX)),
    ]
}

fn test() -> impl Strategy<Value = Step> {
    let plain = (field(), any::<bool>()).prop_map(|((key, first, last), negated)| {
        (
            vec![key],
            vec![Element::of(Part::Span { first, last })],
            negated,
        )
    });
    let pair = (
        source(),
        prop::collection::vec((0..4_u128, 0..4_u128), 1..3),
        any::<bool>(),
    );
    let pair = pair.prop_map(|((key, first, last), ports, negated)| {
        let elements = ports.into_iter().map(|(a, b)| {
            let ports = Part::Span {
                first: a.min(b),
                last: a.max(b),
            };
            Element(vec![Part::Span { first, last }, ports])
        });
        (vec![key, Key::DestinationPort], elements.collect(), negated)
    });
    let tested = prop_oneof![4 => plain, 1 => pair].prop_map(|(key, elements, negated)| Test::In {
        key,
        values: Values::Inline(elements),
        negated,
    });
    let tested = tested.boxed();
    let either = prop::collection::vec(prop::collection::vec(tested.clone(), 1..3), 1..3);
    prop_oneof![
        8 => tested.prop_map(Step::Test),
        1 => either.prop_map(|lists| Step::Test(Test::AnyOf(lists))),
        1 => Just(limit()),
    ]
}

fn ending() -> impl Strategy<Value = Vec<Step>> {
    let map = (
        0..3_u16,
        prop_oneof![
            Just(Verdict::Accept),
            Just(Verdict::Jump("user".to_owned())),
            Just(Verdict::Return)
        ],
    );
    let map = map.prop_map(|(port, verdict)| {
        let entries = vec![
            (Element::of(Part::one(port)), verdict),
            (Element::of(Part::one(port + 1)), Verdict::Drop),
        ];
        vec![Step::Lookup {
            key: vec![Key::DestinationPort],
            map: VerdictMap::Inline(entries),
        }]
    });
    prop_oneof![
        3 => Just(vec![accept()]),
        3 => Just(vec![drop()]),
        1 => Just(Vec::new()),
        2 => Just(vec![back()]),
        1 => Just(vec![jump("user")]),
        1 => Just(vec![goto("user")]),
        1 => Just(vec![jump("gone")]),
        1 => Just(vec![Step::Opaque { text: "?".to_owned() }]),
        1 => Just(vec![Step::SetMark { mask: u32::MAX, value: 1 }]),
        1 => Just(vec![Step::SetMark { mask: 0, value: 1 }, accept()]),
        1 => Just(vec![Step::Notrack]),
        1 => map,
    ]
}

fn rule() -> impl Strategy<Value = Vec<Step>> {
    (prop::collection::vec(test(), 0..3), ending()).prop_map(|(mut steps, end)| {
        steps.extend(end);
        steps
    })
}

fn list(
    name: &'static str,
    steps: impl Strategy<Value = Vec<Step>>,
) -> impl Strategy<Value = Chain> {
    prop::collection::vec(steps, 0..5)
        .prop_map(move |rules| chain(name, &rules.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

fn user() -> impl Strategy<Value = Chain> {
    let end = prop_oneof![
        Just(accept()),
        Just(drop()),
        Just(back()),
        Just(Step::SetMark {
            mask: u32::MAX,
            value: 1
        }),
    ];
    let rule = (prop::collection::vec(test(), 0..2), end).prop_map(|(mut steps, end)| {
        steps.push(end);
        steps
    });
    list("user", rule)
}

fn rules() -> impl Strategy<Value = HostRules> {
    let redirect = (prop::collection::vec(test(), 1..3), 0..4_u16, any::<bool>());
    (
        list("raw", rule()),
        list("mangle", rule()),
        list("input", rule()),
        user(),
        redirect,
    )
        .prop_map(|(raw, mangle, input, user, (mut when, to, translates))| {
            let hosted = |hook, priority, policy, chain| {
                let mut hosted = base(hook, priority, policy, &[]);
                hosted.chain = chain;
                hosted
            };
            when.push(translate(TranslationKind::Redirect, None, Some(to)));
            let mut chains = vec![
                hosted(Hook::Prerouting, -300, Verdict::Accept, raw),
                hosted(Hook::Prerouting, -150, Verdict::Accept, mangle),
                hosted(Hook::Input, 0, Verdict::Drop, input),
                plain(user),
            ];
            if translates {
                chains.push(nat(Hook::Prerouting, -100, &[when.as_slice()]));
            }
            one(chains)
        })
}

pub(crate) fn packets() -> impl Iterator<Item = Packet> {
    let ports = |protocol| (0..4_u16).map(move |port| (protocol, port, port));
    let kinds = ports(6_u8)
        .chain(ports(17))
        .chain((0..4).map(|kind| (1, kind, 0)));
    kinds.flat_map(|(protocol, port, other)| {
        (0..7_u32).map(move |source| {
            let mut packet = packet(protocol, "198.51.100.7", port);
            packet.source = Some(std::net::Ipv4Addr::from(0xc633_6400 + source).into());
            packet.source_port = Some(other);
            if protocol == 1 {
                packet.source_port = None;
                packet.destination_port = None;
                packet.icmp_type = Some(u8::try_from(port).unwrap());
                packet.icmp_code = Some(u8::try_from(source % 3).unwrap());
            }
            packet
        })
    })
}

fn point(packet: &Packet) -> Point {
    let [source, destination] =
        [packet.source, packet.destination].map(|address| number(&address.unwrap().to_string()));
    let (a, b) = if packet.protocol == 1 {
        let kind = u128::from(packet.icmp_type.unwrap()) << 8;
        (0, kind | u128::from(packet.icmp_code.unwrap()))
    } else {
        let ports = [packet.source_port, packet.destination_port];
        let [a, b] = ports.map(|port| u128::from(port.unwrap()));
        (a, b)
    };
    Point([source, destination, packet.protocol.into(), a, b])
}

pub(crate) fn pass(lists: &[List], packet: &Packet) -> bool {
    let point = point(packet);
    lists.iter().all(|list| list.decide(&point).label == PASSES)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_must_and_may_pass_bounds_what_does(rules in rules()) {
        let Ok(flat) = rules.flatten(&tcp(0), &facts()) else {
            return Err(TestCaseError::reject("too many boxes"));
        };
        let (must, may) = (flat.must_pass(), flat.may_pass());
        let doubtful = flat.stages.iter().any(|stage| stage.flat.certain().is_none());
        for packet in packets() {
            let answer = judge(&rules, &packet).answer;
            let (must, may) = (pass(&must, &packet), pass(&may, &packet));
            prop_assert!(!must || answer.definite() == Some(Definite::Passes), "{:?}", packet);
            prop_assert!(may || answer.definite() == Some(Definite::Stopped), "{:?}", packet);
            if !doubtful {
                prop_assert_eq!(must, answer.definite() == Some(Definite::Passes));
                prop_assert_eq!(must, may);
            }
        }
    }

    #[test]
    fn a_list_names_the_rule_that_decides(chain in list("inbound", rule()), user in user()) {
        let layer = layer(vec![chain, user]);
        let Ok(flat) = layer.flatten(&tcp(0)) else {
            return Err(TestCaseError::reject("too many boxes"));
        };
        let Some(list) = flat.certain() else {
            return Ok(());
        };
        for packet in packets() {
            let answer = layer.judge(&packet);
            prop_assert_eq!(answer.outcomes.len(), 1);
            let decision = list.decide(&point(&packet));
            let rule = decision.rule.unwrap_or_else(|| flat.default_rule());
            prop_assert_eq!(&flat.origins[rule as usize], &answer.outcomes[0].decider);
            let passes = answer.definite() == Some(Definite::Passes);
            prop_assert_eq!(decision.label, if passes { PASSES } else { STOPPED });
        }
    }
}

fn layer(inbound: Vec<Chain>) -> Layer {
    let fallback = Fallback {
        set: "sg-1".to_owned(),
        verdict: Verdict::Drop,
        text: "implicit reject".to_owned(),
    };
    Layer {
        kind: LayerKind::SecurityGroup,
        provider: "tencent".to_owned(),
        stateful: true,
        inbound,
        outbound: Vec::new(),
        inbound_fallback: fallback.clone(),
        outbound_fallback: fallback,
        sets: Vec::new(),
        remarks: Vec::new(),
    }
}

#[test]
fn a_negated_port_becomes_the_gaps_of_protocols_with_ports() {
    let chain = chain(
        "inbound",
        &[&[protocol(6), is_not(Key::DestinationPort, 80), accept()]],
    );
    let flat = layer(vec![chain]).flatten(&tcp(0)).unwrap();
    assert_eq!(flat.entries.len(), 2);
    assert_eq!(flat.default, Ending::Drop);
    assert_eq!(flat.origins.len(), 2);
    assert_eq!(flat.origins[1].fallback.as_deref(), Some("implicit reject"));
}

#[test]
fn an_undecided_entry_carries_its_condition_and_counts_once() {
    let chain = chain("inbound", &[&[limit(), accept()], &[limit(), drop()]]);
    let flat = layer(vec![chain]).flatten(&tcp(0)).unwrap();
    let condition = flat.entries[0].condition.unwrap();
    assert_eq!(
        flat.conditions[condition as usize].text,
        "limit rate 3/minute"
    );
    assert_eq!(flat.certain(), None);
    let packet = tcp(22);
    assert!(!pass(&[flat.must_pass()], &packet));
    assert!(pass(&[flat.may_pass()], &packet));
}

#[test]
fn what_would_take_too_many_boxes_is_not_determined() {
    let mut chains: Vec<_> = (0..60)
        .map(|depth| {
            let next = jump(&format!("c{}", depth + 1));
            plain(chain(
                &format!("c{depth}"),
                &[std::slice::from_ref(&next), std::slice::from_ref(&next)],
            ))
        })
        .collect();
    chains.push(plain(chain("c60", &[&[port(1), accept()]])));
    chains.push(base(Hook::Input, 0, Verdict::Drop, &[&[jump("c0")]]));
    assert!(one(chains).flatten(&tcp(0), &facts()).is_err());
}
