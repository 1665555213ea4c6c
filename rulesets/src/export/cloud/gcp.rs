//! Firewall rules of Google Cloud: `gcloud compute firewall-rules create`, `google_compute_firewall`.
//!
//! <https://cloud.google.com/sdk/gcloud/reference/compute/firewall-rules/create>,
//! <https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_firewall>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::hcl::{Hcl, Member, resource, text as member};
use super::value::{is_name, is_plain, items, number, text, texts};
use super::{CloudList, ExportError, Placed, line};
use crate::far_end::span_text;
use crate::flow::Direction;
use crate::json_document::number_span;
use serde_json::Value;

/// What a rule says, in words that are fit for a command.
struct Words<'a> {
    name: &'a str,
    direction: &'static str,
    priority: i64,
    denies: bool,
    services: Vec<(String, Vec<String>)>,
    /// The ends and the targets, as [`ENDS`] names them.
    ends: Vec<(usize, Vec<String>)>,
}

pub(super) fn commands(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let mut lines = Vec::new();
    for rule in rules(&list.body) {
        let words = words(list, &rule)?;
        let fixed = ["gcloud", "compute", "firewall-rules", "create", words.name];
        let mut all = fixed.map(str::to_owned).to_vec();
        all.extend(project(list).map(|project| format!("--project={project}")));
        all.push(format!("--network={target}"));
        all.push(format!("--direction={}", words.direction));
        all.push(format!("--priority={}", words.priority));
        let action = if words.denies { "DENY" } else { "ALLOW" };
        all.push(format!("--action={action}"));
        let services = words.services.iter().flat_map(|(protocol, ports)| {
            let alone = ports.is_empty().then(|| protocol.clone());
            let each = ports.iter().map(move |port| format!("{protocol}:{port}"));
            alone.into_iter().chain(each)
        });
        let services: Vec<String> = services.collect();
        all.push(format!("--rules={}", services.join(",")));
        for (place, values) in &words.ends {
            all.push(format!("--{}={}", ENDS[*place].1, values.join(",")));
        }
        if disabled(&rule) {
            all.push("--disabled".to_owned());
        }
        if let Some(metadata) = logging(&rule) {
            let metadata = if metadata == EXCLUDE {
                "exclude-all"
            } else {
                "include-all"
            };
            all.push("--enable-logging".to_owned());
            all.push(format!("--logging-metadata={metadata}"));
        }
        if let Some(said) = text(rule.item, "description") {
            all.push(format!("--description={said}"));
        }
        lines.push(line(&all));
    }
    Ok(lines)
}

pub(super) fn terraform(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let mut blocks = Vec::new();
    for rule in rules(&list.body) {
        let words = words(list, &rule)?;
        let mut members = vec![member("name", words.name)];
        members.extend(project(list).map(|project| member("project", project)));
        members.push(member("network", target));
        members.push(member("direction", words.direction));
        members.push(("priority", Hcl::Number(words.priority)));
        members.extend(text(rule.item, "description").map(|said| member("description", said)));
        if disabled(&rule) {
            members.push(("disabled", Hcl::Flag(true)));
        }
        for (place, values) in &words.ends {
            members.push((ENDS[*place].2, Hcl::Texts(values.clone())));
        }
        let kind = if words.denies { "deny" } else { "allow" };
        for (protocol, ports) in &words.services {
            let mut inner: Vec<Member> = vec![member("protocol", protocol)];
            if !ports.is_empty() {
                inner.push(("ports", Hcl::Texts(ports.clone())));
            }
            members.push((kind, Hcl::Block(inner)));
        }
        if let Some(metadata) = logging(&rule) {
            members.push(("log_config", Hcl::Block(vec![member("metadata", metadata)])));
        }
        let label = rule.label(target);
        blocks.push(resource("google_compute_firewall", &label, &members));
    }
    Ok(blocks)
}

/// The rules of both directions in the document's order.
fn rules(body: &Value) -> Vec<Placed<'_>> {
    let all = body.as_array().map_or(&[][..], Vec::as_slice);
    let mut counts = [0, 0];
    let placed = all.iter().map(|item| {
        let (direction, count) = match text(item, "direction") {
            Some("EGRESS") => (Direction::Outbound, &mut counts[1]),
            _ => (Direction::Inbound, &mut counts[0]),
        };
        *count += 1;
        Placed {
            direction,
            index: *count - 1,
            item,
        }
    });
    placed.collect()
}

