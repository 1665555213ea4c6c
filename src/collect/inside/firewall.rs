//! The host firewall's rules, as the instance's own tools print them.
//!
//! Listing must change nothing. These tools make the kernel load modules when they are missing, so
//! each is run only where the modules it talks to are there already; where they certainly are not,
//! there are no rules to list, and that is a fact of its own. The extensions that rules use were
//! loaded when the rules were added.

use super::clock::Clock;
use super::command::{Bounds, CommandError, find, run};
use super::live::{loaded_modules, of_this_thread};
use super::together::together;
use crate::inside::{Datum, FileText, Modules, RulesText};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the tools and the kernel's word on them are found.
pub(super) struct Places {
    directories: Vec<PathBuf>,
    tables: PathBuf,
    modules: Modules,
    bounds: Bounds,
}

impl Places {
    /// This host's.
    pub(super) fn of_this_host() -> Self {
        Self {
            directories: DIRECTORIES.map(PathBuf::from).to_vec(),
            tables: PathBuf::from(of_this_thread("/proc/net").as_ref()),
            modules: loaded_modules(),
            bounds: Bounds {
                time: Duration::from_secs(3),
                output: 4 << 20,
            },
        }
    }
}

/// Every listing, by tool.
pub(super) async fn collect(
    root: bool,
    places: &Places,
    clock: Clock,
) -> BTreeMap<String, Datum<RulesText>> {
    if !root {
        return noted(nothing("listing the rules needs root"), clock);
    }
    let listings = together(TOOLS.map(|tool| clock.note(list(tool, places)))).await;
    let names = TOOLS.iter().map(|tool| tool.key().to_owned());
    names.zip(listings).collect()
}

/// Listings that are at hand at one time.
pub(super) fn noted(
    listings: BTreeMap<String, Datum<RulesText>>,
    clock: Clock,
) -> BTreeMap<String, Datum<RulesText>> {
    let listings = listings.into_iter();
    let noted = listings.map(|(tool, listing)| (tool, listing.taken(clock.taken())));
    noted.collect()
}

/// Every listing skipped for one reason.
pub(super) fn nothing(reason: &str) -> BTreeMap<String, Datum<RulesText>> {
    TOOLS
        .map(|tool| (tool.key().to_owned(), Datum::skipped(tool.key(), reason)))
        .into()
}

#[derive(Clone, Copy)]
enum Tool {
    Nft,
    Save(Family, Backend),
    Sets,
    Bridges,
}

#[derive(Clone, Copy)]
enum Family {
    V4,
    V6,
}

