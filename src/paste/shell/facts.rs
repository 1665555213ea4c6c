//! What the script printed, as a snapshot.

use super::super::findings::TOOLS;
use super::record::Record;
use super::said::{MALFORMED, Said, UNASKED};
use crate::inside::{
    About, Bans, Datum, Host, RulesText, SNAPSHOT_VERSION, Snapshot, SshCheck, SshLogin, basics,
    conntrack, counted, host, judge_ssh_check, listeners, parse_crowdsec, parse_fail2ban,
    parse_ssh_settings, reading,
};

/// Everything; what the script does not look for is skipped with that reason.
pub(super) fn snapshot(record: &Record) -> Snapshot {
    let [before, said] = ["before", "after"].map(|moment| Said { record, moment });
    let (before, after) = (reading(&before), reading(&said));
    let basics = basics(&said, record.client);
    let about = About {
        user: record.user.clone(),
        client: record.client,
        now_s: record.time(),
    };
    let host = host(&said, &about);
    Snapshot {
        reachdx_inside: SNAPSHOT_VERSION,
        tool_version: record.version.clone(),
        taken_at: record.at.clone(),
        duration_s: record.seconds.map_or(0.0, f64::from),
        root: record.is_root(),
        listeners: listeners(&said),
        addresses: basics.addresses,
        routes: basics.routes,
        route_to_client: basics.route_to_client,
        // Only the sockets that wait for clients are printed.
        established: Datum::skipped("", UNASKED),
        ssh_login: ssh_login(record).taken(record.taken()),
        probes: Vec::new(),
        connects: Vec::new(),
        outbound: Vec::new(),
        counters: counted(&before, &after).taken(record.taken()),
        sysctls: basics.sysctls,
        conntrack: conntrack(&said, after.drops_since(&before)),
        firewall: TOOLS
            .into_iter()
            .chain(["ebtables-legacy"])
            .map(|tool| (tool.to_owned(), listing(record, tool).taken(record.taken())))
            .collect(),
        packet_programs: Datum::skipped("", UNASKED),
        host: Host {
            bans: bans(record, &host.bans),
            ssh_check: ssh_check(record).taken(record.taken()),
            ..host
        },
        witness: None,
        since: None,
        listener_ports: None,
        pairing: None,
    }
}

fn listing(record: &Record, tool: &str) -> Datum<RulesText> {
    match record.success(tool) {
        Ok(output) => {
            let text = output.text.clone();
            Datum::read_up_to(&output.source, RulesText { text }, output.truncated)
        }
        Err(missing) => missing.datum(),
    }
}

/// What programs that ban said of the client, beside what lay in files.
fn bans(record: &Record, of_files: &Bans) -> Bans {
    let asked: [(&str, &str, ListParser); 2] = [
        ("fail2ban", "fail2ban-client", parse_fail2ban),
        ("crowdsec", "cscli", parse_crowdsec),
    ];
    let asked = asked.map(|(program, name, parse)| {
        let lists = match record.success(name) {
            Ok(output) => match parse(&output.text) {
                Some(lists) => Datum::read_up_to(&output.source, lists, output.truncated),
                None => Datum::skipped(&output.source, MALFORMED),
            },
            Err(missing) => missing.datum(),
        };
        (program.to_owned(), lists.taken(record.taken()))
    });
    of_files.clone().into_iter().chain(asked).collect()
}

/// What `sshd -t` said; a missing directory is no fault where systemd listens in the server's place.
fn ssh_check(record: &Record) -> Datum<SshCheck> {
    let output = match record.output("sshd-check") {
        Ok(output) => output,
        Err(missing) => return missing.datum(),
    };
    if output.text.contains(MISSING_DIRECTORY) {
        return Datum::skipped(
            &output.source,
            "its directory /run/sshd is missing, so that it says nothing",
        );
    }
    match (output.status.as_str(), record.success("sshd-check")) {
        ("0", _) => Datum::read(
            &output.source,
            SshCheck {
                problem: None,
                place: None,
            },
        ),
        (status, Err(missing)) if STOPPED.contains(&status) => missing.datum(),
        _ => Datum::read(&output.source, judge_ssh_check(&output.text)),
    }
}

/// The settings for the connection that the script was made for.
fn ssh_login(record: &Record) -> Datum<SshLogin> {
    match (record.success("sshd-login"), record.client) {
        (Ok(output), Some(client)) => Datum::read(
            &output.source,
            SshLogin {
                user: record.user.clone(),
                client,
                settings: parse_ssh_settings(&output.text),
            },
        ),
        (Ok(output), None) => Datum::skipped(&output.source, "the output names no client"),
        (Err(missing), _) => missing.datum(),
    }
}

type ListParser = fn(&str) -> Option<Vec<String>>;

const MISSING_DIRECTORY: &str = "Missing privilege separation directory";
/// What `timeout(1)` gives, and what becomes of a command whose end it is.
const STOPPED: [&str; 4] = ["124", "143", "126", "127"];
