//! What rules refer to: interfaces, virtual networks, service tags.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::prefix::{HOST, set_of_tag};
use super::properties;
use crate::document::{Document, Instance, Members};
use crate::json_document::{Fault, Node, ReadError, address_block};
use crate::text::shown;
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr};

/// Reads an interface (`az network nic show`): its addresses are members of its application security
/// groups. `whole` says that the document lists them all.
pub(super) fn read_interface(
    node: &Node<'_>,
    whole: bool,
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    let inner = properties(node)?;
    let id = node.need("id", "the interface's id")?;
    let mut instance = Instance {
        id: lower(id),
        name: shown(node.text("name")?.unwrap_or_default(), 100),
        ..Instance::default()
    };
    for configuration in inner.items("ipConfigurations")? {
        let configuration = properties(&configuration)?;
        let address = match configuration.member("privateIPAddress")? {
            None => configuration.member("privateIpAddress")?,
            found => found,
        };
        if let Some(subnet) = configuration.member("subnet")?
            && let Some(id) = subnet.text("id")?
            && !instance.subnets.contains(&lower(id))
        {
            instance.subnets.push(lower(id));
        }
        let Some(address) = address else {
            continue;
        };
        let net = block(&address)?;
        instance.addresses.push(net.addr());
        for group in configuration.items("applicationSecurityGroups")? {
            let id = group.need("id", "the id of an application security group")?;
            members.add(&id.to_ascii_lowercase(), &[net], !whole);
        }
    }
    if let Some(group) = inner.member("networkSecurityGroup")? {
        let id = group.need("id", "the id of the group bound to the interface")?;
        instance.lists.push(lower(id));
    }
    if let Some(machine) = inner.member("virtualMachine")?
        && let Some(id) = machine.text("id")?
    {
        let name = super::prefix::last_part(id);
        instance
            .attributes
            .push(format!("instance:{}", shown(name, 100)));
    }
    out.instances.push(instance);
    Ok(())
}

/// Reads the virtual network of the instance (`az network vnet show`). The tag `VirtualNetwork` stands
/// for its address space, that of peered networks, the address of the host, what gateways join, and the
/// prefixes of the user's own routes; `Internet` for what is public and outside
/// (<https://learn.microsoft.com/azure/virtual-network/service-tags-overview>). Where the document
/// shows that there are neither gateways nor such routes, it holds all of the former.
pub(super) fn read_networks(
    networks: &[&Node<'_>],
    members: &mut Members,
    out: &mut Document,
) -> Result<(), ReadError> {
    let [network] = networks else {
        if !networks.is_empty() {
            out.remarks.push(SEVERAL.to_owned());
        }
        return Ok(());
    };
    let inner = properties(network)?;
    let mut own = spaces(&inner, "addressSpace")?;
    for peering in inner.items("virtualNetworkPeerings")? {
        let peering = properties(&peering)?;
        own.extend(spaces(&peering, "remoteAddressSpace")?);
        own.extend(spaces(&peering, "remoteVirtualNetworkAddressSpace")?);
    }
    let mut public = vec![Ipv4Net::default()];
    let apart = own.iter().filter_map(|net| match net {
        IpNet::V4(net) => Some(*net),
        IpNet::V6(_) => None,
    });
    let special = NOT_PUBLIC
        .iter()
        .filter_map(|(address, length)| Ipv4Net::new(*address, *length).ok());
    for net in special.chain(apart) {
        public = public
            .into_iter()
            .flat_map(|block| without(block, net))
            .collect();
    }
    let public: Vec<IpNet> = public.into_iter().map(IpNet::V4).collect();
    own.push(IpNet::from(IpAddr::V4(HOST)));
    let closed = joins_nothing_else(&inner)?;
    members.add(&set_of_tag("VirtualNetwork"), &own, !closed);
    members.add(&set_of_tag("Internet"), &public, true);
    out.remarks
        .push(if closed { CLOSED } else { NETWORK }.to_owned());
    Ok(())
}

/// Whether a network shows its subnets, none of which has routes of the user's own or a gateway, and
/// uses no gateway of a peer. Gateways and route servers live in subnets of these names alone.
fn joins_nothing_else(network: &Node<'_>) -> Result<bool, ReadError> {
    if network.member("subnets")?.is_none() {
        return Ok(false);
    }
    for subnet in network.items("subnets")? {
        let name = subnet
            .text("name")?
            .unwrap_or_default()
            .to_ascii_lowercase();
        let inner = properties(&subnet)?;
        let joins = ["gatewaysubnet", "routeserversubnet"].contains(&name.as_str());
        if joins || name.is_empty() || inner.member("routeTable")?.is_some() {
            return Ok(false);
        }
    }
    for peering in network.items("virtualNetworkPeerings")? {
        let inner = properties(&peering)?;
        let space = ["remoteAddressSpace", "remoteVirtualNetworkAddressSpace"];
        let mut shown = false;
        for name in space {
            shown |= inner.member(name)?.is_some();
        }
        if !shown || inner.flag("useRemoteGateways")? != Some(false) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads the addresses of service tags (`az network list-service-tags`, or the file the vendor offers).
pub(super) fn read_service_tags(root: &Node<'_>, members: &mut Members) -> Result<(), ReadError> {
    for tag in root.items("values")? {
        let inner = properties(&tag)?;
        let name = tag.need("name", "the name of a service tag")?;
        let mut nets = Vec::new();
        for prefix in inner.items("addressPrefixes")? {
            nets.push(block(&prefix)?);
        }
        members.add(&set_of_tag(name), &nets, false);
    }
    Ok(())
}

fn spaces(node: &Node<'_>, name: &str) -> Result<Vec<IpNet>, ReadError> {
    let Some(space) = node.member(name)? else {
        return Ok(Vec::new());
    };
    let list = space.items("addressPrefixes")?;
    if list.len() > SPACES {
        return Err(space.fault_at("addressPrefixes", Fault::TooMany(SPACES)));
    }
    list.iter().map(block).collect()
}

/// The blocks of `whole` that lie outside `net`.
fn without(whole: Ipv4Net, net: Ipv4Net) -> Vec<Ipv4Net> {
    if net.contains(&whole) {
        return Vec::new();
    }
    if !whole.contains(&net) {
        return vec![whole];
    }
    let halves = whole.subnets(whole.prefix_len() + 1).into_iter().flatten();
    halves.flat_map(|half| without(half, net)).collect()
}

fn block(node: &Node<'_>) -> Result<IpNet, ReadError> {
    let text = node.as_text()?;
    address_block(text).ok_or_else(|| node.bad(text, "an address or a CIDR block"))
}

/// Ids of resources are told apart without regard to case.
fn lower(id: &str) -> String {
    shown(&id.to_ascii_lowercase(), 300)
}

/// What no public address lies in (RFC 6890, RFC 5771, RFC 1112) and the address of the host.
const NOT_PUBLIC: [(Ipv4Addr, u8); 9] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// The most address blocks of one network that are read; the vendor keeps far fewer.
const SPACES: usize = 1_000;

const CLOSED: &str = "`VirtualNetwork` is taken for the network's own address space and that of its peers, since no \
                      subnet has a route table or a gateway";
const SEVERAL: &str = "several virtual networks in one document: give the one of the instance alone, so that \
                       the tags `VirtualNetwork` and `Internet` can be told";
const NETWORK: &str = "`VirtualNetwork` also stands for networks joined by gateways and for routes of the \
                       user's own, which this document does not show; public addresses among them are taken for `Internet`";
