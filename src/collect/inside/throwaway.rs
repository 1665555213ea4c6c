//! Asking `sshd` about its settings without the host's keys.
//!
//! `sshd -T` refuses to speak without a host key, and only root may read the host's. Given any key of
//! the right form it answers everybody. This one is made of zeros and lies in memory alone: nothing is
//! written to a disk, and nobody can be deceived with it.
//!
//! Root is asked for a directory that the server's unit makes when it starts, `/run/sshd`: where
//! systemd listens in its place it is missing between logins, and all is well. Nobody is not asked
//! for it.

use super::command::{Bounds, Caller, CommandError, run, run_as};
use crate::inside::FileText;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{Gid, Uid, fchown};
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Runs `sshd` with these arguments and, where the host's keys are out of reach or a directory is
/// missing that only root is asked for, with one that is none.
pub(super) async fn ask_sshd(
    root: bool,
    program: &Path,
    arguments: &[&str],
    bounds: Bounds,
) -> Result<FileText, CommandError> {
    if !root {
        let key = HostKey::new()?;
        let path = key.path();
        return run(program, &[arguments, &["-h", &path]].concat(), bounds).await;
    }
    match run(program, arguments, bounds).await {
        Err(CommandError::Failed { stderr, .. }) if stderr.contains(MISSING_DIRECTORY) => {
            let input = HostKey::new()?.for_nobody()?;
            let arguments = [arguments, &["-h", "/proc/self/fd/0"]].concat();
            run_as(Caller::Nobody(input), program, &arguments, bounds).await
        }
        said => said,
    }
}

/// The key, for as long as it is kept.
struct HostKey {
    file: File,
}

impl HostKey {
    /// Makes one; the kernel must have `memfd_create(2)` (3.17).
    fn new() -> io::Result<Self> {
        let mut file = File::from(memfd_create("host-key", MFdFlags::MFD_CLOEXEC)?);
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(armoured().as_bytes())?;
        Ok(Self { file })
    }

    /// Gives it away, with nobody as its owner: `sshd` takes no key of somebody else's.
    fn for_nobody(self) -> io::Result<OwnedFd> {
        fchown(
            &self.file,
            Some(Uid::from_raw(65534)),
            Some(Gid::from_raw(65534)),
        )?;
        Ok(self.file.into())
    }

    /// Where another process of this user reads it.
    fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }
}

/// OpenSSH's form of private keys (`PROTOCOL.key` in its source), of kind `ssh-ed25519`.
fn armoured() -> String {
    let mut public = Vec::new();
    field(&mut public, KIND);
    field(&mut public, &[0; 32]);
    let mut private = vec![0; 8];
    field(&mut private, KIND);
    field(&mut private, &[0; 32]);
    field(&mut private, &[0; 64]);
    field(&mut private, b"");
    private.extend((1..=8).take(private.len().next_multiple_of(8) - private.len()));
    let mut key = b"openssh-key-v1\0".to_vec();
    field(&mut key, b"none");
    field(&mut key, b"none");
    field(&mut key, b"");
    key.extend(1_u32.to_be_bytes());
    field(&mut key, &public);
    field(&mut key, &private);
    let label = "OPENSSH PRIVATE KEY";
    format!(
        "-----BEGIN {label}-----\n{}-----END {label}-----\n",
        base64_lines(&key)
    )
}

fn field(to: &mut Vec<u8>, value: &[u8]) {
    to.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    to.extend(value);
}

/// RFC 4648, 68 characters a line.
fn base64_lines(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, three) in bytes.chunks(3).enumerate() {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            let known = place <= three.len();
            let letter = usize::try_from(digit).ok().and_then(|at| ALPHABET.get(at));
            text.push(letter.filter(|_| known).map_or('=', |it| char::from(*it)));
        }
        if index % 17 == 16 {
            text.push('\n');
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

const MISSING_DIRECTORY: &str = "Missing privilege separation directory";
const KIND: &[u8] = b"ssh-ed25519";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [
            ("", "\n"),
            ("f", "Zg==\n"),
            ("fo", "Zm8=\n"),
            ("foobar", "Zm9vYmFy\n"),
        ] {
            assert_eq!(base64_lines(bytes.as_bytes()), text);
        }
        assert_eq!(base64_lines(&[0; 102]).lines().count(), 2);
    }

    #[test]
    fn it_is_a_private_file_for_as_long_as_it_is_kept() {
        let key = HostKey::new().unwrap();
        let path = key.path();
        assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN"));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(key);
        assert!(fs::read(&path).is_err());
    }
}
