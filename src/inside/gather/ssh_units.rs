//! Who listens for the SSH server, and the modes of its files.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::files::what_failed;
use crate::inside::{Datum, FileFacts, Source, parse_account, parse_listen_streams};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The addresses of an enabled `ssh.socket` or `sshd.socket`; of drop-ins with one name the stronger
/// place's counts, and they are read in the order of their names (`systemd.unit(5)`).
pub(super) fn socket(source: &dyn Source) -> Datum<Vec<String>> {
    for unit in ["ssh.socket", "sshd.socket"] {
        let wanted = format!("/etc/systemd/system/sockets.target.wants/{unit}");
        match source.status(&wanted) {
            Ok(_) => {}
            Err(error) if is_missing(&error) => continue,
            Err(error) => return Datum::skipped(&wanted, error.to_string()),
        }
        let Some(text) = UNITS
            .iter()
            .find_map(|place| source.text(&format!("{place}/{unit}")).ok())
        else {
            return Datum::skipped(&wanted, "enabled, and its unit file could not be read");
        };
        let mut drop_ins = BTreeMap::new();
        for place in UNITS {
            let directory = format!("{place}/{unit}.d");
            for name in source.names(&directory).unwrap_or_default() {
                if Path::new(&name).extension().is_some_and(|it| it == "conf") {
                    let path = format!("{directory}/{name}");
                    drop_ins.entry(name).or_insert(path);
                }
            }
        }
        let drop_ins = drop_ins.values().filter_map(|path| source.text(path).ok());
        let texts: Vec<String> = std::iter::once(text)
            .chain(drop_ins)
            .map(|file| file.text)
            .collect();
        let addresses = parse_listen_streams(texts.iter().map(String::as_str));
        return Datum::read(&wanted, addresses);
    }
    Datum::read("/etc/systemd/system/sockets.target.wants", Vec::new())
}

/// Owners and modes along the way to the user's keys, of the settings and of the host keys; of the
/// keys nothing but how many there are.
pub(super) fn files(source: &dyn Source, user: &str) -> Datum<Vec<FileFacts>> {
    let mut paths: Vec<String> = [
        "/etc/ssh",
        "/etc/ssh/sshd_config",
        "/run/sshd",
        "/var/empty/sshd",
    ]
    .map(str::to_owned)
    .to_vec();
    let names = source.names("/etc/ssh").unwrap_or_default();
    let keys = names
        .iter()
        .filter(|name| name.starts_with("ssh_host_") && name.ends_with("_key"));
    paths.extend(keys.take(MOST_KEYS).map(|name| format!("/etc/ssh/{name}")));
    let passwd = source.text("/etc/passwd").ok();
    if let Some(account) = passwd.and_then(|file| parse_account(&file.text, user)) {
        let home = account.home.trim_end_matches('/').to_owned();
        paths.extend(["", "/.ssh", KEYS, "/.ssh/authorized_keys2"].map(|it| format!("{home}{it}")));
    }
    paths.retain(|path| !path.is_empty());
    let facts: Result<Vec<_>, String> = paths.iter().map(|path| facts(source, path)).collect();
    match facts {
        Ok(facts) => Datum::read(FILES, facts),
        Err(reason) => Datum::skipped(FILES, reason),
    }
}

fn facts(source: &dyn Source, path: &str) -> Result<FileFacts, String> {
    let (mode, uid) = match source.status(path) {
        Ok(status) => (Some(format!("{:04o}", status.mode)), status.uid),
        Err(error) if is_missing(&error) => (None, 0),
        Err(error) => return Err(what_failed(path, &error)),
    };
    let list = path
        .contains(KEYS)
        .then(|| source.text(path).ok())
        .flatten();
    let keys = list.map(|list| {
        let is_key = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
        list.text.lines().filter(is_key).count()
    });
    Ok(FileFacts {
        path: path.to_owned(),
        mode,
        uid,
        label: source.label(path).filter(|it| is_label(it)),
        keys,
    })
}

/// `USER:ROLE:TYPE[:LEVEL]`.
fn is_label(text: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"_:.,-".contains(&it);
    text.len() <= 256 && text.split(':').count() >= 3 && text.bytes().all(is_plain)
}

fn is_missing(error: &io::Error) -> bool {
    [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind())
}

const FILES: &str = "stat(2)";
const KEYS: &str = "/.ssh/authorized_keys";
const MOST_KEYS: usize = 16;
/// Where units lie, the stronger first, see `systemd.unit(5)`; the generator's follow the settings of
/// `sshd` where a vendor made it so.
const UNITS: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/generator",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
