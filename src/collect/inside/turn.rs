//! Good manners on a machine that may be ill: one run at a time, and behind everybody else.
//!
//! The turn is an abstract Unix socket, see `unix(7)`: nothing is written to a disk that may be full
//! or read-only, and the kernel takes it back however the run ends. Anybody may take any such name,
//! so the kernel is asked who holds it: another user, unless that is root, cannot keep a run from
//! starting. The name belongs to one network namespace, as most of what is collected does.

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::geteuid;
use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use thiserror::Error;

/// The right to collect, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _held: Option<UnixListener>,
}

/// Another run is at it.
#[derive(Debug, Error)]
#[error(
    "another `reachdx inside` (process {0}) runs here: wait until it has ended, which takes half a minute, or the time its `--witness` was given"
)]
pub struct TurnTaken(i32);

impl Turn {
    /// Takes the turn, and lowers the priority of this thread and of all that it starts by 10
    /// (`nice(2)`); the error is a run of the same user or of root that has not ended.
    pub fn take() -> Result<Self, TurnTaken> {
        let turn = Self::named(NAME)?;
        step_back();
        Ok(turn)
    }

    fn named(name: &str) -> Result<Self, TurnTaken> {
        let Ok(address) = SocketAddr::from_abstract_name(name) else {
            return Ok(Self { _held: None });
        };
        match UnixListener::bind_addr(&address) {
            Ok(held) => Ok(Self { _held: Some(held) }),
            Err(error) if error.kind() == ErrorKind::AddrInUse => match holder(&address) {
                Ok((process, user)) if user == 0 || user == geteuid().as_raw() => {
                    Err(TurnTaken(process))
                }
                Ok(_) | Err(_) => Ok(Self { _held: None }),
            },
            Err(_) => Ok(Self { _held: None }),
        }
    }
}

/// The process and the user at the other end, as the kernel noted them.
fn holder(address: &SocketAddr) -> io::Result<(i32, u32)> {
    let peer = UnixStream::connect_addr(address)?;
    let credentials = getsockopt(&peer, sockopt::PeerCredentials)?;
    Ok((credentials.pid(), credentials.uid()))
}

fn step_back() {
    #[expect(unsafe_code, reason = "no library in use here wraps this call")]
    // SAFETY: the call takes a number and touches no memory of ours.
    let _priority = unsafe { nix::libc::nice(10) };
}

const NAME: &str = "reachdx-inside";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turn_is_had_by_one_and_given_back() {
        let name = format!("reachdx-inside-test-{}", std::process::id());
        let first = Turn::named(&name).unwrap();
        let second = Turn::named(&name).unwrap_err();
        assert_eq!(second.0, i32::try_from(std::process::id()).unwrap());
        assert_eq!(second.to_string().lines().count(), 1);
        drop(first);
        let third = Turn::named(&name).unwrap();
        Turn::named(&name).unwrap_err();
        drop(third);
    }
}
