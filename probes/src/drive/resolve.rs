//! Turns a name into addresses and remembers who said so.
//!
//! Each configured resolver is asked by itself, in order, because the library hides which one
//! answered. Nothing is cached: a probe wants today's answer.

use super::lookup::ask_names;
use crate::hosts::{Host, hosts_addresses, parse_host};
use crate::{AddressRecord, Resolution, ResolutionOutcome};
use hickory_resolver::proto::rr::Name;
use hickory_resolver::system_conf::read_system_conf;
use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Resolves a target: literals at once, then the hosts file, then the system's resolvers for A and
/// AAAA, all within `timeout`. A name of one label is tried under the search domains first.
pub async fn resolve(name: &str, timeout: Duration) -> Resolution {
    let started = Instant::now();
    let (resolver, outcome) = match parse_host(name) {
        Err(error) => ("none".to_owned(), ResolutionOutcome::Failed { error }),
        Ok(Host::Address(address)) => ("literal".to_owned(), found([(address, None)])),
        Ok(Host::Name(host)) => {
            resolve_name(&host, &read_hosts(), Resolvers::system, timeout).await
        }
    };
    Resolution {
        name: name.to_owned(),
        resolver,
        outcome,
        elapsed_s: started.elapsed().as_secs_f64(),
    }
}

async fn resolve_name(
    name: &str,
    hosts: &str,
    resolvers: impl FnOnce() -> Result<Resolvers, String>,
    timeout: Duration,
) -> (String, ResolutionOutcome) {
    let listed = hosts_addresses(hosts, name);
    if !listed.is_empty() {
        let records = listed.into_iter().map(|address| (address, None));
        return ("hosts file".to_owned(), found(records));
    }
    match resolvers() {
        Ok(resolvers) => resolvers.ask(name, timeout).await,
        Err(error) => ("none".to_owned(), ResolutionOutcome::Failed { error }),
    }
}

/// The resolvers to ask and the domains to search.
struct Resolvers {
    servers: Vec<SocketAddr>,
    search: Vec<Name>,
}

impl Resolvers {
    fn system() -> Result<Self, String> {
        let (config, _) = read_system_conf()
            .map_err(|error| format!("/etc/resolv.conf names no usable resolver: {error}"))?;
        let servers = config.name_servers().iter().take(MAX_SERVERS);
        Ok(Self {
            servers: servers.map(|server| (server.ip, 53).into()).collect(),
            search: config.search().iter().take(MAX_SEARCH).cloned().collect(),
        })
    }

    async fn ask(&self, name: &str, timeout: Duration) -> (String, ResolutionOutcome) {
        let names = match self.names(name) {
            Ok(names) => names,
            Err(error) => return ("none".to_owned(), ResolutionOutcome::Failed { error }),
        };
        let share = timeout / u32::try_from(self.servers.len().max(1)).unwrap_or(1);
        let mut first = None;
        for server in &self.servers {
            let asked = tokio::time::timeout(share, ask_names(*server, &names, share));
            let outcome = asked.await.unwrap_or(ResolutionOutcome::Timeout);
            let answer = (server.ip().to_string(), outcome);
            if is_conclusive(&answer.1) {
                return answer;
            }
            first = first.or(Some(answer));
        }
        first.unwrap_or_else(|| {
            let error = "no resolver is configured: name one in /etc/resolv.conf".to_owned();
            ("none".to_owned(), ResolutionOutcome::Failed { error })
        })
    }

    fn names(&self, name: &str) -> Result<Vec<Name>, String> {
        let mut asked = Name::from_ascii(name).map_err(|error| error.to_string())?;
        let is_searched = !asked.is_fqdn() && asked.num_labels() == 1;
        asked.set_fqdn(true);
        let mut names = Vec::new();
        if is_searched {
            let relative = Name::from_ascii(name).map_err(|error| error.to_string())?;
            let under = |domain: &Name| relative.clone().append_domain(domain).ok();
            names.extend(self.search.iter().filter_map(under));
        }
        names.push(asked);
        Ok(names)
    }
}

