//! Rule sets as ufw and firewalld leave them, which allow some ports and not others.

use super::{DROPPED, REJECTED};
use crate::fault::{Expect, Fault, HEALTHY, fixed_by};
use crate::lab::{Lab, PUBLIC, PUBLIC_V6};
use crate::truth::{HTTP, SSH, Truth};

const BANNED: Fault = Fault {
    truth: Truth::Timeout,
    expect: Expect::Cause(&["host_firewall.source_banned"]),
    ..HEALTHY
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "ufw_denies_by_default",
        inject: |lab| {
            ufw(lab);
            lab.host(
                "iptables-nft -D ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT; \
                iptables-nft -D ufw-user-input -s 198.51.100.7/32 -j DROP",
            );
        },
        fix: fixed_by(
            |lab| lab.host("iptables-nft -A ufw-user-input -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "ufw_denies_by_default_over_ipv6",
        target: PUBLIC_V6,
        inject: |lab| {
            ufw(lab);
            lab.host("ip6tables-nft -D ufw6-user-input -p tcp -m tcp --dport 22 -j ACCEPT");
        },
        fix: fixed_by(
            |lab| lab.host("ip6tables-nft -A ufw6-user-input -p tcp --dport 22 -j ACCEPT"),
            SSH,
        ),
        ..DROPPED
    },
    Fault {
        name: "ufw_denies_the_client",
        flow: "in/tcp/80",
        services: "ssh,http",
        inject: |lab| {
            ufw(lab);
            lab.host("iptables-nft -A ufw-user-input -p tcp --dport 80 -j ACCEPT");
        },
        fix: fixed_by(
            |lab| lab.host("iptables-nft -D ufw-user-input -s 198.51.100.7/32 -j DROP"),
            HTTP,
        ),
        ..BANNED
    },
    Fault {
        name: "ufw_rejects_mail",
        flow: "in/tcp/25",
        services: "ssh,smtp",
        servers: &[crate::servers::Server::Ssh, crate::servers::Server::Mail],
        inject: |lab| {
            ufw(lab);
            lab.host("iptables-nft -D ufw-user-input -s 198.51.100.7/32 -j DROP");
        },
        truth: Truth::Refused,
        fix: fixed_by(
            |lab| lab.host("iptables-nft -I ufw-user-input -p tcp --dport 25 -j ACCEPT"),
            crate::truth::SMTP,
        ),
        ..REJECTED
    },
    Fault {
        name: "firewalld_does_not_list_https",
        flow: "in/tcp/443",
        services: "ssh,tcp/443",
        inject: |lab| {
            firewalld(lab);
            lab.host("nft flush chain inet firewalld filter_IN_public_pre");
        },
        truth: Truth::Rejected(3, 13, PUBLIC),
        fix: fixed_by(
            |lab| {
                lab.host("nft add rule inet firewalld filter_IN_public_allow tcp dport 443 accept");
            },
            Truth::Open,
        ),
        ..REJECTED
    },
    Fault {
        name: "firewalld_does_not_list_https_over_ipv6",
        flow: "in/tcp/443",
        services: "ssh,tcp/443",
        target: PUBLIC_V6,
        inject: firewalld,
        truth: Truth::Rejected(1, 1, PUBLIC_V6),
        fix: fixed_by(
            |lab| {
                lab.host("nft add rule inet firewalld filter_IN_public_allow tcp dport 443 accept");
            },
            Truth::Open,
        ),
        ..REJECTED
    },
    Fault {
        name: "firewalld_drops_the_client",
        inject: firewalld,
        fix: fixed_by(
            |lab| lab.host("nft flush chain inet firewalld filter_IN_public_pre"),
            SSH,
        ),
        ..BANNED
    },
    Fault {
        name: "healthy_behind_ufw",
        inject: ufw,
        ..HEALTHY
    },
    Fault {
        name: "healthy_behind_firewalld",
        target: PUBLIC_V6,
        services: "ssh,http",
        inject: firewalld,
        ..HEALTHY
    },
];

fn ufw(lab: &mut Lab) {
    let v4 = include_str!("../../data/ufw.iptables-save");
    let v6 = include_str!("../../data/ufw.ip6tables-save");
    lab.instance.run_with_input(&["iptables-nft-restore"], v4);
    lab.instance.run_with_input(&["ip6tables-nft-restore"], v6);
}

fn firewalld(lab: &mut Lab) {
    let rules = include_str!("../../data/firewalld.nft");
    lab.instance.run_with_input(&["nft", "-f", "-"], rules);
}
