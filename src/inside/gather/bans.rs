//! Lists of the programs that ban, as far as they lie in files.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::NO_CLIENT;
use super::files::{noted, what_failed};
use crate::inside::{Bans, Datum, Source, parse_sshguard, parse_sshguard_settings};
use std::io::ErrorKind;
use std::net::IpAddr;

/// Those that are read; the others are asked by commands, where the host runs.
pub(super) fn bans(source: &dyn Source, client: Option<IpAddr>) -> Bans {
    let found = match client {
        Some(client) => sshguard(source, client),
        None => Datum::skipped(BLACKLISTS[0], NO_CLIENT),
    };
    let asked = ASKED.map(|program| (program, Datum::skipped("", source.silence())));
    let all = asked.into_iter().chain([("sshguard", found)]);
    all.map(|(program, lists)| (program.to_owned(), noted(source, lists)))
        .collect()
}

fn sshguard(source: &dyn Source, client: IpAddr) -> Datum<Vec<String>> {
    let settings = source.text("/etc/sshguard/sshguard.conf").ok();
    let named = settings.and_then(|it| parse_sshguard_settings(&it.text));
    let usual = BLACKLISTS.map(str::to_owned);
    let mut reason = "there is no blacklist of sshguard".to_owned();
    for path in named.into_iter().chain(usual) {
        match source.text(&path) {
            Ok(file) => {
                let lists = parse_sshguard(&file.text, client);
                return Datum::read_up_to(&path, lists, file.truncated);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => reason = what_failed(&path, &error),
        }
    }
    Datum::skipped(BLACKLISTS[0], reason)
}

const ASKED: [&str; 2] = ["crowdsec", "fail2ban"];
const BLACKLISTS: [&str; 2] = ["/var/lib/sshguard/enemies", "/var/db/sshguard/blacklist.db"];
