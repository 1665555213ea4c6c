use super::*;
use crate::inside::read_snapshot;
use serde_json::{Value, json};

#[test]
fn what_differs_is_told_part_by_part() {
    let mut later = example();
    later["listeners"]["value"] = json!([]);
    later["addresses"]["value"][0]["up"] = json!(false);
    later["routes"]["value"] = json!([]);
    later["sysctls"]["value"]["net.ipv4.ip_forward"] = json!("0");
    later["firewall"]["iptables-legacy"]["value"]["text"] = json!(
        "*filter\n:INPUT DROP [4:240]\n[7:420] -A INPUT -p tcp --dport 80 -j ACCEPT\n\
         -A INPUT -s 198.51.100.7/32 -j DROP\nCOMMIT\n"
    );
    later["probes"][0]["outcome"] =
        json!({"kind": "stopped", "stage": "connect", "failure": {"kind": "timeout"}});
    later["host"]["login"]["value"]["nologin"] = json!(true);
    let since = Since::of(&read(&example()), &read(&later));
    assert_eq!(since.taken_at, "2026-11-20T10:00:00Z");
    assert_eq!(
        since.lines(),
        [
            "services: was `ssh at 192.0.2.2 port 22 answers`, is `ssh at 192.0.2.2 port 22 does not \
             answer`",
            "listeners: gone: `tcp 0.0.0.0 port 22 (sshd)`",
            "addresses: was `192.0.2.2/24 on eth0`, is `192.0.2.2/24 on eth0, which is down`",
            "routes: gone: `0.0.0.0/0 via 192.0.2.1 dev eth0 metric 100`",
            "firewall (iptables-legacy): new: `filter: -A INPUT -s 198.51.100.7/32 -j DROP`",
            "firewall (iptables-legacy): new: `filter: :INPUT DROP`",
            "settings: was `net.ipv4.ip_forward = 1`, is `net.ipv4.ip_forward = 0`",
            "login: was `no nologin file`, is `/etc/nologin or /run/nologin turns users away`",
        ]
    );
}

#[test]
fn what_moves_by_itself_is_no_change() {
    let mut later = example();
    later["taken_at"] = json!("2026-11-21T10:00:00Z");
    later["listeners"]["value"][0]["queue"] = json!(3);
    later["listeners"]["value"][0]["owner"]["pid"] = json!(99);
    later["firewall"]["iptables-legacy"]["value"]["text"] = json!(
        "*filter\n:INPUT ACCEPT [9:9]\n[8:480] -A INPUT -p tcp --dport 80 -j ACCEPT\nCOMMIT\n# later\n"
    );
    later["firewall"]["nft"]["value"]["text"] =
        json!("table inet f {\n chain in {\n counter packets 5 bytes 300 drop # handle 9\n }\n}\n");
    let since = Since::of(&read(&example()), &read(&later));
    assert_eq!(since.lines(), [""; 0]);
}

#[test]
fn rules_in_another_order_are_a_change() {
    let ruled = |rules: &str| {
        let mut snapshot = example();
        snapshot["firewall"]["iptables-legacy"]["value"]["text"] =
            json!(format!("*filter\n{rules}COMMIT\n"));
        read(&snapshot)
    };
    let since = Since::of(
        &ruled("-A INPUT -j DROP\n-A INPUT -j ACCEPT\n"),
        &ruled("-A INPUT -j ACCEPT\n-A INPUT -j DROP\n"),
    );
    assert_eq!(
        since.lines(),
        [
            "firewall (iptables-legacy): was `rules in one order`, is `the same rules in another order`"
        ]
    );
}

#[test]
fn what_only_one_tells_whole_is_named_and_not_compared() {
    let mut later = example();
    later["listeners"] = json!({"state": "skipped", "source": "/proc", "reason": "no"});
    later["firewall"]["nft"]["truncated"] = json!(true);
    let since = Since::of(&read(&example()), &read(&later));
    assert_eq!(
        since.lines(),
        ["not compared, as only one of the two tells: firewall (nft), listeners"]
    );
}

#[test]
fn many_changes_are_counted_and_bounded() {
    let mut later = example();
    let settings = (0..200).map(|number| (format!("net.x{number}"), json!("\u{1b}[2J".repeat(99))));
    later["sysctls"]["value"] = settings.collect();
    let since = Since::of(&read(&example()), &read(&later));
    assert_eq!((since.changes.len(), since.unlisted), (48, 153));
    let lines = since.lines();
    assert!(
        lines
            .iter()
            .all(|line| line.len() < 400 && !line.contains('\u{1b}'))
    );
    assert_eq!(lines.last().unwrap(), "and 153 more");
}

#[test]
fn an_instance_is_well_where_all_that_listens_answers() {
    assert_eq!(unwell(&read(&example())), None);
    let mut silent = example();
    silent["probes"][0]["outcome"] =
        json!({"kind": "stopped", "stage": "connect", "failure": {"kind": "timeout"}});
    assert_eq!(
        unwell(&read(&silent)).unwrap(),
        "ssh listens and does not answer at 192.0.2.2 port 22"
    );
    silent["listeners"]["value"] = json!([]);
    assert_eq!(
        unwell(&read(&silent)).unwrap(),
        "none of the services asked for answers: name yours with --service"
    );
}

fn read(snapshot: &Value) -> Snapshot {
    read_snapshot(&snapshot.to_string()).unwrap()
}

fn example() -> Value {
    let read = |value: Value| json!({"state": "read", "source": "here", "value": value, "truncated": false});
    let none = json!({"state": "skipped", "source": "here", "reason": "not asked"});
    json!({
        "reachdx_inside": 1, "tool_version": "0.1.0", "taken_at": "2026-11-20T10:00:00Z",
        "duration_s": 0.1, "root": true,
        "listeners": read(json!([{"protocol": "tcp", "address": "0.0.0.0", "port": 22, "v6_only": null,
            "queue": 0, "backlog": 128, "uid": 0,
            "owner": {"kind": "process", "pid": 7, "name": "sshd"}}])),
        "addresses": read(json!([{"interface": "eth0", "address": "192.0.2.2", "prefix": 24, "up": true}])),
        "routes": read(json!([{"destination": "0.0.0.0/0", "gateway": "192.0.2.1", "interface": "eth0",
            "metric": 100, "reject": false}])),
        "route_to_client": none,
        "probes": [{"probe": {"label": "ssh", "service": "ssh", "address": "192.0.2.2", "port": 22,
            "server_name": null}, "vantage": "inside", "local": null,
            "outcome": {"kind": "answered", "answer": {"protocol": "ssh",
                "identification": "SSH-2.0-OpenSSH_9.2", "preamble": [], "key_exchange": null}},
            "timing": {"connect_s": null, "tls_s": null, "greet_s": null, "answer_s": null, "total_s": 0.1}}],
        "connects": [], "outbound": [],
        "counters": none, "conntrack": none,
        "sysctls": read(json!({"net.ipv4.ip_forward": "1"})),
        "firewall": {
            "nft": read(json!({"text":
                "table inet f {\n chain in {\n counter packets 1 bytes 60 drop # handle 4\n }\n}\n"})),
            "iptables-legacy": read(json!({"text":
                "*filter\n:INPUT ACCEPT [0:0]\n[1:60] -A INPUT -p tcp --dport 80 -j ACCEPT\nCOMMIT\n"}))},
        "host": {"login": read(json!({"user": "root", "nologin": false, "account": null,
            "shell_exists": null, "password": null}))},
    })
}
