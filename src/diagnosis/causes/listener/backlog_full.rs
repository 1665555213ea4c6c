use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "listener.backlog_full",
    layer: Layer::Listener,
    title: "the accept queue is full",
    page: include_str!("backlog_full.md"),
    scope: scope::inbound_tcp,
    weight: 4,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::QueueFull,
        Reading::LocalOverflow,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::CountersOverflow,
    ],
    convicts: &[
        &[Reading::LocalOverflow],
        &[Reading::QueueFull],
        &[Reading::NothingLeft, Reading::CountersOverflow],
        &[Reading::CountersOverflow],
    ],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "restart or scale the service, and raise its backlog",
        risk: Risk::Review,
        steps: &[
            "find out why the service does not accept: it may hang",
            "restart it; raise its backlog and net.core.somaxconn when load is the reason",
        ],
        commands: &[(
            "sh",
            "ss -ltn sport = :{port}; nstat -az TcpExtListenOverflows",
        )],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
