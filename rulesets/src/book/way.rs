//! The layers that chosen rules make, in path order.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Book, TextKind};
use crate::alibaba;
use crate::document::SelectError;
use crate::flow::{Direction, Family};
use crate::host::{HostFacts, HostRules};
use crate::layer::{Layer, LayerKind};
use crate::security_group::SecurityGroups;

/// Which of the rules that were read apply.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    /// The ids of rule lists, highest priority first; empty for all that were read.
    pub lists: Vec<String>,
    /// The instance they are bound to.
    pub instance: Option<String>,
}

/// The layers a packet crosses.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// The layers, in the order in which an inbound packet crosses them.
    pub layers: Vec<Layered>,
    /// What is known of the host beside its rules.
    pub facts: HostFacts,
}

/// One layer, of whichever make.
#[derive(Clone, Debug)]
pub enum Layered {
    /// Tencent Cloud's security groups.
    Groups(SecurityGroups, Layer),
    /// Another layer of a cloud.
    Cloud(Layer),
    /// The packet filters of a Linux host, and the address families its listings show.
    Host(HostRules, Vec<Family>),
}

impl Layered {
    /// Which layer of the path it is.
    pub fn kind(&self) -> LayerKind {
        match self {
            Self::Groups(_, layer) | Self::Cloud(layer) => layer.kind,
            Self::Host(..) => LayerKind::HostFirewall,
        }
    }
}

impl Layered {
    /// The address families whose rules are at hand.
    pub fn families(&self) -> Vec<Family> {
        match self {
            Self::Groups(..) | Self::Cloud(_) => vec![Family::V4, Family::V6],
            Self::Host(_, families) => families.clone(),
        }
    }
}

impl From<&SecurityGroups> for Way {
    /// The bound groups and nothing else.
    fn from(groups: &SecurityGroups) -> Self {
        Self {
            layers: vec![Layered::Groups(groups.clone(), Layer::from(groups))],
            facts: HostFacts::default(),
        }
    }
}

impl Way {
    /// The layers in the order in which a packet of this direction crosses them.
    pub fn in_order(&self, direction: Direction) -> Vec<&Layered> {
        let mut layers: Vec<&Layered> = self.layers.iter().collect();
        if direction == Direction::Outbound {
            layers.reverse();
        }
        layers
    }

    /// True when there are no rules at all.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }
}

impl Book {
    /// The layers that the selected rules make.
    pub fn way(&self, selection: &Selection) -> Result<Way, SelectError> {
        let ids = self.selected(selection)?;
        let document = self.documents();
        let mut layers = Vec::new();
        let mut runs: Vec<(TextKind, LayerKind, Vec<&str>)> = Vec::new();
        for id in &ids {
            let list = document.list(id)?;
            let kind = self.kind_of(&list.id);
            let (combines, layer) = (list.combines || kind == TextKind::Alibaba, list.layer.kind);
            let open = runs
                .iter_mut()
                .find(|(other, at, _)| (*other, *at) == (kind, layer));
            match open {
                Some((.., run)) if combines => run.push(&list.id),
                Some(_) | None => runs.push((kind, layer, vec![&list.id])),
            }
        }
        let instance = selection.instance.as_deref();
        for (kind, layer, run) in runs {
            let all = document.layer(&run[..1], instance)?;
            layers.push(match (kind, layer) {
                (TextKind::Alibaba, _) => {
                    let named = |group: &&alibaba::Group| run.contains(&group.id.as_str());
                    let groups: Vec<_> = self.alibaba.iter().filter(named).collect();
                    Layered::Cloud(Layer {
                        sets: all.sets,
                        ..alibaba::bind(&groups)
                    })
                }
                (TextKind::Tencent, LayerKind::SecurityGroup) => {
                    let whole = document.layer(&run, instance)?;
                    match self.account.bound(&run) {
                        Ok(groups) => Layered::Groups(groups, whole),
                        Err(_) => Layered::Cloud(whole),
                    }
                }
                (TextKind::Tencent | TextKind::Cloud(_) | TextKind::Host, _) => {
                    Layered::Cloud(document.layer(&run, instance)?)
                }
            });
        }
        if let Some(host) = &self.host {
            layers.push(Layered::Host(host.clone(), self.host_families.clone()));
        }
        layers.sort_by_key(Layered::kind);
        Ok(Way {
            layers,
            facts: HostFacts::default(),
        })
    }

    /// The ids of the lists that apply: those named, those bound to the instance, or all of them where
    /// no more than one text could mean more than one.
    fn selected(&self, selection: &Selection) -> Result<Vec<String>, SelectError> {
        if !selection.lists.is_empty() {
            return Ok(selection.lists.clone());
        }
        let document = self.documents();
        if let Some(instance) = &selection.instance {
            let instance = document.instance(instance)?;
            let at_hand = |id: &&String| document.list(id).is_ok();
            let mut ids: Vec<String> = instance.lists.iter().filter(at_hand).cloned().collect();
            let attached = document.lists.iter().filter(|list| {
                let mut places = list.attached.iter();
                places.any(|place| instance.subnets.contains(place) || *place == instance.id)
            });
            for list in attached {
                if !ids.contains(&list.id) {
                    ids.push(list.id.clone());
                }
            }
            let network = document
                .lists
                .iter()
                .filter(|list| !list.targets.is_empty());
            for list in network {
                if !ids.contains(&list.id) {
                    ids.push(list.id.clone());
                }
            }
            return Ok(ids);
        }
        let lists = self
            .origins
            .iter()
            .filter(|origin| origin.kind != TextKind::Host);
        let lists: Vec<_> = lists.collect();
        for (at, origin) in lists.iter().enumerate() {
            let kind = document.list(&origin.list)?.layer.kind;
            for other in &lists[..at] {
                let rival = document.list(&other.list)?.layer.kind == kind;
                if rival && other.text == origin.text {
                    return Err(SelectError::Nothing {
                        known: document.known(),
                    });
                }
            }
        }
        Ok(lists.iter().map(|origin| origin.list.clone()).collect())
    }

    fn kind_of(&self, list: &str) -> TextKind {
        let origin = self.origins.iter().find(|origin| origin.list == list);
        origin.map_or(TextKind::Tencent, |origin| origin.kind)
    }
}
