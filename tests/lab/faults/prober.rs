//! Faults of our own side: no network, a filter of our own, names.

use crate::fault::{Expect, Fault, HEALTHY, fixed_by};
use crate::lab::{NAME, PUBLIC, PUBLIC_V6};
use crate::names::Names;
use crate::truth::{SSH, Truth};

const OFFLINE: Expect = Expect::Cause(&["prober.offline"]);
const FILTERED: Expect = Expect::Cause(&["prober.port_filtered"]);

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "client_link_is_down",
        inject: |lab| lab.client.sh("ip link set eth0 down"),
        truth: Truth::NoRoute,
        expect: OFFLINE,
        ..HEALTHY
    },
    Fault {
        name: "client_has_no_route",
        inject: |lab| lab.client.sh("ip route del default"),
        truth: Truth::NoRoute,
        expect: OFFLINE,
        fix: fixed_by(
            |lab| lab.client.sh("ip route add default via 198.51.100.1"),
            SSH,
        ),
        ..HEALTHY
    },
    Fault {
        name: "client_firewall_drops_the_port",
        inject: |lab| {
            lab.client.sh("nft 'add table inet own; \
                add chain inet own out { type filter hook output priority 0; }; \
                add rule inet own out tcp dport 22 drop'");
        },
        services: "ssh,http",
        truth: Truth::Timeout,
        expect: FILTERED,
        fix: fixed_by(|lab| lab.client.sh("nft flush ruleset"), SSH),
        ..HEALTHY
    },
    Fault {
        name: "first_hop_drops_the_port",
        inject: |lab| {
            lab.isp
                .sh("nft 'add rule inet isp entry iifname access tcp dport 22 drop'");
        },
        services: "ssh,http",
        truth: Truth::Timeout,
        expect: FILTERED,
        fix: fixed_by(|lab| lab.isp.sh("nft flush chain inet isp entry"), SSH),
        ..HEALTHY
    },
    Fault {
        name: "name_does_not_exist",
        target: NAME,
        inject: |lab| lab.set_names(Names::NotFound),
        truth: Truth::Resolves(3, &[]),
        expect: Expect::Cause(&["prober.name_not_found"]),
        fix: fixed_by(
            |lab| lab.set_names(Names::are(&[PUBLIC])),
            Truth::Resolves(0, &[PUBLIC]),
        ),
        ..HEALTHY
    },
    Fault {
        name: "name_has_a_foreign_ipv6_address",
        target: NAME,
        inject: |lab| lab.set_names(Names::are(&["2001:db8:25::99"])),
        truth: Truth::Resolves(0, &["2001:db8:25::99"]),
        expect: Expect::Cause(&["prober.name_wrong_address"]),
        fix: fixed_by(
            |lab| lab.set_names(Names::are(&[PUBLIC_V6])),
            Truth::Resolves(0, &[PUBLIC_V6]),
        ),
        ..HEALTHY
    },
    Fault {
        name: "name_has_a_foreign_public_address",
        target: NAME,
        inject: |lab| lab.set_names(Names::are(&["192.0.2.99"])),
        truth: Truth::Resolves(0, &["192.0.2.99"]),
        expect: Expect::Candidate("prober.name_wrong_address"),
        ..HEALTHY
    },
    Fault {
        name: "resolver_is_silent",
        target: NAME,
        inject: |lab| lab.set_names(Names::Silent),
        truth: Truth::NoResolver,
        expect: Expect::Cause(&["prober.resolver_failed"]),
        ..HEALTHY
    },
    Fault {
        name: "resolver_fails",
        target: NAME,
        inject: |lab| lab.set_names(Names::Fail),
        truth: Truth::Resolves(2, &[]),
        expect: Expect::Cause(&["prober.resolver_failed"]),
        ..HEALTHY
    },
];
