//! What the script's parts say, as a snapshot.

use super::network;
use super::record::{Missing, Output, Record};
use crate::inside::{
    Conntrack, Counters, Datum, Host, LoginGates, RulesText, SNAPSHOT_VERSION, Snapshot, SshCheck,
    SshLogin, judge_ssh_check, moved, parse_account, parse_conntrack_drops, parse_counters,
    parse_counters6, parse_descriptors, parse_load, parse_memory, parse_pressure, parse_resolvers,
    parse_ssh_settings, parse_uptime,
};
use std::collections::BTreeMap;

/// Everything; what the script does not look for is skipped with that reason.
pub(super) fn snapshot(record: &Record) -> Snapshot {
    let addresses = network::addresses(record);
    let settings = settings(record);
    Snapshot {
        reachdx_inside: SNAPSHOT_VERSION,
        tool_version: record.version.clone(),
        taken_at: record.at.clone(),
        duration_s: record.seconds.map_or(0.0, f64::from),
        root: record.root,
        listeners: network::listeners(record),
        sysctls: network::sysctls(&settings, &addresses),
        addresses,
        routes: network::routes(record),
        route_to_client: network::route_to_client(record),
        established: unasked(),
        ssh_login: ssh_login(record),
        probes: Vec::new(),
        connects: Vec::new(),
        outbound: Vec::new(),
        counters: counters(record),
        conntrack: conntrack(record, &settings),
        firewall: TOOLS
            .map(|tool| (tool.to_owned(), listing(record, tool)))
            .into(),
        packet_programs: unasked(),
        host: host(record),
        witness: None,
        since: None,
        listener_ports: None,
        pairing: None,
    }
}

/// A part through its parser, where it was read.
pub(super) fn part<T>(
    record: &Record,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Datum<T> {
    match record.success(name) {
        Ok(output) => match parse(&output.text) {
            Some(value) => read(output, value),
            None => Missing::new(&output.source, "does not have the expected form").datum(),
        },
        Err(missing) => missing.datum(),
    }
}

/// A fact of one part.
pub(super) fn read<T>(output: &Output, value: T) -> Datum<T> {
    Datum::Read {
        source: output.source.clone(),
        value,
        truncated: output.truncated,
    }
}

fn unasked<T>() -> Datum<T> {
    Missing::new(
        "",
        "the shell script does not look for it: run `reachdx inside` there",
    )
    .datum()
}

fn listing(record: &Record, tool: &str) -> Datum<RulesText> {
    let text = |text: &str| {
        Some(RulesText {
            text: text.to_owned(),
        })
    };
    part(record, tool, text)
}

/// The kernel's settings by the paths of their files below `/proc/sys`.
fn settings(record: &Record) -> Datum<BTreeMap<String, String>> {
    part(record, "settings", |text| {
        let pair = |line: &str| {
            let (path, value) = line.split_once(' ')?;
            Some((path.to_owned(), value.trim().to_owned()))
        };
        let settings: BTreeMap<_, _> = text.lines().filter_map(pair).collect();
        (!settings.is_empty()).then_some(settings)
    })
}

fn conntrack(record: &Record, settings: &Datum<BTreeMap<String, String>>) -> Datum<Conntrack> {
    let settings = match settings {
        Datum::Read { value, .. } => value,
        Datum::Skipped { source, reason } => return Missing::new(source, reason).datum(),
    };
    let number = |file: &str| {
        let path = format!("net/netfilter/nf_conntrack_{file}");
        settings.get(&path)?.parse::<u64>().ok()
    };
    let drops = |when: &str| {
        let table = record.success(&format!("tracking.{when}")).ok()?;
        parse_conntrack_drops(&table.text).ok()
    };
    let dropped = drops("before").zip(drops("after"));
    let drops = dropped.map_or(0, |(before, after)| after.saturating_sub(before));
    match number("count").zip(number("max")) {
        Some((count, max)) => Datum::Read {
            source: TRACKING.to_owned(),
            value: Conntrack { count, max, drops },
            truncated: false,
        },
        None => Missing::new(TRACKING, "connection tracking is not active").datum(),
    }
}

/// The counters that moved while the script ran.
fn counters(record: &Record) -> Datum<BTreeMap<String, u64>> {
    let readings = reading(record, "before").and_then(|it| Ok((it, reading(record, "after")?)));
    match readings {
        Ok((before, after)) => Datum::Read {
            source: "/proc/net/{snmp,snmp6,netstat}".to_owned(),
            value: moved(&before, &after),
            truncated: false,
        },
        Err(missing) => missing.datum(),
    }
}

fn reading(record: &Record, when: &str) -> Result<Counters, Missing> {
    let mut counters = Counters::new();
    for file in ["snmp", "netstat", "snmp6"] {
        let table = match record.success(&format!("{file}.{when}")) {
            Ok(table) => table,
            Err(missing) if missing.no_such_file() && file == "snmp6" => continue,
            Err(missing) => return Err(missing),
        };
        let parse = match file {
            "snmp6" => parse_counters6,
            _ => parse_counters,
        };
        let read = parse(&table.text);
        counters.append(&mut read.map_err(|it| Missing::new(&table.source, it.to_string()))?);
    }
    Ok(counters)
}

fn host(record: &Record) -> Host {
    Host {
        load: part(record, "load", parse_load),
        pressure: pressure(record),
        memory: part(record, "memory", parse_memory),
        descriptors: part(record, "descriptors", parse_descriptors),
        uptime_s: part(record, "uptime", parse_uptime),
        resolvers: part(record, "resolvers", |it| Some(parse_resolvers(it))),
        links: network::links(record),
        neighbours: network::neighbours(record),
        login: part(record, "account", login),
        ssh_check: ssh_check(record),
        selinux_enforces: part(record, "selinux", |it| match it.trim() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }),
        ..Host::skipped("the shell script does not look for it: run `reachdx inside` there")
    }
}

