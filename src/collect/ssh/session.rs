//! One login: what is said in it, in order, each step with its bound.

use super::client::{Seen, seen};
use super::remote::{self, LONGEST_WATCH, Privilege, Said};
use super::wire::{Event, Wire};
use super::{JoinError, Order, identity};
use crate::inside::{Snapshot, read_snapshot};
use std::fs::File;
use std::io::{self, Read as _};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, Command};
use tokio::time::{Instant, timeout, timeout_at};

/// A watch under way on the instance; dropping it ends the login, and with it the watch.
pub struct Session {
    wire: Wire,
    input: Option<ChildStdin>,
    since: Instant,
    told: Told,
}

/// What a watch brought.
#[derive(Debug)]
pub struct Joined {
    /// The snapshot, taken after the watch.
    pub snapshot: Snapshot,
    /// Whether the watch ran for as long as the session was held.
    pub whole: bool,
    /// What a reader of the report should know of how it was taken.
    pub note: String,
}

/// What was learnt on the way.
struct Told {
    destination: String,
    seen: Seen,
    copied: bool,
    privilege: Privilege,
}

impl Session {
    /// Logs in and starts the watch; returns when packets are being watched.
    pub async fn start(order: &Order) -> Result<Self, JoinError> {
        let executable = File::open(OWN_PROGRAM).map_err(JoinError::OwnProgram)?;
        let size = executable.metadata().map_err(JoinError::OwnProgram)?.len();
        let program = remote::program(&order.services, size, &identity());
        let mut command = Command::new(PROGRAM);
        command
            .args(settings(order))
            .args(order.destination.arguments())
            .arg(remote::command(&program));
        let (mut wire, mut input) = Wire::open(command, order.ready)?;
        sent(&mut input, program.as_bytes()).await;

        let login = if order.may_ask { PATIENT_LOGIN } else { LOGIN };
        let mut opening = Stage::new("logging in", login);
        let (host, connection) = greeted(&mut wire, &mut opening).await?;
        let seen = seen(order, &connection).await;
        let client = seen
            .address()
            .map_or_else(|| "-".to_owned(), |it| it.to_string());
        sent(&mut input, format!("{client}\n").as_bytes()).await;

        let mut told = Told {
            destination: order.destination.to_string(),
            seen,
            copied: false,
            privilege: Privilege::Root,
        };
        let mut starting = Stage::new("starting the watch there", START);
        loop {
            match wire.next(&mut starting).await? {
                Event::Said(Said::Send) if remote::fits(&host) => {
                    told.copied = true;
                    copy(&executable, size, &mut input).await?;
                    starting = Stage::new("starting the watch there", START);
                }
                Event::Said(Said::Send) => {
                    return Err(JoinError::OtherMachine {
                        here: remote::here(),
                        there: host,
                    });
                }
                Event::Said(Said::Privilege(privilege)) => told.privilege = privilege,
                Event::Said(Said::Stopped(reason)) => return Err(JoinError::Stopped(reason)),
                Event::Ready => break,
                Event::Said(
                    Said::Host(_)
                    | Said::Connection(_)
                    | Said::Hello
                    | Said::Installed
                    | Said::Copied
                    | Said::Begin,
                ) => {}
                Event::Rest(_) => return Err(JoinError::Ended(wire.last_word().await)),
            }
        }
        Ok(Self {
            wire,
            input: Some(input),
            since: Instant::now(),
            told,
        })
    }

    /// Ends the watch and takes what it brought.
    pub async fn finish(mut self) -> Result<Joined, JoinError> {
        drop(self.input.take());
        let held = self.since.elapsed();
        let mut ending = Stage::new("taking the snapshot there", SNAPSHOT);
        let bytes = loop {
            match self.wire.next(&mut ending).await? {
                Event::Rest(bytes) => break bytes,
                Event::Said(Said::Stopped(reason)) => return Err(JoinError::Stopped(reason)),
                Event::Said(_) | Event::Ready => {}
            }
        };
        if bytes.trim_ascii().is_empty() {
            return Err(JoinError::Ended(self.wire.last_word().await));
        }
        let text = String::from_utf8(bytes).map_err(|_| JoinError::NotText)?;
        let snapshot = read_snapshot(&text)?;
        let watched = snapshot.witness.as_ref().map(|witness| witness.duration_s);
        // The watch goes on for as long as it takes to hear that it is over.
        let whole = watched.is_some_and(|watched| watched + SLACK >= held.as_secs_f64());
        self.wire.close().await;
        Ok(Joined {
            note: self.told.note(watched, whole),
            snapshot,
            whole,
        })
    }
}

