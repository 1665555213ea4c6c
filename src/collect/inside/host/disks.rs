//! File systems that stop a host when they are full or read-only.

use crate::inside::{Datum, Disk};
use nix::sys::statvfs::{FsFlags, Statvfs, statvfs};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// The file systems of the directories a login needs, each once.
pub(in crate::collect::inside) fn disks() -> Datum<Vec<Disk>> {
    let mut seen = BTreeSet::new();
    let disks: Vec<Disk> = DIRECTORIES
        .into_iter()
        .filter(|path| fs::metadata(path).is_ok_and(|it| seen.insert(it.dev())))
        .filter_map(|path| Some(disk(path, &statvfs(path).ok()?)))
        .collect();
    if disks.is_empty() {
        return Datum::skipped(SOURCE, "no file system could be asked");
    }
    Datum::read(SOURCE, disks)
}

fn disk(path: &str, facts: &Statvfs) -> Disk {
    let reserved = facts.blocks_free().saturating_sub(facts.blocks_available());
    let blocks = facts.blocks().saturating_sub(reserved);
    let used = facts.blocks().saturating_sub(facts.blocks_free());
    let inodes = facts.files();
    Disk {
        path: path.to_owned(),
        read_only: facts.flags().contains(FsFlags::ST_RDONLY),
        used_percent: percent(used, blocks),
        available_kib: Some(
            facts
                .blocks_available()
                .saturating_mul(facts.fragment_size())
                >> 10,
        ),
        inodes_available: (inodes > 0).then(|| facts.files_available()),
        inodes_used_percent: (inodes > 0)
            .then(|| percent(inodes.saturating_sub(facts.files_free()), inodes)),
    }
}

/// Rounded up, as `df(1)` does: 100 is full, or nearly.
fn percent(part: u64, whole: u64) -> u8 {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    u8::try_from((part * 100).div_ceil(whole).min(100)).unwrap_or(100)
}

const SOURCE: &str = "statvfs(3)";
const DIRECTORIES: [&str; 8] = [
    "/", "/var", "/var/log", "/run", "/tmp", "/home", "/root", "/boot",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up_and_never_past_the_whole() {
        for (part, whole, want) in [
            (0, 100, 0),
            (1, 1000, 1),
            (999, 1000, 100),
            (5, 0, 100),
            (0, 0, 0),
        ] {
            assert_eq!(percent(part, whole), want, "{part} of {whole}");
        }
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
    }

    #[test]
    fn the_root_file_system_is_always_told() {
        assert_eq!(disks().value().unwrap()[0].path, "/");
    }
}
