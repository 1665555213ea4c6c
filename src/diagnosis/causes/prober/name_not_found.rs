use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "prober.name_not_found",
    layer: Layer::Prober,
    title: "the name does not resolve",
    page: include_str!("name_not_found.md"),
    scope: scope::named,
    weight: 50,
    predicts: &[Reading::NameNotFound],
    convicts: &[&[Reading::NameNotFound]],
    remedy: Remedy::Steps(Steps {
        summary: "correct the name, or publish an address record for it",
        risk: Risk::Manual,
        steps: &[
            "check the spelling of the name",
            "check that the zone has an A or AAAA record for it",
        ],
        commands: &[("sh", "dig +short A {target}; dig +short AAAA {target}")],
        rollback: "restore the former record",
    }),
    ..Cause::BLANK
};
