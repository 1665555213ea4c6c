//! One security rule.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::prefix::read_end;
use super::properties;
use crate::far_end::{self, Side};
use crate::flow::Direction;
use crate::json_document::{Fault, Node, ReadError, number_span, quoted};
use crate::program::{Reason, Rule, Step, Test, Verdict};
use crate::text::shown;

/// A rule and what orders it.
pub(super) struct Placed<'a> {
    pub(super) direction: Direction,
    pub(super) priority: i64,
    pub(super) node: Node<'a>,
    pub(super) rule: Rule,
}

/// Reads a rule, of the command line's shape or the API's.
pub(super) fn read<'a>(node: &Node<'a>) -> Result<Placed<'a>, ReadError> {
    let inner = properties(node)?;
    let direction = word(
        &inner,
        "direction",
        &[
            ("inbound", Direction::Inbound),
            ("outbound", Direction::Outbound),
        ],
        "Inbound or Outbound",
    )?;
    let verdict = word(
        &inner,
        "access",
        &[("allow", Verdict::Accept), ("deny", Verdict::Drop)],
        "Allow or Deny",
    )?;
    let Some(priority) = inner.number("priority")? else {
        return Err(inner.fault_at(
            "priority",
            Fault::Missing("the number that orders the rules"),
        ));
    };
    let (mut steps, service) = service(&inner)?;
    let inbound = direction == Direction::Inbound;
    let (source, from) = read_end(&inner, "source", !inbound)?;
    let (destination, to) = read_end(&inner, "destination", inbound)?;
    steps.extend(source.step(Side::Source));
    steps.extend(destination.step(Side::Destination));
    steps.push(Step::Verdict(verdict));
    let name = shown(node.text("name")?.unwrap_or("(no name)"), 80);
    let access = inner.text("access")?.unwrap_or_default();
    let rule = Rule {
        index: 0,
        handle: None,
        text: format!("{priority} {name} {access} {service} from {from} to {to}"),
        description: shown(inner.text("description")?.unwrap_or_default(), 200),
        steps,
    };
    Ok(Placed {
        direction,
        priority,
        node: inner,
        rule,
    })
}

/// The tests of protocol and ports.
fn service(inner: &Node<'_>) -> Result<(Vec<Step>, String), ReadError> {
    let word = inner.need("protocol", "Tcp, Udp, Icmp, Esp, Ah or *")?;
    let mut steps = match word.to_ascii_lowercase().as_str() {
        "*" | "any" => Vec::new(),
        "tcp" => vec![Step::Test(far_end::protocol(6))],
        "udp" => vec![Step::Test(far_end::protocol(17))],
        "esp" => vec![Step::Test(far_end::protocol(50))],
        "ah" => vec![Step::Test(far_end::protocol(51))],
        "icmp" => vec![Step::Test(icmp())],
        _ => {
            let fault = Fault::Value {
                value: quoted(word),
                expected: "Tcp, Udp, Icmp, Esp, Ah or *",
            };
            return Err(inner.fault_at("protocol", fault));
        }
    };
    let mut text = shown(word, 20);
    let ported = matches!(
        word.to_ascii_lowercase().as_str(),
        "*" | "any" | "tcp" | "udp"
    );
    for (side, name) in [(Side::Source, "source"), (Side::Destination, "destination")] {
        let spans = spans(inner, name)?;
        if !ported {
            continue;
        }
        if let Some(test) = far_end::ports(side, &spans) {
            steps.push(Step::Test(test));
            let said = spans.iter().take(6);
            let said: Vec<String> = said
                .map(|(first, last)| far_end::span_text(*first, *last))
                .collect();
            let more = if spans.len() > 6 { ",…" } else { "" };
            let which = if side == Side::Source {
                " source port"
            } else {
                ""
            };
            text = format!("{text}{which} {}{more}", said.join(","));
        }
    }
    Ok((steps, text))
}

/// ICMP for IPv4; whether the rule means `ICMPv6` too is not documented.
fn icmp() -> Test {
    let unsure = Test::Undecided {
        reason: Reason::Unsupported,
        text: "the rule's protocol `Icmp` covers ICMPv6".to_owned(),
    };
    let v6 = vec![far_end::protocol(58), unsure];
    Test::AnyOf(vec![vec![far_end::protocol(1)], v6])
}

/// The ports of one side, from the member for one range and the one for several.
fn spans(inner: &Node<'_>, side: &str) -> Result<Vec<(u16, u16)>, ReadError> {
    let (one, many) = (format!("{side}PortRange"), format!("{side}PortRanges"));
    let mut nodes = inner.items(&many)?;
    if inner.text(&one)?.is_some() {
        nodes.extend(inner.member(&one)?);
    }
    let mut spans = Vec::new();
    for node in nodes {
        for word in node
            .as_text()?
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            if matches!(word, "*" | "Any" | "any") {
                spans.push((0, u16::MAX));
            } else {
                spans.push(number_span(word).map_err(|fault| node.fault(fault))?);
            }
        }
    }
    if spans.is_empty() {
        return Err(inner.fault_at(&one, Fault::Missing("a port, a range or `*`")));
    }
    Ok(spans)
}

fn word<T: Clone>(
    node: &Node<'_>,
    name: &str,
    known: &[(&str, T)],
    expected: &'static str,
) -> Result<T, ReadError> {
    let text = node.need(name, expected)?;
    let found = known
        .iter()
        .find(|(word, _)| text.eq_ignore_ascii_case(word));
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        let value = quoted(text);
        node.fault_at(name, Fault::Value { value, expected })
    })
}
