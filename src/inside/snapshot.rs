#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Host, Since, Witness};
use probes::{Observation, Trace};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// The version of the snapshot's form.
pub const SNAPSHOT_VERSION: u32 = 1;

/// Everything collected on one instance in one run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Snapshot {
    /// Always [`SNAPSHOT_VERSION`]; names this form, so that no other JSON is mistaken for it.
    pub reachdx_inside: u32,
    /// The tool's version.
    pub tool_version: String,
    /// When it was taken, RFC 3339, UTC.
    pub taken_at: String,
    /// How long it took, in seconds.
    pub duration_s: f64,
    /// True when the collector ran as root.
    pub root: bool,
    /// Listening TCP and bound UDP sockets.
    pub listeners: Datum<Vec<Listener>>,
    /// Addresses of every interface that is up.
    pub addresses: Datum<Vec<Address>>,
    /// The main routing tables of both families.
    pub routes: Datum<Vec<Route>>,
    /// The route towards the client, when `--from` named one.
    pub route_to_client: Datum<RouteToClient>,
    /// Connections from the client that are open now, when `--from` named one.
    #[serde(default = "not_collected")]
    pub established: Datum<Vec<Established>>,
    /// The SSH server's effective settings for a user from the client, when `--from` named one.
    #[serde(default = "not_collected")]
    pub ssh_login: Datum<SshLogin>,
    /// Full conversations with the instance's own services, over loopback and its own addresses.
    pub probes: Vec<Observation>,
    /// One bare connect with counters around it, for each own address and port where a
    /// conversation did not get as far as an open connection.
    pub connects: Vec<Connect>,
    /// Probes of far ends.
    pub outbound: Vec<Outbound>,
    /// Kernel counters that moved between the start and the end of the run, by name, such as
    /// `Ip.InReceives` or `TcpExt.ListenOverflows`.
    pub counters: Datum<BTreeMap<String, u64>>,
    /// Kernel settings that decide reachability, by name, such as `net.ipv4.icmp_echo_ignore_all`.
    pub sysctls: Datum<BTreeMap<String, String>>,
    /// The connection tracking table.
    pub conntrack: Datum<Conntrack>,
    /// The host firewall's rules as each tool prints them, by tool: `nft`, `iptables-nft`,
    /// `iptables-legacy`, `ip6tables-nft`, `ip6tables-legacy`, and the sets of `ipset`.
    pub firewall: BTreeMap<String, Datum<RulesText>>,
    /// What sees packets outside the firewall's rules and may drop them: XDP programs and traffic
    /// control hooks. Programs of sockets and control groups are not among them.
    #[serde(default = "not_collected")]
    pub packet_programs: Datum<Vec<PacketProgram>>,
    /// The state of the host itself.
    #[serde(default, skip_serializing_if = "Host::is_untold")]
    pub host: Host,
    /// What the witness saw, when one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// What changed since the last time all was well, where a snapshot of then was at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Datum<Since>>,
    /// The only TCP ports that `listeners` speaks of, where it does not hold every socket; `None` when
    /// it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listener_ports: Option<BTreeSet<u16>>,
    /// What ties it to one run, when a pairing code was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing: Option<Pairing>,
}

/// A seal that only who knows the pairing code can make.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pairing {
    /// HMAC-SHA-256 (RFC 2104) under the pairing code over the rest, its first 16 bytes in
    /// hexadecimal.
    pub tag: String,
}

/// A fact, or the reason it was not collected.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Datum<T> {
    /// It was read.
    Read {
        /// Where from: a file, a system call, a command.
        source: String,
        /// What it says.
        value: T,
        /// True when it was cut at a limit.
        truncated: bool,
        /// With which rights, and when.
        #[serde(flatten)]
        taken: Taken,
    },
    /// It could not be read; says nothing about what it would have said.
    Skipped {
        /// Where it would have come from.
        source: String,
        /// Why, and what would help.
        reason: String,
        /// With which rights that was tried, and when.
        #[serde(flatten)]
        taken: Taken,
    },
}

impl<T> Datum<T> {
    /// A fact that was read whole.
    pub fn read(source: &str, value: T) -> Self {
        Self::read_up_to(source, value, false)
    }

    /// A fact that was read, or the beginning of one.
    pub fn read_up_to(source: &str, value: T, truncated: bool) -> Self {
        Self::Read {
            source: source.to_owned(),
            value,
            truncated,
            taken: Taken::default(),
        }
    }

