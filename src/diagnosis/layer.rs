use std::fmt;

/// One stage on a flow's path, in inbound order, prober first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Layer {
    /// Our own side.
    Prober,
    /// Networks between.
    Isp,
    /// The cloud's edge.
    Edge,
    /// Stateless subnet rules.
    NetworkAcl,
    /// The bound groups.
    SecurityGroup,
    /// The machine: state, addresses, routes, kernel settings.
    Instance,
    /// The machine's own packet filter.
    HostFirewall,
    /// The socket.
    Listener,
    /// The program behind it.
    Service,
    /// The far end of an outbound flow.
    Remote,
}

impl Layer {
    /// The name in ids and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prober => "prober",
            Self::Isp => "isp",
            Self::Edge => "edge",
            Self::NetworkAcl => "network_acl",
            Self::SecurityGroup => "security_group",
            Self::Instance => "instance",
            Self::HostFirewall => "host_firewall",
            Self::Listener => "listener",
            Self::Service => "service",
            Self::Remote => "remote",
        }
    }

    /// The name on a path strip, short.
    pub fn short(self) -> &'static str {
        match self {
            Self::Prober => "you",
            Self::Isp => "isp",
            Self::Edge => "edge",
            Self::NetworkAcl => "acl",
            Self::SecurityGroup => "group",
            Self::Instance => "host",
            Self::HostFirewall => "hostfw",
            Self::Listener => "listen",
            Self::Service => "service",
            Self::Remote => "remote",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The layers an inbound packet crosses, in order.
pub(super) const INBOUND: &[Layer] = &[
    Layer::Prober,
    Layer::Isp,
    Layer::Edge,
    Layer::NetworkAcl,
    Layer::SecurityGroup,
    Layer::Instance,
    Layer::HostFirewall,
    Layer::Listener,
    Layer::Service,
];

/// The layers an outbound packet crosses, in order.
pub(super) const OUTBOUND: &[Layer] = &[
    Layer::HostFirewall,
    Layer::Instance,
    Layer::SecurityGroup,
    Layer::NetworkAcl,
    Layer::Edge,
    Layer::Isp,
    Layer::Remote,
];
