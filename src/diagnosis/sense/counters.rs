//! The instance's counters while the flow was probed.
//!
//! They count all traffic of the machine. A delta is taken only when it is at least as large as the
//! probes that fared like this one would make it, and more than what moved while nobody probed explains.

use super::sightings::{View, concurrent, count, is_watched};
use super::{outcome, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use crate::inside::{CounterWindow, Snapshot, Witness};
use probes::{Hop, Observation};
use std::net::IpAddr;

/// Takes the reading that the counters allow.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    let Some(witness) = &snapshot.witness else {
        return;
    };
    if !is_watched(case) {
        return;
    }
    let Some((reading, summary)) = found(case, snapshot, witness) else {
        return;
    };
    let id = book.enter("inside", "witness", &summary);
    take(case, reading, summary, vec![id]);
}

/// Two windows of counters: one with the probes in it, one with nothing but what is always there.
#[derive(Clone, Copy)]
pub(super) struct Moved<'a> {
    during: &'a CounterWindow,
    idle: &'a CounterWindow,
}

impl<'a> Moved<'a> {
    /// `None` where either was not read.
    pub(super) fn of(witness: &'a Witness) -> Option<Self> {
        Some(Self {
            during: witness.during.value()?,
            idle: witness.idle.value()?,
        })
    }

    /// By how much a counter moved.
    pub(super) fn count(self, name: &str) -> u64 {
        amount(self.during, name)
    }

    /// Whether a counter moved by as much as `needed`, and clearly by more than it always does.
    pub(super) fn exceeds(self, name: &str, needed: u64) -> bool {
        self.clearly(self.count(name), amount(self.idle, name), needed)
    }

    fn clearly(self, delta: u64, idle: u64, needed: u64) -> bool {
        if idle == 0 {
            return delta >= needed;
        }
        if self.idle.duration_s <= 0.0 {
            return false;
        }
        let scale = self.during.duration_s / self.idle.duration_s;
        #[expect(clippy::cast_precision_loss, reason = "counts of one watch are small")]
        let (delta, usual) = (delta as f64, idle as f64 * scale);
        #[expect(clippy::cast_precision_loss, reason = "counts of one watch are small")]
        let needed = needed as f64;
        delta >= needed + MARGIN * usual
    }

    /// Packets of a family that were received and neither delivered nor passed on nor counted as
    /// malformed, misdirected or fragments.
    fn undelivered(self, v6: bool, needed: u64) -> bool {
        let of = |window| {
            let count =
                |v4_name: &str, v6_name: &str| amount(window, if v6 { v6_name } else { v4_name });
            let accounted = count("Ip.InDelivers", "Ip6InDelivers")
                + count("Ip.ForwDatagrams", "Ip6OutForwDatagrams")
                + count("Ip.InHdrErrors", "Ip6InHdrErrors")
                + count("Ip.InAddrErrors", "Ip6InAddrErrors")
                + count("Ip.ReasmReqds", "Ip6ReasmReqds");
            count("Ip.InReceives", "Ip6InReceives").saturating_sub(accounted)
        };
        self.clearly(of(self.during), of(self.idle), needed)
    }
}

type Found = (Reading, String);

fn found(case: &Case<'_>, snapshot: &Snapshot, witness: &Witness) -> Option<Found> {
    let moved = Moved::of(witness)?;
    let observation = case.observation?;
    let probes = Probes { case, witness };
    if !concurrent(case, witness) || case.reads(Reading::NotAtInterface) {
        return None;
    }
    let v6 = observation.probe.address.is_ipv6();
    let needed = probes.packets(observation);
    if case.reads(Reading::Timeout) && needed > 0 {
        return silent(case, snapshot, moved, &probes);
    }
    let rejecting = case.reads(Reading::Refused) || case.reads(Reading::Prohibited);
    rejecting
        .then(|| rejected(case, moved, &probes, v6))
        .flatten()
}

