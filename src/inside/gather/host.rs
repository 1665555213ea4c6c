//! The state of the host itself.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::files::{noted, parsed};
use super::{bans, login, pam, ssh_units};
use crate::inside::{
    Datum, Host, Source, parse_descriptors, parse_load, parse_memory, parse_pressure,
    parse_resolvers, parse_uptime,
};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Whom the host is asked about.
#[derive(Clone, Debug)]
pub struct About {
    /// The user who would log in.
    pub user: String,
    /// The client.
    pub client: Option<IpAddr>,
    /// Seconds since 1970; `None` where nobody knows what time it was.
    pub now_s: Option<i64>,
}

/// Everything but what needs a command or another's answer, and the disks, which may hang on a dead
/// file server.
pub fn host(source: &dyn Source, about: &About) -> Host {
    Host {
        resolvers: noted(
            source,
            parsed(source, "/etc/resolv.conf", |it| Some(parse_resolvers(it))),
        ),
        login: noted(source, login::gates(source, about)),
        pam: noted(source, pam::gates(source, about)),
        wrappers: noted(source, login::wrappers(source, about.client)),
        refusals: noted(source, login::refusals(source, about.client)),
        bans: bans::bans(source, about.client),
        ssh_socket: noted(source, ssh_units::socket(source)),
        ssh_files: noted(source, ssh_units::files(source, &about.user)),
        load: noted(source, parsed(source, "/proc/loadavg", parse_load)),
        pressure: noted(source, pressure(source)),
        memory: noted(source, parsed(source, "/proc/meminfo", parse_memory)),
        descriptors: noted(
            source,
            parsed(source, "/proc/sys/fs/file-nr", parse_descriptors),
        ),
        uptime_s: noted(source, parsed(source, "/proc/uptime", parse_uptime)),
        clock_synchronised: noted(source, source.clock_synchronised()),
        selinux_enforces: noted(
            source,
            parsed(source, "/sys/fs/selinux/enforce", |it| match it.trim() {
                "0" => Some(false),
                "1" => Some(true),
                _ => None,
            }),
        ),
        links: noted(source, source.links()),
        neighbours: noted(source, source.neighbours()),
        policy_rules: noted(source, source.policy_rules()),
        ..Host::skipped(source.silence())
    }
}

fn pressure(source: &dyn Source) -> Datum<BTreeMap<String, f64>> {
    let mut all = BTreeMap::new();
    for resource in ["cpu", "io", "memory"] {
        match parsed(source, &format!("{PRESSURE}/{resource}"), parse_pressure) {
            Datum::Read { value, .. } => all.extend(
                value
                    .into_iter()
                    .map(|(kind, percent)| (format!("{resource}.{kind}"), percent)),
            ),
            Datum::Skipped { source, reason, .. } => return Datum::skipped(&source, reason),
        }
    }
    Datum::read(PRESSURE, all)
}

const PRESSURE: &str = "/proc/pressure";
