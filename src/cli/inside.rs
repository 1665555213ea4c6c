use super::form::{Form, Wanted, rendered};
use super::pasted::pairing_code;
use super::{healthy, options, witness};
use crate::collect::inside::{
    DEFAULT_OUTBOUND, Metadata, Options, Turn, collect, collect_mounted, parse_outbound,
};
use crate::collect::ssh::identity;
use crate::collect::write_output;
use crate::evidence::Plan;
use crate::inside::{Cloud, Snapshot, Watched};
use crate::paste::{Channel, PairingCode, script, shell_script};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Services to probe on the instance itself
    #[arg(long, value_name = "LIST", default_value = DEFAULT_SERVICES)]
    service: String,
    /// Far ends to probe from inside [default: mail exchangers of two operators on 25, their
    /// submission hosts on 465 and 587, and a web site on 443]
    #[arg(
        long,
        value_name = "HOST:PORT,...",
        default_value = DEFAULT_OUTBOUND,
        hide_default_value = true
    )]
    outbound: String,
    /// The client, to learn the route towards it
    #[arg(long, value_name = "IP")]
    from: Option<IpAddr>,
    /// First watch for so long which packets of the client arrive and what is sent back; says on
    /// standard error when the client may begin
    #[arg(long, value_name = "DUR", value_parser = options::duration)]
    witness: Option<Duration>,
    /// End the watch when standard input ends
    #[arg(long, requires = "witness")]
    until_eof: bool,
    /// The user whose login the SSH server's settings are asked for, from the client
    #[arg(long, value_name = "NAME", default_value = DEFAULT_USER)]
    user: String,
    /// Ask the cloud's own service on the link about this instance: ids, addresses, gateway and bound
    /// security groups, and nothing that could be secret. CLOUD is tencent, aws, azure, gcp or alibaba
    /// [default: the one that the firmware names]
    #[arg(
        long,
        value_name = "CLOUD",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = OF_FIRMWARE,
        conflicts_with = "sysroot",
        value_parser = cloud
    )]
    metadata: Option<Metadata>,
    /// How long a connection to an own service may take to open
    #[arg(long, value_name = "DUR", default_value = "1500ms", value_parser = options::duration)]
    timeout: Duration,
    /// Read the disk of a host that does not run, mounted at DIR, instead of this one; nothing is
    /// probed
    #[arg(long, value_name = "DIR", conflicts_with_all = ["witness", "outbound", "service", "script"])]
    sysroot: Option<PathBuf>,
    /// How to print the snapshot
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    format: Form,
    /// The pairing code of the run that asks, so that `check --pair` knows the snapshot for its own
    #[arg(long, value_name = "CODE", value_parser = pairing_code)]
    pair: Option<PairingCode>,
    /// The most that may be printed, in bytes: the state of the machine goes first, then rule
    /// listings are cut, then whole facts
    #[arg(long, value_name = "BYTES")]
    limit: Option<usize>,
    /// Keep the snapshot in FILE where every service that listens answers, in place of the one before;
    /// nothing is printed unless --output says where. The exit code is 1 where it is not kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sysroot", "script", "witness"])]
    keep: Option<PathBuf>,
    /// Say what changed since a snapshot that --keep kept [default: /var/lib/reachdx/healthy.json, where
    /// there is one]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sysroot", "script"])]
    since: Option<PathBuf>,
    /// Print a script that has systemd run this once an hour, with --keep, instead of doing it here
    #[arg(long, conflicts_with_all = ["sysroot", "script", "witness", "since"])]
    timer: bool,
    /// Print a script that does this, for the cloud's command channel or for a host to which no
    /// program can be copied, instead of doing it here
    #[arg(long, value_name = "KIND", value_enum, conflicts_with_all = ["format", "limit"])]
    script: Option<Script>,
    /// Say which snapshots this program takes, and nothing else
    #[arg(long, hide = true)]
    identify: bool,
    /// Where to write the snapshot, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The scripts there are.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Script {
    /// For `sh` alone, where no program can be copied to: it reads less, and probes nothing
    Sh,
    /// Tencent Cloud TAT: keeps 24 KiB (`MAX_REPORT_BYTES` of its agent)
    Tat,
    /// AWS Systems Manager Run Command: keeps the first 24,000 characters
    Aws,
    /// Azure Run Command: keeps the last 4,096 bytes
    Azure,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    if arguments.identify {
        write_output(None, format!("{}\n", identity()).as_bytes())?;
        return Ok(0);
    }
    let services: Vec<_> = options::services(&arguments.service)?
        .into_iter()
        .map(|service| (service.label, service.service, service.port))
        .collect();
    let outbound = parse_outbound(&arguments.outbound)
        .map_err(|error| anyhow::anyhow!("--outbound: {error}"))?;
    if let Some(kind) = arguments.script {
        let text = script_of(kind, arguments)?;
        write_output(arguments.output.as_deref(), text.as_bytes())?;
        return Ok(0);
    }
    if arguments.timer {
        let text = healthy::timer(&kept(arguments), arguments.keep.as_deref())?;
        write_output(None, text.as_bytes())?;
        return Ok(0);
    }
    if let Some(disk) = &arguments.sysroot {
        let options = Options {
            from: arguments.from,
            user: arguments.user.clone(),
            ..Options::default()
        };
        let snapshot = collect_mounted(disk, &options)
            .with_context(|| format!("--sysroot: cannot read `{}`", disk.display()))?;
        return write(arguments, snapshot);
    }
    let _turn = Turn::take()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let witness = arguments.witness.map(|duration| {
        let ports = services.iter().filter_map(|(_, _, port)| *port).collect();
        let watched = Watched {
            client: arguments.from,
            ports,
        };
        witness::run(watched, duration, arguments.until_eof)
    });
    let mut snapshot = runtime.block_on(collect(&Options {
        services,
        outbound,
        from: arguments.from,
        user: arguments.user.clone(),
        metadata: arguments.metadata,
        probe_timeout: arguments.timeout,
        deadline: DEADLINE,
    }));
    runtime.shutdown_background();
    snapshot.witness = witness;
    finish(arguments, snapshot)
}

