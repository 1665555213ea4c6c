//! What a change of rules opens beside the flow it is made for.

use crate::diagnosis::host_filter::HostFilter;
use crate::diagnosis::{Case, Opens};
use rulesets::host::HostRules;
use rulesets::questions::{Opened, Side, opened};
use rulesets::space::{Budget, NotDetermined};
use rulesets::{Family, Packet, SecurityGroups, Way};

/// What other groups in place of those bound open.
pub(super) fn by_groups(before: &SecurityGroups, after: &SecurityGroups) -> Opens {
    let after = Way::from(after);
    let opened = Way::from(before).opened_by(&after, &Budget::default());
    opened.map_or_else(undetermined, |opened| Opens {
        summary: opened.summary,
        flows: opened.flows,
    })
}

/// What other rules of the host open, to packets that arrive or leave as this one does.
pub(super) fn by_host(
    case: &Case<'_>,
    filter: &HostFilter<'_>,
    after: &HostRules,
    (packet, side): (&Packet, Side),
) -> Opens {
    match opened_on_host(filter, after, (packet, side)) {
        // Where nothing is certain, what the change is made for is all that is known of it.
        Ok(opened) if opened.flows <= 1 => this_flow(case),
        Ok(opened) => Opens {
            summary: format!("{} in the host firewall", opened.summary),
            flows: opened.flows,
        },
        Err(error) => undetermined(error),
    }
}

/// The flow itself, and no other.
pub(super) fn this_flow(case: &Case<'_>) -> Opens {
    let far = case.flow.client.or(case.flow.address);
    Opens {
        summary: far.map_or_else(
            || format!("{} in the host firewall", case.flow.name()),
            |far| format!("{} with {far} in the host firewall", case.flow.name()),
        ),
        flows: 1,
    }
}

fn opened_on_host(
    filter: &HostFilter<'_>,
    after: &HostRules,
    (packet, side): (&Packet, Side),
) -> Result<Opened, NotDetermined> {
    let mut regions = Vec::new();
    for family in [Family::V4, Family::V6] {
        let packet = Packet {
            family,
            ..packet.clone()
        };
        let facts = filter.facts(family);
        let before = filter.rules.gates(&packet, &facts)?;
        let after = after.gates(&packet, &facts)?;
        regions.extend(opened(&before, &after, side, &Budget::default())?);
    }
    Ok(Opened::of(regions))
}

fn undetermined(error: NotDetermined) -> Opens {
    Opens {
        summary: format!(
            "not determined: the rules are too entangled for {} steps",
            error.steps
        ),
        flows: u64::MAX,
    }
}
