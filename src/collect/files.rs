//! Reads what the user names and writes what the user asked for, with the file in every error.

use anyhow::{Context as _, bail};
use rulesets::export::CloudList;
use rulesets::host::NamedText;
use rulesets::{Book, BookError, ParseError, SecurityGroups, export, parse_security_group};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Reads a text file of at most 64 MiB.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| format!("cannot open `{}`", shown(path)))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot read `{}`", shown(path)))?;
    if metadata.is_dir() {
        bail!("cannot read `{}`: it is a directory", shown(path));
    }
    bounded(file, &shown(path))
}

/// Reads a file, or standard input for `-`.
pub fn read_input(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") {
        bounded(io::stdin().lock(), "standard input")
    } else {
        read_text(path)
    }
}

fn bounded(source: impl io::Read, name: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    source
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read `{name}`"))?;
    if bytes.len() as u64 > LIMIT {
        bail!(
            "`{name}` is larger than {} MiB, which no such file is",
            LIMIT >> 20
        );
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        anyhow::anyhow!(
            "`{name}` is not UTF-8 text: byte {}; save it as UTF-8",
            error.utf8_error().valid_up_to()
        )
    })?;
    if text.trim().is_empty() {
        bail!("`{name}` is empty: write it again");
    }
    Ok(text)
}

/// Reads the bound security groups, in priority order; each is named after its file.
pub fn read_rules(paths: &[PathBuf]) -> anyhow::Result<Option<SecurityGroups>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut groups: Vec<rulesets::SecurityGroup> = Vec::new();
    for path in paths {
        let text = read_text(path)?;
        let id = path
            .file_stem()
            .map_or_else(|| shown(path), |stem| shown(Path::new(stem)));
        if groups.iter().any(|group| group.id == id) {
            bail!(
                "two rule files name a group `{id}`: give each group once, under its own file name"
            );
        }
        groups.push(parse_security_group(&text, &id).map_err(|error| unreadable(path, &error))?);
    }
    Ok(Some(SecurityGroups { groups }))
}

/// Reads rules of any known format, and what is said beside them of the things they name.
pub fn read_book(paths: &[PathBuf]) -> anyhow::Result<Book> {
    read_named(paths, Book::read)
}

/// The same, with the rule lists that can be written out in their own cloud's forms.
pub fn read_book_and_lists(paths: &[PathBuf]) -> anyhow::Result<(Book, Vec<CloudList>)> {
    read_named(paths, |texts| {
        Ok((Book::read(texts)?, export::cloud_lists(texts)?))
    })
}

fn read_named<T>(
    paths: &[PathBuf],
    read: impl Fn(&[NamedText<'_>]) -> Result<T, BookError>,
) -> anyhow::Result<T> {
    let mut texts = Vec::new();
    for path in paths {
        texts.push((shown(path), read_text(path)?));
    }
    let texts: Vec<NamedText<'_>> = texts
        .iter()
        .map(|(name, text)| NamedText { name, text })
        .collect();
    read(&texts).map_err(|error| match &error {
        BookError::Twice(_) => anyhow::anyhow!("{error}"),
        BookError::Tencent { name, .. }
            if texts.iter().any(|it| it.name == name && snapshot(it)) =>
        {
            anyhow::anyhow!(
                "rules `{name}`: found an inside snapshot, which goes with `reachdx check --inside`"
            )
        }
        BookError::Tencent { .. }
        | BookError::Cloud { .. }
        | BookError::Foreign { .. }
        | BookError::Host(_)
        | BookError::Empty(_) => {
            anyhow::anyhow!("rules {error}")
        }
    })
}

fn snapshot(text: &NamedText<'_>) -> bool {
    text.text.trim_start().starts_with('{') && text.text.contains(SNAPSHOT)
}

fn unreadable(path: &Path, error: &ParseError) -> anyhow::Error {
    let remedy = if matches!(error, ParseError::Syntax { .. }) {
        "; save the whole answer of DescribeSecurityGroupPolicies"
    } else {
        ""
    };
    anyhow::anyhow!("rules `{}`: {error}{remedy}", shown(path))
}

/// Writes the report to a file, or to standard output for `None` and `-`.
pub fn write_output(path: Option<&Path>, bytes: &[u8]) -> anyhow::Result<()> {
    match path {
        Some(path) if path != Path::new("-") => {
            std::fs::write(path, bytes).with_context(|| format!("cannot write `{}`", shown(path)))
        }
        _ => match io::stdout().lock().write_all(bytes) {
            // A reader that has seen enough, such as `head`, is no error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("cannot write to standard output"),
        },
    }
}

/// A path made safe to print on one line; a longer one is cut.
pub fn shown(path: &Path) -> String {
    probes::escape(path.as_os_str().as_bytes(), SHOWN)
}

const LIMIT: u64 = 64 << 20;
/// The member that tells a snapshot of `reachdx inside`.
const SNAPSHOT: &str = "\"reachdx_inside\"";
/// No file name is longer, and an error still fits a few lines.
const SHOWN: usize = 160;
