//! Tencent Cloud: its documents in, its commands out.
//!
//! Nothing here talks to the vendor; commands are text for a person to read and run.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod access;
mod account;
mod acl;
mod acl_entry;
mod commands;
mod facts;
mod field;
mod hcl;
mod hcl_token;
mod layer;
mod lighthouse;
mod machines;
mod parse;
mod problem;
mod read;
mod short_rule;
mod templates;
mod terraform;
mod terraform_text;
mod values;

pub use account::{Account, Machine};
pub use acl::NetworkAcl;
pub(crate) use commands::{
    address_template_members, create_rules_command, described, group_members,
    service_template_members,
};
pub use commands::{bind_order_command, create_rule_command, delete_rule_command};
pub use facts::{Bindings, GroupProfile, GroupReferences};
pub(crate) use field::Fields;
pub use parse::{ParseError, parse_security_group};
pub(crate) use parse::{found, syntax};
pub use problem::Problem;
pub(crate) use problem::{Result, quoted};
pub(crate) use read::answers;
pub use read::{read, read_document, read_members};
pub(crate) use values::{is_id, plain_block};
