//! The witness: what each fault proves when packets and counters are watched while the client probes.
//!
//! Each row is injected over both address families, and watched by root and by nobody. The snapshot is
//! joined to the run afterwards, as a user would do it. A row states how sure the tool has to be at
//! least, and how sure it may be at most.

mod rows;

pub(crate) use rows::all;

use crate::fault::Certainty;
use crate::groups::Group;
use crate::lab::{Lab, PRIVATE, PUBLIC, PUBLIC_V6};
use crate::servers::Server;
use crate::tool::{self, User, text};
use crate::truth::{self, Truth};
use crate::watching::until_watching;
use serde_json::Value;
use std::process::Stdio;

/// One row of what a witness can tell.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// A name for the test.
    pub(crate) name: &'static str,
    /// Whether it can be had over IPv6.
    pub(crate) over_ipv6: bool,
    /// The services the tool is asked about; the first one is what the row is about.
    pub(crate) services: &'static str,
    /// The groups the edge enforces; the tool is told of `groups::web`.
    pub(crate) groups: fn() -> Vec<Group>,
    /// The client as the target sees it; true for IPv6.
    pub(crate) client: fn(bool) -> &'static str,
    /// What runs on the instance.
    pub(crate) servers: &'static [Server],
    /// Causes it; true for IPv6.
    pub(crate) inject: fn(&mut Lab, bool),
    /// What a plain client sees; true for IPv6.
    pub(crate) truth: fn(bool) -> Truth,
    /// What is to be said of a watch by root.
    pub(crate) root: Says,
    /// What is to be said of a watch by nobody.
    pub(crate) nobody: Says,
}

/// What the tool has to say.
#[derive(Clone, Copy)]
pub(crate) struct Says {
    /// One of these leads; empty where the flow is reachable.
    pub(crate) causes: &'static [&'static str],
    /// How sure it has to be.
    pub(crate) at_least: Certainty,
    /// How sure it may be.
    pub(crate) at_most: Certainty,
    /// These are ruled out.
    pub(crate) excluded: &'static [&'static str],
    /// A part of what the evidence says that the witness gave; empty where it may say nothing.
    pub(crate) evidence: &'static str,
}

/// Injects a row, watches it, and asserts what is said of it.
pub(crate) fn assert_told(row: &Row, v6: bool, user: User) {
    let mut lab = Lab::start(&(row.groups)(), row.servers);
    (row.inject)(&mut lab, v6);
    let target = if v6 { PUBLIC_V6 } else { PUBLIC };
    let flow = flow(row, v6);
    truth::assert(&lab, flow, target, (row.truth)(v6));

    let document = lab.watched(row.services, (target, (row.client)(v6)), user);
    let name = format!(
        "{}_watched_by_{}",
        row.name,
        format!("{user:?}").to_lowercase()
    );
    tool::record(&name, &document);
    let flow = tool::flow(&document, flow);
    let says = match user {
        User::Root => row.root,
        User::Nobody => row.nobody,
    };
    assert_says(&document, flow, &says);
}

impl Lab {
    /// Checks the target while a witness watches on the instance, and joins the two.
    fn watched(&self, services: &str, (target, client): (&str, &str), user: User) -> Value {
        let mut words = tool::as_user(user);
        words.extend([tool::TOOL, "inside", "--witness", "60s", "--until-eof"]);
        words.extend(["--service", services, "--outbound", "192.0.2.25:443"]);
        words.extend(["--from", client]);
        tool::provided(&self.instance);
        let mut witness = self
            .instance
            .command(&words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until_watching(&mut witness);

        let mut arguments = vec![target, "--service", services, "--from", client];
        if target == PUBLIC {
            arguments.extend(["--target-ip", PRIVATE]);
        }
        let run = self.check(&arguments);
        drop(witness.stdin.take());
        let output = witness.wait_with_output().unwrap();
        let snapshot = tool::document(&words, &output);
        assert!(snapshot["witness"].is_object(), "{snapshot:#}");
        self.client.write(RUN, run.to_string());
        self.client.write(tool::SNAPSHOT, &output.stdout);

        let mut words = vec![tool::TOOL, "report", RUN, "--inside", tool::SNAPSHOT];
        let files = tool::write_groups(&self.client, &crate::groups::web());
        for file in &files {
            words.extend(["--rules", file]);
        }
        words.extend(["--format", "json"]);
        tool::document(&words, &tool::run_tool(&self.client, &words))
    }
}

fn flow(row: &Row, v6: bool) -> &'static str {
    match (row.services.starts_with("icmp"), v6) {
        (false, _) => "in/tcp/22",
        (true, false) => "in/icmp",
        (true, true) => "in/icmpv6",
    }
}

fn assert_says(document: &Value, flow: &Value, says: &Says) {
    let evidence: Vec<_> = document["evidence"]
        .as_array()
        .expect("evidence")
        .iter()
        .filter(|item| item["kind"] == "witness")
        .map(|item| text(&item["summary"]))
        .collect();
    let witness = &document["run"]["evidence"]["inside"]["witness"];
    assert!(
        says.evidence.is_empty() || evidence.iter().any(|it| it.contains(says.evidence)),
        "the witness says {evidence:?}, not {}: {flow:#}\n{witness:#}",
        says.evidence
    );
    if says.causes.is_empty() {
        assert_eq!(flow["status"], "reachable", "{flow:#}");
        assert!(flow["cause"].is_null(), "{flow:#}");
        return;
    }
    let cause = tool::cause(flow);
    assert!(
        says.causes.contains(&cause),
        "{cause} is none of {:?}: {flow:#}\n{witness:#}",
        says.causes
    );
    let certainty = tool::certainty(&flow["cause"]);
    assert!(
        says.at_least <= certainty && certainty <= says.at_most,
        "{certainty:?} of {cause}: {flow:#}\n{witness:#}"
    );
    let excluded = tool::ids_of(&flow["excluded"]);
    for id in says.excluded {
        assert!(
            excluded.contains(id),
            "{id} is not ruled out: {flow:#}\n{witness:#}"
        );
    }
}

const RUN: &str = "/run/lab/run.json";
