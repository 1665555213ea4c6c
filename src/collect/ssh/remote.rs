//! The program that runs on the instance, and the lines it says.
//!
//! The command that `ssh` carries is one line without quotes, exclamation marks or backslashes inside
//! its single quotes, which every login shell hands on alike (`csh` and `fish` too). It reads the rest
//! byte by byte from standard input, so that not one byte of what follows is lost.

/// The command for the login shell, for a program of so many bytes.
pub(super) fn command(program: &str) -> String {
    format!(
        "exec sh -c 'eval \"$(dd bs=1 count={} 2>/dev/null)\"'",
        program.len()
    )
}

/// The program for the instance; `size` is that of the executable, in bytes.
pub(super) fn program(services: &str, size: u64, identity: &str) -> String {
    format!(
        "mark={}\nservices={}\nidentity={}\nduration={}s\nsize={size}\nkilobytes={}\n{}",
        quoted(MARK),
        quoted(services),
        quoted(identity),
        LONGEST_WATCH,
        size.div_ceil(1024) + SPARE,
        include_str!("remote.sh")
    )
}

/// One thing the program says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Said {
    /// The kind of machine, as `uname -sm` prints it.
    Host(String),
    /// `SSH_CONNECTION`: the client's address and port, the server's address and port.
    Connection(String),
    /// It waits for the client's address.
    Hello,
    /// A program of the same version is installed there.
    Installed,
    /// It waits for a copy.
    Send,
    /// The copy runs.
    Copied,
    /// As whom it watches.
    Privilege(Privilege),
    /// The snapshot follows.
    Begin,
    /// It gave up.
    Stopped(String),
}

/// As whom the watch runs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Privilege {
    /// As the superuser.
    #[default]
    Root,
    /// As the superuser, by `sudo -n`.
    Sudo,
    /// As this user without privileges.
    None(String),
}

/// Reads a line; `None` for one that is not of the program, such as what start-up files print.
pub(super) fn said(line: &[u8]) -> Option<Said> {
    let line = line.strip_prefix(MARK.as_bytes())?.strip_prefix(b" ")?;
    let line = probes::escape(line.trim_ascii_end(), SHOWN);
    let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
    let rest = rest.trim().to_owned();
    Some(match word {
        "host" => Said::Host(rest),
        "connection" => Said::Connection(rest),
        "hello" => Said::Hello,
        "installed" => Said::Installed,
        "send" => Said::Send,
        "copied" => Said::Copied,
        "privilege" => Said::Privilege(match rest.split_once(' ') {
            None if rest == "root" => Privilege::Root,
            None if rest == "sudo" => Privilege::Sudo,
            Some(("none", user)) => Privilege::None(user.to_owned()),
            None | Some(_) => Privilege::None("?".to_owned()),
        }),
        "begin" => Said::Begin,
        "stopped" => Said::Stopped(rest),
        _ => return None,
    })
}

/// Whether our program runs on a machine of this kind (`uname -sm`).
pub(super) fn fits(there: &str) -> bool {
    let Some(machine) = there.strip_prefix("Linux ") else {
        return false;
    };
    match std::env::consts::ARCH {
        "x86_64" => matches!(machine, "x86_64" | "amd64"),
        "aarch64" => matches!(machine, "aarch64" | "arm64"),
        ours => machine == ours,
    }
}

/// Our own kind of machine.
pub(super) fn here() -> String {
    format!("Linux {}", std::env::consts::ARCH)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The longest a watch may take, in seconds; one that nobody ends does not go on for ever.
pub(super) const LONGEST_WATCH: u64 = 300;
const MARK: &str = "reachdx-remote:";
const SHOWN: usize = 300;
/// The room beside the copy that a directory must have, in KiB.
const SPARE: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_has_nothing_that_a_login_shell_could_take_otherwise() {
        let command = command(&program("it's,tcp/22", 12, "x"));
        let inner = command
            .strip_prefix("exec sh -c '")
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap();
        assert!(!inner.contains(['\'', '!', '\\', '\n']), "{inner}");
    }

    #[test]
    fn values_of_the_program_are_quoted() {
        let program = program("it's $(id)", 3000, "a b");
        assert!(program.contains("services='it'\\''s $(id)'\n"), "{program}");
        assert!(program.contains("size=3000\nkilobytes=1027\n"), "{program}");
    }

    #[test]
    fn lines_of_the_program_are_told_from_others() {
        for (line, want) in [
            (
                &b"reachdx-remote: host Linux x86_64\n"[..],
                Some(Said::Host("Linux x86_64".into())),
            ),
            (
                b"reachdx-remote: connection 198.51.100.7 4022 10.0.1.10 22\r\n",
                Some(Said::Connection("198.51.100.7 4022 10.0.1.10 22".into())),
            ),
            (b"reachdx-remote: hello", Some(Said::Hello)),
            (
                b"reachdx-remote: privilege none deploy",
                Some(Said::Privilege(Privilege::None("deploy".into()))),
            ),
            (
                b"reachdx-remote: privilege sudo",
                Some(Said::Privilege(Privilege::Sudo)),
            ),
            (
                b"reachdx-remote: stopped a\x1b[31m",
                Some(Said::Stopped("a\\x1b[31m".into())),
            ),
            (b"reachdx-remote: what", None),
            (b"reachdx-remote:hello", None),
            (b"Welcome!", None),
            (b"", None),
        ] {
            assert_eq!(said(line), want, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_copy_runs_on_our_own_kind_of_machine_alone() {
        assert!(fits(&here()));
        for other in [
            "FreeBSD x86_64",
            "Linux sparc64",
            "Darwin arm64",
            "Linux",
            "",
        ] {
            assert!(!fits(other), "{other}");
        }
    }
}
