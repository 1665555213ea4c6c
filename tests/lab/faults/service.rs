//! Faults of what answers behind an open port.

use crate::fault::{Certainty, Expect, Fault, HEALTHY, Outside, fixed_by};
use crate::lab::{CLIENT_ADDRESS, Lab, NAME, PUBLIC};
use crate::peers;
use crate::servers::{self, Server, certificate_settings, site, tls_site};
use crate::truth::{CONNECTION_REQUEST, HTTP, HTTPS, REQUEST, SSH, Truth};
use std::net::TcpStream;
use std::time::Duration;

const SSH_FAULT: Fault = Fault {
    servers: &[],
    certainty: Certainty::Likely,
    ..HEALTHY
};

const WEB_FAULT: Fault = Fault {
    flow: "in/tcp/80",
    services: "http",
    servers: &[Server::Ssh],
    certainty: Certainty::Proven,
    fix: fixed_by(|lab| restart_nginx(lab, &servers::web_site()), HTTP),
    ..HEALTHY
};

const TLS_FAULT: Fault = Fault {
    flow: "in/tcp/443",
    target: NAME,
    services: "https",
    fix: fixed_by(|lab| restart_nginx(lab, &servers::web_site()), HTTPS),
    ..WEB_FAULT
};

const MAIL_FAULT: Fault = Fault {
    flow: "in/tcp/25",
    services: "smtp",
    servers: &[],
    certainty: Certainty::Proven,
    ..HEALTHY
};

