//! Runs to render: one a situation that a reader meets.

use super::parts::{
    address, answered, group, observation, read, resolution, run, snapshot, stopped, timeout,
};
use probes::{Answer, Failure, Outcome, Resolution, ResolutionOutcome, Stage, Vantage};
use reachdx::evidence::{Expectation, Run};
use reachdx::inside::{Account, LoginGates, Outbound, SshLogin};
use rulesets::SecurityGroups;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Every situation with its name.
pub(crate) fn all() -> Vec<(&'static str, Run)> {
    vec![
        ("healthy", healthy()),
        ("security_group_no_match", security_group_no_match()),
        ("nothing_allowed", nothing_allowed()),
        ("outside_only_timeouts", outside_only_timeouts()),
        ("refused_nothing_listens", refused_nothing_listens()),
        ("name_not_found", name_not_found()),
        ("hostile_banner", hostile_banner()),
        ("two_addresses", two_addresses()),
        ("outbound_smtp", outbound_smtp()),
        ("expected_closed", expected_closed()),
        ("two_blockers", two_blockers()),
        ("http_error", http_error()),
        ("not_measured", not_measured()),
        ("login_refused", login_refused()),
        ("account_without_shell", account_without_shell()),
    ]
}

fn healthy() -> Run {
    run(TARGET, SIX, |service| Some(answered(service)))
}

fn security_group_no_match() -> Run {
    let mut run = run(TARGET, &["ssh", "http"], |service| {
        Some(if service == "ssh" {
            timeout()
        } else {
            answered(service)
        })
    });
    run.evidence.groups = Some(SecurityGroups {
        groups: vec![group(
            "sg-1",
            r#"{"Version":"12","Ingress":[
                {"Protocol":"TCP","Port":"80","CidrBlock":"0.0.0.0/0","Action":"ACCEPT"},
                {"Protocol":"TCP","Port":"443","CidrBlock":"0.0.0.0/0","Action":"ACCEPT"}]}"#,
        )],
    });
    run.evidence.inside = Some(snapshot(&[("sshd", 22), ("nginx", 80)]));
    run
}