fn pressure(record: &Record) -> Datum<BTreeMap<String, f64>> {
    let mut all = BTreeMap::new();
    for resource in ["cpu", "io", "memory"] {
        match part(record, &format!("pressure.{resource}"), parse_pressure) {
            Datum::Read { value, .. } => all.extend(
                value
                    .into_iter()
                    .map(|(kind, percent)| (format!("{resource}.{kind}"), percent)),
            ),
            Datum::Skipped { source, reason } => return Missing::new(&source, reason).datum(),
        }
    }
    Datum::Read {
        source: "/proc/pressure".to_owned(),
        value: all,
        truncated: false,
    }
}

fn login(text: &str) -> Option<LoginGates> {
    let after = |word: &str| text.lines().find_map(|line| line.strip_prefix(word));
    let user = after("user ")?;
    Some(LoginGates {
        user: user.chars().take(64).collect(),
        nologin: after("nologin ").is_some(),
        account: parse_account(text, user),
        shell_exists: after("shell ").map(|it| it == "yes"),
        password: None,
    })
}

/// What `sshd -t` said; a missing directory is no fault where systemd listens in the server's place.
fn ssh_check(record: &Record) -> Datum<SshCheck> {
    match record.output("sshd-check") {
        Ok(output) if output.status == "0" => read(
            output,
            SshCheck {
                problem: None,
                place: None,
            },
        ),
        Ok(output) if output.text.contains(MISSING_DIRECTORY) => Missing::new(
            &output.source,
            "its directory /run/sshd is missing, so that it says nothing",
        )
        .datum(),
        Ok(output) if STOPPED.contains(&output.status.as_str()) => {
            match record.success("sshd-check") {
                Ok(_) => unasked(),
                Err(missing) => missing.datum(),
            }
        }
        Ok(output) => read(output, judge_ssh_check(&output.text)),
        Err(missing) => missing.datum(),
    }
}

/// The settings, for the connection that the command line names.
fn ssh_login(record: &Record) -> Datum<SshLogin> {
    let output = match record.success("sshd-login") {
        Ok(output) => output,
        Err(missing) => return missing.datum(),
    };
    let connection = output.source.rsplit(' ').next().unwrap_or_default();
    let named = |key: &str| connection.split(',').find_map(|it| it.strip_prefix(key));
    let client = named("addr=").and_then(|it| it.parse().ok());
    let Some((user, client)) = named("user=").zip(client) else {
        return Missing::new(&output.source, "names no user and client").datum();
    };
    read(
        output,
        SshLogin {
            user: user.to_owned(),
            client,
            settings: parse_ssh_settings(&output.text),
        },
    )
}

const TOOLS: [&str; 6] = [
    "nft",
    "iptables-nft",
    "iptables-legacy",
    "ip6tables-nft",
    "ip6tables-legacy",
    "ipset",
];
const TRACKING: &str = "/proc/sys/net/netfilter, /proc/net/stat/nf_conntrack";
const MISSING_DIRECTORY: &str = "Missing privilege separation directory";
/// What `timeout(1)` gives, and what becomes of a command whose end it is.
const STOPPED: [&str; 4] = ["124", "143", "126", "127"];
