//! A cloud's rule lists as one flat list.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Flat;
use super::pieces::{Piece, whole};
use super::walk::Walk;
use crate::layer::Layer;
use crate::packet::Packet;
use crate::program::evaluate::{By, Names, Program, Sight};
use crate::space::NotDetermined;

impl Layer {
    /// The lists of the packet's direction as one flat list over all addresses, protocols and ports
    /// of the packet's family; whatever else the rules may test is as in `packet`.
    pub fn flatten(&self, packet: &Packet) -> Result<Flat, NotDetermined> {
        let direction = packet.direction();
        let fallback = self.fallback(direction);
        let program = Program::new(self.lists(direction), &self.sets);
        let sight = open(packet);
        let names = Names {
            layer: self.kind.name(),
            chains: false,
        };
        let mut walk = Walk::new(&program, &sight, names);
        let mut pieces = vec![Piece {
            cube: whole(packet.family),
            condition: None,
            env: sight.env(),
        }];
        for list in 0..program.chains.len() {
            let back = walk.chain(list, pieces)?;
            pieces = walk.room.disjoint(back)?;
        }
        let by = By::Default(&fallback.set, &fallback.text);
        Ok(walk.finish(&fallback.verdict, &by))
    }
}

/// What is seen of a packet whose addresses, protocol and ports may be any.
fn open(packet: &Packet) -> Sight {
    Sight::of(&any(packet))
}

/// The packet without what the space has dimensions for; TCP, so that its flags can be read.
pub(crate) fn any(packet: &Packet) -> Packet {
    Packet {
        protocol: 6,
        source: None,
        destination: None,
        source_port: None,
        destination_port: None,
        icmp_type: None,
        icmp_code: None,
        ..packet.clone()
    }
}
