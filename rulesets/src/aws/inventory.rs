//! The members of groups and prefix lists, and the interfaces that groups are bound to.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::network_acl::name_tag;
use super::reference::id;
use crate::document::{Document, Instance, Members};
use crate::json_document::{Fault, Node, ReadError, address_block, quoted};
use crate::text::shown;
use ipnet::IpNet;

/// Reads `NetworkInterfaces`. The listing is taken as the whole one of a region, so that a group no
/// interface carries has no members; a page of a longer one is not.
pub(super) fn read_interfaces(
    root: &Node<'_>,
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    let whole = root.text("NextToken")?.is_none();
    for node in root.items("NetworkInterfaces")? {
        interface(&node, whole, members, out)?;
    }
    if whole {
        out.closed.push("sg-".to_owned());
        out.remarks.push(WHOLE.to_owned());
    }
    Ok(())
}

/// Reads `Reservations`. Groups may have other members than instances, such as load balancers.
pub(super) fn read_reservations(
    root: &Node<'_>,
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    for reservation in root.items("Reservations")? {
        for node in reservation.items("Instances")? {
            let instance_id = id(&node, "InstanceId", "the instance's id")?;
            let name = name_tag(&node, "Tags")?;
            let first = out.instances.len();
            for inner in node.items("NetworkInterfaces")? {
                if inner.text("NetworkInterfaceId")?.is_some() {
                    interface(&inner, false, members, out)?;
                }
            }
            if out.instances.len() == first {
                without_interfaces(&node, instance_id, members, out)?;
            }
            for instance in &mut out.instances[first..] {
                instance.name.clone_from(&name);
                let attribute = format!("instance:{instance_id}");
                if !instance.attributes.contains(&attribute) {
                    instance.attributes.push(attribute);
                }
            }
        }
    }
    out.remarks.push(PARTIAL.to_owned());
    Ok(())
}

/// Reads `PrefixLists`, of which only `describe-prefix-lists` holds the blocks (`Cidrs`).
pub(super) fn read_prefix_lists(
    root: &Node<'_>,
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    let mut bare = false;
    for node in root.items("PrefixLists")? {
        let list = id(&node, "PrefixListId", "the id of a prefix list")?;
        let Some(blocks) = node.member("Cidrs")? else {
            bare = true;
            continue;
        };
        let mut nets = Vec::new();
        for item in blocks.list()? {
            nets.push(net(&item)?);
        }
        members.add(list, &nets, false);
    }
    if bare {
        out.remarks.push(WITHOUT_ENTRIES.to_owned());
    }
    Ok(())
}

/// Reads `Entries`, an answer that does not name its list; the command we print adds the name.
pub(super) fn read_entries(root: &Node<'_>, members: &mut Members) -> Result<(), ReadError> {
    if root.text("PrefixListId")?.is_none() {
        let fault = Fault::Absent {
            what: "the entries do not say whose they are",
            remedy: "add the id of their list as \"PrefixListId\" beside \"Entries\"",
        };
        return Err(root.fault_at("PrefixListId", fault));
    }
    let list = id(root, "PrefixListId", "the id of a prefix list")?;
    let whole = root.text("NextToken")?.is_none();
    let mut nets = Vec::new();
    for entry in root.items("Entries")? {
        let Some(cidr) = entry.member("Cidr")? else {
            return Err(entry.fault_at("Cidr", Fault::Missing("a CIDR block")));
        };
        nets.push(net(&cidr)?);
    }
    members.add(list, &nets, !whole);
    Ok(())
}

fn interface(
    node: &Node<'_>,
    whole: bool,
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    let mut instance = Instance {
        id: id(node, "NetworkInterfaceId", "the interface's id")?.to_owned(),
        name: name_tag(node, "TagSet")?,
        ..Instance::default()
    };
    let mut nets = Vec::new();
    for (list, member) in ADDRESSES {
        for item in node.items(list)? {
            if let Some(address) = item.member(member)? {
                nets.push(net(&address)?);
            }
            public(&item, &mut instance)?;
        }
    }
    if let Some(address) = node.member("PrivateIpAddress")? {
        let address = net(&address)?;
        if !nets.contains(&address) {
            nets.insert(0, address);
        }
    }
    public(node, &mut instance)?;
    instance.addresses = nets
        .iter()
        .filter(|net| net.prefix_len() == net.max_prefix_len())
        .map(IpNet::addr)
        .collect();
    for group in node.items("Groups")? {
        let group = id(&group, "GroupId", "the id of a group")?;
        members.add(group, &nets, !whole);
        instance.lists.push(group.to_owned());
    }
    if let Some(subnet) = node.text("SubnetId")? {
        instance.subnets.push(shown(subnet, 64));
    }
    if let Some(attachment) = node.member("Attachment")?
        && let Some(id) = attachment.text("InstanceId")?
    {
        instance
            .attributes
            .push(format!("instance:{}", shown(id, 64)));
    }
    out.instances.push(instance);
    Ok(())
}

/// An instance whose answer was shortened to its own addresses and groups. One that has no address,
/// such as a terminated one, is left out: no packet reaches it.
fn without_interfaces(
    node: &Node<'_>,
    id_text: &str,
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    let Some(address) = node.member("PrivateIpAddress")? else {
        return Ok(());
    };
    let address = net(&address)?;
    let mut instance = Instance {
        id: id_text.to_owned(),
        addresses: vec![address.addr()],
        ..Instance::default()
    };
    for group in node.items("SecurityGroups")? {
        let group = id(&group, "GroupId", "the id of a group")?;
        members.add(group, &[address], true);
        instance.lists.push(group.to_owned());
    }
    if let Some(subnet) = node.text("SubnetId")? {
        instance.subnets.push(shown(subnet, 64));
    }
    out.instances.push(instance);
    Ok(())
}

fn public(node: &Node<'_>, instance: &mut Instance) -> Result<(), ReadError> {
    let Some(association) = node.member("Association")? else {
        return Ok(());
    };
    if let Some(address) = association.member("PublicIp")? {
        let address = net(&address)?.addr();
        if !instance.public_addresses.contains(&address) {
            instance.public_addresses.push(address);
        }
    }
    Ok(())
}

fn net(node: &Node<'_>) -> Result<IpNet, ReadError> {
    let text = node.as_text()?;
    address_block(text).ok_or_else(|| node.bad(&quoted(text), "an address or a CIDR block"))
}

const ADDRESSES: [(&str, &str); 4] = [
    ("PrivateIpAddresses", "PrivateIpAddress"),
    ("Ipv6Addresses", "Ipv6Address"),
    ("Ipv4Prefixes", "Ipv4Prefix"),
    ("Ipv6Prefixes", "Ipv6Prefix"),
];

const WHOLE: &str = "the interfaces are taken as all of the region: a listing made with a filter leaves \
                     members of groups out";
const PARTIAL: &str = "instances are not all members of groups (load balancers and databases have \
                       interfaces too): for the rest run `aws ec2 describe-network-interfaces --output json`";
const WITHOUT_ENTRIES: &str = "some prefix lists came without their entries: run `aws ec2 \
                               get-managed-prefix-list-entries` for those that rules name";
