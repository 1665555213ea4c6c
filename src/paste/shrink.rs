//! Makes a snapshot smaller where a channel carries only so much: of the state of the machine what stops
//! nobody by itself goes first, then most of what changed, then the rest of that state; then the rule
//! listings are cut, then whole facts are left out, the least telling first. Each of these says in its
//! place that it was.

use crate::inside::{Datum, Host, RulesText, Snapshot};

/// Cuts until `fits`; false when even the bare snapshot does not.
pub fn shrink(snapshot: &mut Snapshot, fits: impl Fn(&Snapshot) -> bool) -> bool {
    let first: [fn(&mut Snapshot); 4] = [
        |snapshot| background(&mut snapshot.host),
        shorten,
        |snapshot| leave_out(&mut snapshot.counters),
        |snapshot| snapshot.host = Host::default(),
    ];
    for make_smaller in first {
        if !fits(snapshot) {
            make_smaller(snapshot);
        }
    }
    while !fits(snapshot) {
        if !cut_longest_listing(snapshot) {
            break;
        }
    }
    for leave_out in STEPS {
        if fits(snapshot) {
            return true;
        }
        leave_out(snapshot);
    }
    fits(snapshot)
}

/// Leaves out of the state of the machine what makes a flow slow at most, or only explains.
fn background(host: &mut Host) {
    leave_out(&mut host.load);
    leave_out(&mut host.pressure);
    leave_out(&mut host.memory);
    leave_out(&mut host.disks);
    leave_out(&mut host.descriptors);
    leave_out(&mut host.uptime_s);
    leave_out(&mut host.processors);
    leave_out(&mut host.tasks);
    leave_out(&mut host.oom_kills);
    leave_out(&mut host.kernel_log);
    leave_out(&mut host.system_state);
    leave_out(&mut host.cloud_init);
    leave_out(&mut host.needs_reboot);
    leave_out(&mut host.clock_synchronised);
    leave_out(&mut host.resolvers);
    leave_out(&mut host.name_servers);
    leave_out(&mut host.failed_units);
    leave_out(&mut host.ssh_files);
}

/// Leaves the first few changes.
fn shorten(snapshot: &mut Snapshot) {
    if let Some(Datum::Read { value, .. }) = &mut snapshot.since {
        value.unlisted += value.changes.len().saturating_sub(CHANGES);
        value.changes.truncate(CHANGES);
    }
}

/// Halves the longest listing at the end of a line; false when all are empty.
fn cut_longest_listing(snapshot: &mut Snapshot) -> bool {
    let listings = snapshot.firewall.values_mut();
    let longest = listings.max_by_key(|listing| text(listing).map_or(0, str::len));
    let Some(Datum::Read {
        value: RulesText { text },
        truncated,
        ..
    }) = longest
    else {
        return false;
    };
    if text.is_empty() {
        return false;
    }
    let half = text.floor_char_boundary(text.len() / 2);
    let end = text[..half].rfind('\n').map_or(0, |at| at + 1);
    text.truncate(end);
    *truncated = true;
    true
}

fn text(listing: &Datum<RulesText>) -> Option<&str> {
    listing.value().map(|rules| rules.text.as_str())
}

fn leave_out<T>(datum: &mut Datum<T>) {
    if let Datum::Read { source, taken, .. } = datum {
        let left_out = "left out, as the output would have been too long";
        *datum = Datum::skipped(source, left_out).taken(*taken);
    }
}

/// How many changes are told where room is short.
const CHANGES: usize = 8;

/// What is left out, one after another. A list that lacks entries would say that they are not there, so
/// lists go whole.
const STEPS: [fn(&mut Snapshot); 9] = [
    |snapshot| snapshot.since.iter_mut().for_each(leave_out),
    |snapshot| leave_out(&mut snapshot.established),
    |snapshot| snapshot.outbound.clear(),
    |snapshot| leave_out(&mut snapshot.ssh_login),
    |snapshot| leave_out(&mut snapshot.routes),
    |snapshot| leave_out(&mut snapshot.sysctls),
    |snapshot| leave_out(&mut snapshot.packet_programs),
    |snapshot| {
        snapshot.probes.clear();
        snapshot.connects.clear();
    },
    |snapshot| {
        leave_out(&mut snapshot.addresses);
        leave_out(&mut snapshot.listeners);
        snapshot.firewall.values_mut().for_each(leave_out);
    },
];
