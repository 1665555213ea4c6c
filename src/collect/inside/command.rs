//! Running one optional command: by full path, with a clean environment, bounded in time and
//! output, and never outliving its caller.

use super::files::{one_line, whole_lines};
use crate::inside::FileText;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncReadExt, copy, sink};
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep, timeout_at};

/// Why a command's output is not to be had.
#[derive(Debug, Error)]
pub(super) enum CommandError {
    #[error("could not be started: {0}")]
    NotStarted(#[from] io::Error),
    #[error("did not end within {} s and was stopped", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error("failed ({status}){}", colon(.stderr))]
    Failed {
        status: ExitStatus,
        /// The beginning of its complaints, as it wrote them.
        stderr: String,
    },
}

/// Limits of one run.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// The longest it may take.
    pub(super) time: Duration,
    /// The most output that is kept, in bytes; the command is stopped when it writes more.
    pub(super) output: u64,
}

/// As whom a command runs.
pub(super) enum Caller {
    /// As whoever runs this, with nothing to read.
    Same,
    /// As nobody, which takes root to become, with this file as its standard input.
    Nobody(OwnedFd),
}

/// Looks for an executable file in the directories given, in order; the environment's `PATH` has no
/// say.
pub(super) fn find(directories: &[PathBuf], name: &str) -> Option<PathBuf> {
    directories
        .iter()
        .map(|directory| directory.join(name))
        .find(|path| {
            path.metadata().is_ok_and(|metadata| {
                metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
            })
        })
}

/// Runs a command to its end or to its bounds, and gives its standard output.
pub(super) async fn run(
    program: &Path,
    arguments: &[&str],
    bounds: Bounds,
) -> Result<FileText, CommandError> {
    run_as(Caller::Same, program, arguments, bounds).await
}

