//! The service's answers, as hostile as anything that came over a network.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Cloud, Fact};
use crate::inside::Address;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// What the cloud says of the instance and its first interface.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct CloudFacts {
    /// The cloud: `tencent`, `aws`, `azure`, `gcp` or `alibaba`.
    pub cloud: String,
    /// The instance's id.
    pub instance_id: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The zone.
    pub zone: Option<String>,
    /// The private address.
    pub private_address: Option<IpAddr>,
    /// The public address.
    pub public_address: Option<IpAddr>,
    /// The gateway.
    pub gateway: Option<IpAddr>,
    /// The subnet's prefix length.
    pub prefix: Option<u8>,
    /// The private network's id.
    pub network: Option<String>,
    /// The subnet's id.
    pub subnet: Option<String>,
    /// The bound security groups, where the service tells.
    pub security_groups: Option<Vec<String>>,
    /// What was asked in vain, and why, in words: a fact that is not here may still be so. `None` when
    /// every question had its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl CloudFacts {
    /// Nothing yet.
    pub fn of(cloud: Cloud) -> Self {
        Self {
            cloud: cloud.name().to_owned(),
            ..Self::default()
        }
    }

    /// Takes in one answer; one that does not have the form its path promises tells nothing.
    pub fn take(&mut self, fact: Fact, answer: &str) {
        let answer = answer.trim();
        match fact {
            // It stands in paths alone.
            Fact::Mac => {}
            Fact::InstanceId => self.instance_id = id(answer),
            Fact::Region => self.region = id(answer),
            // Google's is `projects/NUMBER/zones/ZONE`, of which the number is nobody's business.
            Fact::Zone => self.zone = answer.rsplit('/').next().and_then(id),
            Fact::PrivateAddress => self.private_address = answer.parse().ok(),
            Fact::PublicAddress => self.public_address = answer.parse().ok(),
            Fact::Gateway => self.gateway = answer.parse().ok(),
            Fact::Prefix => self.prefix = prefix(answer),
            Fact::Network => self.network = id(answer),
            Fact::Subnet => self.subnet = id(answer),
            Fact::SecurityGroups => self.security_groups = groups(answer),
        }
    }

    /// The address that the cloud tells of, where an interface holds it: of other interfaces it says
    /// nothing.
    pub fn held_on<'a>(&self, addresses: &'a [Address], interface: &str) -> Option<&'a Address> {
        let mut here = addresses.iter().filter(|it| it.interface == interface);
        here.find(|it| Some(it.address) == self.private_address)
    }

    /// The prefix length that the guest should have; Google's guests have an address alone, whatever
    /// the subnet's is.
    pub fn guest_prefix(&self) -> Option<u8> {
        self.prefix.filter(|_| self.cloud != Cloud::Gcp.name())
    }

    /// True when nothing was told.
    pub fn is_empty(&self) -> bool {
        let empty = Self {
            cloud: self.cloud.clone(),
            missing: self.missing.clone(),
            ..Self::default()
        };
        *self == empty
    }
}

fn id(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let fits = !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain);
    fits.then(|| text.to_owned())
}

/// A mask, a network or a number.
fn prefix(text: &str) -> Option<u8> {
    let length = text.rsplit('/').next()?;
    if let Ok(mask) = length.parse::<Ipv4Addr>() {
        let bits = u32::from(mask);
        let ones = bits.leading_ones();
        return (bits.count_ones() == ones).then(|| u8::try_from(ones).ok())?;
    }
    length.parse().ok().filter(|it| *it <= 32)
}

/// Ids such as `sg-0123abcd`, whatever stands between them.
fn groups(text: &str) -> Option<Vec<String>> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let named = words.filter(|word| word.starts_with("sg-") && (4..=40).contains(&word.len()));
    let groups: Vec<String> = named.take(MOST_GROUPS).map(str::to_owned).collect();
    (!groups.is_empty()).then_some(groups)
}

const LONGEST: usize = 64;
const MOST_GROUPS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_in_their_form_and_no_other() {
        let mut facts = CloudFacts::of(Cloud::Gcp);
        assert!(facts.is_empty());
        for (fact, answer) in [
            (Fact::InstanceId, "i-0123\n"),
            (Fact::Region, "eu\u{1b}[31m"),
            (Fact::Zone, "projects/42/zones/eu-1-a"),
            (Fact::Mac, "00:00:5e:00:53:01"),
            (Fact::PrivateAddress, "10.0.0.5"),
            (Fact::PublicAddress, "<html>"),
            (Fact::Gateway, "10.0.0.1"),
            (Fact::Prefix, "255.255.255.0"),
            (Fact::SecurityGroups, "[\"sg-1a\", \"sg-2b\"]\nx sg-"),
        ] {
            facts.take(fact, answer);
        }
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(
            text,
            "{\"cloud\":\"gcp\",\"instance_id\":\"i-0123\",\"region\":null,\"zone\":\"eu-1-a\",\
             \"private_address\":\"10.0.0.5\",\"public_address\":null,\"gateway\":\"10.0.0.1\",\
             \"prefix\":24,\"network\":null,\"subnet\":null,\"security_groups\":[\"sg-1a\",\"sg-2b\"]}"
        );
    }

    #[test]
    fn a_prefix_is_read_in_three_forms() {
        for (text, want) in [
            ("255.255.240.0", Some(20)),
            ("172.31.16.0/20", Some(20)),
            ("24", Some(24)),
            ("255.0.255.0", None),
            ("33", None),
            ("", None),
        ] {
            assert_eq!(prefix(text), want, "{text}");
        }
    }
}
