use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.address_changed",
    layer: Layer::Instance,
    title: "the guest no longer holds its private address",
    page: include_str!("address_changed.md"),
    scope: scope::inbound,
    weight: 4,
    predicts: &[
        Reading::Timeout,
        Reading::HostUnreachable,
        Reading::NeighbourUnreachable,
        Reading::NoneAnswers,
        Reading::PrivateMissing,
        Reading::NotAtInterface,
        Reading::Arrived,
        Reading::NothingLeft,
    ],
    convicts: &[&[Reading::PrivateMissing]],
    excludes: &[
        Reading::AddressHeld,
        Reading::AddressHeldDown,
        Reading::PrivateHeld,
        Reading::PrivateHeldDown,
    ],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "restore the address inside the guest",
        risk: Risk::Manual,
        steps: &[
            "log in over the console's VNC",
            "compare `ip address` with the private address in the console, and restore it (DHCP)",
        ],
        commands: &[("sh", "ip -brief address")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
