//! Rewritten destinations: containers that are gone, ports that nobody took over.

use super::DROPPED;
use super::tables::nft;
use crate::fault::{Expect, Fault, HEALTHY, fixed_by};
use crate::groups::{Group, WEB, allow};
use crate::lab::{Lab, PUBLIC, PUBLIC_V6};
use crate::servers;
use crate::truth::{SSH, Truth};

const DEAD: Fault = Fault {
    expect: Expect::Cause(&["host_firewall.dnat_dead"]),
    ..HEALTHY
};

const PUBLISHED: Fault = Fault {
    flow: "in/tcp/2222",
    services: "ssh,tcp/2222",
    groups: with_2222,
    ..DEAD
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "published_port_of_a_container_that_is_gone",
        inject: |lab| {
            bridge(lab);
            publish(lab);
        },
        truth: Truth::Rejected(3, 1, PUBLIC),
        fix: fixed_by(container, SSH),
        ..PUBLISHED
    },
    Fault {
        name: "nftables_rewrites_to_a_dead_backend",
        inject: |lab| {
            bridge(lab);
            nft(
                lab,
                "table ip t {
                    chain p {
                        type nat hook prerouting priority dstnat; policy accept;
                        tcp dport 22 dnat to 172.17.0.2:22
                    }
                }",
            );
        },
        truth: Truth::Rejected(3, 1, PUBLIC),
        fix: fixed_by(|lab| lab.host("nft flush chain ip t p"), SSH),
        ..DEAD
    },
    Fault {
        name: "legacy_redirects_to_a_dead_port",
        inject: |lab| {
            lab.host("iptables-legacy -t nat -A PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 2222");
        },
        truth: Truth::Refused,
        fix: fixed_by(|lab| lab.host("iptables-legacy -t nat -F PREROUTING"), SSH),
        ..DEAD
    },
    Fault {
        name: "nftables_redirects_ipv6_to_a_dead_port",
        target: PUBLIC_V6,
        inject: |lab| {
            nft(
                lab,
                "table ip6 t {
                    chain p {
                        type nat hook prerouting priority dstnat; policy accept;
                        tcp dport 22 redirect to :2222
                    }
                }",
            );
        },
        truth: Truth::Refused,
        fix: fixed_by(|lab| lab.host("nft flush chain ip6 t p"), SSH),
        ..DEAD
    },
    Fault {
        name: "rewrite_to_a_dead_local_port",
        inject: |lab| {
            lab.host(
                "iptables-nft -t nat -A PREROUTING -p tcp --dport 22 \
                    -j DNAT --to-destination 10.0.1.11:2022",
            );
        },
        truth: Truth::Refused,
        fix: fixed_by(|lab| lab.host("iptables-nft -t nat -F PREROUTING"), SSH),
        ..DEAD
    },
    Fault {
        name: "forwarding_to_a_container_is_dropped",
        truth: Truth::Timeout,
        expect: DROPPED.expect,
        inject: |lab| {
            bridge(lab);
            container(lab);
            publish(lab);
            lab.host("iptables-nft -F FORWARD; iptables-nft -P FORWARD DROP");
        },
        fix: fixed_by(|lab| lab.host("iptables-nft -P FORWARD ACCEPT"), SSH),
        ..PUBLISHED
    },
    Fault {
        name: "healthy_published_port",
        truth: SSH,
        expect: Expect::Reachable,
        inject: |lab| {
            bridge(lab);
            container(lab);
            publish(lab);
        },
        ..PUBLISHED
    },
    Fault {
        name: "healthy_redirected_port",
        servers: &[],
        inject: |lab| {
            servers::sshd(&mut lab.instance, "Port 2222");
            lab.instance.wait_for_listener(2222, &["tcp", "tcp6"]);
            lab.host(
                "iptables-nft -t nat -A PREROUTING -p tcp --dport 22 -j REDIRECT --to-ports 2222",
            );
        },
        ..HEALTHY
    },
    Fault {
        name: "healthy_beside_a_dead_backend",
        inject: |lab| {
            bridge(lab);
            publish(lab);
        },
        ..HEALTHY
    },
];

/// A container engine's bridge, and a wire to where the container would be.
fn bridge(lab: &Lab) {
    lab.host(
        "echo 1 >/proc/sys/net/ipv4/ip_forward; \
        ip link add docker0 type bridge; \
        ip addr add 172.17.0.1/16 dev docker0; \
        ip link set docker0 up; \
        ip link add veth0 type veth peer name peer0; \
        ip link set veth0 master docker0 up; \
        ip link set peer0 up",
    );
}

/// The rules with which a container engine publishes port 22 of a container as port 2222.
fn publish(lab: &Lab) {
    lab.host(
        "iptables-nft -t nat -N DOCKER; \
        iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER; \
        iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 2222 \
            -j DNAT --to-destination 172.17.0.2:22; \
        iptables-nft -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE; \
        iptables-nft -N DOCKER; \
        iptables-nft -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; \
        iptables-nft -A FORWARD -o docker0 -j DOCKER; \
        iptables-nft -A FORWARD -i docker0 ! -o docker0 -j ACCEPT; \
        iptables-nft -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 22 -j ACCEPT; \
        iptables-nft -P FORWARD DROP",
    );
}

/// The container: a network of its own that holds the backend's address, and a second sshd in it.
fn container(lab: &mut Lab) {
    lab.instance.spawn(
        "container",
        &["unshare", "--net", "sh", "-e", "-c", CONTAINER],
    );
    lab.host(
        "until [ -s /run/lab/container ]; do sleep 0.01; done; \
        ip link set peer0 netns \"$(cat /run/lab/container)\"; \
        until [ -e /run/lab/listens ]; do sleep 0.01; done",
    );
}

fn with_2222() -> Vec<Group> {
    let more = [allow("tcp", "2222", "0.0.0.0/0")];
    vec![Group::inbound("sg-web", &[more.as_slice(), &WEB].concat())]
}

const CONTAINER: &str = "
echo $$ >/run/lab/container
until ip addr add 172.17.0.2/16 dev peer0 2>/dev/null; do sleep 0.01; done
ip link set lo up
ip link set peer0 up
ip route add default via 172.17.0.1
/usr/sbin/sshd -D -f /run/lab/sshd_config &
until ss -ltn | grep -q 0.0.0.0:22; do sleep 0.01; done
touch /run/lab/listens
wait";
