//! The instance's servers: real packages with small configurations.

use crate::certificates;
use crate::machine::Machine;
use std::os::unix::fs::PermissionsExt;

/// A server of the instance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Server {
    /// OpenSSH on 22.
    Ssh,
    /// nginx on 80 and 443.
    Web,
    /// OpenSMTPD on 25.
    Mail,
    /// xrdp on 3389.
    Rdp,
}

impl Server {
    /// Starts it in its usual place.
    pub(crate) fn start(self, machine: &mut Machine) {
        match self {
            Self::Ssh => sshd(machine, "ListenAddress 0.0.0.0\nListenAddress ::"),
            Self::Web => nginx(machine, &web_site()),
            Self::Mail => opensmtpd(machine),
            Self::Rdp => xrdp(machine),
        }
    }

    /// Starts it and waits until it listens.
    pub(crate) fn start_and_wait(self, machine: &mut Machine) {
        self.start(machine);
        self.wait(machine);
    }

    /// Waits until it listens over both families.
    pub(crate) fn wait(self, machine: &Machine) {
        match self {
            Self::Ssh => machine.wait_for_listener(22, &["tcp", "tcp6"]),
            Self::Web => machine.wait_for_listener(443, &["tcp", "tcp6"]),
            Self::Mail => machine.wait_for_listener(25, &["tcp", "tcp6"]),
            Self::Rdp => machine.wait_for_listener(3389, &["tcp6"]),
        }
    }
}

/// Starts sshd with these further settings.
pub(crate) fn sshd(machine: &mut Machine, settings: &str) {
    machine.write("/run/lab/host_key", certificates::file("host_key"));
    let key = machine.path("/run/lab/host_key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
    machine.write(
        "/run/lab/sshd_config",
        format!("{settings}\nHostKey /run/lab/host_key\nPidFile none\nUsePAM no\n"),
    );
    let command = [
        "/usr/sbin/sshd",
        "-D",
        "-f",
        "/run/lab/sshd_config",
        "-E",
        "/run/log/sshd",
    ];
    machine.spawn("sshd", &command);
}

/// Starts nginx with these `server` blocks.
pub(crate) fn nginx(machine: &mut Machine, sites: &str) {
    for name in [
        "valid.pem",
        "valid.key",
        "expired.pem",
        "other_name.pem",
        "untrusted.pem",
        "untrusted.key",
    ] {
        machine.write(&format!("/run/lab/{name}"), certificates::file(name));
    }
    machine.write("/run/lab/nginx.conf", format!("{NGINX}{sites}\n}}\n"));
    machine.spawn(
        "nginx",
        &["nginx", "-e", "/run/log/nginx", "-c", "/run/lab/nginx.conf"],
    );
}

/// A plain site on 80 and the same over TLS on 443.
pub(crate) fn web_site() -> String {
    format!(
        "{}{}",
        site("80", "return 200 hello;"),
        tls_site("valid.pem", "valid.key")
    )
}

/// A site on one port: `listen` is what follows the port's colon, such as `80 ssl`.
pub(crate) fn site(listen: &str, settings: &str) -> String {
    format!("server {{ listen {listen}; listen [::]:{listen}; {settings} }}\n")
}

/// A site over TLS on 443 with this certificate.
pub(crate) fn tls_site(certificate: &str, key: &str) -> String {
    site(
        "443 ssl",
        &format!(
            "{} return 200 hello;",
            certificate_settings(certificate, key)
        ),
    )
}

/// The settings that name a certificate.
pub(crate) fn certificate_settings(certificate: &str, key: &str) -> String {
    format!("ssl_certificate /run/lab/{certificate}; ssl_certificate_key /run/lab/{key};")
}

fn opensmtpd(machine: &mut Machine) {
    machine.write("/run/lab/smtpd.conf", SMTPD);
    machine.spawn("smtpd", &["smtpd", "-d", "-f", "/run/lab/smtpd.conf"]);
}

fn xrdp(machine: &mut Machine) {
    machine.write("/run/lab/xrdp.ini", XRDP);
    machine.spawn(
        "xrdp",
        &["xrdp", "--nodaemon", "--config", "/run/lab/xrdp.ini"],
    );
}

const NGINX: &str = "
worker_processes 1;
daemon off;
pid /run/lab/nginx.pid;
events { worker_connections 64; }
http {
access_log off;
client_body_temp_path /run/lab/nginx_body;
proxy_temp_path /run/lab/nginx_proxy;
fastcgi_temp_path /run/lab/nginx_fastcgi;
uwsgi_temp_path /run/lab/nginx_uwsgi;
scgi_temp_path /run/lab/nginx_scgi;
";

const SMTPD: &str = r#"
smtp ciphers "HIGH"
listen on 0.0.0.0 port 25
listen on :: port 25
action "out" relay
match from local for any action "out"
"#;

const XRDP: &str = "
[Globals]
ini_version=1
fork=true
port=3389
security_layer=negotiate
certificate=
key_file=
max_bpp=32
autorun=

[Logging]
LogFile=/run/log/xrdp
LogLevel=INFO
EnableSyslog=false

[Xvnc]
name=Xvnc
lib=libvnc.so
ip=127.0.0.1
port=-1
";
