//! What stands between an accepted connection and a shell.

use super::About;
use crate::collect::inside::files::{read, skipped};
use crate::collect::inside::root::Root;
use crate::inside::{
    Datum, LoginGates, Wrappers, parse_account, parse_password_state, parse_refusals,
};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::IpAddr;

/// The gates of the user's login.
pub(super) fn gates(root: &Root, about: &About) -> Datum<LoginGates> {
    let passwd = match root.text("/etc/passwd") {
        Ok(file) => file.text,
        Err(error) => return skipped(PASSWD, error.to_string()),
    };
    let account = parse_account(&passwd, &about.user);
    let shadow = root.text("/etc/shadow").ok();
    let shell_exists = account.as_ref().map(|account| {
        root.status(&account.shell)
            .is_ok_and(|status| status.st_mode & 0o111 != 0)
    });
    let exists = |path: &&str| root.status(path).is_ok();
    let gates = LoginGates {
        user: about.user.clone(),
        nologin: ["/etc/nologin", "/run/nologin"].iter().any(exists),
        account,
        shell_exists,
        password: shadow
            .and_then(|file| parse_password_state(&file.text, &about.user, about.today)),
    };
    read(PASSWD, gates)
}

/// What TCP wrappers say of the client.
pub(super) fn wrappers(root: &Root, client: Option<IpAddr>) -> Datum<Wrappers> {
    let Some(client) = client else {
        return skipped(HOSTS, NO_CLIENT);
    };
    match is_linked(root) {
        Ok(true) => {}
        Ok(false) => return read(SERVERS[0], Wrappers::NotUsed),
        Err(reason) => return skipped(SERVERS[0], reason),
    }
    let list = |path: &str| match root.text(path) {
        Ok(file) => Ok(file.text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!("{path}: {error}")),
    };
    match list("/etc/hosts.allow").and_then(|allow| Ok((allow, list("/etc/hosts.deny")?))) {
        Ok((allow, deny)) => read(HOSTS, crate::inside::wrappers(&allow, &deny, client)),
        Err(reason) => skipped(HOSTS, reason),
    }
}

/// Refused logins of the client in the server's log.
pub(super) fn refusals(root: &Root, client: Option<IpAddr>) -> Datum<BTreeMap<String, u64>> {
    let Some(client) = client else {
        return skipped(LOGS[0], NO_CLIENT);
    };
    let mut reason = String::new();
    for path in LOGS {
        match root.tail(path) {
            Ok(log) => {
                return Datum::Read {
                    source: path.to_owned(),
                    value: parse_refusals(&log.text, client),
                    truncated: log.truncated,
                };
            }
            Err(error) if reason.is_empty() || error.kind() != ErrorKind::NotFound => {
                reason = format!("{path}: {error}");
            }
            Err(_) => {}
        }
    }
    skipped(LOGS[0], reason)
}

/// Whether a server of this host asks TCP wrappers: it then names their library.
fn is_linked(root: &Root) -> Result<bool, String> {
    let mut found = false;
    for path in SERVERS {
        match root.bytes(path) {
            Ok(program) => {
                found = true;
                let name: &[u8] = b"libwrap.so";
                if program.windows(name.len()).any(|it| it == name) {
                    return Ok(true);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{path}: {error}")),
        }
    }
    if found {
        Ok(false)
    } else {
        Err("not installed".to_owned())
    }
}

const PASSWD: &str = "/etc/{passwd,shadow,nologin}";
const HOSTS: &str = "/etc/hosts.{allow,deny}";
const NO_CLIENT: &str = "no client was named: give --from";
/// OpenSSH 9.8 moved the work to a program of its own.
const SERVERS: [&str; 4] = [
    "/usr/sbin/sshd",
    "/usr/lib/openssh/sshd-session",
    "/usr/libexec/openssh/sshd-session",
    "/usr/local/sbin/sshd",
];
const LOGS: [&str; 3] = ["/var/log/auth.log", "/var/log/secure", "/var/log/messages"];
