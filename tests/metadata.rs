//! `reachdx inside --metadata` against services that behave as the clouds' own do, and worse, in a
//! network of its own for each run.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use nix::sched::{CloneFlags, unshare};
use reachdx::inside::{Cloud, CloudFacts, Datum, read_snapshot};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

/// What a service was asked, and the snapshot's text.
struct Run {
    requests: Vec<String>,
    text: String,
}

impl Run {
    fn datum(&self) -> Datum<CloudFacts> {
        read_snapshot(&self.text).unwrap().host.cloud
    }

    fn facts(&self) -> CloudFacts {
        match self.datum() {
            Datum::Read { value, .. } => value,
            Datum::Skipped { reason, .. } => panic!("{reason}"),
        }
    }

    fn reason(&self) -> String {
        match self.datum() {
            Datum::Read { value, .. } => panic!("{value:?}"),
            Datum::Skipped { reason, .. } => reason,
        }
    }

    /// The paths that were asked, with the method where it is not `GET`.
    fn paths(&self) -> Vec<String> {
        let lines = self.requests.iter().map(|it| it.lines().next().unwrap());
        lines
            .map(|line| line.replace("GET ", "").replace(" HTTP/1.1", ""))
            .collect()
    }
}

/// Runs the collector beside a service that answers each request by `answer`; `None` where it listens
/// to nobody.
fn run(cloud: Cloud, answer: Option<fn(&str) -> String>) -> Run {
    let work = move || {
        unshare(CloneFlags::CLONE_NEWNET).expect("needs root, for a network of its own");
        let address = cloud.address();
        for words in [
            "link set lo up".to_owned(),
            format!("address add {address}/32 dev lo"),
        ] {
            let ip = Command::new("ip").args(words.split(' ')).status();
            assert!(ip.unwrap().success());
        }
        let (sender, requests) = channel();
        if let Some(answer) = answer {
            let listener = TcpListener::bind((address, 80)).unwrap();
            thread::spawn(move || serve(&listener, answer, &sender));
        }
        let output = Command::new(env!("CARGO_BIN_EXE_reachdx"))
            .args(["inside", "--service", "tcp/9", "--outbound", "127.0.0.1:9"])
            .arg(format!("--metadata={}", cloud.name()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        Run {
            requests: requests.try_iter().collect(),
            text: String::from_utf8(output.stdout).unwrap(),
        }
    };
    thread::spawn(work).join().unwrap()
}

fn serve(listener: &TcpListener, answer: fn(&str) -> String, requests: &Sender<String>) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let request = request(&mut stream);
        let answer = answer(&request);
        if requests.send(request).is_err() {
            return;
        }
        match answer.as_str() {
            "hang" => thread::sleep(Duration::from_secs(5)),
            "flood" => while stream.write_all(&[b'x'; 4096]).is_ok() {},
            // Who has read enough may have gone.
            whole => drop(stream.write_all(whole.as_bytes())),
        }
    }
}

