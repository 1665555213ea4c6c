//! How the host's links are named, and what lies behind them, for one listing.

use super::vocabulary::Vocabulary;
use crate::command::run;
use crate::dice;
use crate::world;
use ipnet::IpNet;
use rulesets::Family;
use rulesets::host::HostFacts;
use std::net::IpAddr;

/// The names of the host's second link to the peer and of its link to the far end.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) second: String,
    pub(super) far: String,
}

/// The layouts that a listing is tried under.
pub(super) fn layouts(vocabulary: &Vocabulary) -> Vec<Layout> {
    let layout = |second: &str, far: &str| Layout {
        second: second.to_owned(),
        far: far.to_owned(),
    };
    let named = |far: &str| vocabulary.interfaces.iter().any(|name| name == far);
    let spare = |name| if named(name) { "spare0" } else { name };
    let (second, far) = (spare(SECOND), spare(FAR));
    match vocabulary.interfaces.as_slice() {
        [] => vec![layout(second, far)],
        [one] => vec![layout(second, one), layout(one, far)],
        [one, other, ..] => vec![layout(other, one), layout(one, other), layout(second, one)],
    }
}

impl Layout {
    /// Renames the links of the host this thread stands in, gives the one to the far end an address of
    /// the first private network that the listing names, and leads what else it names there as well.
    pub(super) fn apply(&self, vocabulary: &Vocabulary) -> HostFacts {
        let mut facts = world::facts();
        let mut script = String::new();
        for (before, after) in [(SECOND, &self.second), (FAR, &self.far)] {
            script += &rename(before, after);
            let nets = facts.interfaces.remove(before).unwrap();
            for net in &nets {
                script += &address(*net, after);
            }
            facts.interfaces.insert(after.clone(), nets);
        }
        for family in [Family::V4, Family::V6] {
            for address in dice::behind(family) {
                script += &self.neighbour(&self.far, address);
            }
        }
        let home = self.far.as_str();
        for family in [Family::V4, Family::V6] {
            if let Some(net) = private(vocabulary, family) {
                script += &address(net, home);
                facts.interfaces.get_mut(home).unwrap().push(net);
                facts.addresses.push(net);
                for address in vocabulary.addresses(family) {
                    if net.contains(&address) && address != net.addr() {
                        script += &self.neighbour(home, &address.to_string());
                    }
                }
            }
            script += &self.routes(vocabulary, family, &facts);
        }
        run("ip", &["-batch", "-"], &script);
        facts
    }

    /// The interface by which the host reaches an address; `None` for one that packets had better not
    /// be sent to.
    pub(super) fn towards(&self, vocabulary: &Vocabulary, address: IpAddr) -> Option<&str> {
        let family = Family::from(address);
        let home = private(vocabulary, family).filter(|net| net.contains(&address));
        if let Some(net) = home {
            let end = address == net.network() || address == net.broadcast();
            let known = vocabulary.addresses(family).contains(&address) && address != net.addr();
            return (known && !end).then_some(self.far.as_str());
        }
        let behind = dice::behind(family)
            .iter()
            .any(|other| other.parse() == Ok(address));
        if behind
            || vocabulary
                .nets
                .iter()
                .any(|net| net.contains(&address) && routed(net))
        {
            return Some(&self.far);
        }
        let beyond = dice::beyond(family)
            .iter()
            .any(|other| other.parse() == Ok(address));
        beyond.then_some("eth0")
    }

    /// True for the far link.
    pub(super) fn is_far(&self, interface: &str) -> bool {
        interface == self.far
    }

    fn neighbour(&self, interface: &str, address: &str) -> String {
        let hardware = if interface == self.far { "06" } else { "04" };
        format!(
            "neigh replace {address} lladdr 02:00:00:00:00:{hardware} dev {interface} nud permanent\n"
        )
    }

    fn routes(&self, vocabulary: &Vocabulary, family: Family, facts: &HostFacts) -> String {
        let gateway = dice::behind(family)[0];
        let far = &self.far;
        let nets = vocabulary.nets.iter().filter(|net| {
            let own = facts.interfaces.values().flatten();
            let mut own = own.filter(|own| Family::from(own.addr()) == family);
            Family::from(net.addr()) == family
                && routed(net)
                && !own.any(|own| own.trunc().contains(*net) || net.contains(&own.addr()))
        });
        nets.fold(String::new(), |script, net| {
            script
                + "route replace "
                + &net.to_string()
                + " via "
                + gateway
                + " dev "
                + far
                + "
"
        })
    }
}

fn rename(before: &str, after: &str) -> String {
    format!("link set {before} down\nlink set {before} name {after}\nlink set {after} up\n")
}

fn address(net: IpNet, interface: &str) -> String {
    format!("address replace {net} dev {interface} nodad\n")
}

/// The host's address in the first private network of this family that a listing names.
fn private(vocabulary: &Vocabulary, family: Family) -> Option<IpNet> {
    let net = vocabulary.nets.iter().find(|net| {
        Family::from(net.addr()) == family
            && (8..29).contains(&net.prefix_len().min(28))
            && net.prefix_len() < net.max_prefix_len()
            && is_private(net.addr())
    })?;
    let first = net.hosts().nth(match family {
        Family::V4 => 0,
        Family::V6 => 0xfe,
    })?;
    IpNet::new(first, net.prefix_len()).ok()
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// True for a net that may lie behind the far end: not one of the rig's own, and none that the kernel
/// treats in its own way.
fn routed(net: &IpNet) -> bool {
    let reserved = RESERVED.iter().map(|text| text.parse::<IpNet>().unwrap());
    let length = if net.addr().is_ipv4() { 8 } else { 16 };
    net.prefix_len() >= length
        && !reserved
            .filter(|own| own.addr().is_ipv4() == net.addr().is_ipv4())
            .any(|own| own.contains(net) || net.contains(&own))
}

/// The rig's own networks, and those that are not routed.
const RESERVED: [&str; 12] = [
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "192.0.2.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "2001:db8::/32",
    "::/96",
    "fe80::/10",
    "ff00::/8",
];

/// The names in a world as it is built.
const SECOND: &str = "ens5";
const FAR: &str = "eth1";
