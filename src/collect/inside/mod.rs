//! Collects what an instance says of itself, for `reachdx inside`.
//!
//! It reads files, asks the kernel, runs the firewall's listing commands and probes its own
//! services; nothing on the host changes. Each part has its own share of the deadline, and a part
//! that does not keep it is left out with its reason, so that a snapshot always comes in time:
//!
//! 1. counters, addresses, routes, settings, and listeners while no probe waits in their queues;
//! 2. in the first part, together: firewall listings, the SSH server's settings, own services, far
//!    ends;
//! 3. in the second part: bare connects one by one, and meanwhile traces to silent far ends;
//! 4. the counters again.

mod clients;
mod clock;
mod cloud;
mod command;
mod files;
mod firewall;
mod host;
mod live;
mod mounted;
mod netlink;
mod network;
mod outbound;
mod owners;
mod programs;
mod root;
mod services;
mod throwaway;
mod together;
mod turn;
mod witness;

pub use cloud::Metadata;
pub use mounted::collect_mounted;
pub use turn::{Turn, TurnTaken};
pub use witness::{Watch, watch};

pub use crate::inside::{DEFAULT_OUTBOUND, FarEnd, FarEndError, parse_outbound};

use crate::inside::{
    About, Basics, COUNTERS, Conntrack, Datum, Host, Listener, Logged, Neighbour, PacketProgram,
    Reading, RulesText, SNAPSHOT_VERSION, Snapshot, Source, basics, conntrack, counted, listeners,
    of_log,
};
use clock::Clock;
use live::Live;
use nix::unistd::geteuid;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// What to collect.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    /// Own services to speak with: the label, the service's name in [`probes::SERVICES`], the port
    /// where it has one.
    pub services: Vec<(String, String, Option<u16>)>,
    /// Far ends to speak with.
    pub outbound: Vec<FarEnd>,
    /// The client whose route, connections and login are asked for.
    pub from: Option<IpAddr>,
    /// The user whose login is asked for.
    pub user: String,
    /// Which cloud's own service is asked, if any.
    pub metadata: Option<Metadata>,
    /// The wait for a connection to an own service to open.
    pub probe_timeout: Duration,
    /// The longest the whole run may take; an hour at most.
    pub deadline: Duration,
}

impl Default for Options {
    /// Nothing to probe, 1.5 s for a connection, 20 s in all.
    fn default() -> Self {
        Self {
            services: Vec::new(),
            outbound: Vec::new(),
            from: None,
            user: "root".to_owned(),
            metadata: None,
            probe_timeout: Duration::from_millis(1500),
            deadline: Duration::from_secs(20),
        }
    }
}

impl Options {
    /// Whom the host is asked about.
    fn about(&self) -> About {
        About {
            user: self.user.clone(),
            client: self.from,
            now_s: Some(jiff::Timestamp::now().as_second()),
        }
    }

    /// The instance's end of the client's login: the address the kernel would answer from, and the
    /// port of the first SSH service.
    fn ssh_end(&self, local: Option<IpAddr>) -> Option<(IpAddr, u16)> {
        let mut services = self.services.iter();
        let port = services.find_map(|(_, service, port)| port.filter(|_| service == "ssh"));
        Some((local?, port.unwrap_or(22)))
    }
}

