//! Every seed of the fuzz target goes through the readers and the evaluation.

use rulesets::{Direction, Family, Packet, read_cloud};
use std::fs;
use std::path::Path;

#[test]
fn every_seed_is_read_and_judged_or_refused_in_one_line() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/cloud_rules");
    let (mut read, mut refused) = (0, 0);
    for entry in fs::read_dir(seeds).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let document = match read_cloud(&String::from_utf8_lossy(&bytes)) {
            Ok((_, document)) => document,
            Err(error) => {
                let said = error.to_string();
                assert!(
                    !said.contains(char::is_control) && !said.ends_with('.'),
                    "{said}"
                );
                assert!(said.chars().count() < 400, "{said}");
                refused += 1;
                continue;
            }
        };
        for list in &document.lists {
            for instance in document
                .instances
                .iter()
                .map(|one| Some(&*one.id))
                .chain([None])
            {
                let layer = document.layer(&[&list.id], instance).unwrap();
                for direction in [Direction::Inbound, Direction::Outbound] {
                    for (family, protocol) in [(Family::V4, 1), (Family::V4, 6), (Family::V6, 17)] {
                        let answer = layer.judge(&Packet::new(direction, family, protocol));
                        assert!(!answer.outcomes.is_empty());
                    }
                }
            }
        }
        read += 1;
    }
    assert!(read >= 14 && refused >= 6, "{read} read, {refused} refused");
}
