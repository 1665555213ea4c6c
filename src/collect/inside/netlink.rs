//! Asking the kernel over netlink, bounded in time and size.

use crate::inside::DiagError;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto,
    setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;

/// Sends one request and gives each datagram of the answer to `read`, until that says it was the
/// last.
pub(super) fn dump(
    protocol: SockProtocol,
    request: &[u8],
    mut read: impl FnMut(&[u8]) -> Result<bool, DiagError>,
) -> io::Result<()> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        protocol,
    )?;
    setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::seconds(1))?;
    let kernel = NetlinkAddr::new(0, 0);
    sendto(socket.as_raw_fd(), request, &kernel, MsgFlags::empty())?;
    let mut buffer = vec![0; 64 << 10];
    for _ in 0..MOST_DATAGRAMS {
        let length = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
        let done = read(&buffer[..length]).map_err(|error| match error {
            DiagError::Refused(number) => io::Error::from_raw_os_error(number),
            DiagError::Malformed(_) => io::Error::new(ErrorKind::InvalidData, error),
        })?;
        if done {
            break;
        }
    }
    Ok(())
}

const MOST_DATAGRAMS: usize = 1024;
