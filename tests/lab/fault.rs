//! One fault: how to cause it, what a plain client then sees, and what the tool has to say.

use crate::groups::{self, Group};
use crate::lab::{Lab, PUBLIC};
use crate::servers::Server;
use crate::truth::{self, Truth};

/// One fault, or one healthy machine that looks like one.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    /// A name for the test.
    pub(crate) name: &'static str,
    /// The flow it is about, as the tool names it.
    pub(crate) flow: &'static str,
    /// What the client asks for.
    pub(crate) target: &'static str,
    /// The services the tool is asked about.
    pub(crate) services: &'static str,
    /// The groups the edge enforces.
    pub(crate) groups: fn() -> Vec<Group>,
    /// The groups the tool is told of, where they differ.
    pub(crate) told: Option<fn() -> Vec<Group>>,
    /// What runs on the instance before the fault.
    pub(crate) servers: &'static [Server],
    /// Causes it.
    pub(crate) inject: fn(&mut Lab),
    /// What a plain client sees.
    pub(crate) truth: Truth,
    /// What the tool has to say when it has the rules and a snapshot.
    pub(crate) expect: Expect,
    /// How sure it has to be at least.
    pub(crate) certainty: Certainty,
    /// Later blockers that it has to name, in this order.
    pub(crate) also: &'static [&'static str],
    /// What the tool has to say with nothing but its own probes.
    pub(crate) outside: Outside,
    /// A change that removes it.
    pub(crate) fix: Option<Fix>,
}

/// What the tool has to say of a flow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect {
    /// Every inbound flow is reachable, without a cause.
    Reachable,
    /// One of these is the cause.
    Cause(&'static [&'static str]),
    /// The cause cannot be told at this evidence, but this one is among the candidates.
    Candidate(&'static str),
    /// The flow works, and this is said of it.
    Noted(&'static str),
}

/// How sure the tool has to be at least.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Certainty {
    Possible,
    Likely,
    Proven,
}

/// What can be asked of the tool without rules and without a snapshot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outside {
    /// The cause, or candidates that include it; never another cause that is called proven.
    AsExpected,
    /// From outside it is a healthy flow.
    Reachable,
    /// Nothing: the flow cannot be seen from outside.
    NotAsked,
}

/// A change that removes a fault.
#[derive(Clone, Copy)]
pub(crate) struct Fix {
    /// Makes it.
    pub(crate) apply: fn(&mut Lab),
    /// What a plain client sees then.
    pub(crate) then: Truth,
    /// The cause that comes to light, where there is another.
    pub(crate) next: Option<&'static str>,
}

/// A fix after which the flow works.
#[expect(clippy::unnecessary_wraps, reason = "it fills an optional field")]
pub(crate) const fn fixed_by(apply: fn(&mut Lab), then: Truth) -> Option<Fix> {
    Some(Fix {
        apply,
        then,
        next: None,
    })
}

/// A fix after which the next cause comes to light.
#[expect(clippy::unnecessary_wraps, reason = "it fills an optional field")]
pub(crate) const fn uncovered_by(
    apply: fn(&mut Lab),
    then: Truth,
    next: &'static str,
) -> Option<Fix> {
    Some(Fix {
        apply,
        then,
        next: Some(next),
    })
}

/// SSH on an ordinary machine, and nothing wrong.
pub(crate) const HEALTHY: Fault = Fault {
    name: "",
    flow: "in/tcp/22",
    target: PUBLIC,
    services: "ssh",
    groups: groups::web,
    told: None,
    servers: &[Server::Ssh, Server::Web],
    inject: |_| {},
    truth: truth::SSH,
    expect: Expect::Reachable,
    certainty: Certainty::Likely,
    also: &[],
    outside: Outside::AsExpected,
    fix: None,
};
