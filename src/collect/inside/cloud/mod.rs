//! Asking the cloud's own service about this instance, by plain HTTP to an address on the link.
//!
//! Only the paths of [`Cloud::asks`] are asked. No proxy and no redirect is followed. A token that the
//! service wants back is forgotten with the run.

mod http;

use super::root::Root;
use crate::inside::{Ask, Cloud, CloudFacts, Datum, Fact};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

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
    let end = Instant::now() + PATIENCE;
    match timeout_at(end, Service::new(cloud).facts()).await {
        Ok(Ok(facts)) => Datum::read(&source, facts),
        Ok(Err(reason)) => Datum::skipped(&source, reason),
        Err(_) => Datum::skipped(&source, "did not answer within 3 s"),
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

struct Service {
    cloud: Cloud,
    token: Option<String>,
}

impl Service {
    fn new(cloud: Cloud) -> Self {
        Self { cloud, token: None }
    }

    async fn facts(mut self) -> Result<CloudFacts, String> {
        let mut facts = CloudFacts::of(self.cloud);
        self.token = self.ask_token().await?;
        let mut mac = None;
        let mut refused = None;
        for Ask { path, fact } in self.cloud.asks() {
            let Some(path) = filled(path, mac.as_deref(), &facts) else {
                continue;
            };
            match self.request("GET", &path, &[]).await? {
                (200, body) if *fact == Fact::Mac => mac = hardware_address(&body),
                (200, body) => facts.take(*fact, &body),
                (404, _) => {}
                (status, _) => refused = refused.or(Some(status)),
            }
        }
        match refused {
            Some(status) if facts.is_empty() => Err(format!("answers with status {status}")),
            None if facts.is_empty() => Err("tells nothing of what is asked".to_owned()),
            Some(_) | None => Ok(facts),
        }
    }

    /// A service of before tokens has none to give.
    async fn ask_token(&self) -> Result<Option<String>, String> {
        let Some(header) = self.cloud.token() else {
            return Ok(None);
        };
        let lifetime = [(format!("{header}-ttl-seconds"), "60".to_owned())];
        let (status, body) = self.request("PUT", TOKEN, &lifetime).await?;
        let token = body.trim();
        let fits = token.len() <= 4096 && token.bytes().all(|it| it.is_ascii_graphic());
        Ok((status == 200 && !token.is_empty() && fits).then(|| token.to_owned()))
    }

    /// The status and the body.
    async fn request(
        &self,
        method: &str,
        path: &str,
        more: &[(String, String)],
    ) -> Result<(u16, String), String> {
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n",
            self.cloud.host()
        );
        let own = self.cloud.header().into_iter();
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let token = self.cloud.token().zip(self.token.clone());
        let token = token.map(|(name, value)| (name.to_owned(), value));
        for (name, value) in own.chain(token).chain(more.iter().cloned()) {
            text += &name;
            text += ": ";
            text += &value;
            text += "\r\n";
        }
        text += "Content-Length: 0\r\nConnection: close\r\n\r\n";
        let address = SocketAddr::new(IpAddr::V4(self.cloud.address()), 80);
        http::ask(address, text.as_bytes()).await
    }
}

/// The path with what stands in it; `None` where that is not known.
fn filled(path: &str, mac: Option<&str>, facts: &CloudFacts) -> Option<String> {
    let mut path = path.to_owned();
    if path.contains("{mac}") {
        path = path.replace("{mac}", mac?);
    }
    if path.contains("{ip}") {
        path = path.replace("{ip}", &facts.private_address?.to_string());
    }
    Some(path)
}

fn hardware_address(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() == 17
        && text
            .bytes()
            .all(|it| it.is_ascii_hexdigit() || it == b':' || it == b'-');
    fits.then(|| text.to_owned())
}

const FIRMWARE: &str = "/sys/class/dmi/id";
const TOKEN: &str = "/latest/api/token";
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_filled_with_addresses_alone() {
        let mut facts = CloudFacts::of(Cloud::Tencent);
        assert_eq!(filled("/a/{mac}/{ip}", Some("m"), &facts), None);
        facts.take(Fact::PrivateAddress, "10.0.0.5");
        let path = filled("/a/{mac}/{ip}", Some("m"), &facts);
        assert_eq!(path.as_deref(), Some("/a/m/10.0.0.5"));
        for text in [
            "00:00:5e:00:53:0",
            "../../../user-data",
            "00:00:5e:00:53:01/../",
        ] {
            assert_eq!(hardware_address(text), None, "{text}");
        }
        assert!(hardware_address("00:00:5e:00:53:01\n").is_some());
    }
}
