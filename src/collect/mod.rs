//! The edge that gathers evidence: files, commands, sockets and clocks live here.

pub mod inside;
