//! Hosts that other people recorded: old and new kernels of several systems. What their kernels and
//! tools printed goes through the reader of the shell script's output. `UPDATE_EXPECT=1` writes each
//! `snapshot.json` anew; `NOTICE.md` beside them says where each file is from.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use expect_test::expect_file;
use reachdx::inside::{Snapshot, parse_counters, parse_counters6, read_snapshot};
use reachdx::paste;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn directory(host: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recorded")
        .join(host)
}

/// Every file below a directory, by its path there.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let below = files(&entry.path()).into_iter();
            found.extend(below.map(|(path, text)| (format!("{name}/{path}"), text)));
        } else if name != "snapshot.json" {
            found.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

/// What the script would have printed there.
struct Said {
    text: String,
    parts: usize,
}

impl Said {
    fn part(&mut self, name: &str, source: &str, text: &str) {
        let rows = text.lines().filter(|row| !row.trim().is_empty());
        let (mut body, mut lines, mut letters) = (String::new(), 0, 0);
        for row in rows {
            writeln!(body, ":{row}").unwrap();
            lines += 1;
            letters += row.bytes().filter(|it| !it.is_ascii_whitespace()).count();
        }
        write!(
            self.text,
            "=begin {name} {source}\n{body}=end {name} 0 {lines} {letters} 0\n"
        )
        .unwrap();
        self.parts += 1;
    }
}

/// Tables for IPv6 that were not recorded are as of a kernel without it.
fn said(host: &str) -> String {
    let mut said = Said {
        text: "=reachdx-sh 1 0.1.0 0 2022-01-01T00:00:00Z 192.0.2.77 root\n".to_owned(),
        parts: 0,
    };
    let files = files(&directory(host));
    let mut settings = String::new();
    for (path, text) in &files {
        let name = path.rsplit('/').next().unwrap();
        let full = format!("/{path}");
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["commands", "neighbour"] => {
                let rows = text.lines().map(|row| {
                    let words: Vec<&str> = row.split_whitespace().collect();
                    format!("{} {} {}\n", words[0], words[2], words[words.len() - 1])
                });
                said.part(name, "ip neighbour", &rows.collect::<String>());
            }
            ["commands", "address"] if !files.contains_key("commands/link") => {
                said.part("link", "ip link", text);
                said.part(name, "ip address", text);
            }
            ["commands", _] => said.part(name, name, text),
            ["etc", "passwd"] => said.part("account", &full, text),
            ["proc", "sys", "net", ..] => {
                writeln!(settings, "{} {}", &path["proc/sys/".len()..], text.trim()).unwrap();
            }
            ["proc", "net", "snmp" | "snmp6" | "netstat"] => {
                said.part(&format!("{name}.before"), &full, text);
                said.part(&format!("{name}.after"), &full, text);
            }
            _ => said.part(name, &full, text),
        }
    }
    if !settings.is_empty() {
        said.part("settings", "/proc/sys/net", &settings);
    }
    for table in ["tcp6", "udp6", "ipv6_route"] {
        if !files.contains_key(&format!("proc/net/{table}")) {
            let none = format!("=none {table} /proc/net/{table}: No such file or directory\n");
            said.text.push_str(&none);
            said.parts += 1;
        }
    }
    let Said { text, parts } = said;
    format!("{text}=done {parts} 1\n")
}

fn snapshot(host: &str) -> Snapshot {
    let pasted = paste::read(&said(host)).unwrap();
    assert_eq!(pasted.remarks.len(), 1, "{:?}", pasted.remarks);
    let text = serde_json::to_string_pretty(&pasted.snapshot).unwrap();
    assert_eq!(read_snapshot(&text).unwrap(), pasted.snapshot);
    expect_file![directory(host).join("snapshot.json")].assert_eq(&(text + "\n"));
    pasted.snapshot
}

