//! Any text as a document of a cloud or of the Windows firewall: read, put together with itself, and asked
//! about.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulesets::{Direction, Document, Family, Layer, Packet, read_cloud};
use std::net::IpAddr;

fuzz_target!(|text: &str| {
    let document = match read_cloud(text) {
        Ok((_, document)) => document,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control) && said.chars().count() < 500);
            return;
        }
    };
    let mut twice = document.clone();
    twice.extend(document.clone());
    assert_eq!(twice.lists, document.lists);
    check(&document);
});

fn check(document: &Document) {
    for list in document.lists.iter().take(20) {
        let layer = document.layer(&[&list.id], None).expect("its own list is there");
        judge(&layer);
        for instance in document.instances.iter().take(4) {
            if let Ok(layer) = document.layer(&[&list.id], Some(&instance.id)) {
                judge(&layer);
            }
        }
    }
    for instance in document.instances.iter().take(20) {
        match document.layers_of(&instance.id) {
            Ok(layers) => layers.iter().for_each(judge),
            Err(error) => assert!(!error.to_string().contains(char::is_control)),
        }
    }
}

fn judge(layer: &Layer) {
    let peers: [Option<IpAddr>; 4] = [
        None,
        Some([10, 0, 0, 1].into()),
        Some([168, 63, 129, 16].into()),
        Some([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()),
    ];
    for direction in [Direction::Inbound, Direction::Outbound] {
        for peer in peers {
            for protocol in [1, 6, 17, 47, 58] {
                let family = peer.map_or(Family::V4, Family::from);
                let mut packet = Packet::new(direction, family, protocol);
                match direction {
                    Direction::Inbound => packet.source = peer,
                    Direction::Outbound => packet.destination = peer,
                }
                packet.destination_port = matches!(protocol, 6 | 17).then_some(22);
                let answer = layer.judge(&packet);
                assert!(!answer.outcomes.is_empty());
            }
        }
    }
}
