//! What `pam_access` says of a user from a client, by `access.conf(5)`.
//!
//! Names of hosts, netgroups and groups that are nowhere in the files may match or not: then nobody
//! here can tell.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What the list says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum AccessVerdict {
    /// It lets the user in.
    Allow,
    /// This line keeps the user out.
    Deny {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
    },
    /// It cannot be told from the files.
    Unknown,
}

/// Whom a list is asked about.
#[derive(Clone, Debug)]
pub struct Login<'a> {
    /// The user.
    pub user: &'a str,
    /// The client.
    pub client: IpAddr,
    /// Groups that the user is in, by `/etc/group` and `/etc/passwd`.
    pub member_of: BTreeSet<String>,
    /// Every name that the host's own files know of users and of groups.
    pub known: BTreeSet<String>,
    /// False where a directory service may know of more members.
    pub files_know_all: bool,
    /// False where plain words are names of users alone (`nodefgroup`).
    pub words_are_groups: bool,
}

/// The groups of a user, and every name there is, by the texts of `/etc/group` and `/etc/passwd`.
pub fn groups_of(user: &str, group: &str, passwd: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut member_of = BTreeSet::new();
    let mut known = BTreeSet::new();
    let mut primary = None;
    for line in passwd.lines() {
        let mut fields = line.split(':');
        let name = fields.next().unwrap_or_default();
        known.insert(name.to_owned());
        if name == user {
            primary = fields.nth(2);
        }
    }
    for line in group.lines() {
        let fields: Vec<_> = line.split(':').collect();
        let [name, _, number, members] = fields.as_slice() else {
            continue;
        };
        known.insert((*name).to_owned());
        if members.split(',').any(|it| it == user) || Some(*number) == primary {
            member_of.insert((*name).to_owned());
        }
    }
    (member_of, known)
}

/// The first line of the files that matches decides; without one everybody is let in.
pub fn access<'t>(
    files: impl IntoIterator<Item = (&'t str, &'t str)>,
    login: &Login<'_>,
) -> AccessVerdict {
    for (file, text) in files {
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut fields = line.splitn(3, ':').map(str::trim);
            let (Some(sign @ ("+" | "-")), Some(users), Some(origins)) =
                (fields.next(), fields.next(), fields.next())
            else {
                return AccessVerdict::Unknown;
            };
            let of_user = |word: &str| user(word, login);
            let of_client = |word: &str| origin(word, login.client);
            match both(
                listed(&words(users), &of_user),
                listed(&words(origins), &of_client),
            ) {
                Some(true) if sign == "-" => {
                    return AccessVerdict::Deny {
                        file: file.to_owned(),
                        line: index + 1,
                    };
                }
                Some(true) => return AccessVerdict::Allow,
                Some(false) => {}
                None => return AccessVerdict::Unknown,
            }
        }
    }
    AccessVerdict::Allow
}

fn words(list: &str) -> Vec<&str> {
    let words = list.split([',', ' ', '\t']);
    words.filter(|word| !word.is_empty()).collect()
}

/// Whether a list with its exceptions holds.
fn listed(words: &[&str], matches: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
    let except = words.iter().position(|it| *it == "EXCEPT");
    let (named, excepted) = match except {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words, &[][..]),
    };
    let any = named.iter().map(|word| matches(word));
    let any = any.fold(Some(false), either);
    if excepted.is_empty() {
        return any;
    }
    both(any, listed(excepted, matches).map(|it| !it))
}

fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        (None, _) | (_, None) => None,
    }
}

fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    either(one.map(|it| !it), other.map(|it| !it)).map(|it| !it)
}

fn user(word: &str, login: &Login<'_>) -> Option<bool> {
    if word == "ALL" || word == login.user {
        return Some(true);
    }
    if word.contains('@') {
        return None;
    }
    let inner = word.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    let group = match inner {
        Some(group) => group,
        None if login.words_are_groups => word,
        None => return Some(false),
    };
    if login.member_of.contains(group) {
        return Some(true);
    }
    let is_out = login.files_know_all && login.known.contains(group);
    is_out.then_some(false)
}

fn origin(word: &str, client: IpAddr) -> Option<bool> {
    if word == "ALL" {
        return Some(true);
    }
    if word == "LOCAL" {
        // Versions differ on whether an address without a full stop is a local name.
        return client.is_ipv4().then_some(false);
    }
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(address == client);
    }
    if let Ok(net) = word.parse::<IpNet>() {
        return Some(net.contains(&client));
    }
    let is_prefix = word.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    if is_prefix && word.ends_with('.') {
        return Some(client.to_string().starts_with(word));
    }
    let is_terminal = TERMINALS.iter().any(|it| word.starts_with(it));
    is_terminal.then_some(false)
}

/// What begins a terminal's name, or a service's that stands in for one.
const TERMINALS: [&str; 5] = ["tty", "pts/", "vc/", ":", "cron"];

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str, files_know_all: bool) -> AccessVerdict {
        let group = "root:x:0:\nwheel:x:10:bob,alice\nstaff:x:50:\n";
        let passwd = "root:x:0:0::/root:/bin/sh\nalice:x:7:50::/a:/bin/sh\nbob:x:8:8::/b:/bin/sh\n";
        let (member_of, known) = groups_of("alice", group, passwd);
        let login = Login {
            user: "alice",
            client: "192.0.2.7".parse().unwrap(),
            member_of,
            known,
            files_know_all,
            words_are_groups: true,
        };
        access([("f", text)], &login)
    }

    #[test]
    fn the_first_line_that_matches_decides() {
        let deny = |line| AccessVerdict::Deny {
            file: "f".to_owned(),
            line,
        };
        for (text, want) in [
            ("", AccessVerdict::Allow),
            ("# x\n\n- : ALL : ALL\n", deny(3)),
            ("+:alice:192.0.2.\n-:ALL:ALL", AccessVerdict::Allow),
            ("+:alice:198.51.100.0/24\n-:ALL:ALL", deny(2)),
            ("- : ALL EXCEPT root wheel : ALL", AccessVerdict::Allow),
            ("- : ALL EXCEPT (staff) : ALL", AccessVerdict::Allow),
            ("- : ALL EXCEPT root bob : ALL", deny(1)),
            ("- : ALL EXCEPT alice EXCEPT ALL : ALL", deny(1)),
            ("- : wheel : ALL EXCEPT LOCAL 192.0.2.8", deny(1)),
            ("+ : root : cron tty1 :0\n- : ALL : ALL", deny(2)),
            ("- : alice : tty1", AccessVerdict::Allow),
            ("- : alice : .example.org", AccessVerdict::Unknown),
            ("- : @net : ALL", AccessVerdict::Unknown),
            ("- : strangers : ALL", AccessVerdict::Unknown),
            ("- : strangers : 192.0.2.8\n- : alice : ALL", deny(2)),
            ("- : bob : office.example.org\n-:ALL:ALL", deny(2)),
            ("? : ALL : ALL", AccessVerdict::Unknown),
            ("- : alice", AccessVerdict::Unknown),
            ("- : alice : 2001:db8::/32", AccessVerdict::Allow),
        ] {
            assert_eq!(judged(text, true), want, "{text}");
        }
        let elsewhere = "- : ALL EXCEPT root : ALL";
        assert_eq!(judged(elsewhere, false), AccessVerdict::Unknown);
        assert_eq!(judged("- : wheel : ALL", false), deny(1));
    }
}
