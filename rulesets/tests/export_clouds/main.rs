//! The rule lists of every cloud written out in their own cloud's forms.
//!
//! JSON is read back by the readers; commands are split as a shell does and put together again as the
//! vendor's answer. `REACHDX_SAMPLES=DIR` has the JSON files of another directory written too.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod accept;
mod documents;
mod refused;
mod shapes;
mod vendor;

use documents::DOCUMENTS;
use rulesets::export::{CloudList, api_json, cloud_lists};
use rulesets::host::NamedText;
use rulesets::space::{Budget, Cube, diff};
use rulesets::{Book, Direction, Family, Layer, NamedLayer, Packet};
use std::fs;
use std::path::{Path, PathBuf};

fn lists(text: &str) -> Vec<CloudList> {
    cloud_lists(&[NamedText { name: NAME, text }]).unwrap()
}

/// The list of this id as the readers read it.
fn read(text: &str, id: &str) -> NamedLayer {
    let book = Book::read(&[NamedText { name: NAME, text }]).unwrap();
    book.documents().list(id).unwrap().clone()
}

/// Every rule with its remark, and every packet's fate: that certainly passes, and that possibly does.
fn same(one: &Layer, other: &Layer) {
    for direction in [Direction::Inbound, Direction::Outbound] {
        let said = |layer: &Layer| -> Vec<String> {
            let rules = layer.lists(direction).iter().flat_map(|list| &list.rules);
            rules.map(|rule| rule.description.clone()).collect()
        };
        assert_eq!(said(one), said(other), "{direction}");
        for family in [Family::V4, Family::V6] {
            let packet = Packet::new(direction, family, 6);
            let [one, other] = [one, other].map(|layer| layer.flatten(&packet).unwrap());
            for (one, other) in [
                (one.must_pass(), other.must_pass()),
                (one.may_pass(), other.may_pass()),
            ] {
                let changes = diff(&one, &other, &Cube::ALL, &Budget::default()).unwrap();
                assert_eq!(changes, [], "{direction} {family}");
            }
        }
    }
}

/// The samples of the tree, and those of the directory that is given.
fn samples() -> Vec<(String, String)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let given = std::env::var_os("REACHDX_SAMPLES").map(PathBuf::from);
    let (mut waiting, mut all) = (vec![own], Vec::new());
    waiting.extend(given);
    while let Some(place) = waiting.pop() {
        if place.is_dir() {
            let mut inside: Vec<PathBuf> = fs::read_dir(&place)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            inside.sort();
            waiting.extend(inside);
        } else if place.extension().is_some_and(|ending| ending == "json") {
            let text = fs::read_to_string(&place).unwrap();
            all.push((place.display().to_string(), text));
        }
    }
    let own = DOCUMENTS.iter();
    all.extend(own.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    all
}

#[test]
fn the_api_form_of_every_sample_reads_back_as_the_same_lists() {
    let mut count = 0;
    for (name, text) in samples() {
        let Ok(lists) = cloud_lists(&[NamedText {
            name: NAME,
            text: &text,
        }]) else {
            continue;
        };
        for list in &lists {
            let Ok(written) = api_json(std::slice::from_ref(list)) else {
                panic!("{name}: {} has no API form", list.id());
            };
            let (before, after) = (read(&text, list.id()), read(&written, list.id()));
            assert_eq!(before.layer, after.layer, "{name}");
            assert_eq!(
                (&before.name, &before.targets),
                (&after.name, &after.targets)
            );
            same(&before.layer, &after.layer);
            count += 1;
        }
    }
    assert!(count >= 15, "{count} lists");
}

#[test]
fn the_commands_of_every_sample_add_the_same_rules() {
    let (mut count, mut refused) = (0, Vec::new());
    for (name, text) in samples() {
        let Ok(lists) = cloud_lists(&[NamedText {
            name: NAME,
            text: &text,
        }]) else {
            continue;
        };
        for list in &lists {
            match list.commands(None) {
                Ok(lines) => {
                    let answer = vendor::answer(&text, list, &lines);
                    let (before, after) = (read(&text, list.id()), read(&answer, list.id()));
                    same(&before.layer, &after.layer);
                    count += 1;
                }
                Err(error) => refused.push(format!("{name}: {error}")),
            }
        }
    }
    assert!(count >= 12, "{count} lists, {refused:#?}");
    let known = |line: &String| KNOWN.iter().any(|known| line.contains(known));
    assert!(refused.iter().all(known), "{refused:#?}");
}

#[test]
fn the_resources_of_every_sample_are_one_for_each_rule() {
    let mut count = 0;
    for (_, text) in samples() {
        let Ok(lists) = cloud_lists(&[NamedText {
            name: NAME,
            text: &text,
        }]) else {
            continue;
        };
        for list in &lists {
            let Ok(written) = list.terraform(None) else {
                continue;
            };
            let open = written.matches('{').count();
            assert_eq!(open, written.matches('}').count(), "{written}");
            let mut labels: Vec<&str> = written
                .lines()
                .filter(|line| line.starts_with("resource "))
                .collect();
            let all = labels.len();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), all, "{written}");
            count += all;
        }
    }
    assert!(count >= 20, "{count} resources");
}

const NAME: &str = "lhins-1.json";

/// Why a sample may have no commands.
const KNOWN: [&str; 3] = [
    "there is no rule to write",
    "its entries are not at hand",
    "does not say its resource group",
];
