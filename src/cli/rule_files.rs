//! The rules that a question is about, from files.

use crate::collect::read_book;
use anyhow::Context as _;
use clap::Args;
use ipnet::IpNet;
use rulesets::{Book, Selection, Way};
use std::path::PathBuf;

#[derive(Clone, Debug, Args)]
pub(super) struct RuleFiles {
    /// Rules on the way, in any known format; repeat in the order of priority. Members of groups and
    /// templates that rules name are read from such files too
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) rules: Vec<PathBuf>,
    /// The subnet's network ACL
    #[arg(long, value_name = "FILE")]
    pub(super) acl: Vec<PathBuf>,
    /// The rule lists that apply, by id, highest priority first; needed where one file holds several
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) bind: Vec<String>,
    /// The instance the rules are bound to, by id or address, where the files tell of instances
    #[arg(long, value_name = "ID")]
    pub(super) instance: Option<String>,
    /// An address of the host itself with its network, for rules on local addresses; repeat for more
    #[arg(long, value_name = "IP/LEN")]
    pub(super) host_address: Vec<IpNet>,
    /// The host passes packets on between its interfaces, as one that publishes ports of containers does
    #[arg(long)]
    pub(super) host_forwards: bool,
}

impl RuleFiles {
    /// All files, in the order they were given.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.rules.iter().chain(&self.acl).cloned().collect()
    }

    /// Everything that the files hold.
    pub(super) fn book(&self) -> anyhow::Result<Book> {
        read_book(&self.paths())
    }

    /// The layers that the rules make.
    pub(super) fn way(&self) -> anyhow::Result<Way> {
        Ok(self.book_and_way()?.1)
    }

    /// Both.
    pub(super) fn book_and_way(&self) -> anyhow::Result<(Book, Way)> {
        let book = self.book()?;
        let selection = Selection {
            lists: self.bind.clone(),
            instance: self.instance.clone(),
        };
        let mut way = book
            .way(&selection)
            .context("--bind and --instance say which rules apply")?;
        if way.is_empty() {
            anyhow::bail!("the files hold no rules: give those of a group, an ACL or a host");
        }
        way.facts.addresses.clone_from(&self.host_address);
        way.facts.forwarding = self.host_forwards.then_some(true);
        Ok((book, way))
    }
}
