//! Which sockets wait for clients, and which are open to one.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::NO_CLIENT;
use super::files::{noted, table};
use crate::inside::{
    Datum, Established, Listener, Owner, SocketDetail, SocketRow, Source, parse_sockets,
};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Every listening TCP socket and every bound UDP socket.
pub fn listeners(source: &dyn Source) -> Datum<Vec<Listener>> {
    noted(source, waiting(source))
}

fn waiting(source: &dyn Source) -> Datum<Vec<Listener>> {
    let mut rows = Vec::new();
    let mut truncated = false;
    for (protocol, file) in FILES {
        match table(source, file, parse_sockets) {
            Ok((sockets, cut)) => {
                truncated |= cut;
                let waits =
                    |row: &SocketRow| row.is_listening() || protocol == "udp" && row.is_bound();
                let sockets = sockets.into_iter().filter(waits);
                rows.extend(sockets.map(|row| (protocol, row)));
            }
            Err(reason) => return Datum::skipped(LISTENERS, reason),
        }
    }
    let inodes = rows.iter().map(|(_, row)| row.inode);
    let inodes = inodes.filter(|inode| *inode != 0).collect();
    let details = source.socket_details();
    let owners = source.owners(&inodes);
    let value = rows.into_iter().map(|(protocol, row)| {
        let detail = details.get(&row.inode);
        listener(protocol, row, detail, owners.owner(row.inode))
    });
    Datum::read_up_to(LISTENERS, value.collect(), truncated)
}

/// The open connections that came from the client.
pub(super) fn established(source: &dyn Source, from: Option<IpAddr>) -> Datum<Vec<Established>> {
    let Some(client) = from else {
        return Datum::skipped(TABLES, NO_CLIENT);
    };
    let mut open = Vec::new();
    let mut truncated = false;
    for file in ["tcp", "tcp6"] {
        match table(source, file, parse_sockets) {
            Ok((rows, cut)) => {
                truncated |= cut;
                let from_client = |row: &SocketRow| row.is_established() && row.peer == client;
                let rows = rows.into_iter().filter(from_client);
                open.extend(rows.map(|row| Established {
                    local: SocketAddr::new(row.address, row.port),
                    remote: SocketAddr::new(row.peer, row.peer_port),
                }));
            }
            Err(reason) => return Datum::skipped(TABLES, reason),
        }
    }
    truncated |= open.len() > MOST_CONNECTIONS;
    open.truncate(MOST_CONNECTIONS);
    Datum::read_up_to(TABLES, open, truncated)
}

fn listener(
    protocol: &str,
    row: SocketRow,
    detail: Option<&SocketDetail>,
    owner: Owner,
) -> Listener {
    let wildcard = row.address == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let tcp = protocol == "tcp";
    Listener {
        protocol: protocol.to_owned(),
        address: row.address,
        port: row.port,
        v6_only: detail
            .filter(|_| wildcard)
            .and_then(|detail| detail.v6_only),
        queue: if tcp { row.receive_queue } else { 0 },
        backlog: detail.filter(|_| tcp).map(|detail| detail.backlog),
        uid: row.uid,
        owner,
    }
}

const LISTENERS: &str = "/proc/net/{tcp,tcp6,udp,udp6}, sock_diag(7), /proc/*/fd";
const TABLES: &str = "/proc/net/{tcp,tcp6}";
const MOST_CONNECTIONS: usize = 64;
const FILES: [(&str, &str); 4] = [
    ("tcp", "tcp"),
    ("tcp", "tcp6"),
    ("udp", "udp"),
    ("udp", "udp6"),
];
