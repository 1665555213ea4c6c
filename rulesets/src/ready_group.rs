//! Ready security groups (`data/groups/*.json`), in the form of the vendor's own documents.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::security_group::SecurityGroup;
use crate::tencent::parse_security_group;
use ipnet::IpNet;
use serde_json::{Value, json};
use std::net::IpAddr;

/// A ready security group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadyGroup {
    /// Its name, such as `all-pass`.
    pub name: &'static str,
    /// Its rules as a `DescribeSecurityGroupPolicies` answer, in JSON.
    pub json: String,
    /// The same rules; the group's id is its name.
    pub group: SecurityGroup,
}

/// Why there is no such ready group.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadyGroupError {
    /// The name is not one of them.
    #[error("no ready group has this name; there are {known}")]
    Name {
        /// The names there are.
        known: String,
    },
    /// The group lets in one client, whose address is not known.
    #[error("`{name}` lets in one client only; give its address")]
    Client {
        /// The group's name.
        name: &'static str,
    },
}

/// The ready group of this name. A group for one client is made for `client`, in its address family
/// alone; the others do not look at it.
pub fn ready_group(name: &str, client: Option<IpAddr>) -> Result<ReadyGroup, ReadyGroupError> {
    let Some((name, text)) = GROUPS.into_iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = ready_groups().collect();
        return Err(ReadyGroupError::Name {
            known: known.join(", "),
        });
    };
    let json = match client {
        _ if !text.contains(PLACEHOLDER) => text.to_owned(),
        Some(client) => for_client(text, client),
        None => return Err(ReadyGroupError::Client { name }),
    };
    Ok(read(name, json))
}

/// The names of the ready groups.
pub fn ready_groups() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().map(|(name, _)| name)
}

fn read(name: &'static str, json: String) -> ReadyGroup {
    let group = parse_security_group(&json, name).expect("a test reads every ready group");
    ReadyGroup { name, json, group }
}

/// The group with its placeholders replaced, less the rules for the other address family.
fn for_client(text: &str, client: IpAddr) -> String {
    let (own, other) = match Family::from(client) {
        Family::V4 => ("CidrBlock", "Ipv6CidrBlock"),
        Family::V6 => ("Ipv6CidrBlock", "CidrBlock"),
    };
    let mut document: Value = serde_json::from_str(text).expect("a test reads every ready group");
    for list in ["Ingress", "Egress"] {
        let rules = document["SecurityGroupPolicySet"][list].as_array_mut();
        let Some(rules) = rules else { continue };
        rules.retain(|rule| rule[other] != PLACEHOLDER);
        for (position, rule) in rules.iter_mut().enumerate() {
            if rule[own] == PLACEHOLDER {
                rule[own] = json!(IpNet::from(client).to_string());
            }
            rule["PolicyIndex"] = json!(position);
        }
    }
    format!("{document:#}\n")
}

/// What stands for the client's address, as in the vendor's own tools.
const PLACEHOLDER: &str = "MY_PUBLIC_IP";

const GROUPS: [(&str, &str); 3] = [
    ("all-pass", include_str!("../data/groups/all-pass.json")),
    (
        "login-and-web",
        include_str!("../data/groups/login-and-web.json"),
    ),
    (
        "login-from-my-address",
        include_str!("../data/groups/login-from-my-address.json"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Way;
    use crate::security_group::SecurityGroups;
    use crate::space::Budget;

    fn opens(name: &str, client: Option<&str>) -> String {
        let client = client.map(|client| client.parse().unwrap());
        let ready = ready_group(name, client).unwrap();
        let none = SecurityGroups::default();
        let after = Way::from(&none.with_group_first(ready.group));
        let opened = Way::from(&none).opened_by(&after, &Budget::default());
        opened.unwrap().summary
    }

    const OUT: &str = "outbound every protocol and port to 0.0.0.0/0; \
                       outbound every protocol and port to ::/0";

    #[test]
    fn all_pass_opens_everything_both_ways_in_both_families() {
        let everything = format!(
            "inbound every protocol and port from 0.0.0.0/0; \
             inbound every protocol and port from ::/0; {OUT}"
        );
        assert_eq!(opens("all-pass", None), everything);
    }

    #[test]
    fn login_and_web_opens_four_ports_and_ping() {
        let ready = ready_group("login-and-web", None).unwrap();
        let texts: Vec<&str> = ready.group.ingress.iter().map(|rule| &*rule.text).collect();
        let v4 = ["TCP 22", "TCP 3389", "TCP 80", "TCP 443", "ICMP"];
        let v6 = ["TCP 22", "TCP 3389", "TCP 80", "TCP 443", "ICMPV6"];
        let expected: Vec<String> = v4
            .iter()
            .zip(v6)
            .flat_map(|(v4, v6)| {
                [
                    format!("ACCEPT {v4} from 0.0.0.0/0"),
                    format!("ACCEPT {v6} from ::/0"),
                ]
            })
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn login_from_one_address_opens_nothing_to_others() {
        assert_eq!(
            opens("login-from-my-address", Some("198.51.100.7")),
            format!(
                "inbound tcp 22 from 198.51.100.7/32; inbound tcp 3389 from 198.51.100.7/32; \
                 inbound icmp from 198.51.100.7/32; {OUT}"
            )
        );
        assert_eq!(
            opens("login-from-my-address", Some("2001:db8::7")),
            format!(
                "inbound tcp 22 from 2001:db8::7/128; inbound tcp 3389 from 2001:db8::7/128; \
                 inbound icmpv6 from 2001:db8::7/128; {OUT}"
            )
        );
    }

    #[test]
    fn what_is_not_there_or_not_known_is_said() {
        let text = |name, client| ready_group(name, client).unwrap_err().to_string();
        assert_eq!(
            text("open", None),
            "no ready group has this name; there are all-pass, login-and-web, login-from-my-address"
        );
        assert_eq!(
            text("login-from-my-address", None),
            "`login-from-my-address` lets in one client only; give its address"
        );
    }
}
