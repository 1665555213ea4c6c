//! The state of the host itself.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::files::{noted, parsed};
use super::{bans, login, pam, ssh_units};
use crate::inside::{
    Datum, Host, Load, Source, Usage, parse_cloud_init, parse_descriptors, parse_kernel_log,
    parse_load, parse_memory, parse_oom_kills, parse_pressure, parse_processors, parse_resolvers,
    parse_uptime,
};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::IpAddr;

/// Why nothing is told of a client.
pub const NO_CLIENT: &str = "no client was named: give --from";

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
    let (refusals, ssh_binds) = login::logged(source, about.client);
    let load = parsed(source, "/proc/loadavg", parse_load);
    Host {
        resolvers: parsed(source, "/etc/resolv.conf", |it| Some(parse_resolvers(it))),
        login: noted(source, login::gates(source, about)),
        pam: noted(source, pam::gates(source, about)),
        wrappers: noted(source, login::wrappers(source, about.client)),
        refusals: noted(source, refusals),
        ssh_binds: noted(source, ssh_binds),
        bans: bans::bans(source, about.client),
        ssh_socket: noted(source, ssh_units::socket(source)),
        ssh_files: noted(source, ssh_units::files(source, &about.user)),
        pressure: noted(source, pressure(source)),
        memory: parsed(source, "/proc/meminfo", parse_memory),
        descriptors: parsed(source, "/proc/sys/fs/file-nr", parse_descriptors),
        uptime_s: parsed(source, "/proc/uptime", parse_uptime),
        processors: parsed(source, "/proc/stat", parse_processors),
        tasks: noted(source, tasks(source, &load)),
        load,
        oom_kills: parsed(source, "/proc/vmstat", parse_oom_kills),
        kernel_log: noted(source, kernel_log(source)),
        cloud_init: parsed(source, "/run/cloud-init/status.json", parse_cloud_init),
        needs_reboot: noted(source, needs_reboot(source)),
        clock_synchronised: noted(source, source.clock_synchronised()),
        selinux_enforces: parsed(source, "/sys/fs/selinux/enforce", |it| match it.trim() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }),
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

/// Tasks beside the lower of the kernel's two limits (`proc_sys_kernel(5)`).
fn tasks(source: &dyn Source, load: &Datum<Load>) -> Datum<Usage> {
    let limit = |name: &str| {
        let number = parsed(source, &format!("{KERNEL}/{name}"), |it| {
            it.trim().parse().ok()
        });
        number.value().copied()
    };
    let limits: Option<Vec<u64>> = ["pid_max", "threads-max"].into_iter().map(limit).collect();
    match (load, limits.and_then(|it| it.into_iter().min())) {
        (Datum::Read { value, .. }, Some(max)) => Datum::read(
            KERNEL,
            Usage {
                used: value.tasks,
                max,
            },
        ),
        (Datum::Read { .. }, None) => Datum::skipped(KERNEL, "its limits cannot be read"),
        (Datum::Skipped { source, reason, .. }, _) => Datum::skipped(source, reason),
    }
}

fn kernel_log(source: &dyn Source) -> Datum<BTreeMap<String, u64>> {
    match source.kernel_log() {
        Ok(log) => Datum::read_up_to(LOG, parse_kernel_log(&log.text), log.truncated),
        Err(error) => Datum::skipped(LOG, error.to_string()),
    }
}

/// Debian's mark; what it lies in is gone with the running system.
fn needs_reboot(source: &dyn Source) -> Datum<bool> {
    if source.text("/proc/uptime").is_err() {
        return Datum::skipped(REBOOT, source.silence());
    }
    match source.status(REBOOT) {
        Ok(_) => Datum::read(REBOOT, true),
        Err(error) if error.kind() == ErrorKind::NotFound => Datum::read(REBOOT, false),
        Err(error) => Datum::skipped(REBOOT, error.to_string()),
    }
}

const KERNEL: &str = "/proc/sys/kernel";
const LOG: &str = "/dev/kmsg, dmesg(1)";
const REBOOT: &str = "/run/reboot-required";
const PRESSURE: &str = "/proc/pressure";