const HUNG: Expect = Expect::Cause(&["service.hung"]);
const WRONG: Expect = Expect::Cause(&["service.wrong_protocol"]);
const TURNED_AWAY: Expect = Expect::Cause(&["service.turns_client_away"]);
const ERROR: Expect = Expect::Cause(&["service.error"]);
const INVALID: Expect = Expect::Cause(&["service.certificate_invalid"]);

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "sshd_hangs",
        servers: &[Server::Ssh],
        inject: |lab| lab.instance.signal("sshd", "STOP"),
        truth: Truth::Silent,
        expect: HUNG,
        fix: fixed_by(|lab| lab.instance.signal("sshd", "CONT"), SSH),
        ..SSH_FAULT
    },
    Fault {
        name: "nginx_hangs",
        servers: &[Server::Web],
        inject: |lab| lab.instance.signal("nginx", "STOP"),
        truth: Truth::Silent,
        expect: HUNG,
        certainty: Certainty::Likely,
        fix: fixed_by(|lab| lab.instance.signal("nginx", "CONT"), HTTP),
        ..WEB_FAULT
    },
    Fault {
        name: "a_web_server_answers_on_the_ssh_port",
        inject: |lab| nginx(lab, &site("22", "return 200 hello;"), 22),
        truth: Truth::Replies(b"SSH-2.0-probe\r\n", b"HTTP/1.1 400"),
        expect: WRONG,
        certainty: Certainty::Proven,
        ..SSH_FAULT
    },
    Fault {
        name: "sshd_answers_on_the_rdp_port",
        flow: "in/tcp/3389",
        services: "rdp",
        inject: |lab| {
            servers::sshd(&mut lab.instance, "Port 3389");
            lab.instance.wait_for_listener(3389, &["tcp", "tcp6"]);
        },
        truth: SSH,
        expect: WRONG,
        certainty: Certainty::Proven,
        ..SSH_FAULT
    },
    Fault {
        name: "plain_http_answers_on_443",
        target: PUBLIC,
        inject: |lab| nginx(lab, &site("443", "return 200 hello;"), 443),
        truth: Truth::Replies(REQUEST, b"HTTP/1.1 200"),
        expect: WRONG,
        fix: None,
        ..TLS_FAULT
    },
    Fault {
        name: "tls_is_expected_on_80",
        inject: |lab| {
            let settings = certificate_settings("valid.pem", "valid.key");
            nginx(
                lab,
                &site("80 ssl", &format!("{settings} return 200 hello;")),
                80,
            );
        },
        truth: Truth::Replies(REQUEST, b"HTTP/1.1 400"),
        expect: WRONG,
        ..WEB_FAULT
    },
    Fault {
        name: "tcp_wrappers_deny_everyone",
        servers: &[Server::Ssh],
        inject: |lab| lab.instance.write("/etc/hosts.deny", "sshd: ALL\n"),
        truth: Truth::Closes,
        expect: TURNED_AWAY,
        certainty: Certainty::Proven,
        fix: fixed_by(|lab| lab.instance.write("/etc/hosts.deny", ""), SSH),
        ..SSH_FAULT
    },
    Fault {
        name: "tcp_wrappers_deny_the_client",
        servers: &[Server::Ssh],
        inject: |lab| {
            let deny = format!("# scanners\nsshd: {CLIENT_ADDRESS}\n");
            lab.instance.write("/etc/hosts.deny", &deny);
        },
        truth: Truth::Closes,
        expect: TURNED_AWAY,
        certainty: Certainty::Proven,
        fix: fixed_by(|lab| lab.instance.write("/etc/hosts.deny", ""), SSH),
        ..SSH_FAULT
    },
    Fault {
        name: "sshd_hangs_beside_a_deny_of_another_client",
        servers: &[Server::Ssh],
        inject: |lab| {
            lab.instance.write("/etc/hosts.deny", "sshd: 192.0.2.200\n");
            lab.instance.signal("sshd", "STOP");
        },
        truth: Truth::Silent,
        expect: HUNG,
        fix: fixed_by(|lab| lab.instance.signal("sshd", "CONT"), SSH),
        ..SSH_FAULT
    },
    Fault {
        name: "sshd_has_no_room_for_more_logins",
        inject: |lab| {
            servers::sshd(&mut lab.instance, "MaxStartups 1");
            lab.instance.wait_for_listener(22, &["tcp", "tcp6"]);
            lab.held = vec![
                lab.client
                    .within(|| TcpStream::connect((PUBLIC, 22)).unwrap()),
            ];
            lab.instance.wait_for_process("sshd", 2);
        },
        truth: Truth::Says("Exceeded MaxStartups"),
        expect: TURNED_AWAY,
        ..SSH_FAULT
    },
    Fault {
        name: "daemon_closes_at_once",
        inject: |lab| {
            lab.instance
                .serve(&["0.0.0.0:22", "[::]:22"], peers::hangs_up);
        },
        truth: Truth::Closes,
        expect: Expect::Cause(&["service.closes_at_once"]),
        fix: None,
        ..SSH_FAULT
    },
    Fault {
        name: "mail_greeting_is_slow",
        inject: |lab| {
            let late = peers::says_late("220 inst.lab.example ESMTP\r\n", Duration::from_secs(6));
            lab.instance.serve(&["0.0.0.0:25", "[::]:25"], late);
        },
        truth: Truth::SaysLate("220 "),
        expect: Expect::Cause(&["service.slow_greeting"]),
        ..MAIL_FAULT
    },
    Fault {
        name: "mail_server_offers_no_service",
        inject: |lab| mail_peer(lab, "554 inst.lab.example no SMTP service here\r\n"),
        truth: Truth::Says("554 "),
        expect: ERROR,
        ..MAIL_FAULT
    },
    Fault {
        name: "mail_server_is_too_busy",
        inject: |lab| mail_peer(lab, "421 inst.lab.example too many connections\r\n"),
        truth: Truth::Says("421 "),
        expect: ERROR,
        ..MAIL_FAULT
    },
    Fault {
        name: "upstream_is_down",
        inject: |lab| {
            nginx(
                lab,
                &site("80", "location / { proxy_pass http://127.0.0.1:9; }"),
                80,
            );
        },
        truth: Truth::Replies(REQUEST, b"HTTP/1.1 502"),
        expect: ERROR,
        ..WEB_FAULT
    },
    Fault {
        name: "site_is_unavailable",
        inject: |lab| nginx(lab, &site("80", "return 503;"), 80),
        truth: Truth::Replies(REQUEST, b"HTTP/1.1 503"),
        expect: ERROR,
        ..WEB_FAULT
    },
    Fault {
        name: "tls_handshake_is_rejected",
        inject: |lab| nginx(lab, &site("443 ssl", "ssl_reject_handshake on;"), 443),
        truth: Truth::NoTls,
        expect: Expect::Cause(&["service.tls_failed"]),
        ..TLS_FAULT
    },
    Fault {
        name: "certificate_is_expired",
        inject: |lab| nginx(lab, &tls_site("expired.pem", "valid.key"), 443),
        truth: Truth::Certificate("certificate has expired"),
        expect: INVALID,
        ..TLS_FAULT
    },
    Fault {
        name: "certificate_is_for_another_name",
        inject: |lab| nginx(lab, &tls_site("other_name.pem", "valid.key"), 443),
        truth: Truth::Certificate("hostname mismatch"),
        expect: INVALID,
        ..TLS_FAULT
    },
    Fault {
        name: "certificate_is_self_signed",
        inject: |lab| nginx(lab, &tls_site("untrusted.pem", "untrusted.key"), 443),
        truth: Truth::Certificate("self-signed certificate"),
        expect: INVALID,
        ..TLS_FAULT
    },
    Fault {
        name: "rdp_insists_on_network_level_authentication",
        flow: "in/tcp/3389",
        services: "rdp",
        inject: |lab| {
            let settings = certificate_settings("valid.pem", "valid.key");
            let tls = format!("server {{ listen {} ssl; {settings} }}", peers::TLS);
            servers::nginx(&mut lab.instance, &tls);
            lab.instance.wait_for_listener(4433, &["tcp"]);
            let addresses = ["0.0.0.0:3389", "[::]:3389"];
            lab.instance.serve(&addresses, peers::insists_on_nla);
        },
        truth: Truth::Replies(
            &CONNECTION_REQUEST,
            &[
                3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 3, 0, 8, 0, 5, 0, 0, 0,
            ],
        ),
        expect: Expect::Noted("service.nla_required"),
        ..SSH_FAULT
    },
    Fault {
        name: "sshd_refuses_root",
        servers: &[],
        inject: |lab| {
            let settings = "ListenAddress 0.0.0.0\nListenAddress ::\nPermitRootLogin no";
            servers::sshd(&mut lab.instance, settings);
            lab.instance.wait_for_listener(22, &["tcp", "tcp6"]);
            lab.host("mount --bind /run/lab/sshd_config /etc/ssh/sshd_config");
        },
        truth: SSH,
        expect: Expect::Noted("service.login_refused"),
        outside: Outside::Reachable,
        ..HEALTHY
    },
];

fn nginx(lab: &mut Lab, sites: &str, port: u16) {
    servers::nginx(&mut lab.instance, sites);
    lab.instance.wait_for_listener(port, &["tcp", "tcp6"]);
}

fn restart_nginx(lab: &mut Lab, sites: &str) {
    lab.instance.end("nginx");
    nginx(lab, sites, 443);
}

fn mail_peer(lab: &mut Lab, greeting: &'static str) {
    lab.instance
        .serve(&["0.0.0.0:25", "[::]:25"], peers::says(greeting));
}
