//! Replies, and connections of the instance's own, that its firewall keeps in.

use super::tables::nft;
use crate::fault::{Expect, Fault, HEALTHY, Outside, fixed_by};
use crate::lab::{PRIVATE, PUBLIC_V6};
use crate::truth::{SMTP, SSH, Truth};

const KEPT_IN: Fault = Fault {
    truth: Truth::Timeout,
    expect: Expect::Cause(&["host_firewall.output_dropped"]),
    ..HEALTHY
};

const MAIL_KEPT_IN: Fault = Fault {
    flow: "out/tcp/25",
    outside: Outside::NotAsked,
    ..KEPT_IN
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "replies_are_dropped",
        inject: |lab| lab.host("iptables-nft -I OUTPUT -p tcp --sport 22 -j DROP"),
        fix: fixed_by(|lab| lab.host("iptables-nft -F OUTPUT"), SSH),
        ..KEPT_IN
    },
    Fault {
        name: "replies_are_dropped_by_nftables",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain o {
                        type filter hook output priority 0; policy drop;
                        oifname lo accept
                        ct state new accept
                        meta l4proto { icmp, ipv6-icmp } accept
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f o ct state established,related accept"),
            SSH,
        ),
        ..KEPT_IN
    },
    Fault {
        name: "replies_are_dropped_by_legacy",
        inject: |lab| {
            lab.host(
                "iptables-legacy -A OUTPUT -o lo -j ACCEPT; \
                iptables-legacy -A OUTPUT -p tcp --sport 22 -j DROP",
            );
        },
        fix: fixed_by(|lab| lab.host("iptables-legacy -F OUTPUT"), SSH),
        ..KEPT_IN
    },
    Fault {
        name: "replies_are_dropped_after_routing",
        target: PUBLIC_V6,
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain late {
                        type filter hook postrouting priority 50; policy accept;
                        oifname lo accept
                        tcp sport 22 drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f late tcp sport 22 accept"),
            SSH,
        ),
        ..KEPT_IN
    },
    Fault {
        name: "mail_out_is_dropped",
        inject: |lab| lab.host("iptables-nft -I OUTPUT -p tcp --dport 25 -j DROP"),
        fix: fixed_by(|lab| lab.host("iptables-nft -F OUTPUT"), SMTP),
        ..MAIL_KEPT_IN
    },
    Fault {
        name: "mail_out_is_dropped_by_legacy",
        inject: |lab| {
            lab.host(
                "iptables-legacy -A OUTPUT -o lo -j ACCEPT; \
                iptables-legacy -A OUTPUT -p tcp -m multiport --dports 25,465 -j DROP",
            );
        },
        fix: fixed_by(|lab| lab.host("iptables-legacy -F OUTPUT"), SMTP),
        ..MAIL_KEPT_IN
    },
    Fault {
        name: "mail_out_is_rejected",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain o {
                        type filter hook output priority 0; policy accept;
                        tcp dport 25 reject with icmpx type admin-prohibited
                    }
                }",
            );
        },
        truth: Truth::Rejected(3, 13, PRIVATE),
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f o tcp dport 25 accept"),
            SMTP,
        ),
        ..MAIL_KEPT_IN
    },
];
