//! Colour goes to terminals, and to whoever asks for it.

use crate::peer::{Refusing, listen, ssh};
use crate::tool::Tool;

#[test]
fn a_pipe_gets_colour_only_on_demand() {
    let service = format!("ssh={}", listen(ssh()));
    let check = |extra: &[&'static str]| {
        let words = ["check", "127.0.0.1", "--service", &service];
        Tool::new(words.into_iter().chain(extra.iter().copied()))
    };
    let coloured = |tool: Tool| tool.run().said(0).contains('\x1b');
    assert!(!coloured(check(&[])));
    assert!(coloured(check(&["--color", "always"])));
    assert!(coloured(check(&[]).variable("CLICOLOR_FORCE", "1")));
    assert!(!coloured(
        check(&["--color", "never"]).variable("CLICOLOR_FORCE", "1")
    ));
    assert!(!coloured(
        check(&[])
            .variable("CLICOLOR_FORCE", "1")
            .variable("NO_COLOR", "1")
    ));
    assert!(coloured(
        check(&["--color", "always"]).variable("NO_COLOR", "1")
    ));
    let empty = check(&[])
        .variable("CLICOLOR_FORCE", "1")
        .variable("NO_COLOR", "");
    assert!(coloured(empty), "an empty NO_COLOR asks for nothing");
}

#[test]
fn only_text_is_ever_coloured() {
    let refusing = Refusing::new();
    let service = format!("tcp/{}", refusing.port());
    for format in ["json", "markdown", "nagios"] {
        let words = [
            "check",
            "127.0.0.1",
            "--service",
            &service,
            "--format",
            format,
        ];
        let output = Tool::new(words.into_iter().chain(["--color", "always"])).run();
        assert!(!output.said(2).contains('\x1b'), "{format}");
    }
}

#[test]
fn a_terminal_gets_colour_unless_told_otherwise() {
    let port = listen(ssh());
    let on_a_terminal = |variables: &str| {
        let command = format!(
            "{variables} {} check 127.0.0.1 --service ssh={port} 2>/dev/null",
            env!("CARGO_BIN_EXE_reachdx")
        );
        let output = std::process::Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(on_a_terminal("").contains("\x1b["));
    assert!(!on_a_terminal("NO_COLOR=1").contains("\x1b["));
    assert!(!on_a_terminal("TERM=dumb").contains("\x1b["));
}
