//! Which flows a cause can concern.

use super::case::Case;
use rulesets::{Direction, Protocol};

/// Says whether a cause can concern a flow.
pub type Scope = fn(&Case<'_>) -> bool;

/// Every flow.
pub(super) fn any(_: &Case<'_>) -> bool {
    true
}

/// No flow: the state is reported as a finding beside the flows.
pub(super) fn never(_: &Case<'_>) -> bool {
    false
}

/// Inbound flows.
pub(super) fn inbound(case: &Case<'_>) -> bool {
    case.flow.direction == Direction::Inbound
}

/// Inbound flows to a port.
pub(super) fn inbound_port(case: &Case<'_>) -> bool {
    inbound(case) && case.flow.port.is_some()
}

/// Inbound TCP flows.
pub(super) fn inbound_tcp(case: &Case<'_>) -> bool {
    inbound(case) && case.flow.protocol == Protocol::Tcp
}

/// Flows to TCP 25, either way.
pub(super) fn port_25(case: &Case<'_>) -> bool {
    case.flow.protocol == Protocol::Tcp && case.flow.port == Some(25)
}

/// Flows to any other port, either way.
pub(super) fn port_not_25(case: &Case<'_>) -> bool {
    case.flow.port.is_some() && !port_25(case)
}

/// Inbound flows of a target that was given by name.
pub(super) fn named(case: &Case<'_>) -> bool {
    inbound(case) && case.target_is_name()
}

/// Inbound echo requests.
pub(super) fn echo(case: &Case<'_>) -> bool {
    inbound(case)
        && match case.flow.protocol {
            Protocol::Icmp | Protocol::Icmpv6 => true,
            Protocol::Tcp | Protocol::Udp | Protocol::Gre => false,
        }
}

/// Outbound flows.
pub(super) fn outbound(case: &Case<'_>) -> bool {
    case.flow.direction == Direction::Outbound
}

/// Outbound flows to TCP 25.
pub(super) fn outbound_25(case: &Case<'_>) -> bool {
    outbound(case) && port_25(case)
}
