//! What the rules of a host do not say of it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What is known of the host beside its rules. What is left out makes the answers that depend on it
/// conditional.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HostFacts {
    /// The host's own addresses, each with the length of its network; empty when they are not known.
    pub addresses: Vec<IpNet>,
    /// The addresses of each interface, its first one first, as far as known.
    pub interfaces: BTreeMap<String, Vec<IpNet>>,
    /// Whether it forwards packets between its interfaces (`net.ipv4.ip_forward` or its IPv6 like).
    pub forwarding: Option<bool>,
    /// With strict reverse path filtering (`rp_filter` 1), the networks that are routed back through
    /// the interface the packet arrives on; `None` when it is off or not known.
    pub reverse_path: Option<Vec<IpNet>>,
}

impl HostFacts {
    /// What kind an address is to this host, as routing numbers it; `None` when that is not known.
    pub(super) fn kind(&self, address: IpAddr) -> Option<u8> {
        let limited = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
        if address.is_loopback() {
            return Some(LOCAL);
        }
        if address.is_multicast() {
            return Some(MULTICAST);
        }
        if limited {
            return Some(BROADCAST);
        }
        let mut own = self.own().peekable();
        own.peek()?;
        let mut broadcast = false;
        for net in own {
            if net.addr() == address {
                return Some(LOCAL);
            }
            let wide = matches!(net, IpNet::V4(v4) if v4.prefix_len() < 31);
            broadcast |= wide && net.broadcast() == address;
        }
        Some(if broadcast { BROADCAST } else { UNICAST })
    }

    /// The first address of an interface in this family; of the host, when it has only one.
    pub(super) fn address_of(
        &self,
        interface: Option<&str>,
        like: impl Fn(&IpNet) -> bool,
    ) -> Option<IpAddr> {
        if let Some(nets) = interface.and_then(|name| self.interfaces.get(name)) {
            return nets.iter().find(|net| like(net)).map(IpNet::addr);
        }
        let outside = |net: &&IpNet| like(net) && !net.addr().is_loopback();
        let mut own = self.own().filter(outside).map(IpNet::addr);
        let first = own.next()?;
        own.all(|other| other == first).then_some(first)
    }

    /// The interface by which an address of one of its networks is reached.
    pub(super) fn interface_towards(&self, address: IpAddr) -> Option<String> {
        let near = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
        let mut interfaces = self.interfaces.iter();
        let found = interfaces.find(|(_, nets)| near(nets));
        found.map(|(name, _)| name.clone())
    }

    fn own(&self) -> impl Iterator<Item = &IpNet> {
        let named = self.interfaces.values().flatten();
        self.addresses.iter().chain(named)
    }
}

pub(super) const UNICAST: u8 = 1;
pub(super) const LOCAL: u8 = 2;
pub(super) const BROADCAST: u8 = 3;
const MULTICAST: u8 = 5;
