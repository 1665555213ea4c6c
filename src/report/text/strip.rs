//! The path as a line: where the packet passes, where it dies, and what is not known.

use crate::diagnosis::{FlowDiagnosis, Layer, PassState, Status};

/// The strip in lines of at most `room` columns, such as
/// `you--isp--edge--acl--[X group]..host?..hostfw..listen..service`.
///
/// `--` joins layers the packet may reach, `..` those behind the break; `?` stands for a layer of
/// which nothing is known, `~` for one that works with a fault.
pub(super) fn strip(flow: &FlowDiagnosis, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut broken = false;
    let crossed = flow
        .layers
        .iter()
        .filter(|layer| layer.state != PassState::NotApplicable);
    let count = crossed.clone().count();
    for (index, layer) in crossed.enumerate() {
        let name = LAYERS
            .iter()
            .find(|it| it.name() == layer.layer)
            .map_or(layer.layer.as_str(), |it| it.short());
        let fault = flow.status == Status::Degraded
            && flow
                .cause
                .as_ref()
                .is_some_and(|cause| cause.layer == layer.layer);
        let cell = match layer.state {
            PassState::Block => format!("[X {name}]"),
            PassState::Pass | PassState::Unknown if fault => format!("[~ {name}]"),
            PassState::Pass => name.to_owned(),
            PassState::Unknown | PassState::NotApplicable => format!("{name}?"),
        };
        let joint = match (index, broken) {
            (0, _) => "",
            (_, true) => "..",
            (_, false) => "--",
        };
        let next = if index + 1 < count { JOINT } else { 0 };
        if line.len() + joint.len() + cell.len() + next > room {
            line.push_str(joint);
            lines.push(std::mem::take(&mut line));
            line.push_str(&cell);
        } else {
            line.push_str(joint);
            line.push_str(&cell);
        }
        broken |= layer.state == PassState::Block;
    }
    lines.push(line);
    lines
}

/// The columns of a joint, kept free for the one that may follow.
const JOINT: usize = 2;
const LAYERS: &[Layer] = &[
    Layer::Prober,
    Layer::Isp,
    Layer::Edge,
    Layer::NetworkAcl,
    Layer::SecurityGroup,
    Layer::Instance,
    Layer::HostFirewall,
    Layer::Listener,
    Layer::Service,
    Layer::Remote,
];
