//! Hostile documents are read or refused at once.

use super::read;
use rulesets::host::nft::{Error, parse_json, parse_text};
use std::fs;
use std::path::Path;

#[test]
fn every_seed_is_read_or_refused_in_one_line() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    for (target, least) in [("nft_text", 3), ("nft_json", 3)] {
        let (mut good, mut refused) = (0, 0);
        for entry in fs::read_dir(seeds.join(target)).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let parse = if target == "nft_text" {
                parse_text
            } else {
                parse_json
            };
            match parse(&text) {
                Ok(_) => good += 1,
                Err(error) => {
                    let error = error.to_string();
                    assert!(
                        !error.contains('\n') && error.chars().count() < 200,
                        "{error}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(
            good >= least && refused >= least,
            "{target}: {good} read, {refused} refused"
        );
    }
}

#[test]
fn braces_nested_without_end_are_refused() {
    for (open, close) in [("{ ", " }"), ("( ", " )"), ("jump { ", " }")] {
        let rule = format!(
            "ip saddr {}drop{}",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        let text = format!("table ip t {{ chain c {{\n{rule}\n}} }}");
        assert!(
            matches!(read(&text), Err(Error::Broken { line: 2, .. })),
            "{open}"
        );
    }
    let statement = format!("jump {}", "{ jump ".repeat(10_000));
    let json = format!(
        "{{\"nftables\": [{{\"rule\": {{\"family\": \"ip\", \"table\": \"t\", \"chain\": \"c\", \
         \"expr\": [\"{statement}\"]}}}}]}}"
    );
    read(&json).unwrap();
}

#[test]
fn a_rule_repeats_itself_only_so_often() {
    for part in [
        "tcp dport 1 ",
        "th dport 1 ",
        "meta mark set jhash ",
        "a:b:",
        "(",
        "$x ",
    ] {
        let body = part.repeat(200_000 / part.len());
        let close = if part == "(" {
            ")".repeat(10)
        } else {
            String::new()
        };
        let text = format!("table ip t {{ chain c {{\n{body}{close}\n}} }}");
        match read(&text) {
            Ok(listing) => assert!(listing.tables[0].chains[0].chain.rules[0].steps.len() < 600),
            Err(error) => assert!(matches!(error, Error::Broken { .. }), "{error}"),
        }
    }
}

#[test]
fn large_sets_are_read_and_larger_documents_refused() {
    let member = |n: u32| format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
    let members: Vec<_> = (0..100_000).map(member).collect();
    let members = members.join(", ");
    let text = format!("table ip t {{ set s {{ type ipv4_addr; elements = {{ {members} }}; }} }}");
    assert_eq!(
        read(&text).unwrap().tables[0].sets[0].elements.len(),
        100_000
    );
    let large = " ".repeat(100_000_001);
    assert_eq!(read(&large), Err(Error::TooLarge { limit: 100 }));
}
