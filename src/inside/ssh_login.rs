//! The SSH server's own word on who may log in: `sshd -T -C user=...,host=...,addr=...`, which
//! resolves every `Match` block (`sshd(8)`, `sshd_config(5)`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::SshLogin;
use std::collections::BTreeMap;

/// Reads the settings that decide a login; the others are left out. Never fails: a line that is not
/// `name value` decides nothing.
pub fn parse_ssh_settings(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut settings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let name = name.to_ascii_lowercase();
        if DECIDING.contains(&name.as_str()) {
            let values = settings.entry(name).or_default();
            if values.len() < MOST_VALUES {
                values.extend(
                    value
                        .split_whitespace()
                        .map(|value| value.chars().take(VALUE_LIMIT).collect()),
                );
            }
        }
    }
    settings
}

/// The setting that certainly refuses this user from this client; `None` when none does, or when it
/// hangs on what is not known here, such as the user's groups.
pub fn login_refusal(login: &SshLogin) -> Option<String> {
    let values = |name: &str| login.settings.get(name).map_or(&[][..], Vec::as_slice);
    let is_no = |name: &str| values(name) == ["no"];
    if login.user == "root" && is_no("permitrootlogin") {
        return Some("PermitRootLogin no".into());
    }
    let denies = |pattern: &&String| !pattern.contains(['@', '!']) && matches(pattern, &login.user);
    if let Some(pattern) = values("denyusers").iter().find(denies) {
        return Some(format!("DenyUsers {pattern}"));
    }
    let allowed = values("allowusers");
    // A pattern with a host part may or may not match the client: it counts as if it did.
    let may_match = |pattern: &String| {
        let user = pattern
            .split_once('@')
            .map_or(pattern.as_str(), |(user, _)| user);
        pattern.starts_with('!') || matches(user, &login.user)
    };
    if !allowed.is_empty() && !allowed.iter().any(may_match) {
        return Some(format!("AllowUsers {}", allowed.join(" ")));
    }
    let all_off = METHODS.iter().all(|method| is_no(method));
    all_off.then(|| "no authentication method is on".into())
}

/// Wildcards of `sshd_config(5)`, PATTERNS: `*` is any text, `?` any one character.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let mut reachable = vec![false; name.len() + 1];
    reachable[0] = true;
    for wanted in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            if !reachable[at] {
                continue;
            }
            if wanted == '*' {
                next[at..].fill(true);
                break;
            }
            if name
                .get(at)
                .is_some_and(|it| wanted == '?' || *it == wanted)
            {
                next[at + 1] = true;
            }
        }
        reachable = next;
    }
    reachable[name.len()]
}

const METHODS: &[&str] = &[
    "gssapiauthentication",
    "hostbasedauthentication",
    "kbdinteractiveauthentication",
    "passwordauthentication",
    "pubkeyauthentication",
];
const DECIDING: &[&str] = &[
    "allowgroups",
    "allowusers",
    "denygroups",
    "denyusers",
    "gssapiauthentication",
    "hostbasedauthentication",
    "kbdinteractiveauthentication",
    "maxstartups",
    "passwordauthentication",
    "permitrootlogin",
    "persourcemaxstartups",
    "persourcepenalties",
    "pubkeyauthentication",
];
const MOST_VALUES: usize = 256;
const VALUE_LIMIT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_certainly_refuses_is_named() {
        let cases = [
            ("root", "permitrootlogin no", Some("PermitRootLogin no")),
            ("root", "permitrootlogin without-password", None),
            ("alice", "permitrootlogin no", None),
            ("alice", "denyusers bob al*", Some("DenyUsers al*")),
            ("alice", "denyusers alice@10.0.0.1", None),
            (
                "alice",
                "allowusers bob\nallowusers carol",
                Some("AllowUsers bob carol"),
            ),
            ("alice", "allowusers bob alice@10.0.0.0/8", None),
            ("alice", "allowusers ?lice", None),
            ("alice", "allowgroups ssh", None),
            (
                "alice",
                "passwordauthentication no\npubkeyauthentication no\nkbdinteractiveauthentication no\n\
                 hostbasedauthentication no\ngssapiauthentication no",
                Some("no authentication method is on"),
            ),
            (
                "alice",
                "passwordauthentication no\npubkeyauthentication no",
                None,
            ),
            ("alice", "", None),
        ];
        for (user, text, want) in cases {
            let login = SshLogin {
                user: user.into(),
                client: "198.51.100.7".parse().unwrap(),
                settings: parse_ssh_settings(text),
            };
            assert_eq!(login_refusal(&login).as_deref(), want, "{user}: {text}");
        }
    }

    #[test]
    fn wildcards_match_as_the_manual_says() {
        let cases = [
            ("*", "", true),
            ("a*e", "alice", true),
            ("a*e", "alicea", false),
            ("?", "", false),
            ("a**", "a", true),
            ("alice", "alic", false),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }

    #[test]
    fn settings_that_do_not_decide_are_left_out() {
        let settings = parse_ssh_settings("port 22\nPermitRootLogin no\n\nhostkey /etc/key\n");
        assert_eq!(settings.len(), 1);
        assert_eq!(settings["permitrootlogin"], ["no"]);
    }
}
