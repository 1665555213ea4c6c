//! The edge: the only part that owns sockets, TLS, clocks and files.

mod connect;
mod echo;
mod evidence;
mod exchange;
mod lookup;
mod nonce;
mod resolve;
mod stream;
mod talk;
mod tls;
mod trace;
mod trust;
mod udp;

pub use resolve::resolve;
pub use trace::trace;

use crate::services::{SERVICES, Service, Transport, service};
use crate::{Failure, Observation, Outcome, Probe, Stage, Timing, Vantage};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// How long a probe may take, and where it leaves from.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The wait for a connection to open. Below 3.5 s a neighbour failure (ICMP 3/1 after 3.05 s)
    /// and two lost SYNs look like silence.
    pub connect_timeout: Duration,
    /// Everything after the connection is open, all reads and a second connection included. TCP
    /// wrappers close after 5.03 s, slow mail servers greet after 8 s.
    pub exchange_timeout: Duration,
    /// The local address to send from; `None` leaves it to the routing table.
    pub source: Option<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(4),
            exchange_timeout: Duration::from_secs(10),
            source: None,
        }
    }
}

/// Makes one probe and reports what came of it. It never fails: what cannot be measured is an
/// outcome too. Dropping the future ends the probe and closes its sockets.
pub async fn observe(probe: &Probe, vantage: Vantage, limits: &Limits) -> Observation {
    let started = Instant::now();
    let report = match service(&probe.service) {
        Some(service) => {
            let mss = marked(service, vantage).then(nonce::fresh).flatten();
            measure(service, probe, limits, mss).await
        }
        None => Report::not_measured(
            format!("there is no service `{}`", probe.service),
            format!("use one of {}", service_names()),
        ),
    };
    let Report {
        local,
        mss,
        outcome,
        mut timing,
    } = report;
    timing.total_s = started.elapsed().as_secs_f64();
    Observation {
        probe: probe.clone(),
        vantage,
        local,
        mss,
        outcome,
        timing,
    }
}

/// Whether a probe's SYN carries a mark. It makes the far end's packets smaller: where those are large
/// by nature, as a certificate is, they keep their size, lest a path that loses large ones look well.
fn marked(service: &Service, vantage: Vantage) -> bool {
    vantage == Vantage::Outside && service.transport == Transport::Tcp && service.name != "https"
}

async fn measure(service: &Service, probe: &Probe, limits: &Limits, mss: Option<u16>) -> Report {
    let (Some(start), Some(port)) = (service.start, probe.port) else {
        if service.transport == Transport::Echo {
            return echo::run(probe, limits).await;
        }
        return Report::not_measured(
            format!("{} needs a port and the probe names none", service.name),
            "name a port from 1 to 65535".to_owned(),
        );
    };
    let target = SocketAddr::new(probe.address, port);
    let conversation = start(probe);
    match service.transport {
        Transport::Tcp => exchange::run(conversation, probe, target, limits, mss).await,
        Transport::Udp => udp::run(conversation, target, limits).await,
        Transport::Echo => echo::run(probe, limits).await,
    }
}

/// What a transport reports; `observe` adds the rest.
struct Report {
    local: Option<SocketAddr>,
    mss: Option<u16>,
    outcome: Outcome,
    timing: Timing,
}

impl Report {
    fn not_measured(reason: String, remedy: String) -> Self {
        Self {
            local: None,
            mss: None,
            outcome: Outcome::NotMeasured { reason, remedy },
            timing: Timing::default(),
        }
    }
}

fn stopped(stage: Stage, failure: Failure) -> Outcome {
    Outcome::Stopped { stage, failure }
}

fn service_names() -> String {
    let names: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
    names.join(", ")
}
