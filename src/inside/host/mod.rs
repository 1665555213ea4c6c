//! The state of the host itself: its resources, its links, and what stands between an open port and
//! a login.
//!
//! Nothing here holds a key, a hash, the arguments of a process or a hardware address: the parsers
//! take the text that has them and give back states, counts and modes.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod access_conf;
mod accounts;
mod auth_log;
mod bans;
mod boot;
mod gates;
mod name_servers;
mod neighbours;
mod pam;
mod resources;
mod ssh_server;
mod units;
mod wrappers;

pub use access_conf::{AccessVerdict, Login, access, groups_of};
pub use accounts::{Account, PasswordState, parse_account, parse_password_state};
pub(crate) use auth_log::REASONS;
pub use auth_log::{BindFailure, parse_bind_failures, parse_refusals};
pub use bans::{
    is_jailed, parse_crowdsec, parse_fail2ban, parse_jails, parse_sshguard, parse_sshguard_settings,
};
pub(crate) use boot::TROUBLES;
pub use boot::{
    CloudInit, Processors, parse_cloud_init, parse_kernel_log, parse_oom_kills, parse_processors,
};
pub use gates::{gate_refusal, pam_refusal};
pub use name_servers::{ServerAnswer, ServerOutcome, answer_code, name_question};
pub use neighbours::{
    HostReply, HostTable, LinkFacts, Neighbour, PolicyRule, host_request, parse_host_reply,
};
pub use pam::{
    FaillockSettings, ListRefusal, LoginFailures, PamGates, PamLine, deciding, list_refuses,
    parse_pam,
};
pub use resources::{
    Load, Memory, Usage, parse_descriptors, parse_load, parse_memory, parse_pressure,
    parse_resolvers, parse_uptime,
};
pub use ssh_server::{SshCheck, SshProblem, judge_ssh_check, parse_listen_streams};
pub(super) use units::is_unit_text;
pub use units::{UnitState, parse_failed_units, parse_system_state, parse_unit};
pub use wrappers::{Wrappers, wrappers};

use super::{CloudFacts, Datum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a run found about the host; a member that an earlier version did not collect reads as
/// skipped.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Host {
    /// How many tasks want to run.
    pub load: Datum<Load>,
    /// How much of the last ten seconds tasks stalled for want of a resource, in percent, by
    /// resource and kind, such as `memory.full`.
    pub pressure: Datum<BTreeMap<String, f64>>,
    /// Memory.
    pub memory: Datum<Memory>,
    /// File systems that stop a host when they are full or read-only.
    pub disks: Datum<Vec<Disk>>,
    /// Open files of the whole system.
    pub descriptors: Datum<Usage>,
    /// Seconds since boot.
    pub uptime_s: Datum<u64>,
    /// The processors.
    pub processors: Datum<Processors>,
    /// Tasks of the whole system.
    pub tasks: Datum<Usage>,
    /// Processes killed since boot for want of memory.
    pub oom_kills: Datum<u64>,
    /// What the kernel's log tells of trouble, by kind; the log reaches back as far as its buffer.
    pub kernel_log: Datum<BTreeMap<String, u64>>,
    /// What systemd says of the whole: `running`, `degraded`, or `maintenance` where the machine came up
    /// for repair alone.
    pub system_state: Datum<String>,
    /// What cloud-init came to.
    pub cloud_init: Datum<CloudInit>,
    /// True when an update waits for the machine to be started anew.
    pub needs_reboot: Datum<bool>,
    /// True when the kernel believes its clock to be synchronised.
    pub clock_synchronised: Datum<bool>,
    /// What the cloud's own service tells, where it was asked for.
    pub cloud: Datum<CloudFacts>,
    /// Name servers of `/etc/resolv.conf`.
    pub resolvers: Datum<Vec<IpAddr>>,
    /// How each of them took a question for a far end's name, where one was named.
    pub name_servers: Datum<Vec<ServerAnswer>>,
    /// Every interface.
    pub links: Datum<Vec<LinkFacts>>,
    /// What is known of neighbours on the links.
    pub neighbours: Datum<Vec<Neighbour>>,
    /// Which routing table serves whom.
    pub policy_rules: Datum<Vec<PolicyRule>>,
    /// What stands before the login of the user asked for.
    pub login: Datum<LoginGates>,
    /// What PAM's own gates say of that login.
    pub pam: Datum<PamGates>,
    /// What TCP wrappers say of the client to `sshd`.
    pub wrappers: Datum<Wrappers>,
    /// Logins of the client that were refused, by reason.
    pub refusals: Datum<BTreeMap<String, u64>>,
    /// Ports that the SSH server could not bind, by its log, of some time before.
    pub ssh_binds: Datum<Vec<BindFailure>>,
    /// The lists of each program that bans which hold the client, such as jails of fail2ban.
    #[serde(skip_serializing_if = "Bans::is_empty")]
    pub bans: Bans,
    /// Whether `sshd` would start with its settings.
    pub ssh_check: Datum<SshCheck>,
    /// What systemd says of the SSH server's unit.
    pub ssh_unit: Datum<UnitState>,
    /// Units that failed.
    pub failed_units: Datum<Vec<String>>,
    /// The addresses on which systemd listens on behalf of `sshd`, where it is set up so; then the
    /// server's own `Port` counts for nothing.
    pub ssh_socket: Datum<Vec<String>>,
    /// Owners and modes of the files that `sshd` is strict about.
    pub ssh_files: Datum<Vec<FileFacts>>,
    /// True when `SELinux` enforces its policy.
    pub selinux_enforces: Datum<bool>,
}

