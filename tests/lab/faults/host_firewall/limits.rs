//! Limits that are used up, by the lab before the check or by the check itself.

use super::tables::nft;
use crate::fault::{Certainty, Expect, Fault, HEALTHY, fixed_by};
use crate::lab::{Lab, PUBLIC};
use crate::truth::{self, SSH, Truth};

/// A limit leaves open whether the packet was over it, so that only what happens around tells.
const LIMITED: Fault = Fault {
    truth: Truth::Timeout,
    expect: Expect::Cause(&["host_firewall.rate_limited"]),
    certainty: Certainty::Possible,
    ..HEALTHY
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "limit_is_used_up",
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain i {
                        type filter hook input priority 0; policy accept;
                        iifname lo accept
                        ct state established accept
                        tcp dport 22 limit rate 1/hour burst 1 packets accept
                        tcp dport 22 drop
                    }
                }",
            );
            use_up(lab, 1);
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i tcp dport 22 accept"),
            SSH,
        ),
        ..LIMITED
    },
    Fault {
        name: "limit_is_used_up_on_loopback_too",
        certainty: Certainty::Likely,
        inject: |lab| {
            lab.host(
                "iptables-legacy -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT; \
                iptables-legacy -A INPUT -p tcp --dport 22 -m limit --limit 1/hour --limit-burst 1 -j ACCEPT; \
                iptables-legacy -A INPUT -p tcp --dport 22 -j DROP",
            );
            use_up(lab, 1);
        },
        fix: fixed_by(
            |lab| lab.host("iptables-legacy -I INPUT -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..LIMITED
    },
    Fault {
        name: "hashlimit_is_exceeded",
        inject: |lab| {
            lab.host(
                "iptables-nft -A INPUT -i lo -j ACCEPT; \
                iptables-nft -A INPUT -p tcp --syn --dport 22 -m hashlimit --hashlimit-above 1/hour \
                    --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name ssh -j DROP",
            );
            use_up(lab, 1);
        },
        fix: fixed_by(|lab| lab.host("iptables-nft -F INPUT"), SSH),
        ..LIMITED
    },
    Fault {
        name: "recent_counts_too_many",
        inject: |lab| {
            lab.host(
                "iptables-nft -A INPUT -i lo -j ACCEPT; \
                iptables-nft -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW \
                    -m recent --set --name lab_ssh; \
                iptables-nft -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW \
                    -m recent --update --seconds 600 --hitcount 3 --name lab_ssh \
                    -j REJECT --reject-with icmp-admin-prohibited",
            );
            use_up(lab, 3);
        },
        truth: Truth::Rejected(3, 13, PUBLIC),
        fix: fixed_by(
            |lab| lab.host("iptables-nft -I INPUT -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..LIMITED
    },
    // The lab's own proof is the one connection that the limit lets pass.
    Fault {
        name: "limit_is_used_up_by_the_first_probe",
        truth: SSH,
        inject: |lab| {
            nft(
                lab,
                "table inet f {
                    chain i {
                        type filter hook input priority 0; policy accept;
                        iifname lo accept
                        ct state established accept
                        tcp dport 22 limit rate over 1/hour burst 1 packets drop
                    }
                }",
            );
        },
        fix: fixed_by(
            |lab| lab.host("nft insert rule inet f i tcp dport 22 accept"),
            SSH,
        ),
        ..LIMITED
    },
];

/// Connects as often as the limit allows.
fn use_up(lab: &Lab, times: usize) {
    for _ in 0..times {
        drop(truth::problem(lab, "in/tcp/22", PUBLIC, SSH));
    }
}
