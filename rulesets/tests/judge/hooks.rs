//! Base chains: which ones see a packet, in which order, and who is named.

use crate::build::*;
use rulesets::host::{Backend, Hook, HostRules, TableFamily};
use rulesets::program::{Key, Marked, Reason, Step, TranslationKind, Verdict};
use rulesets::{Definite, Family, Packet, Path, State};

#[test]
fn without_rules_everything_passes() {
    assert_eq!(ways(&host(Vec::new()), &tcp(22)), ["accept netfilter"]);
}

#[test]
fn accepting_in_one_table_does_not_stop_a_later_base_chain() {
    let rules = host(vec![
        table(
            TableFamily::Ip,
            vec![base(Hook::Input, -10, Verdict::Accept, &[&[accept()]])],
        ),
        table(
            TableFamily::Inet,
            vec![base(Hook::Input, 0, Verdict::Accept, &[&[drop()]])],
        ),
    ]);
    assert_eq!(ways(&rules, &tcp(22)), ["drop Input0 0"]);
    let stages = judge(&rules, &tcp(22)).stages;
    let chains: Vec<&str> = stages.iter().map(|stage| stage.chain.as_str()).collect();
    assert_eq!(chains, ["Input-10", "Input0"]);
}

#[test]
fn an_accepted_packet_meets_a_later_policy() {
    let rules = one(vec![
        base(Hook::Input, 0, Verdict::Accept, &[&[accept()]]),
        base(Hook::Input, 10, Verdict::Drop, &[]),
    ]);
    assert_eq!(ways(&rules, &tcp(22)), ["drop Input10"]);
}

#[test]
fn accepting_before_routing_does_not_skip_input() {
    let rules = one(vec![
        base(Hook::Prerouting, -300, Verdict::Accept, &[&[accept()]]),
        base(Hook::Input, 0, Verdict::Accept, &[&[drop()]]),
    ]);
    assert_eq!(ways(&rules, &tcp(22)), ["drop Input0 0"]);
}

#[test]
fn both_back_ends_must_accept() {
    let mut legacy = table(
        TableFamily::Ip,
        vec![base(Hook::Input, 0, Verdict::Accept, &[&[accept()]])],
    );
    legacy.backend = Backend::Legacy;
    let nft = table(
        TableFamily::Inet,
        vec![base(Hook::Input, 10, Verdict::Drop, &[])],
    );
    assert_eq!(ways(&host(vec![legacy, nft]), &tcp(22)), ["drop Input10"]);
}

#[test]
fn of_two_back_ends_at_one_priority_both_are_named() {
    let chain = || base(Hook::Input, 0, Verdict::Accept, &[&[drop()]]);
    let mut legacy = table(TableFamily::Ip, vec![chain()]);
    legacy.backend = Backend::Legacy;
    legacy.chains[0].chain.name = "INPUT".to_owned();
    let rules = host(vec![legacy, table(TableFamily::Inet, vec![chain()])]);
    let passage = judge(&rules, &tcp(22));
    assert_eq!(outcomes(&passage.answer), ["drop Input0 0", "drop INPUT 0"]);
    assert_eq!(passage.answer.definite(), Some(Definite::Stopped));
}

#[test]
fn a_chain_that_only_some_orders_lead_to_is_conditional_in_all_of_them() {
    let redirecting = |from, to| {
        let first = translate(TranslationKind::Redirect, None, Some(to));
        table(
            TableFamily::Ip,
            vec![nat(Hook::Prerouting, -100, &[&[port(from), first]])],
        )
    };
    let mut legacy = redirecting(22, 1);
    legacy.backend = Backend::Legacy;
    let mut other = redirecting(99, 3);
    "other".clone_into(&mut other.chains[0].chain.set);
    let rules = host(vec![legacy, redirecting(98, 2), other]);
    let passage = judge(&rules, &tcp(22));
    assert_eq!(passage.answer.definite(), Some(Definite::Passes));
    let others = passage.stages.iter();
    let others: Vec<_> = others
        .filter(|stage| stage.backend == Backend::Nftables)
        .flat_map(|stage| &stage.answer.outcomes)
        .collect();
    assert_eq!(others.len(), 2);
    for outcome in others {
        assert!(!outcome.conditions.is_empty(), "{outcome:?}");
    }
}

