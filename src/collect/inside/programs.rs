//! Which programs see packets outside the firewall's rules.

use super::netlink;
use crate::inside::{
    Datum, LinkReply, LinkTable, PacketProgram, link_request, packet_programs, parse_link_reply,
};
use nix::sys::socket::SockProtocol;
use std::io;

/// XDP programs and traffic control hooks of every interface; any user may ask.
pub(super) fn collect() -> Datum<Vec<PacketProgram>> {
    match ask() {
        Ok(value) => Datum::read(SOURCE, value),
        Err(error) => Datum::skipped(SOURCE, error.to_string()),
    }
}

fn ask() -> io::Result<Vec<PacketProgram>> {
    let mut all = LinkReply::default();
    for table in [LinkTable::Links, LinkTable::Disciplines] {
        netlink::dump(SockProtocol::NetlinkRoute, &link_request(table), |bytes| {
            let mut reply = parse_link_reply(bytes)?;
            all.names.append(&mut reply.names);
            all.attached.append(&mut reply.attached);
            Ok(reply.done)
        })?;
    }
    Ok(packet_programs(&all))
}

const SOURCE: &str = "rtnetlink(7)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_user_is_told() {
        assert!(collect().value().is_some());
    }
}
