//! The block: lines of text that survive a terminal, with enough beside the data to repair them.
//!
//! Line 0 is the heading, given twice, first and last: version, numbers, lengths, checksum and seal.
//! The data follow from line 1. Behind them stand a few lines that are each the exclusive or of every
//! so many lines of data, so that one lost line of each such group comes back.

use super::envelope::{Envelope, EnvelopeError, FORM};
use super::find::stretches;
use super::line::{LINE_BYTES, Line, MOST, SET, number_of};
use data_encoding::BASE64_NOPAD;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Why a block cannot be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum BlockError {
    /// Nothing in it is a line.
    #[error("no line of the block is whole: copy it again, from BEGIN to END")]
    Nothing,
    /// Some lines are missing or damaged, beyond what the rest repairs.
    #[error("{}: copy the block again, or only {}, and put it at the end of the same file", named(.0), those(.0))]
    Lines(Vec<usize>),
    /// Lines of several blocks.
    #[error("it holds lines of {} blocks, whose lines begin with {}: keep those of one", .0.len(), .0.join(", "))]
    Several(Vec<String>),
    /// What the lines carry is wrong.
    #[error("the block {0}")]
    Envelope(#[from] EnvelopeError),
}

/// Writes the block.
pub(super) fn write(envelope: &Envelope) -> Result<String, EnvelopeError> {
    let data: Vec<[u8; LINE_BYTES]> = envelope.deflated.chunks(LINE_BYTES).map(filled).collect();
    let spare = spares(data.len());
    if data.len() + spare > MOST {
        return Err(EnvelopeError::TooLong);
    }
    let set = BASE64_NOPAD.encode(&envelope.digest[..3])[..SET].to_owned();
    let line = |number: usize, data| Line {
        number,
        set: set.clone(),
        data,
    };
    let heading = line(0, Heading::of(envelope, data.len())?.bytes());
    let parity = (0..spare).map(|group| {
        let members = data.iter().skip(group).step_by(spare);
        line(data.len() + 1 + group, members.fold([0; LINE_BYTES], xor))
    });
    let mut text = String::from("-----BEGIN REACHDX SNAPSHOT-----\n");
    let numbered = data
        .iter()
        .enumerate()
        .map(|(at, data)| line(at + 1, *data));
    for line in [heading.clone()]
        .into_iter()
        .chain(numbered)
        .chain(parity)
        .chain([heading])
    {
        text.push_str(&line.text());
        text.push('\n');
    }
    text.push_str("-----END REACHDX SNAPSHOT-----\n");
    Ok(text)
}

/// Reads a block, whatever stands around and between its lines; `None` when a text has nothing of one.
pub(super) fn read(text: &str) -> Option<Result<Envelope, BlockError>> {
    let found = Found::in_text(text);
    let any = !found.lines.is_empty() || text.contains("REACHDX SNAPSHOT");
    any.then(|| assembled(&found))
}

fn assembled(found: &Found) -> Result<Envelope, BlockError> {
    let set = match found.sets().as_slice() {
        [] => return Err(BlockError::Nothing),
        [set] => set.clone(),
        several => {
            let begin = several.iter().map(|set| format!("`{{NNNN{set}`")).collect();
            return Err(BlockError::Several(begin));
        }
    };
    let mut lines = found.lines_of(&set);
    let heading = lines.get(&0).ok_or_else(|| BlockError::Lines(vec![0]))?;
    let heading = Heading::read(heading)?;
    repair(&mut lines, heading.lines);
    let missing: Vec<usize> = (1..=heading.lines)
        .filter(|it| !lines.contains_key(it))
        .collect();
    if !missing.is_empty() {
        return Err(BlockError::Lines(missing));
    }
    let mut deflated: Vec<u8> = (1..=heading.lines)
        .filter_map(|number| lines.get(&number))
        .flatten()
        .copied()
        .collect();
    let length = usize::try_from(heading.deflated).map_err(|_| EnvelopeError::Damaged)?;
    if length.div_ceil(LINE_BYTES) != heading.lines {
        return Err(EnvelopeError::Damaged.into());
    }
    deflated.truncate(length);
    Ok(Envelope {
        deflated,
        ..heading.envelope
    })
}

/// Gives back each data line that is the only one missing of its group.
fn repair(lines: &mut BTreeMap<usize, [u8; LINE_BYTES]>, count: usize) {
    let spare = spares(count);
    for group in 0..spare {
        let members = || (group + 1..=count).step_by(spare);
        let mut gone = members().filter(|it| !lines.contains_key(it));
        let (Some(lost), None) = (gone.next(), gone.next()) else {
            continue;
        };
        let Some(parity) = lines.get(&(count + 1 + group)) else {
            continue;
        };
        let rest = members().filter_map(|it| lines.get(&it));
        let line = rest.fold(*parity, xor);
        lines.insert(lost, line);
    }
}

/// The lines that were found, whole or mended.
struct Found {
    lines: BTreeSet<Line>,
}

impl Found {
    fn in_text(text: &str) -> Self {
        let mut lines = BTreeSet::new();
        let mut damaged = Vec::new();
        for readings in stretches(text) {
            match readings.iter().find_map(|body| Line::read(body)) {
                Some(line) => {
                    lines.insert(line);
                }
                None => damaged.push(readings),
            }
        }
        let mut found = Self { lines };
        if let [set] = found.sets().as_slice() {
            let had: BTreeSet<usize> = found.lines.iter().map(|line| line.number).collect();
            let worth = |body: &&Vec<u8>| number_of(body).is_none_or(|it| !had.contains(&it));
            let mended: Vec<Line> = damaged
                .iter()
                .flat_map(|readings| readings.iter().filter(worth).take(MOST_WAYS))
                .take(MOST_MENDED)
                .filter_map(|body| Line::mend(body, set))
                .collect();
            found.lines.extend(mended);
        }
        found
    }

    fn sets(&self) -> Vec<String> {
        let sets: BTreeSet<_> = self.lines.iter().map(|line| line.set.clone()).collect();
        sets.into_iter().collect()
    }

    /// Lines by number; a number that two different lines claim counts as missing.
    fn lines_of(&self, set: &str) -> BTreeMap<usize, [u8; LINE_BYTES]> {
        let mut lines = BTreeMap::new();
        let mut twice = BTreeSet::new();
        for line in self.lines.iter().filter(|line| line.set == set) {
            if lines.insert(line.number, line.data).is_some() {
                twice.insert(line.number);
            }
        }
        lines.retain(|number, _| !twice.contains(number));
        lines
    }
}

/// What line 0 says.
struct Heading {
    lines: usize,
    deflated: u32,
    envelope: Envelope,
}

impl Heading {
    fn of(envelope: &Envelope, lines: usize) -> Result<Self, EnvelopeError> {
        Ok(Self {
            lines,
            deflated: u32::try_from(envelope.deflated.len()).map_err(|_| EnvelopeError::TooLong)?,
            envelope: Envelope {
                deflated: Vec::new(),
                ..envelope.clone()
            },
        })
    }

    fn bytes(&self) -> [u8; LINE_BYTES] {
        let mut bytes = vec![FORM];
        bytes.extend(u16::try_from(self.lines).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(self.deflated.to_be_bytes());
        let mut envelope = self.envelope.to_bytes();
        // The form stands first already.
        bytes.extend(envelope.split_off(1));
        filled(&bytes)
    }

    fn read(bytes: &[u8; LINE_BYTES]) -> Result<Self, EnvelopeError> {
        let form = bytes[0];
        if form != FORM {
            return Err(EnvelopeError::Version(form));
        }
        let envelope = [&[form], &bytes[7..]].concat();
        let mut envelope = Envelope::from_bytes(&envelope)?;
        envelope.deflated.clear();
        Ok(Self {
            lines: usize::from(u16::from_be_bytes([bytes[1], bytes[2]])),
            deflated: u32::from_be_bytes([bytes[3], bytes[4], bytes[5], bytes[6]]),
            envelope,
        })
    }
}

fn filled(bytes: &[u8]) -> [u8; LINE_BYTES] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

fn xor(sum: [u8; LINE_BYTES], line: &[u8; LINE_BYTES]) -> [u8; LINE_BYTES] {
    std::array::from_fn(|at| sum[at] ^ line[at])
}

/// One for sixteen lines, at least two: as many neighbours as that may be lost together.
fn spares(lines: usize) -> usize {
    lines.div_ceil(16).clamp(2, 32)
}

fn named(numbers: &[usize]) -> String {
    let plural = if numbers.len() == 1 { "line" } else { "lines" };
    let verb = if numbers.len() == 1 { "is" } else { "are" };
    format!(
        "{plural} {} of the block {verb} missing or damaged",
        list(numbers, &|it| it.to_string())
    )
}

fn those(numbers: &[usize]) -> String {
    match numbers {
        [_] => format!("the line that begins with {}", list(numbers, &brace)),
        _ => format!("the lines that begin with {}", list(numbers, &brace)),
    }
}

fn brace(number: usize) -> String {
    format!("`{{{number:04}`")
}

/// The first few, and how many more.
fn list(numbers: &[usize], text: &dyn Fn(usize) -> String) -> String {
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(|it| text(*it)).collect();
    let said = shown.join(", ");
    match numbers.len().saturating_sub(SHOWN) {
        0 => said,
        more => format!("{said} and {more} more"),
    }
}

const SHOWN: usize = 5;
/// Damaged lines that are tried to be mended, and in how many readings each: a second's work at most.
const MOST_MENDED: usize = 200;
const MOST_WAYS: usize = 6;
