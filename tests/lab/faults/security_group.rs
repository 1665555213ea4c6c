//! Faults of the bound security groups.

use crate::fault::{Certainty, Expect, Fault, HEALTHY, Outside, fixed_by};
use crate::groups::{EVERYTHING, Group, Rule, WEB, allow, deny, web};
use crate::lab::PUBLIC_V6;
use crate::servers::{self, Server};
use crate::truth::{HTTPS, SMTP, SSH, Truth};

const DENIED: Fault = Fault {
    truth: Truth::Timeout,
    certainty: Certainty::Proven,
    fix: fixed_by(|lab| lab.enforce(&web()), SSH),
    ..HEALTHY
};

const ECHO: Fault = Fault {
    fix: fixed_by(|lab| lab.enforce(&web()), Truth::Echo),
    ..DENIED
};

const MAIL_OUT: Fault = Fault {
    flow: "out/tcp/587",
    expect: Expect::Cause(&["security_group.egress_denied"]),
    outside: Outside::NotAsked,
    fix: fixed_by(|lab| lab.enforce(&web()), SMTP),
    ..DENIED
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "no_rule_for_ssh",
        groups: || {
            one(&[
                allow("tcp", "80,443", "0.0.0.0/0"),
                allow("icmp", "ALL", "0.0.0.0/0"),
            ])
        },
        expect: Expect::Cause(&["security_group.no_match"]),
        ..DENIED
    },
    Fault {
        name: "no_rule_for_https",
        flow: "in/tcp/443",
        services: "https",
        groups: || {
            one(&[
                allow("tcp", "22,80", "0.0.0.0/0"),
                allow("icmp", "ALL", "0.0.0.0/0"),
            ])
        },
        expect: Expect::Cause(&["security_group.no_match"]),
        fix: fixed_by(|lab| lab.enforce(&web()), HTTPS),
        ..DENIED
    },
    Fault {
        name: "ssh_is_allowed_from_elsewhere_only",
        groups: || {
            one(&[
                allow("tcp", "22", "198.51.100.8/32"),
                allow("tcp", "80,443", "0.0.0.0/0"),
            ])
        },
        expect: Expect::Cause(&["security_group.source_not_allowed"]),
        ..DENIED
    },
    Fault {
        name: "sshd_moved_and_the_rule_did_not",
        flow: "in/tcp/2222",
        services: "ssh=2222",
        servers: &[Server::Web],
        inject: |lab| {
            servers::sshd(&mut lab.instance, "Port 2222");
            lab.instance.wait_for_listener(2222, &["tcp"]);
        },
        expect: Expect::Cause(&["security_group.port_not_allowed"]),
        fix: fixed_by(|lab| lab.enforce(&one(&EVERYTHING)), SSH),
        ..DENIED
    },
    Fault {
        name: "a_rule_denies_ssh",
        groups: || one(&[&[deny("tcp", "22", "198.51.100.0/24")], &WEB[2..]].concat()),
        expect: Expect::Cause(&["security_group.denied_by_rule"]),
        ..DENIED
    },
    Fault {
        name: "allow_stands_below_the_deny",
        groups: || one(&[&[deny("tcp", "22", "0.0.0.0/0")], WEB.as_slice()].concat()),
        expect: Expect::Cause(&["security_group.allow_shadowed"]),
        ..DENIED
    },
    Fault {
        name: "an_earlier_group_denies",
        groups: || {
            let strict = Group::inbound("sg-strict", &[deny("tcp", "22", "0.0.0.0/0")]);
            vec![strict, Group::inbound("sg-web", &WEB)]
        },
        expect: Expect::Cause(&["security_group.denied_by_earlier_group"]),
        ..DENIED
    },
    Fault {
        name: "ssh_is_allowed_over_ipv6_only",
        groups: || {
            one(&[
                allow("tcp", "22", "::/0"),
                allow("tcp", "80,443", "0.0.0.0/0"),
            ])
        },
        expect: Expect::Cause(&["security_group.family_missing"]),
        ..DENIED
    },
    Fault {
        name: "ssh_is_allowed_over_ipv4_only",
        target: PUBLIC_V6,
        groups: || {
            one(&[
                allow("tcp", "22", "0.0.0.0/0"),
                allow("icmpv6", "ALL", "::/0"),
            ])
        },
        expect: Expect::Cause(&["security_group.family_missing"]),
        ..DENIED
    },
    Fault {
        name: "groups_allow_nothing",
        groups: || one(&[]),
        expect: Expect::Cause(&["security_group.nothing_allowed"]),
        ..DENIED
    },
    Fault {
        name: "group_denies_submission_out",
        groups: || {
            vec![
                web()
                    .remove(0)
                    .with_outbound(&but(deny("tcp", "587", "0.0.0.0/0"))),
            ]
        },
        ..MAIL_OUT
    },
    Fault {
        name: "group_denies_mail_out",
        flow: "out/tcp/25",
        groups: || {
            vec![
                web()
                    .remove(0)
                    .with_outbound(&but(deny("tcp", "25", "0.0.0.0/0"))),
            ]
        },
        ..MAIL_OUT
    },
    Fault {
        name: "no_rule_for_echo",
        flow: "in/icmp",
        services: "icmp",
        groups: || one(&WEB[..2]),
        truth: Truth::NoEcho,
        expect: Expect::Cause(&["security_group.no_match"]),
        ..ECHO
    },
    Fault {
        name: "no_rule_for_ipv6_echo",
        flow: "in/icmpv6",
        target: PUBLIC_V6,
        services: "icmp",
        groups: || one(&WEB[..2]),
        truth: Truth::NoEcho,
        expect: Expect::Cause(&["security_group.no_match"]),
        ..ECHO
    },
];

fn one(ingress: &[Rule]) -> Vec<Group> {
    vec![Group::inbound("sg-web", ingress)]
}

fn but(first: Rule) -> Vec<Rule> {
    [&[first], EVERYTHING.as_slice()].concat()
}
