//! Asking the cloud's own service about this instance, by plain HTTP to an address on the link.
//!
//! Only the paths of [`Cloud::asks`] are asked. No proxy and no redirect is followed. A token that the
//! service wants back is forgotten with the run.

mod http;
mod service;

use super::root::Root;
use crate::inside::{Cloud, CloudFacts, Datum};
use probes::ResolutionOutcome;
use service::Service;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
    let end = Instant::now() + PATIENCE;
    let (address, source) = match place(cloud).await {
        Ok(place) => place,
        Err(reason) => return Datum::skipped(&format!("http://{}", cloud.host()), reason),
    };
    let address = SocketAddr::new(IpAddr::V4(address), 80);
    datum(&source, Service::new(cloud, address, end).facts().await)
}

/// Where the service is asked, and as what: by its name where the cloud documents one and no address.
async fn place(cloud: Cloud) -> Result<(Ipv4Addr, String), String> {
    let (host, usual) = (cloud.host(), cloud.address());
    if !cloud.goes_by_name() {
        return Ok((usual, format!("http://{host}")));
    }
    let resolution = probes::resolve(host, RESOLVE).await;
    let found = match &resolution.outcome {
        ResolutionOutcome::Addresses { records } => records.first().map(|it| it.address),
        ResolutionOutcome::NotFound
        | ResolutionOutcome::NoAddress
        | ResolutionOutcome::ServerFailure
        | ResolutionOutcome::Refused
        | ResolutionOutcome::Timeout
        | ResolutionOutcome::Failed { .. } => None,
    };
    match found {
        Some(IpAddr::V4(address)) if is_within(address) => {
            Ok((address, format!("http://{host} ({address})")))
        }
        Some(address) => Err(format!(
            "its name leads to {address}, which is no address within a cloud, so that it was asked nothing"
        )),
        None => Ok((usual, format!("http://{usual}, as {host} does not resolve"))),
    }
}

/// Link-local, private and shared addresses (RFC 3927, RFC 1918, RFC 6598).
fn is_within(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && second & 0xc0 == 64;
    address.is_link_local() || address.is_private() || is_shared
}

fn datum(source: &str, told: Result<CloudFacts, String>) -> Datum<CloudFacts> {
    match told {
        Ok(facts) => {
            let is_cut = facts.missing.is_some();
            Datum::read_up_to(source, facts, is_cut)
        }
        Err(reason) => Datum::skipped(source, reason),
    }
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
const RESOLVE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_no_stranger_can_have_is_asked() {
        for (address, want) in [
            ("169.254.0.23", true),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("100.100.100.200", true),
            ("100.63.0.1", false),
            ("100.128.0.1", false),
            ("127.0.0.1", false),
            ("203.0.113.9", false),
        ] {
            assert_eq!(is_within(address.parse().unwrap()), want, "{address}");
        }
    }
}
