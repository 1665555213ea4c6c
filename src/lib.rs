//! Finds out why a cloud instance cannot be reached, and what the smallest safe fix is.
//!
//! collect (edge) → evidence → diagnosis → report → write (edge). Everything between the edges is
//! pure: a saved run gives the same diagnosis and the same report on any machine.

pub mod address;
pub mod cli;
pub mod collect;
pub mod diagnosis;
pub mod evidence;
pub mod inside;
pub mod paste;
pub mod report;