/// A server that failed says nothing about the name; the next one may know.
fn is_conclusive(outcome: &ResolutionOutcome) -> bool {
    match outcome {
        ResolutionOutcome::Addresses { .. }
        | ResolutionOutcome::NotFound
        | ResolutionOutcome::NoAddress => true,
        ResolutionOutcome::ServerFailure
        | ResolutionOutcome::Refused
        | ResolutionOutcome::Timeout
        | ResolutionOutcome::Failed { .. } => false,
    }
}

pub(super) fn found(
    addresses: impl IntoIterator<Item = (IpAddr, Option<u32>)>,
) -> ResolutionOutcome {
    let record = |(address, ttl_s)| AddressRecord { address, ttl_s };
    let mut records: Vec<_> = addresses.into_iter().map(record).collect();
    records.sort_by_key(|record| record.address.is_ipv6());
    ResolutionOutcome::Addresses { records }
}

/// The hosts file, no more than a megabyte of it; none is as good as an empty one.
fn read_hosts() -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open("/etc/hosts") {
        let _read = file.take(MAX_HOSTS).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As the C library does (`MAXNS`).
const MAX_SERVERS: usize = 3;
const MAX_SEARCH: usize = 6;
const MAX_HOSTS: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UdpSocket;

    /// A resolver on loopback that answers from a script of name, type and reply.
    async fn server(script: &'static [(&'static str, u16, Reply)]) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut query = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut query).await.unwrap();
                if let Some(answer) = reply(&query[..length], script) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        address
    }

    #[derive(Clone, Copy)]
    enum Reply {
        Code(u8),
        V4([u8; 4], u32),
        Silence,
    }

    fn reply(query: &[u8], script: &[(&str, u16, Reply)]) -> Option<Vec<u8>> {
        let mut end = 12;
        let mut name = Vec::new();
        while query[end] != 0 {
            let length = usize::from(query[end]);
            name.push(String::from_utf8_lossy(&query[end + 1..=end + length]).into_owned());
            end += length + 1;
        }
        let kind = u16::from_be_bytes([query[end + 1], query[end + 2]]);
        let name = name.join(".");
        let found = script.iter().find(|(asked, asked_kind, _)| {
            asked.eq_ignore_ascii_case(&name) && *asked_kind == kind
        });
        let reply = found.map_or(Reply::Code(3), |(_, _, reply)| *reply);
        let (code, answers) = match reply {
            Reply::Code(code) => (code, 0),
            Reply::V4(..) => (0, 1),
            Reply::Silence => return None,
        };
        let header = [query[0], query[1], 0x81, 0x80 | code, 0, 1, 0, answers];
        let mut answer = [&header[..], &[0; 4], &query[12..end + 5]].concat();
        if let Reply::V4(address, ttl) = reply {
            answer.extend([0xc0, 12, 0, 1, 0, 1]);
            answer.extend(ttl.to_be_bytes());
            answer.extend([0, 4]);
            answer.extend(address);
        }
        Some(answer)
    }

    async fn ask(
        servers: Vec<SocketAddr>,
        search: &[&str],
        name: &str,
    ) -> (String, ResolutionOutcome) {
        let search = search.iter().map(|name| Name::from_ascii(name).unwrap());
        let resolvers = Resolvers {
            servers,
            search: search.collect(),
        };
        resolvers.ask(name, Duration::from_secs(2)).await
    }

    fn v4(address: [u8; 4], ttl: u32) -> ResolutionOutcome {
        found([(IpAddr::from(address), Some(ttl))])
    }

    const A: u16 = 1;
    const AAAA: u16 = 28;

    #[tokio::test]
    async fn every_kind_of_answer_is_its_own_outcome() {
        let server = server(&[
            ("web.example", A, Reply::V4([192, 0, 2, 1], 60)),
            ("web.example", AAAA, Reply::Code(0)),
            ("half.example", A, Reply::V4([192, 0, 2, 2], 5)),
            ("half.example", AAAA, Reply::Code(2)),
            ("empty.example", A, Reply::Code(0)),
            ("empty.example", AAAA, Reply::Code(0)),
            ("failing.example", A, Reply::Code(2)),
            ("failing.example", AAAA, Reply::Code(2)),
            ("private.example", A, Reply::Code(5)),
            ("private.example", AAAA, Reply::Code(5)),
            ("silent.example", A, Reply::Silence),
            ("silent.example", AAAA, Reply::Silence),
        ])
        .await;
        for (name, expected) in [
            ("web.example", v4([192, 0, 2, 1], 60)),
            ("half.example.", v4([192, 0, 2, 2], 5)),
            ("absent.example", ResolutionOutcome::NotFound),
            ("empty.example", ResolutionOutcome::NoAddress),
            ("failing.example", ResolutionOutcome::ServerFailure),
            ("private.example", ResolutionOutcome::Refused),
            ("silent.example", ResolutionOutcome::Timeout),
        ] {
            let (resolver, outcome) = ask(vec![server], &["search.example."], name).await;
            assert_eq!(outcome, expected, "{name}");
            assert_eq!(resolver, "127.0.0.1");
        }
    }

    #[tokio::test]
    async fn only_names_of_one_label_are_searched() {
        let server = server(&[
            ("web.search.example", A, Reply::V4([192, 0, 2, 3], 1)),
            ("web.search.example", AAAA, Reply::Code(0)),
            (
                "web.example.search.example",
                A,
                Reply::V4([192, 0, 2, 4], 1),
            ),
        ])
        .await;
        let search = ["absent.example.", "search.example."];
        let (_, outcome) = ask(vec![server], &search, "web").await;
        assert_eq!(outcome, v4([192, 0, 2, 3], 1));
        for name in ["web.", "web.example"] {
            let (_, outcome) = ask(vec![server], &search, name).await;
            assert_eq!(outcome, ResolutionOutcome::NotFound, "{name}");
        }
    }

    #[tokio::test]
    async fn the_next_resolver_is_asked_where_one_fails() {
        let failing = server(&[
            ("web.example", A, Reply::Code(2)),
            ("web.example", AAAA, Reply::Code(2)),
        ])
        .await;
        let knowing = server(&[
            ("web.example", A, Reply::V4([192, 0, 2, 5], 9)),
            ("web.example", AAAA, Reply::Code(0)),
        ])
        .await;
        let (_, outcome) = ask(vec![failing, knowing], &[], "web.example").await;
        assert_eq!(outcome, v4([192, 0, 2, 5], 9));
        let (_, outcome) = ask(vec![], &[], "web.example").await;
        assert!(matches!(outcome, ResolutionOutcome::Failed { .. }));
    }

    #[tokio::test]
    async fn literals_and_the_hosts_file_come_before_any_resolver() {
        let unused = || Err("asked".to_owned());
        let hosts = "192.0.2.7 web.example\n";
        let wait = Duration::from_secs(1);
        let (resolver, outcome) = resolve_name("web.example", hosts, unused, wait).await;
        let listed = found([("192.0.2.7".parse().unwrap(), None)]);
        assert_eq!((resolver.as_str(), outcome), ("hosts file", listed));
        let resolution = resolve("[2001:db8::1]", wait).await;
        let literal = found([("2001:db8::1".parse().unwrap(), None)]);
        assert_eq!(resolution.resolver, "literal");
        assert_eq!(resolution.outcome, literal);
        let resolution = resolve("bad name", wait).await;
        assert!(matches!(
            resolution.outcome,
            ResolutionOutcome::Failed { .. }
        ));
    }
}
