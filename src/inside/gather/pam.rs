//! The gates that PAM sets before a login by SSH.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::About;
use super::files::what_failed;
use crate::inside::{
    AccessVerdict, Datum, FaillockSettings, ListRefusal, Login, LoginFailures, PamGates, PamLine,
    Source, access, deciding, groups_of, list_refuses, parse_account, parse_pam,
};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Reads the stack of `sshd` with what it includes, and what its modules read.
pub(super) fn gates(source: &dyn Source, about: &About) -> Datum<PamGates> {
    let mut stack = Vec::new();
    if let Err(reason) = follow(source, "sshd", None, 0, &mut stack) {
        return Datum::skipped(PLACE, reason);
    }
    let mut modules: Vec<String> = Vec::new();
    for line in &stack {
        if modules.len() < MOST_MODULES && !modules.contains(&line.module) {
            modules.push(line.module.clone());
        }
    }
    Datum::read(
        PLACE,
        PamGates {
            modules,
            missing: missing(source, &stack),
            access: deciding(&stack, "account")
                .find(|line| line.is("pam_access.so"))
                .map(|line| access_verdict(source, about, line)),
            refused_by_list: refusal(source, about, &stack),
            failures: failures(source, about, &stack),
        },
    )
}

/// Adds the lines of a file to the stack; of one that is included for a kind, the lines of that kind.
fn follow(
    source: &dyn Source,
    name: &str,
    only: Option<&str>,
    depth: usize,
    stack: &mut Vec<PamLine>,
) -> Result<(), String> {
    let path = match name {
        path if path.starts_with('/') => path.to_owned(),
        name => format!("{PLACE}/{name}"),
    };
    let text = source.text(&path);
    let text = text.map_err(|error| what_failed(&path, &error))?.text;
    for line in parse_pam(&text) {
        let is_of_all = line.kind.is_empty();
        if !is_of_all && only.is_some_and(|only| only != line.kind) {
            continue;
        }
        if stack.len() >= MOST_LINES || depth >= DEEPEST {
            return Err(format!("{path}: more lines or files than are followed"));
        }
        if ["include", "substack"].contains(&line.control.as_str()) {
            let only = if is_of_all {
                only
            } else {
                Some(line.kind.as_str())
            };
            follow(source, &line.module, only, depth + 1, stack)?;
        } else {
            stack.push(line);
        }
    }
    Ok(())
}

