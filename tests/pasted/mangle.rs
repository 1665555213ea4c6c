//! What terminals, logs, editors and people do to a block.

use fastrand::Rng;

/// A mangled block.
pub(crate) struct Mangled {
    pub(crate) text: String,
    /// What was done to it.
    pub(crate) told: Vec<String>,
    /// The numbers of the lines that may be lost or beyond repair; everything else must come back.
    pub(crate) gone: Vec<usize>,
}

/// Mangles a block, in ways that the seed chooses.
pub(crate) fn mangled(block: &str, seed: u64) -> Mangled {
    let mut random = Rng::with_seed(seed);
    let mut paste = Paste {
        lines: block.lines().map(str::to_owned).collect(),
        told: Vec::new(),
        gone: Vec::new(),
        changed: Vec::new(),
    };
    // Every single way has its turn, then they come together.
    let ways = if seed < 88 {
        vec![usize::try_from(seed).unwrap() % WAYS]
    } else {
        (0..WAYS).filter(|_| random.u8(..4) == 0).collect()
    };
    for way in ways {
        paste.apply(way, &mut random);
    }
    Mangled {
        text: paste.lines.concat_lines(),
        told: paste.told,
        gone: paste.gone,
    }
}

struct Paste {
    lines: Vec<String>,
    told: Vec<String>,
    gone: Vec<usize>,
    /// Lines that no longer begin as they were printed, with their numbers.
    changed: Vec<(String, usize)>,
}

impl Paste {
    /// The ways stand in the order in which they happen: to the lines, to their layout, to the text.
    fn apply(&mut self, way: usize, random: &mut Rng) {
        match way {
            0 => self.lose(random),
            1 => self.repeat(random),
            2 => self.swap(random),
            3 => self.look_alike(random),
            4 => self.interrupt(random),
            5 => self.cut_head(random),
            6 => self.cut_tail(random),
            7 => self.dashes(random),
            8 => self.wrap(random),
            9 => self.join(random),
            10 => self.prefix("prompt", |_| "root@vm:~# ".to_owned()),
            11 => {
                let second = random.u32(10..99);
                self.prefix("log", |at| {
                    format!(
                        "Nov 23 00:{second}:{:02} vm reachdx[{}]: ",
                        at % 60,
                        700 + at % 9
                    )
                });
            }
            12 => self.prefix("kernel", |at| {
                format!("[{:>5}.{:06}] ", at / 7, at * 7919 % 1_000_000)
            }),
            13 => self.prefix("quote", |_| "> ".to_owned()),
            14 => self.prefix("bare quote", |_| ">".to_owned()),
            15 => self.colour(random),
            16 => self.end("CRLF", "\r"),
            17 => self.end("blanks", "   \t "),
            18 => self.prefix("tab", |_| "\t".to_owned()),
            19 => self.each("no-break spaces", |line| line.replace(' ', "\u{a0}")),
            20 => self.each("empty lines", |line| format!("{line}\n\n")),
            _ => self.each("JSON string", |line| line.replace('\n', "\\n")),
        }
    }

    fn each(&mut self, told: &str, change: impl Fn(&str) -> String) {
        self.told.push(told.to_owned());
        for line in &mut self.lines {
            *line = change(line);
        }
    }

    fn end(&mut self, told: &str, end: &str) {
        self.each(told, |line| {
            line.split('\n')
                .map(|row| format!("{row}{end}"))
                .collect::<Vec<_>>()
                .join("\n")
        });
    }

    fn prefix(&mut self, told: &str, text: impl Fn(usize) -> String) {
        self.told.push(told.to_owned());
        let mut at = 0;
        for line in &mut self.lines {
            let rows = line.split('\n').map(|row| {
                at += 1;
                format!("{}{row}", text(at))
            });
            *line = rows.collect::<Vec<_>>().join("\n");
        }
    }

    fn any(&self, random: &mut Rng) -> usize {
        random.usize(..self.lines.len())
    }

    fn gone(&mut self, at: usize) {
        let line = &self.lines[at];
        let changed = self.changed.iter().find(|(text, _)| text == line);
        let number = changed.map(|(_, number)| *number).or_else(|| number(line));
        self.gone.extend(number);
    }

    fn lose(&mut self, random: &mut Rng) {
        for _ in 0..random.usize(1..5) {
            let at = self.any(random);
            self.gone(at);
            let line = self.lines.remove(at);
            self.told.push(format!("lost {line:.8}"));
        }
    }

    fn repeat(&mut self, random: &mut Rng) {
        let (from, to) = (self.any(random), self.any(random));
        let copy = self.lines[from.min(to)..from.max(to)].to_vec();
        self.lines.splice(from.max(to)..from.max(to), copy);
        self.told.push(format!("repeated {from} {to}"));
    }

