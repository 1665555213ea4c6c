//! Faults of the instance's network settings.

use super::nft;
use crate::fault::{Certainty, Expect, Fault, HEALTHY, Outside, fixed_by, uncovered_by};
use crate::lab::{Lab, PUBLIC};
use crate::peers;
use crate::truth::{SMTP, SSH, Truth};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "no_route_back",
        inject: |lab| lab.host("ip route del default"),
        truth: Truth::Timeout,
        expect: Expect::Cause(&["instance.no_return_route"]),
        fix: fixed_by(|lab| lab.host("ip route add default via 10.0.1.1"), SSH),
        ..HEALTHY
    },
    Fault {
        name: "interface_is_switched_off",
        inject: |lab| lab.host("ip link set eth0 down"),
        truth: Truth::Rejected(3, 1, PUBLIC),
        expect: Expect::Cause(&["instance.nic_down"]),
        certainty: Certainty::Proven,
        // Its routes went with it.
        fix: uncovered_by(
            |lab| lab.host("ip link set eth0 up"),
            Truth::Timeout,
            "instance.no_return_route",
        ),
        ..HEALTHY
    },
    Fault {
        name: "no_route_back_beside_an_interface_that_is_switched_off",
        inject: |lab| {
            lab.host("ip link add spare0 type veth peer name spare1 && ip address add 10.0.9.1/24 dev spare0");
            lab.host("ip route del default");
        },
        truth: Truth::Timeout,
        expect: Expect::Cause(&["instance.no_return_route"]),
        certainty: Certainty::Proven,
        fix: fixed_by(|lab| lab.host("ip route add default via 10.0.1.1"), SSH),
        ..HEALTHY
    },
    Fault {
        name: "private_address_was_changed_inside",
        inject: |lab| {
            lab.host("ip address del 10.0.1.10/24 dev eth0");
            lab.host("ip address add 10.0.1.77/24 dev eth0; ip route replace default via 10.0.1.1");
        },
        truth: Truth::Rejected(3, 1, PUBLIC),
        expect: Expect::Cause(&["instance.address_changed"]),
        certainty: Certainty::Proven,
        fix: fixed_by(|lab| lab.host("ip address add 10.0.1.10/24 dev eth0"), SSH),
        ..HEALTHY
    },
    Fault {
        name: "default_route_leads_to_nobody",
        inject: |lab| lab.host("ip route replace default via 10.0.1.99"),
        truth: Truth::Timeout,
        expect: Expect::Cause(&["instance.wrong_gateway"]),
        certainty: Certainty::Likely,
        fix: fixed_by(|lab| lab.host("ip route replace default via 10.0.1.1"), SSH),
        ..HEALTHY
    },
    Fault {
        // As a prefix that is too short does it.
        name: "client_is_taken_for_a_neighbour",
        inject: |lab| lab.host("ip route add 198.51.100.0/24 dev eth0"),
        truth: Truth::Timeout,
        expect: Expect::Cause(&["instance.wrong_netmask"]),
        certainty: Certainty::Likely,
        fix: fixed_by(|lab| lab.host("ip route del 198.51.100.0/24"), SSH),
        ..HEALTHY
    },
    Fault {
        name: "connection_table_is_full",
        inject: |lab| fill_connection_table(lab),
        truth: Truth::Timeout,
        expect: Expect::Cause(&["instance.conntrack_full"]),
        certainty: Certainty::Proven,
        fix: fixed_by(|lab| lab.host("conntrack -F 2>/dev/null"), SSH),
        ..HEALTHY
    },
    Fault {
        name: "no_local_port_is_left",
        flow: "out/tcp/25",
        inject: |lab| {
            lab.instance.serve(&["0.0.0.0:40000"], peers::says("taken"));
            lab.host("echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range");
        },
        truth: Truth::NoLocalPort,
        expect: Expect::Cause(&["instance.ports_exhausted"]),
        certainty: Certainty::Proven,
        outside: Outside::NotAsked,
        fix: fixed_by(
            |lab| lab.host("echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range"),
            SMTP,
        ),
        ..HEALTHY
    },
    Fault {
        name: "echo_is_ignored",
        flow: "in/icmp",
        services: "icmp",
        inject: |lab| lab.host("echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all"),
        truth: Truth::NoEcho,
        expect: Expect::Cause(&["instance.echo_ignored"]),
        fix: fixed_by(
            |lab| lab.host("echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all"),
            Truth::Echo,
        ),
        ..HEALTHY
    },
];

/// As many connections as the machine tracks in one namespace, all of them open, so that none makes room
/// for another; the rule is there so that there is tracking at all.
pub(crate) fn fill_connection_table(lab: &Lab) {
    nft(
        lab,
        "table inet tracked { chain i { type filter hook input priority 0; ct state new accept; }; }",
    );
    lab.host(
        "awk -v most=$(cat /proc/sys/net/netfilter/nf_conntrack_max) 'BEGIN {
            for (i = 0; i < most; i++)
                printf \"-A -t 600 -u SEEN_REPLY,ASSURED -s 10.%d.%d.1 -d 10.255.0.1 -p tcp \" \\
                    \"--sport %d --dport 9 --state ESTABLISHED\\n\", \\
                    i / 16384, i / 64 % 256, 1000 + i % 64
        }' >/run/lab/entries
        conntrack -R /run/lab/entries >/dev/null 2>&1
        rm /run/lab/entries",
    );
}
