//! Why the SSH server refused one client, counted from its log; no line of the log is kept.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Counts the lines of `sshd` that name the client and a known reason.
pub fn parse_refusals(log: &str, client: IpAddr) -> BTreeMap<String, u64> {
    let client = client.to_string();
    let mut counts = BTreeMap::new();
    for line in log.lines() {
        let Some((_, message)) = line.split_once("sshd") else {
            continue;
        };
        if !names(message, &client) {
            continue;
        }
        let reason = REASONS.iter().find(|(words, _)| message.contains(words));
        if let Some((_, reason)) = reason {
            *counts.entry((*reason).to_owned()).or_default() += 1;
        }
    }
    counts
}

/// A port that the SSH server could not bind, by its log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BindFailure {
    /// The port.
    pub port: u16,
    /// The address.
    pub address: IpAddr,
    /// The system's error: `EADDRINUSE` where another holds it, `EACCES` where `SELinux` or missing
    /// rights forbid it, `EADDRNOTAVAIL` where no interface has the address.
    pub error: String,
}

/// What the server could not bind, each port and address once, the newest last; lines are of the form
/// `Bind to port 22 on 0.0.0.0 failed: Address already in use.` (`sshd.c` of OpenSSH).
pub fn parse_bind_failures(log: &str) -> Vec<BindFailure> {
    let mut failures: Vec<BindFailure> = Vec::new();
    for line in log.lines() {
        let Some(failure) = line
            .split_once("sshd")
            .and_then(|(_, message)| bind_failure(message))
        else {
            continue;
        };
        failures.retain(|it| (it.port, it.address) != (failure.port, failure.address));
        failures.push(failure);
    }
    let extra = failures.len().saturating_sub(MOST_FAILURES);
    failures.drain(..extra);
    failures
}

fn bind_failure(message: &str) -> Option<BindFailure> {
    let (_, rest) = message.split_once("Bind to port ")?;
    let (port, rest) = rest.split_once(" on ")?;
    let (address, error) = rest.split_once(" failed: ")?;
    let error = ERRORS.iter().find(|(words, _)| error.starts_with(words))?;
    Some(BindFailure {
        port: port.parse().ok()?,
        address: address.parse().ok()?,
        error: error.1.to_owned(),
    })
}

/// True when the text has the address as a whole, not as a part of a longer one.
fn names(text: &str, address: &str) -> bool {
    let part = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    text.match_indices(address).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + found.len()..].chars();
        let follows = match after.next() {
            // A full stop or a colon that ends a phrase is not part of the address.
            Some('.' | ':') => after.next().is_some_and(part),
            next => next.is_some_and(part),
        };
        !before.is_some_and(part) && !follows
    })
}

const MOST_FAILURES: usize = 16;
/// `strerror(3)` in the C locale.
const ERRORS: [(&str, &str); 3] = [
    ("Address already in use", "EADDRINUSE"),
    ("Permission denied", "EACCES"),
    ("Cannot assign requested address", "EADDRNOTAVAIL"),
];
/// What sshd writes (`auth.c`, `auth2.c`, `sshd.c` of OpenSSH, `refuse()` of TCP wrappers), the more
/// telling first.
pub(crate) const REASONS: [(&str, &str); 14] = [
    ("refused connect", "turned away by TCP wrappers"),
    ("not listed in AllowUsers", "not in AllowUsers"),
    ("listed in DenyUsers", "in DenyUsers"),
    ("not in any group", "in no group"),
    (
        "none of user's groups are listed in AllowGroups",
        "not in AllowGroups",
    ),
    ("group is listed in DenyGroups", "in DenyGroups"),
    ("because account is locked", "the account is locked"),
    ("because shell", "the shell is not there or cannot be run"),
    ("ROOT LOGIN REFUSED", "root may not log in"),
    (
        "maximum authentication attempts exceeded",
        "too many attempts in one connection",
    ),
    ("past MaxStartups", "too many logins at a time"),
    ("penalty", "penalty for earlier failures"),
    ("Failed password", "wrong password"),
    ("Invalid user", "no such user"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_clients_refusals_are_counted_by_reason() {
        let log = "\
Jan  1 00:00:01 h sshd[1]: User bob from 192.0.2.7 not allowed because not listed in AllowUsers
Jan  1 00:00:02 h sshd[1]: Failed password for invalid user secret from 192.0.2.7 port 4 ssh2
Jan  1 00:00:03 h sshd[1]: Failed password for bob from 192.0.2.77 port 4 ssh2
Jan  1 00:00:03 h sshd[1]: Failed password for bob from 92.0.2.7 port 4 ssh2
Jan  1 00:00:04 h sshd-session[1]: Failed password for bob from 192.0.2.7 port 4 ssh2
Jan  1 00:00:04 h cron[1]: Failed password for bob from 192.0.2.7 port 4 ssh2
Jan  1 00:00:05 h sshd[1]: refused connect from 192.0.2.7 (192.0.2.7)
Jan  1 00:00:05 h sshd[1]: Accepted publickey for bob from 192.0.2.7 port 4 ssh2
";
        let counts = parse_refusals(log, "192.0.2.7".parse().unwrap());
        let counts: Vec<_> = counts
            .iter()
            .map(|(why, count)| (why.as_str(), *count))
            .collect();
        assert_eq!(
            counts,
            [
                ("not in AllowUsers", 1),
                ("turned away by TCP wrappers", 1),
                ("wrong password", 2)
            ]
        );
    }

    #[test]
    fn a_port_that_could_not_be_bound_is_told_with_the_newest_error() {
        let log = "\
Jan  1 00:00:01 h sshd[1]: error: Bind to port 2222 on 0.0.0.0 failed: Address already in use.
Jan  1 00:00:01 h sshd[1]: error: Bind to port 2222 on :: failed: Permission denied.
Jan  1 00:00:02 h sshd[1]: error: Bind to port 2222 on 0.0.0.0 failed: Permission denied.
Jan  1 00:00:02 h sshd[1]: error: Bind to port 99999 on 0.0.0.0 failed: Permission denied.
Jan  1 00:00:03 h cron[1]: error: Bind to port 22 on 0.0.0.0 failed: Permission denied.
";
        let told: Vec<_> = parse_bind_failures(log)
            .into_iter()
            .map(|it| format!("{} {} {}", it.port, it.address, it.error))
            .collect();
        assert_eq!(told, ["2222 :: EACCES", "2222 0.0.0.0 EACCES"]);
    }

    #[test]
    fn an_address_is_found_whole() {
        for (text, found) in [
            ("from 192.0.2.7", true),
            ("from 192.0.2.7.", true),
            ("(192.0.2.7)", true),
            ("192.0.2.7:22", false),
            ("1192.0.2.7", false),
            ("192.0.2.71", false),
            ("", false),
        ] {
            assert_eq!(names(text, "192.0.2.7"), found, "{text}");
        }
    }
}
