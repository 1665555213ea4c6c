//! Bans of the client's address, in every shape that guards give them.

use super::tables::nft;
use crate::fault::{Expect, Fault, HEALTHY, fixed_by};
use crate::lab::{PUBLIC, PUBLIC_V6};
use crate::truth::{SSH, Truth};

const BANNED: Fault = Fault {
    truth: Truth::Timeout,
    expect: Expect::Cause(&["host_firewall.source_banned"]),
    ..HEALTHY
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "fail2ban_rejects_the_client",
        inject: |lab| {
            lab.host(
                "iptables-nft -N f2b-sshd; \
                iptables-nft -A f2b-sshd -s 203.0.113.200/32 -j REJECT --reject-with icmp-port-unreachable; \
                iptables-nft -A f2b-sshd -s 198.51.100.7/32 -j REJECT --reject-with icmp-port-unreachable; \
                iptables-nft -A f2b-sshd -j RETURN; \
                iptables-nft -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd",
            );
        },
        truth: Truth::Rejected(3, 3, PUBLIC),
        fix: fixed_by(|lab| lab.host("iptables-nft -D f2b-sshd 2"), SSH),
        ..BANNED
    },
    Fault {
        name: "fail2ban_drops_the_client",
        inject: |lab| {
            lab.host(
                "iptables-legacy -N f2b-sshd; \
                iptables-legacy -A f2b-sshd -s 198.51.100.7/32 -j DROP; \
                iptables-legacy -A f2b-sshd -j RETURN; \
                iptables-legacy -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd",
            );
        },
        fix: fixed_by(|lab| lab.host("iptables-legacy -D f2b-sshd 1"), SSH),
        ..BANNED
    },
    Fault {
        name: "fail2ban_set_holds_the_client",
        inject: |lab| {
            nft(
                lab,
                "table inet f2b-table {
                    set addr-set-sshd { type ipv4_addr; elements = { 203.0.113.200, 198.51.100.7 }; }
                    chain f2b-chain {
                        type filter hook input priority filter - 1; policy accept;
                        tcp dport { 22 } ip saddr @addr-set-sshd reject with icmp type port-unreachable
                    }
                }",
            );
        },
        truth: Truth::Rejected(3, 3, PUBLIC),
        fix: fixed_by(
            |lab| {
                lab.host("nft 'delete element inet f2b-table addr-set-sshd { 198.51.100.7 }'");
            },
            SSH,
        ),
        ..BANNED
    },
    Fault {
        name: "interval_set_bans_the_network",
        inject: |lab| {
            nft(
                lab,
                "table inet guard {
                    set bad { type ipv4_addr; flags interval; elements = { 192.0.2.0-192.0.2.99, 198.51.100.0/24 }; }
                    chain i {
                        type filter hook input priority -5; policy accept;
                        ip saddr @bad drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet guard i ip saddr 198.51.100.7 accept"),
            SSH,
        ),
        ..BANNED
    },
    Fault {
        name: "ipset_bans_the_client",
        inject: |lab| {
            lab.host(
                "ipset create bans hash:ip timeout 3600; \
                ipset add bans 198.51.100.7; \
                iptables-nft -I INPUT -m set --match-set bans src -j DROP",
            );
        },
        fix: fixed_by(|lab| lab.host("ipset del bans 198.51.100.7"), SSH),
        ..BANNED
    },
    Fault {
        name: "ipset_bans_the_network_by_legacy",
        inject: |lab| {
            lab.host(
                "ipset create nets hash:net; \
                ipset add nets 198.51.100.0/24; \
                iptables-legacy -I INPUT -m set --match-set nets src -j DROP",
            );
        },
        fix: fixed_by(|lab| lab.host("ipset del nets 198.51.100.0/24"), SSH),
        ..BANNED
    },
    Fault {
        name: "security_agent_bans_the_client",
        inject: |lab| {
            lab.host(
                "iptables-nft -N YJ-FIREWALL-INPUT; \
                iptables-nft -A YJ-FIREWALL-INPUT -s 198.51.100.7/32 -p tcp -m tcp --dport 22 -j REJECT; \
                iptables-nft -I INPUT -j YJ-FIREWALL-INPUT",
            );
        },
        truth: Truth::Rejected(3, 3, PUBLIC),
        fix: fixed_by(|lab| lab.host("iptables-nft -F YJ-FIREWALL-INPUT"), SSH),
        ..BANNED
    },
    Fault {
        name: "ipv6_client_is_banned",
        target: PUBLIC_V6,
        inject: |lab| {
            lab.host(
                "ip6tables-nft -N f2b-sshd; \
                ip6tables-nft -A f2b-sshd -s 2001:db8:c::7/128 -j DROP; \
                ip6tables-nft -A f2b-sshd -j RETURN; \
                ip6tables-nft -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd",
            );
        },
        fix: fixed_by(|lab| lab.host("ip6tables-nft -F f2b-sshd"), SSH),
        ..BANNED
    },
    Fault {
        name: "route_bans_the_client",
        inject: |lab| lab.host("ip route add blackhole 198.51.100.7"),
        fix: fixed_by(|lab| lab.host("ip route del blackhole 198.51.100.7"), SSH),
        ..BANNED
    },
];
