//! One rule, or one policy, that stops the port: by each tool, with each answer.

use super::DROPPED;
use crate::fault::{Certainty, Fault, fixed_by};
use crate::lab::{PUBLIC, PUBLIC_V6};
use crate::truth::{SSH, Truth};

const REJECTED: Fault = Fault {
    fix: fixed_by(|lab| lab.host("iptables-nft -F INPUT"), SSH),
    ..super::REJECTED
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "iptables_drops",
        inject: |lab| lab.host("iptables-nft -I INPUT -p tcp --dport 22 -j DROP"),
        fix: fixed_by(|lab| lab.host("iptables-nft -D INPUT 1"), SSH),
        ..DROPPED
    },
    Fault {
        name: "iptables_legacy_drops",
        inject: |lab| lab.host("iptables-legacy -I INPUT -p tcp --dport 22 -j DROP"),
        fix: fixed_by(|lab| lab.host("iptables-legacy -D INPUT 1"), SSH),
        ..DROPPED
    },
    Fault {
        name: "nftables_drops",
        inject: |lab| {
            lab.host(
                "nft 'add table inet f; \
                add chain inet f i { type filter hook input priority 0; policy accept; }; \
                add rule inet f i tcp dport 22 drop'",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft 'insert rule inet f i tcp dport 22 accept'"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "raw_prerouting_drops",
        inject: |lab| lab.host("iptables-nft -t raw -I PREROUTING -p tcp --dport 22 -j DROP"),
        fix: fixed_by(|lab| lab.host("iptables-nft -t raw -F PREROUTING"), SSH),
        ..DROPPED
    },
    // Loopback is spared, so that nothing but the rules themselves tells this from an upstream drop.
    Fault {
        name: "input_policy_drops",
        certainty: Certainty::Proven,
        inject: |lab| {
            lab.host(
                "iptables-nft -A INPUT -i lo -j ACCEPT; \
                iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; \
                iptables-nft -A INPUT -p tcp --dport 80 -j ACCEPT; \
                iptables-nft -P INPUT DROP",
            );
        },
        fix: fixed_by(
            |lab| lab.host("iptables-nft -I INPUT -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "ip6tables_drops",
        target: PUBLIC_V6,
        inject: |lab| lab.host("ip6tables-nft -I INPUT -p tcp --dport 22 -j DROP"),
        fix: fixed_by(|lab| lab.host("ip6tables-nft -F INPUT"), SSH),
        ..DROPPED
    },
    Fault {
        name: "echo_is_dropped",
        flow: "in/icmp",
        services: "icmp",
        inject: |lab| lab.host("iptables-nft -I INPUT -p icmp -j DROP"),
        truth: Truth::NoEcho,
        fix: fixed_by(
            |lab| lab.host("iptables-nft -I INPUT -p icmp -j ACCEPT"),
            Truth::Echo,
        ),
        ..DROPPED
    },
    Fault {
        name: "iptables_rejects_as_unreachable_port",
        inject: |lab| lab.host("iptables-nft -I INPUT -p tcp --dport 22 -j REJECT"),
        truth: Truth::Rejected(3, 3, PUBLIC),
        ..REJECTED
    },
    Fault {
        name: "iptables_rejects_with_a_reset",
        inject: |lab| {
            lab.host("iptables-nft -I INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset");
        },
        truth: Truth::Refused,
        ..REJECTED
    },
    Fault {
        name: "iptables_rejects_as_prohibited",
        inject: |lab| {
            lab.host(
                "iptables-nft -I INPUT -p tcp --dport 22 -j REJECT --reject-with icmp-admin-prohibited",
            );
        },
        truth: Truth::Rejected(3, 13, PUBLIC),
        ..REJECTED
    },
    Fault {
        name: "iptables_rejects_as_prohibited_host",
        inject: |lab| {
            lab.host(
                "iptables-nft -I INPUT -p tcp --dport 22 -j REJECT --reject-with icmp-host-prohibited",
            );
        },
        truth: Truth::Rejected(3, 10, PUBLIC),
        ..REJECTED
    },
    Fault {
        name: "ip6tables_rejects_as_prohibited",
        target: PUBLIC_V6,
        inject: |lab| {
            lab.host(
                "ip6tables-nft -I INPUT -p tcp --dport 22 -j REJECT --reject-with icmp6-adm-prohibited",
            );
        },
        truth: Truth::Rejected(1, 1, PUBLIC_V6),
        fix: fixed_by(|lab| lab.host("ip6tables-nft -F INPUT"), SSH),
        ..REJECTED
    },
    Fault {
        name: "ip6tables_rejects_as_unreachable_port",
        target: PUBLIC_V6,
        inject: |lab| lab.host("ip6tables-nft -I INPUT -p tcp --dport 22 -j REJECT"),
        truth: Truth::Rejected(1, 4, PUBLIC_V6),
        fix: fixed_by(|lab| lab.host("ip6tables-nft -F INPUT"), SSH),
        ..REJECTED
    },
];
