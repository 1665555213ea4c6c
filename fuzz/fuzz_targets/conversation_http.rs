//! A hostile peer of one `http` conversation; the byte 0xfe parts what it sends at a time.
#![no_main]

mod clean;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let pieces: Vec<&[u8]> = data.split(|byte| *byte == 0xfe).collect();
    let Some(outcome) = probes::replay("http", &pieces) else {
        panic!("the service is gone");
    };
    clean::assert_clean(serde_json::to_value(outcome));
});
