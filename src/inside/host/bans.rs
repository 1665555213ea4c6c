//! Lists of the programs that ban: which of them hold one client.
//!
//! Such a list says what its program means to keep out. Whether a packet is stopped is for the rules to
//! say.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::Deserialize;
use std::net::IpAddr;

/// What `fail2ban-client banned ADDRESS` prints, a list of jails for the address, such as
/// `[['sshd', 'recidive']]`; `None` for anything else.
pub fn parse_fail2ban(text: &str) -> Option<Vec<String>> {
    let lists = text.trim().strip_prefix("[[")?.strip_suffix("]]")?;
    if lists.is_empty() {
        return Some(Vec::new());
    }
    let names = lists.split(", ").map(|name| {
        let name = name.strip_prefix('\'')?.strip_suffix('\'')?;
        is_name(name).then(|| name.to_owned())
    });
    names.take(MOST).collect()
}

/// The jails that `fail2ban-client status` names.
pub fn parse_jails(text: &str) -> Option<Vec<String>> {
    let list = behind(text, "Jail list:")?;
    let names = list.split([',', ' ', '\t']).filter(|name| is_name(name));
    Some(names.take(MOST).map(str::to_owned).collect())
}

/// Whether `fail2ban-client status JAIL` has the client among those it bans.
pub fn is_jailed(text: &str, client: IpAddr) -> Option<bool> {
    let list = behind(text, "Banned IP list:")?;
    Some(list.split_whitespace().any(|it| it.parse() == Ok(client)))
}

/// What `cscli decisions list --ip ADDRESS -o json` prints: the scenarios of the bans that are no
/// simulation. `None` for anything else.
pub fn parse_crowdsec(text: &str) -> Option<Vec<String>> {
    let alerts: Option<Vec<Alert>> = serde_json::from_str(text).ok()?;
    let decisions = alerts.into_iter().flatten().flat_map(|it| it.decisions);
    let bans = decisions.filter(|it| it.kind == "ban" && !it.simulated);
    let names = bans.map(|it| {
        let plain = it.scenario.chars().filter(|it| !it.is_control());
        plain.take(MOST_CHARACTERS).collect()
    });
    Some(names.take(MOST).collect())
}

/// The services for which the blacklist of sshguard has the client, by the numbers it gives them: a
/// line is `TIME|SERVICE|KIND|ADDRESS` (`sshguard(8)`).
pub fn parse_sshguard(text: &str, client: IpAddr) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split('|').skip(1);
        let (service, _, address) = (fields.next()?, fields.next()?, fields.next()?);
        let number: u16 = service.trim().parse().ok()?;
        (address.trim().parse() == Ok(client)).then(|| format!("blacklist, service {number}"))
    });
    lines.take(MOST).collect()
}

/// The file that sshguard's settings name as its blacklist, `BLACKLIST_FILE=THRESHOLD:PATH`.
pub fn parse_sshguard_settings(text: &str) -> Option<String> {
    let mut lines = text.lines().map(str::trim);
    let value = lines.find_map(|line| line.strip_prefix("BLACKLIST_FILE="))?;
    let (_, path) = value.trim_matches('"').split_once(':')?;
    path.starts_with('/').then(|| path.to_owned())
}

#[derive(Deserialize)]
struct Alert {
    #[serde(default)]
    decisions: Vec<Decision>,
}

#[derive(Deserialize)]
struct Decision {
    #[serde(rename = "type")]
    kind: String,
    scenario: String,
    #[serde(default)]
    simulated: bool,
}

fn behind<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.split_once(label).map(|(_, rest)| rest.trim()))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MOST_CHARACTERS
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
}

const MOST: usize = 16;
const MOST_CHARACTERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jails_of_an_address_are_read_and_nothing_else() {
        let names = |it: &[&str]| Some(it.iter().map(|it| (*it).to_owned()).collect());
        for (text, want) in [
            ("[['sshd']]\n", names(&["sshd"])),
            ("[['sshd', 'recidive']]\n", names(&["sshd", "recidive"])),
            ("[[]]\n", names(&[])),
            ("[]", None),
            ("[['a b']]", None),
            ("ERROR  Invalid command", None),
            ("", None),
        ] {
            assert_eq!(parse_fail2ban(text), want, "{text}");
        }
    }

    #[test]
    fn an_older_fail2ban_is_asked_jail_by_jail() {
        let status = "Status\n|- Number of jail:\t2\n`- Jail list:\tsshd, nginx-http-auth\n";
        assert_eq!(parse_jails(status).unwrap(), ["sshd", "nginx-http-auth"]);
        assert_eq!(parse_jails("Status\n"), None);
        let jail =
            "Status for the jail: sshd\n`- Actions\n   `- Banned IP list:\t192.0.2.7 192.0.2.70\n";
        for (client, want) in [("192.0.2.7", true), ("192.0.2.0", false)] {
            assert_eq!(is_jailed(jail, client.parse().unwrap()), Some(want));
        }
        assert_eq!(is_jailed("", "192.0.2.7".parse().unwrap()), None);
    }

    #[test]
    fn decisions_that_only_simulate_or_only_ask_are_no_bans() {
        let decision = |kind: &str, simulated: bool| {
            serde_json::json!({"type": kind, "scenario": "crowdsecurity/ssh-bf\u{1b}[1m",
                "simulated": simulated, "value": "192.0.2.7", "duration": "3h59m"})
        };
        let alerts = serde_json::json!([
            {"id": 1, "decisions": [decision("ban", false), decision("captcha", false)]},
            {"id": 2, "decisions": [decision("ban", true)]},
        ]);
        let read = parse_crowdsec(&alerts.to_string()).unwrap();
        assert_eq!(read, ["crowdsecurity/ssh-bf[1m"]);
        assert_eq!(parse_crowdsec("null"), Some(Vec::new()));
        assert_eq!(parse_crowdsec("{\"level\":\"fatal\"}"), None);
    }

    #[test]
    fn a_blacklist_is_found_and_read() {
        let settings = "# x\nTHRESHOLD=30\nBLACKLIST_FILE=120:/var/lib/sshguard/enemies\n";
        let path = parse_sshguard_settings(settings);
        assert_eq!(path.as_deref(), Some("/var/lib/sshguard/enemies"));
        assert_eq!(parse_sshguard_settings("BLACKLIST_FILE=x"), None);
        let list = "1700000000|100|4|192.0.2.7\n1700000000|100|4|192.0.2.70\nx|y|4|192.0.2.7\n";
        let client = "192.0.2.7".parse().unwrap();
        assert_eq!(parse_sshguard(list, client), ["blacklist, service 100"]);
    }
}
