//! The layers on the way of one instance's packets, found by what the documents say is bound to it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::document::{Document, Instance, NamedLayer, SelectError};
use crate::layer::Layer;
use crate::text::shown;

impl Document {
    /// The layers that stand between an instance and its network, those of its subnet first: the lists
    /// bound to it or its subnet, where lists that combine make one layer. An instance whose lists are
    /// not in the documents is an error, since a layer left out would make every verdict wrong.
    pub fn layers_of(&self, instance: &str) -> Result<Vec<Layer>, SelectError> {
        let found = self.instance(instance)?;
        let id = Some(found.id.as_str());
        let mut layers = Vec::new();
        for list in self.lists.iter().filter(|list| reaches(list, found)) {
            layers.push(self.layer(&[&list.id], id)?);
        }
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        for name in &found.lists {
            let list = self.list(name)?;
            let group = if list.combines {
                &mut together
            } else {
                &mut alone
            };
            group.push(list.id.as_str());
        }
        for one in alone {
            layers.push(self.layer(&[one], id)?);
        }
        if !together.is_empty() {
            layers.push(self.layer(&together, id)?);
        }
        if layers.is_empty() {
            return Err(SelectError::Unbound(shown(instance, 60)));
        }
        Ok(layers)
    }
}

/// True when the list says itself that it is bound to the instance or its subnet, and the instance does
/// not say so too.
fn reaches(list: &NamedLayer, instance: &Instance) -> bool {
    let bound = |one: &String| *one == instance.id || instance.subnets.contains(one);
    list.attached.iter().any(bound) && !instance.lists.contains(&list.id)
}
