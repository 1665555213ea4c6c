#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// The first line of a firewall listing that could drop, reject, queue or rewrite a packet; `None`
/// when no line can. Errs towards finding one: an expression the tool could not print counts.
///
/// Reads `nft list ruleset` and the `iptables-save` family alike.
pub fn can_interfere(listing: &str) -> Option<String> {
    listing
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .find(|line| {
            words(line).any(|word| INTERFERING.contains(&word.to_ascii_lowercase().as_str()))
        })
        .map(|line| line.chars().take(LINE_LIMIT).collect())
}

/// The first line of a firewall listing that could send packets for `port` elsewhere, so that the
/// listener table says nothing about them. Errs towards finding one.
pub fn can_rewrite(listing: &str, port: u16) -> Option<String> {
    let number = port.to_string();
    listing
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .find(|line| {
            let words: Vec<_> = words(line).collect();
            let names = |word: &str| words.iter().any(|it| it.eq_ignore_ascii_case(word));
            let another_port_only = (names("dport") || names("--dport"))
                && !line.contains(['{', '@', ',', '!'])
                && !words
                    .iter()
                    .any(|word| word.contains('-') && !word.starts_with('-'))
                && !names(&number);
            REWRITING.iter().any(|word| names(word)) && !another_port_only
        })
        .map(|line| line.chars().take(LINE_LIMIT).collect())
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
}

/// Targets that change where a packet goes.
const REWRITING: &[&str] = &["dnat", "netmap", "redirect", "tproxy", "xt"];
/// Verdicts and targets after which a packet may not arrive as it came.
const INTERFERING: &[&str] = &[
    "dnat", "drop", "netmap", "nfqueue", "queue", "redirect", "reject", "synproxy", "tarpit",
    "tproxy", "xt",
];
const LINE_LIMIT: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rewrite_counts_for_the_ports_it_may_be_for() {
        let cases = [
            (
                "-A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
                false,
            ),
            (
                "-A PREROUTING -p tcp --dport 22 -j DNAT --to-destination 172.17.0.2:22",
                true,
            ),
            ("-A PREROUTING -j DNAT --to-destination 172.17.0.2", true),
            ("tcp dport 8080 dnat to 172.17.0.2:80", false),
            ("tcp dport { 80, 443 } redirect to :8080", true),
            ("tcp dport 20-30 redirect to :8080", true),
            ("tcp dport 22 accept", false),
        ];
        for (line, want) in cases {
            assert_eq!(can_rewrite(line, 22).is_some(), want, "{line}");
        }
    }

    #[test]
    fn only_lines_that_could_stop_a_packet_are_found() {
        let cases = [
            ("", None),
            (
                "table inet filter {\n chain input {\n  type filter hook input priority 0; policy accept;\n  tcp dport 22 accept\n }\n}",
                None,
            ),
            (":INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT", None),
            (":INPUT DROP [0:0]", Some(":INPUT DROP [0:0]")),
            (
                "-A INPUT -p tcp -j REJECT --reject-with tcp-reset",
                Some("-A INPUT -p tcp -j REJECT --reject-with tcp-reset"),
            ),
            (
                "  type filter hook input priority 0; policy drop;",
                Some("type filter hook input priority 0; policy drop;"),
            ),
            ("# policy drop", None),
            (
                "tcp dport 22 counter xt target \"REJECT\"",
                Some("tcp dport 22 counter xt target \"REJECT\""),
            ),
        ];
        for (listing, want) in cases {
            assert_eq!(can_interfere(listing).as_deref(), want, "{listing}");
        }
    }
}
