//! Addresses, blocks and masks, as `-s`, `-d` and the range match spell them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::build::{among, bits, masked, never, undecided};
use super::error::{Problem, quoted};
use crate::flow::Family;
use crate::program::{Key, Part, Reason, Test};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The test that an address option makes; `None` when every address passes it.
///
/// A list counts as its members together (iptables makes a rule of each). A name is one that
/// iptables resolves when it loads the rule, so that it cannot be decided here.
pub(super) fn test(
    key: Key,
    family: Family,
    text: &str,
    negated: bool,
) -> Result<Option<Test>, Problem> {
    let blocks = text
        .split(',')
        .map(|part| block(part, family))
        .collect::<Result<Vec<Block>, Problem>>()?;
    let full = full(family);
    if blocks
        .iter()
        .any(|block| matches!(block, Block { mask: Some(0), .. }))
    {
        return Ok(negated.then(never));
    }
    if blocks.iter().any(|block| block.mask.is_none()) {
        let sign = if negated { "! " } else { "" };
        let source = matches!(key, Key::Source(_));
        let side = if source { "-s" } else { "-d" };
        return Ok(Some(undecided(
            Reason::Reference,
            format!("{sign}{side} {text}"),
        )));
    }
    let whole = |block: &Block| block.mask.is_some_and(|mask| contiguous(mask, family));
    if blocks.iter().all(whole) {
        let parts = blocks.iter().map(|block| block.span(full)).collect();
        return Ok(Some(among(key, parts, negated)));
    }
    let scattered = |block: &Block, negated| {
        let mask = block.mask.unwrap_or(full);
        masked(key, mask, block.address & mask, negated)
    };
    Ok(Some(match &blocks[..] {
        [one] => scattered(one, negated),
        many => Test::AnyOf(many.iter().map(|one| vec![scattered(one, false)]).collect()),
    }))
}

/// An address as a number.
pub(in crate::host) fn number(text: &str, family: Family) -> Option<u128> {
    match family {
        Family::V4 => text
            .parse::<Ipv4Addr>()
            .ok()
            .map(|address| u128::from(u32::from(address))),
        Family::V6 => text.parse::<Ipv6Addr>().ok().map(u128::from),
    }
}

/// The addresses from one to another, as `--src-range` spells them.
pub(in crate::host) fn range(text: &str, family: Family) -> Option<Part> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first, family)?, number(last, family)?);
    (first <= last).then_some(Part::Span { first, last })
}

/// The addresses of a block with a contiguous mask.
pub(in crate::host) fn span(text: &str, family: Family) -> Option<Part> {
    let block = block(text, family).ok()?;
    let mask = block.mask.filter(|&mask| contiguous(mask, family))?;
    Some(
        Block {
            mask: Some(mask),
            ..block
        }
        .span(full(family)),
    )
}

/// An address and which bits of it count; no mask for a name.
struct Block {
    address: u128,
    mask: Option<u128>,
}

impl Block {
    fn span(&self, full: u128) -> Part {
        let mask = self.mask.unwrap_or(full);
        let first = self.address & mask;
        Part::Span {
            first,
            last: first | (full & !mask),
        }
    }
}

fn block(text: &str, family: Family) -> Result<Block, Problem> {
    let (address, mask) = match text.split_once('/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (text, None),
    };
    let number = number(address, family).or_else(|| match family {
        Family::V4 => short(address),
        Family::V6 => None,
    });
    let Some(number) = number else {
        if address.contains(':') || address.is_empty() || address.parse::<Ipv4Addr>().is_ok() {
            return Err(Problem::Address {
                text: quoted(text),
                family,
            });
        }
        return Ok(Block {
            address: 0,
            mask: None,
        });
    };
    let mask = match mask {
        None => full(family),
        Some(mask) => self::mask(mask, family).ok_or_else(|| Problem::Mask(quoted(text)))?,
    };
    Ok(Block {
        address: number,
        mask: Some(mask),
    })
}

