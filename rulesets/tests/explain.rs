//! Rule text and flow in, verdict and decider out.

mod support;

use rulesets::{Denial, Explanation, SecurityGroups, Verdict};
use support::{flow, group};

/// Groups as lines under their ids; the flow; the verdict as text.
type Case<'a> = (&'a [(&'a str, &'a [&'a str])], &'a str, &'a str);

fn bound(groups: &[(&str, &[&str])]) -> SecurityGroups {
    let groups = groups.iter().map(|(id, lines)| group(id, lines));
    SecurityGroups {
        groups: groups.collect(),
    }
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allow { decider } => format!("allow: {decider}"),
        Verdict::Deny { decider } => format!("deny: {decider}"),
        Verdict::Unknown { missing } => format!("unknown: {missing}"),
    }
}

fn explain(groups: &[(&str, &[&str])], flow_text: &str) -> Explanation {
    bound(groups).explain(&flow(flow_text))
}

fn check(cases: &[Case<'_>]) {
    for (groups, flow_text, expected) in cases {
        let explanation = explain(groups, flow_text);
        assert_eq!(said(&explanation.verdict), *expected, "{flow_text}");
    }
}

const SSH: &[&str] = &["in ACCEPT tcp 22 0.0.0.0/0"];
const FROM_OFFICE: &[&str] = &["in DROP tcp 80 0.0.0.0/0", "in ACCEPT tcp 22 10.0.0.0/8"];

#[test]
fn first_match_decides_and_is_named() {
    let ordered: &[&str] = &[
        "in ACCEPT tcp 22,8000-8010 203.0.113.0/24",
        "in DROP tcp 22 0.0.0.0/0",
        "in ACCEPT ALL ALL 0.0.0.0/0",
    ];
    check(&[
        (
            &[("sg-1", ordered)],
            "in tcp 22 203.0.113.9",
            "allow: `sg-1` rule 0 `ACCEPT tcp 22,8000-8010 from 203.0.113.0/24`",
        ),
        (
            &[("sg-1", ordered)],
            "in tcp 8005 203.0.113.9",
            "allow: `sg-1` rule 0 `ACCEPT tcp 22,8000-8010 from 203.0.113.0/24`",
        ),
        (
            &[("sg-1", ordered)],
            "in tcp 22 198.51.100.7",
            "deny: `sg-1` rule 1 `DROP tcp 22 from 0.0.0.0/0`",
        ),
        (
            &[("sg-1", ordered)],
            "in udp 22 198.51.100.7",
            "allow: `sg-1` rule 2 `ACCEPT ALL from 0.0.0.0/0`",
        ),
        (
            &[("sg-1", ordered)],
            "out tcp 22 203.0.113.9",
            "deny: `sg-1`: no rule matches, implicit reject",
        ),
    ]);
}

#[test]
fn groups_are_read_in_priority_order_with_one_implicit_reject() {
    let drop: &[&str] = &["in DROP tcp 22 198.51.100.0/24"];
    check(&[
        (
            &[("sg-1", &[]), ("sg-2", SSH)],
            "in tcp 22 198.51.100.7",
            "allow: `sg-2` rule 0 `ACCEPT tcp 22 from 0.0.0.0/0`",
        ),
        (
            &[("sg-1", drop), ("sg-2", SSH)],
            "in tcp 22 198.51.100.7",
            "deny: `sg-1` rule 0 `DROP tcp 22 from 198.51.100.0/24`",
        ),
        (
            &[("sg-1", SSH), ("sg-2", drop)],
            "in tcp 22 198.51.100.7",
            "allow: `sg-1` rule 0 `ACCEPT tcp 22 from 0.0.0.0/0`",
        ),
        (
            &[("sg-1", drop), ("sg-2", SSH)],
            "in tcp 80 198.51.100.7",
            "deny: `sg-2`: no rule matches, implicit reject",
        ),
        (
            &[],
            "in tcp 80 198.51.100.7",
            "unknown: the rules of the bound security groups",
        ),
    ]);
}

#[test]
fn families_and_protocols_are_kept_apart() {
    let all4: &[&str] = &["in ACCEPT ALL ALL 0.0.0.0/0"];
    let ping4: &[&str] = &["in ACCEPT icmp ALL 0.0.0.0/0"];
    let ping6: &[&str] = &["in ACCEPT icmpv6 - ::/0"];
    let mixed: &[&str] = &["in ACCEPT icmp - ::/0", "in ACCEPT icmpv6 - 0.0.0.0/0"];
    let rejected = "deny: `sg-1`: no rule matches, implicit reject";
    check(&[
        (&[("sg-1", all4)], "in tcp 22 2001:db8::7", rejected),
        (
            &[("sg-1", all4)],
            "in gre - 198.51.100.7",
            "allow: `sg-1` rule 0 `ACCEPT ALL from 0.0.0.0/0`",
        ),
        (
            &[("sg-1", ping4)],
            "in icmp - 198.51.100.7",
            "allow: `sg-1` rule 0 `ACCEPT icmp from 0.0.0.0/0`",
        ),
        (&[("sg-1", ping4)], "in icmpv6 - 2001:db8::7", rejected),
        (&[("sg-1", ping4)], "in tcp 22 198.51.100.7", rejected),
        (
            &[("sg-1", ping6)],
            "in icmpv6 - 2001:db8::7",
            "allow: `sg-1` rule 0 `ACCEPT icmpv6 from ::/0`",
        ),
        (&[("sg-1", mixed)], "in icmp - 198.51.100.7", rejected),
        (&[("sg-1", mixed)], "in icmpv6 - 2001:db8::7", rejected),
    ]);
}

#[test]
fn a_reference_to_a_group_never_matches_a_public_ipv4_address() {
    let reference: &[&str] = &["in ACCEPT tcp 22 sg-peers"];
    let members = "unknown: members of group `sg-peers` (sg-1 inbound rule 0 `ACCEPT tcp 22 from \
                   sg-peers`): run `tccli vpc DescribeNetworkInterfaces --Filters \
                   '[{\"Name\":\"groups.security-group-id\",\"Values\":[\"sg-peers\"]}]'`";
    let rejected = "deny: `sg-1`: no rule matches, implicit reject";
    for public in ["198.51.100.7", "100.128.0.1", "172.32.0.1"] {
        let flow = format!("in tcp 22 {public}");
        check(&[(&[("sg-1", reference)], &flow, rejected)]);
    }
    for perhaps in [
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.9",
        "100.64.0.1",
        "169.254.0.1",
        "127.0.0.1",
        "fd00::1",
        "fe80::1",
        "::1",
        "2001:db8::7",
    ] {
        let flow = format!("in tcp 22 {perhaps}");
        check(&[(&[("sg-1", reference)], &flow, members)]);
    }
    check(&[(&[("sg-1", reference)], "in tcp 23 10.1.2.3", rejected)]);
}

#[test]
fn what_is_missing_is_named_with_the_way_to_get_it() {
    let address: &[&str] = &["in DROP udp 53 -", "in ACCEPT tcp 22 ipm-2uw6ujo6"];
    let addresses: &[&str] = &["in ACCEPT tcp 22 ipmg-1"];
    let service: &[&str] = &["out ACCEPT ppm-f5n1f8da - 0.0.0.0/0"];
    let services: &[&str] = &["out ACCEPT ppmg-1 - 0.0.0.0/0"];
    check(&[
        (
            &[("sg-1", address)],
            "in tcp 22 198.51.100.7",
            "unknown: members of address template `ipm-2uw6ujo6` (sg-1 inbound rule 1 `ACCEPT tcp 22 \
             from ipm-2uw6ujo6`): run `tccli vpc DescribeAddressTemplates --Filters \
             '[{\"Name\":\"address-template-id\",\"Values\":[\"ipm-2uw6ujo6\"]}]'`",
        ),
        (
            &[("sg-1", addresses)],
            "in tcp 22 198.51.100.7",
            "unknown: members of address template `ipmg-1` (sg-1 inbound rule 0 `ACCEPT tcp 22 from \
             ipmg-1`): run `tccli vpc DescribeAddressTemplateGroups --Filters \
             '[{\"Name\":\"address-template-group-id\",\"Values\":[\"ipmg-1\"]}]'`",
        ),
        (
            &[("sg-1", service)],
            "out tcp 25 198.51.100.7",
            "unknown: members of service template `ppm-f5n1f8da` (sg-1 outbound rule 0 `ACCEPT \
             ppm-f5n1f8da to 0.0.0.0/0`): run `tccli vpc DescribeServiceTemplates --Filters \
             '[{\"Name\":\"service-template-id\",\"Values\":[\"ppm-f5n1f8da\"]}]'`",
        ),
        (
            &[("sg-1", services)],
            "out tcp 25 198.51.100.7",
            "unknown: members of service template `ppmg-1` (sg-1 outbound rule 0 `ACCEPT ppmg-1 to \
             0.0.0.0/0`): run `tccli vpc DescribeServiceTemplateGroups --Filters \
             '[{\"Name\":\"service-template-group-id\",\"Values\":[\"ppmg-1\"]}]'`",
        ),
        (
            &[("sg-1", &["in ACCEPT tcp 22 -"])],
            "in tcp 22 198.51.100.7",
            "unknown: the source the rule leaves out (sg-1 inbound rule 0 `ACCEPT tcp 22 from nothing \
             named`): write the address block into the rule",
        ),
        (
            &[("sg-1", &["in ACCEPT tcp 22 ALL"])],
            "in tcp 22 2001:db8::7",
            "unknown: whether ALL means IPv6 too (sg-1 inbound rule 0 `ACCEPT tcp 22 from ALL`): write \
             the address block into the rule",
        ),
        (
            &[("sg-1", &["in ACCEPT tcp 22 ALL"])],
            "in tcp 22 198.51.100.7",
            "allow: `sg-1` rule 0 `ACCEPT tcp 22 from ALL`",
        ),
    ]);
}

#[test]
fn an_unknown_far_end_leaves_only_rules_for_some_addresses_undecided() {
    let deny_some: &[&str] = &["in DROP tcp ALL 10.0.0.0/8", "in ACCEPT tcp 22 0.0.0.0/0"];
    check(&[
        (
            &[("sg-1", SSH)],
            "in tcp 22 -",
            "allow: `sg-1` rule 0 `ACCEPT tcp 22 from 0.0.0.0/0`",
        ),
        (
            &[("sg-1", FROM_OFFICE)],
            "in tcp 22 -",
            "unknown: the client's address as the target sees it (sg-1 inbound rule 1 `ACCEPT tcp 22 \
             from 10.0.0.0/8`): give --from IP",
        ),
        (
            &[("sg-1", deny_some)],
            "in tcp 22 -",
            "unknown: the client's address as the target sees it (sg-1 inbound rule 0 `DROP tcp ALL \
             from 10.0.0.0/8`): give --from IP",
        ),
        (
            &[("sg-1", deny_some)],
            "in tcp 23 -",
            "deny: `sg-1`: no rule matches, implicit reject",
        ),
        (
            &[("sg-1", &["out ACCEPT tcp 25 203.0.113.0/24"])],
            "out tcp 25 -",
            "unknown: the far end's address (sg-1 outbound rule 0 `ACCEPT tcp 25 to \
             203.0.113.0/24`): give --destination IP",
        ),
        (
            &[("sg-1", SSH)],
            "in tcp 22 -6",
            "deny: `sg-1`: no rule matches, implicit reject",
        ),
        (
            &[("sg-1", SSH)],
            "in tcp - 198.51.100.7",
            "unknown: the port (sg-1 inbound rule 0 `ACCEPT tcp 22 from 0.0.0.0/0`): give --port N",
        ),
    ]);
}

#[test]
fn undecided_rules_that_agree_with_the_decider_change_nothing() {
    let agreeing: &[&str] = &["in ACCEPT tcp 22 ipm-1", "in ACCEPT tcp 22 0.0.0.0/0"];
    let dropping: &[&str] = &["in DROP tcp 22 ipm-1"];
    check(&[
        (
            &[("sg-1", agreeing)],
            "in tcp 22 198.51.100.7",
            "allow: `sg-1` rule 1 `ACCEPT tcp 22 from 0.0.0.0/0`",
        ),
        (
            &[("sg-1", dropping)],
            "in tcp 22 198.51.100.7",
            "deny: `sg-1`: no rule matches, implicit reject",
        ),
    ]);
}

#[test]
fn a_trailing_deny_above_another_group_gives_two_verdicts() {
    let closed: &[&str] = &["in ACCEPT tcp 80 0.0.0.0/0", "in DROP ALL ALL 0.0.0.0/0"];
    let both: &[&str] = &["in DROP ALL ALL 0.0.0.0/0", "in DROP ALL ALL ::/0"];
    let other = |groups: &[(&str, &[&str])], flow: &str| {
        let other = explain(groups, flow).without_trailing_deny;
        other.as_ref().map(said)
    };
    let by_second = Some("allow: `sg-2` rule 0 `ACCEPT tcp 22 from 0.0.0.0/0`".to_owned());
    let flow = "in tcp 22 198.51.100.7";
    assert_eq!(other(&[("sg-1", closed), ("sg-2", SSH)], flow), by_second);
    assert_eq!(other(&[("sg-1", both), ("sg-2", SSH)], flow), by_second);
    assert_eq!(other(&[("sg-2", SSH), ("sg-1", closed)], flow), None);
    assert_eq!(other(&[("sg-1", closed)], flow), None);
    let ports: &[&str] = &["in DROP tcp ALL 0.0.0.0/0"];
    assert_eq!(other(&[("sg-1", ports), ("sg-2", SSH)], flow), None);
    let strict = explain(&[("sg-1", closed), ("sg-2", SSH)], flow);
    assert_eq!(
        said(&strict.verdict),
        "deny: `sg-1` rule 1 `DROP ALL from 0.0.0.0/0`"
    );
    assert_eq!(strict.denial, Some(Denial::EarlierGroup));
}

#[test]
fn a_denial_says_what_kind_it_is() {
    let denial = |groups, flow| explain(groups, flow).denial;
    let flow = "in tcp 22 198.51.100.7";
    let shadowed: &[&str] = &["in DROP tcp ALL 0.0.0.0/0", "in ACCEPT tcp 22 0.0.0.0/0"];
    let plain: &[&str] = &["in DROP tcp ALL 0.0.0.0/0"];
    let six: &[&str] = &["in ACCEPT tcp 22 ::/0"];
    let udp: &[&str] = &["in ACCEPT udp 22 0.0.0.0/0"];
    let web: &[&str] = &["in ACCEPT tcp 80 0.0.0.0/0", "in ACCEPT udp ALL 0.0.0.0/0"];
    let out: &[&str] = &["out ACCEPT ALL ALL 0.0.0.0/0", "in DROP udp ALL 0.0.0.0/0"];
    let ping: &[&str] = &["in ACCEPT icmp - 0.0.0.0/0"];
    for (groups, flow, expected) in [
        (&[("sg-1", SSH)] as &[(&str, &[&str])], flow, None),
        (&[("sg-1", plain)], flow, Some(Denial::Rule)),
        (&[("sg-1", shadowed)], flow, Some(Denial::AllowShadowed)),
        (
            &[("sg-1", plain), ("sg-2", SSH)],
            flow,
            Some(Denial::EarlierGroup),
        ),
        (&[("sg-1", FROM_OFFICE)], flow, Some(Denial::PeerNotAllowed)),
        (
            &[("sg-1", six), ("sg-2", udp)],
            flow,
            Some(Denial::FamilyMissing),
        ),
        (
            &[("sg-1", ping)],
            "in icmpv6 - 2001:db8::7",
            Some(Denial::FamilyMissing),
        ),
        (&[("sg-1", udp)], flow, Some(Denial::ProtocolNotAllowed)),
        (&[("sg-1", out)], flow, Some(Denial::NothingAllowed)),
        (&[("sg-1", &[])], flow, Some(Denial::NothingAllowed)),
        (&[("sg-1", web)], flow, Some(Denial::NoMatch)),
        (
            &[("sg-1", &["in ACCEPT ALL ALL 10.0.0.0/8"])],
            flow,
            Some(Denial::NoMatch),
        ),
        (&[("sg-1", &["in ACCEPT tcp 22 ipm-1"])], flow, None),
    ] {
        assert_eq!(denial(groups, flow), expected, "{groups:?}");
    }
}

#[test]
fn near_misses_name_the_fields_that_fail_nearest_first() {
    let lines: &[&str] = &[
        "in DROP tcp 23 0.0.0.0/0",
        "in ACCEPT udp 2222 0.0.0.0/0",
        "in ACCEPT tcp 22 10.0.0.0/8",
        "in ACCEPT tcp 2222 0.0.0.0/0",
        "in ACCEPT udp 80 10.0.0.0/8",
        "in ACCEPT tcp 22 ::/0",
        "in ACCEPT icmp - 0.0.0.0/0",
        "out ACCEPT tcp 22 0.0.0.0/0",
        "out DROP tcp 22 0.0.0.0/0",
    ];
    let misses = explain(&[("sg-1", lines)], "in tcp 22 198.51.100.7").near_misses;
    let said: Vec<String> = misses.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "`sg-1` rule 2 `ACCEPT tcp 22 from 10.0.0.0/8` matches all but source",
            "`sg-1` rule 3 `ACCEPT tcp 2222 from 0.0.0.0/0` matches all but port",
            "`sg-1` rule 5 `ACCEPT tcp 22 from ::/0` matches all but family",
            "`sg-1` rule 0 `ACCEPT tcp 22 to 0.0.0.0/0` matches all but direction",
            "`sg-1` rule 0 `DROP tcp 23 from 0.0.0.0/0` matches all but port",
        ]
    );
    let two = explain(
        &[("sg-1", &["out ACCEPT udp 26 0.0.0.0/0"])],
        "out tcp 25 192.0.2.1",
    );
    assert_eq!(two.near_misses[0].failed, ["port", "protocol"]);
    let far = explain(
        &[("sg-1", &["out ACCEPT tcp 25 10.0.0.0/8"])],
        "out tcp 25 192.0.2.1",
    );
    assert_eq!(far.near_misses[0].failed, ["destination"]);
    assert!(
        explain(&[("sg-1", SSH)], "in tcp 22 192.0.2.1")
            .near_misses
            .is_empty()
    );
}

#[test]
fn every_matching_rule_is_listed_in_order() {
    let groups = bound(&[
        (
            "sg-1",
            &["in ACCEPT tcp 22 10.0.0.0/8", "in DROP tcp ALL 0.0.0.0/0"],
        ),
        ("sg-2", SSH),
    ]);
    let listed = groups.matching(&flow("in tcp 22 198.51.100.7"));
    let listed: Vec<_> = listed
        .iter()
        .map(|rule| (&*rule.set, rule.index, rule.allows))
        .collect();
    assert_eq!(listed, [("sg-1", 1, false), ("sg-2", 0, true)]);
}

#[test]
fn a_terminal_does_not_obey_what_a_rule_says() {
    let groups = bound(&[("sg-\u{1b}[2J", SSH)]);
    let verdict = groups.explain(&flow("in tcp 22 192.0.2.1")).verdict;
    assert_eq!(
        said(&verdict),
        r"allow: `sg-\u{1b}[2J` rule 0 `ACCEPT tcp 22 from 0.0.0.0/0`"
    );
}
