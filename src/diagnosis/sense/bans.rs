//! Sensor of the lists of programs that ban.

use super::{is_of_client, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use rulesets::Direction;

/// Reads it for an inbound flow of the client that the snapshot was taken for. A list says what its
/// program wants; whether a packet is stopped, the rules say.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    if case.flow.direction != Direction::Inbound || !is_of_client(case, snapshot) {
        return;
    }
    let held = snapshot.host.bans.iter().filter_map(|(program, lists)| {
        let lists = lists.value().filter(|lists| !lists.is_empty())?;
        Some(format!(
            "{program} has this client in: {}",
            lists.join(", ")
        ))
    });
    let held: Vec<_> = held.collect();
    if held.is_empty() {
        return;
    }
    let summary = held.join("; ");
    let id = book.enter("inside", "host", &summary);
    take(case, Reading::ListedAsBanned, summary, vec![id]);
}
