use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "prober.resolver_failed",
    layer: Layer::Prober,
    title: "the resolver fails",
    page: include_str!("resolver_failed.md"),
    scope: scope::named,
    weight: 30,
    predicts: &[Reading::ResolverFails, Reading::ResolverSilent],
    convicts: &[&[Reading::ResolverFails]],
    settled_by: &[Test::Control],
    remedy: Remedy::Steps(Steps {
        summary: "use a resolver that works, or check by address",
        risk: Risk::Manual,
        steps: &[
            "try another name: if that fails as well, the resolver is at fault",
            "name another resolver in /etc/resolv.conf, or run the check with the address",
        ],
        commands: &[("sh", "dig {target}; cat /etc/resolv.conf")],
        rollback: "restore /etc/resolv.conf",
    }),
    ..Cause::BLANK
};
