//! A snapshot in any form that is pasted, scanned or typed, with whatever stands around it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reachdx::paste::{block, code, read};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    match read(&text) {
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control) && said.chars().count() < 400);
        }
        Ok(pasted) => {
            let packed = block(&pasted.snapshot).expect("what was read can be packed");
            let again = read(&packed).expect("what was packed can be read");
            let plain = |snapshot| serde_json::to_string(snapshot).expect("a snapshot can be written");
            let mut bare = pasted.snapshot.clone();
            // A seal that is none is not packed.
            bare.pairing.clone_from(&again.snapshot.pairing);
            assert_eq!(plain(&again.snapshot), plain(&bare));
            read(&code(&pasted.snapshot)).expect("a code can be read");
        }
    }
});
