//! Reads who is a member of which group: `DescribeNetworkInterfaces` (vpc 2017-03-12) and
//! `DescribeInstances` (cvm 2017-03-12).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::access::single;
use super::account::{Account, Machine};
use super::field::Fields;
use super::problem::Result;
use crate::document::Instance;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The interfaces of an answer. A reference to a group means the private addresses of the interfaces
/// bound to it, never public ones (vendor page 213/34272).
///
/// Whether an answer shows every member of a group cannot be read off it, since it does not repeat the
/// filter it was asked with. It does when the caller says what it was asked for (`of`), when one group
/// alone is common to all its interfaces (the filter by that group), and when no group is, which a
/// filter by group would not give.
pub(super) fn interfaces(answer: &Fields<'_>, of: Option<&str>) -> Result<Account> {
    let mut account = Account::default();
    let list = answer.objects("NetworkInterfaceSet")?;
    let whole = answer.lists_all(list.len())?;
    let mut bound: Vec<BTreeSet<String>> = Vec::new();
    for (path, members) in list {
        let machine = interface(&Fields::new(&path, members))?;
        join(&mut account, &machine.instance);
        bound.push(machine.instance.lists.iter().cloned().collect());
        account.machines.push(machine);
    }
    let common = bound
        .iter()
        .skip(1)
        .fold(bound.first().cloned().unwrap_or_default(), |sum, one| {
            &sum & one
        });
    for (id, all) in &mut account.inventory.addresses {
        let filtered = common.len() == 1 && common.contains(id);
        let asked = of.map_or(filtered || common.is_empty(), |of| of == id);
        all.complete = whole && asked;
    }
    if let Some(id) = of {
        let all = account.inventory.addresses.entry(id.to_owned());
        all.or_default().complete = whole;
    }
    Ok(account)
}

/// The instances of an answer, which shows their primary interface alone: a group may have other
/// members.
pub(super) fn instances(answer: &Fields<'_>) -> Result<Account> {
    let mut account = Account::default();
    for (path, members) in answer.objects("InstanceSet")? {
        let fields = Fields::new(&path, members);
        let network = match fields.object("VirtualPrivateCloud")? {
            Some(members) => Fields::new(&path, members).remark("SubnetId")?,
            None => String::new(),
        };
        let mut addresses = fields.addresses("PrivateIpAddresses")?;
        addresses.extend(fields.addresses("IPv6Addresses")?);
        let state = fields.remark("InstanceState")?;
        let isolated = fields.text("IsolatedSource")?;
        let expired = fields.text("RestrictState")? == Some("EXPIRED");
        let machine = Machine {
            recycled: state == "SHUTDOWN"
                || expired
                || isolated.is_some_and(|source| source != "NOTISOLATED"),
            state,
            instance: Instance {
                id: fields.needed("InstanceId")?.to_owned(),
                name: fields.remark("InstanceName")?,
                addresses,
                public_addresses: fields.addresses("PublicIpAddresses")?,
                lists: owned(fields.texts("SecurityGroupIds")?),
                subnets: Some(network)
                    .filter(|id| !id.is_empty())
                    .into_iter()
                    .collect(),
                attributes: Vec::new(),
            },
        };
        join(&mut account, &machine.instance);
        account.machines.push(machine);
    }
    for all in account.inventory.addresses.values_mut() {
        all.complete = false;
    }
    Ok(account)
}

/// A primary interface goes by the id of its instance.
fn interface(fields: &Fields<'_>) -> Result<Machine> {
    let path = fields.path;
    let mut instance = Instance {
        id: fields.needed("NetworkInterfaceId")?.to_owned(),
        name: fields.remark("NetworkInterfaceName")?,
        lists: owned(fields.texts("GroupSet")?),
        ..Instance::default()
    };
    if let Some(members) = fields.object("Attachment")?
        && let Some(id) = Fields::new(path, members).text("InstanceId")?
        && fields.flag("Primary")?
    {
        id.clone_into(&mut instance.id);
    }
    for (path, members) in fields.objects("PrivateIpAddressSet")? {
        let one = Fields::new(&path, members);
        instance.addresses.extend(one.address("PrivateIpAddress")?);
        let public = one.address("PublicIpAddress")?;
        instance.public_addresses.extend(public);
    }
    for (path, members) in fields.objects("Ipv6AddressSet")? {
        let one = Fields::new(&path, members);
        instance.addresses.extend(one.address("Address")?);
    }
    let subnet = fields.text("SubnetId")?;
    instance.subnets = owned(subnet.into_iter().collect());
    Ok(Machine {
        instance,
        state: fields.remark("State")?,
        recycled: false,
    })
}

/// Puts an instance's addresses to the members of its groups.
fn join(account: &mut Account, instance: &Instance) {
    for id in &instance.lists {
        let all = account.inventory.addresses.entry(id.clone());
        let all = all.or_default();
        for address in &instance.addresses {
            match address {
                IpAddr::V4(_) => all.nets.insert(single(*address)),
                IpAddr::V6(_) => all.perhaps.insert(single(*address)),
            };
        }
    }
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}
