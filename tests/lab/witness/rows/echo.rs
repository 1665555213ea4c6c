//! Rows about echo requests.

use super::{DROPPED, ECHO, OPEN, UNSURE, UPSTREAM, input, without_ssh};
use crate::fault::Certainty::{Possible, Proven};
use crate::truth::Truth;
use crate::witness::{Row, Says};

pub(super) const ROWS: &[Row] = &[
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
