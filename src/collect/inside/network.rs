//! The instance's addresses and the kernel's choice of route.

use crate::inside::{Address, Datum, RouteToClient};
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::SockaddrStorage;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// The addresses of every interface: getifaddrs(3).
pub(super) fn addresses() -> Datum<Vec<Address>> {
    let found = match getifaddrs() {
        Ok(found) => found,
        Err(error) => return Datum::skipped("getifaddrs(3)", error.desc()),
    };
    let value = found
        .filter_map(|interface| {
            let address = ip(interface.address.as_ref()?)?;
            Some(Address {
                interface: interface.interface_name,
                address,
                prefix: prefix(address, interface.netmask.as_ref().and_then(ip)),
                up: interface
                    .flags
                    .contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING),
            })
        })
        .collect();
    Datum::read("getifaddrs(3)", value)
}

/// The route the kernel would choose towards a client; connecting a UDP socket sends nothing.
pub(super) fn route_to_client(client: IpAddr) -> Datum<RouteToClient> {
    let (source, error) = match source_towards(client) {
        Ok(source) => (Some(source), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Datum::read(
        CHOICE,
        RouteToClient {
            client,
            source,
            error,
        },
    )
}

fn source_towards(client: IpAddr) -> io::Result<IpAddr> {
    let any = match client {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect((client, 9))?;
    Ok(socket.local_addr()?.ip())
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
}

fn prefix(address: IpAddr, netmask: Option<IpAddr>) -> u8 {
    let ones = match (address, netmask) {
        (IpAddr::V4(_), Some(IpAddr::V4(mask))) => u32::from(mask).leading_ones(),
        (IpAddr::V6(_), Some(IpAddr::V6(mask))) => u128::from(mask).leading_ones(),
        (IpAddr::V4(_), Some(IpAddr::V6(_)) | None) => 32,
        (IpAddr::V6(_), Some(IpAddr::V4(_)) | None) => 128,
    };
    u8::try_from(ones).unwrap_or(u8::MAX)
}

const CHOICE: &str = "connect(2) and getsockname(2) on a UDP socket";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_its_address_and_prefix() {
        let Datum::Read { value, .. } = addresses() else {
            panic!("getifaddrs needs no privilege");
        };
        let loopback = value
            .iter()
            .find(|address| address.address == IpAddr::V4(Ipv4Addr::LOCALHOST))
            .unwrap();
        assert_eq!(
            (loopback.interface.as_str(), loopback.prefix, loopback.up),
            ("lo", 8, true)
        );
    }

    #[test]
    fn a_client_on_this_host_is_reached_from_its_own_address() {
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let route = route_to_client(client);
        assert_eq!(route.value().unwrap().source, Some(client));
    }
}