    /// A fact that was not read, and why.
    pub fn skipped(source: &str, reason: impl Into<String>) -> Self {
        Self::Skipped {
            source: source.to_owned(),
            reason: reason.into(),
            taken: Taken::default(),
        }
    }

    /// The same, with a note of how it was taken.
    #[must_use]
    pub fn taken(mut self, how: Taken) -> Self {
        match &mut self {
            Self::Read { taken, .. } | Self::Skipped { taken, .. } => *taken = how,
        }
        self
    }

    /// The value, when it was read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Read { value, .. } => Some(value),
            Self::Skipped { .. } => None,
        }
    }

    /// The value, when it was read and not cut.
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Read {
                value,
                truncated: false,
                ..
            } => Some(value),
            Self::Read {
                truncated: true, ..
            }
            | Self::Skipped { .. } => None,
        }
    }
}

/// How a fact was taken.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Taken {
    /// The rights of the process that read it; `None` where nobody noted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privilege: Option<Privilege>,
    /// Seconds from the beginning of the run until it was at hand; `None` where nobody noted that, and
    /// then it was within the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_s: Option<f64>,
}

/// The rights of a process, as far as they decide what it can see (`capabilities(7)`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// User 0, who may read every file, see every process and list every rule.
    Root,
    /// User 0 without some of that, as in a container.
    ConfinedRoot,
    /// Another user who may do some of that.
    CapableUser,
    /// Another user.
    User,
}

impl Privilege {
    /// Of a user's number and the text of `/proc/PID/status`; without one, user 0 is taken to be
    /// confined.
    pub fn of(uid: u32, status: Option<&str>) -> Self {
        let lines = status.unwrap_or_default().lines();
        let mut effective = lines.filter_map(|line| line.strip_prefix("CapEff:"));
        let held = effective
            .next()
            .and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
        let held = held.unwrap_or(0) & SEEING;
        match (uid, held) {
            (0, SEEING) => Self::Root,
            (0, _) => Self::ConfinedRoot,
            (_, 0) => Self::User,
            (_, _) => Self::CapableUser,
        }
    }
}

/// `CAP_DAC_READ_SEARCH`, `CAP_NET_ADMIN`, `CAP_NET_RAW` and `CAP_SYS_PTRACE`.
const SEEING: u64 = 1 << 2 | 1 << 12 | 1 << 13 | 1 << 19;

/// What a snapshot of an earlier version did not look for.
fn not_collected<T>() -> Datum<T> {
    Datum::skipped("", "this version of the snapshot does not hold it")
}

/// An open connection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Established {
    /// The instance's end.
    pub local: SocketAddr,
    /// The client's end.
    pub remote: SocketAddr,
}

/// Which settings decide whether a user may log in by SSH, as `sshd -T` resolves them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SshLogin {
    /// The user.
    pub user: String,
    /// The client they were resolved for.
    pub client: IpAddr,
    /// The settings by their lower-case names; one that is given several times holds every value.
    pub settings: BTreeMap<String, Vec<String>>,
}

/// A socket that waits for clients.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Listener {
    /// `tcp` or `udp`.
    pub protocol: String,
    /// The address it is bound to.
    pub address: IpAddr,
    /// The port it is bound to.
    pub port: u16,
    /// For an IPv6 wildcard: `Some(true)` when it takes IPv6 only, `None` when that is not known.
    pub v6_only: Option<bool>,
    /// Connections waiting to be accepted (TCP).
    pub queue: u32,
    /// The most that may wait (TCP), where the kernel told.
    pub backlog: Option<u32>,
    /// The user it runs as.
    pub uid: u32,
    /// The process that owns it, where permitted.
    pub owner: Owner,
}

/// Who holds a socket.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Owner {
    /// A process.
    Process {
        /// Its id.
        pid: u32,
        /// The name of its program (`/proc/PID/comm`).
        name: String,
        /// The systemd unit it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// The container it runs in, such as `docker 0123456789ab`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        container: Option<String>,
    },
    /// Not permitted to see.
    Hidden,
    /// Looked for with full permission; the kernel or another namespace holds it.
    NotFound,
}

/// An address of an interface.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Address {
    /// The interface.
    pub interface: String,
    /// The address.
    pub address: IpAddr,
    /// The prefix length.
    pub prefix: u8,
    /// True when the interface is up and running.
    pub up: bool,
}

