//! Rules of a size or shape that nobody writes: answered or refused, in one line and soon.

use crate::tool::{Output, Tool};
use std::fmt::Write as _;
use std::time::Duration;

#[test]
fn millions_of_rules_are_refused_in_one_line() {
    let rules = format!("{HEAD}:I - [0:0]\n{}COMMIT\n", "-A I\n".repeat(10_000_000));
    for output in answers(&rules) {
        let expected = "rules `rules`: more than 1000000 rules; give the tables one at a time";
        assert!(output.refusal().starts_with(expected), "{output:?}");
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_unread() {
    let rules = format!("{HEAD}{}COMMIT\n", "-A INPUT -j ACCEPT\n".repeat(5_300_000));
    for output in answers(&rules) {
        let expected = "`rules` is larger than 64 MiB, which no such file is";
        assert_eq!(output.refusal(), expected);
        assert!(output.took < Duration::from_secs(10), "{:?}", output.took);
    }
}

#[test]
fn a_thousand_nested_chains_are_followed() {
    let mut rules = HEAD.to_owned() + "-A INPUT -j c0\n";
    for chain in 0..1000 {
        let target = if chain == 999 {
            "ACCEPT".into()
        } else {
            format!("c{}", chain + 1)
        };
        writeln!(rules, "-N c{chain}\n-A c{chain} -p tcp -j {target}").unwrap();
    }
    let [explained, who, lint] = answers(&(rules + "COMMIT\n"));
    assert!(
        explained
            .said(0)
            .starts_with("allow: `ip filter` chain `c999`"),
        "{explained:?}"
    );
    answered(&who);
    answered(&lint);
}

#[test]
fn chains_that_call_one_another_in_a_circle_leave_the_answer_open() {
    let rules =
        format!("{HEAD}:a - [0:0]\n:b - [0:0]\n-A INPUT -j a\n-A a -j b\n-A b -j a\nCOMMIT\n");
    let [explained, who, lint] = answers(&rules);
    let said = explained.said(3);
    assert!(
        said.contains("chain `a` decides, which calls itself"),
        "{said}"
    );
    assert!(
        who.said(0)
            .contains("IPv4: nothing gets through for certain"),
        "{who:?}"
    );
    assert!(lint.said(0).contains("which calls itself"), "{lint:?}");
}

#[test]
fn a_thousand_chains_that_each_call_the_next_one_twice_are_answered() {
    let mut rules = HEAD.to_owned();
    for chain in 0..=1000 {
        writeln!(rules, ":c{chain} - [0:0]").unwrap();
    }
    rules.push_str("-A INPUT -j c0\n");
    for chain in 0..1000 {
        let call = format!("-A c{chain} -j c{}\n", chain + 1);
        rules.push_str(&call.repeat(2));
    }
    rules.push_str("-A c1000 -s 192.0.2.1 -j ACCEPT\nCOMMIT\n");
    let [explained, who, lint] = answers(&rules);
    assert!(explained.said(2).contains("policy drop"), "{explained:?}");
    answered(&who);
    answered(&lint);
}

/// An answer, or the one refusal that names the way on.
fn answered(output: &Output) {
    if output.code == 3 {
        let expected = "these rules are too entangled to be examined as a whole: ask about single flows \
                        with `reachdx explain`";
        assert_eq!(output.refusal(), expected);
    } else {
        assert!(
            output.stderr.is_empty() && !output.stdout.is_empty(),
            "{output:?}"
        );
    }
}

/// What `explain`, `who` and `lint` say of these rules.
fn answers(rules: &str) -> [Output; 3] {
    [
        "explain --protocol tcp --port 22 --source 198.51.100.7 --interface eth0",
        "who --port tcp/22",
        "lint",
    ]
    .map(|question| {
        let output = Tool::new(question.split(' '))
            .argument("--rules")
            .argument("rules")
            .file("rules", rules)
            .run();
        assert!(output.took < Duration::from_mins(1), "{:?}", output.took);
        output
    })
}

const HEAD: &str = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n";
