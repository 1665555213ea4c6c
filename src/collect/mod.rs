//! The edge: the only part of the tool that probes, reads files and looks at clocks.

mod files;
pub mod inside;
mod outside;
mod own_routes;
pub mod ssh;
mod traces;

pub use files::{
    read_book, read_book_and_lists, read_input, read_rules, read_text, shown, write_output,
};
pub use outside::{Progress, Request, collect};
