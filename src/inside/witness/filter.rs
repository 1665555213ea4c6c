//! Which packets the kernel hands to the witness: a program for its classic packet filter
//! (`Documentation/networking/filter.rst`), over packets that begin at their IP header.
//!
//! Of TCP only segments that open, refuse or reset are kept (SYN or RST), beside them only ICMP, so that
//! the client's own sessions, datagrams and tunnels cost nothing and take no room from what is asked
//! about.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::net::IpAddr;

/// One instruction: operation, how many to skip when true, how many when false, operand.
pub type Instruction = (u16, u8, u8, u32);

/// What is watched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watched {
    /// The client; `None` for anyone.
    pub client: Option<IpAddr>,
    /// The TCP ports that are watched where no client is known; at most [`MOST_PORTS`] count.
    pub ports: Vec<u16>,
}

/// The most ports a filter tells apart.
pub const MOST_PORTS: usize = 64;

/// The filter for these packets.
pub fn filter(watched: &Watched) -> Vec<Instruction> {
    match watched.client {
        Some(IpAddr::V4(client)) => of_client4(client.to_bits()),
        Some(IpAddr::V6(client)) => of_client6(client.to_bits()),
        None => of_ports(&watched.ports),
    }
}

/// What a packet must be to be kept, part by part; each part falls through where it holds.
#[derive(Default)]
struct Program {
    /// Instructions; a jump to [`Target::Keep`] or [`Target::Drop`] is resolved at the end.
    code: Vec<(u16, Target, Target, u32)>,
}

/// Where a test leads.
#[derive(Clone, Copy)]
enum Target {
    /// To the next instruction, or over so many.
    Skip(usize),
    Keep,
    Drop,
}

impl Program {
    fn load(&mut self, operation: u16, operand: u32) {
        self.code.push((operation, NEXT, NEXT, operand));
    }

    fn test(&mut self, operation: u16, operand: u32, holds: Target, fails: Target) {
        self.code.push((operation, holds, fails, operand));
    }

    /// The whole, with its two endings.
    fn finish(self) -> Vec<Instruction> {
        let length = self.code.len();
        let offset = |at: usize, target| {
            let skipped = match target {
                Target::Skip(count) => count,
                Target::Keep => length - at - 1,
                Target::Drop => length - at,
            };
            u8::try_from(skipped).unwrap_or(u8::MAX)
        };
        let lines = self.code.iter().enumerate();
        let mut code: Vec<Instruction> = lines
            .map(|(at, (operation, holds, fails, operand))| {
                (*operation, offset(at, *holds), offset(at, *fails), *operand)
            })
            .collect();
        code.push((RETURN, 0, 0, WHOLE));
        code.push((RETURN, 0, 0, 0));
        code
    }

    /// Goes on for one version of IP, and drops the others.
    fn version(&mut self, version: u32) {
        self.load(LOAD_BYTE, 0);
        self.load(AND, 0xf0);
        self.test(EQUAL, version << 4, NEXT, Target::Drop);
    }

    /// Ends for IPv4: ICMP is kept, TCP only with SYN or RST; later fragments are not.
    fn opening4(&mut self) {
        self.load(LOAD_HALF, 6);
        self.test(ANY_SET, 0x1fff, Target::Drop, NEXT);
        self.load(LOAD_BYTE, 9);
        self.test(EQUAL, ICMP, Target::Keep, NEXT);
        self.test(EQUAL, TCP, NEXT, Target::Drop);
        self.load(HEADER_TO_INDEX, 0);
        self.load(LOAD_BYTE_AT_INDEX, 13);
        self.test(ANY_SET, SYN_OR_RST, Target::Keep, Target::Drop);
    }

    /// The same for IPv6; what stands behind options, a route or in a first fragment is kept.
    fn opening6(&mut self) {
        self.load(LOAD_BYTE, 6);
        self.test(EQUAL, TCP, Target::Skip(5), NEXT);
        for kept in [ICMPV6, HOP_BY_HOP, ROUTING, DESTINATION] {
            self.test(EQUAL, kept, Target::Keep, NEXT);
        }
        self.test(EQUAL, FRAGMENT, Target::Skip(2), Target::Drop);
        self.load(LOAD_BYTE, 53);
        self.test(ANY_SET, SYN_OR_RST, Target::Keep, Target::Drop);
        self.load(LOAD_HALF, 42);
        self.test(ANY_SET, LATER_FRAGMENT, Target::Drop, Target::Keep);
    }
}

