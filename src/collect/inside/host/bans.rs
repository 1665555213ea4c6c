//! Programs that ban, asked whether they hold the client.

use crate::collect::inside::by;
use crate::collect::inside::clock::Clock;
use crate::collect::inside::command::{Bounds, CommandError, find, run};
use crate::inside::{
    Bans, Datum, NO_CLIENT, is_jailed, parse_crowdsec, parse_fail2ban, parse_jails,
};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// Asks fail2ban and `CrowdSec`, which tell root alone, until `end`.
pub(in crate::collect::inside) async fn bans(
    is_root: bool,
    client: Option<IpAddr>,
    clock: Clock,
    end: Instant,
) -> Bans {
    let (fail2ban, crowdsec) = tokio::join!(
        clock.note(by(end, FAIL2BAN, fail2ban(is_root, client))),
        clock.note(by(end, CROWDSEC, crowdsec(is_root, client)))
    );
    Bans::from([
        ("fail2ban".to_owned(), fail2ban),
        ("crowdsec".to_owned(), crowdsec),
    ])
}

async fn fail2ban(is_root: bool, client: Option<IpAddr>) -> Datum<Vec<String>> {
    let (program, client) = match asked(is_root, client, FAIL2BAN) {
        Ok(asked) => asked,
        Err(reason) => return Datum::skipped(FAIL2BAN, reason),
    };
    let source = format!("{FAIL2BAN} banned {client}");
    match run(&program, &["banned", &client.to_string()], BOUNDS).await {
        Ok(said) => match parse_fail2ban(&said.text) {
            Some(jails) => Datum::read_up_to(&source, jails, said.truncated),
            None => Datum::skipped(&source, MALFORMED),
        },
        // Versions before 0.11 do not know the command.
        Err(CommandError::Failed { .. }) => match each_jail(&program, client).await {
            Ok(jails) => Datum::read(&format!("{FAIL2BAN} status"), jails),
            Err(reason) => Datum::skipped(FAIL2BAN, reason),
        },
        Err(error @ (CommandError::NotStarted(_) | CommandError::TimedOut(_))) => {
            Datum::skipped(&source, error.to_string())
        }
    }
}

async fn each_jail(program: &Path, client: IpAddr) -> Result<Vec<String>, String> {
    let all = run(program, &["status"], BOUNDS).await;
    let all = all.map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for jail in parse_jails(&all.text).ok_or(MALFORMED)? {
        let status = run(program, &["status", &jail], BOUNDS).await;
        let status = status.map_err(|error| error.to_string())?;
        if is_jailed(&status.text, client).ok_or(MALFORMED)? {
            found.push(jail);
        }
    }
    Ok(found)
}

async fn crowdsec(is_root: bool, client: Option<IpAddr>) -> Datum<Vec<String>> {
    let (program, client) = match asked(is_root, client, CROWDSEC) {
        Ok(asked) => asked,
        Err(reason) => return Datum::skipped(CROWDSEC, reason),
    };
    let client = client.to_string();
    let arguments = ["decisions", "list", "--ip", &client, "-o", "json"];
    match run(&program, &arguments, BOUNDS).await {
        Ok(said) => match parse_crowdsec(&said.text) {
            Some(scenarios) => Datum::read(&format!("{CROWDSEC} decisions list"), scenarios),
            None => Datum::skipped(CROWDSEC, MALFORMED),
        },
        Err(error) => Datum::skipped(CROWDSEC, error.to_string()),
    }
}

/// Whom to ask about whom.
fn asked(
    is_root: bool,
    client: Option<IpAddr>,
    name: &str,
) -> Result<(PathBuf, IpAddr), &'static str> {
    let client = client.ok_or(NO_CLIENT)?;
    let program = find(&DIRECTORIES.map(PathBuf::from), name).ok_or("not installed")?;
    if !is_root {
        return Err("asking it needs root");
    }
    Ok((program, client))
}

const FAIL2BAN: &str = "fail2ban-client";
const CROWDSEC: &str = "cscli";
const MALFORMED: &str = "did not answer in the form it is known for";
const DIRECTORIES: [&str; 4] = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"];
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    output: 64 << 10,
};
