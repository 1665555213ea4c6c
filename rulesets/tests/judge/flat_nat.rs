//! Flat lists against the evaluator where packets are translated on their way.

use crate::build::*;
use crate::flat::{field, packets, pass};
use proptest::prelude::*;
use rulesets::host::{ChainKind, Hook, HostChain, HostFacts, HostRules};
use rulesets::program::{
    Chain, Element, Key, NewValue, Part, Step, Test, Translation, TranslationKind, Values, Verdict,
};
use rulesets::{Definite, Family, Packet};

const OWN: &str = "192.0.2.10";
const CONTAINERS: [&str; 2] = ["10.0.0.5", "10.0.0.6"];

fn addresses() -> impl Strategy<Value = u128> {
    prop_oneof![Just(OWN), Just(CONTAINERS[0]), Just(CONTAINERS[1])].prop_map(number)
}

/// A test that every packet decides.
fn test() -> impl Strategy<Value = Step> {
    let translated = prop_oneof![
        3 => addresses().prop_map(|it| (Key::Destination(Family::V4), it, it)),
        1 => addresses().prop_map(|it| (Key::OriginalDestination(Family::V4), it, it)),
        1 => (0..4_u128).prop_map(|port| (Key::OriginalPort, port, 3)),
        2 => Just((Key::ConnectionStatus, 32, 32)),
        1 => Just((Key::DestinationKind, 2, 2)),
    ];
    // A code of every ICMP type is 256 boxes, and of several slices too many.
    let plain = field().prop_filter("codes", |(key, ..)| *key != Key::IcmpCode(Family::V4));
    let field = prop_oneof![2 => plain.boxed(), 1 => translated.boxed()];
    let plain = (field, any::<bool>()).prop_map(|((key, first, last), negated)| {
        let elements = vec![Element::of(Part::Span { first, last })];
        (vec![key], elements, negated)
    });
    let pair = (addresses(), 0..4_u128, any::<bool>()).prop_map(|(to, port, negated)| {
        let element = Element(vec![Part::one(to), Part::one(port)]);
        let key = vec![Key::Destination(Family::V4), Key::DestinationPort];
        (key, vec![element], negated)
    });
    prop_oneof![5 => plain, 1 => pair].prop_map(|(key, elements, negated)| {
        Step::Test(Test::In {
            key,
            values: Values::Inline(elements),
            negated,
        })
    })
}

fn verdict() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![Just(vec![accept()]), Just(vec![drop()])]
}

fn ending() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![
        4 => Just(vec![accept()]),
        4 => Just(vec![drop()]),
        1 => Just(vec![back()]),
        1 => Just(vec![jump("user")]),
        1 => Just(vec![goto("user")]),
        1 => Just(vec![Step::SetMark { mask: u32::MAX, value: 1 }]),
    ]
}

/// A translation to a port is for a protocol with ports: the kernel takes no other.
fn to_one() -> impl Strategy<Value = Vec<Step>> {
    let port = || prop_oneof![1 => Just(None), 3 => (0..4_u16).prop_map(Some)];
    let address = prop_oneof![
        1 => Just(None),
        1 => Just(Some(OWN)),
        3 => Just(Some(CONTAINERS[0])),
        3 => Just(Some(CONTAINERS[1])),
    ];
    let redirect = port().prop_map(|port| (TranslationKind::Redirect, None, port));
    let publish = (address, port()).prop_map(|(to, port)| (TranslationKind::Destination, to, port));
    let ported = prop_oneof![1 => redirect, 2 => publish];
    let ported = (ported, prop_oneof![Just(6), Just(17)]).prop_map(|((kind, to, port), number)| {
        let ported = port.map(|_| protocol(number));
        let steps = ported.into_iter().chain([translate(kind, to, port)]);
        steps.collect()
    });
    prop_oneof![3 => ported.boxed(), 1 => by_map().prop_map(|step| vec![step]).boxed()]
}

fn by_map() -> impl Strategy<Value = Step> {
    prop::collection::vec((0..4_u16, 0..2_usize), 1..3).prop_map(|ports| {
        let entries = ports
            .into_iter()
            .map(|(port, to)| (Element::of(Part::one(port)), address(CONTAINERS[to])));
        Step::Translate(Translation {
            kind: TranslationKind::Destination,
            address: NewValue::Mapped {
                key: vec![Key::DestinationPort],
                entries: entries.collect(),
            },
            port: NewValue::Keep,
            text: "dnat to dport map".to_owned(),
        })
    })
}

