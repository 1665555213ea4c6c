//! Faults of the cloud's edge and of the stateless network ACL.

use crate::fault::{Expect, Fault, HEALTHY, Outside, fixed_by};
use crate::truth::{SMTP, SSH, Truth};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "platform_bans_outbound_mail",
        flow: "out/tcp/25",
        inject: |lab| lab.ban_outbound_mail(true),
        truth: Truth::Timeout,
        expect: Expect::Cause(&["edge.smtp_outbound_blocked"]),
        outside: Outside::NotAsked,
        fix: fixed_by(|lab| lab.ban_outbound_mail(false), SMTP),
        ..HEALTHY
    },
    Fault {
        name: "network_acl_denies_inbound",
        inject: |lab| lab.network_acl("inbound", "tcp dport 22 drop"),
        truth: Truth::Timeout,
        expect: Expect::Candidate("network_acl.inbound_denied"),
        ..HEALTHY
    },
    Fault {
        name: "network_acl_denies_replies",
        inject: |lab| lab.network_acl("outbound", "tcp sport 22 drop"),
        truth: Truth::Timeout,
        expect: Expect::Candidate("network_acl.return_denied"),
        ..HEALTHY
    },
    Fault {
        name: "provider_between_drops_outbound_mail",
        flow: "out/tcp/25",
        inject: |lab| lab.isp_rule("iifname edge tcp dport 25 drop"),
        truth: Truth::Timeout,
        expect: Expect::Cause(&["isp.smtp_blocked", "isp.port_blocked", "remote.filtered"]),
        outside: Outside::NotAsked,
        ..HEALTHY
    },
    Fault {
        name: "network_acl_denies_another_port",
        inject: |lab| lab.network_acl("inbound", "tcp dport 2222 drop"),
        truth: SSH,
        ..HEALTHY
    },
];
