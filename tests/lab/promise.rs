//! The fixes that the tool offers for security groups and for the host's own rules, made as it words
//! them: what it computed of the state after them has to be what the lab then measures.

use crate::fault::Fault;
use crate::groups::{EVERYTHING, Group};
use crate::lab::Lab;
use crate::tool::{self, User, text};
use serde_json::Value;

/// Makes each offered change of the groups at the edge, checks again, and holds the new judgement
/// against the promise; then restores the groups.
pub(crate) fn assert_kept(lab: &Lab, fault: &Fault, before: &Value, groups: &[Group]) {
    let offered = before["fixes"].as_array().expect("fixes");
    for fix in offered {
        if HOST_FIXES.contains(&text(&fix["id"])) {
            assert_helps(lab, fault, before, fix, groups);
            // The rule that is put back has another handle, which later fixes do not know.
            if text(&fix["commands"]["sh"]).contains(" delete rule ") {
                return;
            }
        }
        let Some(changed) = changed(fix, groups) else {
            continue;
        };
        lab.enforce(&changed);
        let snapshot = lab.snapshot(fault.services, User::Root);
        let document = lab.check_with(fault, &changed, snapshot);
        let after = tool::flow(&document, fault.flow);
        let promised = &fix["after"];
        if promised["status"] == "unknown" {
            assert!(
                !tool::cause(after).starts_with("security_group."),
                "{} did not help: {after:#}",
                fix["id"]
            );
        } else {
            assert_eq!(
                (&after["status"], cause_id(after)),
                (&promised["status"], promised["next_cause"].as_str()),
                "{} promised otherwise: {after:#}",
                fix["id"]
            );
        }
        lab.enforce(&(fault.groups)());
    }
}

/// Runs the command of a fix on the instance, checks again, and undoes it as the fix says.
fn assert_helps(lab: &Lab, fault: &Fault, before: &Value, fix: &Value, groups: &[Group]) {
    lab.host(text(&fix["commands"]["sh"]));
    let snapshot = lab.snapshot(fault.services, User::Root);
    let document = lab.check_with(fault, groups, snapshot);
    let after = tool::flow(&document, fault.flow);
    let promised = &fix["after"];
    if promised["status"] == "unknown" {
        assert_ne!(
            cause_id(after),
            cause_id(before),
            "{} did not help: {after:#}",
            fix["commands"]
        );
    } else {
        assert_eq!(
            (&after["status"], cause_id(after)),
            (&promised["status"], promised["next_cause"].as_str()),
            "{} promised otherwise: {after:#}",
            fix["commands"]
        );
    }
    for undo in text(&fix["rollback"]).split("; ") {
        undone(lab, undo);
    }
}

/// Runs a rollback; one that names a rule by the handle that a listing shows is given that handle.
fn undone(lab: &Lab, undo: &str) {
    if let Some((command, listing)) = undo.split_once(" N, the handle that `") {
        let listing = listing.split('`').next().unwrap_or_default();
        lab.host(&format!(
            "{command} $({listing} | sed -n 's/.* # handle //p' | sort -n | tail -1)"
        ));
    } else if undo != "restore the saved rules" {
        lab.host(undo);
    }
}

fn cause_id(flow: &Value) -> Option<&str> {
    flow["cause"]["id"].as_str()
}

/// The policy set that a command carries in quotes.
fn policy_set(command: &str) -> Value {
    let start = command.find('\'').expect("a quoted policy set") + 1;
    let end = command.rfind('\'').expect("a quoted policy set");
    serde_json::from_str(&command[start..end]).expect("a policy set")
}

/// The groups after a fix, by its own command; `None` for a fix of another kind.
fn changed(fix: &Value, groups: &[Group]) -> Option<Vec<Group>> {
    match text(&fix["id"]) {
        "security_group.add_rule" => {
            let command = text(&fix["commands"]["tccli"]);
            let policy_set = policy_set(command);
            let with_rule = groups.iter().map(|group| {
                if command.contains(&format!("--SecurityGroupId {} ", group.id())) {
                    group.clone().with_command(&policy_set)
                } else {
                    group.clone()
                }
            });
            Some(with_rule.collect())
        }
        "security_group.bind_all_pass" => {
            let all_pass = Group::inbound("sg-ALL-PASS", &EVERYTHING);
            Some(
                std::iter::once(all_pass)
                    .chain(groups.iter().cloned())
                    .collect(),
            )
        }
        _ => None,
    }
}

/// Fixes whose `sh` command changes the rules in force on the instance.
const HOST_FIXES: &[&str] = &[
    "host_firewall.accept",
    "host_firewall.unban",
    "host_firewall.remove_rewrite",
];
