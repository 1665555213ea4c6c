//! Two faults on one path: the first is the cause, the second has to be named as well.

use crate::fault::{Certainty, Expect, Fault, HEALTHY, fixed_by, uncovered_by};
use crate::groups::{Group, WEB, allow, web};
use crate::servers::Server;
use crate::truth::{SSH, Truth};

const DENIED: Fault = Fault {
    groups: without_ssh,
    truth: Truth::Timeout,
    expect: Expect::Cause(&["security_group.no_match"]),
    certainty: Certainty::Likely,
    ..HEALTHY
};

const LISTED: Fault = Fault {
    flow: "in/tcp/445",
    services: "ssh,tcp/445",
    inject: |lab| lab.isp_rule("tcp dport 445 drop"),
    expect: Expect::Cause(&["isp.port_blocked"]),
    ..DENIED
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "group_denies_and_nothing_listens",
        servers: &[Server::Web],
        also: &["listener.none"],
        fix: uncovered_by(|lab| lab.enforce(&web()), Truth::Refused, "listener.none"),
        ..DENIED
    },
    Fault {
        name: "group_denies_and_host_drops",
        inject: |lab| lab.host("iptables-nft -I INPUT -p tcp --dport 22 -j DROP"),
        also: &["host_firewall.dropped"],
        fix: uncovered_by(
            |lab| lab.enforce(&web()),
            Truth::Timeout,
            "host_firewall.dropped",
        ),
        ..DENIED
    },
    Fault {
        name: "listed_port_and_nothing_listens",
        groups: || {
            vec![Group::inbound(
                "sg-web",
                &[allow("tcp", "22,445", "0.0.0.0/0")],
            )]
        },
        also: &["listener.none"],
        ..LISTED
    },
    Fault {
        name: "listed_port_and_group_denies",
        groups: || vec![Group::inbound("sg-web", &[allow("tcp", "22", "0.0.0.0/0")])],
        also: &["security_group.no_match", "listener.none"],
        ..LISTED
    },
    Fault {
        name: "host_drops_and_nothing_listens",
        groups: web,
        servers: &[Server::Web],
        inject: |lab| lab.host("iptables-nft -I INPUT -p tcp --dport 22 -j DROP"),
        expect: Expect::Cause(&["host_firewall.dropped"]),
        also: &["listener.none"],
        fix: uncovered_by(
            |lab| lab.host("iptables-nft -F INPUT"),
            Truth::Refused,
            "listener.none",
        ),
        ..DENIED
    },
    Fault {
        name: "no_route_back_and_group_denies",
        inject: |lab| lab.host("ip route del default"),
        also: &["instance.no_return_route"],
        fix: uncovered_by(
            |lab| lab.enforce(&web()),
            Truth::Timeout,
            "instance.no_return_route",
        ),
        ..DENIED
    },
    Fault {
        name: "group_denies_a_good_server",
        fix: fixed_by(|lab| lab.enforce(&web()), SSH),
        ..DENIED
    },
];

fn without_ssh() -> Vec<Group> {
    let web_only = [allow("tcp", "80,443", "0.0.0.0/0")];
    vec![Group::inbound(
        "sg-web",
        &[web_only.as_slice(), &WEB[2..]].concat(),
    )]
}
