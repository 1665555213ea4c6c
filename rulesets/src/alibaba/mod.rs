//! Alibaba Cloud: the security groups of ECS.
//!
//! The rules of all groups bound to an interface are put together and sorted by priority, 1 first; of
//! two rules of one priority the one that drops goes first (help.aliyun.com, "Security group rules" and
//! `AuthorizeSecurityGroup`, ECS 2014-05-26). What no rule matches is decided by the group's type: a
//! basic group lets everything out and nothing in but what its own members send over the private
//! network, an enterprise group refuses both ("Basic and enterprise security groups").
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod bind;
mod group;
mod rule;

pub use bind::bind;
pub use group::{Group, GroupKind, document, read, read_document};
pub use rule::Entry;
