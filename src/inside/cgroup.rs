//! What `/proc/PID/cgroup` tells of a process (`cgroups(7)`): the systemd unit and the container it
//! belongs to.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::host::is_unit_text;

/// Who manages a process.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Managed {
    /// The systemd unit, such as `ssh.service`.
    pub unit: Option<String>,
    /// The container: its manager where that is known, and the beginning of its id, or its name.
    pub container: Option<String>,
}

/// Reads the file in the form of either version of control groups.
pub fn parse_cgroup(text: &str) -> Managed {
    let paths = || {
        text.lines().take(MOST_LINES).filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (hierarchy, controllers) = (fields.next()?, fields.next()?);
            Some((hierarchy, controllers, fields.next()?))
        })
    };
    let of_systemd = |(hierarchy, controllers, _): &(&str, &str, &str)| {
        *controllers == "name=systemd" || *hierarchy == "0" && controllers.is_empty()
    };
    let unit = paths().filter(of_systemd).find_map(|(.., path)| unit(path));
    Managed {
        container: paths().find_map(|(.., path)| container(path)),
        unit,
    }
}

/// The innermost service of a path; a session or another scope where there is none.
fn unit(path: &str) -> Option<String> {
    let with = |suffix: &str| {
        let mut parts = path.rsplit('/');
        parts.find(|part| part.ends_with(suffix) && is_name(part))
    };
    let found = with(".service").or_else(|| with(".scope"))?;
    Some(found.to_owned())
}

fn container(path: &str) -> Option<String> {
    let mut above = "";
    for part in path.split('/') {
        if let Some(found) = of_part(above, part) {
            return Some(found);
        }
        above = part;
    }
    None
}

/// Docker, podman, containerd and CRI-O name a scope by the container's id, or lay the id below a
/// directory of theirs; LXC and `systemd-nspawn` take names.
fn of_part(above: &str, part: &str) -> Option<String> {
    let bare = part.strip_suffix(".scope").unwrap_or(part);
    if let Some(name) = bare.strip_prefix("lxc.payload.").filter(|it| is_name(it)) {
        return Some(format!("lxc {name}"));
    }
    if above == "lxc" && is_name(part) {
        return Some(format!("lxc {part}"));
    }
    let name = bare.strip_prefix("machine-");
    if let Some(name) = name.filter(|it| part != bare && is_name(it)) {
        return Some(format!("machine {name}"));
    }
    let (manager, id) = bare.rsplit_once('-').unwrap_or((above, bare));
    if id.len() != 64 || !id.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let known = MANAGERS.iter().find(|(prefix, _)| *prefix == manager);
    let manager = known.map_or("container", |(_, name)| name);
    Some(format!("{manager} {}", &id[..12]))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && is_unit_text(text)
}

const MANAGERS: [(&str, &str); 6] = [
    ("docker", "docker"),
    ("libpod", "podman"),
    ("libpod_parent", "podman"),
    ("cri-containerd", "containerd"),
    ("crio", "cri-o"),
    ("nerdctl", "containerd"),
];
const MOST_LINES: usize = 64;
const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn read(text: &str) -> (String, String) {
        let Managed { unit, container } = parse_cgroup(&text.replace("ID", ID));
        (unit.unwrap_or_default(), container.unwrap_or_default())
    }

    #[test]
    fn units_and_containers_are_named_in_both_versions() {
        for (text, unit, container) in [
            ("0::/system.slice/ssh.service\n", "ssh.service", ""),
            (
                "9:pids:/\n1:name=systemd:/system.slice/sshd.service\n",
                "sshd.service",
                "",
            ),
            (
                "0::/user.slice/user-1000.slice/session-3.scope\n",
                "session-3.scope",
                "",
            ),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n",
                "web.service",
                "",
            ),
            (
                "0::/system.slice/docker-ID.scope\n",
                "docker-ID.scope",
                "docker 0123456789ab",
            ),
            ("4:memory:/docker/ID\n0::/\n", "", "docker 0123456789ab"),
            (
                "0::/machine.slice/libpod-ID.scope/container\n",
                "libpod-ID.scope",
                "podman 0123456789ab",
            ),
            (
                "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope\n",
                "cri-containerd-ID.scope",
                "containerd 0123456789ab",
            ),
            (
                "3:cpu:/kubepods/burstable/pod1/ID\n",
                "",
                "container 0123456789ab",
            ),
            (
                "0::/lxc.payload.web/system.slice/nginx.service\n",
                "nginx.service",
                "lxc web",
            ),
            ("5:cpu:/lxc/web\n", "", "lxc web"),
            (
                "0::/machine.slice/machine-web.scope\n",
                "machine-web.scope",
                "machine web",
            ),
            ("0::/init.scope\n", "init.scope", ""),
            ("0::/\n", "", ""),
            ("", "", ""),
        ] {
            let want = (unit.replace("ID", ID), container.to_owned());
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn names_that_no_unit_may_have_are_not_taken() {
        for text in [
            "0::/a b.service",
            "0::/\u{1b}[31m.service",
            "0:/x.service",
            "x",
            "0::/docker-0123.scope/..",
        ] {
            let (unit, container) = read(text);
            assert!(
                container.is_empty() && !unit.contains([' ', '\u{1b}']),
                "{text}: {unit}"
            );
        }
    }
}
