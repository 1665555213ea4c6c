//! The lines of a listing, sorted by set; no member is read yet.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Error, LINE_BYTES, MEMBERS, quoted};
use std::collections::BTreeMap;

/// A set by its lines.
pub(super) struct Draft<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type, such as `hash:ip,port`.
    pub kind: &'a str,
    /// What follows the type: the family, the masks, the limits.
    pub header: &'a str,
    /// Its members with their own words.
    pub members: Vec<&'a str>,
}

/// Whether a listing may begin with this line.
pub(super) fn begins(line: &str) -> bool {
    ["create ", "Name: ", "-N "]
        .iter()
        .any(|word| line.starts_with(word))
}

/// Sorts the lines of a listing.
pub(super) fn document(text: &str) -> Result<Vec<Draft<'_>>, Error> {
    let mut reader = Reader::default();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        if line.len() > LINE_BYTES {
            let limit = LINE_BYTES;
            return Err(Error::LongLine {
                line: number,
                limit,
            });
        }
        reader.line(number, line.trim())?;
        if reader.members > MEMBERS {
            return Err(Error::TooManyMembers { limit: MEMBERS });
        }
    }
    Ok(reader.sets)
}

#[derive(Default)]
struct Reader<'a> {
    sets: Vec<Draft<'a>>,
    places: BTreeMap<&'a str, usize>,
    members: usize,
    /// True between `Members:` and the next blank line of `ipset list`.
    listing: bool,
}

impl<'a> Reader<'a> {
    fn line(&mut self, number: usize, line: &'a str) -> Result<(), Error> {
        if line.is_empty() {
            self.listing = false;
            return Ok(());
        }
        if let Some(name) = line.strip_prefix("Name: ") {
            self.listing = false;
            return self.create(number, name, "", "");
        }
        if self.listing {
            return self.add(number, self.sets.len().checked_sub(1), line);
        }
        if line.starts_with('#') || line == "COMMIT" {
            return Ok(());
        }
        if let Some(rest) = after(line, &["create ", "-N "]) {
            let (name, kind, header) = created(rest).ok_or_else(|| not_a_line(number, line))?;
            return self.create(number, name, kind, header);
        }
        if let Some(rest) = after(line, &["add ", "-A "]) {
            let (set, member) = self.added(rest).ok_or_else(|| Error::NoSet {
                line: number,
                set: quoted(rest.split(' ').next().unwrap_or_default()),
            })?;
            return self.add(number, Some(set), member);
        }
        self.property(number, line)
    }

    /// A line of `ipset list` about the set.
    fn property(&mut self, number: usize, line: &'a str) -> Result<(), Error> {
        let (Some((property, value)), Some(set)) = (line.split_once(':'), self.sets.last_mut())
        else {
            return Err(not_a_line(number, line));
        };
        match property {
            "Type" => set.kind = value.trim(),
            "Header" => set.header = value.trim(),
            "Members" => self.listing = true,
            _ if PROPERTIES.contains(&property) => {}
            _ => return Err(not_a_line(number, line)),
        }
        Ok(())
    }

    fn create(
        &mut self,
        line: usize,
        name: &'a str,
        kind: &'a str,
        header: &'a str,
    ) -> Result<(), Error> {
        if self.places.insert(name, self.sets.len()).is_some() {
            let set = quoted(name);
            return Err(Error::SetTwice { line, set });
        }
        self.members += 1;
        self.sets.push(Draft {
            name,
            kind,
            header,
            members: Vec::new(),
        });
        Ok(())
    }

    /// The set that a member is added to, and the member; most members follow their set.
    fn added(&self, rest: &'a str) -> Option<(usize, &'a str)> {
        let of = |place: usize| {
            let member = rest
                .strip_prefix(self.sets.get(place)?.name)?
                .strip_prefix(' ')?;
            Some((place, member.trim_start()))
        };
        let last = self.sets.len().checked_sub(1)?;
        of(last).or_else(|| {
            let (name, _) = rest.split_once(' ')?;
            of(*self.places.get(name)?)
        })
    }

    fn add(&mut self, line: usize, set: Option<usize>, member: &'a str) -> Result<(), Error> {
        let Some(set) = set.and_then(|set| self.sets.get_mut(set)) else {
            return Err(not_a_line(line, member));
        };
        set.members.push(member);
        self.members += 1;
        Ok(())
    }
}

/// The name, the type and the rest of `create`; a name may hold blanks.
fn created(rest: &str) -> Option<(&str, &str, &str)> {
    let starts = [" hash:", " bitmap:", " list:"]
        .iter()
        .filter_map(|kind| rest.find(kind));
    let (name, rest) = match starts.min() {
        Some(at) => rest.split_at(at),
        None => rest.split_once(' ')?,
    };
    let rest = rest.trim_start();
    let (kind, header) = rest.split_once(' ').unwrap_or((rest, ""));
    (!name.is_empty() && !kind.is_empty()).then_some((name, kind, header))
}

fn after<'a>(line: &'a str, words: &[&str]) -> Option<&'a str> {
    words
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .map(str::trim_start)
}

fn not_a_line(line: usize, text: &str) -> Error {
    let text = quoted(text);
    Error::NotALine { line, text }
}

/// What else `ipset list` says of a set.
const PROPERTIES: &[&str] = &[
    "Revision",
    "Size in memory",
    "References",
    "Number of entries",
    "Default binding",
    "Bindings",
];
