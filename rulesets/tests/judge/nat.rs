//! Translation, and what the rules behind it see.

use crate::build::*;
use rulesets::host::{Hook, HostFacts, HostRules};
use rulesets::program::{
    Element, Key, NewValue, Part, Step, Translation, TranslationKind, Verdict,
};
use rulesets::{Definite, Path, State};

fn redirect_then(input: &[Step]) -> HostRules {
    let redirect = translate(TranslationKind::Redirect, None, Some(8080));
    one(vec![
        nat(Hook::Prerouting, -100, &[&[port(80), redirect]]),
        base(Hook::Input, 0, Verdict::Accept, &[input]),
    ])
}

#[test]
fn a_filter_sees_the_port_after_a_redirect() {
    let rules = redirect_then(&[port(80), drop()]);
    assert_eq!(ways(&rules, &tcp(80)), ["accept Input0"]);
    let rules = redirect_then(&[port(8080), drop()]);
    assert_eq!(ways(&rules, &tcp(80)), ["drop Input0 0"]);
    let passage = judge(&rules, &tcp(80));
    assert_eq!(passage.packet.destination_port, Some(8080));
    assert_eq!(passage.translations.len(), 1);
    assert_eq!(
        passage.translations[0].decider.chain.as_deref(),
        Some("Prerouting-100")
    );
}

#[test]
fn the_original_port_is_still_there_to_be_tested() {
    let rules = redirect_then(&[is(Key::OriginalPort, 80), drop()]);
    assert_eq!(ways(&rules, &tcp(80)), ["drop Input0 0"]);
    let rules = redirect_then(&[is(Key::ConnectionStatus, 32), drop()]);
    assert_eq!(ways(&rules, &tcp(80)), ["drop Input0 0"]);
    assert_eq!(ways(&rules, &tcp(81)), ["accept Input0"]);
}

#[test]
fn a_published_port_goes_through_forward_and_never_meets_input() {
    let publish = translate(TranslationKind::Destination, Some("172.17.0.2"), Some(80));
    let rules = one(vec![
        nat(
            Hook::Prerouting,
            -100,
            &[&[is(Key::DestinationKind, 2), port(8080), publish]],
        ),
        base(Hook::Input, 0, Verdict::Drop, &[]),
        base(
            Hook::Forward,
            0,
            Verdict::Drop,
            &[&[
                is(Key::Destination(rulesets::Family::V4), number("172.17.0.2")),
                port(80),
                accept(),
            ]],
        ),
    ]);
    let passage = judge(&rules, &tcp(8080));
    assert_eq!(outcomes(&passage.answer), ["accept Forward0 0"]);
    assert!(matches!(passage.packet.path, Path::Forward { .. }));
    assert_eq!(ways(&rules, &tcp(22)), ["drop Input0"]);

    let unsure = rules.judge(
        &tcp(8080),
        &HostFacts {
            forwarding: None,
            ..facts()
        },
    );
    assert_eq!(unsure.answer.definite(), None);
    let shut = rules.judge(
        &tcp(8080),
        &HostFacts {
            forwarding: Some(false),
            ..facts()
        },
    );
    assert_eq!(shut.answer.definite(), Some(Definite::Stopped));
    let lost = rules.judge(
        &tcp(8080),
        &HostFacts {
            forwarding: Some(true),
            ..HostFacts::default()
        },
    );
    assert_eq!(outcomes(&lost.answer), ["drop Input0", "accept Forward0 0"]);
}

#[test]
fn only_first_packets_are_translated_and_only_once_a_hook() {
    let to = |port| translate(TranslationKind::Redirect, None, Some(port));
    let rules = one(vec![
        nat(Hook::Prerouting, -100, &[&[accept()]]),
        nat(Hook::Prerouting, -90, &[&[to(81)]]),
        nat(Hook::Prerouting, -80, &[&[to(82)]]),
    ]);
    let passage = judge(&rules, &tcp(80));
    assert_eq!(passage.packet.destination_port, Some(81));
    assert_eq!(passage.stages.len(), 2);
    let mut later = tcp(80);
    later.state = State::Established;
    assert!(judge(&rules, &later).stages.is_empty());
}

#[test]
fn nat_chains_run_together_whatever_their_priority() {
    let rules = one(vec![
        nat(
            Hook::Prerouting,
            50,
            &[&[translate(TranslationKind::Redirect, None, Some(81))]],
        ),
        base(
            Hook::Prerouting,
            -70,
            Verdict::Accept,
            &[&[port(81), drop()]],
        ),
    ]);
    assert_eq!(ways(&rules, &tcp(80)), ["drop Prerouting-70 0"]);
}

