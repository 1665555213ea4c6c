//! What services of the host tell, and nothing secret of it.

use super::room::{PRIVATE, UP, room};
use nix::unistd::geteuid;
use reachdx::inside::{Datum, SshProblem};

#[test]
fn nothing_secret_gets_into_the_snapshot() {
    assert!(geteuid().is_root(), "needs root, to be able to read it");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir -p $DIRECTORY/alice/.ssh; mount -t tmpfs none /home; mkdir -p /home/alice/.ssh
        echo 'alice:x:0:0:SECRET:/home/alice:/bin/sh' > /etc/passwd
        echo 'alice:$6$SECRET$SECRET:19000:0:99999:7:::' > /etc/shadow
        echo 'ssh-ed25519 SECRET SECRET' > /home/alice/.ssh/authorized_keys
        echo SECRET > /home/alice/.ssh/id_ed25519
        echo SECRET > /etc/ssh/ssh_host_rsa_key
        echo 'Banner /etc/SECRET' > /etc/ssh/sshd_config
        echo 'h sshd[1]: Failed password for SECRET from 127.0.0.1 port 1' > /var/log/auth.log
        echo 'search SECRET' > /etc/resolv.conf
        export TOKEN=SECRET
        sh -c 'sleep 20' SECRET &
        \"$@\" --user alice || exit
        kill $!"
    );
    let run = room(&script);
    let snapshot = run.snapshot();
    let host = &snapshot.host;
    let login = host.login.value().unwrap();
    assert!(login.account.is_some() && login.password.is_some());
    let files = host.ssh_files.value().unwrap();
    assert!(files.iter().any(|it| it.keys == Some(1)), "{files:?}");
    assert_eq!(host.refusals.value().unwrap()["wrong password"], 1);
    assert!(!run.stdout.contains("SECRET"), "{}", run.stdout);
}

#[test]
fn a_host_without_a_log_file_is_asked_for_its_journal() {
    assert!(geteuid().is_root(), "needs root, to read a journal");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir /var/log/journal
        cat > $DIRECTORY/journalctl <<'END'
#!/bin/sh
echo \"$*\" | grep -q -e --since=-1h || exit 1
echo 'Jan  1 00:00:01 h sshd[1]: Failed password for SECRET from 127.0.0.1 port 1'
echo 'Jan  1 00:00:01 h sshd[1]: Failed password for SECRET from 192.0.2.1 port 1'
echo 'Jan  1 00:00:01 h sshd[1]: error: Bind to port 2222 on 0.0.0.0 failed: Permission denied.'
END
        chmod 755 $DIRECTORY/journalctl
        mount --bind $DIRECTORY/journalctl /usr/bin/journalctl
        \"$@\""
    );
    let run = room(&script);
    let snapshot = run.snapshot();
    let Datum::Read { source, value, .. } = &snapshot.host.refusals else {
        panic!("{:?}", snapshot.host.refusals);
    };
    assert_eq!(source, "journalctl, the last hour");
    assert_eq!(value["wrong password"], 1);
    let failures = snapshot.host.ssh_binds.value().unwrap();
    assert_eq!(
        (failures[0].port, failures[0].error.as_str()),
        (2222, "EACCES")
    );
    assert!(!run.stdout.contains("SECRET"));
}

#[test]
fn systemd_is_asked_of_the_ssh_server_and_of_what_failed() {
    assert!(geteuid().is_root(), "needs root, to seem to run systemd");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir -p /run/systemd/system
        cat > $DIRECTORY/systemctl <<'END'
#!/bin/sh
[ $# -gt 2 ] || {{ echo SystemState=degraded; exit; }}
[ $1 = show ] || {{ echo '* nginx.service loaded failed failed SECRET'; exit; }}
echo Id=ssh.service; echo LoadState=loaded; echo ActiveState=failed; echo Result=exit-code
echo ExecMainStatus=255; echo UnitFileState=enabled
END
        chmod 755 $DIRECTORY/systemctl
        mount --bind $DIRECTORY/systemctl /usr/bin/systemctl
        \"$@\""
    );
    let run = room(&script);
    let host = run.snapshot().host;
    let unit = host.ssh_unit.value().unwrap();
    assert_eq!(
        (unit.unit.as_str(), unit.active.as_str()),
        ("ssh.service", "failed")
    );
    assert_eq!(host.failed_units.value().unwrap(), &["nginx.service"]);
    assert_eq!(host.system_state.value().unwrap(), "degraded");
    assert!(!run.stdout.contains("SECRET"));
}

