//! The real tools, run in the namespace that the calling thread stands in.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::ScopedJoinHandle;

/// Runs a tool that has to succeed, and gives what it prints.
pub(crate) fn run(program: &str, words: &[&str], input: &str) -> String {
    attempt(program, words, input)
        .unwrap_or_else(|error| panic!("`{program} {}`: {error}\n{input}", words.join(" ")))
}

/// Runs a tool, and gives what it prints: to its standard output when it succeeds, to its standard
/// error when it does not.
pub(crate) fn attempt(program: &str, words: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(words)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{error}; `tests/run` installs what the tests need"))?;
    if let Some(mut pipe) = child.stdin.take() {
        drop(pipe.write_all(input.as_bytes()));
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Waits for a thread, and fails as it failed.
pub(crate) fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
