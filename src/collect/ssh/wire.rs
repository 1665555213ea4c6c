//! The channels of a running `ssh`: lines and the snapshot from one, complaints and the sign that
//! packets are watched from the other; each is bounded.

use super::JoinError;
use super::remote::{Said, said};
use super::session::Stage;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

/// What comes over it.
#[derive(Debug)]
pub(super) enum Event {
    /// A line of the program on the instance.
    Said(Said),
    /// Packets are being watched.
    Ready,
    /// Everything after the last line, up to the end.
    Rest(Vec<u8>),
}

/// A running `ssh`, ended when this is dropped.
pub(super) struct Wire {
    child: Child,
    events: Receiver<Result<Event, JoinError>>,
    readers: JoinSet<()>,
    complaints: Complaints,
}

impl Wire {
    /// Starts `ssh`; `ready` is the line that says that packets are watched.
    pub(super) fn open(
        mut command: Command,
        ready: &'static str,
    ) -> Result<(Self, ChildStdin), JoinError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(JoinError::NotStarted)?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            let broken = std::io::ErrorKind::BrokenPipe.into();
            return Err(JoinError::NotStarted(broken));
        };
        let (sender, events) = channel(EVENTS);
        let complaints = Complaints::default();
        let mut readers = JoinSet::new();
        readers.spawn(listen(output, sender.clone()));
        readers.spawn(complain(errors, ready, sender, complaints.clone()));
        let wire = Self {
            child,
            events,
            readers,
            complaints,
        };
        Ok((wire, input))
    }

    /// What comes next, within the stage's time.
    pub(super) async fn next(&mut self, stage: &mut Stage) -> Result<Event, JoinError> {
        match timeout_at(stage.end, self.events.recv()).await {
            Ok(Some(event)) => event,
            Ok(None) => Err(JoinError::Ended(self.last_word().await)),
            Err(_) => Err(stage.late()),
        }
    }

    /// The complaint that tells most, once all that was complained of has come in.
    pub(super) async fn last_word(&mut self) -> String {
        let all_in = async { while self.readers.join_next().await.is_some() {} };
        let _in_time = timeout(MOMENT, all_in).await;
        self.complaints.first()
    }

    /// Forgets complaints so far: a login that works may complain of what does not matter.
    pub(super) fn forget_complaints(&self) {
        let lines = self.complaints.0.lock();
        lines.unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Lets `ssh` end by itself, for a moment.
    pub(super) async fn close(mut self) {
        let _in_time = timeout(MOMENT, self.child.wait()).await;
    }
}

/// The first lines of standard error.
#[derive(Clone, Default)]
struct Complaints(Arc<Mutex<Vec<String>>>);

impl Complaints {
    fn add(&self, line: &[u8]) {
        let line = line.trim_ascii();
        // A frame around a warning says nothing.
        let line = line
            .strip_prefix(b"@")
            .map_or(line, |_| trimmed(line, |byte| b"@ ".contains(byte)));
        if line.is_empty() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < COMPLAINTS {
            lines.push(probes::escape(line, SHOWN));
        }
    }

    fn first(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.first().cloned().unwrap_or_default()
    }
}

fn trimmed(line: &[u8], blank: impl Fn(&u8) -> bool) -> &[u8] {
    let Some(first) = line.iter().position(|byte| !blank(byte)) else {
        return &[];
    };
    let last = line.iter().rposition(|byte| !blank(byte)).unwrap_or(first);
    &line[first..=last]
}

/// Reads the program's lines, skips what others print before it, and then takes the rest.
async fn listen(output: ChildStdout, events: Sender<Result<Event, JoinError>>) {
    let mut output = BufReader::new(output);
    let mut skipped = 0;
    loop {
        let line = match line(&mut output).await {
            Ok(line) if !line.is_empty() => line,
            Ok(_) | Err(_) => {
                let _gone = events.send(Ok(Event::Rest(Vec::new()))).await;
                return;
            }
        };
        match said(&line) {
            None => skipped += line.len(),
            Some(Said::Begin) => break,
            Some(said) => {
                if events.send(Ok(Event::Said(said))).await.is_err() {
                    return;
                }
                skipped += 1;
            }
        }
        if skipped > SKIPPED {
            let _gone = events.send(Err(JoinError::Flood)).await;
            return;
        }
    }
    let mut rest = Vec::new();
    let read = output.take(REST + 1).read_to_end(&mut rest).await;
    let result = match read {
        Ok(_) if rest.len() as u64 > REST => Err(JoinError::Flood),
        Ok(_) | Err(_) => Ok(Event::Rest(rest)),
    };
    let _gone = events.send(result).await;
}

/// Drains standard error for as long as it is open, and keeps its beginning.
async fn complain(
    errors: ChildStderr,
    ready: &'static str,
    events: Sender<Result<Event, JoinError>>,
    complaints: Complaints,
) {
    let mut errors = BufReader::new(errors);
    let mut announced = false;
    while let Ok(line) = line(&mut errors).await {
        if line.is_empty() {
            return;
        }
        if line.trim_ascii() != ready.as_bytes() {
            complaints.add(&line);
        } else if !announced {
            announced = true;
            let _gone = events.send(Ok(Event::Ready)).await;
        }
    }
}

/// One line or, of a longer one, a piece; empty at the end.
async fn line(from: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    from.take(LINE).read_until(b'\n', &mut line).await?;
    Ok(line)
}

const EVENTS: usize = 16;
const COMPLAINTS: usize = 16;
const LINE: u64 = 4096;
const SHOWN: usize = 200;
/// What start-up files may print, in bytes.
const SKIPPED: usize = 256 << 10;
/// The largest snapshot, in bytes; rules of a large host take a few MiB.
const REST: u64 = 32 << 20;
const MOMENT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_complaint_is_kept_without_its_frame() {
        let complaints = Complaints::default();
        for line in [
            "@@@@@@@@@@@@@@@@\n",
            "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n",
            "\n",
            "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\n",
        ] {
            complaints.add(line.as_bytes());
        }
        let first = complaints.first();
        assert_eq!(first, "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!");
    }

    #[test]
    fn complaints_are_bounded_and_escaped() {
        let complaints = Complaints::default();
        for _ in 0..1000 {
            complaints.add(&[b"\x1b[2J".as_slice(), &[b'x'; 4096]].concat());
        }
        assert!(complaints.first().starts_with("\\x1b[2Jxxx"));
        assert!(complaints.first().chars().count() <= SHOWN + 1);
        assert_eq!(complaints.0.lock().unwrap().len(), COMPLAINTS);
    }
}
