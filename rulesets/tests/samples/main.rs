//! Real documents of clouds and listings of hosts: each reads, or is refused with a reason that holds.
//!
//! What becomes of the files in `tests/data` is written in `samples/expected.txt`
//! (`UPDATE_EXPECT=1` writes it again). `REACHDX_SAMPLES=DIR` has every file of another directory read
//! as well; what becomes of each, and the figures of each folder, are printed. Recordings of a cloud's
//! answers, as test tools keep them, are no documents: what they recorded is read in their place.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod asked;
mod recording;

use asked::Share;
use expect_test::expect_file;
use rulesets::host::NamedText;
use rulesets::{Book, TextKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[test]
fn every_sample_of_the_tree_reads_or_is_refused_for_the_reason_written() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let samples = samples(&directory);
    assert!(samples.len() > 30, "{} files", samples.len());
    let mut table = String::new();
    for sample in &samples {
        writeln!(table, "{}: {}", sample.name, sample.read().line()).unwrap();
    }
    expect_file!["expected.txt"].assert_eq(&table);
}

#[test]
fn every_refusal_is_one_line() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut samples = samples(&kept);
    if let Some(directory) = std::env::var_os(GIVEN) {
        let given = self::samples(Path::new(&directory));
        assert!(!given.is_empty(), "{GIVEN}: no files");
        samples.extend(given);
    }
    let mut folders: BTreeMap<String, Figures> = BTreeMap::new();
    let mut table = String::new();
    for sample in &samples {
        let outcome = sample.read();
        let line = outcome.line();
        assert!(!line.contains('\n') && line.len() < LONGEST, "{line}");
        writeln!(table, "{}: {}", sample.name, outcome.line()).unwrap();
        folders.entry(sample.folder()).or_default().count(&outcome);
    }
    for (folder, figures) in folders {
        let Figures {
            files,
            read,
            refused,
            share,
        } = figures;
        writeln!(
            table,
            "= {folder}: {files} files, {read} read, {refused} refused, {share}"
        )
        .unwrap();
    }
    std::io::stdout().write_all(table.as_bytes()).unwrap();
}

/// A file, and what a user would call it.
struct Sample {
    name: String,
    path: PathBuf,
}

/// What became of a file.
enum Outcome {
    /// It was read: as what, with how many rule lists, and how definite answers by it are.
    Read(String, Share),
    /// Why it was refused.
    Refused(String),
}

#[derive(Default)]
struct Figures {
    files: usize,
    read: usize,
    refused: usize,
    share: Share,
}

impl Sample {
    fn read(&self) -> Outcome {
        let bytes = fs::read(&self.path).unwrap();
        let Ok(text) = String::from_utf8(bytes) else {
            return Outcome::Refused("not UTF-8".to_owned());
        };
        let answers = recording::answers(&text);
        if answers.is_empty() {
            return read(&self.name, &text);
        }
        let mut share = Share::default();
        let mut lines = Vec::new();
        let mut any = false;
        for answer in &answers {
            match read(&self.name, answer) {
                Outcome::Read(line, found) => {
                    any = true;
                    share += found;
                    lines.push(line);
                }
                Outcome::Refused(line) => lines.push(format!("refused: {line}")),
            }
        }
        lines.dedup();
        let line = format!("recorded: {}", lines.join("; "));
        if any {
            Outcome::Read(line, share)
        } else {
            Outcome::Refused(line)
        }
    }

    fn folder(&self) -> String {
        let parts: Vec<&str> = self.name.split('/').collect();
        match parts.as_slice() {
            [folder, _, ..] => (*folder).to_owned(),
            [] | [_] => String::new(),
        }
    }
}

impl Outcome {
    fn line(&self) -> String {
        match self {
            Self::Read(line, share) => format!("{line}, {share}"),
            Self::Refused(line) => format!("refused: {line}"),
        }
    }
}

impl Figures {
    fn count(&mut self, outcome: &Outcome) {
        self.files += 1;
        match outcome {
            Outcome::Read(_, share) => {
                self.read += 1;
                self.share += *share;
            }
            Outcome::Refused(_) => self.refused += 1,
        }
    }
}

fn read(name: &str, text: &str) -> Outcome {
    let book = match Book::read(&[NamedText { name, text }]) {
        Ok(book) => book,
        Err(error) => {
            let line = error.to_string();
            let line = line.strip_prefix(&format!("`{name}`: ")).unwrap_or(&line);
            return Outcome::Refused(line.to_owned());
        }
    };
    let mut kinds: Vec<String> = book.origins.iter().map(|it| kind(it.kind)).collect();
    kinds.dedup();
    let document = book.documents();
    let mut line = kinds.join(", ");
    if line.is_empty() {
        line.push_str("no rules");
    }
    let counted = [
        (document.lists.len(), "lists"),
        (document.sets.len(), "sets"),
        (document.instances.len(), "instances"),
        (document.remarks.len(), "remarks"),
        (
            book.host.as_ref().map_or(0, |host| host.tables.len()),
            "tables",
        ),
        (book.host.as_ref().map_or(0, |host| host.gaps.len()), "gaps"),
    ];
    for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
        write!(line, ", {count} {what}").unwrap();
    }
    Outcome::Read(line, asked::share(&book))
}

fn kind(kind: TextKind) -> String {
    match kind {
        TextKind::Tencent => "tencent".to_owned(),
        TextKind::Alibaba => "alibaba".to_owned(),
        TextKind::Cloud(format) => format.name().to_owned(),
        TextKind::Host => "host".to_owned(),
    }
}

/// Every file below a directory, in the order of their names.
fn samples(directory: &Path) -> Vec<Sample> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(&place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("NOTICE")
            {
                let name = path.strip_prefix(directory).unwrap();
                let name = name.to_string_lossy().into_owned();
                found.push(Sample { name, path });
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// A line that still fits a terminal's few rows, in bytes.
const LONGEST: usize = 500;

/// The variable that names a directory of further samples.
const GIVEN: &str = "REACHDX_SAMPLES";
