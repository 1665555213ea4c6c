//! Packets as points of a five-dimensional space, and boxes of them.

use crate::intervals::number;
use ipnet::IpNet;
use std::net::IpAddr;

/// One of the five numbers that tell packets apart.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Field {
    /// The source address as a number.
    Source,
    /// The destination address as a number.
    Destination,
    /// The protocol number of the IP header.
    Protocol,
    /// The source port; 0 for protocols without ports.
    A,
    /// The destination port; for ICMP and ICMPv6 the type times 256 plus the code.
    B,
}

/// An interval of numbers that holds at least one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Span {
    first: u128,
    last: u128,
}

/// A box of packets: one interval a field.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Cube {
    spans: [Span; 5],
}

/// One packet: a number a field, in the order of [`Field::ALL`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Point(pub [u128; 5]);

impl Field {
    /// The fields in the order in which cubes and points keep them.
    pub const ALL: [Self; 5] = [
        Self::Source,
        Self::Destination,
        Self::Protocol,
        Self::A,
        Self::B,
    ];

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl Span {
    /// The interval from `first` to `last`, both included; `None` when it ends before it begins.
    pub const fn new(first: u128, last: u128) -> Option<Self> {
        if first <= last {
            Some(Self { first, last })
        } else {
            None
        }
    }

    /// The interval of one number.
    pub const fn one(number: u128) -> Self {
        Self {
            first: number,
            last: number,
        }
    }

    /// The numbers from 0 to `last`.
    pub const fn up_to(last: u128) -> Self {
        Self { first: 0, last }
    }

    /// The lowest number.
    pub const fn first(self) -> u128 {
        self.first
    }

    /// The highest number.
    pub const fn last(self) -> u128 {
        self.last
    }

    /// True when the number lies in the interval.
    pub const fn contains(self, number: u128) -> bool {
        self.first <= number && number <= self.last
    }

    /// True when every number of `other` lies in the interval.
    pub const fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// The numbers in both intervals; `None` when there are none.
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }

    /// How many numbers the interval holds; all 2^128 of them count as one less.
    pub const fn count(self) -> u128 {
        (self.last - self.first).saturating_add(1)
    }
}

impl From<IpAddr> for Span {
    fn from(address: IpAddr) -> Self {
        Self::one(number(address))
    }
}

impl From<IpNet> for Span {
    /// The addresses of a block, whether or not its host bits are set.
    fn from(net: IpNet) -> Self {
        Self {
            first: number(net.network()),
            last: number(net.broadcast()),
        }
    }
}

impl Cube {
    /// Every IPv6 packet, and so every point an IP packet can be.
    pub const ALL: Self = Self::family(u128::MAX);

    /// Every IPv4 packet: addresses are numbers of 32 bits.
    pub const V4: Self = Self::family(u32::MAX as u128);

    /// Every point, IP packet or not.
    pub(super) const UNBOUNDED: Self = Self {
        spans: [Span::up_to(u128::MAX); 5],
    };

    /// The cube with one of its intervals replaced.
    #[must_use]
    pub const fn with(mut self, field: Field, span: Span) -> Self {
        self.spans[field.index()] = span;
        self
    }

    /// The interval of a field.
    pub const fn span(&self, field: Field) -> Span {
        self.spans[field.index()]
    }

    /// True when the packet lies in the cube.
    pub fn contains(&self, point: &Point) -> bool {
        let pairs = self.spans.iter().zip(point.0);
        pairs.fold(true, |all, (span, number)| all & span.contains(number))
    }

    /// True when every packet of `other` lies in the cube.
    pub fn covers(&self, other: &Self) -> bool {
        let mut pairs = self.spans.iter().zip(other.spans);
        pairs.all(|(own, other)| own.covers(other))
    }

    /// The packets in both cubes; `None` when there are none.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let mut common = *self;
        for (own, other) in common.spans.iter_mut().zip(other.spans) {
            *own = own.intersect(other)?;
        }
        Some(common)
    }

    /// The packets of this cube that `other` does not hold, as at most ten disjoint cubes.
    pub fn subtract(&self, other: &Self) -> Vec<Self> {
        let Some(common) = self.intersect(other) else {
            return vec![*self];
        };
        let mut rest = *self;
        let mut pieces = Vec::new();
        for field in Field::ALL {
            let (own, cut) = (rest.span(field), common.span(field));
            if own.first < cut.first {
                pieces.push(rest.with(
                    field,
                    Span {
                        first: own.first,
                        last: cut.first - 1,
                    },
                ));
            }
            if cut.last < own.last {
                pieces.push(rest.with(
                    field,
                    Span {
                        first: cut.last + 1,
                        last: own.last,
                    },
                ));
            }
            rest = rest.with(field, cut);
        }
        pieces
    }

    /// The packet with the lowest number in every field.
    pub fn first(&self) -> Point {
        Point(self.spans.map(Span::first))
    }

    /// How many packets the cube holds; a number past 2^128 counts as the highest.
    pub fn count(&self) -> u128 {
        let counts = self.spans.iter().map(|span| span.count());
        counts.fold(1, u128::saturating_mul)
    }

    const fn family(last_address: u128) -> Self {
        let address = Span::up_to(last_address);
        let port = Span::up_to(u16::MAX as u128);
        Self {
            spans: [address, address, Span::up_to(u8::MAX as u128), port, port],
        }
    }
}

impl Point {
    /// The number of a field.
    pub const fn get(&self, field: Field) -> u128 {
        self.0[field.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube(source: (u128, u128), port: (u128, u128)) -> Cube {
        Cube::V4
            .with(Field::Source, Span::new(source.0, source.1).unwrap())
            .with(Field::B, Span::new(port.0, port.1).unwrap())
    }

    #[test]
    fn what_is_left_of_a_cube_is_disjoint_and_holds_the_rest() {
        let (whole, hole) = (cube((0, 9), (0, 9)), cube((3, 5), (4, 20)));
        let pieces = whole.subtract(&hole);
        for source in 0..12 {
            for port in 0..12 {
                let point = Point([source, 1, 6, 1, port]);
                let holders = pieces.iter().filter(|piece| piece.contains(&point));
                let rest = whole.contains(&point) && !hole.contains(&point);
                assert_eq!(holders.count(), usize::from(rest), "{point:?}");
            }
        }
    }

    #[test]
    fn a_cube_apart_is_left_whole_and_a_covered_one_leaves_nothing() {
        let whole = cube((0, 9), (0, 9));
        assert_eq!(whole.subtract(&cube((10, 11), (0, 9))), [whole]);
        assert_eq!(whole.subtract(&Cube::ALL), []);
        assert!(Cube::ALL.covers(&whole) && !whole.covers(&Cube::V4));
    }

    #[test]
    fn the_edges_of_the_number_range_do_not_wrap() {
        let top = Cube::ALL.with(Field::Source, Span::one(u128::MAX));
        let rest = Cube::ALL.subtract(&top);
        assert_eq!(rest.len(), 1);
        assert_eq!(rest[0].span(Field::Source).last(), u128::MAX - 1);
        assert_eq!(Cube::ALL.count(), u128::MAX);
        assert_eq!(Span::new(2, 1), None);
    }

    #[test]
    fn a_block_is_its_network_to_its_broadcast_address() {
        let span = Span::from("192.0.2.77/24".parse::<IpNet>().unwrap());
        let ends = [span.first(), span.last()];
        assert_eq!(ends, [0xc000_0200, 0xc000_02ff]);
    }
}
