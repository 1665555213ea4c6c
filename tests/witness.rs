//! What a witness may and may not prove, on a recorded run of a silent port with one made for it.

#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use reachdx::diagnosis::{Certainty, Diagnosis, diagnose};
use serde_json::{Value, json};

#[test]
fn nothing_at_the_interface_clears_the_host_where_another_probe_was_seen() {
    let diagnosis = judged(run(packets(&[web_syn(0.1)], 0)));
    assert_eq!(
        told(&diagnosis),
        ["nothing of tcp/22 arrived at any interface of the instance"]
    );
    let excluded = excluded(&diagnosis);
    for id in ["host_firewall.dropped", "network_acl.return_denied"] {
        assert!(excluded.contains(&id), "{id} is not among {excluded:?}");
    }
    assert!(!excluded.contains(&"network_acl.inbound_denied"));
}

#[test]
fn what_was_not_seen_proves_nothing_where_it_could_be_missed() {
    let cases = [
        (packets(&[web_syn(0.1)], 3), "3 packets were lost unseen"),
        (packets(&[], 0), "no other probe of this run was seen"),
        (
            packets(&[web_syn(9.5)], 0),
            "no other probe of this run was seen",
        ),
        (
            packets(&[web_syn(0.1), syn(50_000, 22, 1460)], 0),
            "that may be this one",
        ),
        (
            packets(&[web_syn(0.1), syn(50_000, 2222, 1460)], 0),
            "that may be this one",
        ),
    ];
    for (witness, reason) in cases {
        let diagnosis = judged(run(witness));
        let told = told(&diagnosis);
        assert!(
            told.len() == 1 && told[0].contains("proves nothing") && told[0].contains(reason),
            "{told:?}, not {reason}"
        );
        assert!(!excluded(&diagnosis).contains(&"host_firewall.dropped"));
    }
}

#[test]
fn a_program_at_the_driver_may_have_taken_what_was_not_seen() {
    let attached = json!([{"interface": "eth0", "kind": "xdp"}]);
    let unknown = json!({"state": "skipped", "source": "netlink", "reason": "refused"});
    let cases = [
        (read(&attached), "the XDP program at eth0"),
        (unknown, "is not known"),
    ];
    for (programs, reason) in cases {
        let mut run = run(packets(&[web_syn(0.1)], 0));
        run["evidence"]["inside"]["packet_programs"] = programs;
        let diagnosis = judged(run);
        let told = told(&diagnosis);
        assert!(told.len() == 1 && told[0].contains(reason), "{told:?}");
        assert!(!excluded(&diagnosis).contains(&"host_firewall.dropped"));
    }
}

#[test]
fn a_watch_that_the_run_itself_held_needs_no_other_probe() {
    let mut run = run(packets(&[], 0));
    run["evidence"]["witness_joined"] = json!(true);
    let diagnosis = judged(run);
    assert!(told(&diagnosis)[0].contains("arrived at any interface"));
}

#[test]
fn another_clients_watch_says_nothing() {
    let mut witness = packets(&[web_syn(0.1)], 0);
    witness["client"] = json!("192.0.2.99");
    assert_eq!(told(&judged(run(witness))), Vec::<&str>::new());
}

#[test]
fn the_segment_size_tells_a_probe_behind_address_translation() {
    let diagnosis = judged(run(packets(&[syn(1, 22, MSS)], 0)));
    assert_eq!(
        told(&diagnosis)[0],
        "4 packets of tcp/22 arrived at eth0; nothing went back"
    );
    let excluded = excluded(&diagnosis);
    for id in ["network_acl.inbound_denied", "isp.port_blocked"] {
        assert!(excluded.contains(&id), "{id} is not among {excluded:?}");
    }
}

#[test]
fn what_goes_back_is_told_by_its_kind_and_interface() {
    let tcp = |flags| json!({"kind": "tcp", "flags": flags, "mss": null});
    let icmp = |kind, port: Option<u16>| json!({"kind": "icmp", "type": kind, "code": 13, "about_port": port});
    let cases = [
        ("eth0", tcp(18), "the answer left by eth0"),
        (
            "eth1",
            tcp(18),
            "the answer left by eth1, another interface",
        ),
        ("lo", tcp(18), "nothing went back"),
        ("eth0", tcp(20), "a reset went back"),
        ("eth0", icmp(3, Some(22)), "ICMP 3/13 went back"),
        ("eth0", icmp(3, Some(80)), "nothing went back"),
        ("eth0", icmp(0, None), "nothing went back"),
    ];
    for (interface, packet, expected) in cases {
        let port = if packet["kind"] == "tcp" {
            [22, PORT]
        } else {
            [0, 0]
        };
        let back = json!({
            "interface": interface, "way": "sent", "packet": packet,
            "source": format!("10.0.1.10:{}", port[0]),
            "destination": format!("198.51.100.7:{}", port[1]),
            "count": 1, "first_s": 0.2, "last_s": 0.2,
        });
        let diagnosis = judged(run(packets(&[syn(PORT, 22, MSS), back], 0)));
        let told = told(&diagnosis);
        assert!(told[0].ends_with(expected), "{told:?}, not {expected}");
    }
}