#[test]
fn the_settings_of_the_ssh_server_need_no_root() {
    assert!(geteuid().is_root(), "needs root, to become nobody");
    let script = format!(
        "{UP}
        exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\""
    );
    let snapshot = room(&script).snapshot();
    assert!(!snapshot.root);
    let login = snapshot.ssh_login.value().expect("a readable sshd_config");
    assert!(login.settings.contains_key("permitrootlogin"));
    assert_eq!(snapshot.host.ssh_check.value().unwrap().problem, None);
}

#[test]
fn a_server_for_which_systemd_listens_is_asked_although_its_directory_is_missing() {
    assert!(
        geteuid().is_root(),
        "needs root, which is asked for the directory"
    );
    let script = format!(
        "{UP}
        {PRIVATE}
        rmdir /run/sshd
        exec \"$@\""
    );
    let snapshot = room(&script).snapshot();
    let login = snapshot.ssh_login.value().expect("settings");
    assert!(login.settings.contains_key("permitrootlogin"));
    assert_eq!(snapshot.host.ssh_check.value().unwrap().problem, None);
    let files = snapshot.host.ssh_files.value().unwrap();
    let directory = files.iter().find(|it| it.path == "/run/sshd").unwrap();
    assert_eq!(directory.mode, None, "nor was it made");
}

#[test]
fn an_ssh_server_that_would_not_start_is_told_with_the_place() {
    assert!(geteuid().is_root(), "needs root, to look at everything");
    let script = format!(
        "{UP}
        {PRIVATE}
        printf 'Port 22\nPrt 23\n' > /etc/ssh/sshd_config
        exec \"$@\""
    );
    let snapshot = room(&script).snapshot();
    let check = snapshot.host.ssh_check.value().unwrap();
    assert_eq!(check.problem, Some(SshProblem::BadOption));
    assert_eq!(check.place.as_deref(), Some("/etc/ssh/sshd_config line 2"));
}

#[test]
fn a_disk_that_is_not_there_is_an_error_in_one_line() {
    let run = room("exec \"$1\" inside --sysroot /nonexistent");
    assert_eq!(run.code, Some(3));
    assert!(
        run.stderr
            .starts_with("error: --sysroot: cannot read `/nonexistent`")
    );
    assert_eq!(run.stderr.lines().count(), 1);
}

#[test]
fn files_of_the_ssh_server_are_told_with_their_labels() {
    assert!(geteuid().is_root(), "needs root, to set labels");
    let script = format!(
        "{UP}
        {PRIVATE}
        mkdir -p $DIRECTORY/root/.ssh; : > $DIRECTORY/root/.ssh/authorized_keys
        mount --bind $DIRECTORY/root /root
        setfattr -n security.selinux -v system_u:object_r:ssh_home_t:s0 /root/.ssh
        setfattr -n security.selinux -v 'no label' /root/.ssh/authorized_keys
        exec \"$@\""
    );
    let files = room(&script).snapshot().host.ssh_files;
    let label = |path: &str| {
        let mut files = files.value().unwrap().iter();
        files.find(|it| it.path == path).unwrap().label.clone()
    };
    let home = "system_u:object_r:ssh_home_t:s0".to_owned();
    assert_eq!(label("/root/.ssh"), Some(home));
    assert_eq!(label("/root/.ssh/authorized_keys"), None);
}
