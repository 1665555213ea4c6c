//! Why the SSH server may not run, in the host's own words.

use crate::inside::{Host, SshCheck, SshProblem, UnitState};

/// What systemd says of its unit and the server of its settings, each behind a semicolon; nothing where
/// neither has a complaint.
pub(super) fn words(host: &Host) -> String {
    let unit = host.ssh_unit.value().and_then(of_unit);
    let check = host.ssh_check.value().and_then(of_check);
    let binds = of_binds(host);
    let said = unit.into_iter().chain(check).chain(binds);
    said.flat_map(|words| ["; ".to_owned(), words]).collect()
}

fn of_unit(unit: &UnitState) -> Option<String> {
    if unit.active == "active" {
        return None;
    }
    let status = unit
        .exit_status
        .map_or_else(String::new, |it| format!(" {it}"));
    let result = match unit.result.as_str() {
        "" | "success" | "?" => String::new(),
        result => format!(" ({result}{status})"),
    };
    let enabled = match unit.enabled.as_str() {
        "disabled" | "masked" => format!(" and {}", unit.enabled),
        _ => String::new(),
    };
    Some(format!("{} is {}{result}{enabled}", unit.unit, unit.active))
}

/// The newest failure; an older start may have come to another.
fn of_binds(host: &Host) -> Option<String> {
    let failure = host.ssh_binds.value()?.last()?;
    let reason = match (failure.error.as_str(), host.selinux_enforces.value()) {
        ("EADDRINUSE", _) => "another program holds it",
        ("EACCES", Some(true)) => "permission denied, which SELinux may do by the port's label",
        ("EACCES", _) => "permission denied",
        _ => "no interface has that address",
    };
    Some(format!(
        "its log tells that it could not bind port {} on {}: {reason}",
        failure.port, failure.address
    ))
}

fn of_check(check: &SshCheck) -> Option<String> {
    let complaint = match check.problem? {
        SshProblem::BadOption => "a setting",
        SshProblem::NoHostKeys => "missing host keys",
        SshProblem::KeyTooOpen => "a host key that others may read",
        SshProblem::PrivilegeSeparation => "its directory for privilege separation",
        SshProblem::MissingLibrary => "a missing library",
        SshProblem::UnreadableFile => "a file it cannot read",
        SshProblem::Unknown => "something",
    };
    let place = check.place.as_ref();
    let place = place.map_or_else(String::new, |place| format!(" at {place}"));
    Some(format!("`sshd -t` complains of {complaint}{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::{BindFailure, Datum};

    fn unit(active: &str, result: &str, enabled: &str) -> Datum<UnitState> {
        let unit = UnitState {
            unit: "ssh.service".to_owned(),
            active: active.to_owned(),
            result: result.to_owned(),
            exit_status: Some(255),
            restarts: Some(5),
            enabled: enabled.to_owned(),
        };
        Datum::read("systemctl", unit)
    }

    #[test]
    fn a_server_that_did_not_start_is_told_with_unit_and_place() {
        let check = SshCheck {
            problem: Some(SshProblem::BadOption),
            place: Some("/etc/ssh/sshd_config line 4".to_owned()),
        };
        let host = Host {
            ssh_unit: unit("failed", "exit-code", "enabled"),
            ssh_check: Datum::read("sshd -t", check),
            ..Host::default()
        };
        assert_eq!(
            words(&host),
            "; ssh.service is failed (exit-code 255); `sshd -t` complains of a setting at \
             /etc/ssh/sshd_config line 4"
        );
    }

    #[test]
    fn a_port_that_could_not_be_bound_is_told_with_the_reason() {
        let failure = |error: &str| BindFailure {
            port: 2222,
            address: "0.0.0.0".parse().unwrap(),
            error: error.to_owned(),
        };
        for (error, enforces, want) in [
            ("EADDRINUSE", true, "another program holds it"),
            ("EACCES", true, "SELinux may do by the port's label"),
            ("EACCES", false, "2222 on 0.0.0.0: permission denied"),
            ("EADDRNOTAVAIL", false, "no interface has that address"),
        ] {
            let host = Host {
                ssh_binds: Datum::read("/var/log/secure", vec![failure(error)]),
                selinux_enforces: Datum::read("/sys", enforces),
                ..Host::default()
            };
            assert!(words(&host).ends_with(want), "{}", words(&host));
        }
    }

    #[test]
    fn without_a_complaint_nothing_is_said() {
        for (active, result, enabled, want) in [
            ("active", "success", "enabled", ""),
            (
                "inactive",
                "success",
                "disabled",
                "; ssh.service is inactive and disabled",
            ),
            (
                "inactive",
                "",
                "masked",
                "; ssh.service is inactive and masked",
            ),
        ] {
            let host = Host {
                ssh_unit: unit(active, result, enabled),
                ..Host::default()
            };
            assert_eq!(words(&host), want);
        }
        assert_eq!(words(&Host::default()), "");
    }
}
