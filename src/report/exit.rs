use crate::diagnosis::{Diagnosis, Severity, Status};

/// The exit code of a judged run: 0 as expected, 1 reachable but degraded or risky, 2 not
/// reachable, 3 cannot tell.
pub fn exit_code(diagnosis: &Diagnosis) -> u8 {
    let risky = diagnosis
        .findings
        .iter()
        .any(|finding| finding.severity >= Severity::Warning);
    match diagnosis.status {
        Status::Reachable if !risky => 0,
        Status::Reachable | Status::Degraded => 1,
        Status::Blocked => 2,
        Status::Unknown => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Finding;

    #[test]
    fn the_worst_state_decides_and_a_warning_spoils_success() {
        let cases = [
            (Status::Reachable, None, 0),
            (Status::Reachable, Some(Severity::Info), 0),
            (Status::Reachable, Some(Severity::Warning), 1),
            (Status::Reachable, Some(Severity::Critical), 1),
            (Status::Degraded, None, 1),
            (Status::Blocked, Some(Severity::Warning), 2),
            (Status::Unknown, Some(Severity::Warning), 3),
        ];
        for (status, severity, want) in cases {
            let diagnosis = Diagnosis {
                status,
                flows: Vec::new(),
                findings: severity.into_iter().map(finding).collect(),
                evidence: Vec::new(),
            };
            assert_eq!(exit_code(&diagnosis), want, "{status:?} {severity:?}");
        }
    }

    fn finding(severity: Severity) -> Finding {
        Finding {
            id: "open.unexplained".into(),
            layer: "security_group".into(),
            severity,
            summary: "tcp/22 answers".into(),
        }
    }
}
