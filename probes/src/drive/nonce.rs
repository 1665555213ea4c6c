//! A mark by which the far end can tell our packets from others' when address translation on the way
//! has changed their source: the maximum segment size that a SYN offers (RFC 9293 section 3.7.1).

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::TcpMaxSeg;
use rustls::crypto::ring;
use socket2::Socket;

/// A fresh mark; `None` where there is no randomness. It is smaller than what paths clamp the size to,
/// so that it arrives as it was sent.
pub(super) fn fresh() -> Option<u16> {
    let mut random = [0; 2];
    let filled = ring::default_provider().secure_random.fill(&mut random);
    filled.ok()?;
    Some(SMALLEST + u16::from_be_bytes(random) % COUNT)
}

/// Has the socket's SYN carry the mark; `None` where the kernel refuses, which spoils nothing.
pub(super) fn mark(socket: &Socket, mark: u16) -> Option<u16> {
    let set = setsockopt(socket, TcpMaxSeg, &u32::from(mark));
    set.ok().map(|()| mark)
}

const SMALLEST: u16 = 1100;
/// How many there are: 1100 to 1400.
const COUNT: u16 = 301;

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Type};

    #[test]
    fn marks_stay_within_what_every_path_carries() {
        for _ in 0..1000 {
            let mark = fresh().unwrap();
            assert!((1100..=1400).contains(&mark), "{mark}");
        }
    }

    #[test]
    fn a_socket_that_has_no_segments_refuses_quietly() {
        let stream = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        assert_eq!(mark(&stream, 1234), Some(1234));
        let datagram = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        assert_eq!(mark(&datagram, 1234), None);
    }
}
