//! What we know before we judge: one run's plan and everything that was collected, complete in
//! itself, so that a saved run can be diagnosed again on another machine.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::inside::Snapshot;
use probes::{Observation, Resolution, Trace};
use rulesets::SecurityGroups;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One run: what was asked, and what was found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Run {
    /// The tool's version.
    pub tool_version: String,
    /// When it started, RFC 3339, UTC.
    pub started_at: String,
    /// When it started, seconds since 1970; certificates are judged by it.
    pub started_unix: i64,
    /// Seconds it took.
    pub duration_s: f64,
    /// True when it was interrupted before every probe was done.
    pub interrupted: bool,
    /// What was asked.
    pub plan: Plan,
    /// What was found.
    pub evidence: Evidence,
}

/// What the user asked for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Plan {
    /// The target as given: a name or an address.
    pub target: String,
    /// The services to reach, in order.
    pub services: Vec<PlannedService>,
    /// What each flow is expected to do; keys are service labels, or `LABEL-out` for outbound.
    pub expect: BTreeMap<String, Expectation>,
    /// The client's address as the target sees it, when the user gave it.
    pub from: Option<IpAddr>,
    /// The target's own address, when the user gave it.
    pub target_ip: Option<IpAddr>,
    /// Whose networks the instance is in: `tencent` or `generic`.
    pub provider: String,
    /// The time-out of one probe's connect, in seconds.
    pub timeout_s: f64,
}

/// One service to reach.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PlannedService {
    /// The user's name for it, such as `ssh` or `tcp/8080`.
    pub label: String,
    /// The protocol spoken, a name of `probes::SERVICES`.
    pub service: String,
    /// The port; `None` for ICMP.
    pub port: Option<u16>,
}

/// What a flow is expected to do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// It should be reachable.
    Open,
    /// It should not.
    Blocked,
}

/// Everything known.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Evidence {
    /// How the target became addresses.
    pub resolution: Option<Resolution>,
    /// What the outside probes saw, in plan order, one a service and address.
    pub outside: Vec<Observation>,
    /// Whether our own host has a route to the world.
    pub own_routes: Option<OwnRoutes>,
    /// Probes of control targets: hosts that have nothing to do with the target.
    pub controls: Vec<Observation>,
    /// How far SYNs get, for silent ports and one port that answers.
    pub traces: Vec<Trace>,
    /// The bound security groups, in priority order, when they were given.
    pub groups: Option<SecurityGroups>,
    /// What the instance says of itself, when it was asked.
    pub inside: Option<Snapshot>,
    /// True when the run itself started the snapshot's witness before its first probe and ended it after
    /// its last, so that the watch covers all of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub witness_joined: bool,
    /// Remarks of the collector that a reader should see, such as a proxy variable that was ignored.
    pub notes: Vec<String>,
}

/// Whether our own host can send packets beyond its own networks, by family.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OwnRoutes {
    /// A route for public IPv4 addresses exists.
    pub ipv4: bool,
    /// A route for public IPv6 addresses exists.
    pub ipv6: bool,
}
