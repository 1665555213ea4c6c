//! A run of the collector with a network and mounts of its own, beside a service that tells what it was
//! asked.

use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{setsockopt, sockopt::Linger};
use reachdx::inside::{Cloud, CloudFacts, Datum, read_snapshot};
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// What a service says to a request: HTTP, or one of `hang`, `flood`, `close`, `reset`.
pub(crate) type Answer = fn(&str) -> String;

/// A run that is to be.
pub(crate) struct Room {
    cloud: Option<Cloud>,
    answer: Option<Answer>,
    address: Option<Ipv4Addr>,
    hosts: String,
    script: String,
}

impl Room {
    /// One in which this cloud is asked, whose address the host has.
    pub(crate) fn of(cloud: Cloud) -> Self {
        Self {
            cloud: Some(cloud),
            answer: None,
            address: Some(cloud.address()),
            hosts: format!("{} metadata.tencentyun.com\n", Cloud::Tencent.address()),
            script: String::new(),
        }
    }

    /// With a service that answers so.
    pub(crate) fn answering(self, answer: Answer) -> Self {
        Self {
            answer: Some(answer),
            ..self
        }
    }

    /// With these commands run before.
    pub(crate) fn after(self, script: &str) -> Self {
        Self {
            script: script.to_owned(),
            ..self
        }
    }

    /// With the service at this address instead.
    pub(crate) fn listening(self, address: &str) -> Self {
        Self {
            address: Some(address.parse().unwrap()),
            ..self
        }
    }

    /// With this file of names.
    pub(crate) fn naming(self, hosts: &str) -> Self {
        Self {
            hosts: hosts.to_owned(),
            ..self
        }
    }

    /// Asking the cloud that the firmware names.
    pub(crate) fn by_firmware(self) -> Self {
        Self {
            cloud: None,
            ..self
        }
    }

    /// Without the service's address on the host.
    pub(crate) fn elsewhere(self) -> Self {
        Self {
            address: None,
            ..self
        }
    }

    /// Runs it.
    pub(crate) fn run(self) -> Run {
        thread::spawn(move || self.run_here()).join().unwrap()
    }

    fn run_here(self) -> Run {
        unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)
            .expect("needs root, for a network and mounts of its own");
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("hosts"), &self.hosts).unwrap();
        fs::write(directory.path().join("resolv.conf"), "").unwrap();
        let script = format!("{MOUNTS}{}", self.script);
        let ready = Command::new("sh")
            .args(["-euc", &script])
            .env("DIRECTORY", directory.path())
            .status();
        assert!(ready.unwrap().success());
        if let Some(address) = self.address {
            let held = format!("address add {address}/32 dev lo");
            let ip = Command::new("ip").args(held.split(' ')).status();
            assert!(ip.unwrap().success());
        }
        let (sender, requests) = channel();
        if let Some((answer, address)) = self.answer.zip(self.address) {
            let listener = TcpListener::bind((address, 80)).unwrap();
            thread::spawn(move || serve(&listener, answer, &sender));
        }
        let cloud = self.cloud.map(|it| format!("--metadata={}", it.name()));
        let output = Command::new(env!("CARGO_BIN_EXE_reachdx"))
            .args(["inside", "--service", "tcp/9", "--outbound", "127.0.0.1:9"])
            .arg(cloud.as_deref().unwrap_or("--metadata"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        Run {
            requests: requests.try_iter().collect(),
            text: String::from_utf8(output.stdout).unwrap(),
        }
    }
}

/// What a service was asked, and the snapshot's text.
pub(crate) struct Run {
    pub(crate) requests: Vec<String>,
    pub(crate) text: String,
}

impl Run {
    /// What the snapshot has of the cloud.
    pub(crate) fn datum(&self) -> Datum<CloudFacts> {
        read_snapshot(&self.text).unwrap().host.cloud
    }

    /// What was told.
    pub(crate) fn facts(&self) -> CloudFacts {
        match self.datum() {
            Datum::Read { value, .. } => value,
            Datum::Skipped { reason, .. } => panic!("{reason}"),
        }
    }

    /// Why nothing was told.
    pub(crate) fn reason(&self) -> String {
        match self.datum() {
            Datum::Read { value, .. } => panic!("{value:?}"),
            Datum::Skipped { reason, .. } => reason,
        }
    }

    /// Where it was asked, or was to be.
    pub(crate) fn source(&self) -> String {
        let (Datum::Read { source, .. } | Datum::Skipped { source, .. }) = self.datum();
        source
    }

    /// The paths that were asked, with the method where it is not `GET`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let lines = self.requests.iter().map(|it| it.lines().next().unwrap());
        lines
            .map(|line| line.replace("GET ", "").replace(" HTTP/1.1", ""))
            .collect()
    }
}

fn serve(listener: &TcpListener, answer: Answer, requests: &Sender<String>) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let request = request(&mut stream);
        let answer = answer(&request);
        if requests.send(request).is_err() {
            return;
        }
        thread::spawn(move || say(stream, &answer));
    }
}

fn say(mut stream: TcpStream, answer: &str) {
    match answer {
        "hang" => thread::sleep(Duration::from_secs(5)),
        "flood" => while stream.write_all(&[b'x'; 4096]).is_ok() {},
        "close" => {}
        "reset" => {
            let at_once = nix::libc::linger {
                l_onoff: 1,
                l_linger: 0,
            };
            setsockopt(&stream, Linger, &at_once).unwrap();
        }
        // Who has read enough may have gone.
        whole => drop(stream.write_all(whole.as_bytes())),
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

const MOUNTS: &str = "
    mount --make-rprivate /
    mount --bind $DIRECTORY/hosts /etc/hosts
    mount --bind $DIRECTORY/resolv.conf /etc/resolv.conf
    ip link set lo up
";