impl Told {
    fn note(&self, watched: Option<f64>, whole: bool) -> String {
        let program = if self.copied {
            "a copy of this program, which was removed"
        } else {
            "the reachdx installed there"
        };
        let privilege = match &self.privilege {
            Privilege::Root => String::new(),
            Privilege::Sudo => ", by `sudo -n`".to_owned(),
            Privilege::None(user) => format!(
                "; `{user}` is not root there and `sudo -n` was refused, so that packets were not \
                 watched, and the host firewall and other users' processes not read"
            ),
        };
        let time = match watched {
            Some(_) if whole => format!("watched {} during all probes", self.seen),
            Some(watched) => format!(
                "watched {} for {watched:.0} s, which is less than the probes took (at most \
                 {LONGEST_WATCH} s)",
                self.seen
            ),
            None => "did not watch".to_owned(),
        };
        format!(
            "inside over ssh, `{}`: {program}, {time}{privilege}",
            self.destination
        )
    }
}

/// A step that may take so long.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) bound: Duration,
    pub(super) end: Instant,
}

impl Stage {
    fn new(name: &'static str, bound: Duration) -> Self {
        Self {
            name,
            bound,
            end: Instant::now() + bound,
        }
    }

    /// The error of one that took longer.
    pub(super) fn late(&self) -> JoinError {
        JoinError::Late {
            stage: self.name,
            seconds: self.bound.as_secs(),
        }
    }
}

/// The settings of the login: the user's come first, since `ssh` keeps the first value it is given.
pub(super) fn settings(order: &Order) -> Vec<String> {
    let mut settings = vec!["-T".to_owned()];
    let own = SETTINGS.iter().copied();
    let quiet = (!order.may_ask).then_some("BatchMode=yes");
    let all = order.options.iter().map(String::as_str).chain(quiet);
    for setting in all.chain(own) {
        settings.extend(["-o".to_owned(), setting.to_owned()]);
    }
    settings
}

/// Waits for the program on the instance; the kind of machine, and `SSH_CONNECTION`.
async fn greeted(wire: &mut Wire, stage: &mut Stage) -> Result<(String, String), JoinError> {
    let (mut host, mut connection) = (String::new(), String::new());
    loop {
        match wire.next(stage).await? {
            Event::Said(Said::Host(said)) => host = said,
            Event::Said(Said::Connection(said)) => connection = said,
            Event::Said(Said::Hello) => {
                wire.forget_complaints();
                return Ok((host, connection));
            }
            Event::Said(Said::Stopped(reason)) => return Err(JoinError::Stopped(reason)),
            Event::Said(
                Said::Installed | Said::Send | Said::Copied | Said::Privilege(_) | Said::Begin,
            )
            | Event::Ready => {}
            Event::Rest(_) => return Err(JoinError::Ended(wire.last_word().await)),
        }
    }
}

async fn copy(mut from: &File, size: u64, to: &mut ChildStdin) -> Result<(), JoinError> {
    let stage = Stage::new("copying this program there", COPY);
    let mut left = size;
    let mut buffer = vec![0; 64 << 10];
    while left > 0 {
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let length = from
            .read(&mut buffer[..most])
            .map_err(JoinError::OwnProgram)?;
        if length == 0 {
            let cut = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(JoinError::OwnProgram(cut));
        }
        left -= length as u64;
        match timeout_at(stage.end, to.write_all(&buffer[..length])).await {
            Ok(Ok(())) => {}
            // The session is over, and says why on its other channels.
            Ok(Err(_)) => return Ok(()),
            Err(_) => return Err(stage.late()),
        }
    }
    Ok(())
}

/// Sends a few bytes; a session that is over says why on its other channels.
async fn sent(input: &mut ChildStdin, bytes: &[u8]) {
    let _unheard = timeout(LOGIN, input.write_all(bytes)).await;
}

/// Found on `PATH`.
pub(super) const PROGRAM: &str = "ssh";
/// This very program, also when its file has been replaced since it was started.
const OWN_PROGRAM: &str = "/proc/self/exe";
/// `RemoteCommand` of the user's configuration would take the place of ours, and forwardings would
/// open ports; `LogLevel` leaves errors and drops banners.
const SETTINGS: &[&str] = &[
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "RemoteCommand=none",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "EscapeChar=none",
    "LogLevel=ERROR",
];
/// How long the watch may lag behind our own clock, in seconds.
const SLACK: f64 = 0.3;
const LOGIN: Duration = Duration::from_secs(20);
/// Somebody types a password.
const PATIENT_LOGIN: Duration = Duration::from_mins(2);
const COPY: Duration = Duration::from_mins(3);
const START: Duration = Duration::from_secs(30);
/// A snapshot keeps its own deadline of 20 s.
const SNAPSHOT: Duration = Duration::from_secs(40);
