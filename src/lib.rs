//! Finds out why a cloud instance cannot be reached, and what the smallest safe change is.

pub mod collect;
pub mod inside;
