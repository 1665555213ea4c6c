//! The numbered list of facts that judgements point at.

use super::EvidenceItem;

/// Facts in the order they were first needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    items: Vec<EvidenceItem>,
}

impl Book {
    /// The id of this fact, entering it when it is new.
    pub(super) fn enter(&mut self, vantage: &str, kind: &str, summary: &str) -> String {
        if let Some(item) = self
            .items
            .iter()
            .find(|item| item.summary == summary && item.vantage == vantage)
        {
            return item.id.clone();
        }
        let id = format!("e{}", self.items.len() + 1);
        self.items.push(EvidenceItem {
            id: id.clone(),
            vantage: vantage.into(),
            kind: kind.into(),
            summary: summary.into(),
        });
        id
    }

    /// All facts.
    pub(super) fn into_items(self) -> Vec<EvidenceItem> {
        self.items
    }
}
