//! The parts of a snapshot as facts in words.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Facts, Found};
use crate::inside::{
    Address, Disk, Host, LinkFacts, Listener, LoginGates, Owner, PacketProgram, ProgramKind, Route,
};
use probes::{Observation, Outcome};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Whether own services answered.
pub(super) fn services(probes: &[Observation]) -> Facts {
    let told = probes.iter().filter_map(|seen| {
        let about = format!("{} at {}", seen.probe.label, end(seen));
        let words = match &seen.outcome {
            Outcome::Answered { .. } => "answers",
            Outcome::Stopped { .. } => "does not answer",
            Outcome::NotMeasured { .. } => return None,
        };
        Some((about.clone(), format!("{about} {words}")))
    });
    told.collect()
}

/// The address and the port a probe asked.
pub(super) fn end(seen: &Observation) -> String {
    let address = seen.probe.address;
    seen.probe.port.map_or_else(
        || address.to_string(),
        |port| format!("{address} port {port}"),
    )
}

/// Sockets that wait for clients; ports that a client of the instance's own was given are none.
pub(super) fn listeners(all: &[Listener], named: bool) -> Facts {
    let lasting = |it: &&Listener| it.protocol != "udp" || it.port < EPHEMERAL;
    let told = all.iter().filter(lasting).map(|it| {
        let about = format!("{} {} port {}", it.protocol, it.address, it.port);
        let owner = match &it.owner {
            Owner::Process { name, .. } if named => format!(" ({name})"),
            Owner::Process { .. } | Owner::Hidden | Owner::NotFound => String::new(),
        };
        (about.clone(), about + &owner)
    });
    told.collect()
}

pub(super) fn addresses(all: &[Address]) -> Facts {
    let told = all.iter().map(|it| {
        let about = format!("{}/{} on {}", it.address, it.prefix, it.interface);
        let state = if it.up { "" } else { ", which is down" };
        (about.clone(), about + state)
    });
    told.collect()
}

pub(super) fn links(all: &[LinkFacts]) -> Facts {
    let told = all.iter().map(|it| {
        let state = match (it.up, it.carrier) {
            (true, true) => "up",
            (true, false) => "up without a carrier",
            (false, _) => "switched off",
        };
        (
            it.name.clone(),
            format!("{} is {state}, MTU {}", it.name, it.mtu),
        )
    });
    told.collect()
}

pub(super) fn routes(all: &[Route]) -> Facts {
    let told = all.iter().map(|it| {
        let about = format!("{} {} {}", it.destination, it.interface, it.metric);
        let gateway = it.gateway.map(|gateway: IpAddr| format!(" via {gateway}"));
        let reject = if it.reject { " is rejected" } else { "" };
        let words = format!(
            "{}{} dev {} metric {}{reject}",
            it.destination,
            gateway.unwrap_or_default(),
            it.interface,
            it.metric
        );
        (about, words)
    });
    told.collect()
}

pub(super) fn programs(all: &[PacketProgram]) -> Facts {
    let told = all.iter().map(|it| {
        let kind = match it.kind {
            ProgramKind::Xdp => "an XDP program",
            ProgramKind::TrafficControl => "a traffic control hook",
        };
        let words = format!("{kind} on {}", it.interface);
        (words.clone(), words)
    });
    told.collect()
}

pub(super) fn settings(all: &BTreeMap<String, String>) -> Facts {
    let told = all.iter();
    told.map(|(name, value)| (name.clone(), format!("{name} = {value}")))
        .collect()
}

/// What stands before a login, and what stops a whole host.
pub(super) fn host(found: &mut Found, then: &Host, now: &Host) {
    found.datum("login", (&then.login, &now.login), login);
    let checks = (&then.ssh_check, &now.ssh_check);
    found.datum("SSH server", checks, |check| {
        let words = match (&check.problem, &check.place) {
            (None, _) => "its settings are sound".to_owned(),
            (Some(problem), None) => format!("it would not start: {problem:?}"),
            (Some(problem), Some(place)) => format!("it would not start: {problem:?}, {place}"),
        };
        one("check", words)
    });
    found.datum("SSH socket", (&then.ssh_socket, &now.ssh_socket), |all| {
        all.iter().map(|it| (it.clone(), it.clone())).collect()
    });
    found.datum("SSH files", (&then.ssh_files, &now.ssh_files), |all| {
        let told = all.iter().map(|it| {
            let mode = it.mode.as_deref().unwrap_or("missing");
            let keys = it.keys.map(|keys| format!(", {keys} keys"));
            let words = format!(
                "{} {mode} of {}{}",
                it.path,
                it.uid,
                keys.unwrap_or_default()
            );
            (it.path.clone(), words)
        });
        told.collect()
    });
    found.datum("disks", (&then.disks, &now.disks), |it| disks(it));
    found.datum("name servers", (&then.resolvers, &now.resolvers), |all| {
        let told = all.iter().map(ToString::to_string);
        told.map(|it| (it.clone(), it)).collect()
    });
    let policies = (&then.selinux_enforces, &now.selinux_enforces);
    found.datum("SELinux", policies, |enforces| {
        one(
            "enforces",
            if *enforces { "enforces" } else { "permits" }.into(),
        )
    });
}

fn login(gates: &LoginGates) -> Facts {
    let user = &gates.user;
    let account = match &gates.account {
        None => "is not in /etc/passwd".to_owned(),
        Some(account) => format!("has the shell {}", account.shell),
    };
    let nologin = if gates.nologin {
        "/etc/nologin or /run/nologin turns users away"
    } else {
        "no nologin file"
    };
    let mut facts = one("nologin", nologin.to_owned());
    facts.insert(user.clone(), format!("{user} {account}"));
    if let Some(password) = &gates.password {
        let words = format!("password of {user}: {password:?}");
        facts.insert(format!("{user} password"), words);
    }
    facts
}

/// How full is no difference; that nothing fits any more is.
fn disks(all: &[Disk]) -> Facts {
    let told = all.iter().map(|it| {
        let full = it.used_percent >= FULL || it.inodes_used_percent >= Some(FULL);
        let state = match (it.read_only, full) {
            (true, _) => "takes no writes",
            (false, true) => "is full",
            (false, false) => "has room",
        };
        (it.path.clone(), format!("{} {state}", it.path))
    });
    told.collect()
}

fn one(about: &str, words: String) -> Facts {
    Facts::from([(about.to_owned(), words)])
}

/// Linux gives clients ports from here on (`net.ipv4.ip_local_port_range`).
const EPHEMERAL: u16 = 32768;
/// From so many percent on, a disk counts as full.
const FULL: u8 = 99;