fn request(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn missing() -> String {
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()
}

/// The body for the end of a path; whatever lies elsewhere is a secret.
fn by_path(request: &str, bodies: &[(&str, &str)]) -> String {
    let path = request.split(' ').nth(1).unwrap();
    let found = bodies.iter().find(|(end, _)| path.ends_with(end));
    found.map_or_else(|| ok("SECRET-PATH"), |(_, body)| ok(body))
}

fn tencent(request: &str) -> String {
    by_path(
        request,
        &[
            ("/instance-id", "ins-0a1b2c3d"),
            ("/region", "ap-guangzhou"),
            ("/zone", "ap-guangzhou-3"),
            ("/meta-data/mac", "52:54:00:00:53:01"),
            ("/local-ipv4", "10.0.1.10"),
            ("/public-ipv4", "203.0.113.10"),
            ("/gateway", "10.0.1.1"),
            ("/subnet-mask", "255.255.255.0"),
            ("/vpc-id", "vpc-1"),
            ("/subnet-id", "subnet-1"),
            ("/security-group", "sg-web0\nsg-base"),
        ],
    )
}

#[test]
fn tencent_tells_addresses_and_groups() {
    let run = run(Cloud::Tencent, Some(tencent));
    let facts = run.facts();
    assert_eq!(facts.instance_id.as_deref(), Some("ins-0a1b2c3d"));
    assert_eq!(facts.private_address, Some([10, 0, 1, 10].into()));
    assert_eq!(facts.public_address, Some([203, 0, 113, 10].into()));
    assert_eq!(facts.gateway, Some([10, 0, 1, 1].into()));
    assert_eq!(facts.prefix, Some(24));
    assert_eq!(facts.security_groups.unwrap(), ["sg-web0", "sg-base"]);
    assert_eq!(run.requests.len(), Cloud::Tencent.asks().len());
    assert!(run.requests[0].contains("Host: metadata.tencentyun.com"));
    let mac = "/latest/meta-data/network/interfaces/macs/52:54:00:00:53:01";
    assert_eq!(
        run.paths()[6],
        format!("{mac}/local-ipv4s/10.0.1.10/gateway")
    );
    assert!(!run.text.contains("SECRET") && !run.text.contains("52:54:00"));
}

fn aws(request: &str) -> String {
    if request.starts_with("PUT /latest/api/token ") {
        assert!(request.contains("X-aws-ec2-metadata-token-ttl-seconds: 60\r\n"));
        return ok("SECRET-TOKEN==");
    }
    if !request.contains("X-aws-ec2-metadata-token: SECRET-TOKEN==\r\n") {
        return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_owned();
    }
    if request.contains("/public-ipv4") {
        return missing();
    }
    by_path(
        request,
        &[
            ("/instance-id", "i-0a1b2c3d4e5f60718"),
            ("/region", "eu-north-1"),
            ("/availability-zone", "eu-north-1a"),
            ("/meta-data/mac", "0a:00:00:00:53:01"),
            ("/local-ipv4", "172.31.16.9"),
            ("/subnet-ipv4-cidr-block", "172.31.16.0/20"),
            ("/vpc-id", "vpc-1"),
            ("/subnet-id", "subnet-1"),
            ("/security-group-ids", "sg-0a1b2c3d"),
        ],
    )
}

#[test]
fn aws_is_asked_with_a_token_that_is_not_kept() {
    let run = run(Cloud::Aws, Some(aws));
    let facts = run.facts();
    assert_eq!(facts.zone.as_deref(), Some("eu-north-1a"));
    assert_eq!((facts.prefix, facts.public_address), (Some(20), None));
    assert_eq!(facts.security_groups.unwrap(), ["sg-0a1b2c3d"]);
    assert_eq!(run.paths()[0], "PUT /latest/api/token");
    assert_eq!(run.requests.len(), Cloud::Aws.asks().len() + 1);
    assert!(!run.text.contains("SECRET"));
}

fn azure(request: &str) -> String {
    if !request.contains("Metadata: true\r\n") {
        return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_owned();
    }
    by_path(
        &request.replace("?api-version=2021-02-01&format=text", ""),
        &[
            ("/vmId", "02aab8a4-74ef-476e-8182-f6d2ba4166a6"),
            ("/location", "westeurope"),
            ("/zone", ""),
            ("/privateIpAddress", "10.1.0.4"),
            ("/publicIpAddress", "203.0.113.4"),
            ("/prefix", "24"),
        ],
    )
}

#[test]
fn azure_is_asked_for_single_members_of_its_document() {
    let run = run(Cloud::Azure, Some(azure));
    let facts = run.facts();
    assert_eq!(facts.region.as_deref(), Some("westeurope"));
    assert_eq!((facts.zone, facts.prefix), (None, Some(24)));
    assert_eq!(run.requests.len(), Cloud::Azure.asks().len());
    assert!(!run.text.contains("SECRET"));
}

#[test]
fn google_wants_its_header_and_alibaba_may_have_no_tokens() {
    let google = run(
        Cloud::Gcp,
        Some(|request| {
            if !request.contains("Metadata-Flavor: Google\r\n") {
                return missing();
            }
            let bodies = [
                ("/id", "42"),
                ("/zone", "projects/SECRET/zones/eu-1-a"),
                ("/ip", "10.2.0.2"),
            ];
            by_path(request, &bodies)
        }),
    );
    assert_eq!(google.facts().zone.as_deref(), Some("eu-1-a"));
    assert!(!google.text.contains("SECRET"));
    let alibaba = run(
        Cloud::Alibaba,
        Some(|request| {
            if request.starts_with("PUT") {
                return missing();
            }
            by_path(
                request,
                &[("/instance-id", "i-1"), ("/private-ipv4", "10.3.0.3")],
            )
        }),
    );
    assert_eq!(alibaba.facts().private_address, Some([10, 3, 0, 3].into()));
}

#[test]
fn a_service_that_misbehaves_costs_its_own_facts_and_says_how() {
    type Answer = fn(&str) -> String;
    let cases: [(Option<Answer>, &str); 6] = [
        (None, "refuses the connection"),
        (Some(|_| "hang".to_owned()), "does not answer"),
        (Some(|_| "flood".to_owned()), "does not speak HTTP: `xxxx"),
        (
            Some(|_| {
                "HTTP/1.1 302 Found\r\nLocation: /latest/user-data\r\nContent-Length: 0\r\n\r\n"
                    .to_owned()
            }),
            "answers with status 302",
        ),
        (
            Some(|_| "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned()),
            "answers with status 403",
        ),
        (Some(|_| missing()), "tells nothing of what is asked"),
    ];
    for (answer, want) in cases {
        let run = run(Cloud::Tencent, answer);
        let reason = run.reason();
        assert!(reason.starts_with(want), "{reason}");
        assert!(run.paths().iter().all(|it| !it.contains("user-data")));
    }
}

#[test]
fn nothing_is_asked_unless_wanted() {
    let output = Command::new(env!("CARGO_BIN_EXE_reachdx"))
        .args(["inside", "--service", "tcp/9", "--outbound", "127.0.0.1:9"])
        .output()
        .unwrap();
    let snapshot = read_snapshot(&String::from_utf8(output.stdout).unwrap()).unwrap();
    let Datum::Skipped { reason, .. } = snapshot.host.cloud else {
        panic!("it was asked");
    };
    assert_eq!(reason, "not asked for: give --metadata");
    let wrong = Command::new(env!("CARGO_BIN_EXE_reachdx"))
        .args(["inside", "--metadata=ibm"])
        .output()
        .unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        said.contains("give tencent, aws, azure, gcp or alibaba"),
        "{said}"
    );
}
