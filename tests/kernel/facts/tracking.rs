//! What connection tracking makes of packets, and what translation changes before the filters.

use super::{
    ACK, Blocked, CLIENT, End, FIN, Fact, Passes, RST, SYN, assert_evaluator, assert_kernel, flags,
    from_host, icmp, input, loaded, show, show_in, tcp, udp,
};
use crate::probe::{Origin, Probe, Tuple};
use crate::rules::{self, Positions, RuleSet};
use crate::wire::Wire;
use crate::world::{self, World};
use rulesets::{Path, State};

pub(super) const FACTS: &[Fact] = &[
    ("a_flow_begins_with_a_syn_a_bare_ack_or_a_datagram", || {
        let packets = [
            (tcp(CLIENT, 22), Passes),
            (flags(CLIENT, 22, ACK, State::New), Passes),
            (flags(CLIENT, 22, SYN | ACK, State::Invalid), Blocked),
            (flags(CLIENT, 22, RST, State::Invalid), Blocked),
            (flags(CLIENT, 22, FIN, State::Invalid), Blocked),
            (udp(CLIENT, 22), Passes),
        ];
        show(&input("ct state new accept\n drop"), &packets);
    }),
    ("a_bare_ack_begins_no_flow_where_tcp_loose_is_off", || {
        World::with(|world| {
            world::set("netfilter/nf_conntrack_tcp_loose", "0");
            let packets = [
                (tcp(CLIENT, 22), Passes),
                (flags(CLIENT, 22, ACK, State::Invalid), Blocked),
            ];
            show_in(world, &input("ct state new accept\n drop"), &packets);
        });
    }),
    ("what_fits_no_flow_is_invalid", || {
        let packets = [
            (flags(CLIENT, 22, ACK, State::New), Passes),
            (flags(CLIENT, 22, SYN | ACK, State::Invalid), Blocked),
            (flags(CLIENT, 22, RST, State::Invalid), Blocked),
            (icmp(CLIENT, 0, State::Invalid), Blocked),
        ];
        show(&input("ct state invalid drop"), &packets);
    }),
    ("a_reply_to_the_hosts_own_flow_is_established", reply),
    ("an_untracked_packet_is_not_new", || {
        let rules = "table inet t {
            chain raw { type filter hook prerouting priority raw; udp dport 53 notrack; }
            chain in { type filter hook input priority 0; policy drop; ct state new accept; }
        }";
        let packets = [(udp(CLIENT, 53), Blocked), (udp(CLIENT, 54), Passes)];
        show(&RuleSet::nft(rules), &packets);
    }),
    ("a_limit_lets_its_burst_pass", limit),
    (
        "a_redirected_packet_shows_its_new_port_to_the_filter",
        || {
            show(
                &redirected("tcp dport 80 drop"),
                &[(tcp(CLIENT, 80), Passes)],
            );
        },
    ),
    ("the_port_before_a_redirect_is_the_original_one", || {
        let rules = redirected("meta l4proto tcp ct original proto-dst 80 drop");
        show(&rules, &[(tcp(CLIENT, 80), Blocked)]);
    }),
    ("what_the_host_redirects_leaves_and_comes_in_by_lo", || {
        let to = |chain: &str| {
            RuleSet::nft(&format!(
                "table ip t {{ {REDIRECTED_ON_ITS_WAY_OUT}\n{chain}\n }}"
            ))
        };
        let sent = [(from_host(53), Passes)];
        show(
            &to("chain sent { type filter hook output priority 0; oifname lo drop; }"),
            &sent,
        );
        let sent = [(from_host(53), Blocked), (from_host(54), Passes)];
        show(
            &to(
                "chain sent { type filter hook output priority 0; oifname eth0 udp dport 5353 drop; }",
            ),
            &sent,
        );
        show(
            &to(
                "chain left { type filter hook postrouting priority 0; oifname lo udp dport 5353 drop; }",
            ),
            &sent,
        );
        show(
            &to(
                "chain back { type filter hook input priority 0; iifname lo udp dport 5353 drop; }",
            ),
            &sent,
        );
    }),
    ("what_comes_in_by_lo_is_not_translated_again", || {
        let rules = format!("table ip t {{ {REDIRECTED_ON_ITS_WAY_OUT}
            chain early {{ type nat hook prerouting priority -100; udp dport 5353 dnat to 203.0.113.10; }}
            chain through {{ type filter hook forward priority 0; policy drop; }}
        }}");
        show(&RuleSet::nft(&rules), &[(from_host(53), Passes)]);
    }),
    (
        "the_mark_of_a_connection_is_zero_until_a_rule_sets_it",
        || {
            let rules = "table inet t {
            chain raw { type filter hook prerouting priority raw; udp dport 55 notrack; }
            chain pre {
                type filter hook prerouting priority mangle;
                meta mark set 0x7
                udp dport 54 ct mark set meta mark and 0x4
                meta mark set ct mark
            }
            chain in {
                type filter hook input priority 0; policy drop;
                udp dport 53 meta mark 0x0 ct mark 0x0 accept
                udp dport 54 meta mark 0x4 ct mark 0x4 accept
                udp dport 55 ct mark != 0x1 accept
                udp dport 55 meta mark 0x7 counter reject
            }
        }";
            let packets = [
                (udp(CLIENT, 53), Passes),
                (udp(CLIENT, 54), Passes),
                (udp(CLIENT, 55), Blocked),
            ];
            show(&RuleSet::nft(rules), &packets);
        },
    ),
    ("strict_reverse_path_filtering_needs_a_route_back", || {
        World::with(|world| {
            world::set("ipv4/conf/eth0/rp_filter", "1");
            crate::command::run("ip", &["route", "del", "default"], "");
            let mut wire = Wire::open(world);
            rules::watch(true);
            let host = loaded(&RuleSet::default());
            let probes = [tcp("198.18.0.77", 22), tcp("203.0.113.9", 22)];
            let seen = wire.send(&probes);
            assert_kernel(&probes, &seen, &[Passes, Blocked]);
            let mut facts = world::facts();
            facts.reverse_path = Some(vec!["198.18.0.0/24".parse().unwrap()]);
            for (probe, end) in probes.iter().zip([Passes, Blocked]) {
                let passage = host.judge(&probe.packet, &facts);
                assert_eq!(super::certain(&passage), Some(end), "{passage:#?}");
            }
        });
    }),
];

