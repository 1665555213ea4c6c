//! The forms in which `reachdx inside` prints a snapshot, and the console that has to show it.

use crate::inside::{Host, Snapshot};
use crate::paste::{self, Console, PairingCode, shrink};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use std::env::var;
use std::io::IsTerminal as _;
use terminal_size::{Height, Width, terminal_size};

/// How to print a snapshot.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum Form {
    /// The whole, for a file
    #[default]
    Json,
    /// The whole, as numbered lines that survive being copied from a terminal
    Block,
    /// A QR picture: the whole where the console has room, else what the code says
    Qr,
    /// 35 characters to type by hand: the facts that matter most
    Code,
    /// By the console: json into a file, a QR picture or the code on a screen that nothing can be
    /// copied from, else a block
    Auto,
}

/// What is asked of the output.
pub(super) struct Wanted {
    pub(super) form: Form,
    pub(super) pair: Option<PairingCode>,
    /// The most bytes.
    pub(super) limit: Option<usize>,
    pub(super) to_file: bool,
}

/// The snapshot in the wanted form, as text.
pub(super) fn rendered(mut snapshot: Snapshot, wanted: &Wanted) -> anyhow::Result<String> {
    let form = if wanted.form == Form::Auto {
        chosen(wanted.to_file)
    } else {
        wanted.form
    };
    if let Some(limit) = wanted.limit {
        let fits = |snapshot: &Snapshot| {
            let text = whole(snapshot.clone(), form, wanted.pair);
            text.is_ok_and(|text| text.len() <= limit)
        };
        let can_be_cut = matches!(form, Form::Json | Form::Block);
        if can_be_cut && !shrink(&mut snapshot, fits) {
            bail!("--limit: no snapshot fits {limit} bytes: use --format code");
        }
    }
    let text = match form {
        Form::Json | Form::Block => whole(snapshot, form, wanted.pair)?,
        Form::Code | Form::Auto => format!("{}\n", paste::code(&snapshot)),
        Form::Qr => picture(snapshot, wanted)?,
    };
    match wanted.limit.filter(|limit| text.len() > *limit) {
        Some(limit) => bail!(
            "--limit: this form takes {} bytes, more than {limit}",
            text.len()
        ),
        None => Ok(text),
    }
}

/// The forms that carry everything.
fn whole(mut snapshot: Snapshot, form: Form, pair: Option<PairingCode>) -> anyhow::Result<String> {
    seal(&mut snapshot, pair)?;
    if form == Form::Block {
        return paste::block(&snapshot).map_err(|error| anyhow::anyhow!("the snapshot {error}"));
    }
    let mut text = serde_json::to_string_pretty(&snapshot).context("cannot write the snapshot")?;
    text.push('\n');
    Ok(text)
}

fn seal(snapshot: &mut Snapshot, pair: Option<PairingCode>) -> anyhow::Result<()> {
    pair.map_or(Ok(()), |code| paste::seal(snapshot, code))
        .context("cannot write the snapshot")
}

/// The picture, which has no room for the state of the machine; where `auto` chose it, the code in its place when it does not fit.
fn picture(mut snapshot: Snapshot, wanted: &Wanted) -> anyhow::Result<String> {
    let console = console();
    let code = paste::code(&snapshot);
    snapshot.host = Host::default();
    snapshot.since = None;
    seal(&mut snapshot, wanted.pair)?;
    match paste::picture(&snapshot, wanted.pair, console) {
        Some(picture) => Ok(picture),
        None if wanted.form == Form::Auto => Ok(format!("{code}\n")),
        None => bail!(
            "--format qr: a console of {} columns and {} rows is too small for the picture: use --format code",
            console.columns,
            console.rows
        ),
    }
}

/// A file takes JSON. The kernel's own console is a screen without a clipboard; other terminals can be
/// copied from, where a line of the block fits.
fn chosen(to_file: bool) -> Form {
    let screen_only = var("TERM").is_ok_and(|term| term == "linux");
    if to_file || !std::io::stdout().is_terminal() {
        Form::Json
    } else if screen_only {
        Form::Qr
    } else if console().columns >= LINE {
        Form::Block
    } else {
        Form::Code
    }
}

/// The terminal's size, or what `COLUMNS` and `LINES` say, or that of a text console.
fn console() -> Console {
    let size = terminal_size().filter(|(Width(columns), Height(rows))| *columns > 0 && *rows > 0);
    let said = |name: &str| var(name).ok()?.parse::<u16>().ok().filter(|it| *it > 0);
    let (columns, rows) = size.map_or_else(
        || (said("COLUMNS").unwrap_or(80), said("LINES").unwrap_or(25)),
        |(Width(columns), Height(rows))| (columns, rows),
    );
    Console {
        columns: usize::from(columns),
        rows: usize::from(rows),
        half_blocks: shows_half_blocks(),
    }
}

/// A console whose locale is UTF-8, or a terminal emulator, which is UTF-8 whatever the locale.
fn shows_half_blocks() -> bool {
    let set = |name: &str| var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    let plain = set("TERM").is_none_or(|term| PLAIN.iter().any(|it| term.starts_with(it)));
    locale.contains("utf-8") || locale.contains("utf8") || !plain
}

/// Columns of a block's line.
const LINE: usize = 79;
/// Terminals that may show bytes and not UTF-8.
const PLAIN: [&str; 3] = ["linux", "vt", "dumb"];
