//! A hostile certificate.
#![no_main]

mod clean;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(certificate) = probes::parse_certificate(data) {
        clean::assert_clean(serde_json::to_value(certificate));
    }
});
