//! Kernel files, netlink replies and option lists, whichever the first byte names.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    reachdx::inside::replay(input);
});
