//! By which address the instance sees our probes: the one it sees `ssh` come from, where both take
//! the same way.

use super::Order;
use std::fmt;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// Whose packets are watched, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seen {
    /// Those of the address that the user gave.
    Given(IpAddr),
    /// Those of our own address, which the instance sees unchanged.
    Own(IpAddr),
    /// Those of the address that the instance sees `ssh` come from, straight from us.
    Translated(IpAddr),
    /// Those of everyone to the checked ports: the probes may come from elsewhere.
    Ports {
        /// The address that the instance sees `ssh` come from.
        ssh: Option<IpAddr>,
    },
}

impl Seen {
    /// The address to watch; `None` for every address.
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::Given(address) | Self::Own(address) | Self::Translated(address) => Some(address),
            Self::Ports { .. } => None,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(address) => write!(f, "packets of {address}, as --from says"),
            Self::Own(address) => write!(f, "packets of {address}, our own address"),
            Self::Translated(address) => {
                write!(f, "packets of {address}, which ssh was seen to come from")
            }
            Self::Ports { ssh: Some(address) } => write!(
                f,
                "first packets of anyone to the checked ports, since ssh was seen to come from \
                 {address} and the probes may not (give --from to watch one address)"
            ),
            Self::Ports { ssh: None } => write!(
                f,
                "first packets of anyone to the checked ports, since the instance does not say \
                 where ssh came from (give --from to watch one address)"
            ),
        }
    }
}

/// Decides by `SSH_CONNECTION` of the instance.
pub(super) async fn seen(order: &Order, connection: &str) -> Seen {
    if let Some(address) = order.from {
        return Seen::Given(address);
    }
    let Some(ssh) = first_address(connection) else {
        return Seen::Ports { ssh: None };
    };
    let elsewhere = Seen::Ports { ssh: Some(ssh) };
    let targets = addresses(&order.target).await;
    if targets.is_empty() || targets.iter().any(|it| it.is_ipv4() != ssh.is_ipv4()) {
        return elsewhere;
    }
    if targets
        .iter()
        .all(|target| own_towards(*target) == Some(ssh))
    {
        return Seen::Own(ssh);
    }
    let Some(host) = straight(order).await else {
        return elsewhere;
    };
    let hosts = addresses(&host).await;
    if !hosts.is_empty() && hosts.iter().all(|host| targets.contains(host)) {
        Seen::Translated(ssh)
    } else {
        elsewhere
    }
}

fn first_address(connection: &str) -> Option<IpAddr> {
    let text = connection.split(' ').next()?;
    let address: IpAddr = text.split('%').next()?.parse().ok()?;
    Some(address.to_canonical())
}

async fn addresses(name: &str) -> Vec<IpAddr> {
    probes::resolve(name, PATIENCE).await.addresses().collect()
}

/// The address that our packets to `target` have when they leave.
fn own_towards(target: IpAddr) -> Option<IpAddr> {
    let any: SocketAddr = match target {
        IpAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        IpAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect((target, DISCARD)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The host that `ssh` connects to by itself; `None` when it goes through another.
async fn straight(order: &Order) -> Option<String> {
    let mut child = Command::new(super::session::PROGRAM)
        .arg("-G")
        .args(super::session::settings(order))
        .args(order.destination.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut text = Vec::new();
    let output = child.stdout.take()?;
    let mut output = output.take(CONFIGURATION);
    timeout(PATIENCE, output.read_to_end(&mut text))
        .await
        .ok()?
        .ok()?;
    straight_host(&String::from_utf8_lossy(&text))
}

/// Reads what `ssh -G` prints (`ssh_config(5)`).
fn straight_host(configuration: &str) -> Option<String> {
    let value = |name: &str| {
        configuration
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    };
    let none = |name: &str| value(name).is_none_or(|value| value.eq_ignore_ascii_case("none"));
    if none("proxyjump") && none("proxycommand") {
        value("hostname").map(str::to_owned)
    } else {
        None
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
const CONFIGURATION: u64 = 256 << 10;
const DISCARD: u16 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_address_is_the_first_word() {
        for (connection, want) in [
            ("198.51.100.7 4022 10.0.1.10 22", Some("198.51.100.7")),
            ("::ffff:198.51.100.7 1 ::1 22", Some("198.51.100.7")),
            ("fe80::1%eth0 1 fe80::2%eth0 22", Some("fe80::1")),
            ("UNKNOWN 65535 UNKNOWN 65535", None),
            ("", None),
        ] {
            let want = want.map(|it| it.parse().unwrap());
            assert_eq!(first_address(connection), want, "{connection}");
        }
    }

    #[test]
    fn a_jump_host_is_told_from_a_straight_way() {
        for (configuration, want) in [
            ("hostname web.example\nport 22\n", Some("web.example")),
            (
                "hostname web.example\nproxyjump none\nproxycommand none\n",
                Some("web.example"),
            ),
            ("hostname web.example\nproxyjump bastion\n", None),
            ("proxycommand nc %h %p\nhostname web.example\n", None),
            ("", None),
        ] {
            assert_eq!(straight_host(configuration).as_deref(), want);
        }
    }

    #[test]
    fn our_own_address_towards_ourselves_is_the_same() {
        for address in ["127.0.0.1", "::1"] {
            let address = address.parse().unwrap();
            assert_eq!(own_towards(address), Some(address));
        }
    }
}
