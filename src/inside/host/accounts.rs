//! An account as `passwd(5)` and `shadow(5)` have it, without anything secret.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};

/// A line of `/etc/passwd`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Account {
    /// Its number.
    pub uid: u32,
    /// Its directory.
    pub home: String,
    /// Its shell; `/bin/sh` where the field is empty.
    pub shell: String,
}

impl Account {
    /// True when the shell is one that only says no.
    pub fn shell_refuses(&self) -> bool {
        let name = self.shell.rsplit('/').next().unwrap_or_default();
        ["nologin", "false"].contains(&name)
    }
}

/// What `/etc/shadow` says, apart from the password.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PasswordState {
    /// True when no password opens the account (`!` or `*`); keys may.
    pub locked: bool,
    /// True when the account's last day is over; then nothing opens it.
    pub expired: bool,
    /// True when it must be changed at the next login, which some clients cannot do.
    pub must_change: bool,
}

/// Finds a user in the text of `/etc/passwd`.
pub fn parse_account(passwd: &str, user: &str) -> Option<Account> {
    let fields = line_of(passwd, user)?;
    let text = |index: usize| fields.get(index).copied().unwrap_or_default();
    let shell = match text(6) {
        "" => "/bin/sh",
        shell => shell,
    };
    let short = |text: &str| text.chars().take(MOST_CHARACTERS).collect();
    Some(Account {
        uid: text(2).parse().ok()?,
        home: short(text(5)),
        shell: short(shell),
    })
}

/// Finds a user in the text of `/etc/shadow`; `today` counts days since 1970.
pub fn parse_password_state(shadow: &str, user: &str, today: i64) -> Option<PasswordState> {
    let fields = line_of(shadow, user)?;
    let day = |index: usize| fields.get(index)?.parse::<i64>().ok();
    Some(PasswordState {
        locked: fields.get(1)?.starts_with(['!', '*']),
        expired: day(7).is_some_and(|last| (0..=today).contains(&last)),
        must_change: day(2) == Some(0),
    })
}

fn line_of<'a>(text: &'a str, user: &str) -> Option<Vec<&'a str>> {
    text.lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.len() > 2 && fields[0] == user)
}

const MOST_CHARACTERS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nd:x:1:1::/:/usr/sbin/nologin\ne:x:7:7:::\n\
                          odd:x:none:0::/:\n";

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let root = parse_account(PASSWD, "root").unwrap();
        assert_eq!(
            (root.uid, root.home.as_str(), root.shell.as_str()),
            (0, "/root", "/bin/bash")
        );
        assert!(!root.shell_refuses());
        assert!(parse_account(PASSWD, "d").unwrap().shell_refuses());
        assert_eq!(parse_account(PASSWD, "e").unwrap().shell, "/bin/sh");
        for user in ["roo", "", "odd", "root:x"] {
            assert_eq!(parse_account(PASSWD, user), None, "{user}");
        }
    }

    #[test]
    fn of_a_password_only_its_state_is_kept() {
        let shadow = "a:$6$salt$hash:19000:0:99999:7:::\nb:!$6$x:0:0:99999:7::19000:\nc:*:1::::::\n\
                      d::1::::30000::\n";
        let state = |user| {
            let state = parse_password_state(shadow, user, 20_000).unwrap();
            (state.locked, state.expired, state.must_change)
        };
        assert_eq!(state("a"), (false, false, false));
        assert_eq!(state("b"), (true, true, true));
        assert_eq!(state("c"), (true, false, false));
        assert_eq!(state("d"), (false, false, false));
        assert_eq!(parse_password_state(shadow, "x", 1), None);
    }
}
