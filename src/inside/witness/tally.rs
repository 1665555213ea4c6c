//! Counts equal packets together, within bounds.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::PacketKind;
use super::{Decoded, PacketWay, Sighting, Sightings};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Packets as they are seen.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    places: BTreeMap<Key, usize>,
    sightings: Sightings,
}

type Key = (String, PacketWay, SocketAddr, SocketAddr, PacketKind);

impl Tally {
    /// Counts a packet seen at an interface, so many seconds after the beginning.
    pub fn add(&mut self, interface: &str, way: PacketWay, packet: &Decoded, at_s: f64) {
        let key = (
            interface.to_owned(),
            way,
            packet.source,
            packet.destination,
            packet.packet,
        );
        let seen = &mut self.sightings.seen;
        if let Some(known) = self.places.get(&key).and_then(|place| seen.get_mut(*place)) {
            known.count += 1;
            known.last_s = at_s;
        } else if seen.len() < MOST_SIGHTINGS {
            self.places.insert(key, seen.len());
            seen.push(Sighting {
                interface: interface.to_owned(),
                way,
                source: packet.source,
                destination: packet.destination,
                packet: packet.packet,
                count: 1,
                first_s: at_s,
                last_s: at_s,
            });
        } else {
            self.sightings.lost += 1;
        }
    }

    /// What was seen; `dropped` packets were lost before they could be counted.
    pub fn finish(mut self, dropped: u64) -> Sightings {
        self.sightings.lost += dropped;
        self.sightings
    }
}

/// The most packets that are told apart.
pub const MOST_SIGHTINGS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn syn(port: u16) -> Decoded {
        Decoded {
            source: SocketAddr::new([198, 51, 100, 7].into(), port),
            destination: SocketAddr::new([192, 0, 2, 1].into(), 22),
            packet: PacketKind::Tcp {
                flags: 2,
                mss: Some(1460),
            },
        }
    }

    #[test]
    fn equal_packets_are_one_line_with_their_first_and_last_time() {
        let mut tally = Tally::default();
        for at in [0.5, 1.5, 3.5] {
            tally.add("eth0", PacketWay::Arrived, &syn(40000), at);
        }
        tally.add("eth1", PacketWay::Arrived, &syn(40000), 2.0);
        let seen = tally.finish(0).seen;
        let lines: Vec<_> = seen
            .iter()
            .map(|it| (it.interface.as_str(), it.count, it.first_s, it.last_s))
            .collect();
        assert_eq!(lines, [("eth0", 3, 0.5, 3.5), ("eth1", 1, 2.0, 2.0)]);
    }

    #[test]
    fn what_has_no_room_is_counted_as_lost() {
        let mut tally = Tally::default();
        for port in 0..=u16::try_from(MOST_SIGHTINGS).unwrap() {
            tally.add("eth0", PacketWay::Arrived, &syn(port), 0.0);
        }
        tally.add("eth0", PacketWay::Arrived, &syn(0), 1.0);
        let sightings = tally.finish(5);
        assert_eq!(sightings.seen.len(), MOST_SIGHTINGS);
        assert_eq!(sightings.seen[0].count, 2);
        assert_eq!(sightings.lost, 6);
    }
}
