//! Sensors of what stands between an SSH server's open port and its banner: TCP wrappers, and the
//! server's own log of whom it turned away.

use super::{is_of_client, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use crate::inside::{Owner, Snapshot, Wrappers};
use rulesets::{Direction, Protocol};

/// Reads both for an inbound SSH flow of the client that the snapshot was taken for.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    if case.flow.service != "ssh"
        || case.flow.direction != Direction::Inbound
        || case.flow.protocol != Protocol::Tcp
        || !is_of_client(case, snapshot)
    {
        return;
    }
    wrappers(case, snapshot, book);
    refusals(case, snapshot, book);
}

/// The verdict counts where `sshd` certainly holds the port. A connection that ends at once was not
/// ended by them: their library waits five seconds first.
fn wrappers(case: &mut Case<'_>, snapshot: &Snapshot, book: &mut Book) {
    let Some(Wrappers::Deny { line }) = snapshot.host.wrappers.value() else {
        return;
    };
    if case.reads(Reading::ClosedAtOnce) || !held_by_sshd(case, snapshot) {
        return;
    }
    let summary = format!("line {line} of `/etc/hosts.deny` keeps this client from `sshd`");
    let id = book.enter("inside", "host", &summary);
    take(case, Reading::WrappersDeny, summary, vec![id]);
}

fn held_by_sshd(case: &Case<'_>, snapshot: &Snapshot) -> bool {
    let listeners = snapshot.listeners.value().into_iter().flatten();
    let mut owners = listeners
        .filter(|it| it.protocol == "tcp" && Some(it.port) == case.flow.port)
        .map(|it| match &it.owner {
            // A server in a container reads the lists there.
            Owner::Process {
                name,
                container: None,
                ..
            } => name == "sshd",
            Owner::Process { .. } | Owner::Hidden | Owner::NotFound => false,
        })
        .peekable();
    owners.peek().is_some() && owners.all(|is_sshd| is_sshd)
}

/// The log tells of some time before, so that it never proves anything of this flow.
fn refusals(case: &mut Case<'_>, snapshot: &Snapshot, book: &mut Book) {
    let Some(counts) = snapshot.host.refusals.value() else {
        return;
    };
    let found: Vec<_> = BEFORE_THE_BANNER
        .iter()
        .filter_map(|reason| Some((reason, counts.get(*reason)?)))
        .map(|(reason, count)| format!("{reason} ({count})"))
        .collect();
    if found.is_empty() {
        return;
    }
    let settings = snapshot.ssh_login.value().map(|login| &login.settings);
    let limit = settings
        .and_then(|settings| settings.get("maxstartups"))
        .map(|limit| format!("; MaxStartups is {}", limit.join(" ")));
    let summary = format!(
        "the log of `sshd` tells of this client: {}{}",
        found.join(", "),
        limit.unwrap_or_default()
    );
    let id = book.enter("inside", "host", &summary);
    take(case, Reading::RefusalsLogged, summary, vec![id]);
}

/// Reasons that end a connection before the server says who it is.
const BEFORE_THE_BANNER: [&str; 3] = [
    "penalty for earlier failures",
    "too many logins at a time",
    "turned away by TCP wrappers",
];
