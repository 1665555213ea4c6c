//! Every seed of the fuzz targets for a host's listings goes through its parser.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::host::{ipset, iptables};
use std::fs;
use std::path::Path;

#[test]
fn every_seed_is_read_or_refused_in_one_line() {
    let iptables = |text: &str| {
        let read = iptables::parse(text, &iptables::Context::default());
        read.map(drop).map_err(|error| error.to_string())
    };
    let ipset = |text: &str| {
        ipset::parse(text)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(replayed("iptables_save", &iptables), (5, 4));
    assert_eq!(replayed("ipset_save", &ipset), (3, 2));
}

/// How many seeds of a target are read and how many refused.
fn replayed(target: &str, parse: &dyn Fn(&str) -> Result<(), String>) -> (usize, usize) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(target);
    let (mut read, mut refused) = (0, 0);
    for entry in fs::read_dir(seeds).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        match parse(&String::from_utf8_lossy(&bytes)) {
            Ok(()) => read += 1,
            Err(text) => {
                assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
                assert!(text.chars().count() < 200, "{text}");
                refused += 1;
            }
        }
    }
    (read, refused)
}
