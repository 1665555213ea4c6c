//! Where to log in: `ssh://[user@]host[:port]`, read so that no part can be taken for an option.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;
use thiserror::Error;

/// An SSH server to log in to; what is not given is up to the user's own configuration of `ssh`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Destination {
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

/// Why a text is not `ssh://[user@]host[:port]`.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum DestinationError {
    /// Another scheme, or none.
    #[error("it does not begin with `ssh://`")]
    Scheme,
    /// No host.
    #[error("it names no host")]
    NoHost,
    /// A host that is neither a name nor an address.
    #[error(
        "the host is not a name or an address (letters, digits, `.`, `-`, `_`; IPv6 in brackets)"
    )]
    Host,
    /// A user that could be taken for something else.
    #[error(
        "the user is not a login name (letters, digits, `.`, `-`, `_`, `+`, not `-` at the beginning)"
    )]
    User,
    /// A password beside the user.
    #[error("a password does not belong there: use a key, or let `ssh` ask")]
    Password,
    /// A port that is none.
    #[error("the port is not 1 to 65535")]
    Port,
    /// Something after the port.
    #[error("nothing follows the host and its port")]
    Path,
}

impl Destination {
    /// The host as it was given, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The arguments that make `ssh` log in there.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if let Some(user) = &self.user {
            arguments.extend(["-l".to_owned(), user.clone()]);
        }
        if let Some(port) = self.port {
            arguments.extend(["-p".to_owned(), port.to_string()]);
        }
        arguments.extend(["--".to_owned(), self.host.clone()]);
        arguments
    }
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix(SCHEME).ok_or(DestinationError::Scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(DestinationError::Path);
        }
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(login(user)?), place),
            None => (None, rest),
        };
        let (host, port) = split(place)?;
        Ok(Self {
            user,
            host: host.to_owned(),
            port: port.map(number).transpose()?,
        })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            write!(f, "{}", self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

fn login(user: &str) -> Result<String, DestinationError> {
    if user.contains(':') {
        return Err(DestinationError::Password);
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    if user.is_empty() || user.len() > LONGEST || user.starts_with('-') || !user.chars().all(fits) {
        return Err(DestinationError::User);
    }
    Ok(user.to_owned())
}

/// The host and what stands behind its colon.
fn split(place: &str) -> Result<(&str, Option<&str>), DestinationError> {
    if let Some(bracketed) = place.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or(DestinationError::Host)?;
        host.parse::<Ipv6Addr>()
            .map_err(|_| DestinationError::Host)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(DestinationError::Host),
        };
    }
    let (host, port) = match place.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (place, None),
    };
    if host.is_empty() {
        return Err(DestinationError::NoHost);
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let many_colons = port.is_some_and(|port| port.contains(':'));
    if many_colons || host.starts_with('-') || host.len() > LONGEST || !host.chars().all(fits) {
        return Err(DestinationError::Host);
    }
    Ok((host, port))
}

fn number(port: &str) -> Result<u16, DestinationError> {
    let digits = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    let number = digits.then(|| port.parse().ok()).flatten();
    number
        .filter(|port| *port > 0)
        .ok_or(DestinationError::Port)
}

/// What a destination begins with.
pub const SCHEME: &str = "ssh://";
const LONGEST: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_becomes_arguments_that_cannot_be_options() {
        for (text, shown, arguments) in [
            (
                "ssh://web-1.example",
                "web-1.example",
                vec!["--", "web-1.example"],
            ),
            (
                "ssh://deploy@203.0.113.10:2222",
                "deploy@203.0.113.10:2222",
                vec!["-l", "deploy", "-p", "2222", "--", "203.0.113.10"],
            ),
            (
                "ssh://root@[2001:db8::1]:22/",
                "root@[2001:db8::1]:22",
                vec!["-l", "root", "-p", "22", "--", "2001:db8::1"],
            ),
        ] {
            let destination: Destination = text.parse().unwrap();
            assert_eq!(destination.to_string(), shown);
            assert_eq!(destination.arguments(), arguments);
        }
    }

    #[test]
    fn what_could_be_taken_for_something_else_is_refused() {
        use DestinationError as E;
        for (text, error) in [
            ("web-1.example", E::Scheme),
            ("ssh://", E::NoHost),
            ("ssh://root@", E::NoHost),
            ("ssh://:22", E::NoHost),
            ("ssh://-oProxyCommand=x", E::Host),
            ("ssh://a b", E::Host),
            ("ssh://a\nb", E::Host),
            ("ssh://$(id)", E::Host),
            ("ssh://2001:db8::1", E::Host),
            ("ssh://[web]", E::Host),
            ("ssh://[::1]x", E::Host),
            ("ssh://[::1", E::Host),
            ("ssh://@web", E::User),
            ("ssh://-l@web", E::User),
            ("ssh://a b@web", E::User),
            ("ssh://a;b@web", E::User),
            ("ssh://a@b@web", E::User),
            ("ssh://root:secret@web", E::Password),
            ("ssh://web:0", E::Port),
            ("ssh://web:65536", E::Port),
            ("ssh://web:", E::Port),
            ("ssh://web:+22", E::Port),
            ("ssh://[::1]:", E::Port),
            ("ssh://web/path", E::Path),
            ("ssh://web?x", E::Path),
        ] {
            assert_eq!(text.parse::<Destination>(), Err(error), "{text}");
        }
    }
}
