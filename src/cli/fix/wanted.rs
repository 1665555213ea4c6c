//! The packets a fix is for: those asked about, and their answers.

use crate::cli::question::has_ports;
use rulesets::Packet;
use rulesets::export::CLIENT_PORTS;
use rulesets::questions::whole;
use rulesets::space::{Cube, Field, Span};

/// The packets asked for: what the question leaves open may be anything.
pub(super) fn wanted(packet: &Packet) -> Cube {
    let mut cube =
        whole(packet.family).with(Field::Protocol, Span::one(u128::from(packet.protocol)));
    if let Some(source) = packet.source {
        cube = cube.with(Field::Source, Span::from(source));
    }
    if let Some(destination) = packet.destination {
        cube = cube.with(Field::Destination, Span::from(destination));
    }
    if has_ports(packet.protocol) {
        if let Some(port) = packet.destination_port {
            cube = cube.with(Field::B, Span::one(u128::from(port)));
        }
        if let Some(port) = packet.source_port {
            cube = cube.with(Field::A, Span::one(u128::from(port)));
        }
    } else if let Some(kind) = packet.icmp_type {
        let kind = u128::from(kind) << 8;
        let codes = packet.icmp_code.map(u128::from);
        let (first, last) = (codes.unwrap_or(0), codes.unwrap_or(255));
        cube = Span::new(kind | first, kind | last).map_or(cube, |span| cube.with(Field::B, span));
    }
    cube
}

/// These packets from any port: a network ACL of a cloud cannot ask where answers come from.
pub(super) fn from_any_port(wanted: &Cube) -> Cube {
    wanted.with(Field::A, Span::up_to(u128::from(u16::MAX)))
}

/// The answers to these packets: they go to whatever port a client chooses.
pub(super) fn answers(wanted: &Cube) -> Cube {
    let (first, last) = CLIENT_PORTS;
    let ephemeral = Span::new(first.into(), last.into());
    let ports = wanted.span(Field::B);
    let swapped = wanted
        .with(Field::Source, wanted.span(Field::Destination))
        .with(Field::Destination, wanted.span(Field::Source));
    let named = wanted.span(Field::A);
    let back = if named.first() == named.last() {
        Some(named)
    } else {
        ephemeral
    };
    let protocol = u8::try_from(wanted.span(Field::Protocol).first()).unwrap_or_default();
    match back.filter(|_| has_ports(protocol)) {
        Some(back) => swapped.with(Field::A, ports).with(Field::B, back),
        None => swapped.with(Field::B, Span::up_to(u128::from(u16::MAX))),
    }
}