/// Takes a snapshot; it always ends within the deadline.
pub async fn collect(options: &Options) -> Snapshot {
    let started = Instant::now();
    let taken_at = now();
    let deadline = options.deadline.min(LONGEST);
    let end = started + deadline;
    let talked = started + deadline * 7 / 10;
    let root = geteuid().is_root();
    let from = options.from;

    let quick = started + deadline / 5;
    let clock = Clock::start();
    let live = Live {
        is_root: root,
        clock: Some(clock),
        search_until: (started + deadline * 3 / 20).into_std(),
    };
    let before = in_thread(quick, live::reading).await;
    let (basics, packet_programs, listeners) = silently(live, from, quick).await;
    let targets = targets(&basics);
    let local = basics.route_to_client.value().and_then(|it| it.source);
    let (host, ssh_login, firewall, probes, far_ends) = tokio::join!(
        host(live, clock, options, talked),
        clock.note(clients::ssh_login(options, root, local)),
        rules(root, clock, talked),
        services::converse(&options.services, &targets, options.probe_timeout, talked),
        outbound::converse(&options.outbound, talked),
    );
    let almost = started + deadline * 19 / 20;
    let (connects, outbound) = tokio::join!(
        services::connect_again(&probes, almost),
        outbound::trace_silence(far_ends, almost),
    );
    let (counters, conntrack) = meanwhile(before, live, end).await;
    let neighbours = neighbours_by_now(live, &host, end).await;
    Snapshot {
        reachdx_inside: SNAPSHOT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at,
        duration_s: rounded(started.elapsed()),
        root,
        listeners,
        addresses: basics.addresses,
        routes: basics.routes,
        route_to_client: basics.route_to_client,
        established: basics.established,
        ssh_login,
        probes,
        connects,
        outbound,
        counters,
        sysctls: basics.sysctls,
        conntrack,
        firewall: firewall.unwrap_or_else(|| firewall::nothing(LATE)),
        packet_programs,
        host: Host { neighbours, ..host },
        witness: None,
        since: None,
        listener_ports: None,
        pairing: None,
    }
}

/// What is read before anything is sent.
async fn silently(
    live: Live,
    from: Option<IpAddr>,
    end: Instant,
) -> (Basics, Datum<Vec<PacketProgram>>, Datum<Vec<Listener>>) {
    let (basics, programs, listeners) = tokio::join!(
        in_thread(end, move || basics(&live, from)),
        in_thread(end, move || programs::collect().taken(live.taken())),
        in_thread(end, move || listeners(&live)),
    );
    (
        basics.unwrap_or_else(|| Basics::skipped(LATE)),
        programs.unwrap_or_else(|| Datum::skipped("rtnetlink(7)", LATE)),
        listeners.unwrap_or_else(|| Datum::skipped("/proc/net", LATE)),
    )
}

/// The host firewall's listings; `None` when they are not all in by `end`.
async fn rules(
    root: bool,
    clock: Clock,
    end: Instant,
) -> Option<BTreeMap<String, Datum<RulesText>>> {
    let places = in_thread(end, firewall::Places::of_this_host).await?;
    timeout_at(end, firewall::collect(root, &places, clock))
        .await
        .ok()
}

/// The state of the host itself, as far as it is in by `end`.
async fn host(live: Live, clock: Clock, options: &Options, end: Instant) -> Host {
    let about = options.about();
    let metadata = clock.note(async {
        let Some(which) = options.metadata else {
            return Datum::skipped("", "not asked for: give --metadata");
        };
        by(end, "", cloud::collect(which)).await
    });
    let (host, disks, check, cloud, units, asked) = tokio::join!(
        in_thread(end, move || crate::inside::host(&live, &about)),
        in_thread(end, move || host::disks().taken(clock.taken())),
        clock.note(host::ssh_check(live.is_root)),
        metadata,
        host::units(clock),
        host::bans(live.is_root, options.from, clock, end),
    );
    let mut host = host.unwrap_or_else(|| Host::skipped(LATE));
    host.bans.extend(asked);
    let (name_servers, (refusals, ssh_binds)) = tokio::join!(
        by(
            end,
            "/etc/resolv.conf",
            clock.note(host::ask_name_servers(&host.resolvers, &options.outbound))
        ),
        logged(&host, live, options.from, end),
    );
    Host {
        name_servers,
        disks: disks.unwrap_or_else(|| Datum::skipped("statvfs(3)", LATE)),
        ssh_check: check,
        cloud,
        ssh_unit: units.ssh,
        failed_units: units.failed,
        system_state: units.system,
        refusals,
        ssh_binds,
        ..host
    }
}

