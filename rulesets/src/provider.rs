//! What providers do to an instance's traffic outside the rules a user can see.
//!
//! The facts are data a user can read and correct (`data/providers.toml`); each names its source.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Protocol;
use ipnet::IpNet;
use serde::Deserialize;
use std::sync::LazyLock;

/// What is known of one provider.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The name on the command line, such as `tencent`.
    pub name: String,
    /// The name in reports.
    pub title: String,
    /// What it does to mail that leaves an instance.
    pub outbound_smtp: OutboundSmtp,
    /// Its own services that an instance reaches from inside.
    #[serde(default, rename = "internal_endpoint")]
    pub internal_endpoints: Vec<Endpoint>,
    /// Where logins through its console come from; rules must let them in on the login port.
    #[serde(default, rename = "console_proxy")]
    pub console_proxies: Vec<ConsoleProxy>,
}

/// What a provider does to outbound TCP 25.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct OutboundSmtp {
    /// Whether it is blocked.
    pub policy: SmtpPolicy,
    /// How the block shows.
    pub symptom: String,
    /// What the provider lifts it for, or what is known instead.
    pub condition: String,
    /// How to have it lifted, step by step.
    pub unblock: Vec<String>,
    /// How many instances it is lifted for; the vendor's documents disagree, so each has its source.
    #[serde(default, rename = "quota")]
    pub quotas: Vec<Quota>,
    /// Ports to send mail through without it.
    #[serde(default, rename = "alternative")]
    pub alternatives: Vec<Alternative>,
    /// The document and its year.
    pub source: String,
}

/// Whether outbound TCP 25 is blocked.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum SmtpPolicy {
    /// Until the user asks for it to be lifted.
    BlockedByDefault,
    /// Not known.
    Unknown,
}

/// A limit, as one of the provider's documents has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The limit in words.
    pub text: String,
    /// The document and its year.
    pub source: String,
}

/// Another port for outbound mail.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// The TCP port.
    pub port: u16,
    /// How it is used.
    #[serde(rename = "use")]
    pub purpose: String,
    /// The document and its year.
    pub source: String,
}

/// A service of the provider inside its own network.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// A name or an address.
    pub host: String,
    /// The protocol.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// What it is for.
    #[serde(rename = "use")]
    pub purpose: String,
    /// The document and its year.
    pub source: String,
}

/// Addresses that logins through the provider's console come from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ConsoleProxy {
    /// The addresses.
    pub net: IpNet,
    /// What comes from there, and since when.
    #[serde(rename = "use")]
    pub purpose: String,
    /// The document and its year.
    pub source: String,
}

/// The provider of this name; `None` when there is no such entry.
pub fn provider(name: &str) -> Option<&'static Provider> {
    providers().iter().find(|provider| provider.name == name)
}

/// Every provider, in the order of the table.
pub fn providers() -> &'static [Provider] {
    &PROVIDERS.provider
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    provider: Vec<Provider>,
}

static PROVIDERS: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/providers.toml")).expect("a test reads this table")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outbound_mail_policy_is_told_with_its_ways_out() {
        let tencent = provider("tencent").unwrap();
        let smtp = &tencent.outbound_smtp;
        assert_eq!(smtp.policy, SmtpPolicy::BlockedByDefault);
        assert_eq!(smtp.unblock.len(), 4);
        assert_eq!(smtp.quotas.len(), 3);
        let ports: Vec<u16> = smtp.alternatives.iter().map(|other| other.port).collect();
        assert_eq!(ports, [465, 587]);
        assert_eq!(tencent.internal_endpoints.len(), 7);
        assert_eq!(tencent.console_proxies.len(), 10);
        let generic = provider("generic").unwrap();
        assert_eq!(generic.outbound_smtp.policy, SmtpPolicy::Unknown);
        assert!(generic.console_proxies.is_empty());
        assert_eq!(provider("nobody"), None);
    }

    #[test]
    fn every_fact_names_its_source() {
        for provider in providers() {
            let smtp = &provider.outbound_smtp;
            let mut sources = vec![&smtp.source];
            sources.extend(smtp.quotas.iter().map(|quota| &quota.source));
            sources.extend(smtp.alternatives.iter().map(|other| &other.source));
            sources.extend(provider.internal_endpoints.iter().map(|end| &end.source));
            sources.extend(provider.console_proxies.iter().map(|proxy| &proxy.source));
            for source in sources {
                assert!(
                    source.contains("20"),
                    "{} lacks a year: {source}",
                    provider.name
                );
            }
        }
    }
}
