//! The addresses of a rule: single ones, blocks, ranges and keywords
//! (<https://learn.microsoft.com/powershell/module/netsecurity/set-netfirewallrule>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::filters::words;
use crate::far_end::{Ends, Side};
use crate::flow::{Direction, Family};
use crate::intervals::number;
use crate::json_document::{Fault, Node, ReadError, address_block, quoted};
use crate::program::{Part, Step};
use crate::text::shown;
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr};

/// The tests of an address filter and how the user wrote its far end.
pub(super) fn read(
    filter: &Node<'_>,
    direction: Direction,
) -> Result<(Vec<Step>, String), ReadError> {
    let far = Side::far(direction);
    let near = match far {
        Side::Source => Side::Destination,
        Side::Destination => Side::Source,
    };
    let mut steps = Vec::new();
    let mut text = "Any".to_owned();
    for (name, side) in [("RemoteAddress", far), ("LocalAddress", near)] {
        let words = words(filter, name)?;
        if words.is_empty() {
            continue;
        }
        let mut ends = Ends::default();
        for (place, word) in &words {
            add(place, word, &mut ends)?;
        }
        steps.extend(ends.step(side));
        if side == far {
            let said: Vec<String> = words
                .iter()
                .take(4)
                .map(|(_, word)| shown(word, 60))
                .collect();
            let more = if words.len() > 4 { ",…" } else { "" };
            text = format!("{}{more}", said.join(","));
        }
    }
    Ok((steps, text))
}

fn add(place: &Node<'_>, word: &str, ends: &mut Ends) -> Result<(), ReadError> {
    if let Some(net) = block(word) {
        ends.add_block(&net);
        return Ok(());
    }
    let ends_of = word
        .split_once('-')
        .map(|(first, last)| (first.trim().parse(), last.trim().parse()));
    if let Some((Ok(first), Ok(last))) = ends_of {
        return range(place, word, (first, last), ends);
    }
    let known = KEYWORDS.iter().find(|(known, _)| {
        let bare = word.trim_end_matches(['4', '6']);
        bare.eq_ignore_ascii_case(known)
    });
    let Some((name, command)) = known else {
        let value = quoted(word);
        let expected = "an address, a block, a range or a keyword such as LocalSubnet";
        return Err(place.fault(Fault::Value { value, expected }));
    };
    let missing = format!("the addresses that `{name}` stands for on the host: see `{command}`");
    match word.as_bytes().last() {
        Some(b'4') => ends.add_named_in(Family::V4, name, missing),
        Some(b'6') => ends.add_named_in(Family::V6, name, missing),
        _ => ends.add_named(name, missing),
    }
    Ok(())
}

/// A block with a prefix length or, for IPv4, a mask of leading ones.
fn block(word: &str) -> Option<IpNet> {
    if let Some(net) = address_block(word) {
        return Some(net);
    }
    let (address, mask) = word.split_once('/')?;
    let net = Ipv4Net::with_netmask(address.parse().ok()?, mask.parse::<Ipv4Addr>().ok()?).ok()?;
    Some(IpNet::V4(net.trunc()))
}

fn range(
    place: &Node<'_>,
    word: &str,
    (first, last): (IpAddr, IpAddr),
    ends: &mut Ends,
) -> Result<(), ReadError> {
    let family = Family::from(first);
    if family != Family::from(last) {
        let value = quoted(word);
        let expected = "a range of two addresses of one family";
        return Err(place.fault(Fault::Value { value, expected }));
    }
    if first > last {
        return Err(place.fault(Fault::Reversed(quoted(word))));
    }
    let (first, last) = (number(first), number(last));
    ends.add_part(family, Part::Span { first, last });
    Ok(())
}

/// Words that stand for addresses of the host's surroundings, and the command that shows them.
const KEYWORDS: [(&str, &str); 10] = [
    ("LocalSubnet", "Get-NetIPAddress"),
    ("DNS", "Get-DnsClientServerAddress"),
    ("DHCP", "ipconfig /all"),
    ("WINS", "ipconfig /all"),
    ("DefaultGateway", "Get-NetRoute"),
    ("Internet", "Get-NetConnectionProfile"),
    ("Intranet", "Get-NetConnectionProfile"),
    ("IntranetRemoteAccess", "Get-NetConnectionProfile"),
    ("PlayToDevice", "Get-NetFirewallAddressFilter"),
    ("CaptivePortal", "Get-NetConnectionProfile"),
];