fn of_client4(client: u32) -> Vec<Instruction> {
    let mut program = Program::default();
    program.version(4);
    program.load(LOAD_WORD, 12);
    program.test(EQUAL, client, Target::Skip(2), NEXT);
    program.load(LOAD_WORD, 16);
    program.test(EQUAL, client, NEXT, Target::Drop);
    program.opening4();
    program.finish()
}

fn of_client6(client: u128) -> Vec<Instruction> {
    let word = |at: u32| u32::try_from(client >> (96 - 32 * at) & 0xffff_ffff).unwrap_or(0);
    let mut program = Program::default();
    program.version(6);
    for at in 0..4 {
        program.load(LOAD_WORD, 8 + 4 * at);
        // The first three lead on to the other address, the last one past it.
        let left = usize::try_from(2 * (3 - at)).unwrap_or(0);
        let matched = if at == 3 { Target::Skip(8) } else { NEXT };
        program.test(EQUAL, word(at), matched, Target::Skip(left));
    }
    for at in 0..4 {
        program.load(LOAD_WORD, 24 + 4 * at);
        program.test(EQUAL, word(at), NEXT, Target::Drop);
    }
    program.opening6();
    program.finish()
}

/// Opening segments for a watched port and the answers from it, and ICMP, of either family.
fn of_ports(ports: &[u16]) -> Vec<Instruction> {
    let ports = &ports[..ports.len().min(MOST_PORTS)];
    let mut program = Program::default();
    program.load(LOAD_BYTE, 0);
    program.load(AND, 0xf0);
    program.test(EQUAL, 6 << 4, Target::Skip(9), NEXT);
    // IPv4: eight instructions, then a jump over the four of IPv6.
    program.test(EQUAL, 4 << 4, NEXT, Target::Drop);
    program.load(LOAD_HALF, 6);
    program.test(ANY_SET, 0x1fff, Target::Drop, NEXT);
    program.load(LOAD_BYTE, 9);
    program.test(EQUAL, ICMP, Target::Keep, NEXT);
    program.test(EQUAL, TCP, NEXT, Target::Drop);
    program.load(HEADER_TO_INDEX, 0);
    program.load(LOAD_BYTE_AT_INDEX, 13);
    program.test(ANY_SET, SYN_OR_RST, Target::Skip(6), Target::Drop);
    // IPv6, where the second header begins at byte 40.
    program.load(LOAD_BYTE, 6);
    program.test(EQUAL, ICMPV6, Target::Keep, NEXT);
    program.test(EQUAL, TCP, NEXT, Target::Drop);
    program.load(LOAD_INDEX, 40);
    program.load(LOAD_BYTE_AT_INDEX, 13);
    program.test(ANY_SET, SYN_OR_RST, NEXT, Target::Drop);
    program.load(LOAD_HALF_AT_INDEX, 2);
    for port in ports {
        program.test(EQUAL, u32::from(*port), Target::Keep, NEXT);
    }
    program.load(LOAD_HALF_AT_INDEX, 0);
    for port in ports {
        program.test(EQUAL, u32::from(*port), Target::Keep, NEXT);
    }
    program.test(EQUAL, u32::MAX, Target::Drop, Target::Drop);
    program.finish()
}

const NEXT: Target = Target::Skip(0);

// Operations of the classic filter (`linux/bpf_common.h`).
const LOAD_BYTE: u16 = 0x30;
const LOAD_HALF: u16 = 0x28;
const LOAD_WORD: u16 = 0x20;
const LOAD_BYTE_AT_INDEX: u16 = 0x50;
const LOAD_HALF_AT_INDEX: u16 = 0x48;
/// The index becomes the length of the IPv4 header.
const HEADER_TO_INDEX: u16 = 0xb1;
const LOAD_INDEX: u16 = 0x01;
const AND: u16 = 0x54;
const EQUAL: u16 = 0x15;
const ANY_SET: u16 = 0x45;
const RETURN: u16 = 0x06;

