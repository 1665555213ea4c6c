//! Faults of the networks between.

use crate::fault::{Certainty, Expect, Fault, HEALTHY, fixed_by};
use crate::groups::{Group, WEB, allow};
use crate::lab::Lab;
use crate::peers;
use crate::servers::Server;
use crate::truth::Truth;

const BLOCKED: Expect = Expect::Cause(&["isp.port_blocked"]);

const FILE_SHARING: Fault = Fault {
    flow: "in/tcp/445",
    services: "ssh,tcp/445",
    groups: with_more_ports,
    truth: Truth::Timeout,
    expect: BLOCKED,
    ..HEALTHY
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "listed_port_is_dropped",
        inject: |lab| block(lab, "tcp dport 445 drop"),
        fix: fixed_by(pass_everything, Truth::Open),
        ..FILE_SHARING
    },
    Fault {
        name: "listed_port_is_rejected_on_the_way",
        inject: |lab| block(lab, "tcp dport 445 reject with icmp type admin-prohibited"),
        truth: Truth::Rejected(3, 13, "198.51.100.1"),
        ..FILE_SHARING
    },
    Fault {
        name: "listed_port_is_reset_on_the_way",
        inject: |lab| block(lab, "tcp dport 445 reject with tcp reset"),
        truth: Truth::Refused,
        ..FILE_SHARING
    },
    Fault {
        name: "unlisted_port_is_dropped_on_the_way",
        flow: "in/tcp/8081",
        services: "ssh,tcp/8081",
        inject: |lab| block(lab, "tcp dport 8081 drop"),
        fix: fixed_by(pass_everything, Truth::Open),
        ..FILE_SHARING
    },
    Fault {
        name: "load_balancer_answers_and_never_forwards",
        inject: |lab| {
            lab.edge.serve(&["0.0.0.0:9"], peers::stays_silent);
            lab.edge.sh(
                "nft 'insert rule ip address prerouting iifname wan tcp dport 22 redirect to :9'",
            );
        },
        truth: Truth::Silent,
        expect: Expect::Cause(&["isp.middlebox"]),
        certainty: Certainty::Possible,
        ..HEALTHY
    },
    Fault {
        name: "every_second_echo_is_lost",
        flow: "in/icmp",
        services: "icmp",
        inject: |lab| lab.isp_rule("icmp type echo-request numgen inc mod 2 == 1 drop"),
        truth: Truth::Echo,
        expect: Expect::Cause(&["isp.loss"]),
        certainty: Certainty::Possible,
        fix: fixed_by(pass_everything, Truth::Echo),
        ..HEALTHY
    },
    // Packets of the answer that are too large vanish, and so does what would say so.
    Fault {
        name: "large_answers_vanish",
        flow: "in/tcp/443",
        services: "https",
        servers: &[Server::Web],
        inject: |lab| lab.isp_rule("tcp sport 443 ip length > 576 drop"),
        truth: Truth::Open,
        expect: Expect::Cause(&["isp.mtu_black_hole"]),
        certainty: Certainty::Possible,
        fix: fixed_by(pass_everything, Truth::Open),
        ..HEALTHY
    },
];

fn block(lab: &mut Lab, rule: &str) {
    lab.instance
        .serve(&["0.0.0.0:445", "0.0.0.0:8081"], peers::stays_silent);
    lab.isp_rule(rule);
}

fn pass_everything(lab: &mut Lab) {
    lab.isp.sh("nft flush chain inet isp forward");
}

fn with_more_ports() -> Vec<Group> {
    let more = [allow("tcp", "445,8081", "0.0.0.0/0")];
    vec![Group::inbound("sg-web", &[WEB.as_slice(), &more].concat())]
}
