use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.tls_failed",
    layer: Layer::Service,
    title: "the TLS handshake fails",
    page: include_str!("tls_failed.md"),
    scope: scope::inbound_tcp,
    weight: 15,
    predicts: &[
        Reading::TlsFailed,
        Reading::LocalTlsFails,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[
        &[Reading::TlsFailed, Reading::LocalTlsFails],
        &[Reading::LocalTlsFails],
    ],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "correct the service's TLS settings",
        risk: Risk::Review,
        steps: &["check versions, cipher suites and certificate files of the service"],
        commands: &[("sh", "openssl s_client -connect {target}:{port}")],
        rollback: "restore the settings",
    }),
    ..Cause::BLANK
};