/// As [`run`], as somebody else.
pub(super) async fn run_as(
    caller: Caller,
    program: &Path,
    arguments: &[&str],
    bounds: Bounds,
) -> Result<FileText, CommandError> {
    let end = Instant::now() + bounds.time;
    let mut child = Group::start(caller, program, arguments)?;
    let mut output = child.output()?;
    let mut complaint = child.complaint()?;
    let reading = async {
        tokio::try_join!(
            everything(&mut output, bounds.output),
            beginning(&mut complaint)
        )
    };
    let (stdout, stderr) = match timeout_at(end, reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(Early::Full(stdout))) => return Ok(whole_lines(&stdout, bounds.output)),
        Ok(Err(Early::Broken(error))) => return Err(error.into()),
        Err(_) => return Err(CommandError::TimedOut(bounds.time)),
    };
    let Ok(status) = timeout_at(end, child.status()).await else {
        return Err(CommandError::TimedOut(bounds.time));
    };
    let status = status?;
    if status.success() {
        return Ok(whole_lines(&stdout, bounds.output));
    }
    Err(CommandError::Failed {
        status,
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

/// A child in a process group of its own, stopped with everything it started when dropped.
struct Group {
    child: Option<Child>,
}

impl Group {
    fn start(caller: Caller, program: &Path, arguments: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(program);
        match caller {
            Caller::Same => command.stdin(Stdio::null()),
            Caller::Nobody(input) => command.stdin(input).uid(NOBODY).gid(NOBODY),
        };
        let child = command
            .args(arguments)
            .env_clear()
            .env("LC_ALL", "C")
            // What is written in Python would leave its compiled form behind.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir("/")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        Ok(Self { child: Some(child) })
    }

    fn output(&mut self) -> io::Result<Receiver> {
        let stdout = self.child.as_mut().and_then(|child| child.stdout.take());
        pipe(stdout.map(OwnedFd::from))
    }

    fn complaint(&mut self) -> io::Result<Receiver> {
        let stderr = self.child.as_mut().and_then(|child| child.stderr.take());
        pipe(stderr.map(OwnedFd::from))
    }

    async fn status(&mut self) -> io::Result<ExitStatus> {
        loop {
            let child = self.child.as_mut().ok_or(io::ErrorKind::NotFound)?;
            if let Some(status) = child.try_wait()? {
                self.child = None;
                return Ok(status);
            }
            sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // Not yet waited for, so the number still names this group and no other.
        let group = i32::try_from(child.id()).map(Pid::from_raw);
        match group.map(|group| killpg(group, Signal::SIGKILL)) {
            Ok(Ok(()) | Err(_)) | Err(_) => {}
        }
        // A process stuck in the kernel dies late; nobody waits for that but this thread.
        thread::spawn(move || child.wait());
    }
}

fn pipe(descriptor: Option<OwnedFd>) -> io::Result<Receiver> {
    let descriptor = descriptor.ok_or(io::ErrorKind::BrokenPipe)?;
    Receiver::from_owned_fd(descriptor)
}

/// Why reading ended before the end.
enum Early {
    Full(Vec<u8>),
    Broken(io::Error),
}

/// Reads to the end, unless there is more than `limit` bytes.
async fn everything(from: &mut Receiver, limit: u64) -> Result<Vec<u8>, Early> {
    let mut bytes = Vec::new();
    let taken = from.take(limit + 1).read_to_end(&mut bytes).await;
    taken.map_err(Early::Broken)?;
    if bytes.len() as u64 > limit {
        return Err(Early::Full(bytes));
    }
    Ok(bytes)
}

/// Reads to the end and keeps the beginning, so that no amount of complaints blocks the command.
async fn beginning(from: &mut Receiver) -> Result<Vec<u8>, Early> {
    let mut bytes = Vec::new();
    let kept = (&mut *from).take(COMPLAINT).read_to_end(&mut bytes).await;
    kept.map_err(Early::Broken)?;
    copy(from, &mut sink()).await.map_err(Early::Broken)?;
    Ok(bytes)
}

/// The first complaint, behind a colon.
fn colon(complaints: &str) -> String {
    let first = complaints.trim().lines().next();
    first.map_or_else(String::new, |line| format!(": {}", one_line(line)))
}

const COMPLAINT: u64 = 4096;
/// Nobody of every distribution, and what the kernel gives users it cannot name.
const NOBODY: u32 = 65534;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    const PATIENT: Bounds = Bounds {
        time: Duration::from_secs(20),
        output: 1000,
    };
    const HASTY: Bounds = Bounds {
        time: Duration::from_secs(1),
        output: 1000,
    };

    /// Writes a script from a process of its own: a descriptor open for writing must not leak into
    /// what another test starts meanwhile, or the script could not be run.
    pub(in crate::collect::inside) fn script(directory: &Path, name: &str, body: &str) -> PathBuf {
        let path = directory.join(name);
        let status = Command::new("/bin/sh")
            .args([
                "-c",
                r#"printf '#!/bin/sh\n%s\n' "$1" > "$2"; chmod 755 "$2""#,
                "sh",
                body,
            ])
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        path
    }

    async fn outcome(body: &str, bounds: Bounds) -> Result<(String, bool), String> {
        let directory = TempDir::new().unwrap();
        let path = script(directory.path(), "tool", body);
        let found = find(&["/nonexistent".into(), directory.path().into()], "tool").unwrap();
        assert_eq!(found, path);
        run(&found, &["-a"], bounds)
            .await
            .map(|text| (text.text, text.truncated))
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn output_is_given_when_the_command_succeeds() {
        let said = outcome(
            "echo \"$LC_ALL $1 ${HOME-unset}\"; read line || echo end",
            PATIENT,
        )
        .await;
        assert_eq!(said, Ok(("C -a unset\nend\n".to_owned(), false)));
    }

    #[tokio::test]
    async fn a_failure_is_told_by_status_and_first_complaint() {
        assert_eq!(
            outcome(
                "echo partial; echo 'no \tway' >&2; echo more >&2; exit 3",
                PATIENT
            )
            .await,
            Err("failed (exit status: 3): no \\tway".to_owned())
        );
        assert_eq!(
            outcome("exit 4", PATIENT).await,
            Err("failed (exit status: 4)".to_owned())
        );
        assert_eq!(
            outcome("kill -9 $$", PATIENT).await,
            Err("failed (signal: 9 (SIGKILL))".to_owned())
        );
    }

    #[tokio::test]
    async fn a_hanging_command_is_stopped_with_its_children() {
        let directory = TempDir::new().unwrap();
        let mark = directory.path().join("children");
        let body = format!(
            "sleep 30 & echo $! > {0}\necho $$ >> {0}\nwait",
            mark.display()
        );
        assert_eq!(
            outcome(&body, HASTY).await,
            Err("did not end within 1 s and was stopped".to_owned())
        );
        for pid in fs::read_to_string(mark).unwrap().lines() {
            let gone = (0..100).any(|_| {
                thread::sleep(Duration::from_millis(10));
                fs::read_to_string(format!("/proc/{pid}/stat"))
                    .map_or(true, |stat| stat.contains(") Z "))
            });
            assert!(gone, "process {pid} is still there");
        }
    }

    #[tokio::test]
    async fn a_command_that_leaves_its_output_open_is_stopped() {
        assert_eq!(
            outcome("sleep 30 &\nexit 0", HASTY).await,
            Err("did not end within 1 s and was stopped".to_owned())
        );
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_stopped() {
        let (text, truncated) = outcome("while :; do echo 0123456789; done", PATIENT)
            .await
            .unwrap();
        assert!(truncated);
        assert_eq!(text, "0123456789\n".repeat(90));
    }

    #[tokio::test]
    async fn a_flood_of_complaints_is_no_deadlock() {
        let body = "i=0; while [ $i -lt 3000 ]; do echo 01234567890123456789 >&2; i=$((i+1)); done";
        assert_eq!(outcome(body, PATIENT).await, Ok((String::new(), false)));
    }

    #[tokio::test]
    async fn what_is_not_an_executable_file_is_not_found_or_not_started() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("tool");
        fs::write(&path, "text").unwrap();
        fs::create_dir(directory.path().join("folder")).unwrap();
        let places = [directory.path().to_owned()];
        assert_eq!(find(&places, "tool"), None);
        assert_eq!(find(&places, "folder"), None);
        assert!(matches!(
            run(&path, &[], HASTY).await,
            Err(CommandError::NotStarted(_))
        ));
    }
}
