//! The gates that PAM sets before a login (`pam.conf(5)`): lines of a stack, the count of failures that
//! `pam_faillock` keeps, and lists of users.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::AccessVerdict;
use serde::{Deserialize, Serialize};

/// What PAM's own gates say of the user's login by SSH.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PamGates {
    /// Modules of the stack `sshd`, in its order.
    pub modules: Vec<String>,
    /// Those that every login needs, by key or by password, and that are not on the host; `None` where
    /// the place of modules is not known.
    pub missing: Option<Vec<String>>,
    /// What `pam_access` says of the user and the client, where the stack has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessVerdict>,
    /// The list by which `pam_listfile` refuses the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_by_list: Option<ListRefusal>,
    /// Failures that `pam_faillock` counted, where the stack has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<LoginFailures>,
}

/// A list of users that keeps one out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ListRefusal {
    /// Its file.
    pub file: String,
    /// True where keys do not help either.
    pub keys_too: bool,
}

/// Failed logins of one user (`faillock(8)`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LoginFailures {
    /// How many count now.
    pub counted: u32,
    /// How many lock passwords out.
    pub limit: u32,
    /// True while passwords are refused for them.
    pub locked: bool,
    /// Seconds until they are taken again; `None` where an administrator has to lift it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<u64>,
}

/// One line of a stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PamLine {
    /// `auth`, `account`, `session` or `password`.
    pub kind: String,
    /// `required`, `include` and the like, or what stands in brackets.
    pub control: String,
    /// The module, or the file that is included.
    pub module: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// True where the module may be missing.
    pub optional: bool,
}

impl PamLine {
    /// The value of an argument `NAME=VALUE`.
    pub fn argument(&self, name: &str) -> Option<&str> {
        let mut values = self.arguments.iter();
        values.find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
    }

    /// True where a failure of it refuses the login.
    fn decides(&self) -> bool {
        ["required", "requisite"].contains(&self.control.as_str())
    }

    /// True where lines behind it may be left out.
    fn leads_past(&self) -> bool {
        let words = self.control.split([' ', '=']);
        let is_jump = |word: &str| word == "done" || word.parse::<u32>().is_ok();
        self.control == "sufficient" || words.into_iter().any(is_jump)
    }

    /// True for the module of this name, with or without its place.
    pub fn is(&self, module: &str) -> bool {
        self.module.rsplit('/').next() == Some(module)
    }
}

/// The lines of a file of `/etc/pam.d`; `@include FILE` is a line without a kind.
pub fn parse_pam(text: &str) -> Vec<PamLine> {
    let joined = text.replace("\\\n", " ");
    joined.lines().filter_map(line).take(MOST_LINES).collect()
}

fn line(text: &str) -> Option<PamLine> {
    let text = text.split('#').next()?.trim();
    let (kind, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    if kind == "@include" {
        return Some(PamLine {
            kind: String::new(),
            control: "include".to_owned(),
            module: rest.split_whitespace().next()?.to_owned(),
            arguments: Vec::new(),
            optional: false,
        });
    }
    let (control, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => rest.split_once(char::is_whitespace)?,
    };
    let mut words = rest.split_whitespace();
    Some(PamLine {
        kind: kind.trim_start_matches('-').to_ascii_lowercase(),
        control: control.trim().to_ascii_lowercase(),
        module: words.next()?.to_owned(),
        arguments: words.map(str::to_owned).collect(),
        optional: kind.starts_with('-'),
    })
}

/// The lines of one kind that every login comes by and that refuse it where their module fails: those
/// that decide, before the first that may lead past others.
pub fn deciding<'s>(stack: &'s [PamLine], kind: &'s str) -> impl Iterator<Item = &'s PamLine> {
    let lines = stack.iter().filter(move |line| line.kind == kind);
    lines
        .take_while(|line| !line.leads_past())
        .filter(|line| line.decides())
}

/// How `pam_faillock` is set (`faillock.conf(5)`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaillockSettings {
    /// Where the counts lie.
    pub directory: String,
    deny: u32,
    interval_s: u64,
    /// 0 where only an administrator lifts it.
    unlock_s: u64,
    deny_root: bool,
    root_unlock_s: Option<u64>,
}

impl FaillockSettings {
    /// Of the settings file's text and the module's arguments, which go before it.
    pub fn new(text: &str, arguments: &[String]) -> Self {
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or(""));
        let mut settings = Self {
            directory: "/var/run/faillock".to_owned(),
            deny: 3,
            interval_s: 900,
            unlock_s: 600,
            deny_root: false,
            root_unlock_s: None,
        };
        for setting in lines.chain(arguments.iter().map(String::as_str)) {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            settings.set(name.trim(), value.trim());
        }
        settings
    }

    fn set(&mut self, name: &str, value: &str) {
        let seconds = match value {
            "never" => Some(0),
            value => value.parse().ok(),
        };
        match name {
            "dir" if value.starts_with('/') => value.clone_into(&mut self.directory),
            "deny" => self.deny = value.parse().unwrap_or(self.deny),
            "fail_interval" => self.interval_s = seconds.unwrap_or(self.interval_s),
            "unlock_time" => self.unlock_s = seconds.unwrap_or(self.unlock_s),
            "even_deny_root" => self.deny_root = true,
            "root_unlock_time" => {
                self.deny_root = true;
                self.root_unlock_s = seconds;
            }
            _ => {}
        }
    }

    /// What a user's file of 64-byte records says (`faillock.h` of Linux-PAM: the source in 52 bytes,
    /// 2 unused, 2 of flags of which the first says that it counts, and 8 for the time).
    pub fn judge(&self, records: &[u8], is_root: bool, now_s: u64) -> LoginFailures {
        let times = records.chunks_exact(64).filter_map(|record| {
            let flags = u16::from_ne_bytes(record[54..56].try_into().ok()?);
            let time = u64::from_ne_bytes(record[56..64].try_into().ok()?);
            (flags & 1 == 1).then_some(time)
        });
        let times: Vec<u64> = times.collect();
        let latest = times.iter().copied().max().unwrap_or(0);
        let recent = times.iter().filter(|it| latest - **it < self.interval_s);
        let counted = u32::try_from(recent.count()).unwrap_or(u32::MAX);
        let unlock_s = match self.root_unlock_s {
            Some(seconds) if is_root => seconds,
            Some(_) | None => self.unlock_s,
        };
        let over = unlock_s > 0 && latest.saturating_add(unlock_s) < now_s;
        let spared = is_root && !self.deny_root;
        let locked = self.deny > 0 && counted >= self.deny && !over && !spared;
        LoginFailures {
            counted,
            limit: self.deny,
            locked,
            seconds_left: (locked && unlock_s > 0)
                .then(|| latest.saturating_add(unlock_s).saturating_sub(now_s)),
        }
    }
}

