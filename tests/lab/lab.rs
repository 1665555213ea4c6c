//! The lab: five machines in a row, from the client to the instance.
//!
//! ```text
//! client ─── isp ─── edge ─── instance      The edge filters by security group and network ACL,
//!             │                             translates 203.0.113.10 to 10.0.1.10 one to one, and
//!          internet                         bans outbound TCP 25 when told to.
//! ```
//!
//! `internet` holds every other address there is: mail exchangers, the name server, control targets.

use crate::flood::Flood;
use crate::groups::{self, Group};
use crate::machine::{Machine, fed, joined};
use crate::names::{self, Names};
use crate::peers;
use crate::servers::Server;
use std::fmt::Write;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

/// A running lab; dropping it leaves nothing behind.
pub(crate) struct Lab {
    /// Traffic beside what is probed; it ends before the machines do.
    pub(crate) floods: Vec<Flood>,
    pub(crate) client: Machine,
    pub(crate) isp: Machine,
    pub(crate) edge: Machine,
    pub(crate) instance: Machine,
    pub(crate) internet: Machine,
    names: Arc<Mutex<Names>>,
    /// Connections that a fault keeps open.
    pub(crate) held: Vec<TcpStream>,
    /// Programs that are attached to interfaces.
    pub(crate) attached: Vec<OwnedFd>,
}

impl Lab {
    /// Builds the network, enforces `groups`, and starts `servers` on the instance.
    pub(crate) fn start(groups: &[Group], servers: &[Server]) -> Self {
        let [client, isp, edge, instance, internet] = start_machines();
        let names = Arc::new(Mutex::new(Names::are(&[PUBLIC, PUBLIC_V6])));
        let mut lab = Self {
            client,
            isp,
            edge,
            instance,
            internet,
            names,
            held: Vec::new(),
            attached: Vec::new(),
            floods: Vec::new(),
        };
        lab.connect();
        lab.enforce(groups);
        lab.fill_internet();
        for server in servers {
            server.start(&mut lab.instance);
        }
        for server in servers {
            server.wait(&lab.instance);
        }
        lab
    }

    /// Makes the edge do what `groups` say; connections that exist live on.
    pub(crate) fn enforce(&self, groups: &[Group]) {
        let rules = format!(
            "table inet groups\ndelete table inet groups\ntable inet groups {{\n{}\n{GROUPS_HOOK}\n}}\n",
            groups::compile(groups)
        );
        self.edge.run_with_input(&["nft", "-f", "-"], &rules);
    }

    /// Adds a rule to the stateless network ACL's `inbound` or `outbound` chain.
    pub(crate) fn network_acl(&self, chain: &str, rule: &str) {
        self.edge
            .sh(&format!("nft 'add rule inet platform {chain} {rule}'"));
    }

    /// Turns the platform's ban of outbound TCP 25 on or off.
    pub(crate) fn ban_outbound_mail(&self, on: bool) {
        let rule = if on { "tcp dport 25 drop" } else { "accept" };
        self.edge.sh(&format!(
            "nft 'flush chain inet platform mail; add rule inet platform mail {rule}'"
        ));
    }

    /// Adds a rule to what the provider between forwards.
    pub(crate) fn isp_rule(&self, rule: &str) {
        self.isp
            .sh(&format!("nft 'add rule inet isp forward {rule}'"));
    }

    /// Runs a line of shell on the instance.
    pub(crate) fn host(&self, line: &str) {
        self.instance.sh(line);
    }

    /// Changes what the name server says.
    pub(crate) fn set_names(&self, names: Names) {
        *self.names.lock().unwrap() = names;
    }

    /// The machines, from the client on.
    pub(crate) fn machines(&self) -> [&Machine; 5] {
        [
            &self.client,
            &self.isp,
            &self.edge,
            &self.instance,
            &self.internet,
        ]
    }

