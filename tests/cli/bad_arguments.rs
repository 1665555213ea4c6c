//! Arguments that cannot be meant: one line that names the flag and the remedy, and exit code 3.

use crate::tool::Tool;

#[test]
fn a_target_is_a_name_or_an_address() {
    let long = "a".repeat(300);
    for (target, expected) in [
        (
            "http://x/",
            "target `http://x/` is a URL: give the host name alone",
        ),
        (
            "x:22",
            "target `x:22` has a port: give `x --service tcp/22`",
        ),
        ("a b", "target `a b` is neither an address nor a host name"),
        ("", "target `` is neither an address nor a host name"),
        (
            "300.1.1.1",
            "target `300.1.1.1` is neither an address nor a host name",
        ),
        (
            "192.0.2.0/24",
            "target `192.0.2.0/24` is neither an address nor a host name",
        ),
        (
            "a\u{1b}[2J\nb",
            r"target `a\x1b[2J\nb` is neither an address nor a host name",
        ),
        (
            long.as_str(),
            &format!(
                "target `{}…` is neither an address nor a host name",
                &long[..80]
            ),
        ),
    ] {
        let output = Tool::new(["check", target]).run();
        assert_eq!(output.refusal(), expected);
        let second = Tool::new(["check", "127.0.0.1", target]).run();
        assert_eq!(
            second.refusal(),
            expected,
            "no target is checked before all are read"
        );
    }
}

#[test]
fn values_are_refused_with_their_flag_and_the_remedy() {
    for (arguments, expected) in REFUSED {
        let output = Tool::new(arguments.iter().copied())
            .file("g.json", "{\"Ingress\": []}")
            .run();
        assert_eq!(output.refusal(), *expected);
    }
}

#[test]
fn any_value_is_bounded_and_escaped() {
    let hostile = format!("\u{1b}[31m\n{}", "\u{202e}x".repeat(2000));
    for arguments in [
        ["check", "127.0.0.1", "--service"].as_slice(),
        &["check", "127.0.0.1", "--expect"],
        &["check", "127.0.0.1", "--provider"],
        &["check", "127.0.0.1", "--inside"],
        &["check"],
        &["inside", "--outbound"],
        &["inside", "--service"],
        &["cause"],
        &["ports"],
        &["ports", "22"],
        &["report"],
    ] {
        let output = Tool::new(arguments.iter().copied().chain([hostile.as_str()])).run();
        output.refusal();
    }
}

#[test]
fn what_the_command_line_itself_refuses_exits_with_3_and_points_to_help() {
    for (arguments, expected) in USAGE {
        let output = Tool::new(arguments.iter().copied()).run();
        assert_eq!(output.code, 3, "{output:?}");
        assert_eq!(output.stdout, "");
        assert!(
            output.stderr.contains(expected),
            "{expected}: {}",
            output.stderr
        );
        assert!(output.stderr.contains("--help"), "{}", output.stderr);
    }
    let nothing = Tool::new([]).run();
    assert_eq!((nothing.code, nothing.stdout.as_str()), (3, ""));
    assert!(nothing.stderr.contains("Usage: reachdx"), "{nothing:?}");
}

