//! The protocol and the ports of a permission or an ACL entry.
//!
//! The protocol is -1 for all, a keyword or a number; only TCP, UDP, ICMP and `ICMPv6` heed ports, and the
//! two ICMP keep type and code in their place, -1 for any
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::far_end::{self, Side};
use crate::flow::Family;
use crate::json_document::{Fault, Node, ReadError, ip_protocol};
use crate::program::Step;
use crate::text::shown;

/// What a rule says of protocol and ports: its steps, and the user's own words.
pub(super) struct Service {
    pub(super) steps: Vec<Step>,
    pub(super) text: String,
}

/// The service of a permission, whose ports stand in `FromPort` and `ToPort`.
pub(super) fn of_permission(node: &Node<'_>) -> Result<Service, ReadError> {
    let word = node.need("IpProtocol", "a protocol such as tcp, or -1 for all")?;
    let number = number(node, "IpProtocol", word)?;
    service(word, number, || {
        Ok((bound(node, "FromPort")?, bound(node, "ToPort")?))
    })
}

/// The service of an ACL entry, which keeps ports and ICMP types apart.
pub(super) fn of_entry(node: &Node<'_>) -> Result<Service, ReadError> {
    let word = node.need("Protocol", "a protocol number, or -1 for all")?;
    let number = number(node, "Protocol", word)?;
    service(word, number, || {
        let icmp = matches!(number, Some(1 | 58));
        let (holder, first, last) = if icmp {
            ("IcmpTypeCode", "Type", "Code")
        } else {
            ("PortRange", "From", "To")
        };
        match node.member(holder)? {
            None => Ok((None, None)),
            Some(holder) => Ok((bound(&holder, first)?, bound(&holder, last)?)),
        }
    })
}

/// A number with its place, for errors.
struct Bound<'a> {
    node: Node<'a>,
    value: i64,
}

type Bounds<'a> = (Option<Bound<'a>>, Option<Bound<'a>>);

fn service<'a>(
    word: &str,
    number: Option<u8>,
    bounds: impl FnOnce() -> Result<Bounds<'a>, ReadError>,
) -> Result<Service, ReadError> {
    let Some(number) = number else {
        return Ok(Service {
            steps: Vec::new(),
            text: "all".to_owned(),
        });
    };
    let mut steps = vec![Step::Test(far_end::protocol(number))];
    let name = KEYWORDS.iter().find(|(known, _)| *known == number);
    let mut text = name.map_or_else(|| shown(word, 20), |(_, name)| (*name).to_owned());
    match number {
        6 | 17 => {
            if let Some((first, last)) = ports(bounds()?)? {
                let test = far_end::ports(Side::Destination, &[(first, last)]);
                steps.extend(test.map(Step::Test));
                let span = far_end::span_text(first, last);
                text = format!("{text} {span}");
            }
        }
        1 | 58 => {
            let family = if number == 1 { Family::V4 } else { Family::V6 };
            let (kind, code) = bounds()?;
            let (kind, code) = (octet(kind)?, octet(code)?);
            steps.extend(
                far_end::icmp(family, kind, code)
                    .into_iter()
                    .map(Step::Test),
            );
            let said = [("type", kind), ("code", code)];
            for (name, value) in said {
                if let Some(value) = value {
                    text = format!("{text} {name} {value}");
                }
            }
        }
        _ => {}
    }
    Ok(Service { steps, text })
}

/// The protocol's number; `None` for all of them.
fn number(node: &Node<'_>, name: &str, word: &str) -> Result<Option<u8>, ReadError> {
    if word == "-1" || word.eq_ignore_ascii_case("all") {
        return Ok(None);
    }
    match ip_protocol(word) {
        Some(number) => Ok(Some(number)),
        None => Err(node.fault_at(
            name,
            Fault::Value {
                value: shown(word, 50),
                expected: "a protocol: tcp, udp, icmp, icmpv6, a number up to 255, or -1 for all",
            },
        )),
    }
}

fn bound<'a>(node: &Node<'a>, name: &str) -> Result<Option<Bound<'a>>, ReadError> {
    let Some(node) = node.member(name)? else {
        return Ok(None);
    };
    let value = node.as_number()?;
    Ok(Some(Bound { node, value }))
}

/// The span of ports; `None` for all of them.
fn ports((first, last): Bounds<'_>) -> Result<Option<(u16, u16)>, ReadError> {
    let port = |bound: &Bound<'_>| {
        u16::try_from(bound.value).map_err(|_| {
            bound
                .node
                .bad(&bound.value.to_string(), "a port from 0 to 65535")
        })
    };
    match (first, last) {
        (None, None) => Ok(None),
        (Some(first), Some(last)) if first.value == -1 && last.value == -1 => Ok(None),
        (Some(first), Some(last)) => {
            let (low, high) = (port(&first)?, port(&last)?);
            if low > high {
                return Err(last.node.fault(Fault::Reversed(format!("{low}-{high}"))));
            }
            Ok(Some((low, high)))
        }
        (Some(one), None) | (None, Some(one)) => Err(one
            .node
            .fault(Fault::Missing("both ends of a range of ports"))),
    }
}

/// The type or code of an ICMP message; `None` for any.
fn octet(bound: Option<Bound<'_>>) -> Result<Option<u8>, ReadError> {
    match bound {
        None => Ok(None),
        Some(bound) if bound.value == -1 => Ok(None),
        Some(bound) => match u8::try_from(bound.value) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(bound.node.bad(
                &bound.value.to_string(),
                "an ICMP number from 0 to 255, or -1 for any",
            )),
        },
    }
}

const KEYWORDS: [(u8, &str); 4] = [(1, "icmp"), (6, "tcp"), (17, "udp"), (58, "icmpv6")];
