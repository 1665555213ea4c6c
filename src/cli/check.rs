use super::joined::{self, Began};
use super::options::{self, Color};
use super::pasted::{Given, pairing_code, read_inside};
use super::progress::{Line, Quiet};
use crate::collect::ssh::{Destination, SCHEME};
use crate::collect::{Request, collect, read_rules, write_output};
use crate::diagnosis::{Diagnosis, diagnose};
use crate::evidence::{Plan, Run};
use crate::paste::PairingCode;
use crate::report::{self, Format, Style};
use anyhow::Context as _;
use clap::Args;
use probes::Probe;
use std::io::IsTerminal as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Args)]
#[command(max_term_width = 80)]
pub(super) struct Arguments {
    /// Names or addresses to check
    #[arg(required = true)]
    target: Vec<String>,
    /// Services to reach: ssh, rdp, http, https, icmp, smtp, NAME=PORT, tcp/PORT or udp/PORT
    #[arg(long, value_name = "LIST", default_value = DEFAULT_SERVICES)]
    service: String,
    /// A bound security group, as `DescribeSecurityGroupPolicies` answers it; repeat in the order of
    /// priority
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// The inside view: what `reachdx inside` printed, in a file, - for standard input, or
    /// `code:...` as typed; `local`; or `ssh://user@host:port` to log in to the instance and watch there
    /// while probes are sent
    #[arg(long, value_name = "WHAT")]
    inside: Option<String>,
    /// The pairing code that `reachdx inside --pair` was given; another snapshot is refused
    #[arg(long, value_name = "CODE", value_parser = pairing_code, requires = "inside")]
    pair: Option<PairingCode>,
    /// A setting of `ssh` for that login, such as `IdentityFile=key`, passed on as `-o OPT`; repeat it
    #[arg(long, value_name = "OPT", requires = "inside")]
    ssh_option: Vec<String>,
    /// The client's address as the target sees it, when it is not our own
    #[arg(long, value_name = "IP")]
    from: Option<IpAddr>,
    /// The target's own address, where listeners or routes use another one
    #[arg(long, value_name = "IP")]
    target_ip: Option<IpAddr>,
    /// What each service should be: ssh=open,rdp=closed,smtp-out=blocked (default: all open)
    #[arg(long, value_name = "LIST")]
    expect: Option<String>,
    /// Whose network the instance is in
    #[arg(long, value_name = "NAME", default_value = "tencent")]
    provider: String,
    /// Hosts that have nothing to do with the target, probed to see whether our own network works
    #[arg(long, value_name = "HOST:PORT,...", value_delimiter = ',', value_parser = options::endpoint)]
    control: Vec<(String, u16)>,
    /// How long a connection may take to open
    #[arg(long, value_name = "DUR", default_value = "4s", value_parser = options::duration)]
    timeout: Duration,
    /// How to report
    #[arg(long, value_name = "FMT", value_enum, default_value_t)]
    format: Format,
    /// Where to write the report, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// When to colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    color: Color,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let plans = arguments
        .target
        .iter()
        .map(|target| plan(arguments, target))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let groups = read_rules(&arguments.rules)?;
    let destination = destination(arguments)?;
    let given = given_snapshot(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;

    let controls = runtime.block_on(controls(arguments));
    let mut results = Vec::new();
    let mut plans = plans.into_iter();
    while let Some(plan) = plans.next() {
        let request = Request {
            controls: controls.clone(),
            inside: if arguments.inside.as_deref() == Some(LOCAL) {
                Some(runtime.block_on(super::inside::collect_here(&plan)))
            } else {
                given.as_ref().map(|given| given.snapshot.clone())
            },
            groups: groups.clone(),
            notes: notes(given.as_ref()),
            plan,
        };
        let mut run = runtime.block_on(measured(arguments, request, destination.as_ref()));
        let interrupted = run.interrupted;
        if interrupted {
            run.evidence.notes.extend(cut_short(plans.as_slice()));
        }
        let diagnosis = diagnose(&run);
        results.push((run, diagnosis));
        if interrupted {
            break;
        }
    }
    // A probe that hangs in a system call must not hold up the report.
    runtime.shutdown_background();
    render(arguments, &results)
}

/// Probes one target, with a watch on the instance meanwhile where there is one to log in to.
async fn measured(
    arguments: &Arguments,
    mut request: Request,
    destination: Option<&Destination>,
) -> Run {
    let Some(destination) = destination else {
        return probed(request, interrupt()).await;
    };
    let (services, plan) = (&arguments.service, &request.plan);
    let order = joined::order(destination, &arguments.ssh_option, services, plan);
    match joined::begin(&order, interrupt()).await {
        Began::Watching(session) => {
            let mut run = probed(request, interrupt()).await;
            joined::end(*session, destination, &mut run, interrupt()).await;
            run
        }
        Began::Not(reason) => {
            request.notes.push(reason);
            probed(request, interrupt()).await
        }
        Began::Interrupted => probed(request, std::future::ready(())).await,
    }
}

async fn probed(request: Request, interrupt: impl Future<Output = ()>) -> Run {
    if std::io::stderr().is_terminal() {
        Box::pin(collect(request, &mut Line::default(), interrupt)).await
    } else {
        Box::pin(collect(request, &mut Quiet, interrupt)).await
    }
}

/// Ends when the user wants to.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The instance to log in to.
fn destination(arguments: &Arguments) -> anyhow::Result<Option<Destination>> {
    let destination = joined::destination(arguments.inside.as_deref())?;
    if destination.is_none() && !arguments.ssh_option.is_empty() {
        anyhow::bail!("--ssh-option: it goes with --inside ssh://[user@]host[:port]");
    }
    Ok(destination)
}

fn plan(arguments: &Arguments, target: &str) -> anyhow::Result<Plan> {
    let services = options::services(&arguments.service)?;
    let expect = options::expectations(arguments.expect.as_deref(), &services)?;
    if rulesets::provider(&arguments.provider).is_none() {
        let known: Vec<_> = rulesets::providers()
            .iter()
            .map(|provider| provider.name.as_str())
            .collect();
        anyhow::bail!(
            "--provider: `{}` is not known; known are {}",
            options::shown(&arguments.provider),
            known.join(", ")
        );
    }
    Ok(Plan {
        target: options::target(target)?,
        services,
        expect,
        from: arguments.from,
        target_ip: arguments.target_ip,
        provider: arguments.provider.clone(),
        timeout_s: arguments.timeout.as_secs_f64(),
    })
}

/// Resolves the controls; one that does not resolve is left out with the rest of its evidence.
async fn controls(arguments: &Arguments) -> Vec<Probe> {
    let mut controls = Vec::new();
    for (host, port) in &arguments.control {
        let resolution = probes::resolve(host, arguments.timeout).await;
        controls.extend(resolution.addresses().next().map(|address| Probe {
            label: format!("control {host}"),
            service: "tcp".into(),
            address,
            port: Some(*port),
            server_name: None,
        }));
    }
    controls
}

/// The snapshot that was taken before, read once for all targets.
fn given_snapshot(arguments: &Arguments) -> anyhow::Result<Option<Given>> {
    let elsewhere = |what: &&str| *what != LOCAL && !what.starts_with(SCHEME);
    let Some(what) = arguments.inside.as_deref().filter(elsewhere) else {
        if arguments.pair.is_some() {
            anyhow::bail!(
                "--pair goes with a snapshot that was carried here, not with `local` or `ssh://`"
            );
        }
        return Ok(None);
    };
    read_inside(Path::new(what), arguments.pair).map(Some)
}

/// What is said of the snapshot, and of proxies: probes ignore them, since they hide the path.
fn notes(given: Option<&Given>) -> Vec<String> {
    let mut notes = given.map(|given| given.notes.clone()).unwrap_or_default();
    let set: Vec<_> = [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ]
    .into_iter()
    .filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
    .collect();
    if !set.is_empty() {
        notes.push(format!(
            "{} is set; probes go straight to the target and ignore it",
            set.join(", ")
        ));
    }
    notes
}

/// Names the targets that an interrupt left unchecked.
fn cut_short(left: &[Plan]) -> Option<String> {
    let left: Vec<_> = left.iter().map(|plan| plan.target.as_str()).collect();
    (!left.is_empty()).then(|| format!("not checked: {}", left.join(", ")))
}

fn render(arguments: &Arguments, results: &[(Run, Diagnosis)]) -> anyhow::Result<u8> {
    let style = Style {
        color: arguments.color.wanted(arguments.output.is_some()),
        width: 80,
    };
    let mut bytes = Vec::new();
    let several = arguments.target.len() > 1 && arguments.format == Format::Json;
    for (number, (run, diagnosis)) in results.iter().enumerate() {
        if several {
            bytes.extend_from_slice(if number == 0 { b"[\n" } else { b",\n" });
        } else if number > 0 && arguments.format != Format::Nagios {
            bytes.push(b'\n');
        }
        report::write(arguments.format, run, diagnosis, style, &mut bytes)?;
    }
    if several {
        bytes.extend_from_slice(b"]\n");
    }
    write_output(arguments.output.as_deref(), &bytes)?;
    Ok(results
        .iter()
        .map(|(_, diagnosis)| report::exit_code(diagnosis))
        .max_by_key(|code| SEVERITY.iter().position(|it| it == code))
        .unwrap_or(super::CANNOT_TELL))
}

/// Where `--inside` means this very machine.
const LOCAL: &str = "local";
const DEFAULT_SERVICES: &str = "ssh,rdp,http,https,icmp,smtp";
/// Exit codes, the mildest first.
const SEVERITY: &[u8] = &[0, 1, 3, 2];
