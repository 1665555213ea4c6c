//! Decides what a set of packet-filter rules does to a flow, and says which rule decided.
//!
//! Pure: no sockets, files, clocks or environment. Callers read; this crate judges.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod alibaba;
mod answer;
mod answer_words;
pub mod aws;
pub mod azure;
mod book;
mod bound;
mod build;
mod clone_check;
mod cloud;
mod deletable;
mod document;
mod explain;
pub mod export;
mod far_end;
mod first_packet;
mod flow;
pub mod gcp;
pub mod host;
mod intervals;
mod json_document;
mod layer;
mod limits;
mod matching;
mod members;
mod near;
mod packet;
mod ports;
pub mod program;
mod provider;
pub mod questions;
mod ready_group;
mod room;
mod rule;
mod security_group;
pub mod space;
pub mod tencent;
mod text;
mod verdict;
pub mod windows;

pub use answer::{Answer, Condition, Definite, Fate, Outcome};
pub use book::{Asked, AskedLayer, Book, BookError, Layered, Origin, Selection, TextKind, Way};
pub use clone_check::{CloneFinding, CloneSeverity, CloneTarget, ClonedRule, clone_findings};
pub use cloud::{CloudFormat, read_cloud};
pub use deletable::{Deletion, DeletionState, Obstacle, ObstacleKind, deletion};
pub use document::{Document, Instance, Members, NamedLayer, SelectError, Target, set_name, span};
pub use flow::{Direction, Family, Flow, Protocol};
pub use json_document::{Fault, ReadError, read_json};
pub use layer::{Fallback, Layer, LayerKind};
pub use limits::{Limit, limit, limits};
pub use members::{Addresses, Inventory, Services};
pub use packet::{Packet, Path, State};
pub use ports::{
    BlockedPort, CommonPort, NotAPortSpan, PortSpan, PrivatePort, blocked_port, blocked_ports,
    common_port, common_ports, private_ports,
};
pub use provider::{
    Alternative, ConsoleProxy, Endpoint, OutboundSmtp, Provider, Quota, SmtpPolicy, provider,
    providers,
};
pub use ready_group::{ReadyGroup, ReadyGroupError, ready_group, ready_groups};
pub use room::Room;
pub use rule::{Action, Peer, PeerMembers, PortRange, Ports, Rule, Service, ServiceMembers};
pub use security_group::{SecurityGroup, SecurityGroups};
pub use tencent::{ParseError, parse_security_group};
pub use verdict::{Decider, Denial, Explanation, MatchingRule, NearMiss, Verdict};