impl Host {
    /// Everything skipped for one reason.
    pub fn skipped(reason: &str) -> Self {
        Self {
            load: skipped(reason),
            pressure: skipped(reason),
            memory: skipped(reason),
            disks: skipped(reason),
            descriptors: skipped(reason),
            uptime_s: skipped(reason),
            processors: skipped(reason),
            tasks: skipped(reason),
            oom_kills: skipped(reason),
            kernel_log: skipped(reason),
            system_state: skipped(reason),
            cloud_init: skipped(reason),
            needs_reboot: skipped(reason),
            clock_synchronised: skipped(reason),
            cloud: skipped(reason),
            resolvers: skipped(reason),
            name_servers: skipped(reason),
            links: skipped(reason),
            neighbours: skipped(reason),
            policy_rules: skipped(reason),
            login: skipped(reason),
            pam: skipped(reason),
            wrappers: skipped(reason),
            refusals: skipped(reason),
            ssh_binds: skipped(reason),
            bans: Bans::new(),
            ssh_check: skipped(reason),
            ssh_unit: skipped(reason),
            failed_units: skipped(reason),
            ssh_socket: skipped(reason),
            ssh_files: skipped(reason),
            selinux_enforces: skipped(reason),
        }
    }

    /// True of a snapshot that does not tell of the host.
    pub fn is_untold(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::skipped("this snapshot does not hold it")
    }
}

fn skipped<T>(reason: &str) -> Datum<T> {
    Datum::skipped("", reason)
}

/// The lists that hold the client, by the name of the program that keeps them.
pub type Bans = BTreeMap<String, Datum<Vec<String>>>;

/// One file system.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Disk {
    /// A directory on it.
    pub path: String,
    /// True when it takes no writes.
    pub read_only: bool,
    /// Space that is not free to ordinary users, in percent, rounded up.
    pub used_percent: u8,
    /// Space that ordinary users have left, in KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_kib: Option<u64>,
    /// Inodes in use, in percent, rounded up; `None` where it has no fixed number.
    pub inodes_used_percent: Option<u8>,
    /// Inodes that ordinary users have left; `None` where it has no fixed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inodes_available: Option<u64>,
}

/// What stands between an accepted connection and a shell.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LoginGates {
    /// The user.
    pub user: String,
    /// True when `/etc/nologin` or `/run/nologin` turns everybody but root away.
    pub nologin: bool,
    /// The account; `None` when `/etc/passwd` does not have it (a directory service may).
    pub account: Option<Account>,
    /// True when the account's shell is a file that can be run.
    pub shell_exists: Option<bool>,
    /// The state of the password, never the password; `None` where not permitted to see.
    pub password: Option<PasswordState>,
}

/// Who may do what with a file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FileFacts {
    /// Its path.
    pub path: String,
    /// Its mode in octal, such as `0600`; `None` when there is no such file.
    pub mode: Option<String>,
    /// Its owner.
    pub uid: u32,
    /// Its label where the host runs or ran `SELinux`, such as `unconfined_u:object_r:ssh_home_t:s0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// How many keys it lists; for `authorized_keys` alone, where permitted.
    pub keys: Option<usize>,
}
