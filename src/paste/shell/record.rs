//! The parts of the script's output, out of whatever a terminal made of it.

use super::{FORM, ShellError};
use crate::inside::{Datum, Privilege, Taken};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The whole output.
pub(super) struct Record {
    pub(super) version: String,
    /// The user's number, where the host told it.
    uid: Option<u32>,
    pub(super) at: String,
    /// The client the script was made for.
    pub(super) client: Option<IpAddr>,
    /// The user whose login it was made for.
    pub(super) user: String,
    /// How long the script ran, in seconds; `None` when the end is missing.
    pub(super) seconds: Option<u32>,
    promised: Option<usize>,
    parts: BTreeMap<String, Part>,
}

enum Part {
    Read(Output),
    Skipped { source: String, reason: String },
    Damaged { source: String },
}

/// What one file or command gave.
pub(super) struct Output {
    pub(super) source: String,
    pub(super) text: String,
    pub(super) truncated: bool,
    /// The exit status; 0 for a file.
    pub(super) status: String,
}

/// Where something would have come from, and why it did not.
pub(super) struct Missing {
    pub(super) source: String,
    pub(super) reason: String,
}

impl Missing {
    pub(super) fn new(source: &str, reason: impl Into<String>) -> Self {
        Self {
            source: source.to_owned(),
            reason: reason.into(),
        }
    }

    /// True when there is no such file on the host.
    pub(super) fn no_such_file(&self) -> bool {
        self.reason == NO_FILE
    }

    pub(super) fn datum<T>(self) -> Datum<T> {
        Datum::skipped(&self.source, self.reason)
    }
}

impl Record {
    /// Finds the first line of the output and reads on from there; `None` when there is none.
    pub(super) fn read(text: &str) -> Option<Result<Self, ShellError>> {
        let mut lines = text.split(['\n', '\r']).map(plain);
        let head = lines.find_map(|line| {
            let (before, after) = line.split_once(HEAD)?;
            (!before.starts_with(':')).then(|| after.to_owned())
        })?;
        let mut words = head.split_ascii_whitespace();
        let mut word = || words.next().map(short).unwrap_or_default();
        let (form, version, uid, at) = (word(), word(), word(), word());
        let (client, user) = (word().parse().ok(), word());
        if form != FORM {
            return Some(Err(ShellError::Form(form)));
        }
        let mut record = Self {
            version,
            uid: uid.parse().ok(),
            at,
            client,
            user,
            seconds: None,
            promised: None,
            parts: BTreeMap::new(),
        };
        record.body(lines);
        if record.parts.is_empty() {
            return Some(Err(ShellError::Empty));
        }
        Some(Ok(record))
    }

    fn body(&mut self, lines: impl Iterator<Item = String>) {
        let mut open: Option<Open> = None;
        for line in lines {
            if let Some(row) = line.strip_prefix(':') {
                if let Some(open) = &mut open {
                    open.push(row);
                }
                continue;
            }
            let Some((word, rest)) = line.strip_prefix('=').and_then(|it| it.split_once(' '))
            else {
                continue;
            };
            if word == "end" {
                if let Some(open) = open.take() {
                    self.keep(open.close(rest));
                }
                continue;
            }
            self.interrupted(&mut open);
            let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            if word == "begin" {
                open = Some(Open::new(name, rest));
            } else if word == "none" {
                let (source, reason) = rest.split_once(": ").unwrap_or((rest, "not read"));
                let (source, reason) = (short(source), short(reason));
                self.keep((name.to_owned(), Part::Skipped { source, reason }));
            } else if word == "done" {
                self.promised = name.parse().ok();
                self.seconds = rest.trim().parse().ok().or(Some(0));
                break;
            }
        }
        self.interrupted(&mut open);
    }

    fn interrupted(&mut self, open: &mut Option<Open>) {
        if let Some(Open { name, source, .. }) = open.take() {
            self.keep((name, Part::Damaged { source }));
        }
    }

    /// Of two parts with one name the first counts.
    fn keep(&mut self, (name, part): (String, Part)) {
        if self.parts.len() < MOST_PARTS {
            self.parts.entry(short(&name)).or_insert(part);
        }
    }

    /// What a file or a command gave, whatever its status.
    pub(super) fn output(&self, name: &str) -> Result<&Output, Missing> {
        match self.parts.get(name) {
            Some(Part::Read(output)) => Ok(output),
            Some(Part::Skipped { source, reason }) => Err(Missing::new(source, reason)),
            Some(Part::Damaged { source }) => Err(Missing::new(source, DAMAGED)),
            None => Err(Missing::new("", self.lost().unwrap_or(LOST))),
        }
    }

    /// The part that holds what lies at a path; of one that was read twice, that of one moment.
    pub(super) fn name_of(&self, path: &str, moment: &str) -> Option<&str> {
        let of_path = self.parts.iter().filter(|(_, part)| {
            let source = match part {
                Part::Read(output) => &output.source,
                Part::Skipped { source, .. } | Part::Damaged { source } => source,
            };
            source.rsplit(' ').next() == Some(path)
        });
        let names: Vec<&str> = of_path.map(|(name, _)| name.as_str()).collect();
        let of_moment = |name: &&&str| name.ends_with(moment);
        names
            .iter()
            .find(of_moment)
            .or_else(|| names.first())
            .copied()
    }

