//! The ends of a rule: address blocks, service tags and application security groups.
//!
//! Service tags: <https://learn.microsoft.com/azure/virtual-network/service-tags-overview>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::far_end::Ends;
use crate::json_document::{Node, ReadError, address_block};
use crate::text::{shell_word, shown};
use ipnet::IpNet;
use std::net::Ipv4Addr;

/// Reads one end of a rule from its members, which begin with `side` (`source` or `destination`). At
/// the instance's own end `near` the tag `VirtualNetwork` holds, since rules see private addresses.
pub(super) fn read_end(
    rule: &Node<'_>,
    side: &str,
    near: bool,
) -> Result<(Ends, String), ReadError> {
    let (one, many) = (
        format!("{side}AddressPrefix"),
        format!("{side}AddressPrefixes"),
    );
    let groups = format!("{side}ApplicationSecurityGroups");
    let (mut ends, mut words) = (Ends::default(), Vec::new());
    let mut prefixes = rule.items(&many)?;
    if rule.text(&one)?.is_some() {
        prefixes.extend(rule.member(&one)?);
    }
    for node in prefixes {
        let text = node.as_text()?;
        // The command line joins several prefixes with commas in older answers.
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            add_prefix(&node, word, near, &mut ends)?;
            words.push(shown(word, 60));
        }
    }
    for group in rule.items(&groups)? {
        let id = group.need("id", "the id of an application security group")?;
        let name = last_part(id);
        ends.add_named(
            &id.to_ascii_lowercase(),
            format!(
                "the members of application security group `{}`: run `az network nic list --output json`",
                shown(name, 60)
            ),
        );
        words.push(shown(name, 60));
    }
    if words.is_empty() {
        let fault = crate::json_document::Fault::Missing("an address prefix, a service tag or `*`");
        return Err(rule.fault_at(&one, fault));
    }
    if words.len() > WORDS_SHOWN {
        words.truncate(WORDS_SHOWN);
        words.push("…".to_owned());
    }
    Ok((ends, words.join(",")))
}

/// The last part of a resource's id, which is its name.
pub(super) fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn add_prefix(node: &Node<'_>, word: &str, near: bool, ends: &mut Ends) -> Result<(), ReadError> {
    if matches!(word, "*" | "Any" | "any") {
        ends.add_all();
        return Ok(());
    }
    if let Some(net) = address_block(word) {
        ends.add_block(&net);
        return Ok(());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !word.starts_with(|c: char| c.is_ascii_alphabetic())
        || !word.chars().all(plain)
        || word.len() > 80
    {
        return Err(node.bad(word, "an address, a CIDR block, a service tag or `*`"));
    }
    match word.to_ascii_lowercase().as_str() {
        "azureloadbalancer" => ends.add_block(&IpNet::from(std::net::IpAddr::V4(HOST))),
        "virtualnetwork" if near => ends.add_all(),
        "virtualnetwork" | "internet" => ends.add_named(
            &set_of_tag(word),
            format!(
                "the addresses behind the tag `{word}`: run `az network vnet show --ids <the instance's \
                 network> --output json`, which settles it where no subnet has a route table or a gateway"
            ),
        ),
        _ => ends.add_named(
            &set_of_tag(word),
            format!(
                "the addresses of service tag {}: run `az network list-service-tags --location <region> \
                 --output json`",
                shell_word(word)
            ),
        ),
    }
    Ok(())
}

/// The name of the set that holds a service tag's addresses; tags are told apart without regard to case.
pub(super) fn set_of_tag(tag: &str) -> String {
    format!("tag:{}", tag.to_ascii_lowercase())
}

/// The address of the host that an instance runs on, where health probes come from
/// (<https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>).
pub(super) const HOST: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
const WORDS_SHOWN: usize = 4;
