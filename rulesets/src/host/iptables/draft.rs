//! A rule taken apart: its own options, its matches with theirs, its target with its own.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::error::{Problem, quoted};
use super::words::Word;
use crate::flow::Family;
use std::borrow::Cow;

/// A rule taken apart.
#[derive(Default)]
pub(super) struct Draft<'a> {
    /// The options that belong to the rule itself: `-p`, `-s`, `-i`, ...
    pub own: Vec<Item<'a>>,
    /// The options of the protocol (`--dport`, `--icmp-type`, ...), which need no `-m`.
    pub transport: Group<'a>,
    /// The matches that `-m` names.
    pub matches: Vec<Group<'a>>,
    /// Where `-j` or `-g` sends the packet, with its options.
    pub target: Option<Group<'a>>,
    /// True when it is `-g`.
    pub goto: bool,
    /// The family the rule is for alone (`-4`, `-6`).
    pub only: Option<Family>,
}

/// A match or target with its options.
#[derive(Default)]
pub(super) struct Group<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its options.
    pub items: Vec<Item<'a>>,
}

/// An option with its values.
pub(super) struct Item<'a> {
    /// True when `!` stands before the option or its value.
    pub negated: bool,
    /// The option, in its usual long or short spelling.
    pub option: Cow<'a, str>,
    /// The values.
    pub values: Vec<Word<'a>>,
}

impl Item<'_> {
    /// The first value.
    pub(super) fn value(&self) -> Result<&str, Problem> {
        let missing = || Problem::NoValue(quoted(&self.option));
        self.values
            .first()
            .map(|word| &*word.text)
            .ok_or_else(missing)
    }

    /// The option as the user wrote it.
    pub(super) fn text(&self) -> String {
        let sign = if self.negated { "! " } else { "" };
        let mut text = format!("{sign}{}", self.option);
        for word in &self.values {
            text.push(' ');
            text.push_str(word.written);
        }
        text
    }
}

impl<'a> Group<'a> {
    /// The group that the value of `-m` or `-j` begins.
    fn named_by(item: &Item<'a>) -> Result<Self, Problem> {
        item.value()?;
        let name = item.values.first().map(|word| word.text.clone());
        Ok(Self {
            name: name.unwrap_or_default(),
            items: Vec::new(),
        })
    }

    /// The match as the user wrote it.
    pub(super) fn text(&self) -> String {
        let items = self.items.iter().map(Item::text);
        let words: Vec<String> = std::iter::once(format!("-m {}", self.name))
            .chain(items)
            .collect();
        words.join(" ")
    }

    /// The target's name and options as the user wrote them.
    pub(super) fn target_text(&self) -> String {
        let items = self.items.iter().map(Item::text);
        let words: Vec<String> = std::iter::once(self.name.to_string())
            .chain(items)
            .collect();
        words.join(" ")
    }

    /// The value of the option, where it has one.
    pub(super) fn value(&self, option: &str) -> Option<&str> {
        let item = self.items.iter().find(|item| item.option == option)?;
        item.values.first().map(|word| &*word.text)
    }
}

/// Takes the words after `-A CHAIN` apart.
pub(super) fn draft<'a>(words: &[Word<'a>]) -> Result<Draft<'a>, Problem> {
    let mut draft = Draft::default();
    let mut place = Place::Own;
    let mut at = 0;
    while let Some(mut item) = next(words, &mut at) {
        let policy = || {
            draft
                .matches
                .last()
                .is_some_and(|group| group.name == "policy")
        };
        if item.option != "--proto" || !policy() {
            item.option = usual(item.option);
        }
        place = draft.take(item, place)?;
    }
    Ok(draft)
}

impl<'a> Draft<'a> {
    /// Puts an option where it belongs, and says where the next one does.
    fn take(&mut self, item: Item<'a>, place: Place) -> Result<Place, Problem> {
        match &*item.option {
            "-4" => self.only = Some(Family::V4),
            "-6" => self.only = Some(Family::V6),
            "-c" | "-v" | "-n" | "-w" => {}
            "-m" => {
                self.matches.push(Group::named_by(&item)?);
                return Ok(Place::Match);
            }
            "-j" | "-g" => {
                if self.target.is_some() {
                    return Err(Problem::Twice(item.option.into_owned()));
                }
                self.goto = item.option == "-g";
                self.target = Some(Group::named_by(&item)?);
                return Ok(Place::Target);
            }
            option if OWN.contains(&option) => once(&mut self.own, item)?,
            option if TRANSPORT.contains(&option) => once(&mut self.transport.items, item)?,
            _ => {
                let group = match place {
                    Place::Own => None,
                    Place::Match => self.matches.last_mut(),
                    Place::Target => self.target.as_mut(),
                };
                group.unwrap_or(&mut self.transport).items.push(item);
            }
        }
        Ok(place)
    }
}

fn once<'a>(items: &mut Vec<Item<'a>>, item: Item<'a>) -> Result<(), Problem> {
    if items.iter().any(|other| other.option == item.option) {
        return Err(Problem::Twice(item.option.into_owned()));
    }
    items.push(item);
    Ok(())
}

#[derive(Clone, Copy)]
enum Place {
    Own,
    Match,
    Target,
}

