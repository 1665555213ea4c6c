//! What the script printed, as a source of facts.

use super::commands::{Link, addresses, choice, counts, neighbour};
use super::record::{Missing, Output, Record};
use crate::inside::{
    Address, Datum, FileStatus, FileText, Holder, LinkFacts, Managed, Neighbour, Owners,
    RouteToClient, Source, Taken, parse_cgroup,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::net::IpAddr;

/// The host of one record, with its counters before or after the rest was read.
pub(super) struct Said<'a> {
    pub(super) record: &'a Record,
    pub(super) moment: &'static str,
}

impl Source for Said<'_> {
    fn text(&self, path: &str) -> io::Result<FileText> {
        if let Some(setting) = path.strip_prefix("/proc/sys/net/") {
            return self.setting(setting);
        }
        if path == "/etc/passwd" {
            return Ok(whole(self.record.success("account")?));
        }
        let found = match self.record.name_of(path, self.moment) {
            Some(name) => self.record.success(name),
            None => Err(self.unprinted(path)),
        };
        Ok(whole(found?))
    }

    fn tail(&self, path: &str) -> io::Result<FileText> {
        self.text(path)
    }

    fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        let hexadecimal = self.text(path)?.text;
        let numbers = hexadecimal.split_whitespace();
        let numbers = numbers.map(|it| u8::from_str_radix(it, 16));
        numbers.collect::<Result<_, _>>().map_err(io::Error::other)
    }

    fn holds(&self, path: &str, bytes: &[u8]) -> io::Result<bool> {
        if bytes != b"libwrap.so" {
            return Err(Missing::new(path, UNASKED).into());
        }
        let lines = &self.record.success("linked")?.text;
        match word_for(lines, path) {
            Some("yes") => Ok(true),
            Some("no") => Ok(false),
            Some("-") => Err(ErrorKind::NotFound.into()),
            Some(_) | None => Err(Missing::new(path, UNASKED).into()),
        }
    }

    fn status(&self, path: &str) -> io::Result<FileStatus> {
        let lines = &self.record.success("modes")?.text;
        let wrong = || Missing::new(path, UNASKED);
        let (mode, uid) = lines
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find_map(|(mode, rest)| {
                let (uid, named) = rest.split_once(' ')?;
                (named == path).then_some((mode, uid))
            })
            .ok_or_else(wrong)?;
        match mode {
            "-" => Err(ErrorKind::NotFound.into()),
            "?" => Err(ErrorKind::PermissionDenied.into()),
            mode => Ok(FileStatus {
                mode: permissions(mode).ok_or_else(wrong)?,
                uid: uid.parse().map_err(|_| wrong())?,
            }),
        }
    }

    fn names(&self, path: &str) -> io::Result<Vec<String>> {
        self.status(path)?;
        let lines = self.record.success("modes")?.text.lines();
        let paths = lines.filter_map(|line| line.splitn(3, ' ').nth(2));
        let within = |child: &str| {
            let name = child.strip_prefix(path)?.strip_prefix('/')?;
            (!name.contains('/')).then(|| name.to_owned())
        };
        let names: BTreeSet<String> = paths.filter_map(within).collect();
        Ok(names.into_iter().collect())
    }

    fn taken(&self) -> Taken {
        self.record.taken()
    }

    fn silence(&self) -> &'static str {
        UNASKED
    }

    fn addresses(&self) -> Datum<Vec<Address>> {
        self.beside_links("address", |lines, links| {
            let running = links.iter().filter(|link| link.runs());
            let running = running.map(|link| link.name).collect();
            addresses(lines, &running)
        })
    }

    fn route_to(&self, client: IpAddr) -> Datum<RouteToClient> {
        let output = match self.record.output("choice") {
            Ok(output) => output,
            Err(missing) => return missing.datum(),
        };
        match choice(&output.text, output.status == "0") {
            Some(said) => Datum::read(
                &output.source,
                RouteToClient {
                    client,
                    source: said.as_ref().ok().copied(),
                    error: said.err(),
                },
            ),
            None => Datum::skipped(&output.source, MALFORMED),
        }
    }

    fn links(&self) -> Datum<Vec<LinkFacts>> {
        let rows = match self.record.success("dev") {
            Ok(output) => &output.text,
            Err(missing) => return missing.datum(),
        };
        let counts = rows.lines().filter_map(counts).collect();
        self.beside_links("link", |_, links| {
            links.iter().map(|link| link.facts(&counts)).collect()
        })
    }

    fn neighbours(&self) -> Datum<Vec<Neighbour>> {
        self.beside_links("neighbour", |lines, links| {
            let numbers: BTreeMap<&str, u32> =
                links.iter().map(|link| (link.name, link.number)).collect();
            let known = lines.filter_map(|line| neighbour(line, &numbers));
            Some(known.collect())
        })
    }

    fn kernel_log(&self) -> io::Result<FileText> {
        Ok(whole(self.record.success("dmesg")?))
    }

    fn owners(&self, inodes: &BTreeSet<u64>) -> Owners {
        // The script cannot tell whether it saw every process.
        let mut owners = Owners::default();
        let Ok(output) = self.record.success("owners") else {
            return owners;
        };
        let groups = groups(&output.text);
        for line in output.text.lines() {
            let mut words = line.splitn(3, ' ');
            let inode: Option<u64> = words.next().and_then(|it| it.parse().ok());
            let process = words.next().and_then(|it| it.parse().ok());
            let holder = inode.zip(process).zip(words.next());
            if let Some(((inode, pid), name)) = holder
                && inodes.contains(&inode)
            {
                owners.note(inode, pid, || Holder {
                    pid,
                    name: name.chars().take(64).collect(),
                    managed: groups.get(&pid).cloned().unwrap_or_default(),
                });
            }
        }
        owners
    }
}

