//! Which of the packets that a witness saw belong to a probe.
//!
//! A packet is a probe's when it comes from the client's address and the probe's source port, or, where
//! address translation has changed them, when it offers the segment size that the probe chose for
//! itself. Echo requests carry no such mark: all that come from the client are taken for the probe's.

use crate::diagnosis::Case;
use crate::inside::{PacketKind, PacketWay, Sighting, Sightings, Witness};
use probes::Observation;
use rulesets::Protocol;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a witness of one client saw, held against one flow.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// The flow's own probe.
    pub(super) observation: &'a Observation,
    /// Everything of the client's that was seen.
    pub(super) sightings: &'a Sightings,
    witness: &'a Witness,
    /// The client that was watched.
    watched: IpAddr,
    /// The client as the target is known to see it.
    client: Option<IpAddr>,
}

impl<'a> View<'a> {
    /// `None` where packets were not watched, or another client's, or those of another family.
    pub(super) fn of(case: &Case<'a>, witness: &'a Witness) -> Option<Self> {
        let observation = case.observation?;
        let watched = witness.client?;
        let client = case.flow.client;
        let same_family = watched.is_ipv4() == observation.probe.address.is_ipv4();
        (same_family && client.is_none_or(|client| client == watched)).then_some(Self {
            observation,
            sightings: witness.packets.value()?,
            witness,
            watched,
            client,
        })
    }

    /// The first packets of `observation`, by interface and segment.
    pub(super) fn openings(&self, observation: &Observation) -> Vec<&'a Sighting> {
        self.arrived()
            .filter(|seen| match (seen.packet, observation.probe.port) {
                (PacketKind::Tcp { mss, .. }, Some(port)) => {
                    let nonce = observation.mss.is_some() && mss == observation.mss;
                    is_opening(seen)
                        && seen.destination.port() == port
                        && (nonce || self.same_source(observation, seen))
                }
                (PacketKind::Icmp { .. }, None) => is_request(seen),
                (
                    PacketKind::Tcp { .. }
                    | PacketKind::Icmp { .. }
                    | PacketKind::Udp
                    | PacketKind::Other { .. },
                    _,
                ) => false,
            })
            .collect()
    }

    /// Whether so much of the run is known to lie within the watch that a packet of the flow could not
    /// have been missed; the reason when it is not.
    pub(super) fn covered(&self, case: &Case<'_>) -> Result<(), String> {
        let evidence = &case.run.evidence;
        if evidence.witness_joined && self.client.is_some() {
            return Ok(());
        }
        let seen = evidence
            .outside
            .iter()
            .filter(|other| other.probe.port.is_some())
            .filter(|other| other.probe.address == self.observation.probe.address)
            .flat_map(|other| self.openings(other))
            .any(|seen| self.left_after(seen) >= COVER_S);
        seen.then_some(()).ok_or_else(|| {
            "no other probe of this run was seen either, so that it may have watched another client or \
             another time"
                .to_owned()
        })
    }

    /// First packets of the client that belong to no flow of the run, or to this one for all we know.
    pub(super) fn strangers(&self, case: &Case<'_>) -> bool {
        let evidence = &case.run.evidence;
        if self.observation.probe.port.is_none() {
            return false;
        }
        self.arrived().filter(|seen| is_opening(seen)).any(|seen| {
            let port = Some(seen.destination.port());
            port == self.observation.probe.port
                || evidence.outside.iter().all(|it| it.probe.port != port)
                    && evidence.traces.iter().all(|it| Some(it.port) != port)
        })
    }

    /// The seconds that the watch went on after a packet was first seen.
    pub(super) fn left_after(&self, seen: &Sighting) -> f64 {
        self.witness.duration_s - seen.first_s
    }

    /// What was sent back to the sender of `opening`.
    pub(super) fn answers(&self, opening: &'a Sighting) -> impl Iterator<Item = &'a Sighting> {
        self.sightings.seen.iter().filter(move |seen| {
            let back = seen.way == PacketWay::Sent
                && seen.interface != LOOPBACK
                && seen.destination.ip() == opening.source.ip();
            let port = opening.destination.port();
            back && match seen.packet {
                PacketKind::Tcp { .. } => {
                    seen.source.port() == port && seen.destination.port() == opening.source.port()
                }
                // An echo request has no port, and its reply is about none.
                PacketKind::Icmp { about_port, .. } => {
                    about_port.map_or(port == 0, |it| it == port)
                }
                PacketKind::Udp | PacketKind::Other { .. } => false,
            }
        })
    }

    fn arrived(&self) -> impl Iterator<Item = &'a Sighting> {
        let watched = self.watched;
        self.sightings.seen.iter().filter(move |seen| {
            seen.way == PacketWay::Arrived
                && seen.interface != LOOPBACK
                && seen.source.ip() == watched
        })
    }

    /// Whether the packet comes from the very socket of a probe, whose address is the one watched.
    fn same_source(&self, observation: &Observation, seen: &Sighting) -> bool {
        let port = observation.local.map_or(0, |local| local.port());
        self.client.is_some() && port != 0 && port == seen.source.port()
    }
}