/// A route of the main table.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Route {
    /// The destination in CIDR form; `0.0.0.0/0` or `::/0` is the default route.
    pub destination: String,
    /// The next hop; `None` for a directly connected network.
    pub gateway: Option<IpAddr>,
    /// The interface.
    pub interface: String,
    /// The metric.
    pub metric: u32,
    /// True for `unreachable`, `prohibit` and `blackhole` routes.
    pub reject: bool,
}

/// The kernel's choice of route towards one client.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RouteToClient {
    /// The client.
    pub client: IpAddr,
    /// The source address the kernel would use; `None` when there is no route.
    pub source: Option<IpAddr>,
    /// The error, when there is no route.
    pub error: Option<String>,
}

/// One bare connect to an own address, with the counters that moved meanwhile.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Connect {
    /// The connect itself, over service `tcp`.
    pub observation: Observation,
    /// What moved.
    pub counters: ConnectCounters,
}

/// Counter changes around one connect; whole network namespace, so noise is possible.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ConnectCounters {
    /// `Ip.InReceives`, or `Ip6InReceives`: packets that came in.
    pub in_receives: u64,
    /// `Ip.InDelivers`, or `Ip6InDelivers`: packets handed to a protocol.
    pub in_delivers: u64,
    /// `Ip.ForwDatagrams`, or `Ip6OutForwDatagrams`: packets passed on to other machines.
    #[serde(default)]
    pub forwarded: u64,
    /// `Tcp.OutRsts`: resets the kernel itself sent; a firewall's reset does not count here.
    pub out_rsts: u64,
    /// `Icmp.OutDestUnreachs`, or `Icmp6OutDestUnreachs`.
    pub out_dest_unreachs: u64,
    /// `TcpExt.ListenOverflows`: SYNs dropped for a full accept queue.
    pub listen_overflows: u64,
    /// `TcpExt.TCPRetransFail`: retransmissions the host itself refused to send.
    pub retrans_fail: u64,
    /// `drop` column of `/proc/net/stat/nf_conntrack`, summed.
    pub conntrack_drops: u64,
}

/// A probe from the instance to a far end.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Outbound {
    /// The far end as it was named.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The conversation; `None` when the name did not resolve.
    pub observation: Option<Observation>,
    /// The resolver's failure, when the name did not resolve.
    pub resolution_error: Option<String>,
    /// How far SYNs get, when the connection timed out.
    pub trace: Option<Trace>,
}

/// Connection tracking.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Conntrack {
    /// Entries in use.
    pub count: u64,
    /// Entries possible.
    pub max: u64,
    /// Packets dropped for want of an entry during the run.
    pub drops: u64,
}

/// A program at an interface.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PacketProgram {
    /// The interface.
    pub interface: String,
    /// Where it hangs.
    pub kind: ProgramKind,
}

/// Where a program hangs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgramKind {
    /// At the driver, before everything else.
    Xdp,
    /// At a hook of traffic control.
    TrafficControl,
}

/// A rule listing, kept as printed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RulesText {
    /// The command's output.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_those_that_hold_and_not_the_users_number() {
        for (uid, effective, want) in [
            (0, "000001ffffffffff", Privilege::Root),
            (0, "00000000a80425fb", Privilege::ConfinedRoot),
            (0, "0000000000000000", Privilege::ConfinedRoot),
            (0, "x", Privilege::ConfinedRoot),
            (65534, "0000000000002000", Privilege::CapableUser),
            (65534, "0000000000000001", Privilege::User),
        ] {
            let status = format!("Name:\treachdx\nCapPrm:\t0\nCapEff:\t{effective}\n");
            assert_eq!(Privilege::of(uid, Some(&status)), want, "{uid} {effective}");
        }
        assert_eq!(Privilege::of(0, None), Privilege::ConfinedRoot);
    }

    #[test]
    fn how_it_was_taken_stands_beside_the_fact() {
        let how = Taken {
            privilege: Some(Privilege::User),
            at_s: Some(0.25),
        };
        let told = serde_json::to_value(Datum::read("/a", 1).taken(how)).unwrap();
        let want = serde_json::json!({"state": "read", "source": "/a", "value": 1,
            "truncated": false, "privilege": "user", "at_s": 0.25});
        assert_eq!(told, want);
        let bare = serde_json::json!({"state": "skipped", "source": "/a", "reason": "b"});
        let read: Datum<u8> = serde_json::from_value(bare.clone()).unwrap();
        assert_eq!(read, Datum::skipped("/a", "b"));
        assert_eq!(serde_json::to_value(read).unwrap(), bare);
    }
}