/// A translation in each back end, both before routing at -100, and a filter that drops what the second
/// one leads to.
fn two_translations() -> HostRules {
    let redirect = |to| translate(TranslationKind::Redirect, None, Some(to));
    let first = redirect(1);
    let mut legacy = table(
        TableFamily::Ip,
        vec![nat(Hook::Prerouting, -100, &[&[port(22), first]])],
    );
    legacy.backend = Backend::Legacy;
    "nat".clone_into(&mut legacy.name);
    let chains = vec![
        nat(Hook::Prerouting, -100, &[&[redirect(2)]]),
        base(Hook::Input, 0, Verdict::Accept, &[&[port(2), drop()]]),
    ];
    host(vec![legacy, table(TableFamily::Ip, chains)])
}

#[test]
fn which_back_end_translates_first_is_open_and_both_ways_are_told() {
    let rules = two_translations();
    let passage = judge(&rules, &tcp(22));
    assert_eq!(
        outcomes(&passage.answer),
        ["drop Input0 0", "accept Input0"]
    );
    assert_eq!(passage.answer.definite(), None);
    let conditions = passage.answer.outcomes.iter().map(|outcome| {
        let [condition] = outcome.conditions.as_slice() else {
            panic!("{outcome:?}");
        };
        (condition.reason, condition.holds)
    });
    let open = Reason::Unspecified;
    assert_eq!(
        conditions.collect::<Vec<_>>(),
        [(open, false), (open, true)]
    );
    assert_eq!(passage.translations.len(), 2);
    assert_eq!(ways(&rules, &tcp(80)), ["drop Input0 0"]);
}

#[test]
fn a_mark_that_only_one_back_end_knows_of_leaves_nothing_open() {
    let mark = Step::SetMark {
        mask: u32::MAX,
        value: 1,
    };
    let mut legacy = table(
        TableFamily::Ip,
        vec![base(Hook::Input, 0, Verdict::Accept, &[&[mark]])],
    );
    legacy.backend = Backend::Legacy;
    let reads = |key| {
        let chain = base(Hook::Input, 0, Verdict::Accept, &[&[is(key, 1), drop()]]);
        host(vec![legacy.clone(), table(TableFamily::Inet, vec![chain])])
    };
    assert_eq!(
        judge(&reads(Key::Protocol), &tcp(22)).answer.definite(),
        Some(Definite::Passes)
    );
    assert_eq!(judge(&reads(Key::Mark), &tcp(22)).answer.definite(), None);
}

#[test]
fn the_mark_of_a_connection_is_zero_at_its_first_packet_and_open_at_later_ones() {
    let restore = |value| Step::CopyMark {
        to: Marked::Packet,
        mask: u32::MAX,
        copied: u32::MAX,
        value,
    };
    let chain = |rules: &[&[Step]]| one(vec![base(Hook::Input, 0, Verdict::Accept, rules)]);
    let marked = chain(&[&[restore(0)], &[is_not(Key::Mark, 0), drop()]]);
    let in_state = |state| Packet {
        state,
        mark: 9,
        ..tcp(22)
    };
    let judged = |rules, state| judge(rules, &in_state(state)).answer.definite();
    assert_eq!(judged(&marked, State::New), Some(Definite::Passes));
    assert_eq!(judged(&marked, State::Established), None);
    assert_eq!(judged(&marked, State::Untracked), Some(Definite::Stopped));
    let save = Step::CopyMark {
        to: Marked::Connection,
        mask: u32::MAX,
        copied: 1,
        value: 0,
    };
    let saved = chain(&[&[save], &[is(Key::ConnectionMark, 1), drop()]]);
    assert_eq!(judged(&saved, State::New), Some(Definite::Stopped));
    assert_eq!(judged(&saved, State::Established), Some(Definite::Stopped));
    assert_eq!(judged(&saved, State::Untracked), Some(Definite::Passes));
}

