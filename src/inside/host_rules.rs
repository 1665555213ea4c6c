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
            line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
                .any(|word| INTERFERING.contains(&word.to_ascii_lowercase().as_str()))
        })
        .map(|line| line.chars().take(LINE_LIMIT).collect())
}

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
