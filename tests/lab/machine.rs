//! One machine: network, mount and process namespaces with a private /run, /etc and spool.
//!
//! Its first process waits on a pipe that only this test process holds. When the test ends, even by
//! `kill -9`, the pipe closes, that process ends, and the kernel ends every other process of the
//! machine and removes its interfaces and files. Nothing has a name outside, so machines of labs that
//! run side by side cannot meet.

use crate::peers::{Peer, Stop};
use nix::sched::{CloneFlags, setns};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, ScopedJoinHandle};

/// A machine that lives as long as this value.
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    pid: i32,
    holder: Child,
    network: File,
    processes: Vec<Child>,
    peers: Vec<Peer>,
}

impl Machine {
    /// Starts a machine with loopback up and no other interface.
    pub(crate) fn start(name: &'static str) -> Self {
        let mut holder = Command::new("unshare")
            .args(["--net", "--mount", "--pid", "--fork", "--kill-child=KILL"])
            .args(["--mount-proc", "sh", "-c", HOLDER])
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("util-linux `unshare` should be installed");
        let mut ready = String::new();
        let mut output = BufReader::new(holder.stdout.take().unwrap());
        output.read_line(&mut ready).unwrap();
        if ready.trim_end() != "ready" {
            let mut error = String::new();
            holder
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut error)
                .unwrap();
            panic!("machine `{name}` did not start: {error}");
        }
        let pid = only_child(holder.id());
        let network = File::open(format!("/proc/{pid}/ns/net")).unwrap();
        Self {
            name,
            pid,
            holder,
            network,
            processes: Vec::new(),
            peers: Vec::new(),
        }
    }

    /// The machine's first process, as this process sees it.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// A path of the machine, as this process can open it.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{inside}", self.pid))
    }

    /// Writes a file of the machine.
    pub(crate) fn write(&self, inside: &str, content: impl AsRef<[u8]>) {
        let path = self.path(inside);
        fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// A command to be run in the machine, as root.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={}", self.pid))
            .args(["--net", "--mount", "--pid", "--"])
            .args(words)
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command in the machine and gives its output, whatever its status.
    pub(crate) fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs a command in the machine that has to succeed, and gives what it prints.
    pub(crate) fn run(&self, words: &[&str]) -> String {
        self.succeeded(words, &self.output(words))
    }

    /// Runs a command in the machine that has to succeed, with `input` on its standard input.
    pub(crate) fn run_with_input(&self, words: &[&str], input: &str) -> String {
        self.succeeded(words, &fed(&mut self.command(words), input))
    }

    /// Runs one line of shell in the machine; every command of it has to succeed.
    pub(crate) fn sh(&self, line: &str) {
        self.run(&["sh", "-e", "-c", line]);
    }

    /// Starts a server in the machine; it ends with the machine. What it prints goes to
    /// `/run/log/NAME.out`.
    pub(crate) fn spawn(&mut self, name: &str, words: &[&str]) {
        let log = File::create(self.path(&format!("/run/log/{name}.out"))).unwrap();
        let child = self
            .command(words)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.processes.push(child);
    }

    /// Sends a signal to every process of the machine whose program is called `program`.
    pub(crate) fn signal(&self, program: &str, signal: &str) {
        self.run(&["sh", "-c", SIGNAL, "signal", program, signal]);
    }

    /// Ends every process of the machine whose program is called `program`, and waits until their
    /// ports are free.
    pub(crate) fn end(&self, program: &str) {
        self.signal(program, "KILL");
        self.run(&["sh", "-c", WAIT_FOR_END, "wait", program]);
    }

    /// Calls `action` on a thread that stands in the machine's network.
    pub(crate) fn within<T: Send>(&self, action: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            joined(scope.spawn(|| {
                self.enter();
                action()
            }))
        })
    }

    /// Answers connections to `addresses` with `talk`, one thread a connection; the threads stand in
    /// the machine's network as well.
    pub(crate) fn serve<F>(&mut self, addresses: &[&str], talk: F)
    where
        F: Fn(TcpStream, &Stop) + Clone + Send + 'static,
    {
        for address in addresses {
            let address: SocketAddr = address.parse().unwrap();
            let talk = talk.clone();
            let peer = self.within(|| Peer::answer(address, talk));
            self.peers.push(peer);
        }
    }

    /// Answers datagrams to `address`: `reply` makes the answer, or none.
    pub(crate) fn serve_datagrams<F>(&mut self, address: &str, reply: F)
    where
        F: FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static,
    {
        let address: SocketAddr = address.parse().unwrap();
        let socket = self.within(|| std::net::UdpSocket::bind(address).unwrap());
        self.peers.push(Peer::datagrams(socket, reply));
    }

    fn enter(&self) {
        setns(&self.network, CloneFlags::CLONE_NEWNET).expect("entering a network needs root");
    }

    fn succeeded(&self, words: &[&str], output: &Output) -> String {
        assert!(
            output.status.success(),
            "`{}` on `{}`: {}\n{}",
            words.join(" "),
            self.name,
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// `nsenter` stops when its child is stopped, so it has to be ended by force.
impl Drop for Machine {
    fn drop(&mut self) {
        self.peers.clear();
        drop(self.holder.kill());
        drop(self.holder.wait());
        for process in &mut self.processes {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// Waits for a thread, and fails as it failed.
pub(crate) fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The process that `unshare` forked to be the first of its namespace.
fn only_child(parent: u32) -> i32 {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    children.trim().parse().unwrap()
}

/// Runs a command to its end with `input` on its standard input.
pub(crate) fn fed(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A process that nobody has waited for holds nothing any more.
const WAIT_FOR_END: &str = r#"
for _ in $(seq 400); do
    alive=0
    for process in /proc/[0-9]*; do
        case "$(cat "$process/stat" 2>/dev/null)" in
        *"($1) Z"*) ;;
        *"($1) "*) alive=1 ;;
        esac
    done
    [ "$alive" = 0 ] && exit
    sleep 0.01
done
exit 1"#;

const SIGNAL: &str = r#"
found=1
for process in /proc/[0-9]*; do
    if [ "$(cat "$process/comm" 2>/dev/null)" = "$1" ]; then
        kill "-$2" "${process#/proc/}" && found=0
    fi
done
exit $found"#;

const HOLDER: &str = include_str!("machines/holder.sh");
