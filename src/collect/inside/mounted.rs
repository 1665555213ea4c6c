//! A snapshot of a host that does not run, from its disk.
//!
//! Rules count where a unit that is enabled would load them at boot: a file that nothing loads stops
//! no packet.

use super::clock::Clock;
use super::firewall;
use super::root::Root;
use super::{Options, now};
use crate::inside::{
    Basics, Datum, FileStatus, FileText, RulesText, SNAPSHOT_VERSION, Snapshot, Source, Taken, host,
};
use nix::unistd::geteuid;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Takes a snapshot of the host whose root file system is mounted at `directory`; nothing of this
/// host is in it. The error is that of opening the directory, or `ENOSYS` where this kernel cannot
/// keep to it (before 5.6).
pub fn collect_mounted(directory: &Path, options: &Options) -> io::Result<Snapshot> {
    let disk = Disk(Root::mounted(directory)?, Clock::start());
    let basics = Basics::skipped(OFFLINE);
    Ok(Snapshot {
        reachdx_inside: SNAPSHOT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: now(),
        duration_s: 0.0,
        root: geteuid().is_root(),
        listeners: Datum::skipped("", OFFLINE),
        addresses: basics.addresses,
        routes: basics.routes,
        route_to_client: basics.route_to_client,
        established: basics.established,
        ssh_login: Datum::skipped("", OFFLINE),
        probes: Vec::new(),
        connects: Vec::new(),
        outbound: Vec::new(),
        counters: Datum::skipped("", OFFLINE),
        sysctls: basics.sysctls,
        conntrack: Datum::skipped("", OFFLINE),
        firewall: firewall::noted(saved_rules(&disk), disk.1),
        packet_programs: Datum::skipped("", OFFLINE),
        host: host(&disk, &options.about()),
        since: None,
        listener_ports: None,
        pairing: None,
        witness: None,
    })
}

/// The disk of a host that does not run.
struct Disk(Root, Clock);

impl Source for Disk {
    fn text(&self, path: &str) -> io::Result<FileText> {
        self.0.text(on_disk(path)?)
    }

    fn tail(&self, path: &str) -> io::Result<FileText> {
        self.0.tail(on_disk(path)?)
    }

    fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.bytes(on_disk(path)?)
    }

    fn holds(&self, path: &str, bytes: &[u8]) -> io::Result<bool> {
        self.0.holds(on_disk(path)?, bytes)
    }

    fn status(&self, path: &str) -> io::Result<FileStatus> {
        self.0.status(on_disk(path)?)
    }

    fn label(&self, path: &str) -> Option<String> {
        self.0.label(on_disk(path).ok()?)
    }

    fn names(&self, path: &str) -> io::Result<Vec<String>> {
        self.0.names(on_disk(path)?)
    }

    fn taken(&self) -> Taken {
        self.1.taken()
    }

    fn silence(&self) -> &'static str {
        OFFLINE
    }
}

/// A path, unless what lies there is a running kernel's and nothing of a disk.
fn on_disk(path: &str) -> io::Result<&str> {
    if ["/proc/", "/sys/"].iter().any(|it| path.starts_with(it)) {
        return Err(io::Error::other(OFFLINE));
    }
    Ok(path)
}

fn saved_rules(disk: &Disk) -> BTreeMap<String, Datum<RulesText>> {
    let mut listings = firewall::nothing(OFFLINE);
    for (tool, file, unit) in SAVED {
        let Ok(text) = disk.text(file) else {
            continue;
        };
        let listing = if is_enabled(disk, unit) {
            let FileText { text, truncated } = text;
            Datum::read_up_to(file, RulesText { text }, truncated)
        } else {
            Datum::skipped(file, format!("{unit} is not enabled, so nothing loads it"))
        };
        let known = listings.get(tool).is_some_and(|it| it.value().is_some());
        if !known {
            listings.insert(tool.to_owned(), listing);
        }
    }
    for (unit, tools, place) in FRONT_ENDS {
        if !is_enabled(disk, unit) || unit == "ufw.service" && ufw_is_off(disk) {
            continue;
        }
        // Whatever a file holds, this adds to it or takes its place.
        let reason =
            format!("{unit} is enabled: it makes rules of {place} at boot, which are not read");
        for tool in tools {
            listings.insert((*tool).to_owned(), Datum::skipped(place, reason.as_str()));
        }
    }
    listings
}

fn is_enabled(disk: &Disk, unit: &str) -> bool {
    let mut targets = TARGETS.iter();
    targets.any(|target| disk.status(&format!("{target}/{unit}")).is_ok())
}

/// True where the unit does nothing, as on a new Ubuntu (`ufw(8)`).
fn ufw_is_off(disk: &Disk) -> bool {
    let settings = disk.text("/etc/ufw/ufw.conf");
    settings.is_ok_and(|file| {
        let mut lines = file.text.lines().map(str::trim);
        lines.any(|line| line.eq_ignore_ascii_case("ENABLED=no"))
    })
}

/// Why a fact of a running host is missing of a disk.
const OFFLINE: &str = "offline: only a running host tells";

