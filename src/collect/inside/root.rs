//! Where files are read from: this host, or a disk of another one that is mounted here.
//!
//! No link on a mounted disk may lead out of it: the kernel resolves every step within it
//! (`RESOLVE_IN_ROOT`, see `openat2(2)`), whatever the disk's own links and `..` say.

use super::files::whole_lines;
use crate::inside::{FileStatus, FileText};
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::{Mode, SFlag, fstat};
use rustix::fs::getxattr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

/// A tree of files.
#[derive(Debug)]
pub(super) enum Root {
    /// This host's own.
    Live,
    /// The one under this directory.
    Mounted(OwnedFd),
}

impl Root {
    /// A disk that is mounted at `directory`.
    pub(super) fn mounted(directory: &Path) -> io::Result<Self> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_PATH | OFlag::O_CLOEXEC;
        let root = Self::Mounted(open(directory, flags, Mode::empty())?);
        // Kernels before 5.6 cannot keep to a directory; that is better said at once.
        root.open(".", OFlag::O_PATH | OFlag::O_DIRECTORY)?;
        Ok(root)
    }

    /// Reads at most 1 MiB of a regular file, from its beginning; of one of the kernel's, 16 MiB.
    pub(super) fn text(&self, path: &str) -> io::Result<FileText> {
        let limit = if path.starts_with("/proc/") {
            WHOLE
        } else {
            PART
        };
        self.part(path, limit, false)
    }

    /// Reads the last 1 MiB of a regular file.
    pub(super) fn tail(&self, path: &str) -> io::Result<FileText> {
        self.part(path, PART, true)
    }

    /// Reads the first 64 KiB of a regular file that is no text.
    pub(super) fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        self.file(path)?.take(64 << 10).read_to_end(&mut all)?;
        Ok(all)
    }

    /// Whether these bytes stand in the first 16 MiB of a regular file.
    pub(super) fn holds(&self, path: &str, bytes: &[u8]) -> io::Result<bool> {
        let mut all = Vec::new();
        self.file(path)?.take(WHOLE).read_to_end(&mut all)?;
        Ok(all.windows(bytes.len()).any(|it| it == bytes))
    }

    /// Owner and mode of what a path leads to.
    pub(super) fn status(&self, path: &str) -> io::Result<FileStatus> {
        let status = fstat(self.open(path, OFlag::O_PATH)?)?;
        Ok(FileStatus {
            mode: status.st_mode & 0o7777,
            uid: status.st_uid,
        })
    }

    /// The `SELinux` label of what a path leads to.
    pub(super) fn label(&self, path: &str) -> Option<String> {
        let file = self.open(path, OFlag::O_PATH).ok()?;
        let own = format!("/proc/self/fd/{}", file.as_raw_fd());
        let mut label = [0; 512];
        let length = getxattr(own, "security.selinux", &mut label).ok()?;
        let label = str::from_utf8(&label[..length]).ok()?;
        Some(label.trim_end_matches('\0').to_owned())
    }

    /// The names in a directory, sorted, at most 4096.
    pub(super) fn names(&self, path: &str) -> io::Result<Vec<String>> {
        let directory = self.open(path, OFlag::O_DIRECTORY | OFlag::O_RDONLY)?;
        let own = format!("/proc/self/fd/{}", directory.as_raw_fd());
        let mut names: Vec<String> = fs::read_dir(own)?
            .flatten()
            .take(4096)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    fn part(&self, path: &str, limit: u64, last: bool) -> io::Result<FileText> {
        let mut file = self.file(path)?;
        let length = file.metadata()?.len();
        if last && length > limit {
            file.seek(SeekFrom::Start(length - limit))?;
        }
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        Ok(whole_lines(&bytes, limit))
    }

    /// Opens a regular file; a pipe or a device that lies in its place does not block.
    fn file(&self, path: &str) -> io::Result<File> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let file = self.open(path, flags)?;
        let kind = SFlag::from_bits_truncate(fstat(&file)?.st_mode & SFlag::S_IFMT.bits());
        if kind != SFlag::S_IFREG {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        Ok(File::from(file))
    }

    fn open(&self, path: &str, flags: OFlag) -> io::Result<OwnedFd> {
        let flags = flags | OFlag::O_CLOEXEC;
        let opened = match self {
            Self::Live => open(path, flags, Mode::empty()),
            Self::Mounted(root) => {
                let within = ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS;
                openat2(root, path, OpenHow::new().flags(flags).resolve(within))
            }
        };
        opened.map_err(io::Error::from)
    }
}

const PART: u64 = 1 << 20;
const WHOLE: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::mknod;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    #[test]
    fn no_link_leads_out_of_a_mounted_disk() {
        let around = TempDir::new().unwrap();
        fs::write(around.path().join("secret"), "outside").unwrap();
        let disk = around.path().join("disk");
        fs::create_dir_all(disk.join("etc")).unwrap();
        fs::write(disk.join("etc/inner"), "inside\n").unwrap();
        for (name, target) in [
            ("absolute", around.path().join("secret")),
            ("up", "../../secret".into()),
            ("host", "/etc/passwd".into()),
            ("magic", "/proc/self/root/etc/passwd".into()),
            ("within", "/etc/inner".into()),
        ] {
            symlink(target, disk.join("etc").join(name)).unwrap();
        }
        symlink("/", disk.join("top")).unwrap();
        let root = Root::mounted(&disk).unwrap();
        for name in [
            "/etc/absolute",
            "/etc/up",
            "/etc/host",
            "/etc/magic",
            "/../secret",
        ] {
            assert!(root.text(name).is_err(), "{name}");
        }
        assert_eq!(root.text("/etc/within").unwrap().text, "inside\n");
        assert_eq!(root.text("/top/etc/within").unwrap().text, "inside\n");
        assert_eq!(root.names("/etc").unwrap().len(), 6);
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_does_not_block() {
        let disk = TempDir::new().unwrap();
        let pipe = disk.path().join("pipe");
        mknod(&pipe, SFlag::S_IFIFO, Mode::S_IRUSR, 0).unwrap();
        let path = pipe.to_str().unwrap();
        assert!(Root::Live.text(path).is_err());
        assert!(Root::mounted(disk.path()).unwrap().text("/pipe").is_err());
        assert!(Root::mounted(&disk.path().join("missing")).is_err());
    }

    #[test]
    fn of_a_long_log_the_end_is_read() {
        let disk = TempDir::new().unwrap();
        let line = "0123456789abcde\n";
        let long = line.repeat(1 << 17) + "last\n";
        fs::write(disk.path().join("log"), long).unwrap();
        let root = Root::mounted(disk.path()).unwrap();
        assert!(root.tail("/log").unwrap().text.ends_with("last\n"));
        assert!(root.text("/log").unwrap().truncated);
    }
}