/// An IPv4 address that leaves out the octets at its end, as in `10/8`.
fn short(text: &str) -> Option<u128> {
    let octets = text
        .split('.')
        .map(str::parse::<u8>)
        .collect::<Result<Vec<u8>, _>>()
        .ok()
        .filter(|octets| octets.len() <= 4)?;
    let mut whole = [0; 4];
    whole
        .iter_mut()
        .zip(octets)
        .for_each(|(to, from)| *to = from);
    Some(u128::from(u32::from_be_bytes(whole)))
}

fn mask(text: &str, family: Family) -> Option<u128> {
    let Ok(length) = text.parse::<u32>() else {
        return number(text, family);
    };
    let bits = bits(family);
    let host = bits.checked_sub(length)?;
    Some(full(family) & u128::MAX.checked_shl(host).unwrap_or(0))
}

fn contiguous(mask: u128, family: Family) -> bool {
    let host = full(family) & !mask;
    host & host.wrapping_add(1) == 0
}

/// All bits of an address.
pub(in crate::host) fn full(family: Family) -> u128 {
    match family {
        Family::V4 => u128::from(u32::MAX),
        Family::V6 => u128::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Family::{V4, V6};

    fn source(text: &str, family: Family, negated: bool) -> Option<Test> {
        test(Key::Source(family), family, text, negated).unwrap()
    }

    fn spans(family: Family, spans: &[(u128, u128)], negated: bool) -> Test {
        let parts = spans
            .iter()
            .map(|&(first, last)| Part::Span { first, last });
        among(Key::Source(family), parts.collect(), negated)
    }

    #[test]
    fn blocks_are_spans() {
        let cases = [
            ("192.0.2.1", (0xc000_0201, 0xc000_0201)),
            ("192.0.2.77/24", (0xc000_0200, 0xc000_02ff)),
            ("10.0.0.0/255.0.0.0", (0x0a00_0000, 0x0aff_ffff)),
            ("10/8", (0x0a00_0000, 0x0aff_ffff)),
            ("10.1/16", (0x0a01_0000, 0x0a01_ffff)),
        ];
        for (text, span) in cases {
            assert_eq!(
                source(text, V4, false),
                Some(spans(V4, &[span], false)),
                "{text}"
            );
        }
        let net = 0x2001_0db8 << 96;
        let span = (net, net | (u128::MAX >> 32));
        assert_eq!(
            source("2001:db8::/32", V6, true),
            Some(spans(V6, &[span], true))
        );
        assert_eq!(
            source("2001:db8::/ffff:ffff::", V6, true),
            Some(spans(V6, &[span], true))
        );
        assert_eq!(source("0.0.0.0/0", V4, false), None);
        assert_eq!(source("::/0", V6, true), Some(never()));
        assert_eq!(
            source("1.0.0.1,1.0.0.3", V4, false),
            Some(spans(
                V4,
                &[(0x0100_0001, 0x0100_0001), (0x0100_0003, 0x0100_0003)],
                false
            ))
        );
    }

    #[test]
    fn a_mask_with_gaps_is_kept() {
        let expected = masked(Key::Source(V4), 0xffff_00ff, 0x0a00_0005, true);
        assert_eq!(source("10.0.9.5/255.255.0.255", V4, true), Some(expected));
    }

    #[test]
    fn a_name_is_not_decided_and_the_other_family_refused() {
        let expected = undecided(Reason::Reference, "! -s gate.example");
        assert_eq!(source("gate.example", V4, true), Some(expected));
        for (text, family) in [("2001:db8::1", V4), ("192.0.2.1", V6), ("", V4)] {
            let error = test(Key::Source(family), family, text, false).unwrap_err();
            assert!(matches!(error, Problem::Address { .. }), "{text}");
        }
        for text in ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x"] {
            let error = test(Key::Source(V4), V4, text, false).unwrap_err();
            assert_eq!(error, Problem::Mask(text.to_owned()));
        }
    }

    #[test]
    fn ranges_run_forwards() {
        let part = Part::Span {
            first: 0x0a00_0001,
            last: 0x0a00_0009,
        };
        assert_eq!(range("10.0.0.1-10.0.0.9", V4), Some(part));
        assert_eq!(range("10.0.0.9-10.0.0.1", V4), None);
    }
}
