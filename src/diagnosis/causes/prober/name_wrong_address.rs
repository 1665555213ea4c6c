use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "prober.name_wrong_address",
    layer: Layer::Prober,
    title: "the name resolves to an address that is not the instance's",
    page: include_str!("name_wrong_address.md"),
    scope: scope::named,
    weight: 6,
    predicts: &[
        Reading::Timeout,
        Reading::Refused,
        Reading::HostUnreachable,
        Reading::NeighbourUnreachable,
        Reading::Prohibited,
        Reading::ProhibitedInTransit,
        Reading::WrongProtocol,
        Reading::CertificateBad,
        Reading::Silent,
        Reading::ClosedAtOnce,
        Reading::ClosedLate,
        Reading::TlsFailed,
        Reading::AnsweredError,
        Reading::TurnedAway,
        Reading::AddressForeign,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::AddressForeign]],
    settled_by: &[Test::Inside, Test::TargetAddress],
    remedy: Remedy::Steps(Steps {
        summary: "point the record at the instance's address",
        risk: Risk::Manual,
        steps: &[
            "compare the address in the record with the instance's address in the console",
            "correct the record, then wait for its time to live to run out",
        ],
        commands: &[(
            "sh",
            "dig +noall +answer A {target}; dig +noall +answer AAAA {target}",
        )],
        rollback: "restore the former record",
    }),
    ..Cause::BLANK
};