/// What took a packet that was never answered.
fn silent(
    case: &Case<'_>,
    snapshot: &Snapshot,
    moved: Moved<'_>,
    probes: &Probes<'_, '_>,
) -> Option<Found> {
    let observation = case.observation?;
    let v6 = observation.probe.address.is_ipv6();
    let needed = probes.silent(Some(v6));
    let own = |v4_name, v6_name| if v6 { v6_name } else { v4_name };
    let echoes = own("Icmp.InEchos", "Icmp6InEchos");
    let replies = own("Icmp.OutEchoReps", "Icmp6OutEchoReplies");
    let no_routes = own("Ip.OutNoRoutes", "Ip6OutNoRoutes");
    let connects = case.flow.port.is_some();
    let named = [
        (
            Reading::CountersReversePath,
            REVERSE_PATH,
            needed,
            filters_paths(snapshot),
        ),
        (Reading::CountersNoRoute, no_routes, needed, true),
        (
            Reading::CountersOverflow,
            "TcpExt.ListenOverflows",
            probes.silent(None),
            connects,
        ),
        (Reading::CountersTableFull, "conntrack.drop", needed, true),
    ];
    let mut fitting: Vec<Found> = named
        .into_iter()
        .filter(|(_, name, needed, possible)| *possible && moved.exceeds(name, *needed))
        .map(|(reading, name, ..)| {
            let count = moved.count(name);
            (
                reading,
                format!("while it was probed, {name} moved by {count}"),
            )
        })
        .collect();
    if !connects && moved.exceeds(echoes, needed_echoes(observation)) && moved.count(replies) == 0 {
        let count = moved.count(echoes);
        fitting.push((
            Reading::CountersEchoIgnored,
            format!(
                "while it was probed, the kernel took {count} echo requests and replied to none"
            ),
        ));
    }
    match fitting.len() {
        0 => undelivered(case, snapshot, moved, probes),
        1 => fitting.pop(),
        // Which of them took this flow's packets cannot be told.
        _ => None,
    }
}

/// Packets that got no further than the interface, or no further than the IP layer.
fn undelivered(
    case: &Case<'_>,
    snapshot: &Snapshot,
    moved: Moved<'_>,
    probes: &Probes<'_, '_>,
) -> Option<Found> {
    let observation = case.observation?;
    let v6 = observation.probe.address.is_ipv6();
    let receives = if v6 { "Ip6InReceives" } else { "Ip.InReceives" };
    if let Some(arrived) = probes.arrived_for(snapshot)
        && case.reads(Reading::NothingLeft)
        && moved.count(receives) < arrived
    {
        let count = moved.count(receives);
        let summary = format!(
            "{arrived} of its packets were at the interface, and the IP layer received {count} in all"
        );
        return Some((Reading::CountersNotReceived, summary));
    }
    // An answer that was made shows that the packet was delivered.
    let delivered = [
        Reading::AnswerKept,
        Reading::AnswerStuck,
        Reading::AnswerResent,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ];
    if delivered.iter().any(|reading| case.reads(*reading)) {
        return None;
    }
    moved.undelivered(v6, probes.silent(Some(v6))).then(|| {
        let summary = "while it was probed, the host received packets and delivered them to nobody";
        (Reading::CountersUndelivered, summary.to_owned())
    })
}

/// Who sent a rejection: the kernel, which counts its resets, or a filter, whose resets nobody counts.
fn rejected(case: &Case<'_>, moved: Moved<'_>, probes: &Probes<'_, '_>, v6: bool) -> Option<Found> {
    const RESETS: &str = "Tcp.OutRsts";
    if case.reads(Reading::Refused) && moved.exceeds(RESETS, 1) {
        let count = moved.count(RESETS);
        let summary = format!("while it was probed, the kernel sent {count} resets");
        return probes
            .alone()
            .then_some((Reading::CountersKernelReset, summary));
    }
    let passed_on = if v6 {
        "Ip6OutForwDatagrams"
    } else {
        "Ip.ForwDatagrams"
    };
    if moved.count(RESETS) > 0 || moved.count(passed_on) > 0 {
        return None;
    }
    // That the kernel sent none says something only where a rejection is known to have been sent.
    let sent = case.reads(Reading::ResetLeft)
        || case.reads(Reading::IcmpErrorLeft)
        || moved.undelivered(v6, probes.rejected(v6));
    sent.then(|| {
        let summary = "while it was probed, the host rejected packets that it delivered to nobody, and \
                       the kernel sent no reset";
        (Reading::CountersFilterRejects, summary.to_owned())
    })
}

/// The probes of the run, as far as they made the counters move.
struct Probes<'a, 'b> {
    case: &'b Case<'a>,
    witness: &'b Witness,
}

