//! `reachdx inside` where it is hard to look: little privilege, a `/proc` that hides, tools that
//! misbehave, programs that ban. Each run has mounts and a network of its own.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod bans;
mod harmless;
mod login_gates;
mod privilege;
mod room;
mod services;
mod tools;
