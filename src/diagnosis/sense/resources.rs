//! Sensor of the machine's resources: whether one of them is all but used up.

use super::outcome::is_prompt;
use super::{local, take};
use crate::diagnosis::book::Book;
use crate::diagnosis::{Case, Reading};
use crate::inside::{Host, Usage};
use rulesets::Direction;

/// Reads it for an inbound flow. A service that answers at once on the instance itself has what it needs,
/// and where any says something at once, the processors are not what others wait for.
pub(super) fn sense(case: &mut Case<'_>, book: &mut Book) {
    let Some(snapshot) = &case.run.evidence.inside else {
        return;
    };
    if case.flow.direction != Direction::Inbound || local::answers_at_once(case, snapshot) {
        return;
    }
    // What merely opens is the kernel's work.
    let mut spoken = snapshot
        .probes
        .iter()
        .filter(|it| it.timing.first_byte_s.is_some());
    let busy = (!spoken.any(is_prompt)).then(|| processors(&snapshot.host));
    let mut short = shortages(&snapshot.host);
    short.extend(busy.flatten());
    if short.is_empty() {
        return;
    }
    let summary = short.join(", ");
    let id = book.enter("inside", "host", &summary);
    take(case, Reading::Exhausted, summary, vec![id]);
}

/// What is used up beside the processors, in words.
fn shortages(host: &Host) -> Vec<String> {
    let mut short = Vec::new();
    for disk in host.disks.value().into_iter().flatten() {
        // What takes no writes has no room by its nature, and nobody logs in by way of `/boot`.
        if disk.read_only || disk.path == "/boot" {
            continue;
        }
        if disk.available_kib.is_some_and(|it| it < LEAST_KIB) {
            short.push(format!("no space is left on {}", disk.path));
        } else if disk.inodes_available == Some(0) {
            short.push(format!("no inode is left on {}", disk.path));
        }
    }
    let nearly = |usage: &&Usage| usage.max > 0 && usage.used >= usage.max - usage.max / 20;
    for (usage, what) in [(&host.descriptors, "open files"), (&host.tasks, "tasks")] {
        if let Some(usage) = usage.value().filter(nearly) {
            short.push(format!("{} of {} {what} are in use", usage.used, usage.max));
        }
    }
    if let Some(memory) = host.memory.value()
        && let Some(available) = memory.available_kib
        && available < memory.total_kib / 33
    {
        let mib = available >> 10;
        short.push(format!("{mib} MiB of memory are available"));
    }
    short.extend(waiting(
        host,
        "memory.full",
        10.0,
        "every task waits for memory",
    ));
    short.extend(waiting(
        host,
        "io.full",
        50.0,
        "every task waits for a disk",
    ));
    short
}

/// Whether tasks wait for a processor, in words; by the load where the kernel tells no pressure.
fn processors(host: &Host) -> Option<String> {
    if host.pressure.value().is_some() {
        return waiting(host, "cpu.some", 80.0, "tasks wait for a processor");
    }
    let (load, processors) = (host.load.value()?, host.processors.value()?);
    let (load, count) = (load.one_minute, processors.count);
    (load >= 4.0 * f64::from(count.max(1)))
        .then(|| format!("the load is {load:.0} on {count} processors"))
}

/// From which share of ten seconds on tasks wait too long (`Documentation/accounting/psi.rst`): where
/// all of them wait nothing is done; some wait for a processor on every machine that is busy.
fn waiting(host: &Host, kind: &str, limit: f64, what: &str) -> Option<String> {
    let percent = host.pressure.value()?.get(kind).copied();
    let percent = percent.filter(|it| *it >= limit)?;
    Some(format!("{what} for {percent:.0} % of the time"))
}

/// Less than a log's next page.
const LEAST_KIB: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::{Datum, Disk, Load, Memory, Processors};
    use std::collections::BTreeMap;

    fn memory(available_kib: u64) -> Datum<Memory> {
        Datum::read(
            "",
            Memory {
                total_kib: 1 << 20,
                available_kib: Some(available_kib),
                swap_free_kib: 0,
            },
        )
    }

    #[test]
    fn a_machine_with_room_is_short_of_nothing() {
        let shortages = |host: &Host| {
            let beside = shortages(host).into_iter();
            beside.chain(processors(host)).collect::<Vec<_>>()
        };
        assert!(shortages(&Host::default()).is_empty());
        let host = Host {
            descriptors: Datum::read("", Usage { used: 94, max: 100 }),
            tasks: Datum::read("", Usage { used: 0, max: 0 }),
            memory: memory(1 << 16),
            pressure: Datum::read("", BTreeMap::from([("cpu.some".to_owned(), 79.0)])),
            load: Datum::read(
                "",
                Load {
                    one_minute: 99.0,
                    fifteen_minutes: 0.0,
                    tasks: 9,
                },
            ),
            processors: Datum::read(
                "",
                Processors {
                    count: 2,
                    stolen_percent: 0,
                },
            ),
            ..Host::default()
        };
        assert!(shortages(&host).is_empty());
        let old = Host {
            pressure: Datum::skipped("", "an old kernel"),
            ..host
        };
        assert_eq!(shortages(&old), ["the load is 99 on 2 processors"]);
    }

    #[test]
    fn each_resource_that_is_used_up_is_named() {
        let disk = |path: &str, available_kib, inodes, read_only| Disk {
            path: path.to_owned(),
            read_only,
            used_percent: 100,
            available_kib: Some(available_kib),
            inodes_used_percent: Some(100),
            inodes_available: inodes,
        };
        let pressure = [("memory.full", 12.0), ("io.full", 49.0), ("cpu.some", 93.5)];
        let pressure = pressure.map(|(kind, percent)| (kind.to_owned(), percent));
        let host = Host {
            disks: Datum::read(
                "",
                vec![
                    disk("/", 0, None, false),
                    disk("/var", 1 << 20, Some(0), false),
                    disk("/tmp", 1 << 20, Some(7), false),
                    disk("/home", 0, Some(0), true),
                    disk("/boot", 0, Some(0), false),
                ],
            ),
            descriptors: Datum::read("", Usage { used: 95, max: 100 }),
            memory: memory(20 << 10),
            pressure: Datum::read("", BTreeMap::from(pressure)),
            ..Host::default()
        };
        assert_eq!(
            shortages(&host),
            [
                "no space is left on /",
                "no inode is left on /var",
                "95 of 100 open files are in use",
                "20 MiB of memory are available",
                "every task waits for memory for 12 % of the time",
            ]
        );
        assert_eq!(
            processors(&host).unwrap(),
            "tasks wait for a processor for 94 % of the time"
        );
    }
}