impl Said<'_> {
    /// The lines of a part, beside the interfaces; a line that does not have the expected form spoils
    /// it.
    fn beside_links<T>(
        &self,
        name: &str,
        read: impl for<'s> FnOnce(&mut dyn Iterator<Item = &'s str>, &[Link<'_>]) -> Option<Vec<T>>,
    ) -> Datum<Vec<T>> {
        let (links, output) = match (self.record.success("link"), self.record.success(name)) {
            (Ok(links), Ok(output)) => (links, output),
            (Err(missing), _) | (_, Err(missing)) => return missing.datum(),
        };
        let links: Vec<Link<'_>> = links.text.lines().filter_map(Link::read).collect();
        let mut lines = output.text.lines().filter(|line| !line.trim().is_empty());
        match read(&mut lines, &links) {
            Some(value) => Datum::read_up_to(&output.source, value, output.truncated),
            None => Datum::skipped(&output.source, MALFORMED),
        }
    }

    /// A setting by its path below `/proc/sys/net`.
    fn setting(&self, path: &str) -> io::Result<FileText> {
        let settings = self.record.success("settings")?;
        let lines = settings.text.lines();
        let mut pairs = lines.filter_map(|line| line.strip_prefix("net/")?.split_once(' '));
        match pairs.find(|(named, _)| *named == path) {
            Some((_, value)) => Ok(FileText {
                text: value.to_owned(),
                truncated: false,
            }),
            None if settings.truncated => Err(io::Error::other("cut at a limit")),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    /// Why there is nothing of a path.
    fn unprinted(&self, path: &str) -> Missing {
        match self.record.lost() {
            Some(reason) => Missing::new(path, reason),
            None => Missing::new(path, UNASKED),
        }
    }
}

impl From<Missing> for io::Error {
    fn from(missing: Missing) -> Self {
        if missing.no_such_file() {
            Self::from(ErrorKind::NotFound)
        } else {
            Self::other(missing.reason)
        }
    }
}

fn whole(output: &Output) -> FileText {
    FileText {
        text: output.text.clone(),
        truncated: output.truncated,
    }
}

/// Who manages each process, of the lines `group PROCESS PATH`.
fn groups(lines: &str) -> BTreeMap<u32, Managed> {
    let rows = lines.lines().filter_map(|line| line.strip_prefix("group "));
    let rows = rows.filter_map(|row| {
        let (process, group) = row.split_once(' ')?;
        Some((process.parse().ok()?, parse_cgroup(group)))
    });
    rows.collect()
}

/// The first word of the line that ends with a path.
fn word_for<'a>(lines: &'a str, path: &str) -> Option<&'a str> {
    let mut pairs = lines.lines().filter_map(|line| line.split_once(' '));
    pairs
        .find(|(_, named)| *named == path)
        .map(|(word, _)| word)
}

/// The bits that `ls -l` writes as `drwxr-x--t`.
fn permissions(text: &str) -> Option<u32> {
    let letters = text.as_bytes().get(1..10)?;
    let mut mode = 0;
    for (index, letter) in letters.iter().enumerate() {
        let (bit, special) = (0o400 >> index, 0o4000 >> (index / 3));
        mode |= match letter {
            b'-' => 0,
            b'r' | b'w' | b'x' => bit,
            b's' | b't' => bit | special,
            b'S' | b'T' => special,
            _ => return None,
        };
    }
    Some(mode)
}

/// Why something is not there that the script never prints.
pub(super) const UNASKED: &str =
    "the shell script does not look for it: run `reachdx inside` there";
pub(super) const MALFORMED: &str = "does not have the expected form";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_with_its_unit() {
        let managed = groups("12 3 sshd\ngroup 3 0::/system.slice/ssh.service\ngroup x y\n");
        assert_eq!(managed[&3].unit.as_deref(), Some("ssh.service"));
        assert_eq!(managed.len(), 1);
    }

    #[test]
    fn permissions_are_read_as_ls_writes_them() {
        for (text, want) in [
            ("drwxr-xr-x", Some(0o755)),
            ("-rw-------.", Some(0o600)),
            ("drwxrwxrwt", Some(0o1777)),
            ("-rwsr-Sr-T", Some(0o7744)),
            ("----------", Some(0)),
            ("drwx", None),
            ("-rwq------", None),
        ] {
            assert_eq!(permissions(text), want, "{text}");
        }
    }
}
