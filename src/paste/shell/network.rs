//! Sockets, addresses, routes and links in the script's output.

use super::facts::{part, read};
use super::record::{Missing, Record};
use crate::inside::{
    Address, Datum, LinkFacts, Listener, Malformed, Neighbour, Owner, Route, RouteToClient,
    SocketRow, parse_ipv4_routes, parse_ipv6_routes, parse_sockets,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Every listening TCP socket and every bound UDP socket.
pub(super) fn listeners(record: &Record) -> Datum<Vec<Listener>> {
    let owners = Owners::read(record);
    let mut value = Vec::new();
    let mut truncated = false;
    for (protocol, table) in TABLES {
        let output = match record.success(table) {
            Ok(output) => output,
            Err(missing) if missing.no_such_file() && table.ends_with('6') => continue,
            Err(missing) => return missing.datum(),
        };
        truncated |= output.truncated;
        match parse_sockets(&output.text) {
            Ok(rows) => value.extend(
                rows.into_iter()
                    .filter(|row| {
                        let tcp = protocol == "tcp";
                        tcp && row.is_listening() || !tcp && row.is_bound()
                    })
                    .map(|row| listener(protocol, row, owners.owner(row.inode))),
            ),
            Err(error) => return Missing::new(&output.source, error.to_string()).datum(),
        }
    }
    Datum::Read {
        source: "/proc/net/{tcp,tcp6,udp,udp6}, /proc/*/fd".to_owned(),
        value,
        truncated,
    }
}

fn listener(protocol: &str, row: SocketRow, owner: Owner) -> Listener {
    Listener {
        protocol: protocol.to_owned(),
        address: row.address,
        port: row.port,
        v6_only: None,
        queue: if protocol == "tcp" {
            row.receive_queue
        } else {
            0
        },
        backlog: None,
        uid: row.uid,
        owner,
    }
}

/// Of several processes that share a socket the oldest is named, and process 1 only when it is alone.
/// Who is not found may have been hidden: the script cannot tell whether it saw every process.
struct Owners {
    found: BTreeMap<u64, (u32, String)>,
}

impl Owners {
    fn read(record: &Record) -> Self {
        let mut owners = Self {
            found: BTreeMap::new(),
        };
        let Ok(output) = record.success("owners") else {
            return owners;
        };
        for line in output.text.lines() {
            let mut words = line.splitn(3, ' ');
            let inode = words.next().and_then(|it| it.parse().ok());
            let process: Option<u32> = words.next().and_then(|it| it.parse().ok());
            let (Some((inode, process)), Some(name)) = (inode.zip(process), words.next()) else {
                continue;
            };
            let name: String = name.chars().take(64).collect();
            let oldest = owners
                .found
                .entry(inode)
                .or_insert_with(|| (process, name.clone()));
            if (process == 1, process) < (oldest.0 == 1, oldest.0) {
                *oldest = (process, name);
            }
        }
        owners
    }

    fn owner(&self, inode: u64) -> Owner {
        match self.found.get(&inode) {
            Some((pid, name)) => Owner::Process {
                pid: *pid,
                name: name.clone(),
            },
            None => Owner::Hidden,
        }
    }
}

/// The routes of both families.
pub(super) fn routes(record: &Record) -> Datum<Vec<Route>> {
    let table = |name: &str, parse: fn(&str) -> Result<Vec<Route>, Malformed>| {
        let output = record.success(name)?;
        match parse(&output.text) {
            Ok(routes) => Ok((routes, output.truncated)),
            Err(error) => Err(Missing::new(&output.source, error.to_string())),
        }
    };
    let (mut routes, truncated) = match table("route", parse_ipv4_routes) {
        Ok(table) => table,
        Err(missing) => return missing.datum(),
    };
    let (more, truncated6) = match table("route6", parse_ipv6_routes) {
        Ok(table) => table,
        Err(missing) if missing.no_such_file() => (Vec::new(), false),
        Err(missing) => return missing.datum(),
    };
    routes.extend(more);
    Datum::Read {
        source: "/proc/net/{route,ipv6_route}".to_owned(),
        value: routes,
        truncated: truncated || truncated6,
    }
}

/// The answer of `ip route get`, whose last argument is the client.
pub(super) fn route_to_client(record: &Record) -> Datum<RouteToClient> {
    let output = match record.output("choice") {
        Ok(output) => output,
        Err(missing) => return missing.datum(),
    };
    let named = output.source.rsplit(' ').next();
    let Some(client) = named.and_then(|it| it.parse().ok()) else {
        return Missing::new(&output.source, "names no client").datum();
    };
    let mut words = output.text.split_ascii_whitespace();
    let source = words
        .by_ref()
        .find(|it| *it == "src")
        .and_then(|_| words.next()?.parse().ok());
    let refused = output.status != "0" && NO_ROUTE.iter().any(|it| output.text.contains(it));
    if source.is_none() && !refused {
        return Missing::new(&output.source, "does not have the expected form").datum();
    }
    let said = || output.text.trim().chars().take(200).collect();
    read(
        output,
        RouteToClient {
            client,
            source: source.filter(|_| !refused),
            error: refused.then(said),
        },
    )
}

/// The addresses of every interface, as `ip -o` lists them.
pub(super) fn addresses(record: &Record) -> Datum<Vec<Address>> {
    let running: BTreeSet<String> = match record.success("link") {
        Ok(output) => output
            .text
            .lines()
            .filter_map(Link::read)
            .filter(|link| link.up && !link.flag("NO-CARRIER"))
            .map(|link| link.name.to_owned())
            .collect(),
        Err(missing) => return missing.datum(),
    };
    part(record, "address", |text| {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| address(line, &running)).collect()
    })
}