fn missing(source: &dyn Source, stack: &[PamLine]) -> Option<Vec<String>> {
    let exists = |path: &str| match source.status(path) {
        Ok(_) => Some(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(false),
        Err(_) => None,
    };
    let homes: Vec<String> = HOMES
        .iter()
        .flat_map(|home| match home.split_once("{cpu}") {
            Some((before, after)) => CPUS.map(|cpu| format!("{before}{cpu}{after}")).to_vec(),
            None => vec![(*home).to_owned()],
        })
        .filter(|home| exists(&format!("{home}/pam_unix.so")) == Some(true))
        .collect();
    if homes.is_empty() {
        return None;
    }
    // A key opens the door past the lines of `auth`; what `$` stands for, the library alone knows.
    let needed = deciding(stack, "account");
    let needed = needed.filter(|line| !line.optional && !line.module.contains('$'));
    let mut missing: Vec<String> = Vec::new();
    for line in needed {
        let places = match line.module.as_str() {
            path if path.starts_with('/') => vec![path.to_owned()],
            name => homes.iter().map(|home| format!("{home}/{name}")).collect(),
        };
        let is_missing = places.iter().all(|place| exists(place) == Some(false));
        if is_missing && !missing.contains(&line.module) {
            missing.push(line.module.clone());
        }
    }
    Some(missing)
}

fn access_verdict(source: &dyn Source, about: &About, line: &PamLine) -> AccessVerdict {
    let Some(client) = about.client else {
        return AccessVerdict::Unknown;
    };
    let separators = ["listsep", "fieldsep"];
    if separators.iter().any(|it| line.argument(it).is_some()) {
        return AccessVerdict::Unknown;
    }
    let named = line.argument("accessfile");
    let mut paths = vec![named.unwrap_or(ACCESS).to_owned()];
    if named.is_none() {
        let more = match source.names(MORE_ACCESS) {
            Ok(names) => names,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(_) => return AccessVerdict::Unknown,
        };
        let is_settings =
            |name: &String| Path::new(name).extension().is_some_and(|it| it == "conf");
        let more = more.into_iter().filter(is_settings);
        paths.extend(more.map(|name| format!("{MORE_ACCESS}/{name}")));
    }
    let texts = paths.iter().map(|path| source.text(path));
    let texts: Option<Vec<_>> = texts
        .map(|text| text.ok().filter(|it| !it.truncated))
        .collect();
    let group = source.text("/etc/group");
    let passwd = source.text("/etc/passwd");
    let (Some(texts), Ok(group), Ok(passwd)) = (texts, group, passwd) else {
        return AccessVerdict::Unknown;
    };
    let (member_of, known) = groups_of(&about.user, &group.text, &passwd.text);
    let login = Login {
        user: &about.user,
        client,
        member_of,
        known,
        files_know_all: files_know_all(source),
        words_are_groups: !line.arguments.iter().any(|it| it == "nodefgroup"),
    };
    let files = paths.iter().map(String::as_str);
    access(files.zip(texts.iter().map(|it| it.text.as_str())), &login)
}

/// Whether no directory service adds members to a group (`nsswitch.conf(5)`).
fn files_know_all(source: &dyn Source) -> bool {
    match source.text("/etc/nsswitch.conf") {
        Ok(file) => {
            let mut lines = file
                .text
                .lines()
                .map(|it| it.split('#').next().unwrap_or(""));
            let named = lines.find_map(|line| line.trim().strip_prefix("group:"));
            let named = named.unwrap_or("files");
            named.split_whitespace().all(|it| LOCAL.contains(&it))
        }
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn refusal(source: &dyn Source, about: &About, stack: &[PamLine]) -> Option<ListRefusal> {
    let both = ["account", "auth"].into_iter();
    let mut lists = both
        .flat_map(|kind| deciding(stack, kind))
        .filter(|line| line.is("pam_listfile.so"));
    lists.find_map(|line| {
        let file = line.argument("file")?;
        let text = source.text(file).ok().filter(|it| !it.truncated)?;
        let refuses = list_refuses(line, &text.text, &about.user)?;
        refuses.then(|| ListRefusal {
            file: file.to_owned(),
            keys_too: line.kind == "account",
        })
    })
}

fn failures(source: &dyn Source, about: &About, stack: &[PamLine]) -> Option<LoginFailures> {
    let line = deciding(stack, "auth").find(|line| line.is("pam_faillock.so"))?;
    let path = line.argument("conf").unwrap_or(FAILLOCK);
    let text = source
        .text(path)
        .map_or_else(|_| String::new(), |it| it.text);
    let settings = FaillockSettings::new(&text, &line.arguments);
    let records = count(source, &settings.directory, &about.user).ok()?;
    let passwd = source.text("/etc/passwd").ok()?;
    let is_root = parse_account(&passwd.text, &about.user)?.uid == 0;
    let now_s = u64::try_from(about.now_s?).ok()?;
    Some(settings.judge(&records, is_root, now_s))
}

fn count(source: &dyn Source, directory: &str, user: &str) -> io::Result<Vec<u8>> {
    if user.contains('/') {
        return Err(ErrorKind::InvalidInput.into());
    }
    match source.bytes(&format!("{directory}/{user}")) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        records => records,
    }
}

const PLACE: &str = "/etc/pam.d";
const ACCESS: &str = "/etc/security/access.conf";
const MORE_ACCESS: &str = "/etc/security/access.d";
const FAILLOCK: &str = "/etc/security/faillock.conf";
/// Sources of `nsswitch.conf` that hold what the host itself knows.
const LOCAL: [&str; 3] = ["files", "compat", "systemd"];
const MOST_LINES: usize = 512;
const MOST_MODULES: usize = 64;
const DEEPEST: usize = 8;
/// Where distributions keep modules; `{cpu}` is the machine's name in Debian's multiarch.
const HOMES: [&str; 6] = [
    "/lib/{cpu}-linux-gnu/security",
    "/usr/lib/{cpu}-linux-gnu/security",
    "/lib64/security",
    "/usr/lib64/security",
    "/lib/security",
    "/usr/lib/security",
];
const CPUS: [&str; 6] = [
    "x86_64",
    "aarch64",
    "i386",
    "riscv64",
    "loongarch64",
    "s390x",
];