fn nothing_allowed() -> Run {
    let mut run = run(TARGET, SIX, |_| Some(timeout()));
    run.evidence.groups = Some(SecurityGroups {
        groups: vec![group("sg-empty", r#"{"Version":"3","Ingress":[]}"#)],
    });
    run
}

fn outside_only_timeouts() -> Run {
    run(TARGET, SIX, |_| Some(timeout()))
}

fn refused_nothing_listens() -> Run {
    let mut run = run(TARGET, &["ssh", "http"], |service| {
        Some(if service == "http" {
            stopped(Stage::Connect, Failure::Refused, 0.021)
        } else {
            answered(service)
        })
    });
    run.evidence.inside = Some(snapshot(&[("sshd", 22)]));
    run
}

fn name_not_found() -> Run {
    let mut run = run("wbe-1.example", &["ssh", "https"], |_| None);
    run.evidence.resolution = Some(Resolution {
        name: "wbe-1.example".into(),
        resolver: "192.0.2.53".into(),
        outcome: ResolutionOutcome::NotFound,
        elapsed_s: 0.018,
    });
    run
}

/// Bytes that a peer sent come escaped from the probes; what a user's files say does not.
fn hostile_banner() -> Run {
    let mut run = run(TARGET, &["ssh", "smtp"], |service| {
        Some(if service == "ssh" {
            let failure = Failure::WrongProtocol {
                spoken: "unknown".into(),
                sample: probes::escape(
                    b"\x1b]0;owned\x07\x1b[2J\r\n| `rm -rf` <script>alert(1)</script> \xff",
                    200,
                ),
            };
            stopped(Stage::Greet, failure, 0.05)
        } else {
            answered(service)
        })
    });
    run.evidence.notes =
        vec!["read \u{1b}[31m安全组\u{202e}.json | `all` of <it>\nand more".into()];
    run
}

fn two_addresses() -> Run {
    let v6: IpAddr = "2001:db8::10".parse().unwrap();
    let mut run = run("web-1.example", &["ssh", "https"], |service| {
        Some(answered(service))
    });
    run.evidence.resolution = Some(resolution("web-1.example", &[address(), v6]));
    let local = "[2001:db8:1::7]:40000".parse().ok();
    for label in ["ssh", "https"] {
        let seen = if label == "ssh" {
            answered("ssh")
        } else {
            stopped(Stage::Connect, Failure::Refused, 0.034)
        };
        let mut observation = observation(label, v6, seen);
        observation.local = local;
        run.evidence.outside.push(observation);
    }
    run
}

fn outbound_smtp() -> Run {
    let mut run = run(TARGET, &["ssh"], |service| Some(answered(service)));
    let mut snapshot = snapshot(&[("sshd", 22)]);
    let far_ends = [
        ("mx1.example", 25, timeout()),
        ("mx2.example", 25, timeout()),
        ("relay.example", 587, answered("smtp")),
        ("www.example", 443, answered("tcp")),
    ];
    for (index, (host, port, seen)) in far_ends.into_iter().enumerate() {
        let address = IpAddr::from([192, 0, 2, u8::try_from(index).unwrap() + 1]);
        let service = if port == 443 { "tcp" } else { "smtp" };
        let mut observation = observation(service, address, seen);
        observation.vantage = Vantage::Inside;
        observation.local = "10.0.1.10:50000".parse().ok();
        observation.probe.port = Some(port);
        observation.probe.server_name = Some(host.into());
        snapshot.outbound.push(Outbound {
            host: host.into(),
            port,
            observation: Some(observation),
            resolution_error: None,
            trace: None,
        });
    }
    run.evidence.inside = Some(snapshot);
    run
}

fn expected_closed() -> Run {
    let mut run = run(TARGET, &["ssh", "rdp", "http"], |service| {
        Some(match service {
            "rdp" => stopped(Stage::Connect, Failure::Refused, 0.02),
            _ => answered(service),
        })
    });
    run.plan.expect = BTreeMap::from([
        ("rdp".into(), Expectation::Blocked),
        ("http".into(), Expectation::Blocked),
    ]);
    run
}

/// The groups stop it, and behind them nothing listens.
fn two_blockers() -> Run {
    let mut run = security_group_no_match();
    run.evidence.inside = Some(snapshot(&[("nginx", 80)]));
    run
}

fn http_error() -> Run {
    run(TARGET, &["ssh", "http"], |service| {
        let answer = Answer::Http {
            status: 503,
            reason: "Service Unavailable".into(),
            method: "HEAD".into(),
            location: None,
            server: None,
            tls: None,
        };
        Some(match service {
            "http" => (Outcome::Answered { answer }, 0.08),
            _ => answered(service),
        })
    })
}

/// The way is open, and the SSH server lets root not in.
fn login_refused() -> Run {
    let mut run = run(TARGET, &["ssh"], |service| Some(answered(service)));
    run.plan.from = Some(IpAddr::from([198, 51, 100, 7]));
    run.evidence.inside = Some(snapshot(&[("ssh", 22)]));
    run
}

/// The way is open, the server's settings let the user in, and the account has no shell.
fn account_without_shell() -> Run {
    let mut run = login_refused();
    let inside = run.evidence.inside.as_mut().unwrap();
    inside.ssh_login = read(SshLogin {
        user: "deploy".into(),
        client: IpAddr::from([198, 51, 100, 7]),
        settings: BTreeMap::new(),
    });
    inside.host.login = read(LoginGates {
        user: "deploy".into(),
        nologin: false,
        account: Some(Account {
            uid: 1001,
            home: "/home/deploy".into(),
            shell: "/usr/sbin/nologin".into(),
        }),
        shell_exists: Some(true),
        password: None,
    });
    run
}

/// Echo without permission, and a datagram that nobody answers.
fn not_measured() -> Run {
    run(TARGET, &["ssh", "icmp", "udp"], |service| {
        Some(match service {
            "icmp" => (
                Outcome::NotMeasured {
                    reason: "no permission to send echo requests".into(),
                    remedy: "run it as root".into(),
                },
                0.0,
            ),
            "udp" => stopped(Stage::Greet, Failure::Silent { received: 0 }, 4.0),
            _ => answered(service),
        })
    })
}

const TARGET: &str = "203.0.113.10";
const SIX: &[&str] = &["ssh", "rdp", "http", "https", "icmp", "smtp"];
