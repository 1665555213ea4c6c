//! What the witness on the instance saw of a flow: whether its packets arrive, and what goes back.
//!
//! That nothing arrived is read only where a packet could not have been missed; otherwise there is no
//! reading, and a line of evidence says why.

use super::counters::Moved;
use super::sightings::{ACK, COVER_S, RST, SYN, View, concurrent, count, is_watched};
use super::take;
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading, Sensor};
use crate::inside::{HalfOpen, PacketKind, ProgramKind, Sighting, Snapshot, Witness};
use std::collections::BTreeSet;

/// Takes the reading that the watch allows.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    let Some(witness) = &snapshot.witness else {
        return;
    };
    if !is_watched(case) || !was_sent(case) {
        return;
    }
    let view = View::of(case, witness);
    let openings = view.map_or_else(Vec::new, |view| view.openings(view.observation));
    let found = match view {
        Some(view) if openings.is_empty() => nothing(case, snapshot, view).map(Some),
        Some(view) => Ok(Some(arrived(case, witness, view, &openings))),
        None => Ok(half_open(case, witness, &[])),
    };
    match found {
        Ok(Some((reading, summary))) => {
            let id = book.enter("inside", "witness", &summary);
            take(case, reading, summary, vec![id]);
        }
        Ok(None) => {}
        Err(reason) => {
            let name = case.flow.name();
            let summary =
                format!("the witness saw no packet for {name}, which proves nothing: {reason}");
            book.enter("inside", "witness", &summary);
        }
    }
}

type Found = (Reading, String);

/// Nothing was seen: a fact where nothing could be missed.
fn nothing(case: &Case<'_>, snapshot: &Snapshot, view: View<'_>) -> Result<Found, String> {
    let lost = view.sightings.lost;
    if lost > 0 {
        return Err(format!("{lost} packets were lost unseen"));
    }
    if view.strangers(case) {
        return Err("connections from the client arrived that may be this one".into());
    }
    view.covered(case)?;
    let Some(programs) = snapshot.packet_programs.value() else {
        return Err(
            "whether a program at the driver (XDP) takes packets first is not known".into(),
        );
    };
    if let Some(program) = programs.iter().find(|it| it.kind == ProgramKind::Xdp) {
        let interface = &program.interface;
        return Err(format!("the XDP program at {interface} may have taken it"));
    }
    let summary = format!(
        "nothing of {} arrived at any interface of the instance",
        case.flow.name()
    );
    Ok((Reading::NotAtInterface, summary))
}

fn arrived(case: &Case<'_>, witness: &Witness, view: View<'_>, openings: &[&Sighting]) -> Found {
    let seen: BTreeSet<&str> = names(openings);
    let came = format!(
        "{} of {} arrived at {}",
        counted(count(openings)),
        case.flow.name(),
        listed(&seen)
    );
    let answers: Vec<_> = openings
        .iter()
        .flat_map(|opening| view.answers(opening))
        .collect();
    let of = |wanted: fn(&Sighting) -> bool| -> Vec<&Sighting> {
        answers.iter().copied().filter(|it| wanted(it)).collect()
    };
    let (answered, reset, errors) = (of(is_answer), of(is_reset), of(is_error));
    if !answered.is_empty() {
        let by = names(&answered);
        let (reading, how) = if by.is_disjoint(&seen) {
            (Reading::AnswerLeftElsewhere, ", another interface")
        } else {
            (Reading::AnswerLeft, "")
        };
        let summary = format!("{came}; the answer left by {}{how}", listed(&by));
        return (reading, summary);
    }
    if !reset.is_empty() {
        return (Reading::ResetLeft, format!("{came}; a reset went back"));
    }
    if let Some(error) = errors.first() {
        let summary = format!("{came}; {} went back", error_name(error));
        return (Reading::IcmpErrorLeft, summary);
    }
    let waited = openings.iter().any(|it| view.left_after(it) >= COVER_S);
    if view.sightings.lost > 0 || !waited {
        let summary = format!("{came}; what went back is not known");
        return (Reading::Arrived, summary);
    }
    match half_open(case, witness, openings) {
        Some((Reading::AnswerKept, summary)) => (Reading::AnswerKept, format!("{came}; {summary}")),
        Some((_, _)) => (
            Reading::AnswerStuck,
            format!("{came}; the kernel answered again and again, and nothing left the interface"),
        ),
        None => (Reading::NothingLeft, format!("{came}; nothing went back")),
    }
}

