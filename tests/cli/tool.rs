//! One call of the tool: what goes in, and what came out.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A call that is being put together, in a directory of its own.
pub(crate) struct Tool {
    directory: TempDir,
    command: Command,
    stdin: Vec<u8>,
}

/// What a call left.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
    /// How long it took.
    pub(crate) took: Duration,
    files: TempDir,
}

/// A call under way.
pub(crate) struct Running {
    child: Child,
    started: Instant,
    readers: [JoinHandle<Vec<u8>>; 2],
    files: TempDir,
}

impl Tool {
    /// `reachdx ARGUMENTS`, in an empty directory and without the caller's preferences.
    pub(crate) fn new<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let directory = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_reachdx"));
        command.args(arguments).current_dir(directory.path());
        for name in PREFERENCES {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        Self {
            directory,
            command,
            stdin: Vec::new(),
        }
    }

    /// Puts a file into its directory.
    pub(crate) fn file(self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Self {
        fs::write(self.directory.path().join(name), bytes).unwrap();
        self
    }

    /// Puts a directory into its directory.
    pub(crate) fn subdirectory(self, name: &str) -> Self {
        fs::create_dir(self.directory.path().join(name)).unwrap();
        self
    }

    /// Adds an argument that need not be text.
    pub(crate) fn argument(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives it something to read.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs `reachdx inside`, of which one machine allows one at a time, when the turn is free.
    pub(crate) fn inside(arguments: &[&str]) -> Output {
        let started = Instant::now();
        loop {
            let words = ["inside"].into_iter().chain(arguments.iter().copied());
            let output = Self::new(words).run();
            let taken = output.code == 3 && output.stderr.contains("another `reachdx inside`");
            if !taken || started.elapsed() > LONGEST {
                return output;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.stdin;
        thread::spawn(move || drop(stdin.write_all(&input)));
        let readers = [
            drain(child.stdout.take().unwrap()),
            drain(child.stderr.take().unwrap()),
        ];
        Running {
            child,
            started: Instant::now(),
            readers,
            files: self.directory,
        }
    }

    /// Runs it to its end. One machine allows one `reachdx inside` at a time, so those wait for one
    /// another.
    pub(crate) fn run(self) -> Output {
        let looks_inside = self.command.get_args().next() == Some("inside".as_ref());
        let _turn = looks_inside.then(turn);
        self.start().end()
    }
}

impl Running {
    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end; one that hangs is killed, and the test fails.
    pub(crate) fn end(mut self) -> Output {
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.started.elapsed() > LONGEST {
                self.child.kill().unwrap();
                panic!("still running after {LONGEST:?}");
            }
            thread::sleep(Duration::from_millis(5));
        };
        let took = self.started.elapsed();
        let [stdout, stderr] = self.readers.map(|reader| {
            let bytes = reader.join().unwrap();
            String::from_utf8(bytes).expect("the tool writes UTF-8")
        });
        Output {
            stdout,
            stderr,
            code: status.code().expect("no signal ended it"),
            took,
            files: self.files,
        }
    }
}

impl Output {
    /// Asserts the exit code and a silent standard error; gives the standard output.
    pub(crate) fn said(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.stderr, "");
        &self.stdout
    }

    /// As `said`, for one JSON document.
    pub(crate) fn document(&self, code: i32) -> serde_json::Value {
        serde_json::from_str(self.said(code)).unwrap()
    }

    /// Asserts that it refused at once, in one printable line, and gives that line.
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(self.code, 3, "{self:?}");
        assert_eq!(self.stdout, "");
        let line = self.stderr.strip_suffix('\n').expect("a whole line");
        let steers = |it: char| it.is_control() || it == '\u{202e}';
        assert!(!line.contains(steers), "{line:?}");
        assert!(line.chars().count() <= 300, "{line}");
        assert!(!line.contains("panicked"), "{line}");
        assert!(self.took < Duration::from_secs(20), "{:?}", self.took);
        line.strip_prefix("error: ")
            .expect("it says it is an error")
    }

    /// Where a file that it wrote is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }
}

fn drain(mut source: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// The right to run `reachdx inside` on this machine.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

static TURN: Mutex<()> = Mutex::new(());
/// Far more than any call here takes, for machines that are busy.
const LONGEST: Duration = Duration::from_secs(90);
const PREFERENCES: &[&str] = &[
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "COLUMNS",
    "RUST_BACKTRACE",
];
