//! What of the host's state takes more than reading: disks that may hang, a command, others' answers.

mod bans;
mod disks;
mod journal;
mod name_servers;
mod ssh;
mod units;

pub(super) use bans::bans;
pub(super) use disks::disks;
pub(super) use journal::{JOURNAL, journal};
pub(super) use name_servers::ask as ask_name_servers;
pub(super) use ssh::check as ssh_check;
pub(super) use units::units;
