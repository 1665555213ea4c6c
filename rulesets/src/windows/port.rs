//! The protocol, the ports and the ICMP types of a rule
//! (<https://learn.microsoft.com/powershell/module/netsecurity/new-netfirewallrule>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::filters::words;
use crate::far_end::{self, Side};
use crate::flow::{Direction, Family};
use crate::json_document::{Fault, Node, ReadError, ip_protocol, number_span, quoted};
use crate::program::{Reason, Step, Test};
use crate::text::shown;

/// The tests of a port filter and how the user wrote it.
pub(super) fn read(
    filter: &Node<'_>,
    direction: Direction,
) -> Result<(Vec<Step>, String), ReadError> {
    let protocols = words(filter, "Protocol")?;
    let Some((place, word)) = protocols.first() else {
        return Ok((Vec::new(), "Any".to_owned()));
    };
    let Some(number) = ip_protocol(word) else {
        let value = quoted(word);
        let expected = "TCP, UDP, ICMPv4, ICMPv6, a protocol number or Any";
        return Err(place.fault(Fault::Value { value, expected }));
    };
    let mut steps = vec![Step::Test(far_end::protocol(number))];
    let mut text = shown(word, 20);
    if matches!(number, 6 | 17) {
        let (near, far) = match direction {
            Direction::Inbound => (Side::Destination, Side::Source),
            Direction::Outbound => (Side::Source, Side::Destination),
        };
        for (name, side, word) in [
            ("LocalPort", near, "local port"),
            ("RemotePort", far, "remote port"),
        ] {
            if let Some((test, said)) = ports(filter, name, side)? {
                steps.push(Step::Test(test));
                text = format!("{text} {word} {said}");
            }
        }
    }
    if let (1 | 58, Some((test, said))) = (number, icmp(filter, number)?) {
        steps.push(Step::Test(test));
        text = format!("{text} {said}");
    }
    let dynamic = words(filter, "DynamicTarget")?;
    if let Some((_, word)) = dynamic.first().filter(|(_, word)| word != "0") {
        steps.push(Step::Test(Test::Undecided {
            reason: Reason::Unsupported,
            text: format!("the connection is set up by `{}`", shown(word, 60)),
        }));
    }
    Ok((steps, text))
}

/// A test of ports; a keyword stands for ports that the system chooses.
fn ports(filter: &Node<'_>, name: &str, side: Side) -> Result<Option<(Test, String)>, ReadError> {
    let words = words(filter, name)?;
    if words.is_empty() {
        return Ok(None);
    }
    let (mut spans, mut ways, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for (place, word) in words {
        said.push(shown(&word, 40));
        match KEYWORDS
            .iter()
            .find(|(known, _)| word.eq_ignore_ascii_case(known))
        {
            Some((_, Meaning::Port(port))) => spans.push((*port, *port)),
            Some((known, Meaning::Chosen(words))) => ways.push(open(known, words)),
            Some((known, Meaning::Dynamic)) => {
                let unsure = open(known, "one that a remote procedure call service was given");
                let dynamic = far_end::ports(side, &[DYNAMIC]);
                let tests = dynamic.into_iter().chain([unsure]).collect();
                ways.push(Test::AnyOf(vec![tests]));
            }
            None => spans.push(number_span(&word).map_err(|fault| place.fault(fault))?),
        }
    }
    let said = shown(&said.join(","), 100);
    if !spans.is_empty() {
        let Some(test) = far_end::ports(side, &spans) else {
            return Ok(None);
        };
        ways.insert(0, test);
    }
    Ok(Some((far_end::any_of(ways), said)))
}

fn open(keyword: &str, port: &str) -> Test {
    Test::Undecided {
        reason: Reason::Reference,
        text: format!("`{keyword}`: the port is {port}"),
    }
}

/// A test of ICMP types, written `8` or `3:4`, with `*` for any code.
fn icmp(filter: &Node<'_>, protocol: u8) -> Result<Option<(Test, String)>, ReadError> {
    let family = if protocol == 1 {
        Family::V4
    } else {
        Family::V6
    };
    let (mut ways, mut said) = (Vec::new(), Vec::new());
    for (place, word) in words(filter, "IcmpType")? {
        let (kind, code) = word.split_once(':').unwrap_or((&word, "*"));
        let code = if code == "*" {
            Some(None)
        } else {
            code.parse().ok().map(Some)
        };
        let (Ok(kind), Some(code)) = (kind.parse::<u8>(), code) else {
            return Err(place.bad(
                &word,
                "an ICMP type such as 8, or type and code such as 3:4",
            ));
        };
        ways.push(far_end::icmp(family, Some(kind), code));
        said.push(word);
    }
    Ok((!ways.is_empty()).then(|| {
        (
            Test::AnyOf(ways),
            format!("type {}", shown(&said.join(","), 60)),
        )
    }))
}

/// What a word in the place of a port means.
enum Meaning {
    Port(u16),
    Dynamic,
    Chosen(&'static str),
}

/// Where the system takes dynamic ports from: wherever the range is moved to, it begins above 1024
/// (<https://learn.microsoft.com/troubleshoot/windows-server/networking/default-dynamic-port-range-tcpip-chang>).
const DYNAMIC: (u16, u16) = (1025, u16::MAX);

/// Words that stand for ports, and what those are.
const KEYWORDS: [(&str, Meaning); 11] = [
    ("RPCEPMap", Meaning::Port(135)),
    ("RPC-EPMap", Meaning::Port(135)),
    ("RPC", Meaning::Dynamic),
    ("IPHTTPS", Meaning::Chosen("that of IP over HTTPS")),
    ("IPHTTPSIn", Meaning::Chosen("that of IP over HTTPS")),
    ("IPHTTPSOut", Meaning::Chosen("that of IP over HTTPS")),
    ("Teredo", Meaning::Chosen("that of Teredo")),
    (
        "PlayToDiscovery",
        Meaning::Chosen("that of Play To discovery"),
    ),
    ("Ply2Disc", Meaning::Chosen("that of Play To discovery")),
    ("mDNS", Meaning::Port(5353)),
    (
        "CORTANA_OUT",
        Meaning::Chosen("one that the assistant uses"),
    ),
];
