//! The documents of all clouds behind one door: which one it is shows in its content.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::document::Document;
use crate::json_document::{ReadError, found};
use crate::{aws, azure, gcp, read_json, windows};
use serde_json::Value;

/// Whose document it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum CloudFormat {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Windows Defender Firewall.
    Windows,
}

impl CloudFormat {
    /// Whose document it is, by its content; `None` when it is nobody's.
    pub fn of(document: &Value) -> Option<Self> {
        if aws::recognise(document) {
            Some(Self::Aws)
        } else if gcp::recognise(document) {
            Some(Self::Gcp)
        } else if azure::recognise(document) {
            Some(Self::Azure)
        } else if windows::recognise(document) {
            Some(Self::Windows)
        } else {
            None
        }
    }

    /// Reads a document of this kind.
    pub fn read(self, document: &Value) -> Result<Document, ReadError> {
        match self {
            Self::Aws => aws::read(document),
            Self::Azure => azure::read(document),
            Self::Gcp => gcp::read(document),
            Self::Windows => windows::read(document),
        }
    }

    /// The provider's id, as layers name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Windows => "windows",
        }
    }
}

/// Reads rules or inventory, told apart by their content. Errors are one line and name the place and
/// the remedy.
pub fn read_cloud(text: &str) -> Result<(CloudFormat, Document), ReadError> {
    let document = read_json(text)?;
    let Some(format) = CloudFormat::of(&document) else {
        return Err(ReadError::OtherDocument {
            found: found(&document),
            expected: EXPECTED,
        });
    };
    Ok((format, format.read(&document)?))
}

const EXPECTED: &str = "the rules as the vendor's command line prints them as JSON (`aws ec2 \
                        describe-security-groups`, `az network nsg list`, `gcloud compute firewall-rules list`)";