#[test]
fn of_two_chains_at_one_priority_the_later_made_comes_first() {
    let mut rules = one(vec![
        base(Hook::Input, 0, Verdict::Accept, &[&[drop()]]),
        base(Hook::Input, 0, Verdict::Accept, &[&[drop()]]),
    ]);
    rules.tables[0].chains[1].chain.name = "second".to_owned();
    assert_eq!(ways(&rules, &tcp(22)), ["drop second 0"]);
}

#[test]
fn every_later_chain_that_would_stop_it_is_told() {
    let rules = one(vec![
        base(Hook::Prerouting, -300, Verdict::Accept, &[&[drop()]]),
        base(Hook::Input, 0, Verdict::Drop, &[]),
        base(Hook::Input, 50, Verdict::Accept, &[&[port(22), drop()]]),
        base(Hook::Input, 60, Verdict::Accept, &[]),
    ]);
    let passage = judge(&rules, &tcp(22));
    assert_eq!(outcomes(&passage.answer), ["drop Prerouting-300 0"]);
    let also: Vec<_> = passage
        .also_stopped_by
        .iter()
        .map(|also| also.decider.chain.clone())
        .collect();
    assert_eq!(
        also,
        [Some("Input0".to_owned()), Some("Input50".to_owned())]
    );
    let reached: Vec<bool> = passage.stages.iter().map(|stage| stage.reached).collect();
    assert_eq!(reached, [true, false, false, false]);
}

#[test]
fn a_table_of_one_family_does_not_see_the_other() {
    let drops = |family| {
        host(vec![table(
            family,
            vec![base(Hook::Input, 0, Verdict::Drop, &[])],
        )])
    };
    let v6 = packet(6, "2001:db8::7", 22);
    assert_eq!(ways(&drops(TableFamily::Ip), &v6), ["accept netfilter"]);
    assert_eq!(
        ways(&drops(TableFamily::Ip6), &tcp(22)),
        ["accept netfilter"]
    );
    assert_eq!(ways(&drops(TableFamily::Inet), &v6), ["drop Input0"]);
    assert_eq!(ways(&drops(TableFamily::Bridge), &v6), ["accept netfilter"]);
}

#[test]
fn a_negated_test_of_one_family_leaves_the_other_alone() {
    let source = number("198.51.100.9");
    let rules = host(vec![table(
        TableFamily::Inet,
        vec![base(
            Hook::Input,
            0,
            Verdict::Accept,
            &[&[is_not(Key::Source(Family::V4), source), drop()]],
        )],
    )]);
    assert_eq!(ways(&rules, &tcp(22)), ["drop Input0 0"]);
    assert_eq!(
        ways(&rules, &packet(6, "2001:db8::7", 22)),
        ["accept Input0"]
    );
}

#[test]
fn a_negated_port_leaves_protocols_without_ports_alone() {
    let rules = one(vec![base(
        Hook::Input,
        0,
        Verdict::Accept,
        &[&[protocol(6), is_not(Key::DestinationPort, 80), drop()]],
    )]);
    assert_eq!(ways(&rules, &tcp(81)), ["drop Input0 0"]);
    assert_eq!(
        ways(&rules, &packet(17, "198.51.100.7", 81)),
        ["accept Input0"]
    );
    assert_eq!(
        ways(&rules, &packet(1, "198.51.100.7", 0)),
        ["accept Input0"]
    );
}

#[test]
fn a_dormant_table_is_skipped() {
    let mut rules = one(vec![base(Hook::Input, 0, Verdict::Drop, &[])]);
    rules.tables[0].dormant = true;
    assert_eq!(ways(&rules, &tcp(22)), ["accept netfilter"]);
}

#[test]
fn a_device_chain_sees_only_what_arrives_there() {
    let rules = |device| {
        host(vec![table(
            TableFamily::Netdev,
            vec![on_device(device, &[&[drop()]])],
        )])
    };
    assert_eq!(ways(&rules("eth0"), &tcp(22)), ["drop Ingress0 0"]);
    assert_eq!(ways(&rules("eth1"), &tcp(22)), ["accept netfilter"]);
    let mut open = tcp(22);
    open.path = Path::Input { interface: None };
    let passage = judge(&rules("eth0"), &open);
    assert_eq!(
        outcomes(&passage.answer),
        ["accept netfilter", "drop Ingress0 0"]
    );
    assert!(
        passage.answer.outcomes[1].conditions[0]
            .text
            .contains("give the interface")
    );
}

