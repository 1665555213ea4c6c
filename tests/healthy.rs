//! The latest snapshot of a healthy instance, and what a later one and its report say has changed. Each
//! run has mounts and a network of its own, with a real SSH server in it.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use expect_test::expect;
use nix::unistd::geteuid;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

#[test]
fn the_report_says_what_changed_since_all_was_well() {
    let directory = TempDir::new().unwrap();
    let output = room(
        directory.path(),
        r#"
        reachdx="$1"
        inside() { "$reachdx" inside --service ssh --outbound 127.0.0.1:9 "$@"; }
        inside --keep "$DIRECTORY/healthy.json"
        cp "$DIRECTORY/healthy.json" "$DIRECTORY/first.json"
        inside --since "$DIRECTORY/healthy.json" > "$DIRECTORY/same.json"
        iptables-legacy -I INPUT -d 192.0.2.2 -p tcp --dport 22 -j DROP
        rc=0; inside --timeout 300ms --keep "$DIRECTORY/healthy.json" || rc=$?
        echo "kept: $rc"
        cmp "$DIRECTORY/healthy.json" "$DIRECTORY/first.json"
        inside --timeout 300ms --since "$DIRECTORY/healthy.json" > "$DIRECTORY/now.json"
        for format in text markdown; do
            "$reachdx" check 192.0.2.2 --service ssh --timeout 300ms --color never \
                --inside "$DIRECTORY/now.json" --format $format > "$DIRECTORY/report.$format" || :
        done
        "#,
    );
    let text = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap().as_str(),
            said.as_str()
        ),
        (
            Some(0),
            "kept: 1\n",
            "not kept: ssh listens and does not answer at 192.0.2.2 port 22\n"
        )
    );
    let kept = fs::metadata(directory.path().join("healthy.json")).unwrap();
    assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.starts_with("healthy.json."))
        .collect();
    assert_eq!(left, [""; 0], "nothing is left beside the file");
    let same: serde_json::Value = serde_json::from_str(&text("same.json")).unwrap();
    assert_eq!(same["since"]["value"]["changes"], serde_json::json!([]));
    expect![[r"
        changed   on the instance, since all was well there (DATE)
                  services: was `ssh at 192.0.2.2 port 22 answers`, is `ssh at 192.0.2.2
                  port 22 does not answer`
                  firewall (iptables-legacy): new: `filter: -A INPUT -d 192.0.2.2/32 -p
                  tcp -m tcp --dport 22 -j DROP`

    "]]
    .assert_eq(&changed(&text("report.text")));
    expect![[r"
        ## Changed

        on the instance, since all was well there (DATE)

        - services: was \`ssh at 192.0.2.2 port 22 answers\`, is \`ssh at 192.0.2.2 port 22 does not answer\`
        - firewall (iptables-legacy): new: \`filter: -A INPUT -d 192.0.2.2/32 -p tcp -m tcp --dport 22 -j DROP\`

    "]].assert_eq(&changed(&text("report.markdown")));
}

#[test]
fn a_file_that_is_no_snapshot_is_named() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("old.json"), "{}").unwrap();
    let output = room(
        directory.path(),
        r#""$1" inside --service ssh --outbound 127.0.0.1:9 --since "$DIRECTORY/old.json""#,
    );
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("error: --since: cannot read `") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_place_that_takes_no_file_is_named() {
    let directory = TempDir::new().unwrap();
    let output = room(
        directory.path(),
        r#""$1" inside --service ssh --outbound 127.0.0.1:9 --keep "$DIRECTORY/none/healthy.json""#,
    );
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: --keep: cannot write `"), "{said}");
}

#[test]
fn the_timer_is_two_units_that_systemd_takes() {
    let directory = TempDir::new().unwrap();
    let tool = || Command::new(env!("CARGO_BIN_EXE_reachdx"));
    let words = [
        "inside",
        "--timer",
        "--service",
        "ssh,http",
        "--format",
        "block",
        "--output",
        "/dev/ttyS0",
    ];
    let script = tool().args(words).output().unwrap();
    assert!(script.status.success());
    let script = String::from_utf8(script.stdout).unwrap();
    let command = format!(
        "\nExecStart={} inside --keep /var/lib/reachdx/healthy.json --service ssh,http --format block \
         --output /dev/ttyS0\n",
        env!("CARGO_BIN_EXE_reachdx")
    );
    assert!(script.contains(&command), "{script}");
    let run = Command::new("sh")
        .args(["-c", &script])
        .env("REACHDX_UNITS", directory.path())
        .output()
        .unwrap();
    assert!(run.status.success() && run.stderr.is_empty(), "{run:?}");
    let timer = directory.path().join("reachdx-healthy.timer");
    let judged = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .args([&timer, &directory.path().join("reachdx-healthy.service")])
        .output()
        .unwrap();
    let said = String::from_utf8(judged.stderr).unwrap();
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("reachdx"))
        .collect();
    assert_eq!(
        (judged.status.code(), ours),
        (Some(0), Vec::new()),
        "{said}"
    );
}

#[test]
fn what_systemd_would_read_as_something_else_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_reachdx"))
        .args(["inside", "--timer", "--keep", "/tmp/%h;x"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: --timer: `/tmp/%h;x` holds what a unit of systemd would read as something else: use \
         letters, digits and /-_.,:=@\n"
    );
}

/// The part of a report that says what changed, without the date.
fn changed(report: &str) -> String {
    let begins = |line: &str| line.starts_with("changed") || line == "## Changed";
    let lines = report.lines().skip_while(|line| !begins(line));
    let told = lines.take_while(|line| {
        begins(line) || !line.starts_with("## ") && !line.starts_with("checked ")
    });
    let told: String = told.map(|line| line.trim_end().to_owned() + "\n").collect();
    let (before, rest) = told.split_once("(20").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    format!("{before}(DATE){after}")
}

/// Runs a script on a host with the address 192.0.2.2 and an SSH server; `"$1"` is the tool.
fn room(directory: &Path, script: &str) -> Output {
    let script = format!(
        "mount -t tmpfs none /run
        mkdir -p /run/sshd
        ip link set lo up
        ip link add eth0 type veth peer name peer0
        ip link set peer0 up
        ip address add 192.0.2.2/24 dev eth0
        ip link set eth0 up
        ssh-keygen -q -t ed25519 -N '' -f \"$DIRECTORY/key\"
        /usr/sbin/sshd -D -e -f /dev/null -h \"$DIRECTORY/key\" -o PidFile=none 2>\"$DIRECTORY/sshd\" &
        server=$!
        trap 'kill $server' EXIT
        for try in $(seq 100); do
            if grep -q listening \"$DIRECTORY/sshd\"; then break; fi
            sleep 0.05
        done
        {script}"
    );
    let flags = if geteuid().is_root() { "-mn" } else { "-rmn" };
    Command::new("unshare")
        .args([flags, "sh", "-ec", &script, "sh"])
        .arg(env!("CARGO_BIN_EXE_reachdx"))
        .env("DIRECTORY", directory)
        .output()
        .unwrap()
}
