//! Rows in which the client is answered.

use super::{HEALTHY, OPEN, REJECTED, input, rejected};
use crate::fault::Certainty::Proven;
use crate::servers::{self, Server};
use crate::truth::Truth;
use crate::witness::{Row, Says};

pub(super) const ROWS: &[Row] = &[
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
];
