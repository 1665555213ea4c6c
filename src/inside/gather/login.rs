//! What stands between an accepted connection and a shell.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::files::what_failed;
use super::{About, NO_CLIENT};
use crate::inside::{
    self, BindFailure, Datum, FileText, LoginGates, Source, Wrappers, parse_account,
    parse_bind_failures, parse_password_state, parse_refusals,
};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::IpAddr;

/// The gates of the user's login.
pub(super) fn gates(source: &dyn Source, about: &About) -> Datum<LoginGates> {
    let passwd = match source.text("/etc/passwd") {
        Ok(file) => file.text,
        Err(error) => return Datum::skipped(PASSWD, error.to_string()),
    };
    let account = parse_account(&passwd, &about.user);
    let shadow = source.text("/etc/shadow").ok();
    let shell = account
        .as_ref()
        .map(|account| source.status(&account.shell));
    let shell_exists = match shell {
        Some(Ok(status)) => Some(status.mode & 0o111 != 0),
        Some(Err(error)) if error.kind() == ErrorKind::NotFound => Some(false),
        Some(Err(_)) | None => None,
    };
    let exists = |path: &&str| source.status(path).is_ok();
    let gates = LoginGates {
        user: about.user.clone(),
        nologin: ["/etc/nologin", "/run/nologin"].iter().any(exists),
        account,
        shell_exists,
        password: shadow
            .and_then(|file| parse_password_state(&file.text, &about.user, about.now_s? / 86_400)),
    };
    Datum::read(PASSWD, gates)
}

/// What TCP wrappers say of the client.
pub(super) fn wrappers(source: &dyn Source, client: Option<IpAddr>) -> Datum<Wrappers> {
    let Some(client) = client else {
        return Datum::skipped(HOSTS, NO_CLIENT);
    };
    match is_linked(source) {
        Ok(true) => {}
        Ok(false) => return Datum::read(SERVERS[0], Wrappers::NotUsed),
        Err(reason) => return Datum::skipped(SERVERS[0], reason),
    }
    let list = |path: &str| match source.text(path) {
        Ok(file) => Ok(file.text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(what_failed(path, &error)),
    };
    match list("/etc/hosts.allow").and_then(|allow| Ok((allow, list("/etc/hosts.deny")?))) {
        Ok((allow, deny)) => Datum::read(HOSTS, inside::wrappers(&allow, &deny, client)),
        Err(reason) => Datum::skipped(HOSTS, reason),
    }
}

/// Logins of the client that were refused, by reason, and ports that could not be bound.
pub type Logged = (Datum<BTreeMap<String, u64>>, Datum<Vec<BindFailure>>);

/// What the server's log tells.
pub(super) fn logged(source: &dyn Source, client: Option<IpAddr>) -> Logged {
    match log(source) {
        Ok((path, log)) => of_log(path, Ok(log), client),
        Err(reason) => of_log(LOGS[0], Err(reason), client),
    }
}

/// What a log of the server tells, or why there is none.
pub fn of_log(source: &str, log: Result<FileText, String>, client: Option<IpAddr>) -> Logged {
    let refusals = match (&log, client) {
        (_, None) => Datum::skipped(source, NO_CLIENT),
        (Ok(log), Some(client)) => {
            Datum::read_up_to(source, parse_refusals(&log.text, client), log.truncated)
        }
        (Err(reason), Some(_)) => Datum::skipped(source, reason.as_str()),
    };
    let binds = match log {
        Ok(log) => Datum::read_up_to(source, parse_bind_failures(&log.text), log.truncated),
        Err(reason) => Datum::skipped(source, reason),
    };
    (refusals, binds)
}

fn log(source: &dyn Source) -> Result<(&'static str, FileText), String> {
    let mut reason = String::new();
    for path in LOGS {
        match source.tail(path) {
            Ok(log) => return Ok((path, log)),
            Err(error) if reason.is_empty() || error.kind() != ErrorKind::NotFound => {
                reason = what_failed(path, &error);
            }
            Err(_) => {}
        }
    }
    Err(reason)
}

/// Whether a server of this host asks TCP wrappers: it then names their library.
fn is_linked(source: &dyn Source) -> Result<bool, String> {
    let mut found = false;
    for path in SERVERS {
        match source.holds(path, b"libwrap.so") {
            Ok(true) => return Ok(true),
            Ok(false) => found = true,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(what_failed(path, &error)),
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
/// OpenSSH 9.8 moved the work to a program of its own.
const SERVERS: [&str; 4] = [
    "/usr/sbin/sshd",
    "/usr/lib/openssh/sshd-session",
    "/usr/libexec/openssh/sshd-session",
    "/usr/local/sbin/sshd",
];
const LOGS: [&str; 3] = ["/var/log/auth.log", "/var/log/secure", "/var/log/messages"];
