//! The documents of clouds, and of the Windows firewall, as the rules they mean.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule that a test does not expect should fail it"
)]

mod aws;
mod azure;
mod document;
mod gcp;
mod render;
mod room;
mod seeds;
mod verdicts;
mod windows;
