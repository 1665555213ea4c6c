//! What rules of the model do to packets: the evaluator, and the kernel's order of chains.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod build;
mod flat;
mod flat_nat;
mod hooks;
mod listings;
mod loopback;
mod naive;
mod nat;
mod open;
mod unknown;
