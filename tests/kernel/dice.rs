//! Chance with a seed, and the small pools it draws from: addresses and ports that rules and packets
//! share, so that most rules are met by some packet.

use fastrand::Rng;
use rulesets::Family;

/// A seeded source of chance.
pub(crate) struct Dice(Rng);

impl Dice {
    /// Dice that always fall the same way for one seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// True so many times of a hundred.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.0.u32(0..100) < percent
    }

    /// A number from `first` to `last`, both included.
    pub(crate) fn between(&mut self, first: usize, last: usize) -> usize {
        self.0.usize(first..=last)
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.0.usize(0..from.len())]
    }

    /// One of these names.
    pub(crate) fn name<'a>(&mut self, from: &'a [String]) -> &'a str {
        &from[self.0.usize(0..from.len())]
    }

    /// One of these, each as often as the number beside it says.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(u32, T)]) -> T {
        let total = from.iter().map(|(weight, _)| weight).sum();
        let mut left = self.0.u32(0..total);
        for (weight, value) in from {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        from[from.len() - 1].1
    }

    /// From one up to `most` of these, in a random order.
    pub(crate) fn some<'a, T>(&mut self, from: &'a [T], most: usize) -> Vec<&'a T> {
        let mut all: Vec<&T> = from.iter().collect();
        self.0.shuffle(&mut all);
        all.truncate(self.0.usize(1..=most.min(from.len())));
        all
    }

    /// The same things in a random order.
    pub(crate) fn shuffled<T>(&mut self, mut things: Vec<T>) -> Vec<T> {
        self.0.shuffle(&mut things);
        things
    }

    /// Some text, or none.
    pub(crate) fn maybe(&mut self, percent: u32, text: &'static str) -> &'static str {
        if self.chance(percent) { text } else { "" }
    }
}

/// Where packets from outside come from.
pub(crate) fn sources(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &[
            "198.18.70.1",
            "198.18.70.2",
            "198.18.70.6",
            "198.18.70.77",
            "198.18.70.78",
            "198.18.71.5",
            "198.51.100.5",
            "198.51.100.9",
            "198.51.100.200",
        ],
        Family::V6 => &[
            "2001:db8:70::1",
            "2001:db8:70::2",
            "2001:db8:70::77",
            "2001:db8:70:1::1",
            "2001:db8:71::5",
            "2001:db8:71:8000::9",
        ],
    }
}

/// The host's own addresses, those of the peer's links first.
pub(crate) fn hosts(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &["198.18.0.1", "198.18.1.1", "203.0.113.1"],
        Family::V6 => &["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:f::1"],
    }
}

/// Addresses behind the host.
pub(crate) fn behind(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &["203.0.113.10", "203.0.113.11", "203.0.113.80"],
        Family::V6 => &["2001:db8:f::10", "2001:db8:f::11", "2001:db8:f:1::80"],
    }
}

/// Addresses on the peer's side that the host sends to.
pub(crate) fn beyond(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &["192.0.2.1", "192.0.2.129"],
        Family::V6 => &["2001:db8:2::1", "2001:db8:2::8000"],
    }
}

/// Sets of addresses that do not overlap: single ones, prefixes and ranges.
pub(crate) fn blocks(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &[
            "198.18.70.1",
            "198.18.70.2-198.18.70.9",
            "198.18.70.64/26",
            "198.18.71.0/24",
            "198.51.100.0/29",
            "198.51.100.8/29",
            "198.51.100.128-198.51.100.254",
            "203.0.113.10",
            "203.0.113.11",
            "203.0.113.64/26",
            "192.0.2.0/25",
            "198.18.0.1",
            "198.18.1.0/24",
            "203.0.113.0/29",
        ],
        Family::V6 => &[
            "2001:db8:70::1",
            "2001:db8:70::2-2001:db8:70::40",
            "2001:db8:70::70/124",
            "2001:db8:70:1::/64",
            "2001:db8:71::/49",
            "2001:db8:71:8000::/64",
            "2001:db8:f::10",
            "2001:db8:f:1::/64",
            "2001:db8:2::/113",
            "2001:db8:0:1::1",
            "2001:db8:0:2::/64",
        ],
    }
}

/// Prefixes, some within others.
pub(crate) fn prefixes(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &[
            "198.18.70.0/24",
            "198.18.70.77/32",
            "198.18.64.0/18",
            "198.51.100.0/24",
            "198.51.100.0/28",
            "203.0.113.0/24",
            "203.0.113.10/31",
            "198.18.0.0/23",
            "192.0.2.0/24",
            "0.0.0.0/1",
        ],
        Family::V6 => &[
            "2001:db8:70::/48",
            "2001:db8:70::/64",
            "2001:db8:70::77/128",
            "2001:db8:71::/48",
            "2001:db8:f::/48",
            "2001:db8:f::/64",
            "2001:db8::/63",
            "2001:db8:2::/64",
        ],
    }
}

/// The ports of services.
pub(crate) const PORTS: [u16; 11] = [22, 23, 25, 53, 80, 443, 1024, 3389, 8000, 8080, 8443];

/// Port ranges that do not overlap.
pub(crate) const PORT_BLOCKS: [(u16, u16); 9] = [
    (22, 22),
    (23, 25),
    (53, 53),
    (80, 80),
    (81, 443),
    (1024, 2047),
    (3389, 3389),
    (8000, 8079),
    (8080, 8443),
];

/// The packet marks in use.
pub(crate) const MARKS: [u32; 4] = [1, 2, 3, 6];