#[test]
fn an_early_end_or_a_loss_leaves_open_what_went_back() {
    let mut short = packets(&[syn(PORT, 22, MSS)], 0);
    short["duration_s"] = json!(0.5);
    for witness in [short, packets(&[syn(PORT, 22, MSS)], 1)] {
        let diagnosis = judged(run(witness));
        assert!(told(&diagnosis)[0].ends_with("what went back is not known"));
    }
}

#[test]
fn counters_convict_alone_only_as_likely_and_not_when_they_move_by_themselves() {
    let undelivered = |count: u64| json!({"Ip.InReceives": 10 + count, "Ip.InDelivers": 10});
    let both = json!({"TcpExt.ListenOverflows": 4, "Ip.OutNoRoutes": 4});
    let cases = [
        (
            undelivered(4),
            json!({}),
            Some(("host_firewall.dropped", Certainty::Likely)),
        ),
        (undelivered(2), json!({}), None),
        (undelivered(4), undelivered(1), None),
        (
            undelivered(400),
            undelivered(1),
            Some(("host_firewall.dropped", Certainty::Likely)),
        ),
        (
            json!({"TcpExt.ListenOverflows": 4}),
            json!({}),
            Some(("listener.backlog_full", Certainty::Likely)),
        ),
        (both, json!({}), None),
    ];
    for (during, idle, expected) in cases {
        let diagnosis = judged(without_rules(run(counters(&during, &idle))));
        let cause = diagnosis.flows[0].cause.as_ref().unwrap();
        match expected {
            Some(expected) => assert_eq!((&*cause.id, cause.certainty), expected, "{during}"),
            None => assert_eq!(cause.certainty, Certainty::Possible, "{during} {idle}"),
        }
    }
}

#[test]
fn counters_of_another_time_say_nothing() {
    let moved = json!({"Ip.InReceives": 14, "Ip.InDelivers": 10});
    let mut witness = counters(&moved, &json!({}));
    witness["started_at"] = json!("2026-11-21T18:28:37Z");
    assert_eq!(
        told(&judged(without_rules(run(witness)))),
        Vec::<&str>::new()
    );
}

#[test]
fn packets_that_the_ip_layer_never_received_were_dropped_at_the_interface() {
    let mut witness = packets(&[syn(PORT, 22, MSS)], 0);
    witness["during"] = read(&json!({"duration_s": 10.0, "moved": {"Ip.InReceives": 3}}));
    let diagnosis = judged(without_rules(run(witness)));
    let cause = diagnosis.flows[0].cause.as_ref().unwrap();
    assert_eq!(
        (&*cause.id, cause.certainty),
        ("host_firewall.dropped", Certainty::Proven)
    );
}

#[test]
fn a_half_open_connection_is_told_by_its_client_and_port() {
    let kept = json!({"TcpExt.TCPTimeouts": 3, "Tcp.InSegs": 4});
    let resent = json!({"TcpExt.TCPSynRetrans": 4, "Tcp.RetransSegs": 4});
    // Another connection's loss probe sends a segment again without a timer.
    let beside_a_probe = json!({"TcpExt.TCPTimeouts": 3, "Tcp.RetransSegs": 1});
    // As many segments sent, failed or queued as timers: all may be of other connections.
    let others = json!({
        "TcpExt.TCPTimeouts": 3, "Tcp.RetransSegs": 1, "TcpExt.TCPRetransFail": 1,
        "TcpExt.TCPSpuriousRtxHostQueues": 1,
    });
    let one_sent = json!({
        "TcpExt.TCPTimeouts": 9, "Tcp.RetransSegs": 1, "TcpExt.TCPSynRetrans": 1,
    });
    let cases = [
        (22, PORT, &kept, Some("kept the kernel's answer in")),
        (
            22,
            PORT,
            &beside_a_probe,
            Some("kept the kernel's answer in"),
        ),
        (22, PORT, &others, None),
        (22, PORT, &one_sent, Some("sent its answer again and again")),
        (22, PORT, &resent, Some("sent its answer again and again")),
        (22, PORT + 1, &kept, None),
        (80, PORT, &kept, None),
    ];
    for (port, client, moved, expected) in cases {
        let mut witness = counters(moved, &json!({}));
        witness["half_open"] = read(&json!([{
            "local": format!("10.0.1.10:{port}"), "remote": format!("198.51.100.7:{client}"),
        }]));
        let diagnosis = judged(without_rules(run(witness)));
        let told = told(&diagnosis);
        match expected {
            Some(expected) => assert!(told[0].contains(expected), "{told:?}"),
            None => assert_eq!(told, Vec::<&str>::new()),
        }
    }
}

