//! How the machine came up and what befell it since, from the text of its files.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The processors, of `/proc/stat` (`proc_stat(5)`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Processors {
    /// How many work.
    pub count: u32,
    /// The share of time since boot that the hypervisor gave to others, in percent, rounded down.
    pub stolen_percent: u8,
}

/// What cloud-init came to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CloudInit {
    /// True when every stage has ended.
    pub finished: bool,
    /// How many errors it noted; they are not kept, as they may quote what it was given.
    pub errors: usize,
    /// Where it took its settings from, such as `DataSourceEc2Local`.
    pub source: Option<String>,
}

/// Reads `/proc/stat`.
pub fn parse_processors(text: &str) -> Option<Processors> {
    let mut lines = text.lines();
    let all = lines.next()?.strip_prefix("cpu ")?;
    let times: Option<Vec<u64>> = all.split_whitespace().map(|it| it.parse().ok()).collect();
    // A guest's time is within that of the user, and stands behind the time that was stolen.
    let times = times?;
    let whole = times
        .iter()
        .take(8)
        .fold(0, |sum: u64, it| sum.saturating_add(*it));
    let stolen = times.get(7).copied().unwrap_or(0);
    let percent = u128::from(stolen) * 100 / u128::from(whole.max(1));
    let count = lines.take_while(|line| line.starts_with("cpu")).count();
    Some(Processors {
        count: u32::try_from(count).ok()?,
        stolen_percent: u8::try_from(percent).ok()?,
    })
}

/// How many processes the kernel has killed for want of memory, of `/proc/vmstat`; kernels before 4.13
/// do not count them.
pub fn parse_oom_kills(text: &str) -> Option<u64> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// Reads `/run/cloud-init/status.json`.
pub fn parse_cloud_init(text: &str) -> Option<CloudInit> {
    let whole: serde_json::Value = serde_json::from_str(text).ok()?;
    let stages = whole.get("v1")?.as_object()?;
    let of_stages = || stages.values().filter_map(serde_json::Value::as_object);
    let ended = |stage: &serde_json::Map<_, serde_json::Value>| {
        stage.get("finished").is_none_or(|it| !it.is_null())
    };
    let errors = of_stages().filter_map(|stage| stage.get("errors")?.as_array());
    let source = stages.get("datasource").and_then(|it| it.as_str());
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_./ []=".contains(it);
    Some(CloudInit {
        finished: stages.get("stage").is_some_and(serde_json::Value::is_null)
            && of_stages().all(ended),
        errors: errors.map(Vec::len).sum(),
        source: source.map(|it| it.chars().filter(|it| is_plain(*it)).take(64).collect()),
    })
}

/// Counts what the kernel's log tells of trouble, by kind; no line is kept.
pub fn parse_kernel_log(text: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let trouble = TROUBLES.iter().find(|(words, _)| line.contains(words));
        if let Some((_, kind)) = trouble {
            *counts.entry((*kind).to_owned()).or_default() += 1;
        }
    }
    counts
}

/// What the kernel writes (`nf_conntrack_core.c`, `oom_kill.c`, `hung_task.c`, `watchdog.c`,
/// `neighbour.c`, `tcp_input.c`, `fib_frontend.c`, the block layer and file systems), and its kind.
pub(crate) const TROUBLES: [(&str, &str); 12] = [
    (
        "table full, dropping packet",
        "connection tracking table full",
    ),
    ("Out of memory: Kill", "killed for want of memory"),
    ("Memory cgroup out of memory", "killed for want of memory"),
    ("blocked for more than", "a task hangs"),
    ("soft lockup", "a processor hangs"),
    ("neighbour table overflow", "neighbour table full"),
    ("neighbor table overflow", "neighbour table full"),
    ("Possible SYN flooding", "SYN flood"),
    ("martian source", "martian source"),
    (
        "Remounting filesystem read-only",
        "file system made read-only",
    ),
    ("I/O error", "I/O error"),
    ("page allocation failure", "no memory for a packet"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_a_share_of_all_time() {
        let text = "cpu  100 0 100 500 0 0 0 300 90 0\ncpu0 1\ncpu1 1\nintr 5\n";
        let read = parse_processors(text).unwrap();
        assert_eq!((read.count, read.stolen_percent), (2, 30));
        for broken in ["", "cpu x", "intr 5"] {
            assert_eq!(parse_processors(broken), None, "{broken}");
        }
        assert_eq!(parse_oom_kills("pgfault 5\noom_kill 3\n"), Some(3));
        assert_eq!(parse_oom_kills("pgfault 5\n"), None);
    }

    #[test]
    fn of_cloud_inits_errors_only_the_number_is_kept() {
        let text = r#"{"v1": {"datasource": "DataSourceEc2Local", "stage": null,
            "init": {"errors": [], "finished": 1.5, "start": 1.0},
            "modules-final": {"errors": ["SECRET"], "finished": 9.5, "start": 2.0}}}"#;
        let read = parse_cloud_init(text).unwrap();
        assert_eq!((read.finished, read.errors), (true, 1));
        assert_eq!(read.source.as_deref(), Some("DataSourceEc2Local"));
        let running = text.replace("9.5", "null");
        assert!(!parse_cloud_init(&running).unwrap().finished);
        let running = text.replace("\"stage\": null", "\"stage\": \"init\"");
        assert!(!parse_cloud_init(&running).unwrap().finished);
        assert_eq!(parse_cloud_init("{}"), None);
        assert_eq!(parse_cloud_init("x"), None);
    }

    #[test]
    fn the_kernels_complaints_are_counted_by_kind() {
        let log = "4,1,1,-;nf_conntrack: nf_conntrack: table full, dropping packet\n\
                   [    2.0] nf_conntrack: table full, dropping packet\n\
                   [    3.0] Out of memory: Killed process 7 (SECRET)\n\
                   [    4.0] eth0: link becomes ready\n";
        let counts: Vec<_> = parse_kernel_log(log).into_iter().collect();
        assert_eq!(
            counts,
            [
                ("connection tracking table full".to_owned(), 2),
                ("killed for want of memory".to_owned(), 1)
            ]
        );
    }
}
