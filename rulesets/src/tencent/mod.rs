//! Tencent Cloud: its documents in, its commands out.
//!
//! Nothing here talks to the vendor; commands are text for a person to read and run.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod commands;
mod field;
mod parse;
mod problem;
mod values;

pub(crate) use commands::{address_template_members, group_members, service_template_members};
pub use commands::{bind_order_command, create_rule_command, delete_rule_command};
pub use parse::{ParseError, parse_security_group};
pub use problem::Problem;
