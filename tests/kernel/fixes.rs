//! The changes that `reachdx explain --fix` offers, made in the kernel: with all the commands for a packet
//! that the rules stop, it has to arrive, and another packet fares as before.

use crate::agreement::{arrived, judge};
use crate::command::run;
use crate::dice::Dice;
use crate::generate::{self, Kind};
use crate::probe::{Origin, Probe, Shape, TCP, UDP};
use crate::rules::{self, RuleSet};
use crate::trace;
use crate::wire::Wire;
use crate::world::{self, World};
use rulesets::{Definite, Path, State};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Command;

/// What `reachdx explain --fix` answers, as far as it is asked for here.
#[derive(Deserialize)]
struct Offers {
    fixes: Vec<Offer>,
    not_offered: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    gate: String,
}

#[derive(Deserialize)]
struct Offer {
    gate: String,
    command: Option<String>,
}

/// Makes the offered changes for a few stopped packets of each rule set.
pub(crate) fn assert_they_help() {
    let made: usize = [Kind::Nft, Kind::Iptables, Kind::Legacy]
        .into_iter()
        .map(|kind| {
            World::with(|world| {
                (FIRST..FIRST + SETS)
                    .map(|seed| helped(world, kind, seed))
                    .sum::<usize>()
            })
        })
        .sum();
    assert!(made >= FEWEST, "only {made} changes could be made");
}

/// How many packets were helped by what was offered.
fn helped(world: &World, kind: Kind, seed: u64) -> usize {
    let mut wire = Wire::open(world);
    let mut dice = Dice::seeded(seed);
    let rules = generate::rule_set(&mut dice, kind);
    let probes = generate::probes(&mut dice, &[], PACKETS);
    let probes = probes.into_iter().filter(is_plain);
    let mut made = 0;
    for probe in probes {
        if made == MOST_EACH {
            break;
        }
        load(&rules);
        if is_stopped(&rules, &probe) {
            let note = format!("{kind:?}, seed {seed}\n{:?}\n{rules}", probe.packet);
            if let Some(commands) = offered(&rules, &probe, &note) {
                for command in &commands {
                    run("sh", &["-c", command], "");
                }
                let seen = wire.send(std::slice::from_ref(&probe));
                assert!(
                    arrived(&probe, &seen[0]),
                    "{commands:#?} does not help: {seen:#?}\n{note}"
                );
                made += 1;
            }
        }
        rules.unload();
        rules::watch(true);
        if !rules.ipset.is_empty() {
            rules::destroy_ipsets();
        }
    }
    made
}

fn load(rules: &RuleSet) {
    rules::watch(true);
    trace::forget_flows();
    rules
        .load()
        .unwrap_or_else(|error| panic!("{error}\n{rules}"));
}

/// The first packet of a flow to a port of the host, as a person asks about it.
fn is_plain(probe: &Probe) -> bool {
    let packet = &probe.packet;
    probe.from == Origin::FirstLink
        && probe.shape == Shape::Whole
        && packet.state == State::New
        && [TCP, UDP].contains(&packet.protocol)
        && packet.tcp_flags.is_none_or(|flags| flags == SYN)
        && matches!(packet.path, Path::Input { .. })
}

/// Whether a rule for the host's own packets stops it for certain.
fn is_stopped(rules: &RuleSet, probe: &Probe) -> bool {
    let host = rules
        .list(false)
        .read()
        .unwrap_or_else(|error| panic!("{error}"));
    let passages = judge(&host, probe, &world::facts());
    let [passage] = passages.as_slice() else {
        return false;
    };
    passage.answer.definite() == Some(Definite::Stopped)
}

/// The command of one change for each chain in the way; `None` where one of them has none.
fn offered(rules: &RuleSet, probe: &Probe, note: &str) -> Option<Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let packet = &probe.packet;
    let mut words = vec![
        "explain".to_owned(),
        "--fix".to_owned(),
        "--format=json".to_owned(),
    ];
    let listings = rules.list(false).0.into_iter();
    for (name, text) in listings.filter(|(_, text)| !text.is_empty()) {
        let file = directory.path().join(name);
        std::fs::write(&file, text).unwrap();
        words.extend(["--rules".to_owned(), file.display().to_string()]);
    }
    let Path::Input { interface } = &packet.path else {
        return None;
    };
    let flags = [
        ("--protocol", Some(packet.protocol.to_string())),
        ("--source", packet.source.map(|it| it.to_string())),
        ("--destination", packet.destination.map(|it| it.to_string())),
        ("--source-port", packet.source_port.map(|it| it.to_string())),
        ("--port", packet.destination_port.map(|it| it.to_string())),
        ("--interface", interface.clone()),
    ];
    for (flag, value) in flags {
        words.extend(value.map(|value| format!("{flag}={value}")));
    }
    let addresses = world::facts().addresses;
    words.extend(addresses.iter().map(|net| format!("--host-address={net}")));
    words.push("--host-forwards".to_owned());
    let tool = Command::new(env!("CARGO_BIN_EXE_reachdx"));
    let output = { tool }.args(&words).output().unwrap();
    let refused = String::from_utf8_lossy(&output.stderr);
    if refused.starts_with("error: these rules are too entangled") {
        return None;
    }
    let answer: Offers = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}\n{note}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    let helped = |gate: &String| answer.fixes.iter().any(|fix| fix.gate == *gate);
    if answer.not_offered.iter().any(|it| !helped(&it.gate)) {
        return None;
    }
    let mut by_chain: BTreeMap<String, Option<String>> = BTreeMap::new();
    for fix in answer.fixes {
        let own = by_chain.entry(fix.gate).or_default();
        *own = own.take().or(fix.command);
    }
    let commands: Option<Vec<String>> = by_chain.into_values().collect();
    commands.filter(|commands| !commands.is_empty())
}

const SYN: u8 = 2;
const FIRST: u64 = 7000;
/// Rule sets of each kind.
const SETS: u64 = 10;
/// Packets that are drawn for each rule set, of which a few are stopped and plain.
const PACKETS: usize = 60;
/// Packets of a rule set that are helped.
const MOST_EACH: usize = 3;
/// What has to be made in all for the trial to say something.
const FEWEST: usize = 40;
