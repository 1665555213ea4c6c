//! One packet, put to every layer on its way: all of them, also those behind the one that stops it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::host::{asked_host, unlisted};
use super::near::near_misses;
use super::way::{Layered, Way};
use crate::answer::{Answer, Definite, Outcome};
use crate::host::{FrontEnd, HostFacts, Passage};
use crate::layer::{Layer, LayerKind};
use crate::packet::{Packet, Path, State};
use crate::program::{Chain, Reason};
use crate::security_group::SecurityGroups;
use crate::verdict::{Explanation, MatchingRule, NearMiss, Verdict};

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
    /// What becomes of the answers, where the layer keeps no track of flows; an answer goes to whatever
    /// port the packet came from.
    pub replies: Option<Verdict>,
    /// Rules that come close, nearest first; empty where the packet passes.
    pub near_misses: Vec<NearMiss>,
    /// What Tencent Cloud's own reading of security groups adds.
    pub groups: Option<Explanation>,
    /// The rules of `answer.continued` that do more than have other chains read.
    pub beside: Vec<MatchingRule>,
    /// The program that wrote the rule of a host that decides, with its words for it.
    pub front_end: Option<FrontEnd>,
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

impl AskedLayer {
    /// Whether the verdict is open and depends on an interface that the question left out.
    pub fn interface_open(&self) -> bool {
        let outcomes = self.answer.outcomes.iter();
        let mut conditions = outcomes.flat_map(|outcome| &outcome.conditions);
        matches!(self.verdict, Verdict::Unknown { .. })
            && conditions.any(|condition| {
                let about = ["incoming interface", "outgoing interface"];
                condition.reason == Reason::Unspecified
                    && about.iter().any(|words| condition.text.contains(words))
            })
    }
}

impl Layered {
    fn ask(&self, packet: &Packet, facts: &HostFacts) -> AskedLayer {
        match self {
            Self::Groups(groups, layer) => with_groups(groups, layer, packet),
            Self::Cloud(layer) => asked(layer, packet),
            Self::Host(rules, families) if families.contains(&packet.family) => {
                asked_host(rules, packet, facts)
            }
            Self::Host(..) => unlisted(packet.family),
        }
    }
}

fn asked(layer: &Layer, packet: &Packet) -> AskedLayer {
    let answer = tracked(layer, packet).unwrap_or_else(|| layer.judge(packet));
    let verdict = verdict(&answer);
    let chains: Vec<&Chain> = layer.lists(packet.direction()).iter().collect();
    AskedLayer {
        kind: layer.kind,
        replies: (!layer.stateful).then(|| self::verdict(&layer.judge(&reply(packet)))),
        near_misses: near(&verdict, &chains, layer, packet),
        verdict,
        beside: answer.continued.clone(),
        answer,
        groups: None,
        front_end: None,
        passage: None,
    }
}

/// The packet that answers this one; the other message of a pair, for an ICMP echo.
fn reply(packet: &Packet) -> Packet {
    let echo = [(8, 0), (128, 129)];
    let answer = |asked: u8| {
        echo.iter()
            .find(|(one, _)| *one == asked)
            .map(|(_, other)| *other)
    };
    Packet {
        source: packet.destination,
        destination: packet.source,
        source_port: packet.destination_port,
        destination_port: packet.source_port,
        icmp_type: packet.icmp_type.map(|asked| answer(asked).unwrap_or(asked)),
        tcp_flags: packet.tcp_flags.map(|_| SYN_ACK),
        state: State::Established,
        path: match &packet.path {
            Path::Input { interface } => Path::Output {
                interface: interface.clone(),
            },
            Path::Output { interface } => Path::Input {
                interface: interface.clone(),
            },
            Path::Forward { input, output } => Path::Output {
                interface: output.clone().or_else(|| input.clone()),
            },
        },
        ..packet.clone()
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
            outcome.decider.rule = None;
            outcome.decider.default = true;
            outcome.decider.fallback = Some(TRACKED.to_owned());
        }
        answer
    })
}

fn near(verdict: &Verdict, chains: &[&Chain], layer: &Layer, packet: &Packet) -> Vec<NearMiss> {
    match verdict {
        Verdict::Allow { .. } => Vec::new(),
        Verdict::Deny { .. } | Verdict::Unknown { .. } => {
            let misses = near_misses(chains, &layer.sets, packet).into_iter();
            misses.map(|(_, miss)| miss).collect()
        }
    }
}

/// Tencent Cloud's groups have an explanation of their own, which knows why a flow is denied.
fn with_groups(groups: &SecurityGroups, layer: &Layer, packet: &Packet) -> AskedLayer {
    let mut asked = asked(layer, packet);
    let Some(flow) = packet.flow() else {
        return asked;
    };
    let explanation = groups.explain(&flow);
    asked.verdict = explanation.verdict.clone();
    asked.near_misses.clone_from(&explanation.near_misses);
    asked.groups = Some(explanation);
    asked
}

/// An answer as a verdict: what it depends on is what is missing. Where all ways agree, the rule named
/// is the one that the fewest things have to be so for.
pub(super) fn verdict(answer: &Answer) -> Verdict {
    let required = |outcome: &&Outcome| {
        let conditions = outcome.conditions.iter();
        conditions.filter(|condition| condition.holds).count()
    };
    let plainest = answer.outcomes.iter().min_by_key(required);
    let decider = plainest.map(|outcome| outcome.decider.clone());
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

const SYN_ACK: u8 = 18;

/// What decides a packet that belongs to a known flow.
const TRACKED: &str = "stateful: replies of an allowed flow pass";