/// Whether `pam_listfile` refuses the user, by its arguments and the text of its file: `None` for what
/// it may be asked beside users.
pub fn list_refuses(line: &PamLine, text: &str, user: &str) -> Option<bool> {
    if line.argument("item") != Some("user") || line.argument("apply").is_some() {
        return None;
    }
    let listed = text.lines().any(|it| it.trim() == user);
    match line.argument("sense")? {
        "deny" => Some(listed),
        "allow" => Some(!listed),
        _ => None,
    }
}

const MOST_LINES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_each_form() {
        let text = "# x\n@include common-auth\n\
                    auth [success=1 default=ignore] pam_unix.so nullok # y\n\
                    -session optional pam_systemd.so\n\
                    account  required \\\n  pam_access.so accessfile=/a\n\
                    broken\n";
        let lines = parse_pam(text);
        let told: Vec<_> = lines
            .iter()
            .map(|it| {
                let arguments = it.arguments.join(",");
                format!("{}|{}|{}|{arguments}", it.kind, it.control, it.module)
            })
            .collect();
        assert_eq!(
            told,
            [
                "|include|common-auth|",
                "auth|success=1 default=ignore|pam_unix.so|nullok",
                "session|optional|pam_systemd.so|",
                "account|required|pam_access.so|accessfile=/a",
            ]
        );
        assert!(lines[2].optional && !lines[3].optional);
        assert_eq!(lines[3].argument("accessfile"), Some("/a"));
        assert!(lines[3].decides() && !lines[1].decides());
    }

    #[test]
    fn only_what_every_login_comes_by_decides() {
        let text = "account required pam_nologin.so\n\
                    auth sufficient pam_rootok.so\n\
                    account optional pam_a.so\n\
                    account requisite pam_access.so\n\
                    account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n\
                    account requisite pam_deny.so\n\
                    auth required pam_faillock.so preauth\n";
        let stack = parse_pam(text);
        let modules = |kind| {
            deciding(&stack, kind)
                .map(|it| it.module.as_str())
                .collect()
        };
        let account: Vec<_> = modules("account");
        assert_eq!(account, ["pam_nologin.so", "pam_access.so"]);
        let auth: Vec<_> = modules("auth");
        assert!(auth.is_empty(), "{auth:?}");
    }

    fn record(valid: bool, time: u64) -> Vec<u8> {
        let mut record = vec![0; 54];
        record.extend(u16::from(valid).to_ne_bytes());
        record.extend(time.to_ne_bytes());
        record
    }

    #[test]
    fn failures_lock_while_they_are_many_and_fresh() {
        let settings = FaillockSettings::new("deny = 2\nunlock_time=300\n", &[]);
        let records = [record(true, 1000), record(true, 1100), record(false, 1101)].concat();
        let judged = |now| settings.judge(&records, false, now);
        let locked = judged(1200);
        assert_eq!((locked.counted, locked.limit, locked.locked), (2, 2, true));
        assert_eq!(locked.seconds_left, Some(200));
        assert!(!judged(1401).locked);
        assert!(!settings.judge(&records, true, 1200).locked, "root");
        assert!(!settings.judge(&records[..64], false, 1100).locked);
        assert_eq!(settings.judge(&records[..63], false, 0).counted, 0);
        let never = FaillockSettings::new("", &["deny=2".into(), "unlock_time=never".into()]);
        let locked = never.judge(&records, false, 999_999);
        assert_eq!((locked.locked, locked.seconds_left), (true, None));
        let root = FaillockSettings::new("deny=2\neven_deny_root\nroot_unlock_time = 50", &[]);
        assert_eq!(root.judge(&records, true, 1120).seconds_left, Some(30));
    }

    #[test]
    fn a_list_refuses_by_its_sense() {
        let line = |arguments: &str| {
            parse_pam(&format!("auth required pam_listfile.so {arguments}\n"))[0].clone()
        };
        for (arguments, want) in [
            ("item=user sense=deny file=/a", Some(true)),
            ("item=user sense=allow file=/a", Some(false)),
            ("item=tty sense=deny file=/a", None),
            ("item=user sense=deny file=/a apply=@x", None),
        ] {
            assert_eq!(
                list_refuses(&line(arguments), "bob\nalice\n", "alice"),
                want
            );
        }
    }
}
