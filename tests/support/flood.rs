//! Traffic that a probe has to be found in: frames, put on a link as fast as is wanted.

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{self, LinkAddr, MsgFlags, MultiHeaders};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Frames that are sent in turn, until this value is dropped.
pub(crate) struct Flood {
    over: Arc<AtomicBool>,
    sender: Option<JoinHandle<()>>,
}

impl Flood {
    /// Sends so many frames a second.
    pub(crate) fn start(socket: Socket, frames: Vec<Vec<u8>>, rate: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let sender = thread::spawn(move || {
            let (began, mut sent) = (Instant::now(), 0);
            while !stop.load(Ordering::Relaxed) {
                let due = micros(began) * rate / 1_000_000;
                if due == sent {
                    thread::sleep(PAUSE);
                }
                let next = due.min(sent + AT_ONCE);
                send(&socket, &frames, sent..next);
                sent = next;
            }
        });
        Self {
            over,
            sender: Some(sender),
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(sender) = self.sender.take() {
            drop(sender.join());
        }
    }
}

/// A socket that sends frames over the link of this name, in the network this thread stands in, and
/// receives none.
pub(crate) fn link(name: &str) -> Socket {
    let address = getifaddrs()
        .unwrap()
        .filter(|found| found.interface_name == name)
        .find_map(|found| found.address?.as_link_addr().copied())
        .unwrap();
    let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0))).unwrap();
    socket::bind(socket.as_raw_fd(), &address).unwrap();
    socket
}

/// Sends the frames of these numbers, counted round and round.
pub(crate) fn send(socket: &Socket, frames: &[Vec<u8>], numbers: std::ops::Range<usize>) {
    let mut next = numbers.start;
    while next < numbers.end {
        let count = AT_ONCE.min(numbers.end - next);
        let turn: Vec<_> = (next..next + count)
            .map(|number| [IoSlice::new(&frames[number % frames.len()])])
            .collect();
        let mut headers = MultiHeaders::<LinkAddr>::preallocate(count, None);
        let socket = socket.as_raw_fd();
        let nowhere = vec![None; count];
        let flags = MsgFlags::empty();
        next += match socket::sendmmsg(socket, &mut headers, &turn, nowhere, [], flags) {
            Ok(sent) => sent.count(),
            // The queue of the other end is full, and this one frame was dropped.
            Err(Errno::ENOBUFS) => 1,
            Err(error) => panic!("a link of the flood: {error}"),
        };
    }
}

/// An Ethernet frame (RFC 894) with a packet of this protocol: its ports, then `body`. Checksums above IP
/// are left out.
pub(crate) fn frame(
    hardware: [u8; 6],
    (source, destination): (SocketAddr, SocketAddr),
    protocol: u8,
    body: &[u8],
) -> Vec<u8> {
    let length = u16::try_from(4 + body.len()).unwrap();
    let mut frame = hardware.to_vec();
    frame.extend([2, 0, 0, 0, 0, 2]);
    match (source.ip(), destination.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            frame.extend([8, 0]);
            let mut header = vec![0x45, 0];
            header.extend((20 + length).to_be_bytes());
            header.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
            header.extend(from.octets());
            header.extend(to.octets());
            let sum = checksum(&header).to_be_bytes();
            header[10..12].copy_from_slice(&sum);
            frame.extend(header);
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
            frame.extend(length.to_be_bytes());
            frame.extend([protocol, 64]);
            frame.extend(from.octets());
            frame.extend(to.octets());
        }
        mixed => panic!("one family, not {mixed:?}"),
    }
    frame.extend(source.port().to_be_bytes());
    frame.extend(destination.port().to_be_bytes());
    frame.extend(body);
    frame
}

/// What stands behind the ports of a TCP segment with these flags and no options.
pub(crate) fn segment(flags: u8) -> [u8; 16] {
    let mut body = [0; 16];
    (body[8], body[9]) = (0x50, flags);
    body
}

/// The microseconds since then.
pub(crate) fn micros(since: Instant) -> usize {
    usize::try_from(since.elapsed().as_micros()).unwrap()
}

/// The checksum of an IPv4 header (RFC 791).
fn checksum(header: &[u8]) -> u16 {
    let words = header
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap()
}

/// How many frames one system call sends at most; the queue of a processor holds 1000.
const AT_ONCE: usize = 256;
const PAUSE: Duration = Duration::from_micros(300);
