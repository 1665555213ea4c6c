//! Sets of addresses of one family, or of ports, as sorted intervals of numbers.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Sorted intervals, both ends included, that neither touch nor overlap.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    /// Every address of a family.
    pub(crate) fn all(family: Family) -> Self {
        let last = match family {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        };
        Self(vec![(0, last)])
    }

    /// The addresses of these blocks that belong to `family`.
    pub(crate) fn of(nets: &[IpNet], family: Family) -> Self {
        let own = nets
            .iter()
            .filter(|net| Family::from(net.addr()) == family)
            .map(|net| (number(net.network()), number(net.broadcast())));
        Self::new(own.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// First and last address of each interval.
    pub(crate) fn intervals(&self) -> impl Iterator<Item = (u128, u128)> {
        self.0.iter().copied()
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        let mut kept = Vec::new();
        let mut cuts = other.0.iter().copied().peekable();
        for (first, last) in self.intervals() {
            let mut start = Some(first);
            while let Some(from) = start {
                while cuts.next_if(|(_, end)| *end < from).is_some() {}
                let cut = cuts.peek().copied().filter(|(begin, _)| *begin <= last);
                let Some((begin, end)) = cut else {
                    kept.push((from, last));
                    break;
                };
                if begin > from {
                    kept.push((from, begin - 1));
                }
                start = end.checked_add(1).filter(|next| *next <= last);
            }
        }
        Self(kept)
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.minus(&self.minus(other))
    }

    /// The numbers of these intervals, in any order; one that ends before it begins holds nothing.
    pub(crate) fn new(mut intervals: Vec<(u128, u128)>) -> Self {
        intervals.retain(|(first, last)| first <= last);
        intervals.sort_unstable();
        intervals.dedup_by(|next, kept| {
            let joined = next.0 <= kept.1.saturating_add(1);
            if joined {
                kept.1 = kept.1.max(next.1);
            }
            joined
        });
        Self(intervals)
    }
}

/// The address with this number; an IPv4 number past the last address becomes the last.
pub(crate) fn address(number: u128, family: Family) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).into(),
        Family::V6 => Ipv6Addr::from(number).into(),
    }
}

/// An address as a number.
pub(crate) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn small() -> impl Strategy<Value = Intervals> {
        let edge = prop_oneof![0_u128..24, (u128::MAX - 24)..=u128::MAX];
        let interval = (edge.clone(), edge).prop_map(|(a, b)| (a.min(b), a.max(b)));
        prop::collection::vec(interval, 0..5).prop_map(Intervals::new)
    }

    fn holds(set: &Intervals, number: u128) -> bool {
        set.intervals()
            .any(|(first, last)| (first..=last).contains(&number))
    }

    proptest! {
        #[test]
        fn sets_agree_with_their_members(a in small(), b in small()) {
            for number in (0..26).chain((u128::MAX - 26)..=u128::MAX) {
                let (in_a, in_b) = (holds(&a, number), holds(&b, number));
                prop_assert_eq!(holds(&a.minus(&b), number), in_a && !in_b);
                prop_assert_eq!(holds(&a.intersection(&b), number), in_a && in_b);
            }
        }
    }

    #[test]
    fn blocks_of_the_other_family_are_left_out() {
        let nets = ["10.0.0.7/8".parse().unwrap(), "::/0".parse().unwrap()];
        let set = Intervals::of(&nets, Family::V4);
        let ends = [set.intervals().next().unwrap()]
            .map(|(first, last)| (address(first, Family::V4), address(last, Family::V4)));
        let expected = (
            "10.0.0.0".parse().unwrap(),
            "10.255.255.255".parse().unwrap(),
        );
        assert_eq!(ends, [expected]);
        assert_eq!(Intervals::of(&nets, Family::V6), Intervals::all(Family::V6));
    }
}
