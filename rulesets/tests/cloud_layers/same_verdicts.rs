//! Groups and the layer they make agree on random rules.

use crate::support::{flow, group};
use proptest::prelude::*;
use rulesets::{
    Addresses, Decider, Definite, Family, Flow, Inventory, Layer, Packet, SecurityGroups, Services,
    Verdict,
};
use std::collections::BTreeSet;

const SERVICES: [&str; 9] = [
    "ALL ALL",
    "tcp 22",
    "TCP 20-100,443",
    "tcp ALL",
    "udp 22",
    "icmp ALL",
    "ICMPv6 -",
    "gre -",
    "ppm-1 -",
];

const PEERS: [&str; 11] = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/8",
    "10.128.0.7/9",
    "203.0.113.7",
    "2001:db8::/32",
    "sg-2",
    "ipm-1",
    "ipmg-1",
    "ALL",
    "-",
];

const FLOWS: [&str; 17] = [
    "in tcp 22 10.0.0.1",
    "in tcp 22 10.200.0.1",
    "in tcp 22 203.0.113.7",
    "in tcp 443 198.51.100.7",
    "in udp 22 203.0.113.7",
    "in tcp 22 2001:db8::7",
    "in tcp 80 fd00::1",
    "in icmp - 203.0.113.7",
    "in icmp - -",
    "in icmpv6 - 2001:db8::7",
    "in gre - 10.0.0.1",
    "out tcp 22 203.0.113.7",
    "out udp 53 10.0.0.1",
    "in tcp 22 -",
    "in tcp 22 -6",
    "in tcp - 10.0.0.1",
    "out tcp 65535 2001:db9::1",
];

const PLACES: [&str; 8] = [
    "10.0.0.1",
    "10.0.0.9",
    "10.200.0.1",
    "203.0.113.7",
    "203.0.113.8",
    "198.51.100.7",
    "2001:db8::7",
    "fd00::9",
];

fn verdict(groups: &SecurityGroups, flow: &Flow) -> (Option<Definite>, Option<Decider>) {
    match groups.explain(flow).verdict {
        Verdict::Allow { decider } => (Some(Definite::Passes), Some(decider)),
        Verdict::Deny { decider } => (Some(Definite::Stopped), Some(decider)),
        Verdict::Unknown { .. } => (None, None),
    }
}

fn line() -> impl Strategy<Value = String> {
    let action = prop_oneof![Just("ACCEPT"), Just("DROP")];
    let way = prop_oneof![3 => Just("in"), 1 => Just("out")];
    let service = prop::sample::select(SERVICES.as_slice());
    let peer = prop::sample::select(PEERS.as_slice());
    (way, action, service, peer)
        .prop_map(|(way, action, service, peer)| format!("{way} {action} {service} {peer}"))
}

fn inventory() -> impl Strategy<Value = Inventory> {
    let address = prop::sample::select(ADDRESSES.as_slice());
    let some = prop::collection::btree_set(address, 0..4);
    let service = prop::sample::select(TEMPLATE_SERVICES.as_slice());
    let services = prop::collection::vec(service, 0..3);
    let known = prop::collection::vec(any::<bool>(), 7);
    (some.clone(), some, services, known).prop_map(|(own, perhaps, services, known)| {
        let mut all = Inventory::default();
        let of = |texts: &BTreeSet<&str>, begin: fn(&str) -> bool| {
            let own = texts.iter().filter(|text| begin(text));
            own.map(|text| text.parse().unwrap()).collect()
        };
        let template = Addresses {
            nets: of(&own, |_| true),
            complete: known[0],
            ..Addresses::default()
        };
        // The members of a group have private addresses.
        let members = Addresses {
            nets: of(&own, |text| text.starts_with("10.")),
            perhaps: of(&perhaps, |text| text.contains(':')),
            complete: known[1],
            ..Addresses::default()
        };
        let templates = Addresses {
            includes: ["ipm-1".to_owned()].into(),
            ..Addresses::default()
        };
        for (id, addresses, known) in [
            ("ipm-1", template, known[3]),
            ("sg-2", members, known[4]),
            ("ipmg-1", templates, known[5]),
        ] {
            if known {
                all.addresses.insert(id.to_owned(), addresses);
            }
        }
        if known[6] {
            let services = template_of(&services, known[2]);
            all.services.insert("ppm-1".to_owned(), services);
        }
        all
    })
}

fn template_of(services: &[&str], complete: bool) -> Services {
    let line = |one: &&str| format!("in ACCEPT {one} ::/0");
    let lines: Vec<String> = services.iter().map(line).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let rules = group("x", &lines).ingress.into_iter();
    Services {
        services: rules.map(|rule| rule.service).collect(),
        complete,
        ..Services::default()
    }
}

const ADDRESSES: [&str; 6] = [
    "10.0.0.1/32",
    "10.128.0.0/9",
    "203.0.113.0/24",
    "2001:db8::7/128",
    "fd00::/8",
    "::/0",
];

const TEMPLATE_SERVICES: [&str; 6] = [
    "tcp 22",
    "tcp ALL",
    "udp 1-100",
    "icmp -",
    "gre -",
    "icmpv6 -",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_layer_says_what_the_groups_say(
        lists in prop::collection::vec(prop::collection::vec(line(), 0..5), 0..4),
        inventory in inventory(),
    ) {
        let build = |(number, lines): (usize, &Vec<String>)| {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            group(&format!("sg-{number}"), &lines)
        };
        let plain = SecurityGroups { groups: lists.iter().enumerate().map(build).collect() };
        let resolved = plain.with_members(&inventory);
        for groups in [&plain, &resolved] {
            let layer = Layer::from(groups);
            for text in FLOWS {
                let flow = flow(text);
                let answer = layer.judge(&Packet::from(&flow));
                let (expected, decider) = verdict(groups, &flow);
                if let Some(decider) = decider {
                    prop_assert_eq!(answer.definite(), expected, "{}: {:#?}", text, answer);
                    let mut own = answer.outcomes.iter().map(|one| &one.decider);
                    let same = own.any(|own| {
                        (&own.set, own.index, own.default) == (&decider.set, decider.index, decider.default)
                    });
                    prop_assert!(same, "{}: {:?} not in {:#?}", text, decider, answer);
                    continue;
                }
                // Where the groups cannot tell, the layer may: it knows that one condition in two rules
                // holds in both or in neither. What it says then holds for every far end.
                let Some(sure) = answer.definite() else { continue };
                for peer in PLACES {
                    let peer: std::net::IpAddr = peer.parse().unwrap();
                    if flow.peer.is_none() && Family::from(peer) == flow.family {
                        let closer = Flow { peer: Some(peer), ..flow };
                        let (verdict, _) = verdict(&resolved, &closer);
                        prop_assert!(verdict.is_none_or(|one| one == sure), "{}, {}", text, peer);
                    }
                }
                let (known, _) = verdict(&resolved, &flow);
                prop_assert!(known.is_none_or(|one| one == sure), "{}", text);
            }
        }
        // Members beside the rules and members in the rules never settle the same thing differently.
        let mut beside = Layer::from(&plain);
        beside.sets = inventory.sets();
        let within = Layer::from(&resolved);
        for text in FLOWS {
            let packet = Packet::from(&flow(text));
            if let Some(sure) = beside.judge(&packet).definite() {
                let other = within.judge(&packet).definite();
                prop_assert!(other.is_none_or(|one| one == sure), "{}", text);
            }
        }
    }
}