    /// Why a part may be missing: the output is not whole.
    pub(super) fn lost(&self) -> Option<&'static str> {
        if self.seconds.is_none() {
            return Some(CUT);
        }
        (self.promised > Some(self.parts.len())).then_some(LOST)
    }

    /// Seconds from 1970 to the beginning of the script, where its host knew.
    pub(super) fn time(&self) -> Option<i64> {
        self.at.parse::<Timestamp>().ok().map(Timestamp::as_second)
    }

    /// True when the script ran as root.
    pub(super) fn is_root(&self) -> bool {
        self.uid == Some(0)
    }

    /// How all of it was taken: it does not tell when each part was.
    pub(super) fn taken(&self) -> Taken {
        let status = self.success("rights").ok();
        let rights = self.uid.zip(status);
        Taken {
            privilege: rights.map(|(uid, status)| Privilege::of(uid, Some(&status.text))),
            at_s: None,
        }
    }

    /// What a file or a command gave that succeeded.
    pub(super) fn success(&self, name: &str) -> Result<&Output, Missing> {
        let output = self.output(name)?;
        let reason = match output.status.as_str() {
            "0" => return Ok(output),
            "124" | "143" => "did not end within 3 s and was stopped".to_owned(),
            status => format!("failed (exit status: {status})"),
        };
        Err(Missing::new(&output.source, reason))
    }

    /// What a reader should know of the whole.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![
            "the inside snapshot was taken by the shell script, which probes nothing".to_owned(),
        ];
        if self.seconds.is_none() {
            remarks.push(
                "the end of the shell script's output is missing: copy all of it, down to `=done`"
                    .to_owned(),
            );
        }
        let damaged: Vec<&str> = self
            .parts
            .iter()
            .filter(|(_, part)| matches!(part, Part::Damaged { .. }))
            .map(|(name, _)| name.as_str())
            .take(MOST_NAMED)
            .collect();
        if !damaged.is_empty() {
            remarks.push(format!(
                "parts of the shell script's output were damaged on the way and are not believed: {}",
                damaged.join(", ")
            ));
        }
        let lost = self
            .promised
            .map_or(0, |it| it.saturating_sub(self.parts.len()));
        if lost > 0 {
            remarks.push(format!(
                "{lost} parts of the shell script's output are missing"
            ));
        }
        remarks
    }
}

/// A part whose end has not come yet.
struct Open {
    name: String,
    source: String,
    text: String,
    lines: usize,
    bytes: usize,
}

impl Open {
    fn new(name: &str, source: &str) -> Self {
        Self {
            name: name.to_owned(),
            source: short(source),
            text: String::new(),
            lines: 0,
            bytes: 0,
        }
    }

    fn push(&mut self, row: &str) {
        self.text.push_str(row);
        self.text.push('\n');
        self.lines += 1;
        self.bytes += row.bytes().filter(|it| !it.is_ascii_whitespace()).count();
    }

    /// `NAME STATUS LINES BYTES CUT`, which has to agree with what came.
    fn close(self, end: &str) -> (String, Part) {
        let words: Vec<&str> = end.split_ascii_whitespace().collect();
        let whole = |status: &str, lines: &str, bytes: &str| {
            status.parse::<u8>().is_ok()
                && lines.parse() == Ok(self.lines)
                && bytes.parse() == Ok(self.bytes)
        };
        match words.as_slice() {
            [name, status, lines, bytes, cut]
                if *name == self.name && whole(status, lines, bytes) =>
            {
                let output = Output {
                    source: self.source,
                    text: self.text,
                    truncated: *cut != "0",
                    status: (*status).to_owned(),
                };
                (self.name, Part::Read(output))
            }
            _ => {
                let source = self.source;
                (self.name, Part::Damaged { source })
            }
        }
    }
}

/// A line without colours, other sequences that steer a terminal, and control characters.
fn plain(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            match rest.next() {
                Some('[') => {
                    while rest.next_if(|it| (' '..='?').contains(it)).is_some() {}
                    rest.next_if(|it| ('@'..='~').contains(it));
                }
                Some(']') => {
                    while rest
                        .next_if(|it| !['\u{7}', '\u{1b}'].contains(it))
                        .is_some()
                    {}
                }
                Some(_) | None => {}
            }
        } else if character == '\t' {
            clean.push('\t');
        } else if !character.is_control() && character != '\u{feff}' {
            clean.push(if character.is_whitespace() {
                ' '
            } else {
                character
            });
        }
    }
    clean
}

/// At most 200 characters.
fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

const HEAD: &str = "=reachdx-sh ";
const NO_FILE: &str = "No such file or directory";
const DAMAGED: &str =
    "damaged on the way: it does not hold as much as the script printed; copy it again";
const CUT: &str = "the script's output ends before it: copy all of it, down to `=done`";
const LOST: &str = "missing in the script's output";
const MOST_PARTS: usize = 200;
const MOST_NAMED: usize = 10;