/// The listing a file stands for, the file, and the unit that loads it: Debian's, then Red Hat's.
const SAVED: [(&str, &str, &str); 6] = [
    ("nft", "/etc/nftables.conf", "nftables.service"),
    ("nft", "/etc/sysconfig/nftables.conf", "nftables.service"),
    (
        "iptables-nft",
        "/etc/iptables/rules.v4",
        "netfilter-persistent.service",
    ),
    (
        "ip6tables-nft",
        "/etc/iptables/rules.v6",
        "netfilter-persistent.service",
    ),
    (
        "iptables-nft",
        "/etc/sysconfig/iptables",
        "iptables.service",
    ),
    (
        "ip6tables-nft",
        "/etc/sysconfig/ip6tables",
        "ip6tables.service",
    ),
];
/// What makes rules of its own settings: the unit, the listings it fills, the settings.
const FRONT_ENDS: [(&str, &[&str], &str); 2] = [
    (
        "ufw.service",
        &[
            "iptables-nft",
            "iptables-legacy",
            "ip6tables-nft",
            "ip6tables-legacy",
        ],
        "/etc/ufw",
    ),
    (
        "firewalld.service",
        &[
            "nft",
            "iptables-nft",
            "iptables-legacy",
            "ip6tables-nft",
            "ip6tables-legacy",
        ],
        "/etc/firewalld",
    ),
];
const TARGETS: [&str; 3] = [
    "/etc/systemd/system/sysinit.target.wants",
    "/etc/systemd/system/multi-user.target.wants",
    "/etc/systemd/system/basic.target.wants",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::{Wrappers, read_snapshot};
    use std::fs;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    /// A disk with a login that is refused in several ways, and rules of which some are loaded.
    fn disk() -> TempDir {
        let directory = TempDir::new().unwrap();
        let disk = directory.path();
        for (path, text) in FILES {
            let path = disk.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for (target, unit) in [
            ("multi-user.target.wants", "netfilter-persistent.service"),
            ("sockets.target.wants", "ssh.socket"),
        ] {
            let wants = disk.join("etc/systemd/system").join(target);
            fs::create_dir_all(&wants).unwrap();
            let unit_file = format!("/lib/systemd/system/{unit}");
            symlink(unit_file, wants.join(unit)).unwrap();
        }
        directory
    }

    #[test]
    fn a_disk_tells_its_gates_and_the_rules_it_would_load() {
        let options = Options {
            user: "alice".to_owned(),
            from: Some([192, 0, 2, 7].into()),
            ..Options::default()
        };
        let snapshot = collect_mounted(disk().path(), &options).unwrap();
        let rules = snapshot.firewall["iptables-nft"].value().unwrap();
        assert!(rules.text.contains("INPUT DROP"));
        let unloaded = &snapshot.firewall["nft"];
        assert!(unloaded.value().is_none(), "{unloaded:?}");
        assert!(snapshot.listeners.value().is_none());
        let host = &snapshot.host;
        assert!(host.load.value().is_none());
        for program in ["fail2ban", "crowdsec"] {
            let Datum::Skipped { reason, .. } = &host.bans[program] else {
                panic!("nobody was there to ask");
            };
            assert_eq!(reason, OFFLINE);
        }
        let login = host.login.value().unwrap();
        assert!(login.nologin && login.account.as_ref().unwrap().shell_refuses());
        assert_eq!(login.shell_exists, Some(false));
        assert_eq!(host.wrappers.value(), Some(&Wrappers::Deny { line: 1 }));
        assert_eq!(host.ssh_socket.value().unwrap(), &["2222"]);
        let files = host.ssh_files.value().unwrap();
        let keys = files.iter().find(|it| it.path.ends_with("authorized_keys"));
        assert_eq!(keys.unwrap().keys, Some(1));
        let text = serde_json::to_string(&snapshot).unwrap();
        assert!(!text.contains("AAAA"));
        assert_eq!(read_snapshot(&text).unwrap(), snapshot);
    }

    #[test]
    fn a_front_end_that_makes_rules_at_boot_leaves_no_listing_that_seems_whole() {
        let directory = disk();
        let wants = directory
            .path()
            .join("etc/systemd/system/multi-user.target.wants");
        fs::write(wants.join("ufw.service"), "").unwrap();
        let snapshot = collect_mounted(directory.path(), &Options::default()).unwrap();
        let Datum::Skipped { source, reason, .. } = &snapshot.firewall["iptables-nft"] else {
            panic!("the saved file is not all there is");
        };
        assert_eq!(source, "/etc/ufw");
        assert!(reason.starts_with("ufw.service is enabled"), "{reason}");

        let settings = directory.path().join("etc/ufw/ufw.conf");
        fs::create_dir_all(settings.parent().unwrap()).unwrap();
        fs::write(settings, "# off\nENABLED=no\n").unwrap();
        let snapshot = collect_mounted(directory.path(), &Options::default()).unwrap();
        assert!(snapshot.firewall["iptables-nft"].value().is_some());
    }

    const FILES: [(&str, &str); 9] = [
        ("etc/passwd", "alice:x:7:7::/home/alice:/usr/sbin/nologin\n"),
        ("etc/nologin", ""),
        (
            "etc/iptables/rules.v4",
            "*filter\n:INPUT DROP [0:0]\nCOMMIT\n",
        ),
        ("etc/nftables.conf", "flush ruleset\n"),
        ("etc/hosts.deny", "sshd: 192.0.2.7\n"),
        ("usr/sbin/sshd", "\0libwrap.so.0\0"),
        (
            "lib/systemd/system/ssh.socket",
            "[Socket]\nListenStream=2222\n",
        ),
        ("lib/systemd/system/netfilter-persistent.service", ""),
        (
            "home/alice/.ssh/authorized_keys",
            "# a\nssh-ed25519 AAAA\n\n",
        ),
    ];
}
