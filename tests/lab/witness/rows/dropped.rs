//! Rows in which the packets are lost on their way in.

use super::{
    DROPPED, OPEN, SILENT, UNSURE, UPSTREAM, input, open_many, translate, translated, without_ssh,
};
use crate::driver::drop_ssh;
use crate::fault::Certainty::{Possible, Proven};
use crate::faults::{fill_connection_table, nft};
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
        nobody: NOTHING_COMES,
        ..SILENT
    },
    Row {
        name: "dropped_upstream_beside_many_connections",
        services: "ssh,http",
        groups: without_ssh,
        inject: open_many,
        root: Says {
            at_most: Possible,
            excluded: &[],
            evidence: "packets were lost unseen",
            ..UPSTREAM
        },
        nobody: NOTHING_COMES,
        ..SILENT
    },
    Row {
        name: "dropped_for_a_full_connection_table",
        inject: |lab, _| fill_connection_table(lab),
        root: Says {
            causes: &["instance.conntrack_full"],
            at_least: Proven,
            excluded: &["network_acl.inbound_denied", "isp.port_blocked"],
            evidence: "nothing went back",
            ..OPEN
        },
        // How full it is, anybody may read.
        nobody: Says {
            causes: &["instance.conntrack_full"],
            evidence: "",
            ..OPEN
        },
        ..SILENT
    },
    Row {
        name: "dropped_at_the_driver",
        services: "ssh,http",
        inject: |lab, _| lab.attached.push(drop_ssh(&lab.instance, "eth0")),
        root: Says {
            causes: &["host_firewall.dropped", "isp.port_blocked"],
            at_most: Possible,
            evidence: "the XDP program at eth0 may have taken it",
            ..OPEN
        },
        nobody: NOTHING_COMES,
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
        nobody: NOTHING_COMES,
        ..SILENT
    },
];

/// What a witness without privileges leaves open where nothing comes.
const NOTHING_COMES: Says = Says {
    causes: &["host_firewall.dropped", "isp.port_blocked"],
    at_most: Possible,
    ..UNSURE
};