/// How many TCP sockets listen, counted in the recording itself.
fn listening(host: &str) -> usize {
    let files = files(&directory(host));
    let tables = ["proc/net/tcp", "proc/net/tcp6"].map(|it| &files[it]);
    let rows = tables.into_iter().flat_map(|table| table.lines());
    rows.filter(|row| row.split_whitespace().nth(3) == Some("0A"))
        .count()
}

/// A counter of a recording, which the kernel counts on from the start.
fn counter(host: &str, table: &str, name: &str) -> u64 {
    let path = format!("proc/net/{table}");
    let text = files(&directory(host)).remove(&path).unwrap();
    let parse = if table == "snmp6" {
        parse_counters6
    } else {
        parse_counters
    };
    parse(&text).unwrap()[name]
}

fn listens(snapshot: &Snapshot, port: u16) -> usize {
    let all = snapshot.listeners.value().unwrap().iter();
    all.filter(|it| it.protocol == "tcp" && it.port == port)
        .count()
}

#[test]
fn ubuntu() {
    let host = snapshot("ubuntu-20.04");
    let tcp = host.listeners.value().unwrap().iter();
    assert_eq!(
        tcp.filter(|it| it.protocol == "tcp").count(),
        listening("ubuntu-20.04")
    );
    assert_eq!(listens(&host, 22), 2);
    assert!(host.counters.value().is_some());
    assert!(counter("ubuntu-20.04", "netstat", "TcpExt.TCPTimeouts") > 0);
    let links = host.host.links.value().unwrap();
    assert!(links.iter().any(|it| it.name == "eth0" && it.carrier));
    let addresses = host.addresses.value().unwrap();
    assert!(addresses.iter().any(|it| it.prefix == 24 && it.up));
    assert_eq!(host.host.neighbours.value().unwrap()[0].state, "reachable");
    let other = snapshot("ubuntu-20.10");
    let routes = other.routes.value().unwrap();
    assert!(routes.iter().any(|it| it.destination == "0.0.0.0/0"));
    assert!(other.host.uptime_s.value().is_some() && other.host.load.value().is_some());
}

#[test]
fn of_the_red_hat_family() {
    let host = snapshot("centos-7.7");
    let settings = host.sysctls.value().unwrap();
    assert_eq!(settings["net.core.somaxconn"], "128");
    assert_eq!(host.conntrack.value().unwrap().max, 65536);
    let login = host.host.login.value().unwrap();
    assert_eq!(login.account.as_ref().unwrap().shell, "/bin/bash");
    let printed = snapshot("rhel");
    let settings = &printed.ssh_login.value().unwrap().settings;
    assert!(settings.contains_key("permitrootlogin"));
    let rules = printed.firewall["iptables-legacy"].value().unwrap();
    assert!(rules.text.contains("--dport 22 -j ACCEPT"));
}

#[test]
fn alpine_with_busybox() {
    let host = snapshot("alpine");
    let addresses = host.addresses.value().unwrap();
    let told: Vec<String> = addresses
        .iter()
        .map(|it| format!("{} {}/{} {}", it.interface, it.address, it.prefix, it.up))
        .collect();
    assert_eq!(
        told,
        [
            "lo 127.0.0.1/8 true",
            "lo ::1/128 true",
            "eth0 172.17.0.2/16 true",
            "eth0 fe80::200:5eff:fe00:5301/64 true"
        ]
    );
}

#[test]
fn an_old_kernel_on_32_bits() {
    let host = snapshot("old-i686");
    let tcp = host.listeners.value().unwrap().iter();
    assert_eq!(
        tcp.filter(|it| it.protocol == "tcp").count(),
        listening("old-i686")
    );
    assert_eq!((listens(&host, 22), listens(&host, 80)), (2, 2));
    let routes = host.routes.value().unwrap();
    let gateway = routes.iter().find_map(|it| it.gateway).unwrap();
    assert_eq!(gateway.to_string(), "192.0.2.1");
    for (table, name) in [("snmp", "Ip.InReceives"), ("snmp6", "Ip6OutRequests")] {
        assert!(counter("old-i686", table, name) > 0, "{name}");
    }
}
