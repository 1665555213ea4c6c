//! Everything that was given about the rules on a packet's way, whichever clouds and hosts it comes from.
//!
//! Each text is recognised by its content. Documents of a cloud are put together, so that members of groups
//! and templates given in one serve the rules of another; listings of a host are combined as its kernel
//! combines them. The rules then make a [`Way`]: the layers a packet crosses, in path order.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod ask;
mod foreign;
mod gates;
mod host;
mod lint;
mod near;
mod way;

pub use ask::{Asked, AskedLayer};
pub use way::{Layered, Selection, Way};

use crate::alibaba;
use crate::cloud::CloudFormat;
use crate::document::Document;
use crate::flow::Family;
use crate::host::{
    Error as ListingError, HostRules, ListingKind, NamedText, TableFamily, listing_kind,
};
use crate::json_document::{ReadError as CloudError, read_json};
use crate::questions::Finding;
use crate::tencent::{self, Account, ParseError};
use foreign::foreign;
use serde_json::Value;

/// The texts that were given, read.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// What Tencent Cloud's documents say.
    pub account: Account,
    /// The groups of Alibaba Cloud's documents.
    pub alibaba: Vec<alibaba::Group>,
    /// What the documents of other clouds say.
    pub document: Document,
    /// What the listings of a host say.
    pub host: Option<HostRules>,
    /// The address families that the listings of the host show.
    pub host_families: Vec<Family>,
    /// Where each rule list was read from, in the order read.
    pub origins: Vec<Origin>,
}

/// Where a rule list was read from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The list's id.
    pub list: String,
    /// The name of the text.
    pub text: String,
    /// Whose it is.
    pub kind: TextKind,
}

/// What a text was recognised as.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TextKind {
    /// A document of Tencent Cloud, or rules of its Terraform provider.
    Tencent,
    /// A document of Alibaba Cloud.
    Alibaba,
    /// A document of another cloud, or of the Windows firewall.
    Cloud(CloudFormat),
    /// A listing of a Linux host.
    Host,
}

/// Why a text was not read. The message begins with the text's name.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// It is Tencent Cloud's, or nobody's, and wrong.
    #[error("`{name}`: {problem}{}", remedy(.problem))]
    Tencent {
        /// The text's name.
        name: String,
        /// What is wrong.
        problem: ParseError,
    },
    /// It is another cloud's, and wrong.
    #[error("`{name}`: {problem}")]
    Cloud {
        /// The text's name.
        name: String,
        /// What is wrong.
        problem: CloudError,
    },
    /// It is a listing of a host, and wrong.
    #[error("{}", listing(.0))]
    Host(ListingError),
    /// It says nothing, which a tool without permission prints as well.
    #[error(
        "`{0}`: empty; print the rules again as root, and leave the file out where the tool lists none"
    )]
    Empty(String),
    /// It is taken for rules and holds none, or not all.
    #[error("`{name}`: this is {what}")]
    Foreign {
        /// The text's name.
        name: String,
        /// What it is, and what to give instead.
        what: &'static str,
    },
    /// Two texts hold a list of one name.
    #[error("two rule files name a group `{0}`: give each group once, under its own file name")]
    Twice(String),
}

fn remedy(problem: &ParseError) -> &'static str {
    match problem {
        ParseError::Syntax { .. } => "; save the whole answer of the API",
        ParseError::Unrecognised { .. } => {
            "; also read: rules as aws, az, gcloud and aliyun print them, iptables-save, nft list ruleset"
        }
        ParseError::TooLarge
        | ParseError::TooLargeDocument
        | ParseError::Text { .. }
        | ParseError::Api { .. }
        | ParseError::OtherDocument { .. }
        | ParseError::Field { .. } => "",
    }
}

fn listing(error: &ListingError) -> String {
    match error {
        ListingError::Iptables { name, problem } => format!("`{name}`: {problem}"),
        ListingError::Ipset { name, problem } => format!("`{name}`: {problem}"),
        ListingError::Nft { name, problem } => format!("`{name}`: {problem}"),
    }
}

