//! What connection tracking makes of a packet that belongs to no flow it knows.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::packet::{Packet, State};

impl Packet {
    /// The state of this packet as the first one of its flow, as Linux sees it; `None` when the flags
    /// or the ICMP type it depends on are not known. `tcp_loose` is `nf_conntrack_tcp_loose`, by
    /// default on: flows are picked up in the middle.
    pub fn first_packet_state(&self, tcp_loose: bool) -> Option<State> {
        match self.protocol {
            TCP => self.tcp_flags.map(|flags| tcp(flags, tcp_loose)),
            ICMP => self.icmp_type.map(|kind| match kind {
                // Echo, timestamp, information and address mask requests.
                8 | 13 | 15 | 17 => State::New,
                _ => State::Invalid,
            }),
            ICMPV6 => self.icmp_type.map(|kind| match kind {
                // Echo requests and node information queries.
                128 | 139 => State::New,
                // Multicast listener and neighbour discovery messages are not tracked.
                130..=136 | 143 => State::Untracked,
                _ => State::Invalid,
            }),
            _ => Some(State::New),
        }
    }
}

/// Flags that no TCP stack sends together are invalid (`tcp_valid_flags` of `nf_conntrack_proto_tcp`);
/// of the others only a SYN, or loosely an ACK, begins a flow.
fn tcp(flags: u8, loose: bool) -> State {
    match flags & !PUSH {
        SYN | SYN_URGENT => State::New,
        ACK | ACK_URGENT if loose => State::New,
        _ => State::Invalid,
    }
}

const TCP: u8 = 6;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// PSH and the two congestion bits, which do not matter here.
const PUSH: u8 = 0xc8;
const SYN: u8 = 2;
const SYN_URGENT: u8 = 0x22;
const ACK: u8 = 0x10;
const ACK_URGENT: u8 = 0x30;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Direction, Family};

    fn first(protocol: u8, value: u8, loose: bool) -> Option<State> {
        let mut packet = Packet::new(Direction::Inbound, Family::V4, protocol);
        packet.tcp_flags = Some(value);
        packet.icmp_type = Some(value);
        packet.first_packet_state(loose)
    }

    #[test]
    fn a_bare_acknowledgement_begins_a_flow_only_loosely() {
        assert_eq!(first(TCP, 0x10, true), Some(State::New));
        assert_eq!(first(TCP, 0x18, true), Some(State::New));
        assert_eq!(first(TCP, 0x10, false), Some(State::Invalid));
        assert_eq!(first(TCP, 0x02, false), Some(State::New));
        assert_eq!(first(TCP, 0xc2, false), Some(State::New));
    }

    #[test]
    fn what_begins_no_tcp_flow_is_invalid() {
        for flags in [0x12, 0x04, 0x14, 0x01, 0x11, 0x00, 0x03, 0x06] {
            assert_eq!(first(TCP, flags, true), Some(State::Invalid), "{flags:#x}");
        }
    }

    #[test]
    fn an_echo_reply_nobody_asked_for_is_invalid() {
        assert_eq!(first(ICMP, 0, true), Some(State::Invalid));
        assert_eq!(first(ICMP, 8, true), Some(State::New));
        assert_eq!(first(ICMPV6, 129, true), Some(State::Invalid));
        assert_eq!(first(ICMPV6, 128, true), Some(State::New));
    }

    #[test]
    fn neighbour_discovery_is_not_tracked() {
        assert_eq!(first(ICMPV6, 135, true), Some(State::Untracked));
    }

    #[test]
    fn udp_begins_a_flow_and_open_flags_leave_it_open() {
        assert_eq!(first(17, 0, true), Some(State::New));
        let mut packet = Packet::new(Direction::Inbound, Family::V4, TCP);
        packet.tcp_flags = None;
        assert_eq!(packet.first_packet_state(true), None);
    }
}
