//! What the kernel knows about a failed packet: the error number, and the ICMP error behind it.
//!
//! `SO_ERROR` must be read before the error queue: reading the queue clears it. ICMP errors for
//! TCP are queued since Linux 5.8; older kernels leave only the error number.

use crate::{Failure, IcmpError};
use nix::libc;
use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};

/// Asks the kernel to keep ICMP errors for this socket, or to drop them. While it keeps them, one
/// ends even an established TCP connection, which otherwise outlives a router's hiccup.
pub(super) fn keep_icmp_errors(socket: &impl AsFd, target: IpAddr, keep: bool) -> io::Result<()> {
    match target {
        IpAddr::V4(_) => setsockopt(socket, Ipv4RecvErr, &keep)?,
        IpAddr::V6(_) => setsockopt(socket, Ipv6RecvErr, &keep)?,
    }
    Ok(())
}

/// Takes the first ICMP error the kernel queued for this socket.
pub(super) fn queued_icmp(socket: &impl AsRawFd) -> Option<IcmpError> {
    for _ in 0..QUEUE_READS {
        let mut payload = [0; 512];
        let mut parts = [IoSliceMut::new(&mut payload)];
        let mut control = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6);
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let fd = socket.as_raw_fd();
        let message = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut control), flags).ok()?;
        if let Some(icmp) = message.cmsgs().ok()?.find_map(|control| icmp_of(&control)) {
            return Some(icmp);
        }
    }
    None
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other message is no error"
)]
fn icmp_of(control: &ControlMessageOwned) -> Option<IcmpError> {
    match *control {
        ControlMessageOwned::Ipv4RecvErr(error, Some(offender))
            if error.ee_origin == libc::SO_EE_ORIGIN_ICMP
                && i32::from(offender.sin_family) == libc::AF_INET =>
        {
            let address = Ipv4Addr::from(u32::from_be(offender.sin_addr.s_addr));
            Some(icmp_error(error, address.into()))
        }
        ControlMessageOwned::Ipv6RecvErr(error, Some(offender))
            if error.ee_origin == libc::SO_EE_ORIGIN_ICMP6
                && i32::from(offender.sin6_family) == libc::AF_INET6 =>
        {
            let address = Ipv6Addr::from(offender.sin6_addr.s6_addr);
            Some(icmp_error(error, address.into()))
        }
        _ => None,
    }
}

fn icmp_error(error: libc::sock_extended_err, offender: IpAddr) -> IcmpError {
    IcmpError {
        kind: error.ee_type,
        code: error.ee_code,
        offender,
    }
}

/// Names an error that came while packets were under way.
pub(super) fn classify(error: &io::Error, icmp: Option<IcmpError>) -> Failure {
    if let Some(icmp) = icmp {
        return Failure::Rejected { icmp };
    }
    let errno = error.raw_os_error().unwrap_or_default();
    match errno {
        libc::ECONNREFUSED => Failure::Refused,
        // A reset in the place of the SYN-ACK, from a peer that aborts while the handshake ends.
        libc::ECONNRESET => Failure::Reset {
            text: String::new(),
        },
        libc::ETIMEDOUT => Failure::Timeout,
        libc::EPERM | libc::EACCES => Failure::LocallyForbidden,
        libc::EHOSTUNREACH | libc::ENETUNREACH | libc::EHOSTDOWN | libc::ENETDOWN => {
            Failure::Unreachable { errno }
        }
        _ => Failure::Unclassified {
            text: error.to_string(),
        },
    }
}

/// Names an error the kernel gave at once, before any packet left.
pub(super) fn classify_at_once(error: &io::Error, target: SocketAddr) -> Failure {
    match error.raw_os_error().unwrap_or_default() {
        // A blackhole route; a link-local address without its interface gives the same error.
        libc::EINVAL if !is_link_local(target.ip()) => Failure::NoRoute,
        libc::EPERM | libc::EACCES => Failure::LocallyForbidden,
        libc::EADDRNOTAVAIL if source_for(target).is_some() => Failure::NoLocalPort,
        libc::ENETUNREACH | libc::EHOSTUNREACH | libc::ENETDOWN | libc::EADDRNOTAVAIL => {
            Failure::NoRoute
        }
        _ => classify(error, None),
    }
}

/// The address this host would send from, where it has a route and a source address: connecting a
/// datagram socket sends nothing, and needs both.
pub(super) fn source_for(target: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = match target {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(target).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

const QUEUE_READS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use nix::errno::Errno;
    use socket2::Socket;

    fn error(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno as i32)
    }

    #[test]
    fn error_numbers_are_named_once() {
        let icmp = IcmpError {
            kind: 3,
            code: 13,
            offender: Ipv4Addr::new(192, 0, 2, 1).into(),
        };
        let rejected = Failure::Rejected { icmp };
        for (errno, queued, expected) in [
            (Errno::ECONNREFUSED, None, Failure::Refused),
            (Errno::ECONNREFUSED, Some(icmp), rejected.clone()),
            (Errno::EHOSTUNREACH, Some(icmp), rejected.clone()),
            (Errno::EACCES, Some(icmp), rejected),
            (Errno::EACCES, None, Failure::LocallyForbidden),
            (Errno::EPERM, None, Failure::LocallyForbidden),
            (Errno::ETIMEDOUT, None, Failure::Timeout),
            (
                Errno::EHOSTUNREACH,
                None,
                Failure::Unreachable { errno: 113 },
            ),
        ] {
            assert_eq!(classify(&error(errno), queued), expected, "{errno}");
        }
    }

    #[test]
    fn errors_at_once_are_ours() {
        let target: SocketAddr = "127.0.0.1:22".parse().unwrap();
        for (errno, expected) in [
            (Errno::ENETUNREACH, Failure::NoRoute),
            (Errno::EINVAL, Failure::NoRoute),
            (Errno::EADDRNOTAVAIL, Failure::NoLocalPort),
            (Errno::EPERM, Failure::LocallyForbidden),
        ] {
            assert_eq!(classify_at_once(&error(errno), target), expected, "{errno}");
        }
        let link_local = "[fe80::1]:22".parse().unwrap();
        let failure = classify_at_once(&error(Errno::EINVAL), link_local);
        assert!(matches!(failure, Failure::Unclassified { .. }));
    }

    #[test]
    fn the_kernel_names_the_sender_of_an_icmp_error() {
        for (address, kind, code) in [("127.0.0.1:0", 3, 3), ("[::1]:0", 1, 4)] {
            let closed = UdpSocket::bind(address).unwrap();
            let target = closed.local_addr().unwrap();
            drop(closed);
            let domain = socket2::Domain::for_address(target);
            let socket = Socket::new(domain, socket2::Type::DGRAM, None).unwrap();
            keep_icmp_errors(&socket, target.ip(), true).unwrap();
            socket.connect(&target.into()).unwrap();
            socket.send(b"x").unwrap();
            let error = socket
                .recv(&mut [std::mem::MaybeUninit::uninit()])
                .unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ECONNREFUSED));
            let offender = target.ip();
            let expected = IcmpError {
                kind,
                code,
                offender,
            };
            assert_eq!(queued_icmp(&socket), Some(expected));
            assert_eq!(queued_icmp(&socket), None);
        }
    }
}
