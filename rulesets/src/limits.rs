//! How much a provider keeps.
//!
//! The table is data a user can read and correct (`data/limits.toml`); each row names its source. The
//! live values of an account may be higher: quotas are raised on request.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::Deserialize;
use std::sync::LazyLock;

/// A limit of a provider.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The provider, as in the provider data, such as `tencent`.
    pub provider: String,
    /// What is limited, such as `rules_per_direction`.
    pub name: String,
    /// The most there may be, unless the account has another quota.
    pub value: usize,
    /// The document and its year.
    pub source: String,
}

/// The limit of this name.
pub fn limit(provider: &str, name: &str) -> Option<&'static Limit> {
    let mut all = limits().iter();
    all.find(|limit| limit.provider == provider && limit.name == name)
}

/// Every limit, in the order of the table.
pub fn limits() -> &'static [Limit] {
    &TABLE.limit
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    limit: Vec<Limit>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/limits.toml")).expect("a test reads this table")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_the_only_one_of_its_name_and_has_a_source() {
        for row in limits() {
            assert_eq!(limit(&row.provider, &row.name), Some(row));
            assert!(row.value > 0 && row.source.contains("20"), "{row:?}");
        }
        assert_eq!(limit("tencent", "rules_per_direction").unwrap().value, 100);
        assert_eq!(limit("tencent", "nothing"), None);
    }
}
