//! Probes against scripted peers on loopback.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a failing test should panic"
)]

mod hostile;
mod peers;
mod plain;
mod tls;
