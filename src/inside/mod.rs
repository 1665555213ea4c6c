//! What an instance says of itself: the snapshot that `reachdx inside` takes.
//!
//! A datum that could not be read is [`Datum::Skipped`] with its reason, which is a different fact
//! from one that was read and found empty. The parsers here take the text of a kernel file and give
//! back facts; a line they do not understand is an error that names it, never a guess.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod cgroup;
mod cloud;
mod counters;
mod far_end;
mod gather;
mod host;
mod host_rules;
mod malformed;
mod modules;
mod netlink;
mod packet_programs;
mod read;
mod replay;
mod routes;
mod since;
mod snapshot;
mod socket_diag;
mod sockets;
mod source;
mod ssh_login;
mod witness;

pub use cgroup::{Managed, parse_cgroup};
pub use cloud::{Ask, Cloud, CloudFacts, Fact};
pub use counters::{
    Counters, connect_counters, moved, parse_conntrack_drops, parse_counters, parse_counters6,
    parse_softnet,
};
pub use far_end::{DEFAULT_OUTBOUND, FarEnd, FarEndError, MOST_FAR_ENDS, parse_outbound};
pub(crate) use gather::SETTINGS;
pub use gather::{
    About, Basics, COUNTERS, Logged, NO_CLIENT, Reading, basics, conntrack, counted, host,
    listeners, modules, of_log, reading,
};
pub use host::{
    AccessVerdict, Account, Bans, BindFailure, CloudInit, Disk, FaillockSettings, FileFacts, Host,
    HostReply, HostTable, LinkFacts, ListRefusal, Load, Login, LoginFailures, LoginGates, Memory,
    Neighbour, PamGates, PamLine, PasswordState, PolicyRule, Processors, ServerAnswer,
    ServerOutcome, SshCheck, SshProblem, UnitState, Usage, Wrappers, access, answer_code, deciding,
    gate_refusal, groups_of, host_request, is_jailed, judge_ssh_check, list_refuses, name_question,
    pam_refusal, parse_account, parse_bind_failures, parse_cloud_init, parse_crowdsec,
    parse_descriptors, parse_fail2ban, parse_failed_units, parse_host_reply, parse_jails,
    parse_kernel_log, parse_listen_streams, parse_load, parse_memory, parse_oom_kills, parse_pam,
    parse_password_state, parse_pressure, parse_processors, parse_refusals, parse_resolvers,
    parse_sshguard, parse_sshguard_settings, parse_system_state, parse_unit, parse_uptime,
    wrappers,
};
pub(crate) use host::{REASONS, TROUBLES};
pub use host_rules::{can_interfere, can_rewrite};
pub use malformed::Malformed;
pub use modules::Modules;
pub use netlink::DiagError;
pub use packet_programs::{LinkReply, LinkTable, link_request, packet_programs, parse_link_reply};
pub use read::{SnapshotError, read_snapshot};
pub use replay::replay;
pub use routes::{parse_ipv4_routes, parse_ipv6_routes};
pub use since::{Change, Since, unwell};
pub use snapshot::{
    Address, Connect, ConnectCounters, Conntrack, Datum, Established, Listener, Outbound, Owner,
    PacketProgram, Pairing, Privilege, ProgramKind, Route, RouteToClient, RulesText,
    SNAPSHOT_VERSION, Snapshot, SshLogin, Taken,
};
pub use socket_diag::{
    DiagReply, DiagTable, REQUEST, SocketDetail, diag_request, parse_diag_reply, parse_half_open,
};
pub use sockets::{SocketRow, parse_sockets};
pub use source::{FileStatus, FileText, Holder, Owners, Source};
pub use ssh_login::{login_refusal, parse_ssh_settings};
pub use witness::{
    CounterWindow, Decoded, HalfOpen, Instruction, MOST_PORTS, MOST_SIGHTINGS, PacketKind,
    PacketWay, Sighting, Sightings, Tally, Watched, Witness, decode, filter,
};
