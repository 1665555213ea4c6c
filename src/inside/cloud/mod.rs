//! What the cloud's own service tells an instance about itself: facts of an allow-list of paths, of
//! which none can hold a secret. Nothing is listed and followed: user data, credentials of roles, keys
//! and identity documents lie under paths that are not here.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod facts;
mod paths;

pub use facts::CloudFacts;
pub use paths::{Ask, Cloud, Fact};