/// A connection that stays half open shows that the kernel took the SYN; whether its answer got out of
/// the kernel is counted.
fn half_open(case: &Case<'_>, witness: &Witness, openings: &[&Sighting]) -> Option<Found> {
    if !case.reads(Reading::Timeout) || !concurrent(case, witness) {
        return None;
    }
    let rows = witness.half_open.value()?;
    let row = rows.iter().find(|row| is_ours(case, row, openings))?;
    let moved = Moved::of(witness)?;
    let known = format!(
        "a connection from {} to port {} stayed half open",
        row.remote.ip(),
        row.local.port()
    );
    if moved.exceeds(SYN_RETRANSMITTED, 1) {
        let summary = format!("{known}, and the kernel sent its answer again and again");
        return Some((Reading::AnswerResent, summary));
    }
    unsent(moved).then(|| {
        let summary = format!("{known}, and each time the host kept the kernel's answer in");
        (Reading::AnswerKept, summary)
    })
}

/// Whether an answer's time to be sent again came, and it was not.
///
/// Every timer that expires counts. One of an open connection counts a segment too, whether it is sent,
/// fails or still waits in a queue; so does an answer that is sent. What is left over are answers that
/// the kernel could not send. Other traffic can only hide them.
fn unsent(moved: Moved<'_>) -> bool {
    let sent: u64 = SENT_AT_TIMEOUT.iter().map(|name| moved.count(name)).sum();
    moved.count(SYN_RETRANSMITTED) == 0 && moved.count("TcpExt.TCPTimeouts") > sent
}

/// Whether a half-open connection is the flow's: by its client's socket where the packets were seen or
/// nothing can have changed it on the way, by client and port otherwise.
fn is_ours(case: &Case<'_>, row: &HalfOpen, openings: &[&Sighting]) -> bool {
    let (Some(client), Some(observation)) = (case.flow.client, case.observation) else {
        return openings.iter().any(|it| it.source == row.remote);
    };
    if row.remote.ip() != client || Some(row.local.port()) != case.flow.port {
        return false;
    }
    if !openings.is_empty() {
        return openings.iter().any(|it| it.source == row.remote);
    }
    match observation.local {
        Some(local) if local.ip() == client => local.port() == row.remote.port(),
        Some(_) | None => true,
    }
}

/// Whether packets left our own host at all.
fn was_sent(case: &Case<'_>) -> bool {
    case.reading(Sensor::Outcome)
        .is_some_and(|reading| !UNSENT.contains(&reading))
}

fn is_answer(seen: &Sighting) -> bool {
    let reply = if seen.source.is_ipv4() { 0 } else { 129 };
    match seen.packet {
        PacketKind::Tcp { flags, .. } => flags & (SYN | ACK) == SYN | ACK,
        PacketKind::Icmp { kind, .. } => kind == reply,
        PacketKind::Udp | PacketKind::Other { .. } => false,
    }
}

fn is_reset(seen: &Sighting) -> bool {
    match seen.packet {
        PacketKind::Tcp { flags, .. } => flags & RST != 0,
        PacketKind::Udp | PacketKind::Icmp { .. } | PacketKind::Other { .. } => false,
    }
}

/// Destination unreachable, of either family (RFC 792, RFC 4443).
fn is_error(seen: &Sighting) -> bool {
    let unreachable = if seen.source.is_ipv4() { 3 } else { 1 };
    match seen.packet {
        PacketKind::Icmp {
            kind, about_port, ..
        } => kind == unreachable && about_port.is_some(),
        PacketKind::Tcp { .. } | PacketKind::Udp | PacketKind::Other { .. } => false,
    }
}

fn error_name(seen: &Sighting) -> String {
    match seen.packet {
        PacketKind::Icmp { kind, code, .. } => format!("ICMP {kind}/{code}"),
        PacketKind::Tcp { .. } | PacketKind::Udp | PacketKind::Other { .. } => "an error".into(),
    }
}

fn names<'a>(seen: &[&'a Sighting]) -> BTreeSet<&'a str> {
    seen.iter().map(|it| it.interface.as_str()).collect()
}

fn listed(names: &BTreeSet<&str>) -> String {
    let names: Vec<_> = names.iter().copied().collect();
    names.join(", ")
}

fn counted(count: u64) -> String {
    match count {
        1 => "1 packet".into(),
        count => format!("{count} packets"),
    }
}

/// SYNs and answers to them that were sent once more.
const SYN_RETRANSMITTED: &str = "TcpExt.TCPSynRetrans";
/// Segments that were sent once more, that could not be, and that had not left since the last time.
const SENT_AT_TIMEOUT: &[&str] = &[
    "Tcp.RetransSegs",
    "TcpExt.TCPRetransFail",
    "TcpExt.TCPSpuriousRtxHostQueues",
];
/// Outcomes that our own host decides before a packet leaves it.
const UNSENT: &[Reading] = &[
    Reading::NoRoute,
    Reading::LocallyForbidden,
    Reading::NoLocalPort,
    Reading::NeighbourUnreachable,
];
