//! Healthy machines that look ill to a careless eye, and one that works against its rules.

use crate::fault::{Expect, Fault, HEALTHY, Outside};
use crate::groups::{Group, WEB, allow, deny, web};
use crate::lab::{NAME, PUBLIC, PUBLIC_V6};
use crate::servers::{self, Server, site};
use crate::truth::{HTTP, HTTPS, SSH, Truth};

const EVERY_SERVICE: Fault = Fault {
    services: "ssh,rdp,http,https,icmp,smtp",
    servers: &[Server::Ssh, Server::Web, Server::Mail, Server::Rdp],
    ..HEALTHY
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "healthy",
        ..EVERY_SERVICE
    },
    Fault {
        name: "healthy_over_ipv6",
        target: PUBLIC_V6,
        ..EVERY_SERVICE
    },
    Fault {
        name: "healthy_https_by_name",
        flow: "in/tcp/443",
        target: NAME,
        services: "https",
        truth: HTTPS,
        ..HEALTHY
    },
    Fault {
        name: "healthy_allowed_by_the_second_group",
        groups: || {
            let first = Group::inbound("sg-first", &[allow("tcp", "8080", "0.0.0.0/0")]);
            vec![first, Group::inbound("sg-web", &WEB)]
        },
        ..HEALTHY
    },
    Fault {
        name: "healthy_without_outbound_rules",
        groups: || vec![web().remove(0).with_outbound(&[])],
        ..HEALTHY
    },
    Fault {
        name: "healthy_without_hairpin",
        inject: |lab| {
            let own = format!("timeout 1 bash -c 'exec 3<>/dev/tcp/{PUBLIC}/22'");
            let reached = lab.instance.output(&["sh", "-c", &own]).status.success();
            assert!(!reached, "the edge should not turn packets round");
        },
        ..HEALTHY
    },
    Fault {
        name: "healthy_over_a_small_mtu",
        flow: "in/tcp/80",
        services: "http",
        servers: &[Server::Ssh],
        inject: |lab| {
            lab.isp.sh("ip link set edge mtu 1280");
            lab.edge.sh("ip link set wan mtu 1280");
            lab.host("mkdir /run/lab/www");
            lab.instance
                .write("/run/lab/www/index.html", "x".repeat(200_000));
            servers::nginx(&mut lab.instance, &site("80", "root /run/lab/www;"));
            lab.instance.wait_for_listener(80, &["tcp", "tcp6"]);
        },
        truth: HTTP,
        ..HEALTHY
    },
    Fault {
        name: "healthy_with_algorithms_few_clients_have",
        servers: &[],
        inject: |lab| {
            let settings = "KexAlgorithms ecdh-sha2-nistp521\nCiphers aes256-cbc";
            servers::sshd(&mut lab.instance, settings);
            lab.instance.wait_for_listener(22, &["tcp", "tcp6"]);
        },
        truth: SSH,
        ..HEALTHY
    },
    Fault {
        name: "healthy_name_with_several_addresses",
        target: NAME,
        truth: Truth::Resolves(0, &[PUBLIC, PUBLIC_V6]),
        ..HEALTHY
    },
    Fault {
        name: "healthy_behind_a_syn_proxy",
        inject: |lab| {
            lab.isp
                .sh("sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0; \
                nft 'add table ip proxy; \
                add chain ip proxy raw { type filter hook prerouting priority raw; }; \
                add rule ip proxy raw tcp dport 22 tcp flags syn notrack; \
                add chain ip proxy through { type filter hook forward priority 10; }; \
                add rule ip proxy through tcp dport 22 ct state invalid,untracked \
                    synproxy mss 1460 wscale 7 timestamp sack-perm; \
                add rule ip proxy through ct state invalid drop'");
        },
        ..HEALTHY
    },
    Fault {
        name: "open_although_a_later_group_denies",
        groups: || {
            let last = Group::inbound("sg-last", &[deny("tcp", "22", "0.0.0.0/0")]);
            vec![web().remove(0), last]
        },
        expect: Expect::Noted("open.other_group"),
        outside: Outside::Reachable,
        ..HEALTHY
    },
    Fault {
        name: "open_against_the_rules",
        told: Some(|| vec![Group::inbound("sg-web", &[deny("tcp", "22", "0.0.0.0/0")])]),
        expect: Expect::Noted("open.unexplained"),
        outside: Outside::Reachable,
        ..HEALTHY
    },
];
