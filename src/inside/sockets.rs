//! Reads `/proc/net/{tcp,tcp6,udp,udp6}` (the kernel's `proc_net_tcp.rst`).
//!
//! Addresses are printed as 32-bit words in the host's byte order, ports as plain numbers. For a
//! listening TCP socket `rx_queue` is the number of connections waiting to be accepted.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::malformed::{Malformed, hex, rows};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One row of a socket table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SocketRow {
    /// The local address; IPv4-mapped IPv6 addresses are given as the IPv4 addresses they mean.
    pub address: IpAddr,
    /// The local port.
    pub port: u16,
    /// The far address, given as the local one is; unspecified for a socket that is not connected.
    pub peer: IpAddr,
    /// The far port; 0 for a socket that is not connected.
    pub peer_port: u16,
    /// The state, as numbered in the kernel's `tcp_states.h`.
    pub state: u8,
    /// Bytes received and not read; connections not accepted for a listener.
    pub receive_queue: u32,
    /// The user that made the socket.
    pub uid: u32,
    /// The socket's inode number; 0 when it has none.
    pub inode: u64,
}

impl SocketRow {
    /// True for a TCP socket that waits for connections.
    pub fn is_listening(&self) -> bool {
        self.state == TCP_LISTEN
    }

    /// True for an open TCP connection.
    pub fn is_established(&self) -> bool {
        self.state == TCP_ESTABLISHED
    }

    /// True for a UDP socket that takes datagrams from anyone.
    pub fn is_bound(&self) -> bool {
        self.state == TCP_CLOSE && self.peer_port == 0
    }
}

/// Reads a whole table; either address family, TCP or UDP.
pub fn parse_sockets(text: &str) -> Result<Vec<SocketRow>, Malformed> {
    rows(text, 1)
        .map(|(line, row)| parse_row(row).map_err(|what| Malformed { line, what }))
        .collect()
}

fn parse_row(row: &str) -> Result<SocketRow, &'static str> {
    let mut fields = row.split_ascii_whitespace();
    let (Some(_slot), Some(local), Some(peer), Some(state), Some(queues)) = (
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    ) else {
        return Err("fewer than five columns");
    };
    let (Some(_timer), Some(_retransmissions), Some(uid), Some(_timeout), Some(inode)) = (
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    ) else {
        return Err("no user and inode columns");
    };
    let (address, port) = endpoint(local).ok_or("the local address is not HEX:PORT")?;
    let (peer, peer_port) = endpoint(peer).ok_or("the far address is not HEX:PORT")?;
    let state = hex(state, 2).ok_or("the state is not two hexadecimal digits")?;
    let receive_queue = queues
        .split_once(':')
        .and_then(|(_, receive)| hex(receive, 8))
        .ok_or("the queues are not HEX:HEX")?;
    Ok(SocketRow {
        address,
        port,
        peer,
        peer_port,
        state: u8::try_from(state).map_err(|_| "the state is not one byte")?,
        receive_queue,
        uid: uid.parse().map_err(|_| "the user is not a number")?,
        inode: inode.parse().map_err(|_| "the inode is not a number")?,
    })
}

fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::try_from(hex(port, 4)?).ok()?;
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(address)?)),
        32 => IpAddr::V6(ipv6_in_words(address)?).to_canonical(),
        _ => return None,
    };
    Some((address, port))
}

fn ipv6_in_words(text: &str) -> Option<Ipv6Addr> {
    let mut octets = [0; 16];
    for (index, chunk) in octets.chunks_exact_mut(4).enumerate() {
        chunk.copy_from_slice(&word(text.get(index * 8..index * 8 + 8)?)?);
    }
    Some(Ipv6Addr::from(octets))
}

/// Four octets in network order from one printed word in host order.
pub(super) fn word(text: &str) -> Option<[u8; 4]> {
    Some(hex(text, 8)?.to_ne_bytes())
}

const TCP_ESTABLISHED: u8 = 1;
const TCP_CLOSE: u8 = 7;
const TCP_LISTEN: u8 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000003 00:00000000 00000000   115        0 18212 1 0000000063e62d4a 100 0 0 10 0                       
   1: 020200C0:AF44 507100CB:01BB 01 00000000:00000000 02:000005A1 00000000     0        0 18925 2 00000000d49db031 20 4 1 120 -1                    
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17701 1 00000000c0ffee00 100 0 0 10 0                       
";

    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17703 1 00000000c0ffee01 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 21234 1 00000000c0ffee02 100 0 0 10 0
   2: 000000FD000000000000000002000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 21300 1 00000000c0ffee03 100 0 0 10 0
   3: 00000000000000000000000001000000:0019 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 21301 1 00000000c0ffee04 100 0 0 10 0
