//! Any text as a listing of iptables: read, or refused in one line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulesets::host::iptables::{Context, parse};

fuzz_target!(|text: &str| match parse(text, &Context::default()) {
    Ok(listing) => {
        let chains = listing.tables.iter().flat_map(|table| &table.chains);
        let rules: usize = chains.map(|chain| chain.chain.rules.len()).sum();
        assert!(rules <= text.lines().count());
    }
    Err(error) => {
        let said = error.to_string();
        assert!(!said.contains(char::is_control) && said.chars().count() < 300);
    }
});