/// A translation of which nobody can say what comes of it.
fn to_any() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just((NewValue::Unknown, NewValue::Keep)),
        Just((NewValue::Keep, NewValue::Between(1, 2))),
        Just((NewValue::One(address(CONTAINERS[0])), NewValue::Unknown)),
    ]
    .prop_map(|(address, port)| {
        Step::Translate(Translation {
            kind: TranslationKind::Destination,
            address,
            port,
            text: "dnat to many".to_owned(),
        })
    })
}

fn rule(ending: impl Strategy<Value = Vec<Step>>) -> impl Strategy<Value = Vec<Step>> {
    (prop::collection::vec(test(), 0..3), ending).prop_map(|(mut steps, end)| {
        steps.extend(end);
        steps
    })
}

fn list(
    name: &'static str,
    rule: impl Strategy<Value = Vec<Step>>,
) -> impl Strategy<Value = Chain> {
    prop::collection::vec(rule, 0..4)
        .prop_map(move |rules| chain(name, &rules.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

fn user() -> impl Strategy<Value = Chain> {
    let end = prop_oneof![Just(accept()), Just(drop()), Just(back())];
    list("user", rule(end.prop_map(|end| vec![end])))
}

/// The rules of a nat chain; with `doubt`, some of them cannot be followed.
fn translating(doubt: bool) -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![
        5 => to_one().boxed(),
        1 => Just(vec![accept()]).boxed(),
        1 => Just(vec![back()]).boxed(),
        1 => Just(vec![jump("more")]).boxed(),
        1 => Just(vec![goto("more")]).boxed(),
    ];
    let end = if doubt {
        prop_oneof![
            4 => end.boxed(),
            1 => to_any().prop_map(|step| vec![step]),
            1 => to_one().prop_map(|steps| [vec![limit()], steps].concat()),
            1 => Just(vec![limit(), jump("more")]),
            1 => Just(vec![limit(), accept()]),
        ]
        .boxed()
    } else {
        end.boxed()
    };
    rule(end)
}

fn sourcing() -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![
        Just(translate(TranslationKind::Masquerade, None, None)),
        Just(translate(TranslationKind::Source, Some(OWN), None)),
        Just(accept()),
    ];
    rule(end.prop_map(|end| vec![end]))
}

/// The chain that gives packets another source, and the one after it. What tests a source that is then
/// open is in doubt; that is exact only where the rule decides at once, whatever the doubt, so what goes
/// on in another chain or with a mark comes with packets that keep their source, unless `doubt`.
fn outward(doubt: bool) -> impl Strategy<Value = (Chain, Chain)> {
    let kept = (
        list("nat3", Just(vec![accept()])),
        list("postrouting", rule(ending())),
    );
    let end = if doubt {
        ending().boxed()
    } else {
        verdict().boxed()
    };
    let changed = (list("nat3", sourcing()), list("postrouting", rule(end)));
    prop_oneof![kept, changed]
}

fn rules(doubt: bool) -> impl Strategy<Value = HostRules> {
    let hosted = |hook, priority, policy, chain| {
        let mut hosted = base(hook, priority, policy, &[]);
        hosted.chain = chain;
        hosted
    };
    let nat = move |hook, priority, chain| {
        let mut hosted: HostChain = hosted(hook, priority, Verdict::Accept, chain);
        hosted.base.as_mut().unwrap().kind = ChainKind::Nat;
        hosted
    };
    let policy = || prop_oneof![Just(Verdict::Accept), Just(Verdict::Drop)];
    let early = (
        list("raw", rule(ending())),
        user(),
        list("nat", translating(doubt)),
    );
    let more = rule(to_one());
    let later = (
        list("nat2", translating(doubt)),
        list("more", more),
        list("mangle", rule(ending())),
    );
    let last = (
        list("input", rule(ending())),
        list("forward", rule(ending())),
        outward(doubt),
    );
    (early, later, last, policy(), policy()).prop_map(
        move |((raw, user, first), (second, more, mangle), last, input, forward)| {
            one(vec![
                hosted(Hook::Prerouting, -300, Verdict::Accept, raw),
                nat(Hook::Prerouting, -100, first),
                nat(Hook::Prerouting, -90, second),
                hosted(Hook::Prerouting, -50, Verdict::Accept, mangle),
                hosted(Hook::Input, 0, input, last.0),
                hosted(Hook::Forward, 0, forward, last.1),
                nat(Hook::Postrouting, 100, last.2.0),
                hosted(Hook::Postrouting, 150, Verdict::Accept, last.2.1),
                plain(user),
                plain(more),
            ])
        },
    )
}

fn known() -> impl Strategy<Value = HostFacts> {
    let back = prop_oneof![
        3 => Just(None),
        1 => Just(Some(vec!["198.51.100.2/31".parse().unwrap()])),
    ];
    (any::<bool>(), back).prop_map(|(forwarding, reverse_path)| HostFacts {
        forwarding: Some(forwarding),
        reverse_path,
        ..facts()
    })
}

fn partly_known() -> impl Strategy<Value = HostFacts> {
    prop_oneof![
        Just(facts()),
        Just(HostFacts {
            forwarding: None,
            ..facts()
        }),
        Just(HostFacts {
            addresses: Vec::new(),
            ..facts()
        }),
        Just(HostFacts::default()),
    ]
}

fn definite(rules: &HostRules, packet: &Packet, host: &HostFacts) -> Option<Definite> {
    rules.judge(packet, host).answer.definite()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn translations_to_one_place_are_followed_exactly(rules in rules(false), host in known()) {
        let Ok(flat) = rules.flatten(&tcp(0), &host) else {
            return Err(TestCaseError::reject("too many boxes"));
        };
        let (must, may) = (flat.must_pass(), flat.may_pass());
        for packet in packets() {
            let definite = definite(&rules, &packet, &host);
            let found = (pass(&must, &packet), pass(&may, &packet));
            let expected = match definite {
                Some(Definite::Passes) => (true, true),
                Some(Definite::Stopped) => (false, false),
                None => continue,
            };
            prop_assert_eq!(found, expected, "{:?}", packet);
        }
    }

    #[test]
    fn what_nobody_can_follow_is_bounded(rules in rules(true), host in partly_known()) {
        let Ok(flat) = rules.flatten(&tcp(0), &host) else {
            return Err(TestCaseError::reject("too many boxes"));
        };
        let (must, may) = (flat.must_pass(), flat.may_pass());
        for packet in packets() {
            let definite = definite(&rules, &packet, &host);
            let (must, may) = (pass(&must, &packet), pass(&may, &packet));
            prop_assert!(!must || definite == Some(Definite::Passes), "{:?}", packet);
            prop_assert!(may || definite == Some(Definite::Stopped), "{:?}", packet);
        }
    }
}

#[test]
fn a_published_port_is_decided_by_the_chains_behind_it() {
    let publish = translate(TranslationKind::Destination, Some(CONTAINERS[0]), Some(80));
    let redirect = translate(TranslationKind::Redirect, None, Some(3000));
    let to = is(Key::Destination(Family::V4), number(CONTAINERS[0]));
    let rules = one(vec![
        nat(
            Hook::Prerouting,
            -100,
            &[
                &[protocol(6), port(8080), publish],
                &[protocol(6), port(80), redirect],
            ],
        ),
        base(
            Hook::Input,
            0,
            Verdict::Drop,
            &[
                &[protocol(6), port(22), accept()],
                &[protocol(6), port(3000), accept()],
            ],
        ),
        base(
            Hook::Forward,
            0,
            Verdict::Drop,
            &[&[to, from("198.51.100.0/24"), port(80), accept()]],
        ),
    ]);
    let flat = rules.flatten(&tcp(0), &facts()).unwrap();
    let (must, may) = (flat.must_pass(), flat.may_pass());
    for (from, port, passes) in [
        ("198.51.100.7", 22, true),
        ("198.51.100.7", 80, true),
        ("198.51.100.7", 3000, true),
        ("198.51.100.7", 8080, true),
        ("203.0.113.7", 8080, false),
        ("198.51.100.7", 8081, false),
    ] {
        let packet = packet(6, from, port);
        assert_eq!(pass(&must, &packet), passes, "{from} {port}");
        assert_eq!(pass(&may, &packet), passes, "{from} {port}");
    }
    let forward = flat.stages.iter().find(|stage| stage.hook == Hook::Forward);
    assert!(!forward.unwrap().untranslated);
}

#[test]
fn translations_to_more_places_than_are_followed_stay_unclear_and_in_bounds() {
    let rules: Vec<Vec<Step>> = (0..2_000_u16)
        .map(|number| {
            let to = translate(TranslationKind::Redirect, None, Some(number));
            vec![protocol(6), port(10_000 + number), to]
        })
        .collect();
    let rules: Vec<&[Step]> = rules.iter().map(Vec::as_slice).collect();
    let rules = one(vec![
        nat(Hook::Prerouting, -100, &rules),
        base(
            Hook::Input,
            0,
            Verdict::Drop,
            &[&[protocol(6), port(22), accept()]],
        ),
    ]);
    let flat = rules.flatten(&tcp(0), &facts()).unwrap();
    let (must, may) = (flat.must_pass(), flat.may_pass());
    assert!(pass(&must, &tcp(22)) && !pass(&may, &tcp(23)));
    assert!(pass(&must, &tcp(10_022)) && !pass(&may, &tcp(10_023)));
    assert!(!pass(&must, &tcp(11_999)) && pass(&may, &tcp(11_999)));
}
