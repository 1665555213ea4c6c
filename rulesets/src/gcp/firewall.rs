//! One firewall rule (<https://cloud.google.com/compute/docs/reference/rest/v1/firewalls>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::resource;
use crate::far_end::{self, Ends, Side};
use crate::flow::Direction;
use crate::json_document::{
    Fault, Node, ReadError, address_block, ip_protocol, number_span, quoted,
};
use crate::program::{Reason, Rule, Step, Test, Verdict};
use crate::text::shown;

/// A rule, and what places it.
pub(super) struct Firewall {
    /// The network, as [`resource`] writes it.
    pub(super) network: String,
    pub(super) direction: Direction,
    pub(super) priority: i64,
    pub(super) denies: bool,
    pub(super) disabled: bool,
    /// It applies to instances with one of these attributes; to all when empty.
    pub(super) targets: Vec<String>,
    pub(super) rule: Rule,
}

/// Reads a rule.
pub(super) fn read(node: &Node<'_>) -> Result<Firewall, ReadError> {
    let name = shown(node.need("name", "the rule's name")?, 80);
    let network = resource(node.need("network", "the network of the rule")?);
    let direction = match node.text("direction")? {
        None | Some("INGRESS") => Direction::Inbound,
        Some("EGRESS") => Direction::Outbound,
        Some(other) => {
            let (value, expected) = (quoted(other), "INGRESS or EGRESS");
            return Err(node.fault_at("direction", Fault::Value { value, expected }));
        }
    };
    let priority = node.number("priority")?.unwrap_or(DEFAULT_PRIORITY);
    let (denies, services, service_text) = action(node)?;
    let (targets, target_text) = targets(node)?;
    let mut steps = Vec::new();
    if !targets.is_empty() {
        steps.push(Step::Test(Test::Undecided {
            reason: Reason::Reference,
            text: format!(
                "the instance has {target_text}: give `gcloud compute instances describe --format=json` of it"
            ),
        }));
    }
    steps.extend(services);
    let (from, from_text) = end(node, "source", &network, direction)?;
    let (to, to_text) = end(node, "destination", &network, direction)?;
    steps.extend(from.and_then(|ends| ends.step(Side::Source)));
    steps.extend(to.and_then(|ends| ends.step(Side::Destination)));
    let verdict = if denies {
        Verdict::Drop
    } else {
        Verdict::Accept
    };
    steps.push(Step::Verdict(verdict));
    let word = if denies { "deny" } else { "allow" };
    let target = if targets.is_empty() {
        String::new()
    } else {
        format!(" on {target_text}")
    };
    Ok(Firewall {
        network,
        direction,
        priority,
        denies,
        disabled: node.flag("disabled")?.unwrap_or(false),
        targets,
        rule: Rule {
            index: 0,
            handle: None,
            text: format!("{priority} {name} {word} {service_text}{from_text}{to_text}{target}"),
            description: shown(node.text("description")?.unwrap_or_default(), 200),
            steps,
        },
    })
}

/// Whether the rule denies, the test of protocols and ports, and how the user wrote it.
fn action(node: &Node<'_>) -> Result<(bool, Option<Step>, String), ReadError> {
    let (allowed, denied) = (node.items("allowed")?, node.items("denied")?);
    let denies = match (allowed.is_empty(), denied.is_empty()) {
        (false, true) => false,
        (true, false) => true,
        (false, false) => return Err(node.fault(Fault::Both("allowed", "denied"))),
        (true, true) => {
            let expected = "what the rule allows, or `denied` with what it denies";
            return Err(node.fault_at("allowed", Fault::Missing(expected)));
        }
    };
    let (mut ways, mut words, mut all) = (Vec::new(), Vec::new(), false);
    for item in allowed.iter().chain(&denied) {
        let (tests, text) = service(item)?;
        all |= tests.is_empty();
        ways.push(tests);
        words.push(text);
    }
    let step = (!all).then_some(Step::Test(Test::AnyOf(ways)));
    Ok((denies, step, shown(&words.join(","), 120)))
}

