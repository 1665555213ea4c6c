//! Short ways to write rules of the model down.

use rulesets::host::{
    Backend, Base, ChainKind, Hook, HostChain, HostFacts, HostRules, Passage, Table, TableFamily,
};
use rulesets::program::{
    Chain, Element, Key, NewValue, Part, Reason, Rule, Step, Test, Translation, TranslationKind,
    Values, Verdict,
};
use rulesets::{Answer, Direction, Family, Fate, Packet, Path};
use std::net::IpAddr;

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn number(text: &str) -> u128 {
    match address(text) {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

pub(crate) fn within(key: Key, first: u128, last: u128) -> Step {
    Step::Test(Test::In {
        key: vec![key],
        values: Values::Inline(vec![Element::of(Part::Span { first, last })]),
        negated: false,
    })
}

pub(crate) fn is(key: Key, value: u128) -> Step {
    within(key, value, value)
}

pub(crate) fn is_not(key: Key, value: u128) -> Step {
    let Step::Test(Test::In { key, values, .. }) = is(key, value) else {
        unreachable!("`is` is a test")
    };
    Step::Test(Test::In {
        key,
        values,
        negated: true,
    })
}

pub(crate) fn from(block: &str) -> Step {
    let net: ipnet::IpNet = block.parse().unwrap();
    let ends = [net.network(), net.broadcast()].map(|end| number(&end.to_string()));
    within(Key::Source(Family::from(net.addr())), ends[0], ends[1])
}

pub(crate) fn state(states: &[rulesets::State]) -> Step {
    let elements = states
        .iter()
        .map(|state| Element::of(Part::one(state.bit())));
    Step::Test(Test::In {
        key: vec![Key::State],
        values: Values::Inline(elements.collect()),
        negated: false,
    })
}

pub(crate) fn interface(name: &str) -> Step {
    is_interface(Key::InputInterface, name)
}

pub(crate) fn is_interface(key: Key, name: &str) -> Step {
    let text = name.trim_end_matches('*').to_owned();
    Step::Test(Test::In {
        key: vec![key],
        values: Values::Inline(vec![Element::of(Part::Name {
            prefix: text.len() < name.len(),
            text,
        })]),
        negated: false,
    })
}

pub(crate) fn port(number: u16) -> Step {
    is(Key::DestinationPort, number.into())
}

pub(crate) fn protocol(number: u8) -> Step {
    is(Key::Protocol, number.into())
}

pub(crate) fn undecided(reason: Reason, text: &str) -> Step {
    Step::Test(Test::Undecided {
        reason,
        text: text.to_owned(),
    })
}

pub(crate) fn limit() -> Step {
    undecided(Reason::RateLimit, "limit rate 3/minute")
}

pub(crate) fn accept() -> Step {
    Step::Verdict(Verdict::Accept)
}

pub(crate) fn drop() -> Step {
    Step::Verdict(Verdict::Drop)
}

pub(crate) fn jump(chain: &str) -> Step {
    Step::Verdict(Verdict::Jump(chain.to_owned()))
}

pub(crate) fn goto(chain: &str) -> Step {
    Step::Verdict(Verdict::Goto(chain.to_owned()))
}

pub(crate) fn back() -> Step {
    Step::Verdict(Verdict::Return)
}

pub(crate) fn translate(kind: TranslationKind, to: Option<&str>, port: Option<u16>) -> Step {
    Step::Translate(Translation {
        kind,
        address: to.map_or(NewValue::Keep, |to| NewValue::One(address(to))),
        port: port.map_or(NewValue::Keep, NewValue::One),
        text: "translate".to_owned(),
    })
}

/// Chains of the table `ip filter`, or of whatever they are put into.
pub(crate) fn chain(name: &str, rules: &[&[Step]]) -> Chain {
    let rules = rules.iter().enumerate().map(|(index, steps)| Rule {
        index,
        handle: None,
        text: format!("{name} {index}"),
        description: String::new(),
        steps: steps.to_vec(),
    });
    Chain {
        set: "filter".to_owned(),
        name: name.to_owned(),
        rules: rules.collect(),
    }
}

pub(crate) fn plain(chain: Chain) -> HostChain {
    HostChain { base: None, chain }
}

pub(crate) fn base(hook: Hook, priority: i32, policy: Verdict, rules: &[&[Step]]) -> HostChain {
    let name = format!("{hook:?}{priority}");
    HostChain {
        base: Some(Base {
            kind: ChainKind::Filter,
            hook,
            devices: Vec::new(),
            priority,
            policy,
        }),
        chain: chain(&name, rules),
    }
}

pub(crate) fn nat(hook: Hook, priority: i32, rules: &[&[Step]]) -> HostChain {
    let mut chain = base(hook, priority, Verdict::Accept, rules);
    chain.base.as_mut().unwrap().kind = ChainKind::Nat;
    chain
}

pub(crate) fn on_device(device: &str, rules: &[&[Step]]) -> HostChain {
    let mut chain = base(Hook::Ingress, 0, Verdict::Accept, rules);
    chain.base.as_mut().unwrap().devices = vec![device.to_owned()];
    chain
}

pub(crate) fn table(family: TableFamily, chains: Vec<HostChain>) -> Table {
    Table {
        backend: Backend::Nftables,
        family,
        name: "filter".to_owned(),
        chains,
        sets: Vec::new(),
        dormant: false,
    }
}

pub(crate) fn host(tables: Vec<Table>) -> HostRules {
    HostRules {
        tables,
        ..HostRules::default()
    }
}

/// A table of IPv4 with these chains alone.
pub(crate) fn one(chains: Vec<HostChain>) -> HostRules {
    host(vec![table(TableFamily::Ip, chains)])
}

/// What the host's own facts are in these tests.
pub(crate) fn facts() -> HostFacts {
    HostFacts {
        addresses: vec![
            "192.0.2.10/24".parse().unwrap(),
            "2001:db8::10/64".parse().unwrap(),
        ],
        forwarding: Some(true),
        ..HostFacts::default()
    }
}

pub(crate) fn packet(protocol: u8, from: &str, port: u16) -> Packet {
    let source = address(from);
    let mut packet = Packet::new(Direction::Inbound, Family::from(source), protocol);
    packet.source = Some(source);
    packet.destination = Some(match source {
        IpAddr::V4(_) => address("192.0.2.10"),
        IpAddr::V6(_) => address("2001:db8::10"),
    });
    packet.source_port = Some(40_000);
    packet.destination_port = Some(port);
    packet.path = Path::Input {
        interface: Some("eth0".to_owned()),
    };
    packet
}

pub(crate) fn tcp(port: u16) -> Packet {
    packet(6, "198.51.100.7", port)
}

pub(crate) fn judge(rules: &HostRules, packet: &Packet) -> Passage {
    rules.judge(packet, &facts())
}

/// The outcomes as words: fate, chain and rule.
pub(crate) fn outcomes(answer: &Answer) -> Vec<String> {
    let outcomes = answer.outcomes.iter().map(|outcome| {
        let fate = match outcome.fate {
            Fate::Accept => "accept",
            Fate::Drop => "drop",
            Fate::Reject { .. } => "reject",
            Fate::Unclear => "unclear",
        };
        let decider = &outcome.decider;
        let place = decider.chain.as_deref().unwrap_or(&decider.set);
        match decider.index {
            Some(index) => format!("{fate} {place} {index}"),
            None => format!("{fate} {place}"),
        }
    });
    outcomes.collect()
}

pub(crate) fn ways(rules: &HostRules, packet: &Packet) -> Vec<String> {
    outcomes(&judge(rules, packet).answer)
}
