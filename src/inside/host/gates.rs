//! Which gate behind an open port certainly refuses a login.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{AccessVerdict, LoginGates, PamGates};

/// The gate that refuses the user whatever key or password is shown; `None` when none certainly does.
/// A locked password is no such gate: keys open the account all the same.
pub fn gate_refusal(gates: &LoginGates) -> Option<String> {
    let account = gates.account.as_ref()?;
    if gates.nologin && account.uid != 0 {
        return Some("`/etc/nologin` turns everybody but root away".to_owned());
    }
    if gates.password.is_some_and(|password| password.expired) {
        return Some("the account has expired".to_owned());
    }
    if account.shell_refuses() {
        return Some(format!("the account's shell is `{}`", account.shell));
    }
    (gates.shell_exists == Some(false))
        .then(|| format!("the account's shell `{}` cannot be run", account.shell))
}

/// How PAM refuses the user a login from the client that it was asked about; `None` where it certainly
/// does not, or nobody can tell.
pub fn pam_refusal(gates: &PamGates) -> Option<String> {
    if let Some([module, ..]) = gates.missing.as_deref() {
        return Some(format!(
            "the module {module} that its PAM stack needs is not there, so that nobody gets in"
        ));
    }
    if let Some(AccessVerdict::Deny { file, line }) = &gates.access {
        return Some(format!("line {line} of `{file}` keeps them out"));
    }
    let keys_too = |it: bool| if it { "" } else { ", unless a key opens it" };
    if let Some(list) = &gates.refused_by_list {
        return Some(format!(
            "the list `{}` keeps them out{}",
            list.file,
            keys_too(list.keys_too)
        ));
    }
    let failures = gates.failures.filter(|it| it.locked)?;
    let until = match failures.seconds_left {
        Some(seconds) => format!("for {seconds} s more"),
        None => "until an administrator lifts it".to_owned(),
    };
    Some(format!(
        "passwords are refused {until} after {} failures, as pam_faillock counts, unless a key opens it",
        failures.counted
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::{ListRefusal, LoginFailures, PasswordState, parse_account};

    #[test]
    fn of_several_gates_of_pam_the_one_that_no_key_opens_is_named_first() {
        let all = PamGates {
            modules: Vec::new(),
            missing: Some(vec!["pam_x.so".to_owned()]),
            access: Some(AccessVerdict::Deny {
                file: "/a".to_owned(),
                line: 3,
            }),
            refused_by_list: Some(ListRefusal {
                file: "/b".to_owned(),
                keys_too: false,
            }),
            failures: Some(LoginFailures {
                counted: 3,
                limit: 3,
                locked: true,
                seconds_left: Some(60),
            }),
        };
        let mut gates = all;
        assert!(pam_refusal(&gates).unwrap().contains("pam_x.so"));
        gates.missing = Some(Vec::new());
        assert_eq!(
            pam_refusal(&gates).unwrap(),
            "line 3 of `/a` keeps them out"
        );
        gates.access = Some(AccessVerdict::Unknown);
        let list = pam_refusal(&gates).unwrap();
        assert_eq!(list, "the list `/b` keeps them out, unless a key opens it");
        gates.refused_by_list = None;
        let locked = pam_refusal(&gates).unwrap();
        assert!(
            locked.contains("for 60 s more after 3 failures"),
            "{locked}"
        );
        gates.failures.as_mut().unwrap().locked = false;
        assert_eq!(pam_refusal(&gates), None);
    }

    #[test]
    fn only_what_certainly_refuses_is_named() {
        let open = LoginGates {
            user: "alice".into(),
            nologin: false,
            account: parse_account("alice:x:7:7::/home/alice:/bin/sh", "alice"),
            shell_exists: Some(true),
            password: None,
        };
        assert_eq!(gate_refusal(&open), None);
        let state = |locked, expired| {
            Some(PasswordState {
                locked,
                expired,
                must_change: false,
            })
        };
        let with = |change: fn(&mut LoginGates)| {
            let mut gates = open.clone();
            change(&mut gates);
            gate_refusal(&gates).unwrap()
        };
        assert!(with(|it| it.nologin = true).contains("nologin"));
        assert!(with(|it| it.shell_exists = Some(false)).contains("`/bin/sh`"));
        let locked = LoginGates {
            password: state(true, false),
            ..open.clone()
        };
        assert_eq!(gate_refusal(&locked), None);
        let expired = LoginGates {
            password: state(false, true),
            ..open.clone()
        };
        assert!(gate_refusal(&expired).unwrap().contains("expired"));
        let root = LoginGates {
            nologin: true,
            account: parse_account("root:x:0:0::/root:/bin/sh", "root"),
            ..open
        };
        assert_eq!(gate_refusal(&root), None);
    }
}
