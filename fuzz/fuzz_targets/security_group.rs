//! Any text as a security group: read, asked about, and compared with the all-pass group.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulesets::space::Budget;
use rulesets::{
    Direction, Family, Flow, Protocol, Rule, SecurityGroups, Verdict, Way, parse_security_group,
    ready_group,
};
use std::net::IpAddr;

fuzz_target!(|text: &str| {
    let group = match parse_security_group(text, "sg-1") {
        Ok(group) => group,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control) && said.chars().count() < 300);
            return;
        }
    };
    let groups = SecurityGroups {
        groups: vec![group],
    };
    for flow in flows() {
        let explanation = groups.explain(&flow);
        if let Some(rule) = Rule::allow(&flow) {
            let (group, position) = groups.placement(&flow);
            let after = groups.with_rule(group, flow.direction, position, rule);
            let verdict = after.explain(&flow).verdict;
            assert!(matches!(verdict, Verdict::Allow { .. }), "{explanation:?}");
        }
    }
    if text.len() < 4096 {
        let all_pass = ready_group("all-pass", None).expect("it needs no client");
        let all = groups.with_group_first(all_pass.group);
        let (some, all) = (Way::from(&groups), Way::from(&all));
        let budget = Budget::default();
        let opened = all.opened_by(&some, &budget);
        assert!(opened.is_ok_and(|opened| opened.flows == 0));
        let _everything = some.opened_by(&all, &budget);
    }
});

fn flows() -> impl Iterator<Item = Flow> {
    let peers: [Option<IpAddr>; 4] = [
        None,
        Some([10, 0, 0, 1].into()),
        Some([203, 0, 113, 9].into()),
        Some([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()),
    ];
    let directions = [Direction::Inbound, Direction::Outbound];
    let services = [
        (Protocol::Tcp, Some(22)),
        (Protocol::Udp, Some(65_535)),
        (Protocol::Icmp, None),
        (Protocol::Tcp, None),
    ];
    peers.into_iter().flat_map(move |peer| {
        directions.into_iter().flat_map(move |direction| {
            services.map(|(protocol, port)| Flow {
                direction,
                protocol,
                family: peer.map_or(Family::V4, Family::from),
                peer,
                port,
            })
        })
    })
}
