//! What concerns one client: its open connections, and whether the SSH server would let a user in.

use super::command::{Bounds, find};
use super::files::{one_line, read, read_text, skipped};
use super::throwaway::ask_sshd;
use crate::inside::{Datum, Established, SshLogin, parse_sockets, parse_ssh_settings};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The open connections that came from the client.
pub(super) fn established(from: Option<IpAddr>) -> Datum<Vec<Established>> {
    let Some(client) = from else {
        return skipped(TABLES, NO_CLIENT);
    };
    let mut open = Vec::new();
    for file in ["tcp", "tcp6"] {
        let path = format!("/proc/thread-self/net/{file}");
        let table = match read_text(&path) {
            Ok(table) => table,
            Err(error) if error.kind() == ErrorKind::NotFound && file.ends_with('6') => continue,
            Err(error) => return skipped(TABLES, format!("{path}: {error}")),
        };
        match parse_sockets(&table.text) {
            Ok(rows) => open.extend(
                rows.into_iter()
                    .filter(|row| row.is_established() && row.peer == client)
                    .take(MOST_CONNECTIONS)
                    .map(|row| Established {
                        local: SocketAddr::new(row.address, row.port),
                        remote: SocketAddr::new(row.peer, row.peer_port),
                    }),
            ),
            Err(error) => return skipped(TABLES, format!("{path}, {error}")),
        }
    }
    read(TABLES, open)
}

/// Asks the SSH server for its effective settings for `user` from the client, at the instance's own
/// end where that is known.
pub(super) async fn ssh_login(
    root: bool,
    user: &str,
    from: Option<IpAddr>,
    local: Option<(IpAddr, u16)>,
) -> Datum<SshLogin> {
    let Some(client) = from else {
        return skipped(SSHD, NO_CLIENT);
    };
    if !is_user_name(user) {
        return skipped(SSHD, format!("`{}` is not a user name", one_line(user)));
    }
    let directories = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    let Some(program) = find(&directories, "sshd") else {
        return skipped(SSHD, "not installed");
    };
    let end = local.map_or_else(String::new, |(address, port)| {
        format!(",laddr={address},lport={port}")
    });
    let connection = format!("user={user},host={client},addr={client}{end}");
    match ask_sshd(root, &program, &["-T", "-C", &connection], BOUNDS).await {
        Ok(text) => read(
            SSHD,
            SshLogin {
                user: user.to_owned(),
                client,
                settings: parse_ssh_settings(&text.text),
            },
        ),
        Err(error) => skipped(SSHD, error.to_string()),
    }
}

/// A name that cannot be mistaken for another part of the connection's description.
fn is_user_name(user: &str) -> bool {
    !user.is_empty()
        && user.len() <= 64
        && user
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'))
}

const TABLES: &str = "/proc/thread-self/net/{tcp,tcp6}";
const SSHD: &str = "sshd -T";
const NO_CLIENT: &str = "no client was named: give --from";
const MOST_CONNECTIONS: usize = 64;
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 256 << 10,
};
