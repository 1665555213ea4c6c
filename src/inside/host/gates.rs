//! Which gate behind an open port certainly refuses a login.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::LoginGates;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::{PasswordState, parse_account};

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