    fn swap(&mut self, random: &mut Rng) {
        random.shuffle(&mut self.lines);
        self.told.push("shuffled".into());
    }

    /// One character, which is always mended.
    fn look_alike(&mut self, random: &mut Rng) {
        for _ in 0..3 {
            let at = self.any(random);
            let mut chars: Vec<char> = self.lines[at].chars().collect();
            let place = random.usize(..chars.len());
            let was = chars[place];
            let pairs = "0O1lI|5S8B2Zg9oQuvmn{([})]";
            let other = pairs
                .chars()
                .nth(random.usize(..pairs.chars().count()))
                .unwrap();
            if self
                .told
                .iter()
                .any(|it| it.ends_with(&format!("in {:.8}", self.lines[at])))
                || number(&self.lines[at]).is_none()
            {
                continue;
            }
            // A brace within a line breaks it in two, which is beyond one character.
            if "{}".contains(other) || "{}".contains(was) {
                self.gone(at);
            }
            self.told
                .push(format!("{was} became {other} in {:.8}", self.lines[at]));
            chars[place] = other;
            let changed = chars.into_iter().collect::<String>();
            self.changed
                .extend(number(&self.lines[at]).map(|number| (changed.clone(), number)));
            self.lines[at] = changed;
        }
    }

    fn interrupt(&mut self, random: &mut Rng) {
        let at = self.any(random);
        self.gone(at);
        let place = random.usize(..self.lines[at].len());
        if self.lines[at].is_char_boundary(place) {
            self.lines[at].insert_str(place, "[  812.345678] eth0: Link is Up\n");
        }
        self.told.push(format!("interrupted {:.8}", self.lines[at]));
    }

    fn cut_head(&mut self, random: &mut Rng) {
        let rows = random.usize(..self.lines.len());
        for at in 0..=rows {
            self.gone(at);
        }
        self.lines.drain(..rows);
        let cut = random.usize(..self.lines[0].len());
        self.lines[0] = self.lines[0].chars().skip(cut).collect();
        self.told
            .push(format!("head cut by {rows} lines and {cut}"));
    }

    fn cut_tail(&mut self, random: &mut Rng) {
        let rows = random.usize(..self.lines.len());
        for at in rows..self.lines.len() {
            self.gone(at);
        }
        self.lines.truncate(rows + 1);
        let cut = random.usize(..=self.lines[rows].len());
        self.lines[rows] = self.lines[rows].chars().take(cut).collect();
        self.told
            .push(format!("tail cut to {rows} lines and {cut}"));
    }

    fn dashes(&mut self, _: &mut Rng) {
        self.each("smart dashes", |line| line.replace("--", "\u{2014}"));
    }

    fn wrap(&mut self, random: &mut Rng) {
        let width = *random
            .choice(&[79, 80, 40, 72, 33, 61, 20, 77, 78, 13])
            .unwrap();
        self.each(&format!("wrapped at {width}"), |line| {
            let chars: Vec<char> = line.chars().collect();
            let rows: Vec<String> = chars
                .chunks(width)
                .map(|row| row.iter().collect())
                .collect();
            rows.join("\n")
        });
    }

    fn join(&mut self, random: &mut Rng) {
        let between = *random.choice(&["", " ", "  ", "\t"]).unwrap();
        let whole = self.lines.join(between);
        self.lines = vec![whole];
        self.told.push(format!("joined by {between:?}"));
    }

    fn colour(&mut self, random: &mut Rng) {
        let steer = [
            "\u{1b}[31m",
            "\u{1b}[0m",
            "\u{1b}[K",
            "\u{1b}[24;1H",
            "\u{1b}(B",
            "\u{1b}]0;title\u{7}",
            "^[[1m",
        ];
        self.told.push("coloured".into());
        for line in &mut self.lines {
            for _ in 0..random.usize(..4) {
                let places: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
                if let Some(at) = random.choice(&places)
                    && !line.contains(['\u{1b}', '^'])
                {
                    line.insert_str(*at, random.choice(&steer).unwrap());
                }
            }
        }
    }
}

trait ConcatLines {
    fn concat_lines(&self) -> String;
}

impl ConcatLines for Vec<String> {
    fn concat_lines(&self) -> String {
        let json = self.iter().any(|line| line.contains("\\n"));
        self.join(if json { "\\n" } else { "\n" })
    }
}

/// The number of a line that begins as it was printed.
fn number(line: &str) -> Option<usize> {
    line.strip_prefix('{')?.get(..4)?.parse().ok()
}

const WAYS: usize = 22;