#[test]
fn a_translation_that_may_not_happen_leads_both_ways() {
    let redirect = translate(TranslationKind::Redirect, None, Some(8080));
    let rules = one(vec![
        nat(Hook::Prerouting, -100, &[&[limit(), redirect]]),
        base(Hook::Input, 0, Verdict::Accept, &[&[port(80), drop()]]),
    ]);
    let passage = judge(&rules, &tcp(80));
    assert_eq!(
        outcomes(&passage.answer),
        ["accept Input0", "drop Input0 0"]
    );
    let conditions: Vec<bool> = passage
        .answer
        .outcomes
        .iter()
        .map(|outcome| outcome.conditions[0].holds)
        .collect();
    assert_eq!(conditions, [true, false]);
}

#[test]
fn a_map_of_ports_translates_what_it_holds() {
    let mapped = Step::Translate(Translation {
        kind: TranslationKind::Destination,
        address: NewValue::Mapped {
            key: vec![Key::DestinationPort],
            entries: vec![(Element::of(Part::one(80_u16)), address("10.0.0.1"))],
        },
        port: NewValue::Keep,
        text: "dnat to tcp dport map".to_owned(),
    });
    let rules = one(vec![nat(Hook::Prerouting, -100, &[&[mapped]])]);
    assert_eq!(
        judge(&rules, &tcp(80)).packet.destination,
        Some(address("10.0.0.1"))
    );
    let other = judge(&rules, &tcp(81)).packet;
    assert_eq!(other.destination, Some(address("192.0.2.10")));
    let mut open = tcp(80);
    open.destination_port = None;
    let both = judge(&rules, &open);
    assert_eq!(both.translations[0].conditions.len(), 1);
}

#[test]
fn this_hosts_own_packets_are_redirected_to_loopback() {
    let redirect = translate(TranslationKind::Redirect, None, Some(1));
    let leaves_by = |name: &str| is_interface(Key::OutputInterface, name);
    let rules = one(vec![
        nat(Hook::Output, -100, &[std::slice::from_ref(&redirect)]),
        base(
            Hook::Output,
            0,
            Verdict::Accept,
            &[&[leaves_by("lo"), drop()]],
        ),
        base(
            Hook::Postrouting,
            0,
            Verdict::Accept,
            &[&[leaves_by("eth0"), drop()]],
        ),
        nat(Hook::Prerouting, -100, &[&[port(1), redirect]]),
    ]);
    let mut out = tcp(80);
    out.path = Path::Output {
        interface: Some("eth0".to_owned()),
    };
    let passage = judge(&rules, &out);
    assert_eq!(passage.answer.definite(), Some(Definite::Passes));
    assert_eq!(passage.packet.destination, Some(address("127.0.0.1")));
    let interface = Some("lo".to_owned());
    let path = Path::Output {
        interface: interface.clone(),
    };
    assert_eq!(passage.packet.path, path);
    let back = judge(
        &rules,
        &rulesets::Packet {
            path: Path::Input { interface },
            ..passage.packet
        },
    );
    assert!(back.stages.is_empty() && back.translations.is_empty());
    let by_address = is_not(Key::SourceMac, 1);
    let rules = one(vec![base(
        Hook::Input,
        0,
        Verdict::Accept,
        &[&[by_address, drop()]],
    )]);
    assert_eq!(
        judge(&rules, &back.packet).answer.definite(),
        Some(Definite::Passes)
    );
}

#[test]
fn what_the_host_sends_elsewhere_is_routed_anew_once_the_output_hook_is_done() {
    let elsewhere = translate(TranslationKind::Destination, Some("10.9.0.7"), None);
    let rules = one(vec![
        nat(Hook::Output, -100, &[&[elsewhere]]),
        base(
            Hook::Postrouting,
            0,
            Verdict::Accept,
            &[&[is_interface(Key::OutputInterface, "eth1"), drop()]],
        ),
    ]);
    let mut out = tcp(80);
    out.path = Path::Output {
        interface: Some("eth0".to_owned()),
    };
    let mut host = facts();
    assert_eq!(rules.judge(&out, &host).answer.definite(), None);
    let nets = vec!["10.9.0.1/24".parse().unwrap()];
    host.interfaces.insert("eth1".to_owned(), nets);
    assert_eq!(
        rules.judge(&out, &host).answer.definite(),
        Some(Definite::Stopped)
    );
}
