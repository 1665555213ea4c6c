//! An nftables listing or rule file: read or refused in one line, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulesets::host::nft::parse_text;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = parse_text(&text) {
        assert!(!error.to_string().contains('\n'));
    }
});