const REFUSED: &[(&[&str], &str)] = &[
    (
        &["check", "127.0.0.1", "--inside", "ssh://-oProxyCommand=x"],
        "--inside: `ssh://-oProxyCommand=x` is not ssh://[user@]host[:port]: the host is not a name or \
         an address (letters, digits, `.`, `-`, `_`; IPv6 in brackets)",
    ),
    (
        &["check", "127.0.0.1", "--inside", "ssh://-l@web"],
        "--inside: `ssh://-l@web` is not ssh://[user@]host[:port]: the user is not a login name \
         (letters, digits, `.`, `-`, `_`, `+`, not `-` at the beginning)",
    ),
    (
        &["check", "127.0.0.1", "--inside", "ssh://"],
        "--inside: `ssh://` is not ssh://[user@]host[:port]: it names no host",
    ),
    (
        &["check", "127.0.0.1", "--inside", "ssh://web:0"],
        "--inside: `ssh://web:0` is not ssh://[user@]host[:port]: the port is not 1 to 65535",
    ),
    (
        &[
            "check",
            "127.0.0.1",
            "--inside",
            "local",
            "--ssh-option",
            "x=y",
        ],
        "--ssh-option: it goes with --inside ssh://[user@]host[:port]",
    ),
    (
        &["check", "127.0.0.1", "--service", "tcp/0"],
        "--service: `tcp/0` has no valid port: expected a number from 1 to 65535",
    ),
    (
        &["check", "127.0.0.1", "--service", "tcp/65536"],
        "--service: `tcp/65536` has no valid port: expected a number from 1 to 65535",
    ),
    (
        &["check", "127.0.0.1", "--service", "ssh=99999"],
        "--service: `ssh=99999` has no valid port: expected a number from 1 to 65535",
    ),
    (
        &["check", "127.0.0.1", "--service", "gopher"],
        "--service: unknown service `gopher`: expected ssh, rdp, http, https, icmp, smtp, NAME=PORT, \
         tcp/PORT or udp/PORT",
    ),
    (
        &["check", "127.0.0.1", "--service", "ssh,http,ssh=22"],
        "--service: `ssh=22` is listed twice: name it once",
    ),
    (
        &["check", "127.0.0.1", "--service", ""],
        "--service: the service list is empty: expected ssh, rdp, http, https, icmp, smtp, \
         NAME=PORT, tcp/PORT or udp/PORT",
    ),
    (
        &["inside", "--service", "tcp"],
        "--service: `tcp` needs a port: write `tcp/PORT`",
    ),
    (
        &[
            "check",
            "127.0.0.1",
            "--service",
            "ssh,tcp/81",
            "--expect",
            "web=open",
        ],
        "--expect: `web` is not among the services; they are ssh, tcp/81 and, from inside, smtp-out \
         and tcp/PORT-out",
    ),
    (
        &[
            "check",
            "127.0.0.1",
            "--service",
            "ssh",
            "--expect",
            "web-out=open",
        ],
        "--expect: `web-out` is not among the services; they are ssh and, from inside, smtp-out and \
         tcp/PORT-out",
    ),
    (
        &["check", "127.0.0.1", "--expect", "ssh=maybe"],
        "--expect: `maybe` is not open, closed or blocked",
    ),
    (
        &["check", "127.0.0.1", "--expect", "ssh"],
        "--expect: `ssh` is not SERVICE=open, =closed or =blocked",
    ),
    (
        &["check", "127.0.0.1", "--expect", "ssh=open,ssh=closed"],
        "--expect: `ssh` is named twice: name it once",
    ),
    (
        &["check", "127.0.0.1", "--provider", "acme"],
        "--provider: `acme` is not known; known are tencent, generic",
    ),
    (
        &["inside", "--outbound", "mail.example"],
        "--outbound: `mail.example` has no port: write HOST:PORT, such as `mail.example:25`",
    ),
    (
        &["inside", "--outbound", ""],
        "--outbound: an empty far end in ``: write HOST:PORT,HOST:PORT",
    ),
    (
        &["explain", "--rules", "g.json", "--protocol", "tcp"],
        "--port is missing: tcp flows have one",
    ),
    (
        &[
            "explain",
            "--rules",
            "g.json",
            "--protocol",
            "icmp",
            "--port",
            "22",
        ],
        "--port: icmp flows have none",
    ),
    (
        &[
            "explain",
            "--rules",
            "g.json",
            "--protocol",
            "icmpv6",
            "--source",
            "192.0.2.1",
        ],
        "--source, --destination and --protocol are of different address families",
    ),
    (
        &["explain", "--rules", "g.json", "--protocol", "quic"],
        "--protocol: `quic` is not tcp, udp, icmp, icmpv6, gre, sctp, esp, ah, udplite, dccp, or a \
         number from 0 to 255",
    ),
    (
        &[
            "explain",
            "--rules",
            "g.json",
            "--protocol",
            "tcp",
            "--port",
            "65536",
        ],
        "--port: `65536` is not a port, a number from 1 to 65535",
    ),
    (
        &[
            "explain",
            "--rules",
            "g.json",
            "--protocol",
            "sctp",
            "--source-port",
            "ssh",
        ],
        "--source-port: `ssh` is not a port, a number from 1 to 65535",
    ),
    (
        &[
            "explain",
            "--rules",
            "g.json",
            "--protocol",
            "icmp",
            "--icmp-type",
            "256",
        ],
        "--icmp-type: `256` is not a number from 0 to 255",
    ),
    (
        &[
            "explain",
            "--rules",
            "g.json",
            "--protocol",
            "tcp",
            "--state",
            "open",
        ],
        "--state: `open` is not new, established, related, invalid or untracked",
    ),
    (
        &[
            "explain",
            "--rules",
            "g.json",
            "--protocol",
            "tcp",
            "--direction",
            "up",
        ],
        "--direction: `up` is not in, out or forward",
    ),
    (
        &["who", "--rules", "g.json"],
        "--port, --source or --destination is missing: one says what to ask about",
    ),
    (
        &["who", "--rules", "g.json", "--port", "ssh"],
        "--port: `ssh` is not tcp/PORT, udp/PORT, tcp/FIRST-LAST, icmp or all",
    ),
    (
        &["who", "--rules", "g.json", "--port", "tcp/9-8"],
        "--port: `tcp/9-8` is not tcp/PORT, udp/PORT, tcp/FIRST-LAST, icmp or all",
    ),
    (
        &["who", "--rules", "g.json", "--port", "icmp/8"],
        "--port: icmp flows have none",
    ),
    (
        &[
            "who",
            "--rules",
            "g.json",
            "--source",
            "192.0.2.1",
            "--destination",
            "2001:db8::1",
        ],
        "--source and --destination are of different address families",
    ),
    (
        &["cause", "listener.nobody"],
        "no cause is named `listener.nobody`; `reachdx cause` lists them all",
    ),
    (&["ports", "0"], "`0`: a port is a number from 1 to 65535"),
    (&["ports", "sctp/1"], "`sctp/1` is not tcp/PORT or udp/PORT"),
];

