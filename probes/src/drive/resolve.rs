//! Turns a name into addresses and remembers who said so.
//!
//! Each configured resolver is asked by itself, in order, because the library hides which one
//! answered. Nothing is cached: a probe wants today's answer.

use crate::hosts::{Host, hosts_addresses, parse_host};
use crate::{AddressRecord, Resolution, ResolutionOutcome};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Resolves a target: literals at once, then the hosts file, then the system's resolvers for A and
/// AAAA, all within `timeout`. A name of one label is tried under the search domains first.
pub async fn resolve(name: &str, timeout: Duration) -> Resolution {
    let (resolver, started) = (Resolvers::system, Instant::now());
    let (resolver, outcome) = match parse_host(name) {
        Err(error) => ("none".to_owned(), ResolutionOutcome::Failed { error }),
        Ok(Host::Address(address)) => ("literal".to_owned(), found([(address, None)])),
        Ok(Host::Name(host)) => resolve_name(&host, &read_hosts(), resolver, timeout).await,
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

/// Asks one server for each name until one exists.
async fn ask_names(server: SocketAddr, names: &[Name], wait: Duration) -> ResolutionOutcome {
    let resolver = match open(server, wait) {
        Ok(resolver) => resolver,
        Err(error) => return failed(&error),
    };
    let mut last = ResolutionOutcome::NotFound;
    for name in names {
        let (a, aaaa) = tokio::join!(
            resolver.lookup(name.clone(), RecordType::A),
            resolver.lookup(name.clone(), RecordType::AAAA),
        );
        last = combine(a, aaaa);
        let is_absent = matches!(
            last,
            ResolutionOutcome::NotFound | ResolutionOutcome::NoAddress
        );
        if !is_absent {
            break;
        }
    }
    last
}

fn open(server: SocketAddr, wait: Duration) -> Result<TokioResolver, NetError> {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![config]);
    let provider = TokioRuntimeProvider::default();
    let mut builder = TokioResolver::builder_with_config(config, provider);
    let options: &mut ResolverOpts = builder.options_mut();
    options.attempts = 1;
    // A lost packet is asked for once more within the wait.
    options.timeout = wait / 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    builder.build()
}

/// Addresses of either family are an answer; otherwise the family that failed decides, and an
/// absent name outranks an absent record.
fn combine(a: Result<Lookup, NetError>, aaaa: Result<Lookup, NetError>) -> ResolutionOutcome {
    let both = [a, aaaa];
    let answers = both.iter().filter_map(|answer| answer.as_ref().ok());
    let records: Vec<_> = answers.flat_map(addresses).collect();
    if !records.is_empty() {
        return found(records);
    }
    let failures = both.iter().filter_map(|answer| answer.as_ref().err());
    let outcomes: Vec<_> = failures.map(failed).collect();
    let is_absence = |outcome: &&ResolutionOutcome| {
        matches!(
            outcome,
            ResolutionOutcome::NotFound | ResolutionOutcome::NoAddress
        )
    };
    let trouble = outcomes.iter().find(|outcome| !is_absence(outcome));
    let absent = outcomes
        .iter()
        .find(|outcome| **outcome == ResolutionOutcome::NotFound);
    let decisive = absent.or(trouble).cloned();
    decisive.unwrap_or(ResolutionOutcome::NoAddress)
}

fn addresses(lookup: &Lookup) -> Vec<(IpAddr, Option<u32>)> {
    let records = lookup.answers().iter();
    let address = |data: &RData| data.ip_addr();
    records
        .filter_map(|record| Some((address(&record.data)?, Some(record.ttl))))
        .take(MAX_RECORDS)
        .collect()
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other errors speak for themselves"
)]
fn failed(error: &NetError) -> ResolutionOutcome {
    match error {
        NetError::Timeout => ResolutionOutcome::Timeout,
        NetError::Dns(DnsError::ResponseCode(code)) => response(*code),
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NoError => ResolutionOutcome::NoAddress,
            code => response(code),
        },
        other => ResolutionOutcome::Failed {
            error: crate::text::escape(other.to_string().as_bytes(), 200),
        },
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other codes speak for themselves"
)]
fn response(code: ResponseCode) -> ResolutionOutcome {
    match code {
        ResponseCode::NXDomain => ResolutionOutcome::NotFound,
        ResponseCode::ServFail => ResolutionOutcome::ServerFailure,
        ResponseCode::Refused => ResolutionOutcome::Refused,
        other => ResolutionOutcome::Failed {
            error: format!("the resolver answered with the code {other}"),
        },
    }
}

fn found(addresses: impl IntoIterator<Item = (IpAddr, Option<u32>)>) -> ResolutionOutcome {
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
const MAX_RECORDS: usize = 64;
const MAX_HOSTS: u64 = 1 << 20;
