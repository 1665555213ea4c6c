//! Fragments, of which only the first shows ports unless something has put them together before; and
//! headers of options, which stand before those that show ports.

use super::{
    Blocked, CLIENT, CLIENT_V6, End, Fact, Passes, assert_kernel, certain, input, loaded, show,
    tcp, udp,
};
use crate::probe::{Probe, Shape};
use crate::rules::{self, RuleSet};
use crate::wire::Wire;
use crate::world::{self, World};

pub(super) const FACTS: &[Fact] = &[
    ("input_sees_fragments_put_together", || {
        let rules = input("udp dport 53 accept\n meta l4proto udp drop");
        assert_fragments(CLIENT, &rules, false, Passes);
    }),
    (
        "input_sees_fragments_of_ipv6_one_by_one_without_conntrack",
        || {
            let rules = input("udp dport 53 accept\n meta l4proto udp drop");
            assert_fragments(CLIENT_V6, &rules, false, Blocked);
            assert_fragments(CLIENT_V6, &rules, true, Passes);
        },
    ),
    ("before_conntrack_a_later_fragment_has_no_ports", || {
        for client in [CLIENT, CLIENT_V6] {
            assert_fragments(client, &RuleSet::nft(EARLY), false, Blocked);
        }
    }),
    ("a_rule_on_ct_anywhere_puts_fragments_together", || {
        for client in [CLIENT, CLIENT_V6] {
            assert_fragments(client, &RuleSet::nft(EARLY), true, Passes);
        }
    }),
    ("headers_of_options_hide_no_port", || {
        let rules = input("tcp dport 22 drop");
        for shape in [Shape::HopByHop, Shape::DestinationOptions] {
            let probe = Probe {
                shape,
                ..tcp(CLIENT_V6, 22)
            };
            let other = Probe {
                shape,
                ..tcp(CLIENT_V6, 23)
            };
            show(&rules, &[(probe, Blocked), (other, Passes)]);
        }
    }),
    ("ip6_nexthdr_sees_a_header_of_options_first", || {
        World::with(|world| {
            let mut wire = Wire::open(world);
            rules::watch(true);
            let host = loaded(&input("ip6 nexthdr tcp drop"));
            let options = Probe {
                shape: Shape::HopByHop,
                ..tcp(CLIENT_V6, 22)
            };
            let probes = [options, tcp(CLIENT_V6, 23)];
            let seen = wire.send(&probes);
            assert_kernel(&probes, &seen, &[Passes, Blocked]);
            let judged = host.judge(&probes[1].packet, &world::facts());
            assert_eq!(certain(&judged), Some(Blocked));
        });
    }),
];

/// Sends a datagram in two pieces. Of a datagram as a whole the evaluator says what it says of any
/// packet; of a piece without ports it is not certain.
fn assert_fragments(client: &str, rules: &RuleSet, tracked: bool, end: End) {
    World::with(|world| {
        let mut wire = Wire::open(world);
        rules::watch(tracked);
        let host = loaded(rules);
        let whole = udp(client, 53);
        let pieces = Probe {
            shape: Shape::Fragments,
            ..whole.clone()
        };
        let probes = [pieces];
        let seen = wire.send(&probes);
        assert_kernel(&probes, &seen, &[end]);
        let judge = |probe: &Probe| certain(&host.judge(&probe.packet, &world::facts()));
        assert_eq!(judge(&whole), Some(Passes));
        let mut later = whole;
        (later.packet.source_port, later.packet.destination_port) = (None, None);
        assert_eq!(judge(&later), None);
    });
}

const EARLY: &str = "table inet t {
    chain early {
        type filter hook prerouting priority raw;
        udp dport 53 accept
        meta l4proto udp drop
    }
}";
