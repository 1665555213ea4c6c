//! The rows, as measured: what is injected, and what it then proves.

mod dropped;
mod echo;
mod refused;
mod replies;

use super::{Row, Says};
use crate::fault::Certainty::{Likely, Possible, Proven};
use crate::faults::nft;
use crate::flood::{self, Flood};
use crate::groups::{Group, allow, web};
use crate::lab::{CLIENT_ADDRESS, CLIENT_ADDRESS_V6, Lab, PUBLIC, PUBLIC_V6};
use crate::servers::Server;
use crate::truth::{self, Truth};
use std::net::SocketAddr;

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Row> {
    [refused::ROWS, dropped::ROWS, replies::ROWS, echo::ROWS]
        .into_iter()
        .flatten()
}

const OPEN: Says = Says {
    causes: &[],
    at_least: Possible,
    at_most: Proven,
    excluded: &[],
    evidence: "the answer left",
};

/// Without packets: whatever the evidence, and no proof.
const UNSURE: Says = Says {
    at_most: Likely,
    evidence: "",
    ..OPEN
};

const HEALTHY: Row = Row {
    name: "open",
    over_ipv6: true,
    services: "ssh",
    groups: web,
    client: |v6| {
        if v6 {
            CLIENT_ADDRESS_V6
        } else {
            CLIENT_ADDRESS
        }
    },
    servers: &[Server::Ssh, Server::Web],
    inject: |_, _| {},
    truth: |_| truth::SSH,
    root: OPEN,
    nobody: Says {
        evidence: "",
        ..OPEN
    },
};

const SILENT: Row = Row {
    truth: |_| Truth::Timeout,
    ..HEALTHY
};

const ECHO: Row = Row {
    services: "icmp",
    truth: |_| Truth::NoEcho,
    ..HEALTHY
};

/// Nothing that stands behind the interface can be at fault.
const UPSTREAM: Says = Says {
    causes: &[
        "isp.port_blocked",
        "network_acl.inbound_denied",
        "security_group.not_in_effect",
        "prober.port_filtered",
    ],
    at_least: Possible,
    at_most: Likely,
    excluded: &[
        "host_firewall.dropped",
        "host_firewall.output_dropped",
        "instance.asymmetric_return",
        "instance.reverse_path_filtered",
        "network_acl.return_denied",
    ],
    evidence: "arrived at any interface",
};

const REJECTED: Says = Says {
    causes: &["host_firewall.rejected"],
    at_least: Likely,
    at_most: Likely,
    excluded: &["listener.none"],
    evidence: "the kernel sent no reset",
};

const DROPPED: Says = Says {
    causes: &["host_firewall.dropped"],
    at_least: Likely,
    at_most: Likely,
    excluded: &[],
    evidence: "delivered them to nobody",
};

/// The web alone.
fn without_ssh() -> Vec<Group> {
    vec![Group::inbound(
        "sg-web",
        &[
            allow("tcp", "80,443", "0.0.0.0/0"),
            allow("tcp", "80,443", "::/0"),
        ],
    )]
}

fn input(lab: &Lab, rules: &str) {
    nft(
        lab,
        &format!(
            "table inet f {{
                chain i {{ type filter hook input priority 0; policy accept; {rules}; }}
            }}"
        ),
    );
}

/// Gives the client another address and other ports on its way, as a gateway of many clients does.
fn translate(lab: &mut Lab, v6: bool) {
    let client = translated(v6);
    let (family, to) = if v6 {
        ("ip6", format!("[{client}]:20000-29999"))
    } else {
        ("ip", format!("{client}:20000-29999"))
    };
    lab.isp.run_with_input(
        &["nft", "-f", "-"],
        &format!(
            "table {family} gateway {{
                chain out {{
                    type nat hook postrouting priority srcnat;
                    oifname edge meta l4proto tcp snat to {to}
                }}
            }}"
        ),
    );
}

fn translated(v6: bool) -> &'static str {
    if v6 { "2001:db8:c::9" } else { "198.51.100.9" }
}

/// Connections of the client to other addresses arrive, of more ports than are told apart; nobody
/// answers them.
fn open_many(lab: &mut Lab, v6: bool) {
    let (client, other) = if v6 {
        (CLIENT_ADDRESS_V6, "2001:db8:1::99")
    } else {
        (CLIENT_ADDRESS, "10.0.1.99")
    };
    let (client, other) = (client.parse().unwrap(), other.parse().unwrap());
    let syn = |port| {
        let ends = (SocketAddr::new(client, port), SocketAddr::new(other, 22));
        flood::frame(EVERYONE, ends, 6, &flood::segment(2))
    };
    let link = lab.edge.within(|| flood::link("lan"));
    let frames = (1..5000).map(syn).collect();
    lab.floods.push(Flood::start(link, frames, 5000));
}

/// What goes to the client leaves by an interface that leads nowhere.
fn second_interface(lab: &mut Lab, v6: bool) {
    let client = if v6 {
        CLIENT_ADDRESS_V6
    } else {
        CLIENT_ADDRESS
    };
    lab.host(&format!(
        "ip link add eth1 type veth peer name nowhere; \
         ip link set nowhere up; \
         ip address add 10.0.2.10/24 dev eth1; \
         ip address add 2001:db8:2::10/64 dev eth1 nodad; \
         ip link set eth1 up; \
         for filter in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$filter; done; \
         ip neighbour add {client} lladdr 02:00:00:00:00:01 dev eth1; \
         ip route add {client} dev eth1"
    ));
}

/// The hardware address that every machine of a link listens to.
const EVERYONE: [u8; 6] = [255; 6];

fn rejected(v6: bool, code: u8, code_v6: u8) -> Truth {
    if v6 {
        Truth::Rejected(1, code_v6, PUBLIC_V6)
    } else {
        Truth::Rejected(3, code, PUBLIC)
    }
}
