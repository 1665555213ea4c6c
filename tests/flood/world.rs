//! Two network namespaces and a link between them: the client sends, the instance is watched.
//!
//! Nothing here has a name outside: the namespaces live through threads and open files of this process,
//! and the kernel takes them away with it.

use crate::command::{joined, run};
use nix::sched::{CloneFlags, setns, unshare};
use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread;

/// The two namespaces. The thread that built them stands in the instance's.
pub(crate) struct World {
    pub(crate) client: File,
    pub(crate) instance: File,
    /// Takes datagrams and leaves them, so that no errors go back.
    _sink: UdpSocket,
}

impl World {
    /// Builds a world and calls `action` on a thread that stands in its instance.
    pub(crate) fn with<T: Send>(action: impl FnOnce(&Self) -> T + Send) -> T {
        thread::scope(|scope| joined(scope.spawn(|| action(&Self::build()))))
    }

    /// Builds a world, in whose instance this thread then stands.
    pub(crate) fn build() -> Self {
        let client = namespace();
        let instance = namespace();
        let place = format!("/proc/{}/fd/{}", std::process::id(), client.as_raw_fd());
        let link = ["link", "add", "eth0", "address", "02:00:00:00:00:01"];
        let peer = ["type", "veth", "peer", "name", LINK, "netns", &place];
        run("ip", &[&link[..], &peer].concat(), "");
        run("ip", &["-batch", "-"], INSTANCE_LINKS);
        let world = Self {
            client,
            _sink: UdpSocket::bind((Ipv6Addr::UNSPECIFIED, SINK)).unwrap(),
            instance,
        };
        world.at_client(|| run("ip", &["-batch", "-"], CLIENT_LINKS));
        world
    }

    /// Calls `action` while this thread stands in the client's network; then it stands in the instance.
    pub(crate) fn at_client<T>(&self, action: impl FnOnce() -> T) -> T {
        setns(&self.client, CloneFlags::CLONE_NEWNET).unwrap();
        let result = action();
        self.enter();
        result
    }

    /// Has this thread stand in the instance.
    pub(crate) fn enter(&self) {
        setns(&self.instance, CloneFlags::CLONE_NEWNET).unwrap();
    }
}

/// How many packets have come in by the instance's link.
pub(crate) fn arrived() -> usize {
    let links = fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let link = links
        .lines()
        .find_map(|line| line.trim().strip_prefix("eth0:"));
    let packets = link.unwrap().split_whitespace().nth(1).unwrap();
    packets.parse().unwrap()
}

/// How many packets of IPv4 the instance has received.
pub(crate) fn received() -> u64 {
    let counters = fs::read_to_string("/proc/thread-self/net/snmp").unwrap();
    let mut lines = counters
        .lines()
        .filter_map(|line| line.strip_prefix("Ip: "));
    let mut fields = lines
        .next()
        .unwrap()
        .split(' ')
        .zip(lines.next().unwrap().split(' '));
    let received = fields.find(|(name, _)| *name == "InReceives").unwrap();
    received.1.parse().unwrap()
}

/// A new network namespace, which this thread enters. Nothing in it speaks of its own accord.
fn namespace() -> File {
    unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace needs root");
    for (path, value) in QUIET {
        let path = format!("/proc/sys/net/{path}");
        fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    File::open("/proc/thread-self/ns/net").unwrap()
}

/// The client's link.
pub(crate) const LINK: &str = "p0";
/// The hardware address of the instance.
pub(crate) const HARDWARE: [u8; 6] = [2, 0, 0, 0, 0, 1];
/// The instance.
pub(crate) const INSTANCE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 0, 1));
/// The instance over IPv6.
pub(crate) const INSTANCE_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
/// The client.
pub(crate) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 0, 2));
/// The client over IPv6.
pub(crate) const CLIENT_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2));
/// Another client.
pub(crate) const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 0, 3));
/// An address that nobody has: what is sent there ends at the instance without an answer.
pub(crate) const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 7, 7));
/// Where the instance takes datagrams.
pub(crate) const SINK: u16 = 9000;

const QUIET: [(&str, &str); 4] = [
    ("ipv6/conf/all/accept_dad", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
    ("ipv6/conf/default/router_solicitations", "0"),
    ("ipv6/conf/default/accept_ra", "0"),
];

const INSTANCE_LINKS: &str = "
link set lo up
link set eth0 up
address add 198.18.0.1/24 dev eth0
address add 2001:db8::1/64 dev eth0 nodad
neigh add 198.18.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
neigh add 198.18.0.3 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
neigh add 2001:db8::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
";

const CLIENT_LINKS: &str = "
link set lo up
link set p0 address 02:00:00:00:00:02 up
address add 198.18.0.2/24 dev p0
address add 198.18.0.3/24 dev p0
address add 2001:db8::2/64 dev p0 nodad
neigh add 198.18.0.1 lladdr 02:00:00:00:00:01 dev p0 nud permanent
neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev p0 nud permanent
";
