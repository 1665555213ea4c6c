//! Asks one resolver for the addresses of a name, and tells its answers apart.

use super::resolve::found;
use crate::ResolutionOutcome;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Asks one server for each name until one exists.
pub(super) async fn ask_names(
    server: SocketAddr,
    names: &[Name],
    wait: Duration,
) -> ResolutionOutcome {
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

const MAX_RECORDS: usize = 64;
