//! One packet, put to every layer on its way: all of them, also those behind the one that stops it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::near::near_misses;
use super::way::{Layered, Way};
use crate::answer::{Answer, Definite};
use crate::flow::{Flow, Protocol};
use crate::host::{HostFacts, HostRules, Passage};
use crate::layer::{Layer, LayerKind};
use crate::packet::{Packet, Path, State};
use crate::program::Chain;
use crate::security_group::SecurityGroups;
use crate::verdict::{Explanation, NearMiss, Verdict};

/// What becomes of a packet on its whole way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// The verdict of all layers together. The rule named is that of the first layer that stops the
    /// packet, or of the last one it passes.
    pub verdict: Verdict,
    /// What each layer says, in the order the packet crosses them.
    pub layers: Vec<AskedLayer>,
}

/// What one layer says of a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AskedLayer {
    /// Which layer it is.
    pub kind: LayerKind,
    /// Its verdict.
    pub verdict: Verdict,
    /// Every way the packet may end there.
    pub answer: Answer,
    /// Rules that come close, nearest first; empty where the packet passes.
    pub near_misses: Vec<NearMiss>,
    /// What Tencent Cloud's own reading of security groups adds.
    pub groups: Option<Explanation>,
    /// The packet's way through a host's base chains.
    pub passage: Option<Passage>,
}

impl Way {
    /// Puts a packet to every layer.
    pub fn ask(&self, packet: &Packet) -> Asked {
        let layers: Vec<AskedLayer> = self
            .in_order(packet.direction())
            .into_iter()
            .map(|layer| layer.ask(packet, &self.facts))
            .collect();
        Asked {
            verdict: together(&layers),
            layers,
        }
    }
}

impl Layered {
    fn ask(&self, packet: &Packet, facts: &HostFacts) -> AskedLayer {
        match self {
            Self::Groups(groups, layer) => with_groups(groups, layer, packet),
            Self::Cloud(layer) => asked(layer, packet),
            Self::Host(rules) => asked_host(rules, packet, facts),
        }
    }
}

fn asked(layer: &Layer, packet: &Packet) -> AskedLayer {
    let answer = tracked(layer, packet).unwrap_or_else(|| layer.judge(packet));
    let verdict = verdict(&answer);
    let chains: Vec<&Chain> = layer.lists(packet.direction()).iter().collect();
    AskedLayer {
        kind: layer.kind,
        near_misses: near(&verdict, &chains, layer, packet),
        verdict,
        answer,
        groups: None,
        passage: None,
    }
}

/// A stateful layer lets pass what belongs to a flow that it let begin.
fn tracked(layer: &Layer, packet: &Packet) -> Option<Answer> {
    let follows = matches!(packet.state, State::Established | State::Related);
    (layer.stateful && follows).then(|| {
        let mut answer = layer.judge(packet);
        answer.outcomes.truncate(1);
        for outcome in &mut answer.outcomes {
            outcome.fate = crate::answer::Fate::Accept;
            outcome.conditions.clear();
            outcome.decider.index = None;
            outcome.decider.rule = Some(TRACKED.to_owned());
            outcome.decider.default = true;
        }
        answer
    })
}

fn near(verdict: &Verdict, chains: &[&Chain], layer: &Layer, packet: &Packet) -> Vec<NearMiss> {
    match verdict {
        Verdict::Allow { .. } => Vec::new(),
        Verdict::Deny { .. } | Verdict::Unknown { .. } => near_misses(chains, &layer.sets, packet),
    }
}

/// Tencent Cloud's groups have an explanation of their own, which knows why a flow is denied.
fn with_groups(groups: &SecurityGroups, layer: &Layer, packet: &Packet) -> AskedLayer {
    let mut asked = asked(layer, packet);
    let Some(flow) = flow(packet) else {
        return asked;
    };
    let explanation = groups.explain(&flow);
    asked.verdict = explanation.verdict.clone();
    asked.near_misses.clone_from(&explanation.near_misses);
    asked.groups = Some(explanation);
    asked
}

/// The flow a packet begins, where the groups' own model can say it.
fn flow(packet: &Packet) -> Option<Flow> {
    let protocols = [
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Icmpv6,
        Protocol::Gre,
    ];
    let mut known = protocols.into_iter();
    let protocol = known.find(|protocol| protocol.number() == packet.protocol)?;
    let peer = match packet.path {
        Path::Output { .. } => packet.destination,
        Path::Input { .. } | Path::Forward { .. } => packet.source,
    };
    (packet.state == State::New).then(|| Flow {
        direction: packet.direction(),
        protocol,
        family: packet.family,
        peer,
        port: packet.destination_port,
    })
}

fn asked_host(rules: &HostRules, packet: &Packet, facts: &HostFacts) -> AskedLayer {
    let passage = rules.judge(packet, facts);
    let verdict = verdict(&passage.answer);
    let table = match &verdict {
        Verdict::Deny { decider } => rules.tables.iter().find(|table| {
            let mut chains = table.chains.iter();
            chains.any(|chain| chain.chain.set == decider.set)
        }),
        Verdict::Allow { .. } | Verdict::Unknown { .. } => None,
    };
    let near_misses = table.map_or_else(Vec::new, |table| {
        let chains: Vec<&Chain> = table.chains.iter().map(|chain| &chain.chain).collect();
        near_misses(&chains, &table.sets, &passage.packet)
    });
    AskedLayer {
        kind: LayerKind::HostFirewall,
        verdict,
        answer: passage.answer.clone(),
        near_misses,
        groups: None,
        passage: Some(passage),
    }
}

/// An answer as a verdict: what it depends on is what is missing.
fn verdict(answer: &Answer) -> Verdict {
    let decider = answer
        .outcomes
        .first()
        .map(|outcome| outcome.decider.clone());
    match (answer.definite(), decider) {
        (Some(Definite::Passes), Some(decider)) => Verdict::Allow { decider },
        (Some(Definite::Stopped), Some(decider)) => Verdict::Deny { decider },
        (_, _) => Verdict::Unknown {
            missing: answer.summary(),
        },
    }
}

/// Whichever layer stops the packet for certain does so whatever the others say.
fn together(layers: &[AskedLayer]) -> Verdict {
    let mut missing = Vec::new();
    let mut last = None;
    for layer in layers {
        match &layer.verdict {
            Verdict::Deny { .. } => return layer.verdict.clone(),
            Verdict::Unknown { missing: what } => missing.push(what.as_str()),
            Verdict::Allow { .. } => last = Some(&layer.verdict),
        }
    }
    match (missing.as_slice(), last) {
        ([], Some(verdict)) => verdict.clone(),
        ([], None) => Verdict::Unknown {
            missing: "the rules: none were given".to_owned(),
        },
        (missing, _) => Verdict::Unknown {
            missing: missing.join("; "),
        },
    }
}

/// What decides a packet that belongs to a known flow.
const TRACKED: &str = "stateful: replies of an allowed flow pass";
