//! What a listing names: addresses, ports, interfaces.

use ipnet::IpNet;
use rulesets::Family;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What a listing names.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// Addresses and networks of both families.
    pub(super) nets: BTreeSet<IpNet>,
    /// Ports.
    pub(super) ports: BTreeSet<u16>,
    /// Interfaces but `lo` and `eth0`, which every host of the rig has.
    pub(super) interfaces: Vec<String>,
}

impl Vocabulary {
    /// Picks the words out of a listing, wherever they stand.
    pub(super) fn of(text: &str) -> Self {
        let mut found = Self::default();
        let words: Vec<&str> = text
            .split(|letter: char| letter.is_whitespace() || "{},;\"=()#".contains(letter))
            .filter(|word| !word.is_empty())
            .collect();
        for (at, word) in words.iter().enumerate() {
            found.nets.extend(net(word));
            let before = at.checked_sub(1).and_then(|at| words.get(at));
            match before {
                Some(&("-i" | "-o" | "iifname" | "oifname" | "iif" | "oif")) => {
                    let next = words.get(at + 1).filter(|_| *word == "!");
                    found.interface(next.unwrap_or(word));
                }
                Some(&"elements") => found.interface(word),
                Some(_) | None => found.ports(word),
            }
        }
        found
    }

    /// The addresses to aim at: each net's first and last, and their neighbours outside.
    pub(super) fn addresses(&self, family: Family) -> Vec<IpAddr> {
        let nets = self
            .nets
            .iter()
            .filter(|net| Family::from(net.addr()) == family);
        let ends = nets.flat_map(|net| {
            let (first, last) = (net.network(), net.broadcast());
            [
                first,
                last,
                next(first, 1),
                next(last, -1),
                next(first, -1),
                next(last, 1),
            ]
        });
        ends.collect()
    }

    fn interface(&mut self, word: &str) {
        let name = word.trim_end_matches(['+', '*']);
        let name = if name == word {
            name.to_owned()
        } else {
            format!("{name}0")
        };
        let usable = name.len() < 16
            && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        if usable
            && !["lo", "eth0", "vmap", "add", "set"].contains(&&*name)
            && !self.interfaces.contains(&name)
        {
            self.interfaces.push(name);
        }
    }

    /// Numbers, and ranges of them; some are none of ports, and aiming at these harms nothing.
    fn ports(&mut self, word: &str) {
        let word = word.rsplit_once(':').map_or(word, |(_, last)| last);
        for number in word.split('-') {
            self.ports
                .extend(number.parse::<u16>().ok().filter(|&port| port > 0));
        }
    }
}

/// The address so many places on, where there is one.
fn next(address: IpAddr, places: i8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits().checked_add_signed(i32::from(places));
            bits.map_or(address, Into::into).into()
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits().checked_add_signed(i128::from(places));
            bits.map_or(address, Into::into).into()
        }
    }
}

/// An address or a network; without the port that a translation may carry.
fn net(word: &str) -> Option<IpNet> {
    let bare = word.trim_start_matches('[');
    let bare = bare.split_once(']').map_or(bare, |(address, _)| address);
    let bare = match bare.split_once(':') {
        Some((address, port)) if !port.contains(':') => address,
        Some(_) | None => bare,
    };
    let plain = bare.contains('.') || bare.contains(':');
    let net: Option<IpNet> = bare
        .parse()
        .ok()
        .or_else(|| bare.parse::<IpAddr>().ok().map(IpNet::from));
    net.filter(|_| plain).map(|net| net.trunc())
}
