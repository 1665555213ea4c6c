//! Any text as sets of ipset: read, or refused in one line; every set can be matched.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulesets::Family;
use rulesets::host::ipset::{Sets, parse};

fuzz_target!(|text: &str| match parse(text) {
    Ok(sets) => {
        let names: Vec<String> = sets.iter().map(|set| set.members.name.clone()).collect();
        let sets: Sets = sets.into_iter().collect();
        for name in names {
            for negated in [false, true] {
                let _tests = sets.tests(&name, &[true, false, true], negated, Family::V4);
            }
        }
    }
    Err(error) => {
        let said = error.to_string();
        assert!(!said.contains(char::is_control) && said.chars().count() < 300);
    }
});
