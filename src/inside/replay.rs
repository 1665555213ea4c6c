//! One entrance to every parser of this module, for recorded and for hostile inputs.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{
    AccessVerdict, FaillockSettings, Login, Modules, SshLogin, Wrappers, access, answer_code,
    groups_of, is_jailed, judge_ssh_check, login_refusal, name_question, packet_programs,
    parse_account, parse_bind_failures, parse_cloud_init, parse_conntrack_drops, parse_counters,
    parse_counters6, parse_crowdsec, parse_descriptors, parse_diag_reply, parse_fail2ban,
    parse_host_reply, parse_ipv4_routes, parse_ipv6_routes, parse_jails, parse_kernel_log,
    parse_link_reply, parse_listen_streams, parse_load, parse_memory, parse_oom_kills,
    parse_outbound, parse_pam, parse_password_state, parse_pressure, parse_processors,
    parse_refusals, parse_resolvers, parse_sockets, parse_softnet, parse_ssh_settings,
    parse_sshguard, parse_sshguard_settings, parse_system_state, parse_uptime, wrappers,
};
use std::net::{IpAddr, Ipv4Addr};

/// Feeds an input to the parser its first byte names, and counts the facts it gave; `None` when the
/// parser refused it.
///
/// `0` a socket table, `1` IPv4 routes, `2` IPv6 routes, `3` snmp or netstat, `4` snmp6, `5`
/// connection-tracking statistics, `6` a socket diagnostics reply, `7` a list of far ends, `8` a
/// list of modules, `9` the settings of `sshd`, `:` a reply about interfaces, `;` a reply about links, neighbours and
/// policy rules, `<` any other file about the host; other bytes count round.
pub fn replay(input: &[u8]) -> Option<usize> {
    let (selector, bytes) = input.split_first()?;
    let text = String::from_utf8_lossy(bytes);
    match selector.wrapping_sub(b'0') % 13 {
        0 => parse_sockets(&text).ok().map(|rows| rows.len()),
        1 => parse_ipv4_routes(&text).ok().map(|routes| routes.len()),
        2 => parse_ipv6_routes(&text).ok().map(|routes| routes.len()),
        3 => parse_counters(&text).ok().map(|counters| counters.len()),
        4 => parse_counters6(&text).ok().map(|counters| counters.len()),
        5 => parse_conntrack_drops(&text).ok().map(|_| 1),
        6 => parse_diag_reply(bytes)
            .ok()
            .map(|reply| reply.sockets.len()),
        7 => parse_outbound(&text).ok().map(|far_ends| far_ends.len()),
        8 => Some(usize::from(
            Modules::new(Some(&text), None).present("nf_tables"),
        )),
        10 => parse_link_reply(bytes)
            .ok()
            .map(|reply| packet_programs(&reply).len()),
        11 => parse_host_reply(bytes)
            .ok()
            .map(|reply| reply.links.len() + reply.neighbours.len() + reply.rules.len()),
        12 => Some(host_files(&text)),
        _ => {
            let login = SshLogin {
                user: "root".into(),
                client: Ipv4Addr::LOCALHOST.into(),
                settings: parse_ssh_settings(&text),
            };
            Some(login.settings.len() + usize::from(login_refusal(&login).is_some()))
        }
    }
}

/// Feeds a text to every reader of a file about the host, and counts those that took it.
fn host_files(text: &str) -> usize {
    let client = Ipv4Addr::new(192, 0, 2, 7).into();
    let (allow, deny) = text.split_once('\0').unwrap_or((text, ""));
    let took = [
        answer_code(text.as_bytes(), 7).is_some(),
        name_question(text.trim(), 7).is_some(),
        parse_load(text).is_some(),
        parse_memory(text).is_some(),
        parse_pressure(text).is_some(),
        parse_uptime(text).is_some(),
        parse_descriptors(text).is_some(),
        parse_account(text, "root").is_some(),
        parse_password_state(text, "root", 20_000).is_some(),
        judge_ssh_check(text).place.is_some(),
        wrappers(allow, deny, client) != Wrappers::Allow,
        !parse_resolvers(text).is_empty(),
        !parse_listen_streams([text]).is_empty(),
        !parse_refusals(text, client).is_empty(),
        !parse_bind_failures(text).is_empty(),
        parse_softnet(text).is_ok(),
        parse_processors(text).is_some(),
        parse_oom_kills(text).is_some(),
        parse_cloud_init(text).is_some(),
        parse_system_state(text).is_some(),
        !parse_kernel_log(text).is_empty(),
        parse_fail2ban(text).is_some(),
        parse_jails(text).is_some(),
        is_jailed(text, client).is_some(),
        parse_crowdsec(text).is_some(),
        !parse_sshguard(text, client).is_empty(),
        parse_sshguard_settings(text).is_some(),
        !parse_pam(text).is_empty(),
        FaillockSettings::new(text, &[])
            .judge(text.as_bytes(), false, 1)
            .locked,
        access([("/a", allow)], &login(deny, client)) != AccessVerdict::Allow,
    ];
    took.into_iter().filter(|it| *it).count()
}

fn login(files: &str, client: IpAddr) -> Login<'_> {
    let (member_of, known) = groups_of("root", files, files);
    Login {
        user: "root",
        client,
        member_of,
        known,
        files_know_all: true,
        words_are_groups: true,
    }
}
