//! Reads a rule of the short form of the Terraform provider's `tencentcloud_security_group_lite_rule`:
//! `ACTION#SOURCE#PORT#PROTOCOL`, such as `ACCEPT#10.0.0.0/8#22,80#TCP`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::field::Fields;
use super::problem::{Problem, Result, quoted};
use crate::flow::Direction;
use crate::rule::Rule;
use serde_json::{Map, Value, json};

/// The source may be an address, a block, a group (`sg-*`) or an address template (`ipm-*`, `ipmg-*`);
/// the protocol may be a service template (`ppm-*`, `ppmg-*`), whose ports are its own.
pub(super) fn short_rule(text: &str, path: &str, direction: Direction) -> Result<Rule> {
    let parts: Vec<&str> = text.split('#').map(str::trim).collect();
    let [action, far, port, protocol] = parts[..] else {
        return Err(Problem::ShortRule(quoted(text)).at(path));
    };
    if text.contains("${") {
        return Err(Problem::Expression(quoted(text)).at(path));
    }
    if far.is_empty() || protocol.is_empty() {
        return Err(Problem::ShortRule(quoted(text)).at(path));
    }
    let mut policy = Map::new();
    let mut put = |name: &str, value: Value| policy.insert(name.to_owned(), value);
    put("Action", json!(action));
    match far.split_once('-').map(|(prefix, _)| prefix) {
        Some("sg") => put("SecurityGroupId", json!(far)),
        Some("ipm") => put("AddressTemplate", json!({"AddressId": far})),
        Some("ipmg") => put("AddressTemplate", json!({"AddressGroupId": far})),
        Some(_) | None if far.contains(':') => put("Ipv6CidrBlock", json!(far)),
        Some(_) | None => put("CidrBlock", json!(far)),
    };
    match protocol.split_once('-').map(|(prefix, _)| prefix) {
        Some("ppm") => put("ServiceTemplate", json!({"ServiceId": protocol})),
        Some("ppmg") => put("ServiceTemplate", json!({"ServiceGroupId": protocol})),
        Some(_) | None => put("Protocol", json!(protocol)),
    };
    put("Port", json!(port));
    Fields::new(path, &policy).rule(direction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match short_rule(text, "line 1", Direction::Inbound) {
            Ok(rule) => rule.text,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_short_form_says_action_source_port_and_protocol() {
        for (text, expected) in [
            (
                "ACCEPT#192.168.1.0/24#80#TCP",
                "ACCEPT TCP 80 from 192.168.1.0/24",
            ),
            ("DROP#8.8.8.8#80,90#UDP", "DROP UDP 80,90 from 8.8.8.8"),
            (
                "ACCEPT#0.0.0.0/0#80-90#TCP",
                "ACCEPT TCP 80-90 from 0.0.0.0/0",
            ),
            (
                "ACCEPT#sg-7ixn3foj#80-90#TCP",
                "ACCEPT TCP 80-90 from sg-7ixn3foj",
            ),
            (
                "ACCEPT#ipmg-3loavam6#ALL#ALL",
                "ACCEPT ALL from ipmg-3loavam6",
            ),
            ("ACCEPT#0.0.0.0/0##ppm-x", "ACCEPT ppm-x from 0.0.0.0/0"),
            ("DROP#::/0#ALL#ALL", "DROP ALL from ::/0"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_short_rule_is_named() {
        for (text, expected) in [
            (
                "ACCEPT#10.0.0.0/8#22",
                "line 1: `ACCEPT#10.0.0.0/8#22` is not ACTION#SOURCE#PORT#PROTOCOL, such as \
                 ACCEPT#10.0.0.0/8#22#TCP",
            ),
            (
                "PASS#10.0.0.0/8#22#TCP",
                "line 1.Action: `PASS` is not ACCEPT or DROP",
            ),
            (
                "ACCEPT#${var.office}#22#TCP",
                "line 1: `ACCEPT#${var.office}#22#TCP` is an expression; give the output of \
                 `terraform show -json`",
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
