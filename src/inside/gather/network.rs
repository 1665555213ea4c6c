//! Addresses, routes and what the kernel is set to do with packets.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::files::{noted, table};
use super::kernel::sysctls;
use super::sockets::established;
use crate::inside::{
    Address, Datum, Established, Route, RouteToClient, Source, parse_ipv4_routes, parse_ipv6_routes,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What is read before anything is sent.
#[derive(Clone, Debug)]
pub struct Basics {
    /// The addresses of every interface.
    pub addresses: Datum<Vec<Address>>,
    /// The routes of both families.
    pub routes: Datum<Vec<Route>>,
    /// The route the kernel would choose towards the client.
    pub route_to_client: Datum<RouteToClient>,
    /// The client's open connections.
    pub established: Datum<Vec<Established>>,
    /// Settings that decide reachability.
    pub sysctls: Datum<BTreeMap<String, String>>,
}

impl Basics {
    /// Everything skipped for one reason.
    pub fn skipped(reason: &str) -> Self {
        Self {
            addresses: Datum::skipped("getifaddrs(3)", reason),
            routes: Datum::skipped(ROUTES, reason),
            route_to_client: Datum::skipped("connect(2)", reason),
            established: Datum::skipped("/proc/net/{tcp,tcp6}", reason),
            sysctls: Datum::skipped("/proc/sys/net", reason),
        }
    }
}

/// Reads it.
pub fn basics(source: &dyn Source, client: Option<IpAddr>) -> Basics {
    let addresses = noted(source, source.addresses());
    let known = addresses.value().into_iter().flatten();
    let interfaces: BTreeSet<String> = known.map(|address| address.interface.clone()).collect();
    Basics {
        sysctls: noted(source, sysctls(source, &interfaces)),
        addresses,
        routes: noted(source, routes(source)),
        route_to_client: noted(
            source,
            match client {
                Some(client) => source.route_to(client),
                None => Datum::skipped("", "no client was named: give `--from IP`"),
            },
        ),
        established: noted(source, established(source, client)),
    }
}

fn routes(source: &dyn Source) -> Datum<Vec<Route>> {
    let both = table(source, "route", parse_ipv4_routes)
        .and_then(|v4| Ok((v4, table(source, "ipv6_route", parse_ipv6_routes)?)));
    match both {
        Ok(((mut routes, cut), (more, cut6))) => {
            routes.extend(more);
            Datum::read_up_to(ROUTES, routes, cut || cut6)
        }
        Err(reason) => Datum::skipped(ROUTES, reason),
    }
}

const ROUTES: &str = "/proc/net/{route,ipv6_route}";
