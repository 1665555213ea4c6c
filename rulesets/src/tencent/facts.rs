//! Reads what an account says about its groups beyond their rules: `DescribeSecurityGroups`,
//! `DescribeSecurityGroupAssociationStatistics`, `DescribeSecurityGroupReferences` (vpc 2017-03-12).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::field::Fields;
use super::problem::Result;
use std::collections::BTreeMap;

/// A security group without its rules.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GroupProfile {
    /// Its id.
    pub id: String,
    /// The name its owner gave it.
    pub name: String,
    /// The owner's remark.
    pub description: String,
    /// The project it belongs to; empty when the answer does not say.
    pub project: String,
    /// The region it lies in; empty when the answer does not say.
    pub region: String,
    /// True when the vendor made it; it cannot be deleted then.
    pub is_default: bool,
}

/// How many resources a group is bound to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bindings {
    /// The group's id.
    pub id: String,
    /// How many of each kind, such as `CVM`; kinds it is not bound to are left out.
    pub counts: BTreeMap<String, u64>,
    /// How many groups name it in their rules.
    pub referring: u64,
}

/// Which groups name a group in their rules.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GroupReferences {
    /// The group's id.
    pub id: String,
    /// The ids of the groups that name it.
    pub by: Vec<String>,
}

/// The groups of `DescribeSecurityGroups`.
pub(super) fn profiles(answer: &Fields<'_>) -> Result<Vec<GroupProfile>> {
    let mut all = Vec::new();
    for (path, members) in answer.objects("SecurityGroupSet")? {
        let group = Fields::new(&path, members);
        all.push(GroupProfile {
            id: group.needed("SecurityGroupId")?.to_owned(),
            name: group.remark("SecurityGroupName")?,
            description: group.remark("SecurityGroupDesc")?,
            project: group.text_or_number("ProjectId")?.unwrap_or_default(),
            region: group.remark("Region")?,
            is_default: group.flag("IsDefault")?,
        });
    }
    Ok(all)
}

/// The counts of `DescribeSecurityGroupAssociationStatistics`. The list of kinds repeats the counts
/// that have a member of their own and knows more kinds.
pub(super) fn bindings(answer: &Fields<'_>) -> Result<Vec<Bindings>> {
    let mut all = Vec::new();
    for (path, members) in answer.objects("SecurityGroupAssociationStatisticsSet")? {
        let group = Fields::new(&path, members);
        let mut counts = BTreeMap::new();
        for kind in ["CVM", "CDB", "ENI", "CLB"] {
            counts.insert(kind.to_owned(), group.count(kind)?.unwrap_or_default());
        }
        for (path, members) in group.objects("InstanceStatistics")? {
            let kind = Fields::new(&path, members);
            let count = kind.count("InstanceCount")?.unwrap_or_default();
            counts.insert(kind.remark("InstanceType")?, count);
        }
        let known: u64 = counts.values().fold(0, |sum, one| sum.saturating_add(*one));
        let total = group.count("TotalCount")?.unwrap_or_default();
        counts.insert("other".to_owned(), total.saturating_sub(known));
        counts.retain(|_, count| *count > 0);
        all.push(Bindings {
            id: group.needed("SecurityGroupId")?.to_owned(),
            counts,
            referring: group.count("SG")?.unwrap_or_default(),
        });
    }
    Ok(all)
}

/// The groups of `DescribeSecurityGroupReferences`.
pub(super) fn references(answer: &Fields<'_>) -> Result<Vec<GroupReferences>> {
    let mut all = Vec::new();
    for (path, members) in answer.objects("ReferredSecurityGroupSet")? {
        let group = Fields::new(&path, members);
        let by = group.texts("ReferredSecurityGroupIds")?;
        all.push(GroupReferences {
            id: group.needed("SecurityGroupId")?.to_owned(),
            by: by.into_iter().map(str::to_owned).collect(),
        });
    }
    Ok(all)
}
