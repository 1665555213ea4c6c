//! One flow with everything known about it: the unit that the engine judges.

use super::host_filter::HostVerdict;
use super::{Reading, Sensor};
use crate::evidence::Run;
use probes::Observation;
use rulesets::{Direction, Explanation, Family, Flow, Protocol};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A flow, its observation and its readings.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The run it belongs to.
    pub run: &'a Run,
    /// The flow.
    pub flow: CaseFlow,
    /// The probe that went all the way: from outside for an inbound flow, from the instance for an
    /// outbound one.
    pub observation: Option<&'a Observation>,
    /// What the security groups say.
    pub explanation: Option<Explanation>,
    /// What the host's own filter does to it, where its rules were read.
    pub host: Option<HostVerdict<'a>>,
    /// What each sensor reads, where it reads anything.
    pub readings: BTreeMap<Sensor, Taken>,
}

/// A flow in the words of its report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaseFlow {
    /// Such as `in/tcp/22`.
    pub id: String,
    /// Into the instance or out of it.
    pub direction: Direction,
    /// The user's name for the service.
    pub label: String,
    /// The protocol spoken, a name of `probes::SERVICES`.
    pub service: String,
    /// The transport.
    pub protocol: Protocol,
    /// The port, where there is one.
    pub port: Option<u16>,
    /// The address asked; `None` when the name did not resolve.
    pub address: Option<IpAddr>,
    /// The client's address as the target sees it; `None` when it is not known.
    pub client: Option<IpAddr>,
    /// The far end's name, for an outbound flow.
    pub host: Option<String>,
}

/// One reading with its grounds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Taken {
    /// What the sensor reads.
    pub reading: Reading,
    /// The particulars, in words that may follow a colon.
    pub detail: String,
    /// The facts it rests on.
    pub evidence: Vec<String>,
}

impl Case<'_> {
    /// The reading of `sensor`, where it has one.
    pub fn reading(&self, sensor: Sensor) -> Option<Reading> {
        self.readings.get(&sensor).map(|taken| taken.reading)
    }

    /// Whether this very reading was taken.
    pub fn reads(&self, reading: Reading) -> bool {
        self.reading(reading.sensor()) == Some(reading)
    }

    /// Whether the target was given by name.
    pub fn target_is_name(&self) -> bool {
        self.run.plan.target.parse::<IpAddr>().is_err()
    }

    /// The question to put to a rule set.
    pub fn rule_flow(&self) -> Option<Flow> {
        let address = self.flow.address?;
        Some(Flow {
            direction: self.flow.direction,
            protocol: self.flow.protocol,
            family: Family::from(address),
            peer: match self.flow.direction {
                Direction::Inbound => self.flow.client,
                Direction::Outbound => Some(address),
            },
            port: self.flow.port,
        })
    }

    /// Fills the places of a catalogue text.
    pub fn fill(&self, text: &str) -> String {
        let client = self
            .flow
            .client
            .map_or_else(|| "CLIENT".to_owned(), |client| client.to_string());
        let port = self
            .flow
            .port
            .map_or_else(|| "0".to_owned(), |port| port.to_string());
        text.replace("{flow}", &self.flow.name())
            .replace("{port}", &port)
            .replace("{client}", &client)
            .replace("{target}", &self.run.plan.target)
    }
}

impl CaseFlow {
    /// The flow as people write it: `tcp/22`, `icmp`.
    pub fn name(&self) -> String {
        self.port.map_or_else(
            || self.protocol.to_string(),
            |port| format!("{}/{port}", self.protocol),
        )
    }
}
