//! Lists of rules in the manner of real ones, after the three seeds of `ClassBench` (Taylor and Turner,
//! IEEE/ACM Transactions on Networking 2007) and of security groups, and lists made to be hard. The
//! same name, size and seed give the same list.

use rulesets::space::{Cube, Entry, Field, Label, List, Span};

/// What the lists are like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Flavour {
    /// Router access lists: narrow destinations, exact ports.
    Acl,
    /// Firewalls: either address is often open, source ports matter now and then.
    Firewall,
    /// Chains of host filters: a mixture, with nested blocks.
    Chain,
    /// Security groups: sources and ports, several blocks and ports a rule.
    Group,
    /// Few numbers in all five fields, so that everything overlaps.
    Crowd,
    /// Thin slabs that together hide the last rule, among wide slabs that cut it in four other fields.
    Comb,
    /// Tiles that together hide the last rule.
    Tiles,
}

/// Numbers that look random and are the same in every run (`SplitMix64`).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True in so many cases of a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Flavour {
    pub(crate) const ALL: [Self; 7] = [
        Self::Acl,
        Self::Firewall,
        Self::Chain,
        Self::Group,
        Self::Crowd,
        Self::Comb,
        Self::Tiles,
    ];
}

/// A list of some `size` rules whose addresses lie within `family`.
pub(crate) fn list(flavour: Flavour, family: &Cube, size: u32, seed: u64) -> List {
    let mut random = Random::new(seed ^ (u64::from(size) << 32) ^ ((flavour as u64) << 56));
    let blocks = Blocks::new(&mut random, family, size);
    let mut rules: Vec<(Vec<Cube>, Label)> = (0..size)
        .map(|rule| match flavour {
            Flavour::Acl => (vec![blocks.acl(&mut random)], allow(&mut random, 80)),
            Flavour::Firewall => (vec![blocks.firewall(&mut random)], allow(&mut random, 60)),
            Flavour::Chain => (vec![blocks.chain(&mut random)], allow(&mut random, 50)),
            Flavour::Group => (blocks.group(&mut random), allow(&mut random, 85)),
            Flavour::Crowd => (crowd(&mut random), any_label(&mut random)),
            Flavour::Comb => (vec![comb(family, rule, size)], allow(&mut random, 50)),
            Flavour::Tiles => (vec![tile(family, rule, size)], allow(&mut random, 50)),
        })
        .collect();
    if !matches!(flavour, Flavour::Crowd | Flavour::Comb | Flavour::Tiles) {
        // Exceptions before the general rule, as a rule.
        rules.sort_by_cached_key(|(cubes, _)| width(&cubes[0]) + random.below(16));
    }
    let rules = (0..).zip(rules);
    let entries = rules.flat_map(|(rule, (cubes, label))| {
        cubes
            .into_iter()
            .map(move |cube| Entry { cube, label, rule })
    });
    let entries = entries.collect();
    List {
        entries,
        default: Label(0),
    }
}

/// The list with so many rules removed, inserted, moved or given another label, and rules numbered
/// anew.
pub(crate) fn edited(list: &List, edits: u32, random: &mut Random) -> List {
    let mut entries = list.entries.clone();
    for _ in 0..edits {
        let at = usize::try_from(random.below(entries.len() as u64 + 1)).unwrap();
        match (random.below(4), entries.get(at).copied()) {
            (0, Some(_)) => _ = entries.remove(at),
            (1, Some(entry)) => {
                entries.remove(at);
                let to = usize::try_from(random.below(entries.len() as u64 + 1)).unwrap();
                entries.insert(to, entry);
            }
            (2, Some(_)) => entries[at].label = allow(random, 50),
            (_, near) => {
                let mut entry = near.unwrap_or(Entry {
                    cube: Cube::V4,
                    label: Label(1),
                    rule: 0,
                });
                entry.label = allow(random, 50);
                if random.chance(50) {
                    entry.cube = entry.cube.with(Field::B, port(random));
                }
                entries.insert(at, entry);
            }
        }
    }
    for (rule, entry) in (0..).zip(&mut entries) {
        entry.rule = rule;
    }
    List {
        entries,
        default: list.default,
    }
}

fn allow(random: &mut Random, percent: u64) -> Label {
    Label(u32::from(random.chance(percent)))
}

fn any_label(random: &mut Random) -> Label {
    Label(u32::try_from(random.below(3)).unwrap())
}

/// How many bits a packet has left to choose in a cube.
fn width(cube: &Cube) -> u64 {
    let bits = Field::ALL.map(|field| u64::from(cube.span(field).count().ilog2()));
    bits.iter().sum()
}

/// Blocks of addresses, some inside others, that the rules of a list share.
struct Blocks {
    family: Cube,
    blocks: Vec<Span>,
}

impl Blocks {
    fn new(random: &mut Random, family: &Cube, size: u32) -> Self {
        let bits = 128 - family.span(Field::Source).last().leading_zeros();
        let mut blocks: Vec<Span> = Vec::new();
        for _ in 0..=size {
            let inside = (!blocks.is_empty() && random.chance(50)).then(|| random.pick(&blocks));
            let length = random.pick(&[
                16, 20, 22, 24, 24, 24, 25, 26, 27, 28, 29, 30, 32, 32, 32, 32,
            ]);
            let length = if random.chance(1) { 8 } else { length };
            let host = (bits - length * bits / 32).min(127);
            let number = u128::from(random.next()) << 64 | u128::from(random.next());
            let base = inside.map_or(number >> (128 - bits), |block: Span| {
                block.first() + number % block.count()
            });
            let first = base >> host << host;
            let last = first | ((1 << host) - 1);
            blocks.extend(Span::new(first, last));
        }
        Self {
            family: *family,
            blocks,
        }
    }

