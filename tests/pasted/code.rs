//! What a code for typing says is what the whole snapshot says.

use super::fixture::small;
use reachdx::diagnosis::{Certainty, Diagnosis, PassState, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{Conntrack, Datum, RouteToClient, RulesText, Snapshot};
use reachdx::paste::{PairingError, code, read};
use reachdx::report::read_run;
use std::fs;
use std::path::Path;

fn typed(snapshot: &Snapshot) -> Snapshot {
    let text = code(snapshot);
    assert_eq!(text.len(), "code:".len() + 41);
    let back = read(&text.to_lowercase()).unwrap();
    assert_eq!(
        back.check("7K3M-9QXZ".parse().unwrap()),
        Err(PairingError::Code)
    );
    back.snapshot
}

fn source<T>(value: T) -> Datum<T> {
    Datum::read("test", value)
}

/// The runs of every scenario that has a snapshot.
fn runs() -> Vec<(String, Run)> {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut runs: Vec<_> = fs::read_dir(scenarios)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.path().join("run.json")).ok()?;
            let run = read_run(&text).or_else(|_| read_run(&format!("{{\"run\":{text}}}")));
            let run: Run = run.ok().or_else(|| serde_json::from_str(&text).ok())?;
            let name = entry.file_name().into_string().unwrap();
            run.evidence.inside.is_some().then_some((name, run))
        })
        .collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(runs.len() > 20, "{}", runs.len());
    runs
}

/// Every decided layer of the partial diagnosis is decided so by the whole, or left open there.
fn contradiction(partial: &Diagnosis, whole: &Diagnosis) -> Option<String> {
    for (part, full) in partial.flows.iter().zip(&whole.flows) {
        for (said, known) in part.layers.iter().zip(&full.layers) {
            let decided = |it: PassState| matches!(it, PassState::Pass | PassState::Block);
            if decided(said.state) && decided(known.state) && said.state != known.state {
                return Some(format!("{} {said:?}, and the whole {known:?}", part.id));
            }
        }
        let excluded = |id: &str| full.excluded.iter().any(|it| it.id == id);
        if let Some(cause) = &part.cause
            && cause.certainty == Certainty::Proven
            && excluded(&cause.id)
        {
            return Some(format!(
                "{} {}, which the whole excludes",
                part.id, cause.id
            ));
        }
    }
    None
}

#[test]
fn no_code_leads_to_what_the_whole_snapshot_contradicts() {
    let mut told = 0;
    for (name, run) in runs() {
        let whole = diagnose(&run);
        let snapshot = run.evidence.inside.as_ref().unwrap();
        let mut partial = run.clone();
        partial.evidence.inside = Some(typed(snapshot));
        let diagnosis = diagnose(&partial);
        assert_eq!(contradiction(&diagnosis, &whole), None, "{name}");
        partial.evidence.inside = None;
        told += usize::from(
            diagnose(&partial)
                .flows
                .iter()
                .zip(&diagnosis.flows)
                .any(|(a, b)| {
                    a.cause.as_ref().map(|it| (&it.id, it.certainty))
                        != b.cause.as_ref().map(|it| (&it.id, it.certainty))
                }),
        );
    }
    assert!(told > 5, "a code changed {told} diagnoses");
}

#[test]
fn what_a_code_says_again_is_the_same_code() {
    for (name, run) in runs() {
        let first = code(run.evidence.inside.as_ref().unwrap());
        let partial = read(&first).unwrap().snapshot;
        // The instance's own address is a remark, not a fact of the partial snapshot.
        let second = read(&code(&partial)).unwrap().snapshot;
        assert_eq!(second, partial, "{name}");
    }
}

#[test]
fn facts_come_back_in_the_terms_of_the_snapshot() {
    let client = "198.51.100.7".parse().unwrap();
    let no_route = RouteToClient {
        client,
        source: None,
        error: Some("Network is unreachable".into()),
    };
    let table = Conntrack {
        count: 65_536,
        max: 65_536,
        drops: 1234,
    };
    let mut snapshot = Snapshot {
        route_to_client: source(no_route),
        routes: source(Vec::new()),
        conntrack: source(table),
        packet_programs: source(Vec::new()),
        ..small()
    };
    let nothing = source(RulesText {
        text: String::new(),
    });
    snapshot.firewall.insert("nft".into(), nothing);
    let drops = source(RulesText {
        text: "-A INPUT -j DROP".into(),
    });
    snapshot.firewall.insert("iptables-legacy".into(), drops);
    let back = typed(&snapshot);
    assert_eq!(back.root, snapshot.root);
    assert_eq!(back.conntrack.value(), Some(&table));
    assert_eq!(back.route_to_client.value().unwrap().client, client);
    assert_eq!(back.firewall["nft"].value().unwrap().text, "");
    assert!(back.firewall["iptables-legacy"].value().is_none());
    assert!(back.addresses.value().is_none());
    for skipped in [
        serde_json::to_value(&back.addresses).unwrap(),
        serde_json::to_value(&back.counters).unwrap(),
    ] {
        assert_eq!(skipped["reason"], "the code does not carry it");
    }
}

#[test]
fn what_a_code_cannot_say_whole_is_left_out() {
    let mut snapshot = small();
    let table = Conntrack {
        count: 12_344,
        max: 12_345,
        drops: 1,
    };
    snapshot.conntrack = source(table);
    snapshot.firewall.insert(
        "nft".into(),
        source(RulesText {
            text: "table ip nat { chain p { redirect to :2222 } }".into(),
        }),
    );
    snapshot.packet_programs = Datum::skipped("test", "test");
    let back = typed(&snapshot);
    assert!(back.conntrack.value().is_none());
    assert!(back.firewall.values().all(|it| it.value().is_none()));
    assert!(back.listeners.value().is_none() && back.listener_ports.is_none());
}
