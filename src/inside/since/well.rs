//! Whether an instance is in order, as far as it can tell by itself.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::parts::end;
use crate::inside::Snapshot;
use probes::Outcome;

/// Why a snapshot is not one of a healthy instance: a service that listens does not answer at one of
/// the instance's own addresses, or none answers at all. `None` when all is well. Whether clients get as
/// far as the instance is not seen from inside.
pub fn unwell(snapshot: &Snapshot) -> Option<String> {
    let listeners = snapshot.listeners.value().map_or(&[][..], Vec::as_slice);
    let mut answered = 0;
    for seen in &snapshot.probes {
        let what = &seen.probe.label;
        match &seen.outcome {
            Outcome::Answered { .. } => answered += 1,
            Outcome::NotMeasured { .. } => {}
            Outcome::Stopped { .. } => {
                let own = |address: std::net::IpAddr| {
                    address == seen.probe.address || address.is_unspecified()
                };
                let mut waiting = listeners.iter().filter(|it| it.protocol == "tcp");
                let listens = waiting.any(|it| Some(it.port) == seen.probe.port && own(it.address));
                if listens {
                    return Some(format!(
                        "{what} listens and does not answer at {}",
                        end(seen)
                    ));
                }
            }
        }
    }
    if answered == 0 {
        return Some("none of the services asked for answers: name yours with --service".into());
    }
    None
}