/// What the server's log tells, or else its journal: logins that were refused, ports that could not be
/// bound.
async fn logged(host: &Host, live: Live, from: Option<IpAddr>, end: Instant) -> Logged {
    let of_files = (host.refusals.clone(), host.ssh_binds.clone());
    if host.ssh_binds.value().is_some() {
        return of_files;
    }
    let asked = timeout_at(end, host::journal(live.is_root)).await;
    let asked = asked.unwrap_or_else(|_| Err(LATE.to_owned()));
    let source = match &asked {
        Ok((source, _)) => source.clone(),
        Err(_) => host::JOURNAL.to_owned(),
    };
    let (refusals, binds) = of_log(&source, asked.map(|(_, log)| log), from);
    let refusals = match from {
        Some(_) => refusals,
        None => of_files.0,
    };
    let taken = live.taken();
    (refusals.taken(taken), binds.taken(taken))
}

/// The neighbours once who was asked for an address has had the time to answer.
async fn neighbours_by_now(live: Live, host: &Host, end: Instant) -> Datum<Vec<Neighbour>> {
    let asked = in_thread(end, move || live.neighbours().taken(live.taken())).await;
    asked.unwrap_or_else(|| host.neighbours.clone())
}

/// What happened to counters and to connection tracking since the first reading.
async fn meanwhile(
    before: Option<Reading>,
    live: Live,
    end: Instant,
) -> (Datum<BTreeMap<String, u64>>, Datum<Conntrack>) {
    let after = in_thread(end, live::reading).await;
    let (counters, drops) = match before.zip(after) {
        Some((before, after)) => (counted(&before, &after), after.drops_since(&before)),
        None => (Datum::skipped(COUNTERS, LATE), 0),
    };
    let conntrack = in_thread(end, move || conntrack(&live, drops)).await;
    let late = || Datum::skipped("/proc/sys/net/netfilter", LATE);
    (counters.taken(live.taken()), conntrack.unwrap_or_else(late))
}

/// RFC 3339, UTC.
fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds, to the millisecond.
fn rounded(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// The instance's own addresses to speak with.
fn targets(basics: &Basics) -> Vec<IpAddr> {
    let addresses = basics.addresses.value().map_or(&[][..], Vec::as_slice);
    let routes = basics.routes.value().map_or(&[][..], Vec::as_slice);
    services::targets(addresses, routes)
}

/// What is to come from `source`, where it comes by `end`.
async fn by<T>(end: Instant, source: &str, coming: impl Future<Output = Datum<T>>) -> Datum<T> {
    let come = timeout_at(end, coming).await;
    come.unwrap_or_else(|_| Datum::skipped(source, LATE))
}

/// Runs what may block on a thread of its own; `None` when it has not ended by `end`. The thread is
/// then left behind, which a pooled one could not be: the runtime would wait for it.
async fn in_thread<T: Send + 'static>(
    end: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if Instant::now() >= end {
        return None;
    }
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .spawn(move || drop(sender.send(work())))
        .ok()?;
    timeout_at(end, receiver).await.ok()?.ok()
}

const LONGEST: Duration = Duration::from_hours(1);
const LATE: &str = "the run's time ran out";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_hangs_is_left_behind() {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let end = Instant::now() + Duration::from_millis(20);
        assert_eq!(in_thread(end, move || receiver.recv()).await, None);
        drop(sender);
        let end = Instant::now() + Duration::from_secs(10);
        assert_eq!(in_thread(end, || 7).await, Some(7));
    }

    #[tokio::test]
    async fn a_run_without_time_still_gives_a_snapshot_that_says_so() {
        let options = Options {
            deadline: Duration::ZERO,
            services: vec![("ssh".to_owned(), "ssh".to_owned(), Some(22))],
            outbound: parse_outbound(DEFAULT_OUTBOUND).unwrap(),
            ..Options::default()
        };
        let snapshot = collect(&options).await;
        assert_eq!(snapshot.outbound.len(), 5);
        assert_eq!(snapshot.firewall.len(), 7);
        assert!(snapshot.counters.value().is_none());
        let text = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(crate::inside::read_snapshot(&text).unwrap(), snapshot);
    }
}