impl Book {
    /// Reads every text; one of a rule list that does not say its own id gets the text's name.
    pub fn read(texts: &[NamedText<'_>]) -> Result<Self, BookError> {
        let mut book = Self::default();
        let mut listings = Vec::new();
        for text in texts {
            if listing_kind(text.text).is_some() {
                listings.push(*text);
            } else {
                book.take(text)?;
            }
        }
        if !listings.is_empty() {
            let host = HostRules::read(&listings).map_err(BookError::Host)?;
            book.host_families = families(&listings, &host);
            book.host = Some(host);
            book.origins.extend(listings.iter().map(|text| Origin {
                list: HOST.to_owned(),
                text: text.name.to_owned(),
                kind: TextKind::Host,
            }));
        }
        Ok(book)
    }

    /// What the documents of every cloud say, in one form.
    pub fn documents(&self) -> Document {
        let mut all = self.account.document();
        all.extend(self.document.clone());
        all.extend(alibaba::document(&self.alibaba));
        all
    }

    /// The name of the text that holds the rule of a finding.
    pub fn text_of(&self, finding: &Finding) -> String {
        let set = finding.rule.as_ref().map(|rule| rule.set.as_str());
        let own = self
            .origins
            .iter()
            .find(|origin| set == Some(origin.list.as_str()));
        let host = || self.origins.iter().find(|it| it.kind == TextKind::Host);
        own.or_else(host)
            .or_else(|| self.origins.first())
            .map_or_else(String::new, |origin| origin.text.clone())
    }

    fn take(&mut self, text: &NamedText<'_>) -> Result<(), BookError> {
        let named = |problem| {
            let name = text.name.to_owned();
            let unknown = matches!(problem, ParseError::Unrecognised { .. });
            match unknown.then(|| foreign(text.text)).flatten() {
                Some(what) => BookError::Foreign { name, what },
                None => BookError::Tencent { name, problem },
            }
        };
        let beginning = text.text.trim_start_matches('\u{feff}').trim_start();
        if beginning.is_empty() {
            return Err(BookError::Empty(text.name.to_owned()));
        }
        let json = beginning.starts_with(['{', '[']);
        let Some(value) = json.then(|| read_json(text.text).ok()).flatten() else {
            let account = tencent::read(text.text, &stem(text.name)).map_err(named)?;
            return self.add_account(account, text.name);
        };
        if let Some(format) = CloudFormat::of(&value) {
            return self.add_cloud(format, &value, text.name);
        }
        drop(value);
        if let Ok(groups) = alibaba::read(text.text) {
            for group in groups {
                self.enter(&group.id, text.name, TextKind::Alibaba)?;
                match self.alibaba.iter_mut().find(|own| own.id == group.id) {
                    Some(own) => own.extend(group),
                    None => self.alibaba.push(group),
                }
            }
            return Ok(());
        }
        let account = tencent::read(text.text, &stem(text.name)).map_err(named)?;
        self.add_account(account, text.name)
    }

    fn add_account(&mut self, account: Account, name: &str) -> Result<(), BookError> {
        let groups = account.groups.iter().map(|group| &group.id);
        let acls = account.acls.iter().map(|acl| &acl.id);
        let firewalls = account.firewalls.iter().map(|rules| &rules.id);
        for id in groups.chain(acls).chain(firewalls) {
            self.enter(id, name, TextKind::Tencent)?;
        }
        self.account.extend(account);
        Ok(())
    }

    fn add_cloud(
        &mut self,
        format: CloudFormat,
        value: &Value,
        name: &str,
    ) -> Result<(), BookError> {
        let read = format.read(value).map_err(|problem| BookError::Cloud {
            name: name.to_owned(),
            problem,
        })?;
        for list in &read.lists {
            self.enter(&list.id, name, TextKind::Cloud(format))?;
        }
        self.document.extend(read);
        Ok(())
    }

    /// Notes where a list comes from. Parts of one list may stand in one text, and not in two.
    fn enter(&mut self, list: &str, text: &str, kind: TextKind) -> Result<(), BookError> {
        let known = self.origins.iter().find(|origin| origin.list == list);
        match known {
            Some(origin) if origin.text != text && kind != TextKind::Alibaba => {
                Err(BookError::Twice(list.to_owned()))
            }
            Some(_) => Ok(()),
            None => {
                self.origins.push(Origin {
                    list: list.to_owned(),
                    text: text.to_owned(),
                    kind,
                });
                Ok(())
            }
        }
    }
}

/// The families that a host's listings show: those of nft show all, those of iptables one.
fn families(listings: &[NamedText<'_>], host: &HostRules) -> Vec<Family> {
    let whole = listings.iter().any(|listing| {
        matches!(
            listing_kind(listing.text),
            Some(ListingKind::NftText | ListingKind::NftJson)
        )
    });
    let shown = |family: Family| {
        let mut tables = host.tables.iter();
        tables.any(|table| match table.family {
            TableFamily::Ip => family == Family::V4,
            TableFamily::Ip6 => family == Family::V6,
            TableFamily::Inet | TableFamily::Arp | TableFamily::Bridge | TableFamily::Netdev => {
                false
            }
        })
    };
    let all = [Family::V4, Family::V6].into_iter();
    all.filter(|family| whole || shown(*family)).collect()
}

/// A file's name without its directory and its last ending.
pub(crate) fn stem(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if stem.is_empty() { file } else { stem }.to_owned()
}

/// The id under which a host's listings stand beside rule lists.
const HOST: &str = "host";
