//! Where the instance and its cloud disagree about it.

use super::{Finding, Severity};
use crate::evidence::Run;
use crate::inside::{CloudFacts, Snapshot};
use rulesets::SecurityGroups;
use std::net::IpAddr;

/// What the cloud's own service says against what the instance holds and which rules were given.
pub(super) fn of_run(run: &Run, findings: &mut Vec<Finding>) {
    let Some(snapshot) = &run.evidence.inside else {
        return;
    };
    let Some(cloud) = snapshot.host.cloud.value() else {
        return;
    };
    let mut say = |id: &str, layer: &str, summary: String| {
        findings.push(Finding {
            id: id.to_owned(),
            layer: layer.to_owned(),
            severity: Severity::Warning,
            summary,
        });
    };
    if let Some((id, summary)) = address(cloud, snapshot) {
        say(id, "instance", summary);
    }
    if let Some(summary) = gateway(cloud, snapshot) {
        say("instance.wrong_gateway", "instance", summary);
    }
    let given = run.evidence.groups.as_ref();
    for summary in given.map_or_else(Vec::new, |given| groups(cloud, given)) {
        say("security_group.other_bound", "security_group", summary);
    }
}

fn address(cloud: &CloudFacts, snapshot: &Snapshot) -> Option<(&'static str, String)> {
    let wanted = cloud.private_address?;
    let addresses = snapshot.addresses.whole()?;
    // Some images hold it on loopback too.
    let mut held = addresses.iter().filter(|it| it.address == wanted);
    let Some(held) = held
        .clone()
        .find(|it| it.interface != "lo")
        .or_else(|| held.next())
    else {
        let summary = format!("the cloud gives this instance {wanted}, and no interface holds it");
        return Some(("instance.address_changed", summary));
    };
    let prefix = cloud.guest_prefix().filter(|it| *it != held.prefix)?;
    let summary = format!(
        "{} holds {wanted}/{}, and the cloud's subnet is a /{prefix}",
        held.interface, held.prefix
    );
    Some(("instance.wrong_netmask", summary))
}

fn gateway(cloud: &CloudFacts, snapshot: &Snapshot) -> Option<String> {
    let wanted = cloud.gateway?;
    let addresses = snapshot.addresses.whole()?;
    let routes = snapshot.routes.whole()?.iter();
    let defaults = routes.filter(|it| it.destination == "0.0.0.0/0" && !it.reject);
    let of_it = defaults.filter(|it| cloud.held_on(addresses, &it.interface).is_some());
    let used: Vec<IpAddr> = of_it.filter_map(|it| it.gateway).collect();
    let other = used.first().filter(|_| !used.contains(&wanted))?;
    Some(format!(
        "the default route leads to {other}, and the cloud's gateway is {wanted}"
    ))
}

/// Bound groups that were not given. One that was given may be bound to an interface that the cloud was
/// not asked about; groups whose ids are not the cloud's cannot be told apart from others.
fn groups(cloud: &CloudFacts, given: &SecurityGroups) -> Vec<String> {
    let Some(bound) = &cloud.security_groups else {
        return Vec::new();
    };
    let given: Vec<&str> = given.groups.iter().map(|it| it.id.as_str()).collect();
    if given.iter().any(|it| !it.starts_with("sg-")) {
        return Vec::new();
    }
    let missing = bound.iter().filter(|it| !given.contains(&it.as_str()));
    let missing = missing.map(|it| {
        format!("the cloud says that {it} is bound, and its rules were not given: the verdict may differ")
    });
    missing.collect()
}
