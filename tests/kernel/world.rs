//! Three network namespaces in a row: the peer sends, the host filters, the far end lies behind it.
//!
//! Nothing here has a name outside. The namespaces live through this process's threads and open files
//! alone, so the kernel takes them away when the process ends, even by `kill -9`, and worlds of
//! trials or runs side by side cannot meet.

use crate::command::{joined, run};
use ipnet::IpNet;
use nix::sched::{CloneFlags, setns, unshare};
use rulesets::host::HostFacts;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;

/// The three namespaces. The thread that built them stands in the host's.
pub(crate) struct World {
    pub(crate) host: File,
    pub(crate) peer: File,
    pub(crate) far: File,
}

impl World {
    /// Builds a world and calls `action` on a thread that stands in its host.
    pub(crate) fn with<T: Send>(action: impl FnOnce(&Self) -> T + Send) -> T {
        thread::scope(|scope| joined(scope.spawn(|| action(&Self::build()))))
    }

    fn build() -> Self {
        let peer = namespace();
        let far = namespace();
        let world = Self {
            host: namespace(),
            peer,
            far,
        };
        for (path, value) in HOST_SETTINGS {
            set(path, value);
        }
        world.connect();
        run("ip", &["-batch", "-"], HOST_ADDRESSES);
        run("ip", &["-6", "-batch", "-"], HOST_RULES_V6);
        for (place, links) in [(&world.peer, PEER_LINKS), (&world.far, FAR_LINKS)] {
            world.within(place, || {
                set("ipv6/conf/all/disable_ipv6", "1");
                run("ip", &["-batch", "-"], links);
            });
        }
        run("ip", &["-batch", "-"], HOST_NEIGHBOURS);
        world
    }

    /// Calls `action` while this thread stands in another namespace of the world.
    pub(crate) fn within<T>(&self, place: &File, action: impl FnOnce() -> T) -> T {
        setns(place, CloneFlags::CLONE_NEWNET).unwrap();
        let result = action();
        setns(&self.host, CloneFlags::CLONE_NEWNET).unwrap();
        result
    }

    fn connect(&self) {
        let process = std::process::id();
        for (link, address, place, other) in LINKS {
            let place = match place {
                Side::Peer => &self.peer,
                Side::Far => &self.far,
            };
            let place = format!("/proc/{process}/fd/{}", place.as_raw_fd());
            let words = ["link", "add", link, "address", address, "type", "veth"];
            let words = [&words[..], &["peer", "name", other, "netns", &place]].concat();
            run("ip", &words, "");
        }
    }
}

/// What the evaluator is told of the host.
pub(crate) fn facts() -> HostFacts {
    let interfaces: BTreeMap<String, Vec<IpNet>> = INTERFACES
        .iter()
        .map(|(name, nets)| {
            (
                (*name).to_owned(),
                nets.map(|net| net.parse().unwrap()).into(),
            )
        })
        .collect();
    HostFacts {
        addresses: interfaces.values().flatten().copied().collect(),
        interfaces,
        forwarding: Some(true),
        reverse_path: None,
    }
}

