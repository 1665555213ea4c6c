//! An open session proves nothing about the rules: it outlives a new deny.

use crate::fault::{Fault, HEALTHY};
use crate::groups::{self, Group, deny};
use crate::lab::{Lab, PUBLIC};
use crate::servers::Server;
use crate::tool::{self, User};
use std::io::Read;
use std::net::TcpStream;

/// A session that was opened before the deny lives on, new ones fail, and the tool says so.
pub(crate) fn assert_outlived() {
    let mut lab = Lab::start(&groups::web(), &[Server::Ssh]);
    let mut session = lab
        .client
        .within(|| TcpStream::connect((PUBLIC, 22)).unwrap());
    let mut greeting = [0; 4];
    session.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"SSH-");
    lab.held.push(session);

    let denying = [Group::inbound("sg-deny", &[deny("tcp", "22", "0.0.0.0/0")])];
    lab.enforce(&denying);
    let fault = Fault { ..HEALTHY };
    let snapshot = lab.snapshot(fault.services, User::Root);
    let document = lab.check_with(&fault, &denying, snapshot);
    let flow = tool::flow(&document, fault.flow);
    assert_eq!(tool::cause(flow), "security_group.denied_by_rule");
    let findings = document["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|it| it["id"] == "open.established"),
        "{findings:?}"
    );
}
