//! Reads a saved snapshot, and refuses everything else with one line that says what was expected.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{SNAPSHOT_VERSION, Snapshot};
use serde::Deserialize;
use thiserror::Error;

/// Why a text is not a snapshot this version can read.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// Not JSON, or cut short.
    #[error("not the JSON of `reachdx inside`, or cut short: {0}")]
    Syntax(serde_json::Error),
    /// JSON of something else.
    #[error("not a snapshot of `reachdx inside`: it has no field `reachdx_inside`")]
    Foreign,
    /// A snapshot of another version's form.
    #[error(
        "a snapshot of form {0}, and this version reads form {SNAPSHOT_VERSION}: take it again with the same version of reachdx on both sides"
    )]
    Version(u64),
    /// The right form, with a field that is missing or wrong.
    #[error("a damaged snapshot of `reachdx inside`: {0}")]
    Damaged(serde_json::Error),
}

/// Reads what `reachdx inside` wrote.
///
/// The texts in it come from the instance and are as hostile as any remote bytes.
pub fn read_snapshot(text: &str) -> Result<Snapshot, SnapshotError> {
    let text = text.trim_start_matches('\u{feff}');
    let head: Head = match serde_json::from_str(text) {
        Ok(head) => head,
        Err(error) if error.is_data() => return Err(SnapshotError::Foreign),
        Err(error) => return Err(SnapshotError::Syntax(error)),
    };
    if !text.trim_start().starts_with('{') {
        return Err(SnapshotError::Foreign);
    }
    match head.reachdx_inside {
        None => Err(SnapshotError::Foreign),
        Some(version) if version != u64::from(SNAPSHOT_VERSION) => {
            Err(SnapshotError::Version(version))
        }
        Some(_) => serde_json::from_str(text).map_err(SnapshotError::Damaged),
    }
}

#[derive(Deserialize)]
struct Head {
    reachdx_inside: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{
        "reachdx_inside": 1, "tool_version": "0.1.0", "taken_at": "2026-01-02T03:04:05Z",
        "duration_s": 0.25, "root": false,
        "listeners": {"state": "read", "source": "/proc/net/tcp", "truncated": false, "value": [
            {"protocol": "tcp", "address": "::", "port": 22, "v6_only": null, "queue": 0,
             "backlog": 128, "uid": 0, "owner": {"kind": "process", "pid": 7, "name": "sshd"}}]},
        "addresses": {"state": "read", "source": "getifaddrs", "truncated": false, "value": []},
        "routes": {"state": "skipped", "source": "/proc/net/route", "reason": "not read"},
        "route_to_client": {"state": "skipped", "source": "getsockname", "reason": "no client"},
        "probes": [], "connects": [], "outbound": [],
        "counters": {"state": "read", "source": "/proc/net/snmp", "truncated": false,
                     "value": {"Ip.InReceives": 4}},
        "sysctls": {"state": "read", "source": "/proc/sys", "truncated": false, "value": {}},
        "conntrack": {"state": "skipped", "source": "/proc/sys", "reason": "not active"},
        "firewall": {"nft": {"state": "skipped", "source": "nft", "reason": "needs root"}}
    }"#;

    #[test]
    fn a_snapshot_survives_writing_and_reading() {
        let read = read_snapshot(WHOLE).unwrap();
        assert_eq!(read.listeners.value().unwrap()[0].port, 22);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(read_snapshot(&written).unwrap(), read);
        assert_eq!(
            read_snapshot(&format!("\u{feff}{written}\n")).unwrap(),
            read
        );
    }

    #[test]
    fn anything_else_is_refused_in_one_line() {
        let cases = [
            (
                "",
                "not the JSON of `reachdx inside`, or cut short: EOF while parsing a value at line 1 column 0",
            ),
            (
                "hello",
                "not the JSON of `reachdx inside`, or cut short: expected value at line 1 column 1",
            ),
            (
                "{\"reachdx_inside\": 1,\n \"root\": tr",
                "not the JSON of `reachdx inside`, or cut short: EOF while parsing a value at line 2 column 11",
            ),
            (
                "{}",
                "not a snapshot of `reachdx inside`: it has no field `reachdx_inside`",
            ),
            (
                "[1]",
                "not a snapshot of `reachdx inside`: it has no field `reachdx_inside`",
            ),
            (
                "1",
                "not a snapshot of `reachdx inside`: it has no field `reachdx_inside`",
            ),
            (
                "{\"reachdx_inside\": \"1\"}",
                "not a snapshot of `reachdx inside`: it has no field `reachdx_inside`",
            ),
            (
                "{\"reachdx_inside\": 2}",
                "a snapshot of form 2, and this version reads form 1: take it again with the same version of reachdx on both sides",
            ),
            (
                "{\"reachdx_inside\": 1}",
                "a damaged snapshot of `reachdx inside`: missing field `tool_version` at line 1 column 21",
            ),
            (
                "{\"reachdx_inside\": 1} {}",
                "not the JSON of `reachdx inside`, or cut short: trailing characters at line 1 column 23",
            ),
        ];
        for (text, error) in cases {
            assert_eq!(
                read_snapshot(text).unwrap_err().to_string(),
                error,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_snapshot_cut_anywhere_is_refused_with_its_place() {
        for end in 0..WHOLE.len() {
            let error = read_snapshot(&WHOLE[..end]).unwrap_err().to_string();
            assert!(error.contains("line "), "{end}: {error}");
        }
    }

    #[test]
    fn deep_nesting_and_bulk_are_refused() {
        let texts = [
            "[".repeat(10_000_000),
            "{\"a\":".repeat(1_000_000),
            format!(
                "{{\"reachdx_inside\": 1, \"listeners\": {}",
                "[".repeat(100_000)
            ),
            format!(
                "{{\"reachdx_inside\": 1, \"root\": {}{}}}",
                "[".repeat(5000),
                "]".repeat(5000)
            ),
            "x".repeat(10_000_000),
            format!("{{\"a\": \"{}\"}}", "x".repeat(10_000_000)),
        ];
        for text in texts {
            assert!(read_snapshot(&text).is_err());
        }
    }
}
