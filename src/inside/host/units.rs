//! What systemd says of its units (`systemctl(1)`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A unit, as `systemctl show` describes it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct UnitState {
    /// Its name.
    pub unit: String,
    /// `active`, `inactive`, `failed`, `activating` and so on.
    pub active: String,
    /// How the last run ended: `success`, `exit-code`, `signal`, `start-limit-hit` and so on.
    pub result: String,
    /// The exit status or signal of the last run's main process.
    pub exit_status: Option<i32>,
    /// How often systemd started it again by itself.
    pub restarts: Option<u32>,
    /// `enabled`, `disabled`, `masked` and so on.
    pub enabled: String,
}

/// The first unit of the output of `systemctl show` that there is; a masked one is there.
pub fn parse_unit(text: &str) -> Option<UnitState> {
    text.split("\n\n").take(MOST_UNITS).find_map(|block| {
        let values: BTreeMap<&str, &str> = block
            .lines()
            .filter_map(|line| line.split_once('='))
            .collect();
        let word = |key: &str| {
            let value = values.get(key).copied().unwrap_or_default();
            let fits = value.len() <= 128 && is_unit_text(value);
            if fits {
                value.to_owned()
            } else {
                "?".to_owned()
            }
        };
        if !["loaded", "masked"].contains(&word("LoadState").as_str()) {
            return None;
        }
        Some(UnitState {
            unit: word("Id"),
            active: word("ActiveState"),
            result: word("Result"),
            exit_status: word("ExecMainStatus").parse().ok(),
            restarts: word("NRestarts").parse().ok(),
            enabled: word("UnitFileState"),
        })
    })
}

/// The names in `systemctl list-units --failed --plain --no-legend`.
pub fn parse_failed_units(text: &str) -> Vec<String> {
    let first = text.lines().filter_map(|line| {
        let name = line
            .trim_start_matches(['●', ' ', '*'])
            .split_ascii_whitespace()
            .next()?;
        (name.len() <= 256 && is_unit_text(name)).then(|| name.to_owned())
    });
    first.take(MOST_FAILED).collect()
}

/// Whether a text has only what a unit's name may have (`systemd.unit(5)`).
pub(in crate::inside) fn is_unit_text(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    text.chars().all(fits)
}

const MOST_UNITS: usize = 8;
const MOST_FAILED: usize = 64;

/// The state of the whole system, of `systemctl show --property=SystemState`.
pub fn parse_system_state(text: &str) -> Option<String> {
    let state = text.trim().strip_prefix("SystemState=")?;
    let is_word = !state.is_empty()
        && state.len() <= 32
        && state
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it == b'-');
    is_word.then(|| state.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_that_there_is_counts() {
        let missing = "Id=sshd.service\nLoadState=not-found\nActiveState=inactive\n";
        let failed = "Id=ssh.service\nLoadState=loaded\nActiveState=failed\nResult=exit-code\n\
                      ExecMainStatus=255\nNRestarts=5\nUnitFileState=enabled\n";
        let unit = parse_unit(&format!("{missing}\n{failed}")).unwrap();
        assert_eq!(
            (unit.unit.as_str(), unit.active.as_str(), unit.exit_status),
            ("ssh.service", "failed", Some(255))
        );
        assert_eq!((unit.restarts, unit.enabled.as_str()), (Some(5), "enabled"));
        assert_eq!(parse_unit(missing), None);
        assert_eq!(parse_unit(""), None);
        let masked =
            "Id=ssh.service\nLoadState=masked\nActiveState=\u{1b}[31m\nUnitFileState=masked\n";
        let unit = parse_unit(masked).unwrap();
        assert_eq!((unit.active.as_str(), unit.exit_status), ("?", None));
    }

    #[test]
    fn failed_units_are_named_and_nothing_else() {
        let text = "● nginx.service loaded failed failed A server\nssh.service loaded failed failed x\n\
                    \u{1b}[31m x\n";
        assert_eq!(parse_failed_units(text), ["nginx.service", "ssh.service"]);
        assert_eq!(parse_failed_units(""), Vec::<String>::new());
    }
}
