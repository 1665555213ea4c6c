use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.certificate_invalid",
    layer: Layer::Service,
    title: "the certificate does not hold",
    page: include_str!("certificate_invalid.md"),
    scope: scope::inbound_tcp,
    weight: 20,
    predicts: &[
        Reading::CertificateBad,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[&[Reading::CertificateBad]],
    remedy: Remedy::Steps(Steps {
        summary: "renew or replace the certificate",
        risk: Risk::Review,
        steps: &[
            "check dates, names and the chain, then renew",
            "reload the service",
        ],
        commands: &[(
            "sh",
            "openssl s_client -connect {target}:{port} -servername {target} </dev/null | openssl x509 -noout -dates -ext subjectAltName",
        )],
        rollback: "restore the former certificate",
    }),
    ..Cause::BLANK
};
