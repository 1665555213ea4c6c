//! A room for one run: mounts and a network of its own.

use nix::unistd::geteuid;
use reachdx::inside::{Datum, Snapshot, read_snapshot};
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What one run left.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
    pub(crate) took: Duration,
    /// The most memory it was seen to hold, in KiB.
    pub(crate) peak: u64,
}

impl Run {
    /// The snapshot of a run that succeeded in time.
    pub(crate) fn snapshot(&self) -> Snapshot {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        assert!(self.took < LIMIT, "took {:?}", self.took);
        read_snapshot(&self.stdout).unwrap()
    }
}

/// Runs a script in mounts and a network of its own; in it `"$@"` is the tool with its arguments.
pub(crate) fn room(script: &str) -> Run {
    let directory = TempDir::new().unwrap();
    let (out, complaints) = (directory.path().join("out"), directory.path().join("err"));
    let flags = if geteuid().is_root() { "-mn" } else { "-rmn" };
    let started = Instant::now();
    let mut child = Command::new("unshare")
        .args([flags, "sh", "-ec", script, "sh"])
        .arg(env!("CARGO_BIN_EXE_reachdx"))
        .args(["inside", "--service", "tcp/9", "--outbound", "127.0.0.1:9"])
        .args(["--from", "127.0.0.1"])
        .env("DIRECTORY", directory.path())
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&complaints).unwrap())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(memory(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |path| String::from_utf8(fs::read(path).unwrap()).unwrap();
    Run {
        stdout: text(&out),
        stderr: text(&complaints),
        code: status.code(),
        took: started.elapsed(),
        peak,
    }
}

fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Why a datum was skipped.
pub(crate) fn reason<T>(datum: &Datum<T>) -> &str {
    match datum {
        Datum::Skipped { reason, .. } => reason,
        Datum::Read { source, .. } => panic!("{source} was read"),
    }
}

/// A file system of its own for all that a run could write to, so that nothing else writes there.
pub(crate) const PRIVATE: &str = "
    mkdir $DIRECTORY/etc; cp -a /etc/. $DIRECTORY/etc; mount --bind $DIRECTORY/etc /etc
    for place in run var dev/shm; do mount -t tmpfs none /$place; done
    mkdir -p /run/sshd /var/lib /var/log /var/tmp /var/cache /var/empty";

/// Brings the loopback interface up.
pub(crate) const UP: &str = "ip link set lo up";

/// The deadline of 20 s, and half as much for a machine that is busy.
const LIMIT: Duration = Duration::from_secs(30);
