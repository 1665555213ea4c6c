//! Any text as a document of Tencent Cloud or Alibaba Cloud: read, judged, and written out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rulesets::tencent::{read, read_members};
use rulesets::{Direction, Family, Layer, Packet, SecurityGroups, alibaba, deletion, export};

fuzz_target!(|text: &str| {
    match read(text, "sg-1") {
        Ok(account) => {
            let document = account.document();
            for list in &document.lists {
                judge(&list.layer);
            }
            for group in &account.groups {
                let _gone = deletion(&group.id, &account);
                write_out(group);
            }
        }
        Err(error) => one_line(&error.to_string()),
    }
    if let Err(error) = read_members(text, "sg-1") {
        one_line(&error.to_string());
    }
    match alibaba::read(text) {
        Ok(groups) => judge(&alibaba::bind(&groups.iter().collect::<Vec<_>>())),
        Err(error) => one_line(&error.to_string()),
    }
});

fn judge(layer: &Layer) {
    for direction in [Direction::Inbound, Direction::Outbound] {
        let mut packet = Packet::new(direction, Family::V4, 6);
        packet.destination_port = Some(22);
        let _open = layer.judge(&packet);
        packet.source = Some([10, 0, 0, 1].into());
        let _answer = layer.judge(&packet);
    }
}

/// What is written reads back as as many rules.
fn write_out(group: &rulesets::SecurityGroup) {
    let groups = SecurityGroups {
        groups: vec![group.clone()],
    };
    let texts = [
        Some(export::json(&groups)),
        export::rule_set(group, "x").ok(),
        export::short_rules(group, "x").ok(),
    ];
    for text in texts.into_iter().flatten() {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
        let back = read(&text, "sg-1").expect("what is written is read");
        let rules = &back.groups[0];
        assert_eq!(rules.ingress.len(), group.ingress.len());
        assert_eq!(rules.egress.len(), group.egress.len());
    }
    let _commands = export::commands(group, None);
}

fn one_line(text: &str) {
    assert!(!text.contains(char::is_control) && text.chars().count() < 400);
}
