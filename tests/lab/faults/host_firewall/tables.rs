//! Rules where nobody looks for them: other hooks, other back ends, tables that disagree, sets and maps.

use super::{DROPPED, REJECTED};
use crate::fault::{Fault, fixed_by};
use crate::lab::{Lab, PUBLIC, PUBLIC_V6};
use crate::truth::{SSH, Truth};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "netdev_ingress_drops",
        inject: |lab| {
            nft(
                lab,
                "table netdev early {
                    chain arriving {
                        type filter hook ingress device eth0 priority -500; policy accept;
                        tcp dport 22 drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule netdev early arriving tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "set_of_ports_drops",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    set closed { type inet_service; flags interval; elements = { 20-25, 8080 }; }
                    chain i {
                        type filter hook input priority 0; policy accept;
                        tcp dport @closed drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "anonymous_set_drops",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain i {
                        type filter hook input priority 0; policy accept;
                        iifname lo accept
                        tcp dport { 20-23, 8080 } drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "verdict_map_drops",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain i {
                        type filter hook input priority 0; policy accept;
                        iifname lo accept
                        tcp dport vmap { 22 : drop, 80 : accept }
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "named_verdict_map_jumps_to_a_reject",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    map by_port { type inet_service : verdict; elements = { 22 : jump closed, 80 : accept }; }
                    chain closed { reject with icmpx admin-prohibited; }
                    chain i {
                        type filter hook input priority 0; policy accept;
                        tcp dport vmap @by_port
                    }
                }",
            );
        },
        truth: Truth::Rejected(3, 13, PUBLIC),
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f closed tcp dport 22 accept"),
            SSH,
        ),
        ..REJECTED
    },
    Fault {
        name: "two_tables_disagree",
        inject: |lab| {
            nft(
                lab,
                "table inet first {
                    chain i {
                        type filter hook input priority -10; policy accept;
                        tcp dport 22 accept
                    }
                }
                table inet second {
                    chain i {
                        type filter hook input priority 10; policy accept;
                        iifname lo accept
                        tcp dport 22 drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet second i tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "legacy_accepts_and_nftables_drops",
        inject: |lab| {
            lab.host("iptables-legacy -I INPUT -p tcp --dport 22 -j ACCEPT");
            nft(
                lab,
                "table ip f {
                    chain i {
                        type filter hook input priority 10; policy drop;
                        iifname lo accept
                        ct state established,related accept
                        tcp dport 80 accept
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule ip f i tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "nftables_accepts_and_legacy_drops",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain i {
                        type filter hook input priority -10; policy accept;
                        tcp dport 22 accept
                    }
                }",
            );
            lab.host(
                "iptables-legacy -A INPUT -i lo -j ACCEPT; \
                iptables-legacy -A INPUT -p tcp --dport 22 -j DROP",
            );
        },
        fix: fixed_by(
            |lab| lab.host("iptables-legacy -I INPUT -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "ip6tables_legacy_drops",
        target: PUBLIC_V6,
        inject: |lab| {
            lab.host(
                "ip6tables-legacy -A INPUT -i lo -j ACCEPT; \
                ip6tables-legacy -A INPUT -p tcp --dport 22 -j DROP",
            );
        },
        fix: fixed_by(|lab| lab.host("ip6tables-legacy -F INPUT"), SSH),
        ..DROPPED
    },
    Fault {
        name: "mangle_policy_drops",
        inject: |lab| {
            lab.host(
                "iptables-nft -I INPUT -p tcp --dport 22 -j ACCEPT; \
                iptables-nft -t mangle -A INPUT -i lo -j ACCEPT; \
                iptables-nft -t mangle -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; \
                iptables-nft -t mangle -A INPUT -p tcp --dport 80 -j ACCEPT; \
                iptables-nft -t mangle -P INPUT DROP",
            );
        },
        fix: fixed_by(
            |lab| lab.host("iptables-nft -t mangle -I INPUT -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "called_chain_drops",
        inject: |lab| {
            lab.host(
                "iptables-nft -N services; \
                iptables-nft -A services -s 192.0.2.0/24 -j RETURN; \
                iptables-nft -A services -p tcp -m multiport --dports 22,3306 -j DROP; \
                iptables-nft -A INPUT -i lo -j ACCEPT; \
                iptables-nft -A INPUT -p tcp -j services; \
                iptables-nft -A INPUT -p tcp --dport 22 -j ACCEPT",
            );
        },
        fix: fixed_by(
            |lab| lab.host("iptables-nft -I services -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "host_allows_another_source_only",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    set offices { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }
                    chain i {
                        type filter hook input priority 0; policy drop;
                        iifname lo accept
                        ct state vmap { established : accept, related : accept, invalid : drop }
                        meta l4proto { icmp, ipv6-icmp } accept
                        ip saddr @offices tcp dport 22 accept
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i ip saddr 198.51.100.7 tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "nftables_drops_ipv6_only",
        target: PUBLIC_V6,
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain i {
                        type filter hook input priority 0; policy accept;
                        iifname lo accept
                        meta nfproto ipv6 tcp dport 22 drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i tcp dport 22 accept"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "legacy_rejects_with_a_reset",
        inject: |lab| {
            lab.host(
                "iptables-legacy -A INPUT -i lo -j ACCEPT; \
                iptables-legacy -A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset",
            );
        },
        truth: Truth::Refused,
        fix: fixed_by(|lab| lab.host("iptables-legacy -F INPUT"), SSH),
        ..REJECTED
    },
    Fault {
        name: "nftables_rejects_what_is_left",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain i {
                        type filter hook input priority 0; policy accept;
                        iifname lo accept
                        ct state established,related accept
                        tcp dport { 80, 443 } accept
                        reject with icmpx type admin-prohibited
                    }
                }",
            );
        },
        truth: Truth::Rejected(3, 13, PUBLIC),
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i tcp dport 22 accept"),
            SSH,
        ),
        ..REJECTED
    },
];

/// Loads nftables rules on the instance.
pub(crate) fn nft(lab: &Lab, rules: &str) {
    lab.instance.run_with_input(&["nft", "-f", "-"], rules);
}