impl Family {
    fn prefix(self) -> &'static str {
        match self {
            Self::V4 => "iptables",
            Self::V6 => "ip6tables",
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Backend {
    Nft,
    Legacy,
}

impl Tool {
    fn key(self) -> &'static str {
        match self {
            Self::Nft => "nft",
            Self::Save(Family::V4, Backend::Nft) => "iptables-nft",
            Self::Save(Family::V4, Backend::Legacy) => "iptables-legacy",
            Self::Save(Family::V6, Backend::Nft) => "ip6tables-nft",
            Self::Save(Family::V6, Backend::Legacy) => "ip6tables-legacy",
            Self::Sets => "ipset",
            Self::Bridges => "ebtables-legacy",
        }
    }
}

/// What the kernel says before any tool is asked.
enum Before {
    /// The tool may be run: it loads nothing.
    Ask,
    /// There are no rules, as this file shows.
    Empty(String),
    /// The tool must not be run.
    Refrain(String),
}

async fn list(tool: Tool, places: &Places) -> Datum<RulesText> {
    match before(tool, places) {
        Before::Ask => {}
        Before::Empty(source) => {
            let text = String::new();
            return Datum::read(&source, RulesText { text });
        }
        Before::Refrain(reason) => return Datum::skipped(tool.key(), reason),
    }
    let (program, arguments): (_, &[&str]) = match tool {
        Tool::Nft => (find(&places.directories, "nft"), &["-a", "list", "ruleset"]),
        Tool::Save(family, backend) => (save_program(family.prefix(), backend, places), &[]),
        Tool::Sets => (find(&places.directories, "ipset"), &["save"]),
        Tool::Bridges => (save_program("ebtables", Backend::Legacy, places), &[]),
    };
    let Some(program) = program else {
        return Datum::skipped(tool.key(), "not installed");
    };
    let source = [&[program.to_string_lossy().as_ref()], arguments]
        .concat()
        .join(" ");
    match run(&program, arguments, places.bounds).await {
        Ok(FileText { text, truncated }) => {
            Datum::read_up_to(&source, RulesText { text }, truncated)
        }
        Err(
            error @ (CommandError::NotStarted(_)
            | CommandError::TimedOut(_)
            | CommandError::Failed { .. }),
        ) => Datum::skipped(&source, error.to_string()),
    }
}

fn before(tool: Tool, places: &Places) -> Before {
    match tool {
        Tool::Sets => before_module("ip_set", &places.modules),
        // What is done by way of nftables, `nft` lists.
        Tool::Bridges => before_module("ebtables", &places.modules),
        Tool::Nft | Tool::Save(_, Backend::Nft) => before_nft(tool, &places.modules),
        Tool::Save(Family::V4, Backend::Legacy) => before_legacy(&places.tables, "ip_tables_names"),
        Tool::Save(Family::V6, Backend::Legacy) => {
            before_legacy(&places.tables, "ip6_tables_names")
        }
    }
}

fn before_nft(tool: Tool, modules: &Modules) -> Before {
    let module = before_module("nf_tables", modules);
    match (tool, &module) {
        (Tool::Save(..), Before::Ask) if !modules.present("nft_compat") => Before::Refrain(
            "nft_compat is not loaded, and asking might load it; `nft` lists every rule there is"
                .to_owned(),
        ),
        (_, Before::Refrain(reason)) => Before::Refrain(format!(
            "{reason}: run `nft list ruleset` where that is no harm"
        )),
        (_, Before::Ask | Before::Empty(_)) => module,
    }
}

fn before_module(module: &str, modules: &Modules) -> Before {
    if modules.absent(module) {
        Before::Empty(format!("/proc/modules: {module} is not loaded"))
    } else if modules.present(module) {
        Before::Ask
    } else {
        Before::Refrain(format!(
            "cannot tell whether {module} is loaded, and asking would load it"
        ))
    }
}

/// The file exists while the legacy tables' module is there, and names the tables in use.
fn before_legacy(directory: &Path, file: &str) -> Before {
    let path = directory.join(file);
    let source = path.display().to_string();
    match fs::read_to_string(&path) {
        Ok(names) if names.trim().is_empty() => Before::Empty(source),
        Ok(_) => Before::Ask,
        Err(error) if error.kind() == ErrorKind::NotFound => Before::Empty(source),
        Err(_) => {
            Before::Refrain("the kernel's list of legacy tables could not be read".to_owned())
        }
    }
}

/// The save command of one backend: by its own name, or by the plain name where that leads to it.
fn save_program(prefix: &str, backend: Backend, places: &Places) -> Option<PathBuf> {
    let suffix = match backend {
        Backend::Nft => "nft",
        Backend::Legacy => "legacy",
    };
    find(&places.directories, &format!("{prefix}-{suffix}-save")).or_else(|| {
        find(&places.directories, &format!("{prefix}-save"))
            .filter(|program| backend_of(program) == backend)
    })
}

/// Which backend a plain `iptables-save` uses: its links lead to `xtables-nft-multi`, or to
/// `xtables-legacy-multi` or, before there were two backends, to something else.
fn backend_of(program: &Path) -> Backend {
    let target = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_owned());
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    if name.contains("nft") {
        Backend::Nft
    } else {
        Backend::Legacy
    }
}

const TOOLS: [Tool; 7] = [
    Tool::Nft,
    Tool::Save(Family::V4, Backend::Nft),
    Tool::Save(Family::V4, Backend::Legacy),
    Tool::Save(Family::V6, Backend::Nft),
    Tool::Save(Family::V6, Backend::Legacy),
    Tool::Sets,
    Tool::Bridges,
];

const DIRECTORIES: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

#[cfg(test)]
mod tests {
    use super::super::command::tests::script;
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    const ALL_LOADED: &str = "nf_tables 1 1\nnft_compat 1 1\n";

    struct Fake {
        directory: TempDir,
    }

    impl Fake {
        fn with(tools: &[(&str, &str)]) -> Self {
            let directory = TempDir::new().unwrap();
            for (name, body) in tools {
                script(directory.path(), name, body);
            }
            Self { directory }
        }

        fn tables(self, file: &str, text: &str) -> Self {
            fs::write(self.directory.path().join(file), text).unwrap();
            self
        }