/// Arguments that the grammar itself refuses, and what is said of them.
const USAGE: &[(&[&str], &str)] = &[
    (&["--nope"], "unexpected argument '--nope'"),
    (&["chekc"], "unrecognized subcommand 'chekc'"),
    (&["check"], "<TARGET>..."),
    (
        &["check", "127.0.0.1", "--nope"],
        "unexpected argument '--nope'",
    ),
    (
        &["check", "127.0.0.1", "--from", "x"],
        "'x' for '--from <IP>'",
    ),
    (
        &["check", "127.0.0.1", "--target-ip", "x"],
        "'x' for '--target-ip <IP>'",
    ),
    (
        &["check", "127.0.0.1", "--timeout", "0"],
        "expected a time from 1ms to 10m",
    ),
    (
        &["check", "127.0.0.1", "--timeout", "NaN"],
        "expected a time from 1ms to 10m",
    ),
    (
        &["check", "127.0.0.1", "--timeout", "1h"],
        "expected a time from 1ms to 10m",
    ),
    (
        &["check", "127.0.0.1", "--control", "x"],
        "`x` is not HOST:PORT",
    ),
    (
        &["check", "127.0.0.1", "--control", "x:0"],
        "the port is not 1 to 65535",
    ),
    (
        &["check", "127.0.0.1", "--control", "::1:80"],
        "(IPv6 in brackets)",
    ),
    (
        &["check", "127.0.0.1", "--format", "xml"],
        "possible values: text, json",
    ),
    (
        &["check", "127.0.0.1", "--color", "red"],
        "possible values: auto",
    ),
    (&["explain", "--protocol", "tcp"], "--rules <FILE>"),
    (&["explain", "--rules", "g.json"], "--protocol <PROTOCOL>"),
    (
        &[
            "explain", "--rules", "g.json", "--flows", "f", "--port", "1",
        ],
        "'--flows <FILE>' cannot be used with",
    ),
    (
        &["who", "--rules", "g.json", "--source", "x"],
        "expected an address or a block",
    ),
    (&["lint"], "--rules <FILE>"),
    (&["diff", "old.json"], "<NEW>"),
    (&["clone", "--rules", "g.json"], "--check"),
    (&["deletable", "sg-1"], "--rules <FILE>"),
    (&["report"], "<RUN>"),
    (&["schema", "x"], "unexpected argument 'x'"),
];
