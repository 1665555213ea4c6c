//! Fragments: only the first shows ports, unless something has put them together before.

use super::{CLIENT, End, Fact, Passes, certain, input, loaded, udp};
use crate::probe::Probe;
use crate::rules::{self, RuleSet};
use crate::wire::Wire;
use crate::world::{self, World};

pub(super) const FACTS: &[Fact] = &[
    ("input_sees_fragments_put_together", || {
        let rules = input("udp dport 53 accept\n meta l4proto udp drop");
        assert_fragments(&rules, false, Passes);
    }),
    ("before_conntrack_a_later_fragment_has_no_ports", || {
        assert_fragments(&RuleSet::nft(EARLY), false, End::Blocked);
    }),
    ("a_rule_on_ct_anywhere_puts_fragments_together", || {
        assert_fragments(&RuleSet::nft(EARLY), true, Passes);
    }),
];

/// Sends a datagram in two pieces. Of a datagram as a whole the evaluator says what it says of any
/// packet; of a piece without ports it is not certain.
fn assert_fragments(rules: &RuleSet, tracked: bool, end: End) {
    World::with(|world| {
        let mut wire = Wire::open(world);
        rules::watch(tracked);
        let host = loaded(rules);
        let whole = udp(CLIENT, 53);
        let seen = wire.send_in_pieces(&whole);
        let found = if seen { Passes } else { End::Blocked };
        assert_eq!(found, end);
        let judge = |probe: &Probe| certain(&host.judge(&probe.packet, &world::facts()));
        assert_eq!(judge(&whole), Some(Passes));
        let mut later = whole.clone();
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