/// Whether the watch was held during the run: started by it, proved by a packet, or by the clocks.
pub(super) fn concurrent(case: &Case<'_>, witness: &Witness) -> bool {
    let run = case.run;
    let seen = |view: View<'_>| {
        let mut probes = run.evidence.outside.iter();
        probes.any(|it| it.probe.port.is_some() && !view.openings(it).is_empty())
    };
    if run.evidence.witness_joined || View::of(case, witness).is_some_and(seen) {
        return true;
    }
    let Ok(began) = witness.started_at.parse::<jiff::Timestamp>() else {
        return false;
    };
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit exactly")]
    let (began, started) = (began.as_second() as f64, run.started_unix as f64);
    began - SKEW_S <= started && started + run.duration_s <= began + witness.duration_s + SKEW_S
}

/// How many packets these are: one is seen again at each interface it crosses.
pub(super) fn count(openings: &[&Sighting]) -> u64 {
    let mut by_interface = BTreeMap::<&str, u64>::new();
    for seen in openings {
        *by_interface.entry(seen.interface.as_str()).or_default() += seen.count;
    }
    by_interface.into_values().max().unwrap_or(0)
}

/// Whether a flow's packets can be told from others.
pub(super) fn is_watched(case: &Case<'_>) -> bool {
    match case.flow.protocol {
        Protocol::Tcp | Protocol::Icmp | Protocol::Icmpv6 => true,
        Protocol::Udp | Protocol::Gre => false,
    }
}

fn is_opening(seen: &Sighting) -> bool {
    match seen.packet {
        PacketKind::Tcp { flags, .. } => flags & (SYN | ACK | RST) == SYN,
        PacketKind::Udp | PacketKind::Icmp { .. } | PacketKind::Other { .. } => false,
    }
}

fn is_request(seen: &Sighting) -> bool {
    let request = if seen.source.is_ipv4() { 8 } else { 128 };
    match seen.packet {
        PacketKind::Icmp { kind, .. } => kind == request,
        PacketKind::Tcp { .. } | PacketKind::Udp | PacketKind::Other { .. } => false,
    }
}

/// Flag bits of a TCP header (RFC 9293 section 3.1).
pub(super) const SYN: u8 = 2;
/// See [`SYN`].
pub(super) const RST: u8 = 4;
/// See [`SYN`].
pub(super) const ACK: u8 = 16;
const LOOPBACK: &str = "lo";
/// A watch that goes on for so long after one probe's first packet has room for the others' first and
/// for a repetition of it: all probes of a run begin at once, and a SYN is repeated after a second.
pub(super) const COVER_S: f64 = 1.2;
/// How far two machines' clocks may differ, in seconds.
const SKEW_S: f64 = 2.0;
