//! Reads the parameter templates: `DescribeAddressTemplates`, `DescribeServiceTemplates` and the two
//! groups of them (vpc 2017-03-12).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::field::Fields;
use super::problem::{Problem, Result, quoted};
use super::values::{net, ports};
use crate::members::{Addresses, Inventory, Services};
use crate::rule::{Ports, Service};
use crate::text::shown;
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The address templates of an answer.
pub(super) fn address_templates(answer: &Fields<'_>, into: &mut Inventory) -> Result<()> {
    let mut count = 0;
    for (path, members) in answer.objects("AddressTemplateSet")? {
        let id = address_template(&path, members, into)?;
        counted(&id, &path, into, &mut count)?;
    }
    Ok(())
}

/// The groups of address templates of an answer, with the templates they show.
pub(super) fn address_groups(answer: &Fields<'_>, into: &mut Inventory) -> Result<()> {
    let mut count = 0;
    for (path, members) in answer.objects("AddressTemplateGroupSet")? {
        let group = Fields::new(&path, members);
        let mut includes = ids(&group, "AddressTemplateIdSet")?;
        for (path, members) in group.objects("AddressTemplateSet")? {
            let id = address_template(&path, members, into)?;
            counted(&id, &path, into, &mut count)?;
            includes.insert(id);
        }
        let id = group.needed("AddressTemplateGroupId")?.to_owned();
        let all = Addresses {
            includes,
            ..Addresses::default()
        };
        into.addresses.insert(id, all);
    }
    Ok(())
}

/// The service templates of an answer.
pub(super) fn service_templates(
    answer: &Fields<'_>,
    into: &mut Inventory,
    remarks: &mut Vec<String>,
) -> Result<()> {
    for (path, members) in answer.objects("ServiceTemplateSet")? {
        service_template(&path, members, into, remarks)?;
    }
    Ok(())
}

/// The groups of service templates of an answer, with the templates they show.
pub(super) fn service_groups(
    answer: &Fields<'_>,
    into: &mut Inventory,
    remarks: &mut Vec<String>,
) -> Result<()> {
    for (path, members) in answer.objects("ServiceTemplateGroupSet")? {
        let group = Fields::new(&path, members);
        let mut includes = ids(&group, "ServiceTemplateIdSet")?;
        for (path, members) in group.objects("ServiceTemplateSet")? {
            includes.insert(service_template(&path, members, into, remarks)?);
        }
        let id = group.needed("ServiceTemplateGroupId")?.to_owned();
        let all = Services {
            includes,
            ..Services::default()
        };
        into.services.insert(id, all);
    }
    Ok(())
}

/// Refuses an answer whose ranges come to more blocks than can be kept.
fn counted(id: &str, path: &str, into: &Inventory, count: &mut usize) -> Result<()> {
    *count += into.addresses.get(id).map_or(0, |all| all.nets.len());
    if *count > BLOCKS {
        return Err(Problem::TooManyItems { limit: BLOCKS }.at(path));
    }
    Ok(())
}

fn ids(group: &Fields<'_>, name: &str) -> Result<BTreeSet<String>> {
    Ok(group.texts(name)?.into_iter().map(str::to_owned).collect())
}

fn address_template(
    path: &str,
    members: &Map<String, Value>,
    into: &mut Inventory,
) -> Result<String> {
    let template = Fields::new(path, members);
    let id = template.needed("AddressTemplateId")?.to_owned();
    let mut all = Addresses::default();
    for (place, text) in items(&template, "AddressSet", "AddressExtraSet", "Address")? {
        all.nets
            .extend(addresses(&text).map_err(|problem| problem.at(&place))?);
        if all.nets.len() > ITEMS {
            return Err(Problem::TooManyItems { limit: ITEMS }.at(&place));
        }
    }
    into.addresses.insert(id.clone(), all);
    Ok(id)
}

/// A service that is not understood leaves the template incomplete: it may be any.
fn service_template(
    path: &str,
    members: &Map<String, Value>,
    into: &mut Inventory,
    remarks: &mut Vec<String>,
) -> Result<String> {
    let template = Fields::new(path, members);
    let id = template.needed("ServiceTemplateId")?.to_owned();
    let mut all = Services::default();
    for (place, text) in items(&template, "ServiceSet", "ServiceExtraSet", "Service")? {
        match service(&text).map_err(|problem| problem.at(&place))? {
            Some(service) if all.services.contains(&service) => {}
            Some(service) => all.services.push(service),
            None => {
                all.complete = false;
                let (id, text) = (shown(&id, 60), shown(&text, 60));
                remarks.push(format!(
                    "service template `{id}`: `{text}` is not understood, so the template may hold any \
                     service"
                ));
            }
        }
    }
    into.services.insert(id.clone(), all);
    Ok(id)
}

