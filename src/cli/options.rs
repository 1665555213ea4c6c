//! Values that several commands take.

use crate::evidence::{Expectation, PlannedService};
use clap::ValueEnum;
use probes::parse_service_list;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether to colour what goes to standard output, or to a file.
    pub(super) fn wanted(self, to_file: bool) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = |name| set(name) && std::env::var_os(name).is_none_or(|value| value != "0");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR") => false,
            Self::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
            Self::Auto => {
                !to_file
                    && std::io::stdout().is_terminal()
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

/// The services to reach, from a list such as `ssh,https,tcp/8080`.
pub(super) fn services(list: &str) -> anyhow::Result<Vec<PlannedService>> {
    let requests =
        parse_service_list(list).map_err(|error| anyhow::anyhow!("--service: {error}"))?;
    Ok(requests
        .into_iter()
        .map(|request| PlannedService {
            label: request.label,
            service: request.service.into(),
            port: request.port,
        })
        .collect())
}

/// Expectations, from a list such as `ssh=open,rdp=closed,smtp-out=blocked`.
pub(super) fn expectations(
    list: Option<&str>,
    services: &[PlannedService],
) -> anyhow::Result<BTreeMap<String, Expectation>> {
    let mut expectations = BTreeMap::new();
    for entry in list.into_iter().flat_map(|list| list.split(',')) {
        let entry = entry.trim();
        let Some((label, word)) = entry.rsplit_once('=') else {
            anyhow::bail!(
                "--expect: `{}` is not SERVICE=open, =closed or =blocked",
                shown(entry)
            );
        };
        let expectation = match word {
            "open" | "reachable" => Expectation::Open,
            "closed" | "blocked" => Expectation::Blocked,
            _ => anyhow::bail!("--expect: `{}` is not open, closed or blocked", shown(word)),
        };
        if !is_outbound(label) && !services.iter().any(|service| service.label == label) {
            let labels: Vec<_> = services.iter().map(|it| shown(&it.label)).take(9).collect();
            anyhow::bail!(
                "--expect: `{}` is not among the services; they are {} and, from inside, smtp-out \
                 and tcp/PORT-out",
                shown(label),
                labels.join(", ")
            );
        }
        if expectations.insert(label.to_owned(), expectation).is_some() {
            anyhow::bail!("--expect: `{}` is named twice: name it once", shown(label));
        }
    }
    Ok(expectations)
}

/// Whether this is the name of an outbound flow; which there are, the inside view decides.
fn is_outbound(label: &str) -> bool {
    label.strip_suffix("-out").is_some_and(|service| {
        service == "smtp" || (service.starts_with("tcp/") && parse_service_list(service).is_ok())
    })
}

/// A duration: `4s`, `500ms`, `1m` or plain seconds; more than zero, at most ten minutes.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let number = |digits: &str, scale: f64| {
        digits
            .parse::<f64>()
            .ok()
            .map(|number| number * scale)
            .filter(|seconds| seconds.is_finite() && (0.001..=600.0).contains(seconds))
    };
    let seconds = if let Some(digits) = text.strip_suffix("ms") {
        number(digits, 1e-3)
    } else if let Some(digits) = text.strip_suffix('s') {
        number(digits, 1.0)
    } else if let Some(digits) = text.strip_suffix('m') {
        number(digits, 60.0)
    } else {
        number(text, 1.0)
    };
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "expected a time from 1ms to 10m, such as 4s or 500ms".into())
}

/// `HOST:PORT` with the host a name or an address, IPv6 in brackets.
pub(super) fn endpoint(text: &str) -> Result<(String, u16), String> {
    let wrong = || format!("`{}` is not HOST:PORT (IPv6 in brackets)", shown(text));
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port
        .parse()
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| format!("`{}`: the port is not 1 to 65535", shown(text)))?;
    let host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(inner) => {
            inner.parse::<Ipv6Addr>().map_err(|_| wrong())?;
            inner
        }
        None if host.is_empty() || host.contains([':', '[', ']', '/', ' ']) => return Err(wrong()),
        None => host,
    };
    Ok((host.to_owned(), port))
}

/// A target as users give it: a name or an address, nothing around it.
pub(super) fn target(text: &str) -> anyhow::Result<String> {
    let unbracketed = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    if unbracketed.parse::<IpAddr>().is_ok() {
        return Ok(unbracketed.to_owned());
    }
    if text.contains("://") {
        anyhow::bail!(
            "target `{}` is a URL: give the host name alone",
            shown(text)
        );
    }
    if let Ok((host, port)) = endpoint(text) {
        anyhow::bail!(
            "target `{}` has a port: give `{host} --service tcp/{port}`",
            shown(text)
        );
    }
    let label_fits = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let numeric = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if numeric || name.len() > 253 || !name.split('.').all(label_fits) {
        anyhow::bail!(
            "target `{}` is neither an address nor a host name",
            shown(text)
        );
    }
    Ok(text.to_owned())
}

/// User input made safe to print on one line.
pub(super) fn shown(text: &str) -> String {
    probes::escape(text.as_bytes(), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_bounded_and_named() {
        let cases = [
            ("4s", Some(4000)),
            ("500ms", Some(500)),
            ("2", Some(2000)),
            ("1.5s", Some(1500)),
            ("1m", Some(60_000)),
            ("0", None),
            ("-1s", None),
            ("11m", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
            ("s", None),
        ];
        for (text, want) in cases {
            let got = duration(text).ok().map(|it| it.as_millis());
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn targets_are_names_or_addresses() {
        for good in [
            "web-1.example",
            "203.0.113.10",
            "2001:db8::1",
            "[::1]",
            "a.b.",
            "localhost",
        ] {
            assert!(target(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://x/",
            "a b",
            "a..b",
            "x:22",
            "1.2.3",
            "300.1.1.1",
            "-\u{1b}[31m",
        ] {
            assert!(target(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn endpoints_need_a_host_and_a_port() {
        assert_eq!(endpoint("mx.example:25"), Ok(("mx.example".into(), 25)));
        assert_eq!(endpoint("[::1]:25"), Ok(("::1".into(), 25)));
        for bad in [
            "mx.example",
            "mx.example:0",
            "mx.example:65536",
            "::1:25",
            ":25",
            "[x]:25",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