fn judged(run: Value) -> Diagnosis {
    diagnose(&serde_json::from_value(run).unwrap())
}

fn told(diagnosis: &Diagnosis) -> Vec<&str> {
    let items = diagnosis.evidence.iter();
    items
        .filter(|item| item.kind == "witness")
        .map(|item| item.summary.as_str())
        .collect()
}

fn excluded(diagnosis: &Diagnosis) -> Vec<&str> {
    let excluded = diagnosis.flows[0].excluded.iter();
    excluded.map(|it| it.id.as_str()).collect()
}

/// A run in which port 22 is silent though the groups allow it, beside a probe of port 80.
fn run(witness: Value) -> Value {
    let text = include_str!("scenarios/network_acl_denies_inbound_full/run.json");
    let mut run: Value = serde_json::from_str(text).unwrap();
    let evidence = &mut run["evidence"];
    evidence["outside"][0]["mss"] = json!(MSS);
    evidence["outside"][0]["local"] = json!(format!("198.51.100.7:{PORT}"));
    let mut web = evidence["outside"][0].clone();
    web["probe"]["label"] = json!("http");
    web["probe"]["port"] = json!(80);
    web["mss"] = Value::Null;
    web["local"] = json!(format!("198.51.100.7:{WEB_PORT}"));
    web["outcome"] = json!({"kind": "answered", "answer": {"protocol": "open", "banner": null}});
    evidence["outside"].as_array_mut().unwrap().push(web);
    // What is known of the firewall would decide before the witness does.
    evidence["inside"]["firewall"] = json!({});
    evidence["inside"]["packet_programs"] = read(&json!([]));
    evidence["inside"]["witness"] = witness;
    run
}

/// As taken by nobody: no answer of the instance's own that would clear the host.
fn without_rules(mut run: Value) -> Value {
    let inside = &mut run["evidence"]["inside"];
    inside["probes"] = json!([]);
    inside["listeners"] = json!({"state": "skipped", "source": "procfs", "reason": "not read"});
    run
}

fn packets(seen: &[Value], lost: u64) -> Value {
    let none = json!({"duration_s": 0.5, "moved": {}});
    json!({
        "client": "198.51.100.7", "started_at": "2026-11-22T18:28:37Z", "duration_s": 10.0,
        "packets": read(&json!({"seen": seen, "lost": lost})),
        "half_open": read(&json!([])), "idle": read(&none), "during": read(&none),
    })
}

fn counters(during: &Value, idle: &Value) -> Value {
    let mut witness = packets(&[], 0);
    witness["packets"] = json!({"state": "skipped", "source": "packet(7)", "reason": "not root"});
    witness["idle"] = read(&json!({"duration_s": 0.5, "moved": idle}));
    witness["during"] = read(&json!({"duration_s": 10.0, "moved": during}));
    witness
}

fn syn(from: u16, port: u16, mss: u16) -> Value {
    json!({
        "interface": "eth0", "way": "arrived",
        "source": format!("198.51.100.7:{from}"), "destination": format!("10.0.1.10:{port}"),
        "packet": {"kind": "tcp", "flags": 2, "mss": mss},
        "count": 4, "first_s": 0.1, "last_s": 3.1,
    })
}

fn web_syn(first_s: f64) -> Value {
    let mut syn = syn(WEB_PORT, 80, 1460);
    syn["first_s"] = json!(first_s);
    syn
}

fn read(value: &Value) -> Value {
    json!({"state": "read", "source": "made", "truncated": false, "value": value})
}

const MSS: u16 = 1234;
const PORT: u16 = 40_000;
const WEB_PORT: u16 = 40_001;
