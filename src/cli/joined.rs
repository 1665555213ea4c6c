//! A check with a watch on the instance that runs while its probes do.

use super::witness::READY;
use crate::collect::ssh::{Destination, JoinError, Order, Session};
use crate::evidence::{Plan, Run};
use anyhow::Context as _;
use std::future::Future;
use std::io::IsTerminal as _;

/// What `--inside` and `--ssh-option` ask for; `None` when the inside view comes from elsewhere.
pub(super) fn destination(what: Option<&str>) -> anyhow::Result<Option<Destination>> {
    let Some(what) = what.filter(|what| what.starts_with(crate::collect::ssh::SCHEME)) else {
        return Ok(None);
    };
    let read = what.parse().with_context(|| {
        format!(
            "--inside: `{}` is not ssh://[user@]host[:port]",
            super::options::shown(what)
        )
    });
    read.map(Some)
}

/// What to watch for the probes of `plan`.
pub(super) fn order(
    destination: &Destination,
    options: &[String],
    services: &str,
    plan: &Plan,
) -> Order {
    Order {
        destination: destination.clone(),
        options: options.to_vec(),
        may_ask: std::io::stdin().is_terminal(),
        services: services.to_owned(),
        target: plan.target.clone(),
        from: plan.from,
        ready: READY,
    }
}

/// How a watch began.
pub(super) enum Began {
    /// It runs.
    Watching(Box<Session>),
    /// It does not, and this is what the reader is told.
    Not(String),
    /// The user wants to end.
    Interrupted,
}

/// Starts the watch, unless `interrupt` completes first.
pub(super) async fn begin(order: &Order, interrupt: impl Future<Output = ()>) -> Began {
    tokio::select! {
        started = Session::start(order) => match started {
            Ok(session) => Began::Watching(Box::new(session)),
            Err(error) => Began::Not(without(&order.destination, &error)),
        },
        () = interrupt => Began::Interrupted,
    }
}

/// Ends the watch, and adds what it brought to the run.
pub(super) async fn end(
    session: Session,
    destination: &Destination,
    run: &mut Run,
    interrupt: impl Future<Output = ()>,
) {
    let finished = tokio::select! {
        finished = session.finish() => finished,
        () = interrupt => {
            run.interrupted = true;
            return;
        }
    };
    match finished {
        Ok(joined) => {
            run.evidence.inside = Some(joined.snapshot);
            run.evidence.witness_joined = joined.whole;
            run.evidence.notes.push(joined.note);
        }
        Err(error) => run.evidence.notes.push(without(destination, &error)),
    }
}

fn without(destination: &Destination, error: &JoinError) -> String {
    format!("no inside view over ssh, `{destination}`: {error}")
}
