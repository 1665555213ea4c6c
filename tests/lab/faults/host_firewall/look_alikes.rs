//! Healthy machines whose rules look as if they could stop the client, and do not.

use super::tables::nft;
use crate::fault::{Fault, HEALTHY};
use crate::lab::PUBLIC_V6;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "healthy_although_others_are_banned",
        inject: |lab| {
            lab.host(
                "ipset create bans hash:ip; \
                ipset add bans 198.51.100.8; \
                iptables-nft -I INPUT -m set --match-set bans src -j DROP; \
                iptables-nft -N f2b-sshd; \
                iptables-nft -A f2b-sshd -s 203.0.113.200/32 -j REJECT; \
                iptables-nft -A f2b-sshd -s 198.51.100.8/32 -j REJECT; \
                iptables-nft -A f2b-sshd -j RETURN; \
                iptables-nft -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd",
            );
        },
        ..HEALTHY
    },
    Fault {
        name: "healthy_although_other_ports_are_dropped",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    set closed { type inet_service; flags interval; elements = { 23-79, 8080 }; }
                    chain i {
                        type filter hook input priority 0; policy accept;
                        tcp dport @closed drop
                        tcp dport vmap { 25 : drop, 110 : drop }
                        udp dport 22 drop
                        ip6 saddr 2001:db8:c::/64 drop
                    }
                }",
            );
            lab.host(
                "iptables-legacy -A INPUT -p tcp --dport 3306 -j DROP; \
                iptables-legacy -A OUTPUT -p tcp --dport 22 -j DROP",
            );
        },
        ..HEALTHY
    },
    Fault {
        name: "healthy_with_a_dropping_policy",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    set offices { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 198.51.100.0/28 }; }
                    chain i {
                        type filter hook input priority 0; policy drop;
                        iifname lo accept
                        ct state vmap { established : accept, related : accept, invalid : drop }
                        ip saddr @offices tcp dport { 22, 80 } accept
                    }
                    chain o {
                        type filter hook output priority 0; policy drop;
                        oifname lo accept
                        ct state established,related accept
                        udp dport 53 accept
                    }
                }",
            );
        },
        ..HEALTHY
    },
    Fault {
        name: "healthy_with_a_dropping_policy_over_ipv6",
        target: PUBLIC_V6,
        inject: |lab| {
            lab.host(
                "ip6tables-nft -A INPUT -i lo -j ACCEPT; \
                ip6tables-nft -A INPUT -p ipv6-icmp -j ACCEPT; \
                ip6tables-nft -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; \
                ip6tables-nft -A INPUT -s 2001:db8:c::/64 -p tcp --dport 22 -j ACCEPT; \
                ip6tables-nft -P INPUT DROP; \
                iptables-nft -P INPUT DROP",
            );
        },
        ..HEALTHY
    },
    Fault {
        name: "healthy_below_its_limits",
        inject: |lab| {
            lab.host(
                "iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; \
                iptables-nft -A INPUT -p tcp --dport 22 -m recent --set --name lab_below; \
                iptables-nft -A INPUT -p tcp --dport 22 -m recent --update --seconds 60 \
                    --hitcount 20 --name lab_below -j DROP; \
                iptables-nft -A INPUT -p tcp --dport 22 -m limit --limit 100/sec -j ACCEPT; \
                iptables-nft -A INPUT -p tcp --dport 22 -j DROP",
            );
        },
        ..HEALTHY
    },
];
