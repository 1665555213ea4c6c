//! The questions to one service, one after the other.

use super::http::{self, Failure};
use crate::inside::{Ask, Cloud, CloudFacts, Fact};
use std::net::SocketAddr;
use tokio::time::{Instant, timeout_at};

/// One service, and what it said of itself.
pub(super) struct Service {
    cloud: Cloud,
    address: SocketAddr,
    end: Instant,
    /// What every question carries, or what the service did when it was asked for it.
    token: Option<Result<String, String>>,
    is_heard: bool,
}

impl Service {
    /// The service of this cloud at this address, which is asked until `end`.
    pub(super) fn new(cloud: Cloud, address: SocketAddr, end: Instant) -> Self {
        Self {
            cloud,
            address,
            end,
            token: None,
            is_heard: false,
        }
    }

    /// Everything that is told; a question without an answer costs its own fact alone, unless nothing
    /// was ever heard.
    pub(super) async fn facts(mut self) -> Result<CloudFacts, String> {
        let mut facts = CloudFacts::of(self.cloud);
        let mut missing = Missing::default();
        let mut mac = None;
        self.ask_token().await?;
        for Ask { path, fact } in self.cloud.asks() {
            let Some(filled) = filled(path, mac.as_deref(), &facts) else {
                missing.follow();
                continue;
            };
            match self.request("GET", &filled, &[]).await {
                Ok((200, body)) if *fact == Fact::Mac => mac = hardware_address(&body),
                Ok((200, body)) => facts.take(*fact, &body),
                Ok((404, _)) => {}
                Ok((status, _)) => missing.add(path, self.refusal(status)),
                Err(failure) if self.is_heard => missing.add(path, failure.to_string()),
                Err(failure) => return Err(failure.to_string()),
            }
        }
        if facts.is_empty() {
            return Err(missing.first.map_or_else(
                || "tells nothing of what is asked".to_owned(),
                |(_, reason)| reason,
            ));
        }
        facts.missing = missing.words();
        Ok(facts)
    }

    /// A service of before tokens has none to give; some give none to who asks from a container.
    async fn ask_token(&mut self) -> Result<(), String> {
        let Some(header) = self.cloud.token() else {
            return Ok(());
        };
        let lifetime = [(format!("{header}-ttl-seconds"), "60".to_owned())];
        self.token = Some(match self.request("PUT", TOKEN, &lifetime).await {
            Ok((200, body)) => token(&body).ok_or_else(|| "gives none".to_owned()),
            Ok((status, _)) => Err(format!("answers with status {status}")),
            Err(Failure::Unopened(error)) => return Err(Failure::Unopened(error).to_string()),
            Err(failure) => Err(failure.to_string()),
        });
        Ok(())
    }

    fn refusal(&self, status: u16) -> String {
        let words = format!("answers with status {status}");
        match &self.token {
            Some(Err(reason)) if status == 401 => {
                format!("{words}: it wants a token, and asked for one it {reason}")
            }
            Some(_) | None => words,
        }
    }

    /// The status and the body.
    async fn request(
        &mut self,
        method: &str,
        path: &str,
        more: &[(String, String)],
    ) -> Result<(u16, String), Failure> {
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n",
            self.cloud.host()
        );
        let own = self.cloud.header().into_iter();
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let token = self.token.as_ref().and_then(|it| it.as_ref().ok());
        let token = self.cloud.token().zip(token);
        let token = token.map(|(name, value)| (name.to_owned(), value.clone()));
        for (name, value) in own.chain(token).chain(more.iter().cloned()) {
            text += &name;
            text += ": ";
            text += &value;
            text += "\r\n";
        }
        text += "Content-Length: 0\r\nConnection: close\r\n\r\n";
        if Instant::now() >= self.end {
            return Err(Failure::Late);
        }
        let asked = timeout_at(self.end, http::ask(self.address, text.as_bytes())).await;
        let answer = asked.unwrap_or(Err(Failure::Late));
        self.is_heard |= answer.is_ok();
        answer
    }
}

/// The questions that nobody answered.
#[derive(Default)]
struct Missing {
    first: Option<(&'static str, String)>,
    more: usize,
}

impl Missing {
    fn add(&mut self, path: &'static str, reason: String) {
        if self.first.is_none() {
            self.first = Some((path, reason));
        } else {
            self.more += 1;
        }
    }

    /// A question that could not be put, for want of an answer before.
    fn follow(&mut self) {
        self.more += usize::from(self.first.is_some());
    }

    fn words(self) -> Option<String> {
        let (path, reason) = self.first?;
        let path = path.split('?').next()?;
        Some(match self.more {
            0 => format!("{path}: {reason}"),
            more => format!("{path} and {more} more: {reason}"),
        })
    }
}

fn token(body: &str) -> Option<String> {
    let token = body.trim();
    let fits = token.len() <= 4096 && token.bytes().all(|it| it.is_ascii_graphic());
    (!token.is_empty() && fits).then(|| token.to_owned())
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

const TOKEN: &str = "/latest/api/token";

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
