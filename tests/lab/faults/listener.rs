//! Faults of the listening socket.

use crate::fault::{Certainty, Expect, Fault, HEALTHY, fixed_by};
use crate::lab::{Lab, PUBLIC, PUBLIC_V6};
use crate::servers::{self, Server, site};
use crate::truth::{HTTP, RDP, SSH, Truth};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const REFUSED: Fault = Fault {
    servers: &[Server::Web],
    truth: Truth::Refused,
    certainty: Certainty::Proven,
    ..HEALTHY
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "sshd_does_not_run",
        expect: Expect::Cause(&["listener.none"]),
        fix: fixed_by(|lab| Server::Ssh.start_and_wait(&mut lab.instance), SSH),
        ..REFUSED
    },
    Fault {
        name: "xrdp_does_not_run",
        flow: "in/tcp/3389",
        services: "rdp",
        expect: Expect::Cause(&["listener.none"]),
        fix: fixed_by(|lab| Server::Rdp.start_and_wait(&mut lab.instance), RDP),
        ..REFUSED
    },
    Fault {
        name: "sshd_listens_on_loopback_only",
        inject: |lab| sshd(lab, "ListenAddress 127.0.0.1", 22, "tcp"),
        expect: Expect::Cause(&["listener.loopback_only"]),
        fix: fixed_by(restart_sshd, SSH),
        ..REFUSED
    },
    Fault {
        name: "nginx_listens_on_loopback_only",
        flow: "in/tcp/80",
        services: "http",
        servers: &[Server::Ssh],
        inject: |lab| {
            servers::nginx(
                &mut lab.instance,
                "server { listen 127.0.0.1:80; return 200 hello; }",
            );
            lab.instance.wait_for_listener(80, &["tcp"]);
        },
        expect: Expect::Cause(&["listener.loopback_only"]),
        fix: fixed_by(
            |lab| {
                lab.instance.end("nginx");
                servers::nginx(&mut lab.instance, &site("80", "return 200 hello;"));
                lab.instance.wait_for_listener(80, &["tcp", "tcp6"]);
            },
            HTTP,
        ),
        ..REFUSED
    },
    Fault {
        name: "sshd_listens_on_another_address",
        inject: |lab| sshd(lab, "ListenAddress 10.0.1.11", 22, "tcp"),
        expect: Expect::Cause(&["listener.other_address"]),
        fix: fixed_by(restart_sshd, SSH),
        ..REFUSED
    },
    Fault {
        name: "sshd_listens_on_another_port",
        inject: |lab| sshd(lab, "Port 2222", 2222, "tcp"),
        expect: Expect::Cause(&["listener.other_port"]),
        fix: fixed_by(restart_sshd, SSH),
        ..REFUSED
    },
    Fault {
        name: "sshd_listens_over_ipv6_only",
        inject: |lab| sshd(lab, "ListenAddress ::", 22, "tcp6"),
        expect: Expect::Cause(&["listener.other_family"]),
        fix: fixed_by(restart_sshd, SSH),
        ..REFUSED
    },
    Fault {
        name: "sshd_listens_over_ipv4_only",
        target: PUBLIC_V6,
        inject: |lab| sshd(lab, "ListenAddress 0.0.0.0", 22, "tcp"),
        expect: Expect::Cause(&["listener.other_family"]),
        fix: fixed_by(restart_sshd, SSH),
        ..REFUSED
    },
    Fault {
        name: "accept_queue_is_full",
        inject: |lab| fill_accept_queue(lab, PUBLIC),
        truth: Truth::Timeout,
        expect: Expect::Cause(&["listener.backlog_full"]),
        fix: fixed_by(|lab| lab.instance.signal("sshd", "CONT"), SSH),
        ..REFUSED
    },
];

fn sshd(lab: &mut Lab, settings: &str, port: u16, table: &str) {
    servers::sshd(&mut lab.instance, settings);
    lab.instance.wait_for_listener(port, &[table]);
}

fn restart_sshd(lab: &mut Lab) {
    lab.instance.end("sshd");
    Server::Ssh.start_and_wait(&mut lab.instance);
}

/// A queue of one takes two connections; the kernel drops the SYNs that follow.
pub(crate) fn fill_accept_queue(lab: &mut Lab, address: &str) {
    lab.host("echo 1 >/proc/sys/net/core/somaxconn");
    Server::Ssh.start_and_wait(&mut lab.instance);
    lab.instance.signal("sshd", "STOP");
    let address = SocketAddr::new(address.parse().unwrap(), 22);
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(500));
    lab.held = lab
        .client
        .within(|| (0..3).map_while(|_| connect().ok()).collect());
}
