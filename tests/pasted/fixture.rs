//! Snapshots to send.

use reachdx::inside::{Datum, RulesText, Snapshot, read_snapshot};

/// A root's snapshot of a small instance.
pub(crate) fn small() -> Snapshot {
    read_snapshot(include_str!("small.json")).unwrap()
}

/// The same with more rules than any command channel carries.
pub(crate) fn large() -> Snapshot {
    let mut random = fastrand::Rng::with_seed(7);
    let mut text = String::from("table inet filter {\n\tchain input {\n");
    for _ in 0..6000 {
        let address = std::net::Ipv4Addr::from(random.u32(..));
        text.push_str("\t\tip saddr ");
        text.push_str(&address.to_string());
        text.push_str(" drop\n");
    }
    text.push_str("\t}\n}\n");
    let mut snapshot = small();
    snapshot.firewall.insert(
        "nft".into(),
        Datum::read("nft list ruleset", RulesText { text }),
    );
    snapshot
}
