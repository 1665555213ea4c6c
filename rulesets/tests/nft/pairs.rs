//! The text and the JSON of one rule set, as nft 1.0.6 prints them, say the same.

use super::{compact, read};
use rulesets::host::nft::Listing;

#[test]
fn text_and_json_of_one_rule_set_are_one_model() {
    let pairs = [
        (
            include_str!("../data/nft/constructs.nft"),
            include_str!("../data/nft/constructs.json"),
        ),
        (
            include_str!("../data/nft/firewalld.nft"),
            include_str!("../data/nft/firewalld.json"),
        ),
    ];
    for (text, json) in pairs {
        let (text, json) = (lines(&read(text).unwrap()), lines(&read(json).unwrap()));
        for (text, json) in text.iter().zip(&json) {
            assert_eq!(text, json);
        }
        assert_eq!(text.len(), json.len());
    }
}

#[test]
fn a_listing_of_docker_is_understood_in_full() {
    let listing = read(include_str!("../data/nft/docker.nft")).unwrap();
    assert_eq!(listing.gaps, Vec::<String>::new());
    let lines = lines(&listing);
    assert!(lines.len() > 20);
    for line in lines {
        assert!(!line.contains(['?', '`']), "{line}");
    }
}

/// A line for each table, set, chain and rule, without what is quoted.
fn lines(listing: &Listing) -> Vec<String> {
    let mut lines = Vec::new();
    for table in &listing.tables {
        lines.push(format!(
            "{:?} {} {}",
            table.family, table.name, table.dormant
        ));
        lines.extend(table.sets.iter().map(compact::set));
        for chain in &table.chains {
            lines.push(format!("{} {:?}", chain.chain.name, chain.base));
            lines.extend(
                chain
                    .chain
                    .rules
                    .iter()
                    .map(|rule| unquoted(&compact::rule(rule))),
            );
        }
    }
    lines
}

fn unquoted(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}
