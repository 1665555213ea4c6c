//! Whether the SSH server would start, who listens for it, and the modes of its files.

use crate::collect::inside::command::{Bounds, CommandError, find};
use crate::collect::inside::files::{read, skipped};
use crate::collect::inside::root::Root;
use crate::collect::inside::throwaway::ask_sshd;
use crate::inside::{
    Datum, FileFacts, SshCheck, judge_ssh_check, parse_account, parse_listen_streams,
};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs `sshd -t`; without root the host's keys are not judged.
pub(in crate::collect::inside) async fn check(is_root: bool) -> Datum<SshCheck> {
    let Some(program) = find(&DIRECTORIES.map(PathBuf::from), "sshd") else {
        return skipped(CHECK, "not installed");
    };
    match ask_sshd(is_root, &program, &["-t"], BOUNDS).await {
        Ok(_) => read(
            CHECK,
            SshCheck {
                problem: None,
                place: None,
            },
        ),
        Err(CommandError::Failed { stderr, .. }) if is_root || !stderr.contains("denied") => {
            read(CHECK, judge_ssh_check(&stderr))
        }
        Err(
            error @ (CommandError::NotStarted(_)
            | CommandError::TimedOut(_)
            | CommandError::Failed { .. }),
        ) => skipped(CHECK, error.to_string()),
    }
}

/// The addresses of an enabled `ssh.socket` or `sshd.socket`; of drop-ins with one name the stronger
/// place's counts, and they are read in the order of their names (`systemd.unit(5)`).
pub(super) fn socket(root: &Root) -> Datum<Vec<String>> {
    for unit in ["ssh.socket", "sshd.socket"] {
        let wanted = format!("/etc/systemd/system/sockets.target.wants/{unit}");
        if root.status(&wanted).is_err() {
            continue;
        }
        let Some(text) = UNITS
            .iter()
            .find_map(|place| root.text(&format!("{place}/{unit}")).ok())
        else {
            return skipped(&wanted, "enabled, and its unit file could not be read");
        };
        let mut drop_ins = BTreeMap::new();
        for place in UNITS {
            let directory = format!("{place}/{unit}.d");
            for name in root.names(&directory).unwrap_or_default() {
                if Path::new(&name).extension().is_some_and(|it| it == "conf") {
                    let path = format!("{directory}/{name}");
                    drop_ins.entry(name).or_insert(path);
                }
            }
        }
        let drop_ins = drop_ins.values().filter_map(|path| root.text(path).ok());
        let texts: Vec<String> = std::iter::once(text)
            .chain(drop_ins)
            .map(|file| file.text)
            .collect();
        let addresses = parse_listen_streams(texts.iter().map(String::as_str));
        return read(&wanted, addresses);
    }
    read("/etc/systemd/system/sockets.target.wants", Vec::new())
}

/// Owners and modes along the way to the user's keys, of the settings and of the host keys; of the
/// keys nothing but how many there are.
pub(super) fn files(root: &Root, user: &str) -> Datum<Vec<FileFacts>> {
    let mut paths: Vec<String> = [
        "/etc/ssh",
        "/etc/ssh/sshd_config",
        "/run/sshd",
        "/var/empty/sshd",
    ]
    .map(str::to_owned)
    .to_vec();
    let names = root.names("/etc/ssh").unwrap_or_default();
    let keys = names
        .iter()
        .filter(|name| name.starts_with("ssh_host_") && name.ends_with("_key"));
    paths.extend(keys.take(MOST_KEYS).map(|name| format!("/etc/ssh/{name}")));
    let passwd = root.text("/etc/passwd").ok();
    if let Some(account) = passwd.and_then(|file| parse_account(&file.text, user)) {
        let home = account.home.trim_end_matches('/').to_owned();
        paths.extend(["", "/.ssh", KEYS, "/.ssh/authorized_keys2"].map(|it| format!("{home}{it}")));
    }
    paths.retain(|path| !path.is_empty());
    let facts: Result<Vec<_>, String> = paths.iter().map(|path| facts(root, path)).collect();
    match facts {
        Ok(facts) => read(FILES, facts),
        Err(reason) => skipped(FILES, reason),
    }
}

fn facts(root: &Root, path: &str) -> Result<FileFacts, String> {
    let (mode, uid) = match root.status(path) {
        Ok(status) => (
            Some(format!("{:04o}", status.st_mode & 0o7777)),
            status.st_uid,
        ),
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            (None, 0)
        }
        Err(error) => return Err(format!("{path}: {error}")),
    };
    let list = path.contains(KEYS).then(|| root.text(path).ok()).flatten();
    let keys = list.map(|list| {
        let is_key = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
        list.text.lines().filter(is_key).count()
    });
    Ok(FileFacts {
        path: path.to_owned(),
        mode,
        uid,
        keys,
    })
}

const CHECK: &str = "sshd -t";
const FILES: &str = "stat(2)";
const KEYS: &str = "/.ssh/authorized_keys";
const MOST_KEYS: usize = 16;
const DIRECTORIES: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
/// Where units lie, the stronger first, see `systemd.unit(5)`; the generator's follow the settings of
/// `sshd` where a vendor made it so.
const UNITS: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/generator",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 64 << 10,
};