impl Probes<'_, '_> {
    /// How many packets of a probe came in at the least: as many as were seen, else as many as were sent.
    fn packets(&self, observation: &Observation) -> u64 {
        if let Some(view) = View::of(self.case, self.witness) {
            let seen = count(&view.openings(observation));
            if seen > 0 || (view.sightings.lost == 0 && view.covered(self.case).is_ok()) {
                return seen;
            }
        }
        if observation.probe.port.is_none() {
            return needed_echoes(observation);
        }
        match outcome::reading(observation, false) {
            Some(Reading::Timeout) => syns(self.case.run.plan.timeout_s),
            Some(_) => 1,
            None => 0,
        }
    }

    /// The packets of all probes that got no answer, of one family or of both.
    fn silent(&self, v6: Option<bool>) -> u64 {
        self.sum(v6, &[Reading::Timeout])
    }

    /// The packets of all probes that were rejected, one each.
    fn rejected(&self, v6: bool) -> u64 {
        let reading = |it: &Observation| outcome::reading(it, false);
        let all = self.case.run.evidence.outside.iter();
        let count = all
            .filter(|it| it.probe.address.is_ipv6() == v6)
            .filter(|it| matches!(reading(it), Some(Reading::Refused | Reading::Prohibited)))
            .count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn sum(&self, v6: Option<bool>, outcomes: &[Reading]) -> u64 {
        let of_family = |address: IpAddr| v6.is_none_or(|v6| address.is_ipv6() == v6);
        let all = self.case.run.evidence.outside.iter();
        all.filter(|it| of_family(it.probe.address))
            .filter(|it| {
                outcome::reading(it, false).is_some_and(|reading| outcomes.contains(&reading))
            })
            .map(|it| self.packets(it))
            .sum()
    }

    /// How many packets of this flow arrived for an address that the host itself holds.
    fn arrived_for(&self, snapshot: &Snapshot) -> Option<u64> {
        let view = View::of(self.case, self.witness)?;
        let openings = view.openings(view.observation);
        let held = snapshot.addresses.value()?;
        let ours = openings
            .iter()
            .all(|seen| held.iter().any(|it| it.address == seen.destination.ip()));
        (ours && !openings.is_empty()).then(|| count(&openings))
    }

    /// Whether this is the only probe to which the target answers in any way, and no trace ended with a
    /// refusal of another port: the kernel resets connections that it answered before as well.
    fn alone(&self) -> bool {
        let evidence = &self.case.run.evidence;
        let port = self.case.flow.port;
        let refused = |hop: &Hop| *hop == Hop::Refused;
        let mut traces = evidence.traces.iter();
        if traces.any(|it| Some(it.port) != port && it.hops.iter().any(refused)) {
            return false;
        }
        let all = evidence.outside.iter();
        all.filter(|it| it.probe.port.is_some())
            .filter(|it| outcome::reading(it, false) != Some(Reading::Timeout))
            .count()
            == 1
    }
}

/// The SYNs that a connect sends before it is given up: at once, and after 1, 3, 7 ... seconds (RFC 6298);
/// kernels that repeat them sooner send more.
fn syns(timeout_s: f64) -> u64 {
    let mut count = 1;
    let mut at = 1.0;
    while at < timeout_s && count < MOST_SYNS {
        count += 1;
        at = 2.0 * at + 1.0;
    }
    count
}

fn needed_echoes(observation: &Observation) -> u64 {
    match outcome::reading(observation, false) {
        Some(Reading::Timeout) => ECHOES,
        Some(_) | None => 0,
    }
}

/// Whether a reverse-path filter is on somewhere, or may be.
fn filters_paths(snapshot: &Snapshot) -> bool {
    snapshot.sysctls.value().is_none_or(|settings| {
        let mut filters = settings
            .iter()
            .filter(|(name, _)| name.ends_with(".rp_filter"))
            .peekable();
        filters.peek().is_none() || filters.any(|(_, value)| value != "0")
    })
}

fn amount(window: &CounterWindow, name: &str) -> u64 {
    window.moved.get(name).copied().unwrap_or(0)
}

const REVERSE_PATH: &str = "TcpExt.IPReversePathFilter";
/// How many times what is usual must come on top of what was needed.
const MARGIN: f64 = 2.0;
/// The echo requests of one probe.
const ECHOES: u64 = 3;
const MOST_SYNS: u64 = 7;