/// Keeps the snapshot, where that is asked for, and writes it with what changed.
fn finish(arguments: &Arguments, mut snapshot: Snapshot) -> anyhow::Result<u8> {
    let since = healthy::since(&snapshot, arguments.since.as_deref())?;
    let Some(path) = &arguments.keep else {
        snapshot.since = since;
        return write(arguments, snapshot);
    };
    let unwell = healthy::keep(&snapshot, path)?;
    if let Some(reason) = &unwell {
        let _unheard = writeln!(io::stderr(), "not kept: {reason}");
    }
    if arguments.output.is_some() {
        snapshot.since = since;
        write(arguments, snapshot)?;
    }
    Ok(unwell.map_or(0, |_| 1))
}

fn write(arguments: &Arguments, snapshot: Snapshot) -> anyhow::Result<u8> {
    let wanted = Wanted {
        form: arguments.format,
        pair: arguments.pair,
        limit: arguments.limit,
        to_file: arguments
            .output
            .as_deref()
            .is_some_and(|it| it != Path::new("-")),
    };
    let text = rendered(snapshot, &wanted)?;
    write_output(arguments.output.as_deref(), text.as_bytes())?;
    Ok(0)
}

fn script_of(kind: Script, arguments: &Arguments) -> anyhow::Result<String> {
    let said = said(arguments);
    let channel = match kind {
        Script::Tat => Channel::Tat,
        Script::Aws => Channel::Aws,
        Script::Azure => Channel::Azure,
        Script::Sh => {
            let mut options = said.iter().filter(|it| it.starts_with("--"));
            if let Some(other) = options.find(|it| !ASKED_BY_SHELL.contains(&it.as_str())) {
                bail!(
                    "--script sh: the shell script cannot do what {other} asks for: leave it out"
                );
            }
            return Ok(shell_script(arguments.from, &arguments.user));
        }
    };
    Ok(script(channel, &said))
}

fn cloud(name: &str) -> Result<Metadata, String> {
    if name == OF_FIRMWARE {
        return Ok(Metadata::OfFirmware);
    }
    let cloud = Cloud::named(name).map(Metadata::Of);
    cloud.ok_or_else(|| "give tencent, aws, azure, gcp or alibaba".to_owned())
}

/// The arguments of this call that a script hands on.
fn said(arguments: &Arguments) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |name: &str, value: Option<String>| {
        said.extend(
            value
                .map(|value| [name.to_owned(), value])
                .into_iter()
                .flatten(),
        );
    };
    let other = |value: &str, default: &str| (value != default).then(|| value.to_owned());
    say("--service", other(&arguments.service, DEFAULT_SERVICES));
    say("--outbound", other(&arguments.outbound, DEFAULT_OUTBOUND));
    say("--from", arguments.from.map(|it| it.to_string()));
    say("--user", other(&arguments.user, DEFAULT_USER));
    let timeout = (arguments.timeout != DEFAULT_TIMEOUT)
        .then(|| format!("{}ms", arguments.timeout.as_millis()));
    say("--timeout", timeout);
    let metadata = arguments.metadata.map(|metadata| match metadata {
        Metadata::Of(cloud) => format!("--metadata={}", cloud.name()),
        Metadata::OfFirmware => "--metadata".to_owned(),
    });
    say("--pair", arguments.pair.map(|it| it.to_string()));
    said.extend(metadata);
    said
}

/// The same for runs that keep what they find.
fn kept(arguments: &Arguments) -> Vec<String> {
    let mut words = said(arguments);
    let form = arguments.format.to_possible_value();
    let default = Form::default().to_possible_value();
    if let Some(form) = form.filter(|form| Some(form) != default.as_ref()) {
        words.extend(["--format".to_owned(), form.get_name().to_owned()]);
    }
    if let Some(limit) = arguments.limit {
        words.extend(["--limit".to_owned(), limit.to_string()]);
    }
    if let Some(path) = &arguments.output {
        words.extend(["--output".to_owned(), path.display().to_string()]);
    }
    words
}

/// Collects on this very machine, for a target that is this machine.
pub(super) async fn collect_here(plan: &Plan) -> Snapshot {
    let services = plan
        .services
        .iter()
        .map(|service| (service.label.clone(), service.service.clone(), service.port))
        .collect();
    collect(&Options {
        services,
        outbound: Vec::new(),
        from: plan.from,
        user: DEFAULT_USER.to_owned(),
        metadata: None,
        probe_timeout: DEFAULT_TIMEOUT,
        deadline: DEADLINE,
    })
    .await
}

/// What `--metadata` means without a value.
const OF_FIRMWARE: &str = "auto";
/// What the shell script can be told.
const ASKED_BY_SHELL: [&str; 2] = ["--from", "--user"];
const DEADLINE: Duration = Duration::from_secs(20);
const DEFAULT_SERVICES: &str = "ssh,rdp,http,https,smtp";
const DEFAULT_USER: &str = "root";
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(1500);
