//! Asking the cloud's own service about this instance, by plain HTTP to an address on the link.
//!
//! Only the paths of [`Cloud::asks`] are asked. No proxy and no redirect is followed. A token that the
//! service wants back is forgotten with the run.

mod http;
mod service;

use super::root::Root;
use crate::inside::{Cloud, CloudFacts, Datum};
use service::Service;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

/// Which cloud's service is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Metadata {
    /// The one that the firmware names.
    OfFirmware,
    /// This one.
    Of(Cloud),
}

/// What the cloud says, within 3 s.
pub(super) async fn collect(metadata: Metadata) -> Datum<CloudFacts> {
    let cloud = match metadata {
        Metadata::Of(cloud) => Some(cloud),
        Metadata::OfFirmware => of_firmware(),
    };
    let Some(cloud) = cloud else {
        return Datum::skipped(
            FIRMWARE,
            "names no cloud that is known: give --metadata=CLOUD",
        );
    };
    let source = format!("http://{}", cloud.host());
    let address = SocketAddr::new(IpAddr::V4(cloud.address()), 80);
    let end = Instant::now() + PATIENCE;
    datum(&source, Service::new(cloud, address, end).facts().await)
}

fn datum(source: &str, told: Result<CloudFacts, String>) -> Datum<CloudFacts> {
    let mut datum = match told {
        Ok(facts) => Datum::read(source, facts),
        Err(reason) => Datum::skipped(source, reason),
    };
    if let Datum::Read {
        value, truncated, ..
    } = &mut datum
    {
        *truncated = value.missing.is_some();
    }
    datum
}

fn of_firmware() -> Option<Cloud> {
    let word = |name: &str| {
        let text = Root::Live.text(&format!("{FIRMWARE}/{name}"));
        text.map_or_else(|_| String::new(), |it| it.text)
    };
    Cloud::of_firmware(
        &word("sys_vendor"),
        &word("product_name"),
        &word("chassis_asset_tag"),
    )
}

const FIRMWARE: &str = "/sys/class/dmi/id";
const PATIENCE: Duration = Duration::from_secs(3);
