use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.nic_down",
    layer: Layer::Instance,
    title: "the instance's interface is down",
    page: include_str!("nic_down.md"),
    scope: scope::inbound,
    weight: 4,
    predicts: &[
        Reading::Timeout,
        Reading::HostUnreachable,
        Reading::NeighbourUnreachable,
        Reading::NoneAnswers,
        Reading::NotAtInterface,
        Reading::NoLinkUp,
        Reading::LinkDown,
    ],
    convicts: &[&[Reading::NoLinkUp]],
    supports: &[Reading::NoLinkUp, Reading::LinkDown],
    excludes: &[Reading::AddressHeld, Reading::PrivateHeld],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "bring the interface up from the console",
        risk: Risk::Manual,
        steps: &[
            "log in over the console's VNC",
            "bring the interface up and check its address",
        ],
        commands: &[("sh", "ip link set eth0 up")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
