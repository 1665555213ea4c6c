//! Rows in which the packets are taken and no answer comes.

use super::{OPEN, SILENT, UNSURE, second_interface};
use crate::fault::Certainty::{Likely, Possible, Proven};
use crate::faults::{fill_accept_queue, nft};
use crate::lab::{CLIENT_ADDRESS, CLIENT_ADDRESS_V6, PUBLIC, PUBLIC_V6};
use crate::servers::Server;
use crate::witness::{Row, Says};

pub(super) const ROWS: &[Row] = &[
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
];
