//! Plain commands that show the same fault, for a reader who has no reason to trust this tool.

use super::cell::fenced;
use crate::diagnosis::{Diagnosis, FlowDiagnosis};
use crate::evidence::Run;
use crate::report::look_up;
use crate::report::words;
use std::io::{self, Write};
use std::net::IpAddr;

/// Writes the commands for the flows at fault, or for all when none is.
pub(super) fn write(
    run: &Run,
    diagnosis: &Diagnosis,
    faulty: &[&FlowDiagnosis],
    out: &mut impl Write,
) -> io::Result<()> {
    let all: Vec<_> = diagnosis.flows.iter().collect();
    let flows = if faulty.is_empty() { &all } else { faulty };
    for (place, leaves) in [("From the client:", false), ("On the instance:", true)] {
        let mut commands: Vec<String> = Vec::new();
        for flow in flows.iter().filter(|flow| words::leaves(flow) == leaves) {
            for command in of_flow(run, flow) {
                if !commands.contains(&command) {
                    commands.push(command);
                }
            }
        }
        if !commands.is_empty() {
            writeln!(out, "{place}\n")?;
            let commands: Vec<_> = commands.iter().map(String::as_str).collect();
            fenced(&commands, out)?;
        }
    }
    Ok(())
}

fn of_flow(run: &Run, flow: &FlowDiagnosis) -> Vec<String> {
    let Some(host) = flow.destination.as_deref().filter(|it| is_host(it)) else {
        let target = &run.plan.target;
        let looked_up = format!("getent ahosts {target}; dig {target} A; dig {target} AAAA");
        return if is_host(target) {
            vec![looked_up]
        } else {
            Vec::new()
        };
    };
    let Some(port) = flow.port else {
        return vec![format!("ping -c 10 {host}")];
    };
    if flow.protocol == "udp" {
        return vec![format!("nc -vzu -w 5 {host} {port}")];
    }
    let mut commands = vec![format!("nc -vz -w 5 {host} {port}")];
    let name = if is_host(&run.plan.target) && !words::leaves(flow) {
        &run.plan.target
    } else {
        host
    };
    let resolve = if name == host {
        String::new()
    } else {
        format!(" --resolve {name}:{port}:{}", bracketed(host))
    };
    match service(run, flow) {
        "ssh" => commands.push(format!("ssh -v -o ConnectTimeout=5 -p {port} {host}")),
        scheme @ ("http" | "https") => commands.push(format!(
            "curl -v --noproxy '*' --connect-timeout 5{resolve} {scheme}://{}:{port}/",
            bracketed(name)
        )),
        _ => {}
    }
    commands
}

/// The protocol that was spoken.
fn service<'a>(run: &'a Run, flow: &FlowDiagnosis) -> &'a str {
    if words::leaves(flow) {
        return look_up::observation(run, flow).map_or("tcp", |seen| seen.probe.service.as_str());
    }
    run.plan
        .services
        .iter()
        .find(|planned| planned.label == flow.service)
        .map_or("tcp", |planned| planned.service.as_str())
}

/// Whether a shell takes the text as one plain word that is no option.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | ':' | '_' | '%'))
}

fn bracketed(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Ok(IpAddr::V4(_)) | Err(_) => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_reach_a_command() {
        for (text, plain) in [
            ("web-1.example", true),
            ("2001:db8::1", true),
            ("", false),
            ("-oProxyCommand=x", false),
            ("a;reboot", false),
            ("a b", false),
            ("$(x)", false),
        ] {
            assert_eq!(is_host(text), plain, "{text}");
        }
    }
}