    /// The ends of a link have different numbers: where they are equal, the kernel takes the change of
    /// carrier for one that is not urgent, and IPv6 may stay silent for a second.
    fn connect(&self) {
        let [client, isp, edge, instance, internet] = self.machines().map(Machine::pid);
        let links = [
            ("eth0", client, "access", isp),
            ("edge", isp, "wan", edge),
            ("lan", edge, "eth0", instance),
            ("internet", isp, "eth0", internet),
        ];
        let mut batch = String::new();
        for (number, (name, pid, peer, peer_pid)) in (1..).zip(links) {
            let (near, far) = (10 * number, 10 * number + 1);
            writeln!(
                batch,
                "link add {name} index {near} netns {pid} type veth \
                 peer name {peer} index {far} netns {peer_pid}"
            )
            .unwrap();
        }
        let creator = self.client.pid().to_string();
        let enter = [
            "nsenter", "--target", &creator, "--net", "ip", "-batch", "-",
        ];
        run_here(&enter, &batch);

        thread::scope(|scope| {
            let all = self.machines().into_iter().zip(SETUPS);
            let setting_up: Vec<_> = all
                .map(|(machine, setup)| {
                    scope.spawn(move || machine.run_with_input(&["sh", "-e"], setup))
                })
                .collect();
            for done in setting_up {
                joined(done);
            }
        });
        for (machine, links) in self.machines().into_iter().zip([1, 3, 2, 1, 1]) {
            machine.wait_for_ipv6(links);
        }
    }

    fn fill_internet(&mut self) {
        let names = Arc::clone(&self.names);
        self.internet.serve_datagrams(RESOLVER, move |question| {
            names::reply(question, &names.lock().unwrap())
        });
        self.internet.serve(
            &[
                "0.0.0.0:25",
                "0.0.0.0:465",
                "0.0.0.0:587",
                "[::]:25",
                "[::]:587",
            ],
            peers::says("220 mx.lab.example ESMTP\r\n"),
        );
        self.internet.serve(
            &[
                "192.0.2.26:22",
                "0.0.0.0:53",
                "0.0.0.0:80",
                "0.0.0.0:443",
                "[::]:443",
            ],
            peers::stays_silent,
        );
        self.client.write(
            "/etc/resolv.conf",
            "nameserver 192.0.2.53\noptions timeout:1 attempts:1\n",
        );
        self.client
            .write("/run/lab/ca.pem", crate::certificates::file("ca.pem"));
        self.instance
            .write("/etc/resolv.conf", "nameserver 192.0.2.53\n");
    }
}

fn start_machines() -> [Machine; 5] {
    let names = ["client", "isp", "edge", "instance", "internet"];
    thread::scope(|scope| {
        names
            .map(|name| scope.spawn(move || Machine::start(name)))
            .map(joined)
    })
}

fn run_here(words: &[&str], input: &str) {
    let output = fed(Command::new(words[0]).args(&words[1..]), input);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The client's address.
pub(crate) const CLIENT_ADDRESS: &str = "198.51.100.7";
/// The client's IPv6 address.
pub(crate) const CLIENT_ADDRESS_V6: &str = "2001:db8:c::7";
/// The instance's public address.
pub(crate) const PUBLIC: &str = "203.0.113.10";
/// The instance's IPv6 address.
pub(crate) const PUBLIC_V6: &str = "2001:db8:1::10";
/// The instance's own address.
pub(crate) const PRIVATE: &str = "10.0.1.10";
/// A name whose addresses [`Lab::set_names`] decides.
pub(crate) const NAME: &str = "web.lab.example";
/// The mail exchanger.
pub(crate) const MAIL_EXCHANGER: &str = "192.0.2.25";
/// The name server.
pub(crate) const RESOLVER: &str = "192.0.2.53:53";

const GROUPS_HOOK: &str = "
    chain before {
        type filter hook prerouting priority 0; policy accept;
        iifname != lan accept
        ct state established,related accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
        jump outbound
    }
    chain behind {
        type filter hook forward priority 0; policy accept;
        iifname != wan accept
        ct state established,related accept
        jump inbound
    }";

/// What each machine runs once its links are there, in the order of [`Lab::machines`].
const SETUPS: [&str; 5] = [
    include_str!("machines/client.sh"),
    include_str!("machines/isp.sh"),
    include_str!("machines/edge.sh"),
    include_str!("machines/instance.sh"),
    include_str!("machines/internet.sh"),
];