fn reply() {
    World::with(|world| {
        let mut wire = Wire::open(world);
        rules::watch(true);
        let mut opening = udp(CLIENT, 0);
        let flow = Tuple {
            protocol: opening.packet.protocol,
            source: opening.packet.destination.unwrap(),
            destination: opening.packet.source.unwrap(),
            source_port: 40_000,
            destination_port: 53,
        };
        opening.from = Origin::Host;
        opening.packet.path = Path::Output { interface: None };
        (opening.packet.source, opening.packet.destination) =
            (Some(flow.source), Some(flow.destination));
        (opening.packet.source_port, opening.packet.destination_port) = (Some(40_000), Some(53));
        wire.open_flows([&opening]);
        let host = loaded(&input("ct state established accept\n drop"));
        let mut reply = udp(CLIENT, 40_000);
        reply.packet.source_port = Some(53);
        reply.packet.state = State::Established;
        let probes = [reply, udp(CLIENT, 40_001)];
        let seen = wire.send(&probes);
        assert_kernel(&probes, &seen, &[Passes, Blocked]);
        assert_evaluator(&host, &probes, &seen, &world::facts());
    });
}

/// The evaluator knows that it depends on the rate.
fn limit() {
    World::with(|world| {
        let mut wire = Wire::open(world);
        rules::watch(true);
        let rules = "tcp dport 22 limit rate 1/minute burst 3 packets accept\n tcp dport 22 drop";
        let host = loaded(&input(rules));
        let probes: Vec<Probe> = (0..6)
            .map(|number| {
                let mut probe = tcp(CLIENT, 22);
                probe.packet.source_port = Some(50_000 + number);
                probe
            })
            .collect();
        let seen = wire.send(&probes);
        let ends: [End; 6] = [Passes, Passes, Passes, Blocked, Blocked, Blocked];
        assert_kernel(&probes, &seen, &ends);
        let passages = crate::agreement::judge(&host, &probes[0], &world::facts());
        assert_eq!(super::certain(&passages[0]), None, "{passages:#?}");
        let positions = Positions::read(&rules::nft_listing());
        for (probe, seen) in probes.iter().zip(&seen) {
            let found = crate::agreement::compare(probe, &passages, seen, &positions);
            assert_eq!((found.wrong, found.wrong_decider), (None, None));
        }
    });
}

fn redirected(rule: &str) -> RuleSet {
    RuleSet::nft(&format!(
        "table inet t {{
            chain pre {{ type nat hook prerouting priority dstnat; tcp dport 80 redirect to :8080; }}
            chain in {{ type filter hook input priority 0; {rule}; }}
        }}"
    ))
}

const REDIRECTED_ON_ITS_WAY_OUT: &str =
    "chain out { type nat hook output priority -100; udp dport 53 redirect to :5353; }";
