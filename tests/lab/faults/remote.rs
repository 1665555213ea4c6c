//! Faults of a far end, which the instance talks to: one of two mail exchangers.

use crate::fault::{Certainty, Expect, Fault, HEALTHY, Outside, fixed_by};
use crate::lab::{Lab, MAIL_EXCHANGER};
use crate::peers;
use crate::truth::{SMTP, Truth};
use std::time::Duration;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "mail_exchanger_does_not_listen",
        inject: instead,
        truth: Truth::Refused,
        expect: Expect::Cause(&["remote.down"]),
        ..FAR_END
    },
    Fault {
        name: "mail_exchanger_offers_no_service",
        inject: |lab| {
            let refusal = peers::says("554 mx.lab.example no SMTP service here\r\n");
            lab.internet.serve(&[INSTEAD], refusal);
            instead(lab);
        },
        truth: Truth::Says("554 "),
        expect: Expect::Cause(&["remote.rejects"]),
        ..FAR_END
    },
    Fault {
        name: "mail_exchanger_greets_late",
        inject: |lab| {
            let late = peers::says_late("220 mx.lab.example ESMTP\r\n", Duration::from_secs(6));
            lab.internet.serve(&[INSTEAD], late);
            instead(lab);
        },
        truth: Truth::SaysLate("220 "),
        expect: Expect::Cause(&["remote.slow_greeting"]),
        certainty: Certainty::Likely,
        ..FAR_END
    },
];

const FAR_END: Fault = Fault {
    flow: "out/tcp/25",
    certainty: Certainty::Proven,
    outside: Outside::NotAsked,
    fix: fixed_by(|lab| lab.internet.sh("nft delete table ip instead"), SMTP),
    ..HEALTHY
};

/// Leads who asks the first exchanger to another server, or to none.
fn instead(lab: &mut Lab) {
    lab.internet.sh(&format!(
        "nft 'add table ip instead; \
         add chain ip instead way {{ type nat hook prerouting priority -100; }}; \
         add rule ip instead way ip daddr {MAIL_EXCHANGER} tcp dport 25 redirect to :2526'"
    ));
}

const INSTEAD: &str = "0.0.0.0:2526";