/// `2: eth0    inet 192.0.2.2/24 ...`, or `... inet 192.0.2.2 peer 192.0.2.3/32 ...`.
fn address(line: &str, running: &BTreeSet<String>) -> Option<Address> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_number, interface, _family, own, rest @ ..] = words.as_slice() else {
        return None;
    };
    let net = match rest {
        ["peer", net, ..] => net,
        _ => own,
    };
    let address: IpAddr = own.split('/').next()?.parse().ok()?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match net.split_once('/') {
        Some((_, length)) => length.parse().ok().filter(|it| *it <= whole)?,
        None => whole,
    };
    Some(Address {
        interface: (*interface).to_owned(),
        address,
        prefix,
        up: running.contains(*interface),
    })
}

/// Every interface, with its errors and drops of `/proc/net/dev`.
pub(super) fn links(record: &Record) -> Datum<Vec<LinkFacts>> {
    let counts: BTreeMap<&str, Vec<u64>> = match record.success("dev") {
        Ok(output) => output.text.lines().filter_map(counts).collect(),
        Err(missing) => return missing.datum(),
    };
    part(record, "link", |text| {
        let lines = text.lines().filter_map(Link::read);
        lines.map(|link| link.facts(&counts)).collect()
    })
}

/// A row of `/proc/net/dev`.
fn counts(line: &str) -> Option<(&str, Vec<u64>)> {
    let (name, row) = line.split_once(':')?;
    let numbers = row.split_ascii_whitespace().map_while(|it| it.parse().ok());
    Some((name.trim(), numbers.collect()))
}

/// What is known of neighbours: the address, the interface and the state in each line.
pub(super) fn neighbours(record: &Record) -> Datum<Vec<Neighbour>> {
    let links = match record.success("link") {
        Ok(output) => &output.text,
        Err(missing) => return missing.datum(),
    };
    let links = links.lines().filter_map(Link::read);
    let numbers: BTreeMap<&str, u32> = links.map(|it| (it.name, it.number)).collect();
    part(record, "neighbour", |text| {
        let neighbour = |line: &str| {
            let mut words = line.split_ascii_whitespace();
            Some(Neighbour {
                address: words.next()?.parse().ok()?,
                interface: *numbers.get(words.next()?)?,
                state: words.next()?.to_ascii_lowercase(),
            })
        };
        Some(text.lines().filter_map(neighbour).collect())
    })
}

/// `2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 ...`.
struct Link<'a> {
    number: u32,
    name: &'a str,
    flags: &'a str,
    up: bool,
    mtu: u32,
}

impl<'a> Link<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let number = words.next()?.strip_suffix(':')?.parse().ok()?;
        let name = words.next()?.trim_end_matches(':');
        let flags = words.next()?.strip_prefix('<')?.strip_suffix('>')?;
        let mtu = words.find(|it| *it == "mtu").and_then(|_| words.next());
        let mut link = Self {
            number,
            name: name.split('@').next()?,
            flags,
            up: false,
            mtu: mtu?.parse().ok()?,
        };
        link.up = link.flag("UP");
        Some(link)
    }

    fn flag(&self, name: &str) -> bool {
        self.flags.split(',').any(|it| it == name)
    }

    fn facts(&self, counts: &BTreeMap<&str, Vec<u64>>) -> Option<LinkFacts> {
        let columns = counts.get(self.name)?;
        let sum =
            |one: usize, two: usize| Some(columns.get(one)?.saturating_add(*columns.get(two)?));
        Some(LinkFacts {
            number: self.number,
            name: self.name.to_owned(),
            up: self.up,
            carrier: self.flag("LOWER_UP"),
            mtu: self.mtu,
            errors: sum(2, 10)?,
            dropped: sum(3, 11)?,
        })
    }
}

/// The settings by their names: of interfaces, of those with an address.
pub(super) fn sysctls(
    settings: &Datum<BTreeMap<String, String>>,
    addresses: &Datum<Vec<Address>>,
) -> Datum<BTreeMap<String, String>> {
    let (settings, source) = match settings {
        Datum::Read { value, source, .. } => (value, source),
        Datum::Skipped { source, reason } => return Missing::new(source, reason).datum(),
    };
    let addresses = addresses.value().into_iter().flatten();
    let interfaces: BTreeSet<&str> = addresses.map(|it| it.interface.as_str()).collect();
    let wanted = |path: &str| {
        let interface = path
            .strip_prefix("net/ipv4/conf/")
            .and_then(|it| it.strip_suffix("/rp_filter"));
        let of_interface = interface.is_none_or(|it| it == "all" || interfaces.contains(it));
        of_interface && !path.starts_with("net/netfilter/")
    };
    let named = settings.iter().filter(|(path, _)| wanted(path));
    Datum::Read {
        source: source.clone(),
        value: named
            .map(|(path, value)| (path.replace('/', "."), value.clone()))
            .collect(),
        truncated: false,
    }
}

const TABLES: [(&str, &str); 4] = [
    ("tcp", "tcp"),
    ("tcp", "tcp6"),
    ("udp", "udp"),
    ("udp", "udp6"),
];
/// How the kernel refuses to choose a route: `ENETUNREACH`, `EHOSTUNREACH`, `EACCES` and `EINVAL`.
const NO_ROUTE: [&str; 4] = [
    "unreachable",
    "No route",
    "Permission denied",
    "Invalid argument",
];
