//! iptables in its two back ends, and ipset, which `nft` shows only in part.

use super::{Blocked, CLIENT, Fact, Passes, assert_kernel, certain, loaded, show, tcp, udp};
use crate::command::run;
use crate::rules::{self, RuleSet};
use crate::wire::Wire;
use crate::world::{self, World};

pub(super) const FACTS: &[Fact] = &[
    (
        "an_accept_of_legacy_iptables_does_not_stop_nftables",
        || {
            let rules = RuleSet {
            legacy: "*filter\n:INPUT ACCEPT\n-A INPUT -j ACCEPT\nCOMMIT\n".to_owned(),
            nft: "table inet t { chain in { type filter hook input priority 10; tcp dport 22 drop; }; }"
                .to_owned(),
            ..RuleSet::default()
        };
            show(&rules, &[(tcp(CLIENT, 22), Blocked)]);
        },
    ),
    (
        "an_accept_of_nftables_does_not_stop_legacy_iptables",
        || {
            let rules = RuleSet {
                legacy: LEGACY_DROP.to_owned(),
                nft: "table inet t { chain in { type filter hook input priority -10; accept; }; }"
                    .to_owned(),
                ..RuleSet::default()
            };
            show(&rules, &[(tcp(CLIENT, 22), Blocked)]);
        },
    ),
    (
        "no_listing_of_nftables_shows_a_rule_of_legacy_iptables",
        unseen,
    ),
    (
        "of_two_translations_the_one_made_last_comes_first_which_no_listing_tells",
        made_last,
    ),
    ("an_ipset_bans_its_members", ban),
    (
        "of_a_set_with_interfaces_the_smallest_block_alone_counts",
        || {
            let rules = RuleSet {
                ipset: "create near hash:net,iface\nadd near 198.18.0.0/16,eth0\nadd near 198.18.71.0/24,ens5\n"
                    .to_owned(),
                legacy: "*filter\n:INPUT ACCEPT\n-A INPUT -m set --match-set near src,src -j DROP\nCOMMIT\n"
                    .to_owned(),
                ..RuleSet::default()
            };
            let packets = [(tcp(CLIENT, 22), Blocked), (tcp("198.18.71.5", 22), Passes)];
            show(&rules, &packets);
        },
    ),
    ("a_json_listing_without_devices_is_refused", devices),
];

fn unseen() {
    World::with(|world| {
        let mut wire = Wire::open(world);
        rules::watch(true);
        let rules = RuleSet {
            legacy: LEGACY_DROP.to_owned(),
            ..RuleSet::default()
        };
        let all = loaded(&rules);
        for listing in [run("iptables-nft-save", &[], ""), rules::nft_listing()] {
            assert!(!listing.contains("22"), "{listing}");
        }
        let nft_alone = RuleSet::default().list(false).read().unwrap();
        let probes = [tcp(CLIENT, 22)];
        let seen = wire.send(&probes);
        assert_kernel(&probes, &seen, &[Blocked]);
        let judge = |host: &rulesets::host::HostRules| {
            certain(&host.judge(&probes[0].packet, &world::facts()))
        };
        assert_eq!(judge(&all), Some(Blocked));
        assert_eq!(judge(&nft_alone), Some(Passes));
    });
}

/// The order is not known, but what both orders lead to is.
fn made_last() {
    for (legacy_last, end) in [(false, Blocked), (true, Passes)] {
        let rules = RuleSet {
            legacy: "*nat\n-A PREROUTING -p udp -j REDIRECT --to-ports 5353\nCOMMIT\n".to_owned(),
            nft: "table ip t {
                chain pre { type nat hook prerouting priority -100; meta l4proto udp redirect to :5354; }
                chain in { type filter hook input priority 0; udp dport 5354 drop; udp sport 99 drop; }
            }"
            .to_owned(),
            legacy_last,
            ..RuleSet::default()
        };
        World::with(|world| {
            let mut wire = Wire::open(world);
            rules::watch(true);
            let host = loaded(&rules);
            let mut sure = udp(CLIENT, 54);
            sure.packet.source_port = Some(99);
            let probes = [udp(CLIENT, 53), sure];
            let seen = wire.send(&probes);
            assert_kernel(&probes, &seen, &[end, Blocked]);
            let judged = probes.map(|probe| {
                let passage = host.judge(&probe.packet, &world::facts());
                (certain(&passage), passage.answer.outcomes.len())
            });
            assert_eq!(judged, [(None, 2), (Some(Blocked), 2)]);
        });
    }
}

fn ban() {
    let rules = RuleSet {
        ipset: "create banned hash:net\nadd banned 198.18.70.64/26\n".to_owned(),
        iptables:
            "*filter\n:INPUT ACCEPT\n-A INPUT -m set --match-set banned src -j DROP\nCOMMIT\n"
                .to_owned(),
        ..RuleSet::default()
    };
    World::with(|world| {
        let packets = [
            (tcp("198.18.70.77", 22), Blocked),
            (tcp(CLIENT, 22), Passes),
        ];
        super::show_in(world, &rules, &packets);
        let text = rules::nft_listing();
        assert!(
            text.contains("xt match \"set\"") || text.contains("xt match set"),
            "{text}"
        );
        let json = run("nft", &["-j", "list", "ruleset"], "");
        assert!(
            json.contains(r#""xt": {"type": "match", "name": "set"}"#),
            "{json}"
        );
        let mut without = rules.list(false);
        without.0.retain(|(name, _)| *name == "nft");
        let host = without.read().unwrap();
        let probe = tcp("198.18.70.77", 22);
        let passage = host.judge(&probe.packet, &world::facts());
        assert_eq!(
            certain(&passage),
            None,
            "the set is in no listing of nft: {passage:#?}"
        );
    });
}

/// `nft` 1.0.6 prints no devices in JSON; rules on some devices must not be taken for rules on
/// none.
fn devices() {
    World::with(|_| {
        let rules = RuleSet::nft(
            "table netdev t { chain in { type filter hook ingress devices = { \"eth0\", \"ens5\" } priority 0; tcp dport 22 drop; }; }",
        );
        rules::watch(false);
        rules.load().unwrap();
        let judged = rules
            .list(true)
            .read()
            .map(|host| certain(&host.judge(&tcp(CLIENT, 22).packet, &world::facts())));
        match judged {
            Ok(end) => assert_eq!(end, Some(Blocked)),
            Err(error) => assert!(
                error.contains("devices of the chain are not shown"),
                "{error}"
            ),
        }
    });
}

const LEGACY_DROP: &str = "*filter\n:INPUT ACCEPT\n-A INPUT -p tcp --dport 22 -j DROP\nCOMMIT\n";
