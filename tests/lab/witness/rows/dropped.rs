//! Rows in which the packets are lost on their way in.

use super::{DROPPED, OPEN, SILENT, UNSURE, UPSTREAM, input, translate, translated, without_ssh};
use crate::fault::Certainty::{Possible, Proven};
use crate::faults::nft;
use crate::witness::{Row, Says};

pub(super) const ROWS: &[Row] = &[
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
];
