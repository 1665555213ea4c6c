//! Snapshots on their way through consoles, logs and people: what comes back is the same snapshot, or an
//! error that names what to copy again.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "pasted/code.rs"]
mod code;
#[path = "pasted/fixture.rs"]
mod fixture;
#[path = "pasted/mangle.rs"]
mod mangle;

use fixture::{large, small};
use mangle::{Mangled, mangled};
use reachdx::inside::{Datum, Snapshot};
use reachdx::paste::{
    self, BlockError, Channel, EnvelopeError, PairingCode, PairingError, PasteError, read, seal,
    shrink,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn key() -> PairingCode {
    "7K3M-9QXZ".parse().unwrap()
}

/// The lines that an error names.
fn named(error: &PasteError) -> Option<&[usize]> {
    if let PasteError::Block(BlockError::Lines(lines)) = error {
        Some(lines)
    } else {
        None
    }
}

#[test]
fn a_block_comes_back_as_it_was_sealed_or_not() {
    for mut snapshot in [small(), large()] {
        let text = paste::block(&snapshot).unwrap();
        assert!(text.lines().all(|line| line.len() <= 79));
        let back = read(&text).unwrap();
        assert_eq!(back.snapshot, snapshot);
        assert_eq!(back.check(key()), Err(PairingError::Missing));
        seal(&mut snapshot, key()).unwrap();
        let back = read(&paste::block(&snapshot).unwrap()).unwrap();
        assert_eq!(back.snapshot, snapshot);
        assert_eq!(back.check(key()), Ok(()));
        assert_eq!(
            back.check("7K3M-9QXY".parse().unwrap()),
            Err(PairingError::Wrong)
        );
    }
}

/// How many lines of a block were not lost.
fn left(block: &str, gone: &[usize]) -> usize {
    let kept = |line: &&str| {
        let number = line.get(1..5).and_then(|it| it.parse().ok());
        number.is_some_and(|number: usize| !gone.contains(&number))
    };
    block.lines().filter(kept).count()
}

/// Every kind of mangling alone, and several after one another, of a small and a large block.
#[test]
fn a_mangled_block_is_the_same_snapshot_or_names_the_right_lines() {
    let mut repaired = 0;
    let mut refused = 0;
    for (snapshot, rounds) in [(small(), 400), (large(), 30)] {
        let block = paste::block(&snapshot).unwrap();
        for seed in 0..rounds {
            let Mangled { text, told, gone } = mangled(&block, seed);
            match read(&text) {
                Ok(back) => {
                    assert_eq!(back.snapshot, snapshot, "{told:?}");
                    repaired += 1;
                }
                Err(error) => {
                    refused += 1;
                    let Some(lines) = named(&error) else {
                        assert!(left(&block, &gone) < 2, "{told:?}: {error}\n{text}");
                        continue;
                    };
                    assert!(
                        !lines.is_empty() && lines.iter().all(|it| gone.contains(it)),
                        "{told:?} {lines:?} {gone:?}"
                    );
                    let again: Vec<&str> = block
                        .lines()
                        .filter(|line| {
                            lines
                                .iter()
                                .any(|it| line.starts_with(&format!("{{{it:04}")))
                        })
                        .collect();
                    let whole = format!("{text}\n{}\n", again.join("\n"));
                    let mut back = read(&whole);
                    // With the heading, what else is missing comes to light.
                    if lines == [0]
                        && let Err(error) = &back
                    {
                        let lines = named(error).unwrap();
                        assert!(
                            lines.iter().all(|it| gone.contains(it)),
                            "{told:?} {lines:?}"
                        );
                        back = read(&format!("{whole}{block}"));
                    }
                    assert_eq!(back.unwrap().snapshot, snapshot, "{told:?}");
                }
            }
        }
    }
    assert!(repaired > 200 && refused > 20, "{repaired} {refused}");
}

#[test]
fn every_single_lost_or_broken_line_is_repaired() {
    let snapshot = small();
    let block = paste::block(&snapshot).unwrap();
    let lines: Vec<&str> = block.lines().collect();
    for lost in 0..lines.len() {
        let mut rest = lines.clone();
        rest.remove(lost);
        assert_eq!(read(&rest.join("\n")).unwrap().snapshot, snapshot, "{lost}");
        let broken = lines[lost].replacen(['a', 'B', '7'], "", 2);
        let mut rest = lines.clone();
        rest[lost] = &broken;
        assert_eq!(read(&rest.join("\n")).unwrap().snapshot, snapshot, "{lost}");
    }
}

#[test]
fn two_blocks_in_one_paste_are_told_apart() {
    let other = Snapshot {
        taken_at: "2026-01-01T00:00:00Z".into(),
        ..small()
    };
    let both = format!(
        "{}{}",
        paste::block(&small()).unwrap(),
        paste::block(&other).unwrap()
    );
    let error = read(&both).unwrap_err();
    assert!(
        matches!(error, PasteError::Block(BlockError::Several(_))),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("it holds lines of 2 blocks, whose lines begin with `{NNNN")
    );
}

#[test]
fn nothing_of_a_block_but_its_name_is_refused() {
    for text in ["-----BEGIN REACHDX SNAPSHOT-----", "{0001REACHDX SNAPSHOT"] {
        let error = read(text).unwrap_err().to_string();
        assert_eq!(
            error,
            "no line of the block is whole: copy it again, from BEGIN to END"
        );
    }
}

#[test]
fn json_keeps_its_seal_however_it_is_written_and_loses_it_when_changed() {
    let mut snapshot = small();
    seal(&mut snapshot, key()).unwrap();
    let pretty = serde_json::to_string_pretty(&snapshot).unwrap();
    let value: serde_json::Value = serde_json::from_str(&pretty).unwrap();
    for text in [
        pretty.clone(),
        value.to_string(),
        format!("\u{feff}{pretty}\n"),
    ] {
        assert_eq!(read(&text).unwrap().check(key()), Ok(()));
    }
    for (from, to) in [
        ("\"root\": true", "\"root\": false"),
        ("10.0.1.10", "10.0.1.11"),
    ] {
        let changed = pretty.replace(from, to);
        assert_ne!(changed, pretty);
        assert_eq!(
            read(&changed).unwrap().check(key()),
            Err(PairingError::Wrong)
        );
    }
    for odd in ["\"\"", "null", "{\"tag\": \"zz\"}", "{\"tag\": \"\"}"] {
        let mut value = value.clone();
        value["pairing"] = serde_json::from_str(odd).unwrap();
        if let Ok(back) = read(&value.to_string()) {
            assert!(back.check(key()).is_err(), "{odd}");
        }
    }
}

#[test]
fn a_packed_bomb_is_refused_in_one_line() {
    // A heading that promises more than any snapshot has, in a block that is whole otherwise.
    let seeds = seeds();
    let (_, bomb) = seeds.iter().find(|(name, _)| name == "bad-bomb").unwrap();
    let error = read(bomb).unwrap_err();
    assert!(
        matches!(
            error,
            PasteError::Block(BlockError::Envelope(EnvelopeError::Bomb))
        ),
        "{error}"
    );
}

#[test]
fn listings_are_cut_first_and_say_so() {
    for channel in [Channel::Tat, Channel::Aws, Channel::Azure] {
        let mut snapshot = large();
        let fits = |it: &Snapshot| paste::block(it).is_ok_and(|text| text.len() <= channel.limit());
        assert!(!fits(&snapshot));
        assert!(shrink(&mut snapshot, fits), "{channel:?}");
        assert_eq!(
            read(&paste::block(&snapshot).unwrap()).unwrap().snapshot,
            snapshot
        );
        assert!(
            matches!(
                snapshot.firewall["nft"],
                Datum::Read {
                    truncated: true,
                    ..
                }
            ),
            "{channel:?}"
        );
        assert_eq!(snapshot.listeners, large().listeners);
        assert_eq!(snapshot.probes, large().probes);
    }
}

#[test]
fn whatever_the_limit_is_less_is_said_and_nothing_else() {
    let whole = large();
    for limit in [600, 900, 1500, 3000, 10_000] {
        let mut snapshot = large();
        let fits = |it: &Snapshot| paste::block(it).is_ok_and(|text| text.len() <= limit);
        let fitted = shrink(&mut snapshot, fits);
        assert_eq!(fitted, fits(&snapshot), "{limit}");
        assert!(
            snapshot.listeners == whole.listeners
                || matches!(snapshot.listeners, Datum::Skipped { .. })
        );
        assert!(
            snapshot.routes == whole.routes || matches!(snapshot.routes, Datum::Skipped { .. })
        );
        assert_eq!(snapshot.root, whole.root);
    }
    assert!(!shrink(&mut large(), |_| false));
}

fn seeds() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/pasted");
    let mut seeds: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let bytes = fs::read(entry.path()).unwrap();
            (name, String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    seeds
}

#[test]
fn seeds_are_read_or_refused_as_their_names_say() {
    for (name, text) in seeds() {
        let read = read(&text);
        assert_eq!(
            read.is_ok(),
            name.starts_with("ok-"),
            "{name}: {:?}",
            read.err()
        );
        if let Err(error) = read {
            let said = error.to_string();
            assert!(
                !said.contains(char::is_control) && said.len() < 300,
                "{name}: {said}"
            );
        }
    }
}

#[test]
fn seeds_cut_or_damaged_anywhere_give_the_same_snapshot_or_none() {
    for (name, text) in seeds() {
        let whole = read(&text).ok().map(|it| it.snapshot);
        let chars: Vec<char> = text.chars().collect();
        for at in (0..chars.len()).step_by(23) {
            let cut: String = chars[..at].iter().collect();
            let mut damaged = chars.clone();
            damaged[at] = ['\0', '{', '}', '\u{1b}', '9', 'l', '\n'][at % 7];
            for text in [cut, damaged.into_iter().collect()] {
                let back = read(&text).ok().map(|it| it.snapshot);
                // JSON and typed codes have no checksum over everything; half of two blocks is one.
                let other = ["ok-json", "bad-two"].contains(&name.as_str());
                assert!(back.is_none() || back == whole || other, "{name} {at}");
            }
        }
    }
}

#[test]
fn what_may_stop_a_flow_outlasts_what_explains_one() {
    let mut snapshot = small();
    let jails = vec!["sshd".to_owned()];
    snapshot.host.bans = BTreeMap::from([("fail2ban".to_owned(), Datum::read("x", jails))]);
    snapshot.host.uptime_s = Datum::read("/proc/uptime", 7);
    assert!(shrink(&mut snapshot, |it| it
        .host
        .uptime_s
        .value()
        .is_none()));
    let Datum::Skipped { reason, .. } = &snapshot.host.uptime_s else {
        panic!("it was left out");
    };
    assert!(reason.starts_with("left out"), "{reason}");
    assert!(snapshot.host.bans["fail2ban"].value().is_some());
    assert!(snapshot.counters.value().is_some());
}
