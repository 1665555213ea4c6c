//! TCP wrappers: what `/etc/hosts.allow` and `/etc/hosts.deny` say of one client, see
//! `hosts_access(5)`. The first match of the allowing file lets in, then the first of the denying one
//! keeps out, and else the client is let in.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// What they say.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Wrappers {
    /// The client is let in.
    Allow,
    /// The client is turned away.
    Deny {
        /// The deciding line of `/etc/hosts.deny`, from 1.
        line: usize,
    },
    /// A line before the deciding one hangs on what is not known, such as host names.
    Unknown,
    /// `sshd` is built without TCP wrappers, as it is from most vendors: the files count for nothing.
    NotUsed,
}

/// Asks both files for a client of `sshd`.
pub fn wrappers(allow: &str, deny: &str, client: IpAddr) -> Wrappers {
    let mut unsure = false;
    for (matched, _) in lines(allow, client) {
        match matched {
            Some(true) => {
                return if unsure {
                    Wrappers::Unknown
                } else {
                    Wrappers::Allow
                };
            }
            Some(false) => {}
            None => unsure = true,
        }
    }
    for (matched, line) in lines(deny, client) {
        match matched {
            Some(true) if unsure => return Wrappers::Unknown,
            Some(true) => return Wrappers::Deny { line },
            Some(false) => {}
            None => unsure = true,
        }
    }
    if unsure {
        Wrappers::Unknown
    } else {
        Wrappers::Allow
    }
}

/// Whether each line matches, `None` where that is not known, with its number.
fn lines(text: &str, client: IpAddr) -> impl Iterator<Item = (Option<bool>, usize)> {
    logical_lines(text)
        .into_iter()
        .map(move |(number, line)| (line_matches(&line, client), number))
}

/// Lines with their continuations joined, comments and empty ones left out.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (index, line) in text.lines().enumerate() {
        let (part, more) = match line.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| continues) {
            Some((_, whole)) => whole.push_str(part),
            None => lines.push((index + 1, part.to_owned())),
        }
        continues = more;
    }
    lines.retain(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
}

fn line_matches(line: &str, client: IpAddr) -> Option<bool> {
    let (daemons, rest) = line.split_once(':')?;
    let daemons: Vec<&str> = words(daemons).collect();
    if daemons.contains(&"EXCEPT") || daemons.iter().any(|it| it.contains('@')) {
        return None;
    }
    if !daemons.iter().any(|it| ["sshd", "ALL"].contains(it)) {
        return Some(false);
    }
    let (clients, options) = split_clients(rest);
    // An option such as `deny` in the allowing file turns the line round (`hosts_options(5)`).
    let matched = clients_match(clients, client)?;
    if matched && !options.trim().is_empty() {
        return None;
    }
    Some(matched)
}

/// The client list ends at a colon that is not within the brackets of an IPv6 address.
fn split_clients(rest: &str) -> (&str, &str) {
    let mut depth = 0_i32;
    for (at, character) in rest.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            ':' if depth <= 0 => return (&rest[..at], &rest[at + 1..]),
            _ => {}
        }
    }
    (rest, "")
}

fn clients_match(list: &str, client: IpAddr) -> Option<bool> {
    let mut unsure = false;
    for pattern in words(list) {
        match pattern_matches(pattern, client) {
            Some(true) if !list.contains("EXCEPT") => return Some(true),
            Some(true) | None => unsure = true,
            Some(false) => {}
        }
    }
    if unsure { None } else { Some(false) }
}

fn pattern_matches(pattern: &str, client: IpAddr) -> Option<bool> {
    if pattern == "ALL" {
        return Some(true);
    }
    let bare = pattern.replace(['[', ']'], "");
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address == client);
    }
    if let Ok(net) = bare.parse::<IpNet>() {
        return Some(net.contains(&client));
    }
    let with_mask = pattern.split_once('/').and_then(|(net, mask)| {
        let (net, mask): (Ipv4Addr, Ipv4Addr) = (net.parse().ok()?, mask.parse().ok()?);
        Some((u32::from(net), u32::from(mask)))
    });
    match (with_mask, client) {
        (Some((net, mask)), IpAddr::V4(client)) => Some(u32::from(client) & mask == net),
        (Some(_), IpAddr::V6(_)) => Some(false),
        (None, _) => prefix_matches(pattern, client),
    }
}

/// `192.0.2.` is a prefix; anything else hangs on names or on a file.
fn prefix_matches(pattern: &str, client: IpAddr) -> Option<bool> {
    let numeric = pattern.chars().all(|c| c.is_ascii_digit() || c == '.');
    (pattern.ends_with('.') && numeric)
        .then(|| client.is_ipv4() && client.to_string().starts_with(pattern))
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([' ', '\t', ',']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_match_decides_and_doubt_is_told() {
        let deny = |line| Wrappers::Deny { line };
        let cases = [
            ("", "", Wrappers::Allow),
            ("", "# all\nALL: ALL\n", deny(2)),
            ("sshd: 192.0.2.7\n", "ALL: ALL\n", Wrappers::Allow),
            ("sshd: 192.0.2.\n", "ALL: ALL\n", Wrappers::Allow),
            (
                "sshd: 192.0.2.0/255.255.255.0\n",
                "ALL: ALL\n",
                Wrappers::Allow,
            ),
            (
                "sshd, vsftpd: 192.0.2.0/24, 10.\n",
                "ALL: ALL\n",
                Wrappers::Allow,
            ),
            ("sshd: 192.0.2.70\n", "ALL: ALL\n", deny(1)),
            ("vsftpd: ALL\n", "sshd: 192.0.2.7\n", deny(1)),
            ("sshd: .example.com\n", "ALL: ALL\n", Wrappers::Unknown),
            ("sshd: LOCAL\n", "", Wrappers::Unknown),
            ("", "sshd: ALL EXCEPT 192.0.2.7\n", Wrappers::Unknown),
            ("sshd: ALL: deny\n", "", Wrappers::Unknown),
            ("", "sshd: 10.0.0.1, \\\n 192.0.2.7\n", deny(1)),
            ("", "sshd: [2001:db8::]/32\n", Wrappers::Allow),
            ("", "no colon\n", Wrappers::Unknown),
        ];
        for (allow, deny, want) in cases {
            let said = wrappers(allow, deny, "192.0.2.7".parse().unwrap());
            assert_eq!(said, want, "{allow:?} {deny:?}");
        }
        let v6 = "2001:db8::7".parse().unwrap();
        assert_eq!(wrappers("", "sshd: [2001:db8::]/32\n", v6), deny(1));
        assert_eq!(wrappers("", "sshd: [2001:db9::1]\n", v6), Wrappers::Allow);
    }
}
