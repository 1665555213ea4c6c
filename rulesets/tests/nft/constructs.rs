//! One rule a line, and the model of it.

use super::rule;

#[test]
fn matches_carry_the_tests_they_rest_on() {
    for (text, want) in MATCHES {
        assert_eq!(rule("inet", text), *want, "{text}");
    }
}

#[test]
fn bits_compare_as_the_byte_code_of_nft_does() {
    for (text, want) in BITS {
        assert_eq!(rule("inet", text), *want, "{text}");
    }
}

#[test]
fn statements_are_verdicts_changes_or_nothing() {
    for (text, want) in STATEMENTS {
        assert_eq!(rule("inet", text), *want, "{text}");
    }
}

#[test]
fn what_is_not_understood_stays_in_the_rule() {
    for (text, want) in UNDECIDED {
        assert_eq!(rule("ip", text), *want, "{text}");
    }
}

const MATCHES: &[(&str, &str)] = &[
    ("tcp dport 22 accept", "proto=6; dport=22; accept"),
    ("tcp dport ssh", "proto=6; dport=22"),
    ("tcp dport != { 22, 80-90 }", "proto=6; dport!=22,80-90"),
    ("tcp dport < 1024", "proto=6; dport=0-1023"),
    (
        "udp sport 53 udp dport >= 1024",
        "proto=17; sport=53; dport=1024-65535",
    ),
    ("ip saddr 10.0.0.0/8", "src4=10.0.0.0-10.255.255.255"),
    ("ip saddr != @ban drop", "src4!=@ban; drop"),
    (
        "ip daddr & 255.255.255.0 == 10.0.0.0",
        "dst4&ffffff00=10.0.0.0",
    ),
    ("ip protocol tcp", "family=2; proto=6"),
    ("ip6 nexthdr icmpv6", "family=10; proto=58"),
    (
        "meta l4proto { tcp, udp } th dport 53",
        "proto=6,17; dport=53",
    ),
    (
        "icmp type echo-request icmp code 0",
        "proto=1; type4=8; code4=0",
    ),
    (
        "icmpv6 type { 133, nd-redirect }",
        "proto=58; type6=133,137",
    ),
    ("iifname \"eth*\" oifname != lo", "in=eth*; out!=lo"),
    ("iif { \"lo\", \"eth0\" }", "in=lo,eth0"),
    ("meta protocol ip6 accept", "family=10; accept"),
    ("ether saddr 00:00:00:00:01:00", "mac=256"),
    ("fib daddr type { local, broadcast }", "dstkind=2,3"),
    (
        "ct original ip daddr 1.2.3.4 ct original proto-dst 80",
        "odst4=1.2.3.4; odport=80",
    ),
    ("mark & 0xff == 0x1", "mark&ff=1"),
    (
        "ip saddr . tcp dport { 10.0.0.0/8 . 22, 192.0.2.1 . 80-90 } accept",
        "proto=6; src4.dport=10.0.0.0-10.255.255.255.22,192.0.2.1.80-90; accept",
    ),
    (
        "tcp dport vmap { 22:accept, 80-90 : jump web, * : drop }",
        "proto=6; dport vmap {22: accept, 80-90: jump(web), 0-65535: drop}",
    ),
    ("ct state vmap @m", "state vmap @m"),
];

const BITS: &[(&str, &str)] = &[
    ("tcp flags syn", "proto=6; flags&2!=0"),
    ("tcp flags { syn }", "proto=6; flags&2!=0"),
    ("tcp flags syn,ack", "proto=6; flags&12!=0"),
    ("tcp flags == syn", "proto=6; flags=2"),
    ("tcp flags != syn", "proto=6; flags!=2"),
    ("tcp flags { syn, ack }", "proto=6; flags=2,16"),
    ("tcp flags ! fin,rst", "proto=6; flags&5=0"),
    ("tcp flags syn / fin,syn,rst,ack", "proto=6; flags&17=2"),
    ("tcp flags & (fin|syn) == syn", "proto=6; flags&3=2"),
    ("tcp flags & (fin | syn) != 0x0", "proto=6; flags&3!=0"),
    ("ct state established,related", "state=2,4"),
    ("ct state 0x2,0x4", "state=2,4"),
    ("ct state { new, untracked }", "state=8,64"),
    ("ct state != established", "state!=2"),
    ("ct state != established | related", "state!=6"),
    ("ct state ! invalid", "state!=1"),
    ("ct status dnat", "status&20!=0"),
];