/// As much of a packet as there is.
const WHOLE: u32 = 0x0004_0000;
const ICMP: u32 = 1;
const TCP: u32 = 6;
const ICMPV6: u32 = 58;
const SYN_OR_RST: u32 = 0x06;
// Extension headers of IPv6 (RFC 8200 section 4).
const HOP_BY_HOP: u32 = 0;
const ROUTING: u32 = 43;
const FRAGMENT: u32 = 44;
const DESTINATION: u32 = 60;
/// The offset of a fragment, where it is not the first.
const LATER_FRAGMENT: u32 = 0xfff8;

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter as the kernel does: true when the packet is kept.
    fn keeps(code: &[Instruction], packet: &[u8]) -> bool {
        let (mut a, mut x, mut at) = (0_u32, 0_u32, 0_usize);
        loop {
            let (operation, holds, fails, operand) = code[at];
            at += 1;
            let place = match operation {
                LOAD_BYTE_AT_INDEX | LOAD_HALF_AT_INDEX => (operand + x) as usize,
                _ => operand as usize,
            };
            let bytes = |count: usize| {
                let bytes = packet.get(place..place + count)?;
                Some(
                    bytes
                        .iter()
                        .fold(0, |all, byte| all << 8 | u32::from(*byte)),
                )
            };
            let loaded = match operation {
                LOAD_BYTE | LOAD_BYTE_AT_INDEX => bytes(1),
                LOAD_HALF | LOAD_HALF_AT_INDEX => bytes(2),
                LOAD_WORD => bytes(4),
                HEADER_TO_INDEX => {
                    x = u32::from(packet[0] & 15) * 4;
                    continue;
                }
                LOAD_INDEX => {
                    x = operand;
                    continue;
                }
                AND => Some(a & operand),
                EQUAL => {
                    at += usize::from(if a == operand { holds } else { fails });
                    continue;
                }
                ANY_SET => {
                    at += usize::from(if a & operand != 0 { holds } else { fails });
                    continue;
                }
                RETURN => return operand > 0,
                other => panic!("no operation {other:#x}"),
            };
            // A load past the end of the packet drops it.
            let Some(value) = loaded else {
                return false;
            };
            a = value;
        }
    }

    fn segment(source: &str, destination: &str, ports: (u16, u16), flags: u8) -> Vec<u8> {
        let mut tcp = [0; 20];
        tcp[0..2].copy_from_slice(&ports.0.to_be_bytes());
        tcp[2..4].copy_from_slice(&ports.1.to_be_bytes());
        (tcp[12], tcp[13]) = (0x50, flags);
        packet(source, destination, 6, &tcp)
    }

    fn packet(source: &str, destination: &str, protocol: u8, body: &[u8]) -> Vec<u8> {
        let ends = (source.parse().unwrap(), destination.parse().unwrap());
        let mut bytes = match ends {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let mut header = vec![0x46; 1];
                header.resize(24, 0);
                header[9] = protocol;
                header[12..16].copy_from_slice(&source.octets());
                header[16..20].copy_from_slice(&destination.octets());
                header
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let mut header = vec![0x60; 1];
                header.resize(40, 0);
                header[6] = protocol;
                header[8..24].copy_from_slice(&source.octets());
                header[24..40].copy_from_slice(&destination.octets());
                header
            }
            _ => panic!("one family"),
        };
        bytes.extend(body);
        bytes
    }

    const PAIRS: [(&str, &str, &str); 2] = [
        ("198.51.100.7", "192.0.2.1", "203.0.113.9"),
        ("2001:db8::7", "2001:db8:1::1", "2001:db8:2:3:4:5:6:7"),
    ];

    #[test]
    fn of_a_client_what_opens_refuses_or_resets_is_kept_both_ways() {
        for (client, host, other) in PAIRS {
            let code = filter(&Watched {
                client: Some(client.parse().unwrap()),
                ports: vec![],
            });
            for (flags, kept) in [
                (2, true),
                (0x12, true),
                (4, true),
                (0x10, false),
                (0x18, false),
            ] {
                let there = segment(client, host, (4000, 22), flags);
                let back = segment(host, client, (22, 4000), flags);
                assert_eq!(keeps(&code, &there), kept, "{flags:#x} from {client}");
                assert_eq!(keeps(&code, &back), kept, "{flags:#x} to {client}");
                let stranger = segment(other, host, (4000, 22), flags);
                assert!(!keeps(&code, &stranger), "{other} is not {client}");
            }
            let icmp = if host.contains(':') { 58 } else { 1 };
            assert!(keeps(&code, &packet(client, host, icmp, &[8, 0, 0, 0])));
            assert!(keeps(&code, &packet(host, client, icmp, &[3, 1, 0, 0])));
            assert!(!keeps(&code, &packet(other, host, icmp, &[8, 0, 0, 0])));
        }
        let code = filter(&Watched {
            client: Some("2001:db8::7".parse().unwrap()),
            ports: vec![],
        });
        for near in ["2001:db8::8", "2001:db8:0:1::7", "2001:db9::7", "::7"] {
            assert!(!keeps(&code, &segment(near, "2001:db8:1::1", (1, 22), 2)));
        }
    }

    #[test]
    fn a_clients_datagrams_and_tunnels_are_not_kept() {
        for (client, host, _) in PAIRS {
            let code = filter(&Watched {
                client: Some(client.parse().unwrap()),
                ports: vec![],
            });
            for protocol in [4, 17, 41, 47, 50, 132] {
                for (from, to) in [(client, host), (host, client)] {
                    let other = packet(from, to, protocol, &[0; 64]);
                    assert!(!keeps(&code, &other), "protocol {protocol} from {from}");
                }
            }
        }
    }

    #[test]
    fn what_stands_behind_headers_of_options_is_kept() {
        let (client, host, other) = PAIRS[1];
        let code = filter(&Watched {
            client: Some(client.parse().unwrap()),
            ports: vec![],
        });
        let first = |next| packet(client, host, next, &[6, 0, 0, 1, 0, 0, 0, 0]);
        for next in [0, 43, 44, 60] {
            assert!(keeps(&code, &first(next)), "behind {next}");
        }
        let later = packet(client, host, 44, &[6, 0, 0, 8, 0, 0, 0, 0]);
        assert!(!keeps(&code, &later));
        let stranger = packet(other, host, 0, &[6, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!keeps(&code, &stranger));
    }

    #[test]
    fn without_a_client_the_ports_decide() {
        let ports: Vec<u16> = (20..20 + 64).collect();
        let code = filter(&Watched {
            client: None,
            ports,
        });
        for (client, host, _) in PAIRS {
            for port in [20, 51, 83] {
                assert!(keeps(&code, &segment(client, host, (4000, port), 2)));
                assert!(keeps(&code, &segment(host, client, (port, 4000), 0x14)));
                assert!(!keeps(&code, &segment(client, host, (4000, port), 0x10)));
            }
            assert!(!keeps(&code, &segment(client, host, (4000, 84), 2)));
            assert!(!keeps(&code, &segment(client, host, (19, 4000), 2)));
            assert!(!keeps(&code, &packet(client, host, 17, &[0, 22, 0, 22])));
        }
        assert!(keeps(
            &code,
            &packet("192.0.2.1", "192.0.2.2", 1, &[3, 3, 0, 0])
        ));
        assert!(keeps(
            &code,
            &packet("2001:db8::1", "2001:db8::2", 58, &[1, 4])
        ));
    }

    #[test]
    fn later_fragments_and_cut_packets_are_dropped() {
        let code = filter(&Watched {
            client: Some("198.51.100.7".parse().unwrap()),
            ports: vec![],
        });
        let mut later = segment("198.51.100.7", "192.0.2.1", (4000, 22), 2);
        later[7] = 1;
        assert!(!keeps(&code, &later));
        let whole = segment("198.51.100.7", "192.0.2.1", (4000, 22), 2);
        for length in 0..whole.len() - 6 {
            assert!(!keeps(&code, &whole[..length]), "{length}");
        }
    }
}
