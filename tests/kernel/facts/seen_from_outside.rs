//! What a client sees of each end.

use super::{CLIENT, Fact, input, loaded, tcp};
use crate::command::run;
use crate::rules;
use crate::world::{self, World};
use rulesets::Fate;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

pub(super) const FACTS: &[Fact] = &[
    ("a_client_of_a_drop_waits_in_vain", || {
        assert_seen("drop", ErrorKind::TimedOut, |fate| *fate == Fate::Drop);
    }),
    ("a_client_of_a_reject_is_refused", || {
        assert_seen("reject", ErrorKind::ConnectionRefused, rejects);
    }),
    ("a_client_of_a_reset_is_refused", || {
        assert_seen(
            "reject with tcp reset",
            ErrorKind::ConnectionRefused,
            rejects,
        );
    }),
    ("a_client_of_a_prohibition_is_told_of_no_route", || {
        let action = "reject with icmpx type admin-prohibited";
        assert_seen(action, ErrorKind::HostUnreachable, rejects);
    }),
    (
        "a_client_of_an_accept_without_a_listener_is_refused",
        || {
            assert_seen("accept", ErrorKind::ConnectionRefused, |fate| {
                *fate == Fate::Accept
            });
        },
    ),
];

fn assert_seen(action: &str, error: ErrorKind, fate: fn(&Fate) -> bool) {
    World::with(|world| {
        rules::watch(true);
        let host = loaded(&input(&format!("tcp dport 22 {action}")));
        let seen = world.within(&world.peer, || {
            run("ip", &["address", "add", "198.18.0.2/24", "dev", "p0"], "");
            let address = "198.18.0.1:22".parse().unwrap();
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).unwrap_err()
        });
        assert_eq!(seen.kind(), error, "{seen}");
        let passage = host.judge(&tcp(CLIENT, 22).packet, &world::facts());
        let [outcome] = passage.answer.outcomes.as_slice() else {
            panic!("one outcome in {passage:#?}");
        };
        assert!(fate(&outcome.fate), "{outcome:?}");
    });
}

fn rejects(fate: &Fate) -> bool {
    matches!(fate, Fate::Reject { .. })
}
