//! Decides what a set of packet-filter rules does to a flow, and says which rule decided.
//!
//! Pure: no sockets, files, clocks or environment. Callers read; this crate judges.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answer;
mod answer_words;
mod explain;
mod first_packet;
mod flow;
pub mod host;
mod intervals;
mod layer;
mod matching;
mod near;
mod opened;
mod packet;
mod ports;
pub mod program;
mod provider;
mod ready_group;
mod region;
mod rule;
mod security_group;
pub mod space;
pub mod tencent;
mod text;
mod verdict;

pub use answer::{Answer, Condition, Definite, Fate, Outcome};
pub use flow::{Direction, Family, Flow, Protocol};
pub use layer::{Fallback, Layer, LayerKind};
pub use opened::{Opened, opened};
pub use packet::{Packet, Path, State};
pub use ports::{
    BlockedPort, CommonPort, NotAPortSpan, PortSpan, blocked_port, blocked_ports, common_port,
    common_ports,
};
pub use provider::{
    Alternative, ConsoleProxy, Endpoint, OutboundSmtp, Provider, Quota, SmtpPolicy, provider,
    providers,
};
pub use ready_group::{ReadyGroup, ReadyGroupError, ready_group, ready_groups};
pub use region::Region;
pub use rule::{Action, Peer, PortRange, Ports, Rule, Service};
pub use security_group::{SecurityGroup, SecurityGroups};
pub use tencent::{ParseError, parse_security_group};
pub use verdict::{Decider, Denial, Explanation, MatchingRule, NearMiss, Verdict};
