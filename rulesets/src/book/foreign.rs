//! Texts that people take for rules and that hold none, or not all of them: what they are, and what to
//! give instead.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde_json::Value;

/// What a text is that is no rule list, with the remedy; `None` for what is not known either.
pub(super) fn foreign(text: &str) -> Option<&'static str> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with(['{', '[']) {
        return of_json(&serde_json::from_str(text).ok()?);
    }
    let first = text.lines().next()?.trim();
    let zone = first.ends_with("(active)")
        || text
            .lines()
            .any(|line| line.trim_start().starts_with("target: "));
    let table = |line: &str| line.starts_with("Chain ") && line.contains('(');
    match first {
        _ if first.starts_with("Status: ") => Some(UFW),
        _ if zone => Some(FIREWALLD),
        _ if table(first) => Some(TABLE),
        _ => None,
    }
}

fn of_json(value: &Value) -> Option<&'static str> {
    let nothing = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    if nothing(value) {
        return Some(EMPTY);
    }
    let members = value.as_object()?;
    if members.get("value").is_some_and(nothing) {
        return Some(EMPTY);
    }
    let properties = members.get("properties").unwrap_or(value);
    let one = ["access", "direction", "priority"];
    one.iter()
        .all(|name| properties.get(name).is_some())
        .then_some(ONE_RULE)
}

const EMPTY: &str =
    "a listing of nothing; look at the region, the subscription and the filter that were asked for";
const ONE_RULE: &str = "one rule of a network security group; give the whole group, since the others decide with it: \
                        `az network nsg show`";
const UFW: &str = "the status of ufw, which leaves rules out; give what `iptables-save` and `ip6tables-save` \
                   print as root";
const FIREWALLD: &str =
    "a zone of firewalld, which leaves rules out; give what `nft list ruleset` prints as root";
const TABLE: &str = "what `iptables -L` prints, which leaves interfaces out; give what `iptables-save` prints as root";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_for_rules_is_named_with_its_remedy() {
        let cases = [
            ("Status: active\n\nTo   Action   From\n", UFW),
            ("Status: inactive\n", UFW),
            ("public (active)\n  target: default\n", FIREWALLD),
            (
                "public\n  target: default\n  icmp-block-inversion: no\n",
                FIREWALLD,
            ),
            ("Chain INPUT (policy DROP)\ntarget prot opt source\n", TABLE),
            ("[]", EMPTY),
            ("{\"value\": []}", EMPTY),
            (
                "{\"properties\": {\"access\": \"Allow\", \"direction\": \"Inbound\", \"priority\": 280}}",
                ONE_RULE,
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(foreign(text), Some(wanted), "{text}");
        }
        for text in [
            "",
            "{",
            "{\"value\": [1]}",
            "{\"a\": 1}",
            "nameserver 192.0.2.1",
            "Chain of command",
        ] {
            assert_eq!(foreign(text), None, "{text}");
        }
    }
}
