//! Instances (`gcloud compute instances list` or `describe`): their tags, service accounts and addresses.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::resource;
use crate::document::{Document, Instance, Members};
use crate::json_document::{Node, ReadError, address_block};
use crate::text::shown;
use ipnet::IpNet;
use std::net::IpAddr;

/// Reads an instance. Its interfaces' own addresses are members of its tags and service accounts in
/// the network of each (<https://cloud.google.com/firewall/docs/firewalls#sources>); `whole` says that the
/// document lists every instance.
pub(super) fn read(
    node: &Node<'_>,
    whole: bool,
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    let name = shown(node.need("name", "the instance's name")?, 100);
    let mut attributes = Vec::new();
    if let Some(tags) = node.member("tags")? {
        for tag in tags.items("items")? {
            attributes.push(format!("tag:{}", shown(tag.as_text()?, 100)));
        }
    }
    for account in node.items("serviceAccounts")? {
        let email = account.need("email", "the address of a service account")?;
        attributes.push(format!("account:{}", shown(email, 100)));
    }
    let mut instance = Instance {
        id: node
            .text("selfLink")?
            .map_or_else(|| name.clone(), resource),
        name,
        ..Instance::default()
    };
    for interface in node.items("networkInterfaces")? {
        let network = resource(interface.need("network", "the network of the interface")?);
        let mut own = Vec::new();
        for member in ["networkIP", "ipv6Address"] {
            if let Some(address) = interface.member(member)? {
                own.push(net(&address)?);
            }
        }
        for list in ["accessConfigs", "ipv6AccessConfigs"] {
            for config in interface.items(list)? {
                if let Some(address) = config.member("natIP")? {
                    instance.public_addresses.push(net(&address)?.addr());
                }
                // A public IPv6 address is the interface's own: nothing translates it.
                if let Some(address) = config.member("externalIpv6")? {
                    own.push(net(&address)?);
                }
            }
        }
        for attribute in &attributes {
            members.add(&format!("{attribute} in {network}"), &own, !whole);
        }
        instance.addresses.extend(
            own.iter()
                .map(IpNet::addr)
                .filter(|address: &IpAddr| !address.is_unspecified()),
        );
        if !instance.lists.contains(&network) {
            instance.lists.push(network.clone());
            instance.subnets.push(network);
        }
    }
    instance.attributes = attributes;
    out.instances.push(instance);
    Ok(())
}

fn net(node: &Node<'_>) -> Result<IpNet, ReadError> {
    let text = node.as_text()?;
    address_block(text).ok_or_else(|| node.bad(text, "an address"))
}