        async fn list(&self, root: bool, modules: Modules) -> BTreeMap<String, String> {
            let places = Places {
                directories: vec![self.directory.path().to_owned()],
                tables: self.directory.path().to_owned(),
                modules,
                bounds: Bounds {
                    time: Duration::from_secs(2),
                    output: 50,
                },
            };
            let shown = |datum| match datum {
                Datum::Read {
                    value: RulesText { text },
                    truncated,
                    ..
                } => format!("{text:?}{}", if truncated { " cut" } else { "" }),
                Datum::Skipped { reason, .. } => reason,
            };
            let listings = collect(root, &places, Clock::start()).await;
            listings
                .into_iter()
                .map(|(key, datum)| (key, shown(datum)))
                .collect()
        }
    }

    fn loaded(loaded: &str) -> Modules {
        Modules::new(Some(loaded), Some(""))
    }

    #[tokio::test]
    async fn each_tool_is_listed_under_its_own_key() {
        let fake = Fake::with(&[
            ("nft", "echo nft $*"),
            ("iptables-nft-save", "echo four"),
            ("ip6tables-nft-save", "echo six"),
            ("iptables-legacy-save", "echo old"),
        ])
        .tables("ip_tables_names", "filter\n")
        .tables("ip6_tables_names", "filter\n");
        let listings = fake.list(true, loaded(ALL_LOADED)).await;
        assert_eq!(listings["nft"], "\"nft -a list ruleset\\n\"");
        assert_eq!(listings["iptables-nft"], "\"four\\n\"");
        assert_eq!(listings["ip6tables-nft"], "\"six\\n\"");
        assert_eq!(listings["iptables-legacy"], "\"old\\n\"");
        assert_eq!(listings["ip6tables-legacy"], "not installed");
    }

    #[tokio::test]
    async fn a_tool_that_hangs_floods_or_fails_spoils_only_its_own_listing() {
        let fake = Fake::with(&[
            ("nft", "sleep 30"),
            (
                "iptables-nft-save",
                "while :; do echo 0123456789012345678; done",
            ),
            ("ip6tables-nft-save", "echo broken >&2; exit 1"),
        ]);
        let listings = fake.list(true, loaded(ALL_LOADED)).await;
        assert_eq!(listings["nft"], "did not end within 2 s and was stopped");
        assert_eq!(
            listings["iptables-nft"],
            "\"0123456789012345678\\n0123456789012345678\\n\" cut"
        );
        assert_eq!(listings["ip6tables-nft"], "failed (exit status: 1): broken");
    }

    #[tokio::test]
    async fn no_tool_runs_without_root() {
        let fake = Fake::with(&[("nft", "echo ran")]);
        for reason in fake.list(false, loaded(ALL_LOADED)).await.values() {
            assert_eq!(reason, "listing the rules needs root");
        }
    }

    #[tokio::test]
    async fn no_tool_runs_where_it_would_load_a_module() {
        let fake = Fake::with(&[
            ("nft", "echo ran"),
            ("iptables-nft-save", "echo ran"),
            ("iptables-legacy-save", "echo ran"),
        ]);
        let certain = fake.list(true, loaded("tcp_diag 1 1\n")).await;
        for key in ["nft", "iptables-nft", "iptables-legacy"] {
            assert_eq!(certain[key], "\"\"", "{key}");
        }
        let uncertain = fake.list(true, Modules::new(Some(""), None)).await;
        for key in ["nft", "iptables-nft"] {
            assert!(uncertain[key].starts_with("cannot tell"), "{key}");
        }
        let native = fake.list(true, loaded("nf_tables 1 1\n")).await;
        assert_eq!(native["nft"], "\"ran\\n\"");
        assert!(native["iptables-nft"].starts_with("nft_compat is not loaded"));
    }

    #[tokio::test]
    async fn a_plain_save_command_belongs_to_the_backend_it_leads_to() {
        for (multi, nft, legacy) in [
            ("xtables-nft-multi", "\"ran\\n\"", "not installed"),
            ("xtables-multi", "not installed", "\"ran\\n\""),
        ] {
            let fake = Fake::with(&[(multi, "echo ran")]).tables("ip_tables_names", "nat\n");
            let path = fake.directory.path();
            symlink(path.join(multi), path.join("iptables-save")).unwrap();
            let listings = fake.list(true, loaded(ALL_LOADED)).await;
            assert_eq!(listings["iptables-nft"], nft, "{multi}");
            assert_eq!(listings["iptables-legacy"], legacy, "{multi}");
        }
    }
}
