//! Programs that ban, asked about the client.

use super::room::{PRIVATE, UP, reason, room};
use nix::unistd::geteuid;
use reachdx::inside::{Datum, Host};

/// A server of fail2ban that bans what it is told to.
const FAIL2BAN: &str = "
    mkdir -p /run/fail2ban /var/lib/fail2ban; ln -s /run /var/run; rm -f /etc/fail2ban/jail.d/*; : > /var/log/auth.log
    printf '[DEFAULT]\\nbanaction = nftables-multiport\\n' > /etc/fail2ban/jail.local
    for jail in sshd recidive; do
        printf '[%s]\\nenabled = true\\nfilter = sshd\\nbackend = polling\\nlogpath = /var/log/auth.log\\n' \\
            $jail >> /etc/fail2ban/jail.local
    done
    timeout 10 fail2ban-client start > /var/log/start 2>&1
    trap 'fail2ban-client stop > /dev/null 2>&1' EXIT";

#[test]
fn fail2ban_tells_the_jails_that_hold_the_client() {
    assert!(geteuid().is_root(), "needs root, as fail2ban does");
    for (banned, jails) in [("127.0.0.1", &["sshd", "recidive"][..]), ("192.0.2.7", &[])] {
        let script = format!(
            "{UP}
            {PRIVATE}
            {FAIL2BAN}
            for jail in sshd recidive; do
                fail2ban-client set $jail banip {banned} > /dev/null
            done
            \"$@\""
        );
        let host = room(&script).snapshot().host;
        let Datum::Read { source, value, .. } = &host.bans["fail2ban"] else {
            panic!("{:?}", host.bans);
        };
        assert_eq!(source, "fail2ban-client banned 127.0.0.1");
        assert_eq!(value, jails);
    }
}

#[test]
fn a_fail2ban_that_does_not_know_the_question_is_asked_jail_by_jail() {
    assert!(geteuid().is_root(), "needs root, which alone may ask");
    let host = old_fail2ban(
        "status) printf 'Status\\n`- Jail list:\\tnginx, sshd\\n' ;;
        'status sshd') printf '`- Banned IP list:\\t192.0.2.1 127.0.0.1\\n' ;;
        'status nginx') printf '`- Banned IP list:\\t127.0.0.10\\n' ;;",
    );
    assert_eq!(host.bans["fail2ban"].value().unwrap(), &["sshd"]);
}

#[test]
fn jails_that_each_take_their_time_do_not_take_the_deadline() {
    assert!(geteuid().is_root(), "needs root, which alone may ask");
    let host = old_fail2ban(
        "status) printf 'Status\\n`- Jail list:\\ta, b, c, d, e, f, g, h, i, j\\n' ;;
        status*) sleep 2; printf '`- Banned IP list:\\t127.0.0.10\\n' ;;",
    );
    assert_eq!(reason(&host.bans["fail2ban"]), "the run's time ran out");
}

/// What is told of a host whose fail2ban knows these questions alone.
fn old_fail2ban(answers: &str) -> Host {
    let script = format!(
        "{UP}
        cat > $DIRECTORY/client <<'END'
#!/bin/sh
case $* in
    {answers}
    *) echo 'Invalid command'; exit 255 ;;
esac
END
        chmod 755 $DIRECTORY/client
        mount --bind $DIRECTORY/client /usr/bin/fail2ban-client
        \"$@\""
    );
    room(&script).snapshot().host
}

#[test]
fn who_cannot_be_asked_is_named_with_the_reason() {
    assert!(geteuid().is_root(), "needs root, to become nobody");
    let script = format!(
        "{UP}
        exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\""
    );
    let host = room(&script).snapshot().host;
    assert_eq!(reason(&host.bans["fail2ban"]), "asking it needs root");
    let script = format!("{UP}\n{PRIVATE}\nexec \"$@\"");
    let host = room(&script).snapshot().host;
    let silent = reason(&host.bans["fail2ban"]);
    assert!(silent.contains("Is fail2ban running?"), "{silent}");
}

#[test]
fn a_blacklist_in_a_file_is_read_where_the_settings_put_it() {
    assert!(geteuid().is_root(), "needs root, for files of its own");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir -p /etc/sshguard
        echo BLACKLIST_FILE=120:/var/lib/list > /etc/sshguard/sshguard.conf
        printf '1700000000|100|4|192.0.2.7\\n1700000000|240|4|127.0.0.1\\n' > /var/lib/list
        exec \"$@\""
    );
    let host = room(&script).snapshot().host;
    let lists = host.bans["sshguard"].value().unwrap();
    assert_eq!(lists, &["blacklist, service 240"]);
}
