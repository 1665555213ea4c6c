use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.reverse_path_filtered",
    layer: Layer::Instance,
    title: "the kernel's reverse-path filter drops it",
    page: include_str!("reverse_path_filtered.md"),
    scope: scope::inbound,
    weight: 3,
    predicts: &[
        Reading::Timeout,
        Reading::NoneAnswers,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::CountersReversePath,
    ],
    convicts: &[
        &[Reading::NothingLeft, Reading::CountersReversePath],
        &[Reading::CountersReversePath],
    ],
    settled_by: &[Test::Inside, Test::Witness],
    remedy: Remedy::Steps(Steps {
        summary: "add a routing rule for each interface, or set rp_filter to 2",
        risk: Risk::Manual,
        steps: &[
            "route replies through the interface the packet came in by",
            "or set rp_filter to 2 on that interface",
        ],
        commands: &[(
            "sh",
            "sysctl net.ipv4.conf.all.rp_filter; nstat -az TcpExtIPReversePathFilter",
        )],
        rollback: "restore rp_filter",
    }),
    ..Cause::BLANK
};