/// One protocol with its ports; no test stands for every protocol.
fn service(item: &Node<'_>) -> Result<(Vec<Test>, String), ReadError> {
    let word = item.need("IPProtocol", "a protocol such as tcp, or all")?;
    if word.eq_ignore_ascii_case("all") {
        return Ok((Vec::new(), "all".to_owned()));
    }
    let Some(number) = ip_protocol(word) else {
        let (value, expected) = (
            quoted(word),
            "a protocol: tcp, udp, icmp, esp, ah, ipip, sctp, a number or all",
        );
        return Err(item.fault_at("IPProtocol", Fault::Value { value, expected }));
    };
    let mut tests = vec![far_end::protocol(number)];
    let mut text = shown(word, 20);
    let ports = item.items("ports")?;
    if ports.is_empty() {
        return Ok((tests, text));
    }
    if !far_end::has_ports(number) {
        let fault = Fault::Missing("a protocol with ports, since `ports` is given");
        return Err(item.fault_at("IPProtocol", fault));
    }
    let (mut spans, mut said) = (Vec::new(), Vec::new());
    for port in ports {
        let span = number_span(port.as_text()?).map_err(|fault| port.fault(fault))?;
        said.push(far_end::span_text(span.0, span.1));
        spans.push(span);
    }
    tests.extend(far_end::ports(Side::Destination, &spans));
    text = format!("{text}:{}", said.join(","));
    Ok((tests, text))
}

/// The instances a rule applies to, as attributes, and in words.
fn targets(node: &Node<'_>) -> Result<(Vec<String>, String), ReadError> {
    let (mut attributes, mut words) = (Vec::new(), Vec::new());
    for (list, kind, word) in [
        ("targetTags", "tag", "the tag"),
        ("targetServiceAccounts", "account", "the service account"),
    ] {
        for item in node.items(list)? {
            let text = shown(item.as_text()?, 100);
            words.push(format!("{word} `{text}`"));
            attributes.push(format!("{kind}:{text}"));
        }
    }
    Ok((attributes, shown(&words.join(" or "), 200)))
}

/// One end of the packets; `None` where the rule says nothing of it. The far end, left out, is every
/// IPv4 address.
fn end(
    node: &Node<'_>,
    side: &str,
    network: &str,
    direction: Direction,
) -> Result<(Option<Ends>, String), ReadError> {
    let (mut ends, mut words) = (Ends::default(), Vec::new());
    for item in node.items(&format!("{side}Ranges"))? {
        let text = item.as_text()?;
        let Some(net) = address_block(text) else {
            return Err(item.bad(text, "an address or a CIDR block"));
        };
        ends.add_block(&net);
        words.push(shown(text, 60));
    }
    for (list, kind, word) in [
        ("Tags", "tag", "tag"),
        ("ServiceAccounts", "account", "service account"),
    ] {
        for item in node.items(&format!("{side}{list}"))? {
            let text = shown(item.as_text()?, 100);
            let missing = format!(
                "the addresses of the instances with {word} `{text}`: run `gcloud compute instances list \
                 --format=json`"
            );
            ends.add_named(&format!("{kind}:{text} in {network}"), missing);
            words.push(format!("{kind}:{text}"));
        }
    }
    let (joint, far) = match side {
        "source" => ("from", direction == Direction::Inbound),
        _ => ("to", direction == Direction::Outbound),
    };
    if words.is_empty() && far {
        ends.add_block(&ipnet::IpNet::V4(ipnet::Ipv4Net::default()));
        words.push("0.0.0.0/0".to_owned());
    }
    if words.is_empty() {
        return Ok((None, String::new()));
    }
    let text = format!(" {joint} {}", shown(&words.join(","), 120));
    Ok((Some(ends), text))
}

/// The priority of a rule that names none.
const DEFAULT_PRIORITY: i64 = 1_000;