/// The items of a template, which newer answers give twice, once with a remark each.
fn items(
    template: &Fields<'_>,
    plain: &str,
    extra: &str,
    member: &str,
) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for name in [plain, extra] {
        if template.list(name)?.len() > ITEMS {
            return Err(template.error(name, Problem::TooManyItems { limit: ITEMS }));
        }
    }
    for (position, text) in template.texts(plain)?.into_iter().enumerate() {
        let place = format!("{}.{plain}[{position}]", template.path);
        all.push((place, text.to_owned()));
    }
    for (path, members) in template.objects(extra)? {
        let text = Fields::new(&path, members).needed(member)?.to_owned();
        all.push((format!("{path}.{member}"), text));
    }
    Ok(all)
}

/// An address, a block, or a range such as `10.0.0.1-10.0.0.9`.
fn addresses(text: &str) -> Result<Vec<IpNet>, Problem> {
    let wrong = || Problem::NoAddress(quoted(text));
    if let Some((address, prefix)) = text.split_once('/') {
        return Ok(vec![net(address, prefix).ok_or_else(wrong)?.trunc()]);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let address = |text: &str| text.trim().parse::<IpAddr>().map_err(|_| wrong());
    match (address(first)?, address(last)?) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            Ok(Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect())
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            Ok(Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect())
        }
        (IpAddr::V4(_) | IpAddr::V6(_), IpAddr::V4(_) | IpAddr::V6(_)) => Err(wrong()),
    }
}

/// A service such as `tcp:80,443`, `udp:all` or `icmp`; `None` when its protocol is not known.
fn service(text: &str) -> Result<Option<Service>, Problem> {
    let (protocol, own) = text.split_once(':').unwrap_or((text, "all"));
    let own = ports(own.trim())?;
    let portless = |service| (own == Ports::Any).then_some(service);
    Ok(match protocol.trim().to_ascii_lowercase().as_str() {
        "tcp" => Some(Service::Tcp(own)),
        "udp" => Some(Service::Udp(own)),
        "icmp" => portless(Service::Icmp),
        "icmpv6" => portless(Service::Icmpv6),
        "gre" => portless(Service::Gre),
        "all" => portless(Service::All),
        _ => None,
    })
}

/// The most items read of one template; the vendor's own limit is 20.
const ITEMS: usize = 10_000;

/// The most blocks read of the templates of one answer.
const BLOCKS: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_item_is_an_address_a_block_or_a_range() {
        let read = |text: &str| {
            let nets = addresses(text).map_err(|problem| problem.to_string())?;
            Ok::<_, String>(nets.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(read("10.0.0.1").unwrap(), ["10.0.0.1/32"]);
        assert_eq!(read("10.0.0.7/24").unwrap(), ["10.0.0.0/24"]);
        assert_eq!(
            read("10.0.0.1-10.0.0.4").unwrap(),
            ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/32"]
        );
        assert_eq!(read("0.0.0.0-255.255.255.255").unwrap(), ["0.0.0.0/0"]);
        assert_eq!(read("2001:db8::1").unwrap(), ["2001:db8::1/128"]);
        assert_eq!(read("::-ffff::").unwrap().len(), 17);
        for text in ["", "10.0.0.4-10.0.0.1", "10.0.0.1-::1", "x", "10.0.0.0/33"] {
            let problem = read(text).unwrap_err();
            assert_eq!(problem, format!("`{text}` is not an IP address"));
        }
    }

    #[test]
    fn a_service_item_is_a_protocol_with_or_without_ports() {
        let read = |text: &str| service(text).unwrap().map(|one| one.to_string());
        assert_eq!(read("tcp:80,443").unwrap(), "tcp 80,443");
        assert_eq!(read("UDP:3306-20000").unwrap(), "udp 3306-20000");
        assert_eq!(read("udp:all").unwrap(), "udp ALL");
        assert_eq!(read("tcp").unwrap(), "tcp ALL");
        assert_eq!(read("icmp").unwrap(), "icmp");
        assert_eq!(read("gre").unwrap(), "gre");
        assert_eq!(read("sctp:80"), None);
        assert_eq!(read("icmp:8"), None);
        assert!(service("tcp:70000").is_err());
    }
}
