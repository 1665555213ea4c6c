use crate::evidence::OwnRoutes;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Asks the kernel for a route to the documentation networks (RFC 5737, RFC 3849), which stand for
/// any public address. Connecting a datagram socket sends nothing.
pub(super) fn own_routes() -> OwnRoutes {
    let routed = |local: SocketAddr, far: SocketAddr| {
        UdpSocket::bind(local).is_ok_and(|socket| socket.connect(far).is_ok())
    };
    OwnRoutes {
        ipv4: routed(
            (Ipv4Addr::UNSPECIFIED, 0).into(),
            (Ipv4Addr::new(192, 0, 2, 1), 9).into(),
        ),
        ipv6: routed(
            (Ipv6Addr::UNSPECIFIED, 0).into(),
            (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into(),
        ),
    }
}
