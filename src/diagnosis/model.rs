//! What a diagnosis says. Field names are the JSON contract.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole judgement of one run.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The worst state among the flows that count.
    pub status: Status,
    /// Every flow asked about, in plan order, outbound flows last.
    pub flows: Vec<FlowDiagnosis>,
    /// What is worth knowing beyond a single flow.
    pub findings: Vec<Finding>,
    /// Every fact that a judgement rests on.
    pub evidence: Vec<EvidenceItem>,
}

/// How a flow, or a whole target, fares.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It works.
    Reachable,
    /// It works, with a fault.
    Degraded,
    /// It does not work.
    Blocked,
    /// It could not be told.
    Unknown,
}

/// The judgement of one flow.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct FlowDiagnosis {
    /// Such as `in/tcp/22`; further addresses of a name carry `@ADDRESS`.
    pub id: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// The user's name for the service.
    pub service: String,
    /// `tcp`, `udp`, `icmp` or `icmpv6`.
    pub protocol: String,
    /// The port, where the protocol has one.
    pub port: Option<u16>,
    /// The client's address as the target sees it, where known.
    pub source: Option<String>,
    /// The address asked.
    pub destination: Option<String>,
    /// How it fares.
    pub status: Status,
    /// True when the flow is expected to work.
    pub expected: bool,
    /// True when it counts towards the target's status: inbound flows do, outbound ones when the
    /// user said what to expect of them.
    pub counts: bool,
    /// One word a vantage: `answered`, `refused`, `timeout`, ...
    pub outcome: Outcomes,
    /// The state of every layer, in path order.
    pub layers: Vec<LayerState>,
    /// The first blocker on the path, or the fault; null when reachable.
    pub cause: Option<CauseReport>,
    /// Later blockers on the path, in path order.
    pub also: Vec<CauseReport>,
    /// Every cause still consistent with the evidence, most probable first.
    pub candidates: Vec<Candidate>,
    /// Every cause the evidence rules out, and how.
    pub excluded: Vec<Exclusion>,
    /// The cheapest evidence that would split the candidates.
    pub next_tests: Vec<NextTest>,
    /// Changes that remove the cause, smallest first.
    pub fixes: Vec<FixReport>,
}

/// What each vantage saw, in one word.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Outcomes {
    /// From outside (for an outbound flow: null).
    pub outside: Option<String>,
    /// From inside, where it was asked.
    pub inside: Option<String>,
}

/// The state of one layer for one flow.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LayerState {
    /// The layer.
    pub layer: String,
    /// What it does to the flow.
    pub state: PassState,
    /// Why, in one sentence.
    pub reason: String,
    /// The facts it rests on.
    pub evidence: Vec<String>,
}

/// What a layer does to a flow.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassState {
    /// The packet passes.
    Pass,
    /// The packet stops here.
    Block,
    /// Not known.
    Unknown,
    /// The flow does not cross this layer.
    NotApplicable,
}

/// A cause held against this evidence.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct CauseReport {
    /// `layer.name`, stable.
    pub id: String,
    /// The layer.
    pub layer: String,
    /// How sure.
    pub certainty: Certainty,
    /// The sentence that ties it to this instance.
    pub summary: String,
    /// The facts it rests on.
    pub evidence: Vec<String>,
}

/// How sure a cause is.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Several causes fit.
    Possible,
    /// One fits, but a deciding fact was not read.
    Likely,
    /// Direct evidence, and nothing else fits.
    Proven,
}

/// A cause that is still possible.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Candidate {
    /// `layer.name`.
    pub id: String,
    /// The layer.
    pub layer: String,
}

/// A cause that is ruled out.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Exclusion {
    /// `layer.name`.
    pub id: String,
    /// The reading that contradicts it.
    pub reason: String,
}

/// Evidence worth getting.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NextTest {
    /// The command to run.
    pub command: String,
    /// What it tells apart.
    pub splits: Vec<String>,
}

/// A change that removes a cause, with its effect computed.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct FixReport {
    /// Such as `security_group.add_rule`.
    pub id: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// What it may break.
    pub risk: Risk,
    /// The flow's state after it.
    pub after: After,
    /// What else becomes reachable.
    pub opens: Opens,
    /// Console steps.
    pub steps: Vec<String>,
    /// Commands by tool; never run by us.
    pub commands: BTreeMap<String, String>,
    /// How to undo it.
    pub rollback: String,
}

/// What a fix may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Adds only what was asked for.
    Safe,
    /// Widens access or restarts something; read first.
    Review,
    /// We cannot write the command; follow the steps.
    Manual,
}

/// The computed effect of a fix.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct After {
    /// The flow's state; `unknown` when the evidence does not reach beyond this layer.
    pub status: Status,
    /// The next blocker, when there is one.
    pub next_cause: Option<String>,
}

/// What a fix opens beyond what was open before.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Opens {
    /// In words.
    pub summary: String,
    /// Distinct pairs of far address and port newly allowed, saturating.
    pub flows: u64,
}

/// Something worth knowing beyond a single flow.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    /// `layer.name`, or a cause of group `open`.
    pub id: String,
    /// The layer.
    pub layer: String,
    /// How bad.
    pub severity: Severity,
    /// In one sentence.
    pub summary: String,
}

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// Act on it.
    Critical,
}

/// One fact, as the report quotes it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct EvidenceItem {
    /// `e1`, `e2`, ...
    pub id: String,
    /// `outside` or `inside`.
    pub vantage: String,
    /// `probe`, `rule`, `host`, `witness` or `list`.
    pub kind: String,
    /// In one line, escaped.
    pub summary: String,
}
