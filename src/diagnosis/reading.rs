//! The sensors, and what each may read. A cause is described in these words and no others.

/// Something that yields one reading a flow, or none.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Sensor {
    /// Name resolution.
    Resolution,
    /// The address asked against the addresses the instance has.
    Destination,
    /// The private address that was named against the addresses the guest has.
    PrivateAddress,
    /// Whether our own side has a network.
    OwnNetwork,
    /// What came of the flow itself.
    Outcome,
    /// How far SYNs for this port get, against a port that answers.
    Trace,
    /// What the instance's witness saw of the flow's own packets.
    Witness,
    /// The counters of the instance that moved while the flow was probed: of all its traffic together.
    HostCounters,
    /// Other ports of the same address.
    OtherPorts,
    /// The same port over the other address family.
    OtherFamily,
    /// The list of ports that networks are known to block.
    BlockedPorts,
    /// The bound security groups.
    Groups,
    /// That the instance itself reported at all.
    Report,
    /// The instance's route towards the client.
    Route,
    /// Memory, processors, disks, descriptors and tasks.
    Resources,
    /// The instance's interfaces.
    Link,
    /// The instance's gateway towards the client.
    Gateway,
    /// Whether the client is taken for a neighbour.
    Nearby,
    /// The gateway, by the cloud's word.
    CloudGateway,
    /// The prefix length, by the cloud's word.
    CloudPrefix,
    /// The echo settings.
    EchoSetting,
    /// The connection tracking table.
    Conntrack,
    /// The host firewall's rules, asked about what comes in: the flow's first packet, or the reply to
    /// it when the flow leaves the instance.
    HostRules,
    /// The host firewall's rules, asked about what goes out: the reply, or the first packet of a flow
    /// that leaves the instance.
    HostOutput,
    /// The host firewall's rules, asked where the flow's first packet is sent in the end.
    HostTarget,
    /// The listener table.
    Listeners,
    /// The same conversation, held on the instance with its own address.
    Local,
    /// What TCP wrappers say of the client.
    Wrappers,
    /// What the server's log tells of the client, of some time before.
    Refusals,
    /// What programs that ban tell of the client.
    BanLists,
    /// The same port of other far ends, from the instance.
    OtherFarEnds,
    /// Other ports towards far ends, from the instance.
    OtherOutbound,
    /// How far SYNs from the instance get.
    OutboundTrace,
}

impl Sensor {
    /// Whether it sees only the first blocker on the way, rather than one layer by itself.
    pub fn end_to_end(self) -> bool {
        match self {
            Self::Resolution
            | Self::OwnNetwork
            | Self::Outcome
            | Self::Trace
            | Self::Witness
            | Self::HostCounters
            | Self::OtherPorts
            | Self::OtherFamily
            | Self::OtherFarEnds
            | Self::OtherOutbound
            | Self::OutboundTrace => true,
            Self::Destination
            | Self::PrivateAddress
            | Self::BlockedPorts
            | Self::Groups
            | Self::Report
            | Self::Route
            | Self::Resources
            | Self::Link
            | Self::Gateway
            | Self::Nearby
            | Self::CloudGateway
            | Self::CloudPrefix
            | Self::EchoSetting
            | Self::Conntrack
            | Self::HostRules
            | Self::HostOutput
            | Self::HostTarget
            | Self::Listeners
            | Self::Local
            | Self::Wrappers
            | Self::Refusals
            | Self::BanLists => false,
        }
    }
}

impl Sensor {
    /// Whether what it reads may come from other traffic or be of another time: by itself it never
    /// proves a cause, nor rules out one that local sensors show.
    pub fn noisy(self) -> bool {
        [
            Self::HostCounters,
            Self::Refusals,
            Self::Resources,
            Self::Gateway,
            Self::Nearby,
        ]
        .contains(&self)
    }

    /// Whether a noisy sensor counts beside it: the witness tells this flow's packets from all others,
    /// and the cloud knows what was to be set.
    pub fn settles_noise(self) -> bool {
        [Self::Witness, Self::CloudGateway, Self::CloudPrefix].contains(&self)
    }
}