/// The next option with its values; `None` at the end.
fn next<'a>(words: &[Word<'a>], at: &mut usize) -> Option<Item<'a>> {
    let mut negated = false;
    while words.get(*at)?.written == "!" {
        negated = !negated;
        *at += 1;
    }
    let word = words.get(*at)?;
    *at += 1;
    let (option, joined) = split(&word.text);
    let mut values: Vec<Word<'a>> = joined.into_iter().collect();
    if words.get(*at).is_some_and(|word| word.written == "!")
        && words.get(*at + 1).is_some_and(|word| !word.opens())
    {
        negated = !negated;
        *at += 1;
    }
    if FREE_TEXT.contains(&&*option) {
        values.extend(words.get(*at).cloned());
        *at += 1;
    }
    while let Some(word) = words.get(*at).filter(|word| !word.opens()) {
        values.push(word.clone());
        *at += 1;
    }
    Some(Item {
        negated,
        option,
        values,
    })
}

/// The option and the value that `=` joins to it.
fn split<'a>(word: &Cow<'a, str>) -> (Cow<'a, str>, Option<Word<'a>>) {
    let Cow::Borrowed(text) = *word else {
        return (word.clone(), None);
    };
    match text.split_once('=') {
        Some((option, value)) if text.starts_with("--") => {
            let text = Cow::Borrowed(value);
            (
                option.into(),
                Some(Word {
                    text,
                    written: value,
                }),
            )
        }
        _ => (text.into(), None),
    }
}

/// The usual spelling of an option that has several.
fn usual(option: Cow<'_, str>) -> Cow<'_, str> {
    let spelled = |(others, _): &&(&[&str], &'static str)| others.contains(&&*option);
    match SPELLINGS.iter().find(spelled) {
        Some((_, usual)) => Cow::Borrowed(usual),
        None => option,
    }
}

const OWN: &[&str] = &["-p", "-s", "-d", "-i", "-o", "-f"];

const TRANSPORT: &[&str] = &[
    "--sport",
    "--dport",
    "--tcp-flags",
    "--syn",
    "--tcp-option",
    "--icmp-type",
    "--icmpv6-type",
];

const SPELLINGS: &[(&[&str], &str)] = &[
    (&["--protocol", "--proto"], "-p"),
    (&["--source", "--src"], "-s"),
    (&["--destination", "--dst"], "-d"),
    (&["--in-interface"], "-i"),
    (&["--out-interface"], "-o"),
    (&["--fragment", "--fragments"], "-f"),
    (&["--match"], "-m"),
    (&["--jump"], "-j"),
    (&["--goto"], "-g"),
    (&["--set-counters"], "-c"),
    (&["--ipv4"], "-4"),
    (&["--ipv6"], "-6"),
    (&["--verbose"], "-v"),
    (&["--numeric"], "-n"),
    (&["--wait"], "-w"),
    (&["--source-port"], "--sport"),
    (&["--destination-port"], "--dport"),
    (&["--source-ports"], "--sports"),
    (&["--destination-ports"], "--dports"),
    (&["--port"], "--ports"),
];

/// Options whose one value may begin with anything.
const FREE_TEXT: &[&str] = &[
    "--comment",
    "--log-prefix",
    "--nflog-prefix",
    "--ulog-prefix",
    "--string",
    "--hex-string",
    "--bytecode",
    "--u32",
    "--name",
    "--hashlimit-name",
];

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn shape(line: &str) -> String {
        let words = words(line).unwrap();
        let draft = draft(&words).unwrap();
        let own = draft
            .own
            .iter()
            .chain(&draft.transport.items)
            .map(Item::text);
        let mut parts: Vec<String> = own.collect();
        parts.extend(draft.matches.iter().map(Group::text));
        parts.extend(draft.target.iter().map(Group::target_text));
        parts.join(" | ")
    }

    #[test]
    fn every_option_finds_its_place_in_either_order_and_spelling() {
        let cases = [
            (
                "-s 10.0.0.0/8 -p tcp -m tcp ! --dport 80 -m limit --limit 3/min -j LOG --log-level 4",
                "-s 10.0.0.0/8 | -p tcp | ! --dport 80 | -m tcp | -m limit --limit 3/min | LOG --log-level 4",
            ),
            (
                "-j DROP --protocol=tcp --destination-port ! 80",
                "-p tcp | ! --dport 80 | DROP",
            ),
            ("-p ! tcp -i ! lo -f", "! -p tcp | ! -i lo | -f"),
            (
                "-m comment --comment -x -j LOG --log-prefix \"-j \"",
                "-m comment --comment -x | LOG --log-prefix \"-j \"",
            ),
            (
                "-m multiport --source-ports 1,2 -p udp -m set ! --match-set a src,dst",
                "-p udp | -m multiport --sports 1,2 | -m set ! --match-set a src,dst",
            ),
            ("--unknown 5 -j ACCEPT", "--unknown 5 | ACCEPT"),
        ];
        for (line, expected) in cases {
            assert_eq!(shape(line), expected, "{line}");
        }
    }

    #[test]
    fn what_stands_twice_or_without_a_value_is_refused() {
        let cases = [
            ("-s 1.1.1.1 -s 2.2.2.2", Problem::Twice("-s".to_owned())),
            ("--dport 1 --dport 2", Problem::Twice("--dport".to_owned())),
            ("-j ACCEPT -g X", Problem::Twice("-g".to_owned())),
            ("-j", Problem::NoValue("-j".to_owned())),
            ("-m -j ACCEPT", Problem::NoValue("-m".to_owned())),
        ];
        for (line, problem) in cases {
            let words = words(line).unwrap();
            assert_eq!(draft(&words).err(), Some(problem), "{line}");
        }
    }
}
