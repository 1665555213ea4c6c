//! The first line of a base chain: its type, its hook and its priority.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::Cursor;
use super::lexer::Token;
use crate::host::{Base, ChainKind, Hook, TableFamily};
use crate::program::Verdict;

/// Where the kernel calls a chain, from `type filter hook input priority 0`; `None` when a word of it
/// is not known.
pub(super) fn base(words: &[Token<'_>], family: TableFamily) -> Option<Base> {
    let mut cursor = Cursor::new(words);
    let (mut kind, mut at, mut order) = (None, None, None);
    let mut devices = Vec::new();
    while let Some(word) = cursor.take_text() {
        match word {
            "type" => kind = Some(self::kind(cursor.take_text()?)?),
            "hook" => at = Some(hook(cursor.take_text()?)?),
            "device" | "devices" => {
                cursor.eat_sign("=");
                let names = cursor.value().iter().filter_map(Token::text);
                devices.extend(names.map(str::to_owned));
            }
            "priority" => order = Some(priority(&mut cursor, family)?),
            _ => return None,
        }
    }
    cursor.done().then_some(())?;
    Some(Base {
        kind: kind?,
        hook: at?,
        devices,
        priority: order?,
        policy: Verdict::Accept,
    })
}

/// The policy of that name.
pub(super) fn policy(word: &str) -> Option<Verdict> {
    match word {
        "accept" => Some(Verdict::Accept),
        "drop" => Some(Verdict::Drop),
        _ => None,
    }
}

/// The chain type of that name.
pub(super) fn kind(word: &str) -> Option<ChainKind> {
    match word {
        "filter" => Some(ChainKind::Filter),
        "nat" => Some(ChainKind::Nat),
        "route" => Some(ChainKind::Route),
        _ => None,
    }
}

/// The hook of that name.
pub(super) fn hook(word: &str) -> Option<Hook> {
    Some(match word {
        "ingress" => Hook::Ingress,
        "prerouting" => Hook::Prerouting,
        "input" => Hook::Input,
        "forward" => Hook::Forward,
        "output" => Hook::Output,
        "postrouting" => Hook::Postrouting,
        "egress" => Hook::Egress,
        _ => return None,
    })
}

/// A priority: a number, or a name with a number added or taken away.
fn priority(cursor: &mut Cursor<'_, '_>, family: TableFamily) -> Option<i32> {
    let negative = cursor.eat_sign("-");
    let word = cursor.take_text()?;
    let number = word
        .parse::<i32>()
        .ok()
        .map(|number| if negative { -number } else { number });
    let (name, mut sum) = match word.find(['+', '-']).filter(|at| *at > 0) {
        Some(at) => (&word[..at], word[at..].parse().ok()?),
        None => (word, 0),
    };
    let mut base = number.or_else(|| named(name, family).filter(|_| !negative))?;
    if number.is_some() {
        sum = 0;
    }
    base = base.checked_add(sum)?;
    if cursor.eat_sign("+") {
        base.checked_add(cursor.take_text()?.parse().ok()?)
    } else if cursor.eat_sign("-") {
        base.checked_sub(cursor.take_text()?.parse().ok()?)
    } else {
        Some(base)
    }
}

/// The priorities that have names, which bridges number in their own way (nft(8), "Chains").
fn named(name: &str, family: TableFamily) -> Option<i32> {
    let number = match (name, family) {
        ("dstnat", TableFamily::Bridge) | ("raw", _) => -300,
        ("filter", TableFamily::Bridge) => -200,
        ("mangle", _) => -150,
        ("dstnat", _) => -100,
        ("srcnat", TableFamily::Bridge) => 300,
        ("filter", _) => 0,
        ("security", _) => 50,
        ("out", TableFamily::Bridge) | ("srcnat", _) => 100,
        _ => return None,
    };
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::nft::cursor::{Defines, tokens};

    #[test]
    fn priorities_read_by_number_and_by_name() {
        let cases = [
            ("0", TableFamily::Ip, Some(0)),
            ("-100", TableFamily::Ip, Some(-100)),
            ("- 5", TableFamily::Ip, Some(-5)),
            ("filter", TableFamily::Inet, Some(0)),
            ("filter", TableFamily::Bridge, Some(-200)),
            ("dstnat", TableFamily::Bridge, Some(-300)),
            ("mangle + 10", TableFamily::Inet, Some(-140)),
            ("filter-5", TableFamily::Inet, Some(-5)),
            ("dstnat - 5", TableFamily::Ip, Some(-105)),
            ("soon", TableFamily::Ip, None),
            ("filter + 99999999999", TableFamily::Ip, None),
        ];
        for (text, family, want) in cases {
            let words = format!("type filter hook input priority {text}");
            let found = base(&tokens(&words, &Defines::default()), family);
            assert_eq!(found.map(|base| base.priority), want, "{text}");
        }
    }

    #[test]
    fn devices_of_an_ingress_hook_are_kept() {
        let words = r#"type filter hook ingress devices = { "eth0", lo } priority -500"#;
        let base = base(&tokens(words, &Defines::default()), TableFamily::Netdev);
        let base = base.expect("it is a base chain");
        assert_eq!(base.devices, ["eth0", "lo"]);
        assert_eq!((base.hook, base.priority), (Hook::Ingress, -500));
    }
}
