//! Which sockets wait for clients, from the socket tables, socket diagnostics and `/proc/*/fd`.

use super::files::{modules, read_text, skipped};
use super::{netlink, owners};
use crate::inside::{
    Datum, DiagTable, Listener, Modules, SocketDetail, SocketRow, diag_request, parse_diag_reply,
    parse_sockets,
};
use nix::sys::socket::SockProtocol;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::time::Instant;

/// Every listening TCP socket and every bound UDP socket; owners are looked for until `end`.
pub(super) fn collect(root: bool, end: Instant) -> Datum<Vec<Listener>> {
    let mut rows = Vec::new();
    let mut truncated = false;
    for (protocol, file) in FILES {
        let path = format!("/proc/thread-self/net/{file}");
        let table = match read_text(&path) {
            Ok(table) => table,
            Err(error) if error.kind() == ErrorKind::NotFound && file.ends_with('6') => continue,
            Err(error) => return skipped(SOURCE, format!("{path}: {error}")),
        };
        truncated |= table.truncated;
        match parse_sockets(&table.text) {
            Ok(table) => rows.extend(
                table
                    .into_iter()
                    .filter(|row| row.is_listening() || protocol == "udp" && row.is_bound())
                    .map(|row| (protocol, row)),
            ),
            Err(error) => return skipped(SOURCE, format!("{path}, {error}")),
        }
    }
    let inodes = rows
        .iter()
        .map(|(_, row)| row.inode)
        .filter(|inode| *inode != 0)
        .collect();
    let details = details(&modules());
    let owners = owners::find(&inodes, root, end);
    let value = rows
        .into_iter()
        .map(|(protocol, row)| {
            let detail = details.get(&row.inode);
            listener(protocol, row, detail, owners.owner(row.inode))
        })
        .collect();
    Datum::Read {
        source: SOURCE.to_owned(),
        value,
        truncated,
    }
}

fn listener(
    protocol: &str,
    row: SocketRow,
    detail: Option<&SocketDetail>,
    owner: crate::inside::Owner,
) -> Listener {
    let wildcard = row.address == IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED);
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

/// What socket diagnostics tell, where asking loads no module; empty where it would.
fn details(modules: &Modules) -> BTreeMap<u64, SocketDetail> {
    let mut details = BTreeMap::new();
    for (module, table) in [
        ("tcp_diag", DiagTable::Tcp { v6: false }),
        ("tcp_diag", DiagTable::Tcp { v6: true }),
        ("udp_diag", DiagTable::Udp { v6: true }),
    ] {
        if modules.present("inet_diag")
            && modules.present(module)
            && let Ok(mut sockets) = ask(table)
        {
            details.append(&mut sockets);
        }
    }
    details
}

fn ask(table: DiagTable) -> io::Result<BTreeMap<u64, SocketDetail>> {
    let mut sockets = BTreeMap::new();
    netlink::dump(
        SockProtocol::NetlinkSockDiag,
        &diag_request(table),
        |bytes| {
            let mut reply = parse_diag_reply(bytes)?;
            sockets.append(&mut reply.sockets);
            Ok(reply.done)
        },
    )?;
    Ok(sockets)
}

const SOURCE: &str = "/proc/thread-self/net/{tcp,tcp6,udp,udp6}, sock_diag(7), /proc/*/fd";
const FILES: [(&str, &str); 4] = [
    ("tcp", "tcp"),
    ("tcp", "tcp6"),
    ("udp", "udp"),
    ("udp", "udp6"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Protocol, Socket, Type};
    use std::net::{Ipv6Addr, SocketAddr};

    #[test]
    fn the_kernel_tells_backlog_and_v6_only_of_a_wildcard_listener() {
        for v6_only in [true, false] {
            let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP)).unwrap();
            socket.set_only_v6(v6_only).unwrap();
            let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
            socket.bind(&any.into()).unwrap();
            socket.listen(37).unwrap();
            let port = socket.local_addr().unwrap().as_socket().unwrap().port();
            let Datum::Read { value, .. } = collect(false, Instant::now()) else {
                panic!("the socket tables are readable");
            };
            let listener = value
                .iter()
                .find(|listener| listener.protocol == "tcp" && listener.port == port)
                .unwrap();
            assert_eq!(
                (listener.v6_only, listener.backlog),
                (Some(v6_only), Some(37))
            );
            assert_eq!(listener.owner, crate::inside::Owner::Hidden);
        }
    }

    #[test]
    fn the_kernel_is_not_asked_where_asking_would_load_a_module() {
        assert_eq!(
            details(&Modules::new(Some("nf_tables 1 1\n"), None)),
            BTreeMap::new()
        );
    }
}
