//! Documents that were saved by one run and are read by another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reachdx::inside::read_snapshot;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    if let Ok(snapshot) = read_snapshot(&text) {
        let written = serde_json::to_string(&snapshot).expect("a snapshot can be written");
        read_snapshot(&written).expect("what was written can be read");
    }
});
