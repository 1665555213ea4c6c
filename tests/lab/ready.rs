//! Waiting until a machine is ready, without guessing how long that takes.

use crate::machine::Machine;
use std::fs;
use std::thread;
use std::time::Duration;

impl Machine {
    /// Waits until IPv6 is ready on this many links: without a link-local address of its own a machine
    /// asks for no neighbour, and the first packet waits for a second.
    pub(crate) fn wait_for_ipv6(&self, links: usize) {
        let path = format!("/proc/{}/net/if_inet6", self.pid());
        let ready = || {
            let table = fs::read_to_string(&path).unwrap();
            let fields = table
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>());
            let usable = |fields: &Vec<&str>| {
                let flags = u8::from_str_radix(fields[4], 16).unwrap();
                fields[0].starts_with("fe80") && flags & TENTATIVE == 0
            };
            fields.filter(usable).count() == links
        };
        assert!(polled(ready), "`{}` has no IPv6", self.name);
    }

    /// Waits until something listens on `port` in the tables named (`tcp`, `tcp6`).
    pub(crate) fn wait_for_listener(&self, port: u16, tables: &[&str]) {
        for table in tables {
            let path = format!("/proc/{}/net/{table}", self.pid());
            let ready = polled(|| listens(&fs::read_to_string(&path).unwrap(), port));
            assert!(
                ready,
                "nothing listens on {port} in {table} of `{}`\n{}",
                self.name,
                self.logs()
            );
        }
    }

    /// Waits until `count` processes of the machine are called `program`.
    pub(crate) fn wait_for_process(&self, program: &str, count: usize) {
        let count = count.to_string();
        self.run(&["sh", "-c", WAIT_FOR_PROCESS, "wait", program, &count]);
    }

    fn logs(&self) -> String {
        self.run(&[
            "sh",
            "-c",
            "tail -n 5 /run/log/* /var/log/* 2>/dev/null || true",
        ])
    }
}

/// Asks again and again until the answer is yes; gives up after [`POLLS`].
fn polled(ready: impl Fn() -> bool) -> bool {
    (0..POLLS).any(|_| {
        let yes = ready();
        if !yes {
            thread::sleep(POLL);
        }
        yes
    })
}

fn listens(table: &str, port: u16) -> bool {
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next(), fields.nth(1));
        local.is_some_and(|local| local.ends_with(&suffix)) && state == Some("0A")
    })
}

const WAIT_FOR_PROCESS: &str = r#"
for _ in $(seq 400); do
    [ "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -cx "$1")" -ge "$2" ] && exit
    sleep 0.01
done
exit 1"#;

const POLL: Duration = Duration::from_millis(5);
const POLLS: usize = 4000;
/// `IFA_F_TENTATIVE` of `linux/if_addr.h`.
const TENTATIVE: u8 = 0x40;