/// Sets a switch of the network this thread stands in, such as `ipv4/ip_forward`.
pub(crate) fn set(path: &str, value: &str) {
    let path = Path::new("/proc/sys/net").join(path);
    fs::write(&path, value).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// A new network namespace, which this thread enters. Nothing in it may speak of its own accord.
fn namespace() -> File {
    unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace needs root");
    for (path, value) in QUIET {
        set(path, value);
    }
    File::open("/proc/thread-self/ns/net").unwrap()
}

/// Which namespace the other end of a link lies in.
#[derive(Clone, Copy)]
enum Side {
    Peer,
    Far,
}

/// The host's links: name, hardware address, and where their other ends lie.
const LINKS: [(&str, &str, Side, &str); 3] = [
    ("eth0", "02:00:00:00:00:01", Side::Peer, "p0"),
    ("ens5", "02:00:00:00:00:03", Side::Peer, "p1"),
    ("eth1", "02:00:00:00:00:05", Side::Far, "f0"),
];

/// The host's addresses, as [`HOST_ADDRESSES`] sets them.
const INTERFACES: [(&str, [&str; 2]); 4] = [
    ("lo", ["127.0.0.1/8", "::1/128"]),
    ("eth0", ["198.18.0.1/24", "2001:db8:0:1::1/64"]),
    ("ens5", ["198.18.1.1/24", "2001:db8:0:2::1/64"]),
    ("eth1", ["203.0.113.1/24", "2001:db8:f::1/48"]),
];

/// No router solicitations, no duplicate address detection, no multicast reports that linger.
const QUIET: [(&str, &str); 8] = [
    ("ipv6/conf/all/accept_dad", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
    ("ipv6/conf/default/addr_gen_mode", "1"),
    ("ipv6/conf/default/router_solicitations", "0"),
    ("ipv6/conf/default/mldv2_unsolicited_report_interval", "1"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv6/conf/default/accept_ra", "0"),
];

/// The rate of ICMP errors is no rule of the sets under test.
const HOST_SETTINGS: [(&str, &str); 5] = [
    ("ipv4/ip_forward", "1"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv4/icmp_ratelimit", "0"),
    ("ipv6/icmp/ratelimit", "0"),
    ("netfilter/nf_conntrack_tcp_be_liberal", "1"),
];

/// Packets that the host makes itself find no route to the sources of the probes, nor errors of IPv4
/// to the host; what reaches an output chain is then a probe. Marked packets, which open flows, do
/// find it.
const HOST_ADDRESSES: &str = "
link set lo up
link set eth0 up
link set ens5 up
link set eth1 up
address add 198.18.0.1/24 dev eth0
address add 198.18.1.1/24 dev ens5
address add 203.0.113.1/24 dev eth1
address add 2001:db8:0:1::1/64 dev eth0 nodad
address add 2001:db8:0:2::1/64 dev ens5 nodad
address add 2001:db8:f::1/48 dev eth1 nodad
rule add pref 1 fwmark 0x5eed lookup main
rule add pref 2 iif lo to 198.18.64.0/18 blackhole
rule add pref 2 iif lo to 198.51.100.0/24 blackhole
rule add pref 2 iif lo to 198.18.0.1 ipproto icmp blackhole
rule add pref 2 iif lo to 198.18.1.1 ipproto icmp blackhole
rule add pref 2 iif lo to 203.0.113.1 ipproto icmp blackhole
rule add pref 3 lookup local
rule del pref 0
";

const HOST_RULES_V6: &str = "
rule add pref 1 fwmark 0x5eed lookup main
rule add pref 2 iif lo to 2001:db8:70::/47 blackhole
";

const HOST_NEIGHBOURS: &str = "
neigh add 198.18.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
neigh add 203.0.113.10 lladdr 02:00:00:00:00:06 dev eth1 nud permanent
neigh add 203.0.113.11 lladdr 02:00:00:00:00:06 dev eth1 nud permanent
neigh add 203.0.113.80 lladdr 02:00:00:00:00:06 dev eth1 nud permanent
neigh add 2001:db8:0:1::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
neigh add 2001:db8:f::10 lladdr 02:00:00:00:00:06 dev eth1 nud permanent
neigh add 2001:db8:f::11 lladdr 02:00:00:00:00:06 dev eth1 nud permanent
neigh add 2001:db8:f:1::80 lladdr 02:00:00:00:00:06 dev eth1 nud permanent
route add default via 198.18.0.2 dev eth0
route add default via 2001:db8:0:1::2 dev eth0
";

/// The other ends need no IPv6 of their own: they send and receive frames.
const PEER_LINKS: &str = "
link set lo up
link set p0 address 02:00:00:00:00:02 up
link set p1 address 02:00:00:00:00:04 up
";

const FAR_LINKS: &str = "
link set lo up
link set f0 address 02:00:00:00:00:06 up
";
