//! The rows, as measured: what is injected, and what it then proves.

use super::{Row, Says};
use crate::fault::Certainty::{Likely, Possible, Proven};
use crate::faults::{fill_accept_queue, nft};
use crate::groups::{Group, allow, web};
use crate::lab::{CLIENT_ADDRESS, CLIENT_ADDRESS_V6, Lab, PUBLIC, PUBLIC_V6};
use crate::servers::{self, Server};
use crate::truth::{self, Truth};

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

pub(crate) const ROWS: &[Row] = &[
    HEALTHY,
    Row {
        name: "nothing_listens",
        servers: &[Server::Web],
        truth: |_| Truth::Refused,
        root: Says {
            causes: &["listener.none"],
            at_least: Proven,
            excluded: &["host_firewall.rejected"],
            evidence: "a reset went back",
            ..OPEN
        },
        nobody: Says {
            causes: &["listener.none"],
            at_least: Proven,
            excluded: &["host_firewall.rejected"],
            evidence: "the kernel sent",
            ..OPEN
        },
        ..HEALTHY
    },
    Row {
        name: "listens_on_loopback",
        servers: &[Server::Web],
        inject: |lab, v6| {
            let (address, table) = if v6 {
                ("::1", "tcp6")
            } else {
                ("127.0.0.1", "tcp")
            };
            servers::sshd(&mut lab.instance, &format!("ListenAddress {address}"));
            lab.instance.wait_for_listener(22, &[table]);
        },
        truth: |_| Truth::Refused,
        root: Says {
            causes: &["listener.loopback_only"],
            at_least: Proven,
            excluded: &["host_firewall.rejected"],
            evidence: "a reset went back",
            ..OPEN
        },
        nobody: Says {
            causes: &["listener.loopback_only"],
            at_least: Proven,
            evidence: "the kernel sent",
            ..OPEN
        },
        ..HEALTHY
    },
    Row {
        name: "reset_by_a_filter",
        inject: |lab, _| input(lab, "iifname eth0 tcp dport 22 reject with tcp reset"),
        truth: |_| Truth::Refused,
        root: Says {
            at_least: Proven,
            at_most: Proven,
            evidence: "a reset went back",
            ..REJECTED
        },
        nobody: REJECTED,
        ..HEALTHY
    },
    Row {
        name: "port_unreachable_by_a_filter",
        inject: |lab, _| {
            input(
                lab,
                "iifname eth0 tcp dport 22 reject with icmpx type port-unreachable",
            );
        },
        truth: |v6| rejected(v6, 3, 4),
        root: Says {
            at_least: Proven,
            at_most: Proven,
            evidence: "went back",
            ..REJECTED
        },
        nobody: REJECTED,
        ..HEALTHY
    },
    Row {
        name: "prohibited_by_a_filter",
        inject: |lab, _| {
            input(
                lab,
                "iifname eth0 tcp dport 22 reject with icmpx type admin-prohibited",
            );
        },
        truth: |v6| rejected(v6, 13, 1),
        root: Says {
            at_least: Proven,
            at_most: Proven,
            evidence: "went back",
            ..REJECTED
        },
        nobody: REJECTED,
        ..HEALTHY
    },
    Row {
        name: "dropped_on_input",
        inject: |lab, _| input(lab, "iifname eth0 tcp dport 22 drop"),
        root: Says {
            at_least: Proven,
            at_most: Proven,
            excluded: &["network_acl.inbound_denied", "isp.port_blocked"],
            evidence: "nothing went back",
            ..DROPPED
        },
        nobody: DROPPED,
        ..SILENT
    },
    Row {
        name: "dropped_before_tracking",
        inject: |lab, _| {
            nft(
                lab,
                "table inet f {
                    chain r { type filter hook prerouting priority raw; iifname eth0 tcp dport 22 drop; }
                }",
            );
        },
        root: Says {
            at_least: Proven,
            at_most: Proven,
            excluded: &["network_acl.inbound_denied", "isp.port_blocked"],
            evidence: "nothing went back",
            ..DROPPED
        },
        nobody: DROPPED,
        ..SILENT
    },
    Row {
        name: "dropped_at_the_interface",
        inject: |lab, _| {
            nft(
                lab,
                "table netdev f {
                    chain i { type filter hook ingress device eth0 priority 0; tcp dport 22 drop; }
                }",
            );
        },
        root: Says {
            causes: &["host_firewall.dropped"],
            at_least: Proven,
            excluded: &["network_acl.inbound_denied", "isp.port_blocked"],
            evidence: "nothing went back",
            ..OPEN
        },
        nobody: Says {
            causes: &["host_firewall.dropped"],
            at_most: Possible,
            ..UNSURE
        },
        ..SILENT
    },
    Row {
        name: "dropped_upstream",
        services: "ssh,http",
        groups: without_ssh,
        root: UPSTREAM,
        nobody: Says {
            causes: &["host_firewall.dropped", "isp.port_blocked"],
            at_most: Possible,
            ..UNSURE
        },
        ..SILENT
    },
    Row {
        name: "dropped_on_input_behind_translation",
        client: translated,
        inject: |lab, v6| {
            translate(lab, v6);
            input(lab, "iifname eth0 tcp dport 22 drop");
        },
        root: Says {
            at_least: Proven,
            at_most: Proven,
            excluded: &["network_acl.inbound_denied", "isp.port_blocked"],
            evidence: "packets of tcp/22 arrived at eth0; nothing went back",
            ..DROPPED
        },
        nobody: DROPPED,
        ..SILENT
    },
    Row {
        name: "dropped_upstream_behind_translation",
        services: "ssh,http",
        groups: without_ssh,
        client: translated,
        inject: translate,
        root: UPSTREAM,
        nobody: Says {
            causes: &["host_firewall.dropped", "isp.port_blocked"],
            at_most: Possible,
            ..UNSURE
        },
        ..SILENT
    },
    Row {
        name: "reply_dropped_on_output",
        inject: |lab, _| {
            nft(
                lab,
                "table inet f {
                    chain o { type filter hook output priority 0; oifname eth0 tcp sport 22 drop; }
                }",
            );
        },
        root: Says {
            causes: &["host_firewall.output_dropped"],
            at_least: Proven,
            excluded: &["host_firewall.dropped", "network_acl.return_denied"],
            evidence: "kept the kernel's answer in",
            ..OPEN
        },
        nobody: Says {
            causes: &["host_firewall.output_dropped"],
            at_least: Proven,
            excluded: &["host_firewall.dropped", "network_acl.return_denied"],
            evidence: "kept the kernel's answer in",
            ..OPEN
        },
        ..SILENT
    },
    Row {
        name: "reply_lost_outside",
        inject: |lab, _| lab.network_acl("outbound", "tcp sport 22 drop"),
        root: Says {
            causes: &[
                "network_acl.return_denied",
                "isp.port_blocked",
                "prober.port_filtered",
            ],
            excluded: &[
                "host_firewall.dropped",
                "host_firewall.output_dropped",
                "network_acl.inbound_denied",
                "instance.asymmetric_return",
            ],
            evidence: "the answer left by eth0",
            ..UNSURE
        },
        nobody: Says {
            causes: &[
                "network_acl.return_denied",
                "isp.port_blocked",
                "prober.port_filtered",
            ],
            excluded: &[
                "host_firewall.dropped",
                "host_firewall.output_dropped",
                "network_acl.inbound_denied",
            ],
            evidence: "sent its answer again and again",
            ..UNSURE
        },
        ..SILENT
    },
    Row {
        name: "reply_by_another_interface",
        inject: second_interface,
        root: Says {
            causes: &["instance.asymmetric_return"],
            at_least: Likely,
            excluded: &["host_firewall.dropped", "network_acl.return_denied"],
            evidence: "the answer left by eth1, another interface",
            ..UNSURE
        },
        nobody: Says {
            causes: &[
                "instance.asymmetric_return",
                "network_acl.return_denied",
                "isp.port_blocked",
                "prober.port_filtered",
            ],
            at_most: Possible,
            excluded: &["host_firewall.dropped", "network_acl.inbound_denied"],
            evidence: "sent its answer again and again",
            ..UNSURE
        },
        ..SILENT
    },
    Row {
        name: "taken_by_the_reverse_path_filter",
        over_ipv6: false,
        inject: |lab, v6| {
            second_interface(lab, v6);
            lab.host("echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter");
        },
        root: Says {
            causes: &["instance.reverse_path_filtered"],
            at_least: Proven,
            excluded: &["host_firewall.dropped", "network_acl.inbound_denied"],
            evidence: "IPReversePathFilter moved",
            ..OPEN
        },
        nobody: Says {
            causes: &["instance.reverse_path_filtered"],
            at_least: Likely,
            evidence: "IPReversePathFilter moved",
            ..UNSURE
        },
        ..SILENT
    },
    Row {
        name: "no_route_back",
        inject: |lab, v6| {
            let family = if v6 { "-6" } else { "-4" };
            lab.host(&format!("ip {family} route del default"));
        },
        root: Says {
            causes: &["instance.no_return_route"],
            at_least: Proven,
            excluded: &["host_firewall.output_dropped", "network_acl.return_denied"],
            evidence: "OutNoRoutes moved",
            ..OPEN
        },
        nobody: Says {
            causes: &["instance.no_return_route"],
            at_least: Proven,
            evidence: "OutNoRoutes moved",
            ..OPEN
        },
        ..SILENT
    },
    Row {
        name: "client_is_routed_nowhere",
        inject: |lab, v6| {
            let client = if v6 {
                CLIENT_ADDRESS_V6
            } else {
                CLIENT_ADDRESS
            };
            lab.host(&format!("ip route add blackhole {client}"));
        },
        root: Says {
            causes: &["host_firewall.source_banned"],
            at_least: Likely,
            excluded: &["network_acl.return_denied"],
            evidence: "nothing went back",
            ..OPEN
        },
        nobody: Says {
            causes: &["host_firewall.source_banned"],
            at_least: Likely,
            evidence: "",
            ..OPEN
        },
        ..SILENT
    },
    Row {
        name: "accept_queue_is_full",
        servers: &[Server::Web],
        inject: |lab, v6| fill_accept_queue(lab, if v6 { PUBLIC_V6 } else { PUBLIC }),
        root: Says {
            causes: &["listener.backlog_full"],
            at_least: Proven,
            excluded: &["network_acl.return_denied"],
            evidence: "ListenOverflows moved",
            ..OPEN
        },
        nobody: Says {
            causes: &["listener.backlog_full"],
            at_least: Likely,
            evidence: "ListenOverflows moved",
            ..OPEN
        },
        ..SILENT
    },
    Row {
        name: "echo_is_answered",
        truth: |_| Truth::Echo,
        ..ECHO
    },
    Row {
        name: "echo_is_ignored",
        inject: |lab, v6| {
            let setting = if v6 {
                "ipv6/icmp/echo_ignore_all"
            } else {
                "ipv4/icmp_echo_ignore_all"
            };
            lab.host(&format!("echo 1 >/proc/sys/net/{setting}"));
        },
        root: Says {
            causes: &["instance.echo_ignored"],
            at_least: Proven,
            excluded: &["network_acl.inbound_denied"],
            evidence: "replied to none",
            ..OPEN
        },
        nobody: Says {
            causes: &["instance.echo_ignored"],
            at_least: Proven,
            evidence: "replied to none",
            ..OPEN
        },
        ..ECHO
    },
    Row {
        name: "echo_is_dropped_on_input",
        inject: |lab, _| {
            input(
                lab,
                "iifname eth0 icmp type echo-request drop; \
                 iifname eth0 icmpv6 type echo-request drop",
            );
        },
        root: Says {
            at_least: Proven,
            at_most: Proven,
            excluded: &["network_acl.inbound_denied", "instance.echo_ignored"],
            evidence: "nothing went back",
            ..DROPPED
        },
        nobody: DROPPED,
        ..ECHO
    },
    Row {
        name: "echo_is_dropped_upstream",
        services: "icmp,http",
        groups: without_ssh,
        root: Says {
            causes: &["network_acl.inbound_denied", "security_group.not_in_effect"],
            excluded: &["host_firewall.dropped", "host_firewall.output_dropped"],
            ..UPSTREAM
        },
        nobody: Says {
            causes: &["host_firewall.dropped", "network_acl.inbound_denied"],
            at_most: Possible,
            ..UNSURE
        },
        ..ECHO
    },
];

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

fn rejected(v6: bool, code: u8, code_v6: u8) -> Truth {
    if v6 {
        Truth::Rejected(1, code_v6, PUBLIC_V6)
    } else {
        Truth::Rejected(3, code, PUBLIC)
    }
}
