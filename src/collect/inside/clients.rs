//! Whether the SSH server would let a user of one client in.

use super::Options;
use super::command::{Bounds, find};
use super::files::one_line;
use super::throwaway::ask_sshd;
use crate::inside::{Datum, NO_CLIENT, SshLogin, parse_ssh_settings};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Asks the SSH server for its effective settings for `user` from the client, at the instance's own
/// end where that is known.
pub(super) async fn ssh_login(
    options: &Options,
    root: bool,
    local: Option<IpAddr>,
) -> Datum<SshLogin> {
    let user = options.user.as_str();
    let local = options.ssh_end(local);
    let Some(client) = options.from else {
        return Datum::skipped(SSHD, NO_CLIENT);
    };
    if !is_user_name(user) {
        return Datum::skipped(SSHD, format!("`{}` is not a user name", one_line(user)));
    }
    let directories = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    let Some(program) = find(&directories, "sshd") else {
        return Datum::skipped(SSHD, "not installed");
    };
    let end = local.map_or_else(String::new, |(address, port)| {
        format!(",laddr={address},lport={port}")
    });
    let connection = format!("user={user},host={client},addr={client}{end}");
    match ask_sshd(root, &program, &["-T", "-C", &connection], BOUNDS).await {
        Ok(text) => Datum::read(
            SSHD,
            SshLogin {
                user: user.to_owned(),
                client,
                settings: parse_ssh_settings(&text.text),
            },
        ),
        Err(error) => Datum::skipped(SSHD, error.to_string()),
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

const SSHD: &str = "sshd -T";
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 256 << 10,
};
