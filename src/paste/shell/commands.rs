//! What listing commands of `iproute2` print, line by line.

use crate::inside::{Address, LinkFacts, Neighbour};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A line of `ip -o link`: `2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 ...`.
pub(super) struct Link<'a> {
    pub(super) number: u32,
    pub(super) name: &'a str,
    flags: &'a str,
    mtu: u32,
}

impl<'a> Link<'a> {
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let number = words.next()?.strip_suffix(':')?.parse().ok()?;
        let name = words.next()?.trim_end_matches(':');
        let flags = words.next()?.strip_prefix('<')?.strip_suffix('>')?;
        let mtu = words.find(|it| *it == "mtu").and_then(|_| words.next());
        Some(Self {
            number,
            name: name.split('@').next()?,
            flags,
            mtu: mtu?.parse().ok()?,
        })
    }

    /// True when it is up and running.
    pub(super) fn runs(&self) -> bool {
        self.flag("UP") && !self.flag("NO-CARRIER")
    }

    fn flag(&self, name: &str) -> bool {
        self.flags.split(',').any(|it| it == name)
    }

    /// With its errors and drops of `/proc/net/dev`.
    pub(super) fn facts(&self, counts: &BTreeMap<&str, Vec<u64>>) -> Option<LinkFacts> {
        let columns = counts.get(self.name)?;
        let sum =
            |one: usize, two: usize| Some(columns.get(one)?.saturating_add(*columns.get(two)?));
        Some(LinkFacts {
            number: self.number,
            name: self.name.to_owned(),
            up: self.flag("UP"),
            carrier: self.flag("LOWER_UP"),
            mtu: self.mtu,
            errors: sum(2, 10)?,
            dropped: sum(3, 11)?,
        })
    }
}

/// A row of `/proc/net/dev`.
pub(super) fn counts(line: &str) -> Option<(&str, Vec<u64>)> {
    let (name, row) = line.split_once(':')?;
    let numbers = row.split_ascii_whitespace().map_while(|it| it.parse().ok());
    Some((name.trim(), numbers.collect()))
}

/// What `ip address` prints, with `-o` or without: `2: eth0    inet 192.0.2.2/24 ...`, or a line for the
/// interface and one for each address, `inet 192.0.2.2 peer 192.0.2.3/32 ...`. `None` where an address
/// does not have that form.
pub(super) fn addresses(
    lines: &mut dyn Iterator<Item = &str>,
    running: &BTreeSet<&str>,
) -> Option<Vec<Address>> {
    let mut interface = "";
    let mut found = Vec::new();
    for line in lines {
        let mut words = line.split_ascii_whitespace().peekable();
        if words.next_if(|word| is_number(word)).is_some() {
            let name = words.next()?.trim_end_matches(':');
            interface = name.split('@').next()?;
        }
        if words.next_if(|word| FAMILIES.contains(word)).is_none() {
            continue;
        }
        let own = words.next()?;
        let net = match words.next() {
            Some("peer") => words.next()?,
            Some(_) | None => own,
        };
        let address: IpAddr = own.split('/').next()?.parse().ok()?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match net.split_once('/') {
            Some((_, length)) => length.parse().ok().filter(|it| *it <= whole)?,
            None => whole,
        };
        found.push(Address {
            interface: interface.to_owned(),
            address,
            prefix,
            up: running.contains(interface),
        });
    }
    Some(found)
}

/// `2:` before an interface.
fn is_number(word: &str) -> bool {
    let digits = word.strip_suffix(':');
    digits.is_some_and(|it| it.parse::<u32>().is_ok())
}

/// An address, an interface and a state.
pub(super) fn neighbour(line: &str, numbers: &BTreeMap<&str, u32>) -> Option<Neighbour> {
    let mut words = line.split_ascii_whitespace();
    Some(Neighbour {
        address: words.next()?.parse().ok()?,
        interface: *numbers.get(words.next()?)?,
        state: words.next()?.to_ascii_lowercase(),
    })
}

/// What `ip route get` says: the source, or how the kernel refuses; `None` for anything else.
pub(super) fn choice(text: &str, is_success: bool) -> Option<Result<IpAddr, String>> {
    if !is_success && NO_ROUTE.iter().any(|it| text.contains(it)) {
        return Some(Err(text.trim().chars().take(200).collect()));
    }
    let mut words = text.split_ascii_whitespace();
    words.by_ref().find(|it| *it == "src")?;
    Some(Ok(words.next()?.parse().ok()?))
}

const FAMILIES: [&str; 2] = ["inet", "inet6"];
/// How the kernel refuses to choose a route: `ENETUNREACH`, `EHOSTUNREACH`, `EACCES` and `EINVAL`.
const NO_ROUTE: [&str; 4] = [
    "unreachable",
    "No route",
    "Permission denied",
    "Invalid argument",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_both_forms() {
        let short = "2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever\n\
                     3: tun0    inet 192.0.2.9 peer 192.0.2.8/31 scope global tun0\n";
        let long = "2: eth0@if3: <BROADCAST,UP,LOWER_UP> mtu 1500\n    link/ether 00:00:5e:00:53:01\n\
                    \x20   inet 192.0.2.2/24 scope global eth0\n       valid_lft forever\n\
                    3: tun0: <UP,LOWER_UP> mtu 1400\n    inet 192.0.2.9 peer 192.0.2.8/31 scope global tun0\n";
        let running = BTreeSet::from(["eth0"]);
        for text in [short, long] {
            let found = addresses(&mut text.lines(), &running).unwrap();
            let told: Vec<String> = found
                .iter()
                .map(|it| format!("{} {}/{} {}", it.interface, it.address, it.prefix, it.up))
                .collect();
            assert_eq!(told, ["eth0 192.0.2.2/24 true", "tun0 192.0.2.9/31 false"]);
        }
        for broken in [
            "2: eth0 inet",
            "2: eth0 inet x/24",
            "2: eth0 inet 192.0.2.2/33",
        ] {
            assert_eq!(addresses(&mut broken.lines(), &running), None, "{broken}");
        }
    }
}