    /// A block, or in so many cases of a hundred every address.
    fn address(&self, random: &mut Random, open: u64) -> Span {
        if random.chance(open) {
            return self.family.span(Field::Source);
        }
        random.pick(&self.blocks)
    }

    fn acl(&self, random: &mut Random) -> Cube {
        let cube = self
            .family
            .with(Field::Source, self.address(random, 15))
            .with(Field::Destination, self.address(random, 3));
        service(cube, random, 10)
    }

    fn firewall(&self, random: &mut Random) -> Cube {
        let (source, destination) = random.pick(&[(90, 2), (2, 60), (5, 5), (2, 10)]);
        let cube = self
            .family
            .with(Field::Source, self.address(random, source))
            .with(Field::Destination, self.address(random, destination));
        let cube = service(cube, random, 20);
        if random.chance(15) {
            return cube.with(Field::A, port(random));
        }
        cube
    }

    fn chain(&self, random: &mut Random) -> Cube {
        let (source, destination) = random.pick(&[(60, 3), (3, 60), (5, 5)]);
        let cube = self
            .family
            .with(Field::Source, self.address(random, source))
            .with(Field::Destination, self.address(random, destination));
        service(cube, random, 30)
    }

    fn group(&self, random: &mut Random) -> Vec<Cube> {
        let cube = service(self.family, random, 5);
        let sources: Vec<Span> = (0..random.pick(&[1, 1, 1, 2, 3]))
            .map(|_| self.address(random, 5))
            .collect();
        let ports: Vec<Span> = if cube.span(Field::B).count() == 1 {
            (0..random.pick(&[1, 1, 2])).map(|_| port(random)).collect()
        } else {
            vec![cube.span(Field::B)]
        };
        let cubes = sources.iter().flat_map(|source| {
            let cube = cube.with(Field::Source, *source);
            ports.iter().map(move |port| cube.with(Field::B, *port))
        });
        cubes.collect()
    }
}

/// A protocol with its destination ports, or in so many cases of a hundred every protocol.
fn service(cube: Cube, random: &mut Random, open: u64) -> Cube {
    if random.chance(open) {
        return cube;
    }
    let protocol = random.pick(&[6, 6, 6, 6, 17, 17, 1, 47]);
    let cube = cube.with(Field::Protocol, Span::one(protocol));
    match protocol {
        6 | 17 if random.chance(85) => cube.with(Field::B, port(random)),
        1 if random.chance(70) => {
            let first = u128::from(random.below(20)) * 256;
            let last = first + random.pick(&[0, 4, 255]);
            cube.with(Field::B, Span::new(first, last).unwrap())
        }
        _ => cube,
    }
}

/// One of the usual ports, any port, or a range.
fn port(random: &mut Random) -> Span {
    match random.below(10) {
        0..=5 => Span::one(random.pick(&[22, 25, 53, 80, 123, 443, 1521, 3306, 3389, 5432, 8080])),
        6..=7 => Span::one(u128::from(random.below(65536))),
        8 => random.pick(&[Span::up_to(1023), Span::new(1024, 65535).unwrap()]),
        _ => {
            let first = u128::from(random.below(60000));
            Span::new(first, first + u128::from(random.below(5000))).unwrap()
        }
    }
}

/// One or two cubes with ends from a handful of numbers.
fn crowd(random: &mut Random) -> Vec<Cube> {
    let mut cube = || {
        Field::ALL.into_iter().fold(Cube::V4, |cube, field| {
            if random.chance(30) {
                return cube;
            }
            let (one, other) = (random.below(7), random.below(7));
            let ends = (u128::from(one.min(other)), u128::from(one.max(other)));
            cube.with(field, Span::new(ends.0, ends.1).unwrap())
        })
    };
    let first = cube();
    if first.span(Field::Protocol).first() == 1 {
        return vec![first, cube()];
    }
    vec![first]
}

/// The teeth of a comb: twenty wide slabs in each of four fields, then thin slabs of sources that
/// leave no gap, then everything.
fn comb(family: &Cube, rule: u32, size: u32) -> Cube {
    let fields = [Field::Destination, Field::Protocol, Field::A, Field::B];
    let wide = 80.min(size / 4 * 2);
    if rule + 1 == size {
        return *family;
    }
    if rule < wide {
        let field = fields[rule as usize % 4];
        let first = u128::from(rule / 4) * 12;
        return family.with(field, Span::new(first, first + 4).unwrap());
    }
    slab(family, Field::Source, rule - wide, size - 1 - wide)
}

/// A square of tiles in source and destination, row by row, then everything.
fn tile(family: &Cube, rule: u32, size: u32) -> Cube {
    if rule + 1 == size {
        return *family;
    }
    let tiles = size - 1;
    let width = tiles.isqrt().max(1);
    let rows = tiles.div_ceil(width);
    let row = rule / width;
    let own = if row + 1 == rows {
        tiles - row * width
    } else {
        width
    };
    let cube = slab(family, Field::Source, row, rows);
    let within = slab(family, Field::Destination, rule % width, own);
    cube.with(Field::Destination, within.span(Field::Destination))
}

/// One of so many equal parts of a field.
fn slab(family: &Cube, field: Field, part: u32, of: u32) -> Cube {
    let last = family.span(field).last();
    let width = last / u128::from(of);
    let first = width * u128::from(part);
    let end = if part + 1 == of {
        last
    } else {
        first + width - 1
    };
    family.with(field, Span::new(first, end).unwrap())
}