#[test]
fn an_interface_name_is_exact_unless_it_ends_in_a_star() {
    for (name, expected) in [
        ("eth0", "accept Input0 0"),
        ("eth", "drop Input0"),
        ("eth*", "accept Input0 0"),
    ] {
        let rules = one(vec![base(
            Hook::Input,
            0,
            Verdict::Drop,
            &[&[interface(name), accept()]],
        )]);
        assert_eq!(ways(&rules, &tcp(22)), [expected], "{name}");
    }
}

#[test]
fn the_state_is_tested_and_an_exempted_packet_is_not_new() {
    let rules = one(vec![
        base(
            Hook::Prerouting,
            -300,
            Verdict::Accept,
            &[&[protocol(17), port(53), Step::Notrack]],
        ),
        base(
            Hook::Input,
            0,
            Verdict::Drop,
            &[&[state(&[State::New]), accept()]],
        ),
    ]);
    assert_eq!(
        ways(&rules, &packet(17, "198.51.100.7", 53)),
        ["drop Input0"]
    );
    assert_eq!(
        ways(&rules, &packet(17, "198.51.100.7", 54)),
        ["accept Input0 0"]
    );
    let mut reply = packet(17, "198.51.100.7", 54);
    reply.state = State::Established;
    assert_eq!(ways(&rules, &reply), ["drop Input0"]);
}

#[test]
fn connection_tracking_has_no_word_before_its_priority_and_exempts_nothing_after() {
    let early = one(vec![base(
        Hook::Prerouting,
        -300,
        Verdict::Accept,
        &[&[state(&[State::New]), drop()]],
    )]);
    assert_eq!(ways(&early, &tcp(22)), ["accept Prerouting-300"]);
    let late = one(vec![
        base(Hook::Prerouting, 0, Verdict::Accept, &[&[Step::Notrack]]),
        base(
            Hook::Input,
            0,
            Verdict::Drop,
            &[&[state(&[State::New]), accept()]],
        ),
    ]);
    assert_eq!(ways(&late, &tcp(22)), ["accept Input0 0"]);
}

#[test]
fn a_mark_set_in_one_chain_is_seen_in_the_next() {
    let set = Step::SetMark {
        mask: 0xff,
        value: 7,
    };
    let rules = one(vec![
        base(Hook::Prerouting, -150, Verdict::Accept, &[&[port(22), set]]),
        base(
            Hook::Input,
            0,
            Verdict::Drop,
            &[&[is(Key::Mark, 7), accept()]],
        ),
    ]);
    assert_eq!(ways(&rules, &tcp(22)), ["accept Input0 0"]);
    assert_eq!(ways(&rules, &tcp(23)), ["drop Input0"]);
    assert_eq!(judge(&rules, &tcp(22)).packet.mark, 7);
}

#[test]
fn forwarded_and_sent_packets_meet_their_own_hooks() {
    let rules = one(vec![
        base(Hook::Input, 0, Verdict::Drop, &[]),
        base(Hook::Forward, 0, Verdict::Accept, &[&[accept()]]),
        base(Hook::Output, 0, Verdict::Accept, &[]),
        base(Hook::Postrouting, 0, Verdict::Accept, &[]),
    ]);
    let mut through = tcp(22);
    through.path = Path::Forward {
        input: None,
        output: None,
    };
    assert_eq!(ways(&rules, &through), ["accept Forward0 0"]);
    let mut out = tcp(22);
    out.path = Path::Output { interface: None };
    let passage = judge(&rules, &out);
    assert_eq!(outcomes(&passage.answer), ["accept Output0"]);
    assert_eq!(passage.stages.len(), 2);
}

#[test]
fn a_strict_reverse_path_filter_stops_sources_without_a_way_back() {
    let mut strict = facts();
    strict.reverse_path = Some(vec!["198.51.100.0/24".parse().unwrap()]);
    let rules = host(Vec::new());
    let judge = |from| outcomes(&rules.judge(&packet(17, from, 9), &strict).answer);
    assert_eq!(judge("198.51.100.7"), ["accept netfilter"]);
    assert_eq!(judge("203.0.113.9"), ["drop routing"]);
}