fn words<'a>(list: &CloudList, rule: &Placed<'a>) -> Result<Words<'a>, ExportError> {
    let name = text(rule.item, "name").unwrap_or_default();
    if !is_name(name) {
        return Err(list.refuse(rule, "its name is none (letters, digits and `-`)"));
    }
    // The reader takes these for ends, and no form has a word for them.
    if ["destinationTags", "destinationServiceAccounts"]
        .iter()
        .any(|own| !items(rule.item, own).is_empty())
    {
        return Err(list.refuse(
            rule,
            "names its destination by tags or accounts, which no rule can; use ranges",
        ));
    }
    let inbound = rule.direction == Direction::Inbound;
    let mut ends = Vec::new();
    for (place, (own, ..)) in ENDS.iter().enumerate() {
        let values = texts(rule.item, own);
        if values.iter().any(|value| !is_plain(value, "-_.:/@")) {
            return Err(list.refuse(rule, "an end or a target of it is no plain word"));
        }
        if !values.is_empty() {
            ends.push((place, values));
        }
    }
    // The far end, left out, is every IPv4 address, which the provider wants said.
    let far = if inbound { "source" } else { "destination" };
    if !ends
        .iter()
        .any(|(place, _)| ENDS[*place].0.starts_with(far))
    {
        let place = ENDS
            .iter()
            .position(|(own, ..)| *own == format!("{far}Ranges"));
        ends.push((place.unwrap_or_default(), vec!["0.0.0.0/0".to_owned()]));
        ends.sort_unstable();
    }
    let denied = items(rule.item, "denied");
    let services = items(rule.item, "allowed")
        .iter()
        .chain(denied)
        .map(service);
    Ok(Words {
        name,
        direction: if inbound { "INGRESS" } else { "EGRESS" },
        priority: number(rule.item, "priority").unwrap_or(DEFAULT_PRIORITY),
        denies: !denied.is_empty(),
        services: services.collect(),
        ends,
    })
}

/// A protocol in small letters, which are the only ones taken, and its ports.
fn service(item: &Value) -> (String, Vec<String>) {
    let protocol = text(item, "IPProtocol").unwrap_or_default();
    let ports = texts(item, "ports");
    let spans = ports.iter().filter_map(|port| number_span(port).ok());
    let ports = spans.map(|(first, last)| span_text(first, last));
    (protocol.to_ascii_lowercase(), ports.collect())
}

fn disabled(rule: &Placed<'_>) -> bool {
    rule.item.get("disabled").and_then(Value::as_bool) == Some(true)
}

/// What a rule's log keeps beside the packets; `None` where it has none.
fn logging(rule: &Placed<'_>) -> Option<&'static str> {
    let config = rule.item.get("logConfig")?;
    config.get("enable")?.as_bool().filter(|enabled| *enabled)?;
    Some(match text(config, "metadata") {
        Some(EXCLUDE) => EXCLUDE,
        _ => "INCLUDE_ALL_METADATA",
    })
}

/// The project that the network belongs to, where its path says so.
fn project(list: &CloudList) -> Option<&str> {
    let project = list.id.strip_prefix("projects/")?.split('/').next()?;
    (is_plain(project, "-.:") && !project.starts_with('-')).then_some(project)
}

/// The members of ends and targets: the API's, the command line's, and the provider's.
const ENDS: [(&str, &str, &str); 6] = [
    ("sourceRanges", "source-ranges", "source_ranges"),
    ("sourceTags", "source-tags", "source_tags"),
    (
        "sourceServiceAccounts",
        "source-service-accounts",
        "source_service_accounts",
    ),
    (
        "destinationRanges",
        "destination-ranges",
        "destination_ranges",
    ),
    ("targetTags", "target-tags", "target_tags"),
    (
        "targetServiceAccounts",
        "target-service-accounts",
        "target_service_accounts",
    ),
];
const EXCLUDE: &str = "EXCLUDE_ALL_METADATA";
/// The priority of a rule that names none.
const DEFAULT_PRIORITY: i64 = 1_000;