const STATEMENTS: &[(&str, &str)] = &[
    (
        "counter packets 1 bytes 2 log prefix \"a; }\" level warn flags all drop",
        "drop",
    ),
    ("reject", "reject(icmpx port-unreachable)"),
    ("reject with tcp reset", "proto=6; reject(tcp reset)"),
    (
        "reject with icmp type host-prohibited",
        "family=2; reject(icmp host-prohibited)",
    ),
    ("jump { drop; }", "jump(c rule 0)"),
    ("goto other", "goto(other)"),
    (
        "meta mark set 0x10 accept",
        "mark clear ffffffff flip 10; accept",
    ),
    (
        "meta mark set meta mark & 0xff | 0x100",
        "mark clear ffffff00 flip 100",
    ),
    (
        "ct mark set meta mark meta nftrace set 1 ip dscp set cs1",
        "Connection mark&ffffffff^other&ffffffff^0; family=2",
    ),
    (
        "ct mark set 0x3 ct mark & 0xf == 0x1 accept",
        "Connection mark&ffffffff^other&0^3; ctmark&f=1; accept",
    ),
    (
        "meta mark set ct mark & 0xff",
        "state!=1,64; Packet mark&ffffffff^other&ff^0",
    ),
    ("notrack", "notrack"),
    (
        "dnat ip to 10.0.0.1:8080",
        "family=2; dnat 10.0.0.1 port 8080",
    ),
    (
        "dnat ip6 to [2001:db8::1]:80-90 persistent",
        "family=10; dnat 2001:db8::1 port 80-90",
    ),
    (
        "snat to 10.0.0.1-10.0.0.9 random,persistent",
        "snat 10.0.0.1-10.0.0.9 port keep",
    ),
    ("redirect to :8080", "redirect keep port 8080"),
    ("masquerade fully-random", "masquerade keep port keep"),
    (
        "dnat ip to tcp dport map { 80 : 10.0.0.1 . 8080 }",
        "family=2; proto=6; dnat dport map {80: 10.0.0.1} port dport map {80: 8080}",
    ),
    (
        "update @s { ip saddr timeout 1h } accept",
        "family=2; accept",
    ),
    (
        "xt target \"LOG\" xt target REJECT",
        "reject(xt target REJECT)",
    ),
    ("flow add @f dup to 10.0.0.1 device eth0 accept", "accept"),
];

const UNDECIDED: &[(&str, &str)] = &[
    (
        "limit rate over 10/second burst 5 packets drop",
        "RateLimit `limit rate over 10/second burst 5 packets`; drop",
    ),
    (
        "add @s { ip saddr ct count over 5 } drop",
        "RateLimit `add @s { ip saddr ct count over 5 }`; drop",
    ),
    ("meta skuid root accept", "Owner `meta skuid root`; accept"),
    (
        "meta hour 10:00-18:00 accept",
        "Time `meta hour 10 : 00-18 : 00`; accept",
    ),
    (
        "xt match \"recent\" drop",
        "History `xt match \"recent\"`; drop",
    ),
    (
        "fib saddr . iif oif missing drop",
        "Unsupported `fib saddr . iif oif missing`; drop",
    ),
    ("ip ttl < 5 drop", "Unsupported `ip ttl < 5`; drop"),
    (
        "tcp dport no-such-name accept",
        "proto=6; dport=?no-such-name?; accept",
    ),
    (
        "ct state established | related",
        "Unsupported `ct state established | related`",
    ),
    (
        "ct status assured accept",
        "Unsupported `ct status assured`; accept",
    ),
    (
        "frobnicate 5 accept comment \"x\"",
        "OPAQUE `frobnicate 5 accept`",
    ),
    ("queue num 1-3 bypass", "OPAQUE `queue num 1-3 bypass`"),
    (
        "dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }",
        "dnat ? port ?",
    ),
    (
        "(@nh,8,8 & 0xfc) >> 2 == 0x1 drop",
        "Unsupported `(@nh, 8, 8 & 0xfc) >> 2 == 0x1`; drop",
    ),
];
