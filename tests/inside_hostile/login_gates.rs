//! The gates of PAM, held against the modules themselves: `pamtester` asks them what the tool foretells.

use super::room::{PRIVATE, UP, room};
use nix::unistd::geteuid;
use reachdx::inside::{AccessVerdict, PamGates, read_snapshot};

/// A user `alice` with the password `right`, a member of `staff` and `wheel`.
const ALICE: &str = "
    echo 'alice:x:4242:50::/tmp:/bin/sh' >> /etc/passwd; echo 'bob:x:4243:4243::/tmp:/bin/sh' >> /etc/passwd
    echo \"alice:$(openssl passwd -6 right):19000:0:99999:7:::\" >> /etc/shadow
    echo 'wheel:x:4210:bob,alice' >> /etc/group; ln -s /run /var/run
    printf 'passwd: files\\ngroup: files\\nshadow: files\\n' > /etc/nsswitch.conf";

/// One stack, whether PAM lets alice in, and what is foretold.
struct Trial {
    entered: bool,
    gates: PamGates,
}

/// Tries each of some settings: a shell command that makes them, and one that logs in or not.
fn trials(settings: &[String], login: &str) -> Vec<Trial> {
    assert!(geteuid().is_root(), "needs root, for files of its own");
    let mut script = format!("{UP}\n{PRIVATE}\n{ALICE}\n");
    for setting in settings {
        let one = format!(
            "{setting}
            \"$@\" --user alice
            if {login} > /dev/null 2>&1; then echo =in; else echo =out; fi\n"
        );
        script += &one;
    }
    let run = room(&script);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let mut text = String::new();
    let mut trials = Vec::new();
    for line in run.stdout.lines() {
        if let Some(word) = line.strip_prefix('=') {
            let snapshot = read_snapshot(&text).unwrap();
            trials.push(Trial {
                entered: word == "in",
                gates: snapshot.host.pam.value().unwrap().clone(),
            });
            text.clear();
        } else {
            text.push_str(line);
        }
    }
    assert_eq!(trials.len(), settings.len());
    trials
}

fn stack(lines: &str) -> String {
    format!("printf '%s\\n' {lines} > /etc/pam.d/sshd")
}

#[test]
fn a_list_of_access_lets_in_whom_pam_access_lets_in() {
    let lists = [
        "",
        "- : ALL : ALL",
        "+ : alice : 127.0.0.\\n- : ALL : ALL",
        "+ : alice : 198.51.100.0/24\\n- : ALL : ALL",
        "+ : alice : 127.0.0.0/8\\n- : ALL : ALL",
        "- : ALL EXCEPT root wheel : ALL",
        "- : ALL EXCEPT (staff) : ALL",
        "- : ALL EXCEPT root bob : ALL",
        "- : ALL EXCEPT alice EXCEPT ALL : ALL",
        "- : wheel : ALL EXCEPT LOCAL 192.0.2.8",
        "- : wheel : ALL EXCEPT 127.0.0.1",
        "+ : root : cron tty1 :0\\n- : ALL : ALL",
        "- : alice : tty1 pts/0",
        "- : bob : ALL",
        "# - : ALL : ALL\\n\\n-:alice:127.0.0.1",
        "- : (wheel) : 2001:db8::/32",
        "+:ALL:ALL\\n-:ALL:ALL",
    ];
    let settings: Vec<String> = lists
        .iter()
        .map(|list| {
            let stack = stack("'account required pam_access.so'");
            format!("{stack}; printf -- '{list}\\n' > /etc/security/access.conf")
        })
        .collect();
    let login = "pamtester -I rhost=127.0.0.1 sshd alice acct_mgmt";
    let mut kept_out = 0;
    for (trial, list) in trials(&settings, login).iter().zip(lists) {
        let foretold = match trial.gates.access.as_ref().unwrap() {
            AccessVerdict::Allow => true,
            AccessVerdict::Deny { .. } => false,
            AccessVerdict::Unknown => panic!("{list}: can be told"),
        };
        assert_eq!(foretold, trial.entered, "{list}");
        kept_out += usize::from(!trial.entered);
    }
    assert!((5..lists.len() - 5).contains(&kept_out), "{kept_out}");
}

#[test]
fn failures_lock_out_exactly_whom_pam_faillock_locks_out() {
    let stack = stack(
        "'auth required pam_faillock.so preauth deny=3' 'auth sufficient pam_unix.so nodelay' \
         'auth [default=die] pam_faillock.so authfail deny=3' 'account required pam_permit.so'",
    );
    let wrong =
        "echo wrong | pamtester -I rhost=127.0.0.1 sshd alice authenticate > /dev/null 2>&1 || :";
    // Whoever gets in wipes out what was counted.
    let settings: Vec<String> = [0, 2, 3]
        .iter()
        .map(|failures| {
            let failures = vec![wrong; *failures].join("\n");
            format!("{stack}\n{failures}")
        })
        .collect();
    let login = "echo right | pamtester -I rhost=127.0.0.1 sshd alice authenticate";
    let told: Vec<_> = trials(&settings, login)
        .into_iter()
        .map(|trial| {
            let failures = trial.gates.failures.unwrap();
            assert_eq!(failures.locked, !trial.entered);
            assert_eq!(failures.seconds_left.is_some(), failures.locked);
            (failures.counted, failures.limit)
        })
        .collect();
    assert_eq!(told.last(), Some(&(3, 3)), "{told:?}");
    assert_eq!(told[0].0, 0);
}

#[test]
fn a_list_of_users_and_a_module_that_is_not_there_keep_out() {
    let listed = |sense: &str| {
        let line =
            format!("'account required pam_listfile.so item=user sense={sense} file=/etc/users'");
        format!("echo alice > /etc/users; {}", stack(&line))
    };
    // Of a file that is included for one kind, the lines of the others do not count.
    let included = |kind: &str| {
        let permit = "'account required pam_permit.so' 'auth required pam_permit.so'";
        format!(
            "echo 'account required pam_nowhere.so' > /etc/pam.d/more; {}",
            stack(&format!("{permit} '{kind} include more'"))
        )
    };
    let settings = [
        listed("deny"),
        listed("allow"),
        stack("'account required pam_nowhere.so' '-account required pam_elsewhere.so'"),
        stack("'@include common-account'"),
        stack("'account sufficient pam_permit.so' 'account required pam_nowhere.so'"),
        included("auth"),
        included("account"),
    ];
    let login = "pamtester -I rhost=127.0.0.1 sshd alice acct_mgmt";
    let found = trials(&settings, login);
    let entered: Vec<bool> = found.iter().map(|it| it.entered).collect();
    assert_eq!(entered, [false, true, false, true, true, true, false]);
    let list = found[0].gates.refused_by_list.as_ref().unwrap();
    assert!(list.file == "/etc/users" && list.keys_too);
    assert_eq!(found[1].gates.refused_by_list, None);
    let missing = |at: usize| found[at].gates.missing.clone().unwrap();
    for at in [2, 6] {
        assert_eq!(missing(at), ["pam_nowhere.so"]);
    }
    for at in [0, 1, 3, 4, 5] {
        assert!(missing(at).is_empty(), "{at}");
    }
    assert!(found[3].gates.modules.contains(&"pam_unix.so".to_owned()));
}