";

    const UDP: &str = "\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             
 1053: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 15000 2 0000000011111111 0         
 1100: 020200C0:C350 08080808:0035 01 00000000:00000000 00:00000000 00000000     0        0 15001 2 0000000022222222 0         
";

    #[test]
    fn an_open_connection_names_its_far_end() {
        let rows = parse_sockets(TCP).unwrap();
        let open: Vec<_> = rows
            .iter()
            .filter(|row| row.is_established())
            .map(|row| (row.peer.to_string(), row.peer_port))
            .collect();
        assert_eq!(open, [("203.0.113.80".to_owned(), 443)]);
    }

    fn listening(text: &str) -> Vec<(String, u16, u32, u32, u64)> {
        parse_sockets(text)
            .unwrap()
            .into_iter()
            .filter(SocketRow::is_listening)
            .map(|row| {
                let address = row.address.to_string();
                (address, row.port, row.receive_queue, row.uid, row.inode)
            })
            .collect()
    }

    #[test]
    fn ipv4_listeners_have_their_address_queue_and_owner() {
        assert_eq!(
            listening(TCP),
            [
                ("127.0.0.1".to_owned(), 3306, 3, 115, 18212),
                ("0.0.0.0".to_owned(), 22, 0, 0, 17701),
            ]
        );
    }

    #[test]
    fn ipv6_words_are_swapped_and_mapped_addresses_become_ipv4() {
        assert_eq!(
            listening(TCP6),
            [
                ("::".to_owned(), 22, 0, 0, 17703),
                ("127.0.0.1".to_owned(), 8080, 0, 1000, 21234),
                ("fd00::2".to_owned(), 80, 0, 33, 21300),
                ("::1".to_owned(), 25, 0, 101, 21301),
            ]
        );
    }

    #[test]
    fn a_connected_datagram_socket_is_not_bound() {
        let bound: Vec<u16> = parse_sockets(UDP)
            .unwrap()
            .into_iter()
            .filter(SocketRow::is_bound)
            .map(|row| row.port)
            .collect();
        assert_eq!(bound, [53]);
    }

    #[test]
    fn a_heading_alone_is_an_empty_table() {
        for text in ["", "\n", "  sl  local_address\n", "  sl  local_address\n\n"] {
            assert_eq!(parse_sockets(text), Ok(vec![]), "{text:?}");
        }
    }

    #[test]
    fn malformed_rows_are_named_by_line_and_column() {
        let cases = [
            ("0: 0100007F:0CEA", "line 2: fewer than five columns"),
            (
                "0: 0100007F:0CEA 00000000:0000 0A 0:0 00:0 0",
                "line 2: no user and inode columns",
            ),
            (
                "0: 0100007:0CEA 00000000:0000 0A 00000000:00000000 0 0 0 0 1",
                "line 2: the local address is not HEX:PORT",
            ),
            (
                "0: +100007F:0CEA 00000000:0000 0A 00000000:00000000 0 0 0 0 1",
                "line 2: the local address is not HEX:PORT",
            ),
            (
                "0: \u{e9}\u{e9}\u{e9}\u{e9}:0CEA 00000000:0000 0A 00000000:00000000 0 0 0 0 1",
                "line 2: the local address is not HEX:PORT",
            ),
            (
                "0: 0100007F:0CEA 00000000:00000 0A 00000000:00000000 0 0 0 0 1",
                "line 2: the far address is not HEX:PORT",
            ),
            (
                "0: 0100007F:0CEA 00000000:0000 XX 00000000:00000000 0 0 0 0 1",
                "line 2: the state is not two hexadecimal digits",
            ),
            (
                "0: 0100007F:0CEA 00000000:0000 0A 0000000000000000 0 0 0 0 1",
                "line 2: the queues are not HEX:HEX",
            ),
            (
                "0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 0 0 -1 0 1",
                "line 2: the user is not a number",
            ),
            (
                "0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 0 0 0 0 99999999999999999999",
                "line 2: the inode is not a number",
            ),
        ];
        for (row, error) in cases {
            let text = format!("  sl  local_address\n{row}\n");
            assert_eq!(
                parse_sockets(&text).unwrap_err().to_string(),
                error,
                "{row}"
            );
        }
    }

    #[test]
    fn a_table_cut_anywhere_never_panics() {
        for text in [TCP, TCP6, UDP] {
            for end in 0..text.len() {
                if let Ok(rows) = parse_sockets(&text[..end]) {
                    assert!(rows.len() <= 4);
                }
            }
        }
    }
}
