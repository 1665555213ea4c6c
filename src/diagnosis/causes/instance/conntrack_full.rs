use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.conntrack_full",
    layer: Layer::Instance,
    title: "the connection tracking table is full",
    page: include_str!("conntrack_full.md"),
    scope: scope::any,
    weight: 4,
    predicts: &[
        Reading::Timeout,
        Reading::LocallyForbidden,
        Reading::NoneAnswers,
        Reading::TableFull,
        Reading::LocalTableFull,
        Reading::LocalDropped,
        Reading::OutboundDead,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::CountersTableFull,
    ],
    convicts: &[
        &[Reading::TableFull],
        &[Reading::LocalTableFull],
        &[Reading::NothingLeft, Reading::CountersTableFull],
        &[Reading::CountersTableFull],
    ],
    excludes: &[Reading::TableHasRoom],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "raise the limit, and find what fills the table",
        risk: Risk::Manual,
        steps: &[
            "raise net.netfilter.nf_conntrack_max",
            "list the busiest sources with `conntrack -L`",
        ],
        commands: &[(
            "sh",
            "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
        )],
        rollback: "restore the former maximum",
    }),
    ..Cause::BLANK
};
