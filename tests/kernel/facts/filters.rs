//! What rules match, and what a verdict ends.

use super::{
    ACK, Blocked, CLIENT, CLIENT_V6, Fact, Passes, SYN, assert_kernel, certain, flags, icmp, input,
    loaded, show, tcp, udp,
};
use crate::agreement;
use crate::rules::{self, RuleSet};
use crate::wire::Wire;
use crate::world::{self, World};
use rulesets::State;

pub(super) const FACTS: &[Fact] = &[
    ("two_negated_ports_may_be_one_test", || {
        let nft = input("udp sport != 53 udp dport != 22 drop");
        let iptables = RuleSet {
            iptables: "*filter\n:INPUT ACCEPT\n-A INPUT -p udp ! --sport 53 ! --dport 22 -j DROP\nCOMMIT\n"
                .to_owned(),
            ..RuleSet::default()
        };
        for rules in [nft, iptables] {
            joined(&rules);
        }
    }),
    ("without_rules_everything_passes", || {
        let packets = [
            (tcp(CLIENT, 22), Passes),
            (udp(CLIENT, 53), Passes),
            (icmp(CLIENT, 8, State::New), Passes),
            (tcp(CLIENT_V6, 22), Passes),
        ];
        show(&RuleSet::default(), &packets);
    }),
    ("an_accept_does_not_stop_a_later_base_chain", || {
        let rules = "
            table inet early { chain in { type filter hook input priority -10; accept; }; }
            table inet late { chain in { type filter hook input priority 0; tcp dport 22 drop; }; }";
        show(&RuleSet::nft(rules), &[(tcp(CLIENT, 22), Blocked)]);
    }),
    ("an_accept_does_not_stop_a_later_policy", || {
        let rules = "
            table inet early { chain in { type filter hook input priority 0; accept; }; }
            table inet late { chain in { type filter hook input priority 10; policy drop; }; }";
        show(&RuleSet::nft(rules), &[(tcp(CLIENT, 22), Blocked)]);
    }),
    ("an_accept_in_prerouting_does_not_skip_input", || {
        let rules = "table inet t {
            chain raw { type filter hook prerouting priority raw; accept; }
            chain in { type filter hook input priority 0; tcp dport 22 drop; }
        }";
        show(&RuleSet::nft(rules), &[(tcp(CLIENT, 22), Blocked)]);
    }),
    ("a_negated_ipv4_source_does_not_touch_ipv6", || {
        let packets = [(tcp(CLIENT, 22), Blocked), (tcp(CLIENT_V6, 22), Passes)];
        show(&input("ip saddr != 198.18.70.77 drop"), &packets);
    }),
    ("an_ipv4_set_lets_no_ipv6_pass", || {
        let packets = [
            (tcp("198.18.70.77", 22), Passes),
            (tcp(CLIENT_V6, 22), Blocked),
        ];
        show(&input("ip saddr { 198.18.70.77 } accept\n drop"), &packets);
    }),
    ("a_policy_of_table_ip_leaves_ipv6_open", || {
        let rules = "table ip t { chain in { type filter hook input priority 0; policy drop; }; }";
        let packets = [(tcp(CLIENT, 23), Blocked), (tcp(CLIENT_V6, 23), Passes)];
        show(&RuleSet::nft(rules), &packets);
    }),
    ("a_concatenation_matches_pairs", || {
        let rules = "ip saddr . tcp dport { 198.18.70.77 . 22-25, 198.18.70.78-198.18.70.80 . 443 } accept\n drop";
        let packets = [
            (tcp("198.18.70.77", 22), Passes),
            (tcp("198.18.70.77", 26), Blocked),
            (tcp("198.18.70.78", 80), Blocked),
        ];
        show(&input(rules), &packets);
    }),
    ("a_verdict_map_goes_on_after_a_return", || {
        let rules = "table inet t {
            chain x { ip saddr 198.18.70.77 return; accept; }
            chain in {
                type filter hook input priority 0; policy drop;
                tcp dport vmap { 22 : jump x, 80 : accept, 443 : drop }
            }
        }";
        let packets = [
            (tcp("198.18.70.77", 22), Blocked),
            (tcp("198.18.70.78", 22), Passes),
            (tcp("198.18.70.77", 80), Passes),
            (tcp("198.18.70.77", 443), Blocked),
            (tcp("198.18.70.77", 81), Blocked),
        ];
        show(&RuleSet::nft(rules), &packets);
    }),
    ("a_negated_tcp_port_says_nothing_of_udp", || {
        let packets = [
            (tcp(CLIENT, 81), Blocked),
            (udp(CLIENT, 81), Passes),
            (icmp(CLIENT, 8, State::New), Passes),
        ];
        show(&input("tcp dport != 80 drop"), &packets);
    }),
    (
        "a_negated_port_of_iptables_stays_within_its_protocol",
        || {
            let rules = RuleSet {
                iptables: "*filter\n:INPUT DROP\n-A INPUT -p tcp ! --dport 80 -j ACCEPT\nCOMMIT\n"
                    .to_owned(),
                ..RuleSet::default()
            };
            let packets = [
                (tcp(CLIENT, 81), Passes),
                (tcp(CLIENT, 80), Blocked),
                (udp(CLIENT, 81), Blocked),
            ];
            show(&rules, &packets);
        },
    ),
    ("a_policy_of_mangle_stops_what_filter_accepts", || {
        let rules = RuleSet {
            iptables:
                "*mangle\n:INPUT DROP\nCOMMIT\n*filter\n:INPUT ACCEPT\n-A INPUT -j ACCEPT\nCOMMIT\n"
                    .to_owned(),
            ..RuleSet::default()
        };
        show(&rules, &[(tcp(CLIENT, 22), Blocked)]);
    }),
    ("an_interface_matches_by_its_whole_name", || {
        let rules = input("iifname \"eth0\" accept\n drop");
        show(&rules, &[(tcp(CLIENT, 22), Passes)]);
    }),
    ("the_beginning_of_an_interfaces_name_does_not_match", || {
        let rules = input("iifname \"eth\" accept\n drop");
        show(&rules, &[(tcp(CLIENT, 22), Blocked)]);
    }),
    ("an_asterisk_matches_the_rest_of_an_interfaces_name", || {
        let rules = input("iifname \"eth*\" accept\n drop");
        show(&rules, &[(tcp(CLIENT, 22), Passes)]);
    }),
    ("tcp_flags_syn_tests_the_bit", || {
        let packets = [
            (tcp(CLIENT, 22), Passes),
            (flags(CLIENT, 22, SYN | ACK, State::Invalid), Passes),
            (flags(CLIENT, 22, ACK, State::New), Blocked),
        ];
        show(&input("tcp flags syn accept\n drop"), &packets);
    }),
    ("a_set_of_one_flag_tests_the_bit_as_well", || {
        let packets = [
            (tcp(CLIENT, 22), Passes),
            (flags(CLIENT, 22, SYN | ACK, State::Invalid), Passes),
        ];
        show(&input("tcp flags { syn } accept\n drop"), &packets);
    }),
    ("ip_protocol_matches_no_ipv6", || {
        let packets = [(tcp(CLIENT, 22), Passes), (tcp(CLIENT_V6, 22), Blocked)];
        show(&input("ip protocol tcp accept\n drop"), &packets);
    }),
    ("l4proto_matches_both_families", || {
        let packets = [(tcp(CLIENT, 22), Passes), (tcp(CLIENT_V6, 22), Passes)];
        show(&input("meta l4proto tcp accept\n drop"), &packets);
    }),
    ("ingress_stops_what_input_accepts", || {
        let rules = "
            table netdev early { chain in { type filter hook ingress device \"eth0\" priority 0; tcp dport 22 drop; }; }
            table inet late { chain in { type filter hook input priority 0; accept; }; }";
        show(&RuleSet::nft(rules), &[(tcp(CLIENT, 22), Blocked)]);
    }),
];

/// Older tools make one test of both, newer ones two; where it counts the evaluator does not know.
fn joined(rules: &RuleSet) {
    World::with(|world| {
        let mut wire = Wire::open(world);
        rules::watch(true);
        let host = loaded(rules);
        let probes = [(54, 23), (53, 22), (53, 23), (54, 22)].map(|(from, to)| {
            let mut probe = udp(CLIENT, to);
            probe.packet.source_port = Some(from);
            probe
        });
        let seen = wire.send(&probes);
        assert_kernel(&probes[..2], &seen[..2], &[Blocked, Passes]);
        let [one, other] = [2, 3].map(|place| agreement::arrived(&probes[place], &seen[place]));
        assert_eq!(one, other, "{seen:#?}");
        let judged = probes.map(|probe| certain(&host.judge(&probe.packet, &world::facts())));
        assert_eq!(judged, [Some(Blocked), Some(Passes), None, None]);
    });
}
