//! ICMP and ICMPv6 echo, over a datagram socket where the kernel lets us, else a raw one.
//!
//! The round-trip times are ours, from after the send to when the reply is read: under load they
//! include our own queueing. A datagram socket never reports ICMP errors, a raw one does.

use super::evidence::classify_at_once;
use super::{Limits, Report, stopped};
use crate::{Answer, Failure, IcmpError, Outcome, Probe, Stage, Timing};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce};
use rustls::crypto::ring;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::BorrowedFd;
use std::time::Duration;
use surge_ping::{Client, Config, ICMP, IcmpPacket, PingIdentifier, PingSequence, SurgeError};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Sends three echo requests, a fifth of a second apart, under a fresh identifier: a reused one
/// can ride an old connection-tracking entry through a new rule.
pub(super) async fn run(probe: &Probe, limits: &Limits) -> Report {
    let mut report = Report::not_measured(String::new(), String::new());
    let client = match open(probe.address, limits.source) {
        Ok(client) => client,
        Err(error) => return Report::not_measured(error.to_string(), remedy(&error)),
    };
    report.local = limits.source.map(|source| SocketAddr::new(source, 0));
    let (identifier, first) = fresh_numbers();
    let wait = limits.connect_timeout.min(MAX_WAIT);
    let mut requests = JoinSet::new();
    for number in 0..ECHOES {
        let mut pinger = client.pinger(probe.address, identifier).await;
        pinger.timeout(wait);
        let sequence = PingSequence(first.wrapping_add(number));
        requests.spawn(async move {
            sleep(SPACING * u32::from(number)).await;
            pinger.ping(sequence, PAYLOAD).await
        });
    }
    let mut tally = Tally::default();
    while let Some(request) = requests.join_next().await {
        match request {
            Ok(result) => tally.count(result),
            Err(_) => tally.sent += 1,
        }
    }
    report.outcome = tally.outcome(SocketAddr::new(probe.address, 0));
    report.timing = Timing {
        answer_s: tally.rtts.iter().copied().reduce(f64::min),
        ..Timing::default()
    };
    report
}

#[derive(Default)]
struct Tally {
    sent: u32,
    rtts: Vec<f64>,
    icmp: Option<IcmpError>,
    error: Option<io::Error>,
}

impl Tally {
    fn count(&mut self, result: Result<(IcmpPacket, Duration), SurgeError>) {
        match result {
            Ok((packet, rtt)) => {
                self.sent += 1;
                match icmp_error(&packet) {
                    Some(icmp) => self.icmp = self.icmp.or(Some(icmp)),
                    None => self.rtts.push(rtt.as_secs_f64()),
                }
            }
            Err(SurgeError::IOError(error)) => self.error = self.error.take().or(Some(error)),
            Err(_) => self.sent += 1,
        }
    }

    fn outcome(&self, target: SocketAddr) -> Outcome {
        let received = u32::try_from(self.rtts.len()).unwrap_or(u32::MAX);
        if received > 0 {
            let rtt_s = spread(&self.rtts);
            let sent = self.sent;
            return Outcome::Answered {
                answer: Answer::Echo {
                    sent,
                    received,
                    rtt_s,
                },
            };
        }
        if let Some(icmp) = self.icmp {
            return stopped(Stage::Connect, Failure::Rejected { icmp });
        }
        match &self.error {
            Some(error) => stopped(Stage::Connect, classify_at_once(error, target)),
            None => stopped(Stage::Connect, Failure::Timeout),
        }
    }
}

/// `None` for an echo reply: the library hands ICMP errors over as replies.
fn icmp_error(packet: &IcmpPacket) -> Option<IcmpError> {
    let (kind, code, offender, reply): (u8, u8, IpAddr, u8) = match packet {
        IcmpPacket::V4(packet) => {
            let (kind, code) = (packet.get_icmp_type().0, packet.get_icmp_code().0);
            (kind, code, packet.get_source().into(), 0)
        }
        IcmpPacket::V6(packet) => {
            let (kind, code) = (packet.get_icmpv6_type().0, packet.get_icmpv6_code().0);
            (kind, code, packet.get_source().into(), 129)
        }
    };
    (kind != reply).then_some(IcmpError {
        kind,
        code,
        offender,
    })
}

fn open(target: IpAddr, source: Option<IpAddr>) -> io::Result<Client> {
    let mut config = Config::builder().kind(match target {
        IpAddr::V4(_) => ICMP::V4,
        IpAddr::V6(_) => ICMP::V6,
    });
    if let Some(source) = source {
        config = config.bind(SocketAddr::new(source, 0));
    }
    let client = Client::new(&config.build())?;
    enlarge_buffer(&client);
    Ok(client)
}

/// A raw socket gets a copy of every ICMP packet of the host: a small buffer loses ours.
fn enlarge_buffer(client: &Client) {
    let socket = client.get_socket();
    #[expect(
        unsafe_code,
        reason = "the library lends its socket as a bare number only"
    )]
    // SAFETY: `socket` holds the descriptor open until the end of this function.
    let descriptor = unsafe { BorrowedFd::borrow_raw(socket.get_native_sock()) };
    let forced = setsockopt(&descriptor, RcvBufForce, &RECEIVE_BUFFER);
    // Unprivileged, the kernel grants what it may; a smaller buffer still works.
    let _enlarged = forced.or_else(|_| setsockopt(&descriptor, RcvBuf, &RECEIVE_BUFFER));
}

fn remedy(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::PermissionDenied {
        "give the program CAP_NET_RAW (`setcap cap_net_raw+ep`), run it as root, or allow \
         unprivileged ping (`sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"`)"
            .to_owned()
    } else {
        "check that this host has an address of the target's family".to_owned()
    }
}

fn fresh_numbers() -> (PingIdentifier, u16) {
    let mut random = [0; 4];
    // Without randomness zeros still make a valid request.
    let _filled = ring::default_provider().secure_random.fill(&mut random);
    let [a, b, c, d] = random;
    let identifier = PingIdentifier(u16::from_be_bytes([a, b]));
    (identifier, u16::from_be_bytes([c, d]))
}

fn spread(rtts: &[f64]) -> Option<[f64; 3]> {
    let smallest = rtts.iter().copied().reduce(f64::min)?;
    let largest = rtts.iter().copied().reduce(f64::max)?;
    let count = f64::from(u32::try_from(rtts.len()).ok()?);
    Some([smallest, rtts.iter().sum::<f64>() / count, largest])
}

const ECHOES: u16 = 3;
const SPACING: Duration = Duration::from_millis(200);
const MAX_WAIT: Duration = Duration::from_millis(1500);
const PAYLOAD: &[u8] = b"reachdx reachdx reachdx reachdx reachdx reachdx reachdx ";
const RECEIVE_BUFFER: usize = 4 << 20;
