use super::{options, witness};
use crate::collect::inside::{
    DEFAULT_OUTBOUND, Options, Turn, collect, collect_mounted, parse_outbound,
};
use crate::collect::write_output;
use crate::evidence::Plan;
use crate::inside::{Snapshot, Watched};
use anyhow::Context as _;
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Services to probe on the instance itself
    #[arg(long, value_name = "LIST", default_value = "ssh,rdp,http,https,smtp")]
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
    #[arg(long, value_name = "NAME", default_value = "root")]
    user: String,
    /// How long a connection to an own service may take to open
    #[arg(long, value_name = "DUR", default_value = "1500ms", value_parser = options::duration)]
    timeout: Duration,
    /// Read the disk of a host that does not run, mounted at DIR, instead of this one; nothing is
    /// probed
    #[arg(long, value_name = "DIR", conflicts_with_all = ["witness", "outbound", "service"])]
    sysroot: Option<PathBuf>,
    /// Where to write the snapshot, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let services: Vec<_> = options::services(&arguments.service)?
        .into_iter()
        .map(|service| (service.label, service.service, service.port))
        .collect();
    let outbound = parse_outbound(&arguments.outbound)
        .map_err(|error| anyhow::anyhow!("--outbound: {error}"))?;
    if let Some(disk) = &arguments.sysroot {
        let options = Options {
            from: arguments.from,
            user: arguments.user.clone(),
            ..Options::default()
        };
        let snapshot = collect_mounted(disk, &options)
            .with_context(|| format!("--sysroot: cannot read `{}`", disk.display()))?;
        return write(arguments, &snapshot);
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
        probe_timeout: arguments.timeout,
        deadline: DEADLINE,
    }));
    runtime.shutdown_background();
    snapshot.witness = witness;
    write(arguments, &snapshot)
}

fn write(arguments: &Arguments, snapshot: &Snapshot) -> anyhow::Result<u8> {
    let mut text = serde_json::to_string_pretty(snapshot).context("cannot write the snapshot")?;
    text.push('\n');
    write_output(arguments.output.as_deref(), text.as_bytes())?;
    Ok(0)
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
        user: "root".to_owned(),
        probe_timeout: Duration::from_millis(1500),
        deadline: DEADLINE,
    })
    .await
}

const DEADLINE: Duration = Duration::from_secs(20);
