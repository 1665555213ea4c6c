//! The tool as a witness on the instance, and its peers.

use crate::watching::until_watching;
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use nix::unistd::Pid;
use reachdx::inside::{Sightings, Snapshot};
use socket2::{SockFilter, Socket};
use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};

/// A watch that has begun.
pub(crate) struct Watch(Child);

impl Watch {
    /// Watches the packets of `client` in the network this thread stands in.
    pub(crate) fn start(client: IpAddr) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_reachdx"))
            .args(["inside", "--witness", "60s", "--until-eof", "--from"])
            .args([&client.to_string(), "--service", "tcp/22"])
            .args(["--outbound", "198.18.0.1:9", "--timeout", "300ms"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until_watching(&mut child);
        Self(child)
    }

    /// Ends the watch, and gives what it saw.
    pub(crate) fn finish(mut self) -> Sightings {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().unwrap();
        let snapshot: Snapshot = serde_json::from_slice(&output.stdout).unwrap();
        let witness = snapshot.witness.expect("a witness");
        witness
            .packets
            .value()
            .expect("packets were watched")
            .clone()
    }

    /// Sends the watching process a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        kill(pid, signal).unwrap();
    }
}

/// A packet socket for every protocol that refuses every packet.
pub(crate) fn refusing() -> Socket {
    let (family, kind) = (AddressFamily::Packet, SockType::Datagram);
    let socket = socket(family, kind, SockFlag::empty(), SockProtocol::EthAll).unwrap();
    let socket = Socket::from(socket);
    socket
        .attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
        .unwrap();
    socket
}

/// `tcpdump` with the filter of the witness.
pub(crate) struct Tcpdump(Child);

impl Tcpdump {
    /// Watches the packets of `client`; `None` where it is not installed.
    pub(crate) fn start(client: IpAddr) -> Option<Self> {
        let flags = if client.is_ipv4() { "13" } else { "53" };
        let header = if client.is_ipv4() { "tcp" } else { "ip6" };
        let filter =
            format!("host {client} and (icmp or icmp6 or (tcp and {header}[{flags}] & 6 != 0))");
        Command::new("tcpdump").arg("--version").output().ok()?;
        // It ends with this process, even by `kill -9`.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "tcpdump", "-Z", "root"])
            .args(["-n", "-i", "any", "-w", "/dev/null", &filter])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let errors = BufReader::new(child.stderr.take()?);
        let ready = errors
            .lines()
            .map_while(Result::ok)
            .find(|line| line.contains("listening on"));
        assert!(ready.is_some(), "tcpdump does not watch: {filter}");
        Some(Self(child))
    }
}

impl Drop for Tcpdump {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Ends a classic filter (`linux/bpf_common.h`).
const RETURN: u16 = 0x06;
