//! Packets aimed at what a listing names.

use super::layout::Layout;
use super::vocabulary::Vocabulary;
use crate::dice::{self, Dice};
use crate::probe::{Origin, Probe, TCP, UDP};
use ipnet::IpNet;
use rulesets::{Family, Path, State};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// These packets under the layout's names, most of those that begin a flow turned to what the listing
/// names.
pub(super) fn aimed(
    dice: &mut Dice,
    probes: Vec<Probe>,
    vocabulary: &Vocabulary,
    layout: &Layout,
) -> Vec<Probe> {
    let mut taken = BTreeSet::new();
    let mut aimed = Vec::new();
    for (number, mut probe) in (0u16..).zip(probes) {
        name_links(&mut probe, layout);
        let begins = matches!(probe.packet.state, State::New) && probe.quoted.is_none();
        let ported = matches!(probe.packet.protocol, TCP | UDP);
        if begins && ported {
            aim(dice, &mut probe, vocabulary, layout);
            let packet = &mut probe.packet;
            let tuple = |port| (packet.protocol, packet.source, packet.destination, port);
            if !taken.insert(tuple(packet.source_port)) {
                packet.source_port = Some(20_000 + number);
                taken.insert((
                    packet.protocol,
                    packet.source,
                    packet.destination,
                    packet.source_port,
                ));
            }
        }
        aimed.push(probe);
    }
    aimed
}

fn aim(dice: &mut Dice, probe: &mut Probe, vocabulary: &Vocabulary, layout: &Layout) {
    let family = probe.packet.family;
    let mut addresses = vocabulary.addresses(family);
    addresses.sort_unstable();
    addresses.dedup();
    let sources: Vec<IpAddr> = addresses
        .iter()
        .copied()
        .filter(|address| may_send(*address, vocabulary, layout))
        .collect();
    let targets: Vec<IpAddr> = addresses
        .into_iter()
        .filter(|address| layout.towards(vocabulary, *address).is_some())
        .collect();
    let packet = &mut probe.packet;
    if probe.from != Origin::Host && !sources.is_empty() && dice.chance(60) {
        packet.source = Some(dice.pick(&sources));
    }
    if !targets.is_empty() && dice.chance(60) {
        let target = dice.pick(&targets);
        let interface = layout.towards(vocabulary, target).unwrap();
        match &mut packet.path {
            Path::Forward { output, .. } if layout.is_far(interface) => {
                packet.destination = Some(target);
                *output = Some(interface.to_owned());
            }
            Path::Output { interface: output } => {
                packet.destination = Some(target);
                *output = Some(interface.to_owned());
            }
            Path::Input { .. } | Path::Forward { .. } => {}
        }
    }
    aim_ports(dice, probe, vocabulary);
}

fn aim_ports(dice: &mut Dice, probe: &mut Probe, vocabulary: &Vocabulary) {
    let ports: Vec<u16> = vocabulary.ports.iter().copied().collect();
    if ports.is_empty() || !dice.chance(70) {
        return;
    }
    let port = dice.pick(&ports);
    let near = [
        port,
        port,
        port,
        port.saturating_sub(1).max(1),
        port.saturating_add(1),
    ];
    probe.packet.destination_port = Some(dice.pick(&near));
    if dice.chance(10) {
        probe.packet.source_port = Some(dice.pick(&ports));
    }
}

/// True for an address that the kernel takes packets from.
fn may_send(address: IpAddr, vocabulary: &Vocabulary, layout: &Layout) -> bool {
    let refused = REFUSED
        .iter()
        .any(|net| net.parse::<IpNet>().unwrap().contains(&address));
    let own = dice::hosts(Family::from(address));
    let own = own.iter().any(|own| own.parse() == Ok(address));
    let listed = !vocabulary.nets.iter().any(|net| net.contains(&address));
    !refused && !own && (listed || layout.towards(vocabulary, address).is_some())
}

fn name_links(probe: &mut Probe, layout: &Layout) {
    let rename = |name: &mut Option<String>| match name.as_deref() {
        Some("ens5") => *name = Some(layout.second.clone()),
        Some("eth1") => *name = Some(layout.far.clone()),
        Some(_) | None => {}
    };
    match &mut probe.packet.path {
        Path::Input { interface } | Path::Output { interface } => rename(interface),
        Path::Forward { input, output } => {
            rename(input);
            rename(output);
        }
    }
}

/// Addresses that the kernel takes no packet from, or sends none for beyond one link.
const REFUSED: [&str; 10] = [
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "198.18.0.0/23",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/96",
    "fe80::/10",
    "ff00::/8",
    "2001:db8::/32",
];
