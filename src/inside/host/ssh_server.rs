//! Whether `sshd` would start, and whether systemd listens in its place.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};

/// The outcome of `sshd -t`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SshCheck {
    /// What it complains about; `None` when it is content.
    pub problem: Option<SshProblem>,
    /// The place it names, such as `/etc/ssh/sshd_config line 4`.
    pub place: Option<String>,
}

/// What kind of complaint; the complaint itself may quote settings and is not kept.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SshProblem {
    /// An option it does not know, or a value it cannot read.
    BadOption,
    /// No host key can be read.
    NoHostKeys,
    /// A host key may be read by others.
    KeyTooOpen,
    /// The directory for privilege separation is missing or not root's alone.
    PrivilegeSeparation,
    /// A shared library is missing.
    MissingLibrary,
    /// A file it names is missing or not readable.
    UnreadableFile,
    /// Something else.
    Unknown,
}

/// Sorts the complaint of `sshd -t`, as OpenSSH 7 to 10 words it.
pub fn judge_ssh_check(complaint: &str) -> SshCheck {
    let problem = COMPLAINTS
        .iter()
        .find(|(words, _)| complaint.contains(words))
        .map_or(SshProblem::Unknown, |(_, problem)| *problem);
    SshCheck {
        problem: Some(problem),
        place: complaint.lines().find_map(place),
    }
}

/// `FILE: line N` or `FILE line N`, as the file and the number.
fn place(line: &str) -> Option<String> {
    let (file, rest) = line.split_once(" line ")?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let file = file.trim_end_matches(':');
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@".contains(c);
    let is_path = file.starts_with('/') && file.len() <= 200 && file.chars().all(plain);
    (is_path && !number.is_empty() && number.len() <= 9).then(|| format!("{file} line {number}"))
}

/// The addresses of `ListenStream=` in the unit and its drop-ins, in the order systemd reads them: an
/// empty value takes back the ones before it (`systemd.socket(5)`).
pub fn parse_listen_streams<'a>(files: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut addresses = Vec::new();
    for line in files.into_iter().flat_map(str::lines) {
        let Some(value) = line
            .trim()
            .strip_prefix("ListenStream")
            .and_then(|rest| rest.trim_start().strip_prefix('='))
        else {
            continue;
        };
        match value.trim() {
            "" => addresses.clear(),
            value if addresses.len() < MOST_ADDRESSES => {
                addresses.push(value.chars().take(100).collect());
            }
            _ => {}
        }
    }
    addresses
}

const MOST_ADDRESSES: usize = 64;
const COMPLAINTS: [(&str, SshProblem); 11] = [
    (
        "error while loading shared libraries",
        SshProblem::MissingLibrary,
    ),
    (
        "Missing privilege separation directory",
        SshProblem::PrivilegeSeparation,
    ),
    (
        "must be owned by root and not group or world-writable",
        SshProblem::PrivilegeSeparation,
    ),
    ("Privilege separation user", SshProblem::PrivilegeSeparation),
    ("Bad configuration option", SshProblem::BadOption),
    ("terminating,", SshProblem::BadOption),
    (" line ", SshProblem::BadOption),
    ("UNPROTECTED PRIVATE KEY FILE", SshProblem::KeyTooOpen),
    ("no hostkeys available", SshProblem::NoHostKeys),
    ("No such file or directory", SshProblem::UnreadableFile),
    ("Permission denied", SshProblem::UnreadableFile),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_kept_as_its_kind_and_place() {
        let cases = [
            (
                "/etc/ssh/sshd_config: line 4: Bad configuration option: Prot\n/etc/ssh/sshd_config: terminating, 1 bad configuration options",
                SshProblem::BadOption,
                Some("/etc/ssh/sshd_config line 4"),
            ),
            (
                "/etc/ssh/sshd_config line 9: Badly formatted port number.",
                SshProblem::BadOption,
                Some("/etc/ssh/sshd_config line 9"),
            ),
            (
                "sshd: no hostkeys available -- exiting.",
                SshProblem::NoHostKeys,
                None,
            ),
            (
                "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nsshd: no hostkeys available -- exiting.",
                SshProblem::KeyTooOpen,
                None,
            ),
            (
                "Missing privilege separation directory: /run/sshd",
                SshProblem::PrivilegeSeparation,
                None,
            ),
            (
                "sshd: error while loading shared libraries: libcrypto.so.3: cannot open shared object file: No such file or directory",
                SshProblem::MissingLibrary,
                None,
            ),
            ("", SshProblem::Unknown, None),
            ("a secret line 4", SshProblem::BadOption, None),
        ];
        for (complaint, problem, place) in cases {
            let check = judge_ssh_check(complaint);
            assert_eq!(check.problem, Some(problem), "{complaint}");
            assert_eq!(check.place.as_deref(), place, "{complaint}");
        }
    }

    #[test]
    fn drop_ins_add_to_the_units_addresses_or_replace_them() {
        let unit = "[Socket]\nListenStream=22\nAccept=no\n";
        assert_eq!(parse_listen_streams([unit]), ["22"]);
        let replaced = "[Socket]\nListenStream=\nListenStream = 0.0.0.0:2222\n#ListenStream=1\n";
        assert_eq!(parse_listen_streams([unit, replaced]), ["0.0.0.0:2222"]);
        assert!(parse_listen_streams(["", "x"]).is_empty());
    }
}
