//! Faults of the instance's network settings.

use crate::fault::{Expect, Fault, HEALTHY, fixed_by};
use crate::truth::{SSH, Truth};

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