macro_rules! readings {
    ($($sensor:ident { $($(#[$doc:meta])* $name:ident = $phrase:literal,)* })*) => {
        /// What a sensor found.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Reading { $($($(#[$doc])* $name,)*)* }

        impl Reading {
            /// The sensor it belongs to.
            pub fn sensor(self) -> Sensor {
                match self { $($(Self::$name => Sensor::$sensor,)*)* }
            }

            /// The reading in words that fit after "it shows that".
            pub fn phrase(self) -> &'static str {
                match self { $($(Self::$name => $phrase,)*)* }
            }
        }

        /// Every reading, by sensor.
        pub const READINGS: &[Reading] = &[$($(Reading::$name,)*)*];
    };
}

readings! {
    Resolution {
        /// An address was found, or given.
        NameResolves = "the name resolves",
        /// NXDOMAIN, or no address record.
        NameNotFound = "the name does not resolve",
        /// SERVFAIL or REFUSED.
        ResolverFails = "the resolver reports a failure",
        /// Time-out.
        ResolverSilent = "no resolver answers",
    }
    Destination {
        /// The instance holds it.
        AddressHeld = "the instance holds the address",
        /// It has it on an interface that does not work.
        AddressHeldDown = "the instance holds the address on an interface that does not work",
        /// The instance has public addresses of this family, and this is none of them.
        AddressForeign = "the instance does not hold the address",
    }
    PrivateAddress {
        /// The guest holds the private address that was named.
        PrivateHeld = "the guest holds its private address",
        /// It has it on an interface that does not work.
        PrivateHeldDown = "the guest holds its private address on an interface that does not work",
        /// It does not.
        PrivateMissing = "the guest does not hold its private address",
    }
    OwnNetwork {
        /// Something remote answered.
        Online = "our own network works",
        /// Nothing remote can be reached, controls included.
        Offline = "our own side has no network",
    }
    Outcome {
        /// The service answered as it should.
        Answered = "the service answers",
        /// The greeting came late on a connection that opened fast.
        AnsweredLate = "the greeting comes late",
        /// The connection opened only after a second or more.
        ConnectedLate = "the connection opens late",
        /// Some echoes were lost.
        LostSome = "some packets are lost",
        /// The protocol was spoken, to report a failure.
        AnsweredError = "the service reports an error",
        /// Answered over TLS with a certificate that does not hold.
        CertificateBad = "the certificate is not valid",
        /// A reset answered the SYN, or a port unreachable of the target the datagram.
        Refused = "the port is refused",
        /// An ICMP prohibition or port unreachable from the target's address.
        Prohibited = "the target's address answers with an ICMP rejection",
        /// The same from a private address, with a public target: a filter of our own network.
        ProhibitedNearby = "a router of our own network answers with an ICMP rejection",
        /// The same from another address.
        ProhibitedInTransit = "a router on the way answers with an ICMP rejection",
        /// ICMP host or network unreachable.
        HostUnreachable = "a router reports the host unreachable",
        /// The same, found by our own host: nobody answers for the address, or for the gateway.
        NeighbourUnreachable = "our own host finds no neighbour to hand the packet to",
        /// Nothing came back.
        Timeout = "nothing comes back",
        /// No route here.
        NoRoute = "our own host has no route",
        /// Our own host's filter.
        LocallyForbidden = "the sending host itself forbids the packet",
        /// No local port left.
        NoLocalPort = "the sending host has no free port",
        /// Reset or closed within a second of opening.
        ClosedAtOnce = "the connection opens and is closed at once",
        /// Closed after a second or more of silence.
        ClosedLate = "the connection opens and is closed after a silence",
        /// Open and silent.
        Silent = "the connection opens and stays silent",
        /// Another protocol.
        WrongProtocol = "another protocol answers",
        /// Words of refusal.
        TurnedAway = "the service turns the client away in words",
        /// TLS broke.
        TlsFailed = "the TLS handshake fails",
    }
    Trace {
        /// Not even the first hop answers, where it does for another port.
        TraceStopsAtProber = "packets for this port do not get past our own network",
        /// None of the hops that answer for another port does, and those before it answer for none.
        TraceStopsEarly = "packets for this port stop before the first hop that answers for others",
        /// Hops answer, but fewer than for another port.
        TraceStopsInTransit = "packets for this port stop at a transit hop",
        /// Refused or opened at an earlier hop than another port.
        TraceEndsInTransit = "an earlier hop answers in the target's place",
        /// As far as another port.
        TraceReachesTarget = "packets for this port get as far as for others",
    }
    Witness {
        /// The watch covered the probe, and nothing of it was seen at any interface.
        NotAtInterface = "none of its packets arrive at the instance",
        /// They arrive; what was sent back is not known.
        Arrived = "its packets arrive at the instance",
        /// They arrive, and nothing is sent back.
        NothingLeft = "its packets arrive at the instance and nothing goes back",
        /// They are answered, by the interface by which they came.
        AnswerLeft = "its packets arrive at the instance and the answer leaves",
        /// They are answered by another interface.
        AnswerLeftElsewhere = "the instance's answer leaves by another interface",
        /// A reset goes back.
        ResetLeft = "its packets arrive at the instance and a reset goes back",
        /// An ICMP error goes back.
        IcmpErrorLeft = "its packets arrive at the instance and an ICMP error goes back",
        /// The kernel answers, and a filter of the host takes the answer.
        AnswerKept = "the kernel of the instance answers and the host keeps the answer in",
        /// The kernel sends its answer, and nothing leaves the interface.
        AnswerStuck = "the kernel of the instance answers and nothing leaves the interface",
        /// The kernel sends its answer again and again; no interface was watched.
        AnswerResent = "the kernel of the instance sends its answer again and again",
    }
    HostCounters {
        /// Received, not delivered, for no other reason that is counted.
        CountersUndelivered = "the counters show packets received and not delivered",
        /// Seen at the interface and not even received.
        CountersNotReceived = "the packets do not get from the interface to the IP layer",
        /// No route for what was to be sent.
        CountersNoRoute = "the counters show packets without a route",
        /// The reverse-path filter's own count.
        CountersReversePath = "the counters show packets taken by the reverse-path filter",
        /// The accept queues' own count.
        CountersOverflow = "the counters show accept queues that overflow",
        /// The tracking table's own count.
        CountersTableFull = "the counters show packets dropped by connection tracking",
        /// Echo requests without replies.
        CountersEchoIgnored = "the counters show echo requests and no replies",
        /// The kernel sent the reset.
        CountersKernelReset = "the counters show that the kernel sends the reset",
        /// The kernel sent none.
        CountersFilterRejects = "the counters show that a filter of the host sends the rejection",
    }
    OtherPorts {
        /// Another port of this address answered, or was refused.
        OthersAnswer = "another port of this address answers",
        /// Others were asked; none did.
        NoneAnswers = "no other port of this address answers",
    }
    OtherFamily {
        /// The same port answers over the other family.
        OtherFamilyAnswers = "the same port answers over the other address family",
    }
    BlockedPorts {
        /// Listed.
        PortListed = "the port is on the blocked-port list",
        /// Not listed.
        PortUnlisted = "the port is not on the blocked-port list",
    }
    Groups {
        /// Allowed.
        GroupsAllow = "the security groups allow it",
        /// Denied by default.
        GroupsNoMatch = "no rule of the security groups matches",
        /// Denied, other sources allowed.
        GroupsSource = "the security groups allow it from other sources only",
        /// Denied, other port or protocol allowed.
        GroupsPort = "the security groups allow another port or protocol only",
        /// Denied by a rule.
        GroupsRule = "a rule of the security groups denies it",
        /// An allow stands below the deny.
        GroupsShadowed = "a rule denies it above the one that allows it",
        /// The deny stands in an earlier group.
        GroupsEarlier = "a group of higher priority denies it",
        /// The other family is allowed.
        GroupsFamily = "the security groups allow the other address family only",
        /// Nothing is allowed.
        GroupsNothing = "the security groups allow nothing at all",
        /// Outbound, denied.
        GroupsEgress = "the security groups deny it outbound",
    }
    Report {
        /// A snapshot was taken on the instance.
        Reported = "the instance is running and reports",
    }
    Route {
        /// There is a route.
        RouteBack = "the instance has a route to the client",
        /// It leads over an interface that does not hold the address.
        RouteBackElsewhere = "answers to the client leave by another interface",
        /// There is none.
        NoRouteBack = "the instance has no route to the client",
        /// A route made for the client, or its network, discards what goes there.
        RouteDiscards = "a route of the instance discards what goes to the client",
    }
    Resources {
        /// One of them.
        Exhausted = "the instance is short of a resource",
    }
    Link {
        /// None of them, loopback aside.
        NoLinkUp = "no interface of the instance works",
        /// The one that holds the address; another one works.
        LinkDown = "the interface that holds the address does not work",
    }
    Gateway {
        /// Nobody answers for its address.
        GatewaySilent = "the instance's gateway does not answer for its address",
    }
    Nearby {
        /// It is, and nobody answers for its address.
        ClientSought = "the instance looks for the client on its own link in vain",
    }
    CloudGateway {
        /// It is the cloud's.
        GatewayAsGiven = "the instance's gateway is the cloud's",
        /// It is another.
        GatewayDiffers = "the instance's gateway is not the cloud's",
    }
    CloudPrefix {
        /// It is the subnet's.
        PrefixAsGiven = "the instance's prefix length is the subnet's",
        /// It is another.
        PrefixDiffers = "the instance's prefix length is not the subnet's",
    }
    EchoSetting {
        /// Echo is answered.
        EchoOn = "the kernel answers echo requests",
        /// Echo is ignored.
        EchoOff = "the kernel ignores echo requests",
    }
    Conntrack {
        /// Room left.
        TableHasRoom = "the connection tracking table has room",
        /// Full.
        TableFull = "the connection tracking table is full",
    }
    HostRules {
        /// Every listing was read and no rule could drop, reject or rewrite.
        NoHostRules = "the host firewall has no rule that drops or rejects",
        /// Every base chain lets it in, whatever else is so.
        HostRulesPass = "the host firewall's rules let it in",
        /// It is dropped, whatever else is so.
        HostRulesDrop = "a rule of the host firewall drops it",
        /// It is rejected, whatever else is so.
        HostRulesReject = "a rule of the host firewall rejects it",
        /// It is stopped because of where it comes from; others would pass.
        HostRulesBan = "the host bans the client's address",
        /// Whether it is stopped depends on how much came before, and on nothing else.
        HostRulesLimit = "the host firewall lets it in up to a limit only",
        /// It depends on what the rules do not show, or on what was not read.
        HostRulesOpen = "the host firewall's rules may stop it",
    }
    HostOutput {
        /// Every base chain lets it out.
        HostLetsOut = "the host firewall lets it out",
        /// It is dropped or rejected.
        HostKeepsIn = "a rule of the host firewall keeps it in",
        /// It depends on what the rules do not show, or on what was not read.
        HostOutputOpen = "the host firewall's rules may keep it in",
    }
    HostTarget {
        /// To the socket that was asked for, or another one of this host that takes it.
        TargetHere = "the packet keeps a target that this host serves",
        /// To a port or address of this host that nothing serves.
        TargetDead = "a rewrite sends it to a port of the host that nothing serves",
        /// To another machine.
        TargetElsewhere = "a rewrite sends it to another machine",
    }
    Listeners {
        /// A socket takes this flow.
        Listening = "a socket listens for it",
        /// None listens on the port, nor the known daemon elsewhere.
        NothingListens = "nothing listens on the port",
        /// Loopback only.
        ListensOnLoopback = "the socket listens on loopback only",
        /// Another local address.
        ListensElsewhere = "the socket listens on another local address",
        /// Another port.
        ListensOtherPort = "the daemon listens on another port",
        /// The other family.
        ListensOtherFamily = "the socket listens on the other address family only",
        /// Listening, with its accept queue full.
        QueueFull = "the accept queue is full",
    }
    Local {
        /// Well.
        LocalAnswers = "the service answers on the instance itself",
        /// Late.
        LocalLate = "the service greets late on the instance itself",
        /// With an error.
        LocalError = "the service reports an error on the instance itself",
        /// Open and silent.
        LocalSilent = "the service is silent on the instance itself",
        /// Closed or reset at once.
        LocalCloses = "the service closes the connection on the instance itself",
        /// Closed after a silence.
        LocalClosesLate = "the service closes the connection late on the instance itself",
        /// Turned away.
        LocalTurnedAway = "the service turns clients away on the instance itself",
        /// Wrong protocol.
        LocalWrongProtocol = "another protocol answers on the instance itself",
        /// TLS broke.
        LocalTlsFails = "the TLS handshake fails on the instance itself",
        /// The kernel's reset.
        LocalRefused = "the kernel refuses it on the instance itself",
        /// A filter's reset or ICMP.
        LocalRejected = "a filter of the host rejects it even on the instance itself",
        /// Received, not delivered.
        LocalDropped = "the host drops it even on the instance itself",
        /// Delivered, no reply.
        LocalReplyDropped = "the host drops the reply even on the instance itself",
        /// The accept queue overflowed.
        LocalOverflow = "the accept queue overflows on the instance itself",
        /// Dropped for want of a tracking entry.
        LocalTableFull = "the connection tracking table drops it on the instance itself",
    }
    Wrappers {
        /// A line of `/etc/hosts.deny` decides.
        WrappersDeny = "TCP wrappers keep this client from the server",
    }
    Refusals {
        /// Before the banner.
        RefusalsLogged = "the server's log tells that it turned this client away",
    }
    BanLists {
        /// One of them holds it.
        ListedAsBanned = "a program that bans has this client in its list",
    }
    OtherFarEnds {
        /// Another far end answers on this port.
        ElsewhereAnswers = "another far end answers on this port",
        /// No far end answers on this port.
        ElsewhereSilent = "no far end answers on this port",
    }
    OtherOutbound {
        /// Other ports work outbound.
        OutboundWorks = "other outbound ports work",
        /// None does.
        OutboundDead = "no outbound port works",
    }
    OutboundTrace {
        /// No hop at all.
        LeavesNoTrace = "no router beyond the cloud sees the packet",
        /// Some hops.
        LeavesTheCloud = "routers beyond the cloud see the packet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn phrases_are_unique_and_fit_a_sentence() {
        let phrases: BTreeSet<_> = READINGS.iter().map(|reading| reading.phrase()).collect();
        assert_eq!(phrases.len(), READINGS.len());
        for phrase in phrases {
            assert!(!phrase.ends_with('.') && phrase.is_ascii(), "{phrase}");
        }
    }
}
