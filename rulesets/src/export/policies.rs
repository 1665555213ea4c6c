//! Groups as the vendor's API answers, by `DescribeSecurityGroupPolicies` (vpc 2017-03-12).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::neutral::printable;
use super::{ExportError, each, expressible, refuse};
use crate::flow::Direction;
use crate::security_group::{SecurityGroup, SecurityGroups};
use crate::tencent::described;
use serde_json::{Value, json};

/// The answer about each group, with the group's id beside it; several are a list. References to groups
/// and templates stay references.
pub fn policies(groups: &SecurityGroups) -> Result<String, ExportError> {
    let answers = groups.groups.iter().map(answer);
    let mut answers: Vec<Value> = answers.collect::<Result<_, _>>()?;
    match answers.len() {
        0 => Err(ExportError::Nothing),
        1 => Ok(printable(&answers.remove(0))),
        _ => Ok(printable(&Value::Array(answers))),
    }
}

fn answer(group: &SecurityGroup) -> Result<Value, ExportError> {
    let (mut ingress, mut egress) = (Vec::new(), Vec::new());
    for place in each(group) {
        let (direction, index, rule) = place;
        expressible(rule).map_err(|reason| refuse(group, place, reason))?;
        let mut policy = described(rule);
        policy.insert("PolicyIndex".to_owned(), json!(index));
        match direction {
            Direction::Inbound => ingress.push(policy),
            Direction::Outbound => egress.push(policy),
        }
    }
    let mut set = json!({"Ingress": ingress, "Egress": egress});
    if let Some(version) = &group.version {
        set["Version"] = json!(version);
    }
    Ok(json!({"SecurityGroupId": group.id, "SecurityGroupPolicySet": set}))
}
