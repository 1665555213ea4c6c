use super::rule_files::RuleFiles;
use crate::collect::{read_book_and_lists, write_output};
use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use rulesets::export::CloudList;
use rulesets::{SecurityGroup, SecurityGroups, export};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: RuleFiles,
    /// The form to write
    #[arg(long, value_enum, default_value_t = Form::Json)]
    to: Form,
    /// The id of the list to write the rules into, for Terraform and commands; by default the rules'
    /// own, and `sg-NEW` in commands for groups of Tencent Cloud
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Where to write
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Form {
    /// JSON that every command reads: our own neutral form for security groups of Tencent Cloud, the
    /// vendor's for all others
    Json,
    /// JSON as the vendor's command line prints it
    Api,
    /// Resources of the cloud's own Terraform provider
    Terraform,
    /// A `tencentcloud_security_group_lite_rule` of the Terraform provider
    TerraformLite,
    /// Commands of the cloud's own command line: `tccli`, `aws`, `az`, `gcloud`, `aliyun`
    #[value(alias = "tccli")]
    Commands,
}

/// What is to be written.
struct Chosen {
    groups: Vec<SecurityGroup>,
    lists: Vec<CloudList>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let chosen = chosen(&arguments.files)?;
    let mut text = match arguments.to {
        Form::Json | Form::Api => document(chosen, arguments.to)?,
        Form::Terraform | Form::TerraformLite | Form::Commands => parts(&chosen, arguments)?,
    };
    text.truncate(text.trim_end().len());
    text.push('\n');
    write_output(arguments.output.as_deref(), text.as_bytes())?;
    Ok(0)
}

/// One JSON document.
fn document(chosen: Chosen, form: Form) -> anyhow::Result<String> {
    let Chosen { groups, lists } = chosen;
    if groups.is_empty() {
        return Ok(export::api_json(&lists)?);
    }
    if !lists.is_empty() {
        bail!(
            "the files hold security groups of Tencent Cloud and lists of other kinds, and no one document holds both: choose with --bind"
        );
    }
    let groups = SecurityGroups { groups };
    match form {
        Form::Api => Ok(export::policies(&groups)?),
        Form::Json | Form::Terraform | Form::TerraformLite | Form::Commands => {
            Ok(export::json(&groups))
        }
    }
}

/// The text of one list behind that of another.
fn parts(chosen: &Chosen, arguments: &Arguments) -> anyhow::Result<String> {
    let target = arguments.group.as_deref();
    if target.is_some() && chosen.groups.len() + chosen.lists.len() > 1 {
        bail!("--group names one list, and the files hold several: choose with --bind");
    }
    let mut parts = Vec::new();
    for group in &chosen.groups {
        let name = group.id.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        parts.push(match arguments.to {
            Form::Terraform => export::rule_set(group, &name)?,
            Form::TerraformLite => export::short_rules(group, &name)?,
            Form::Json | Form::Api | Form::Commands => export::commands(group, target)?.join("\n"),
        });
    }
    for list in &chosen.lists {
        parts.push(match arguments.to {
            Form::Terraform => list.terraform(target)?,
            Form::TerraformLite => {
                bail!("terraform-lite is for security groups of Tencent Cloud; use terraform")
            }
            Form::Json | Form::Api | Form::Commands => list.commands(target)?.join("\n"),
        });
    }
    Ok(parts.join("\n"))
}

/// The lists that are named, or all that the files hold.
fn chosen(files: &RuleFiles) -> anyhow::Result<Chosen> {
    let (book, lists) = read_book_and_lists(&files.paths())?;
    let groups = book.account.groups;
    if groups.is_empty() && lists.is_empty() {
        bail!("the files hold no rule list of a cloud, and no other rules are written out");
    }
    if files.bind.is_empty() {
        return Ok(Chosen { groups, lists });
    }
    let mut named = Chosen {
        groups: Vec::new(),
        lists: Vec::new(),
    };
    for id in &files.bind {
        let group = groups.iter().find(|group| group.id == *id);
        let own = lists.iter().find(|list| list.id() == id);
        let mut by_name = lists.iter().filter(|list| list.name() == id);
        let only = by_name.next().filter(|_| by_name.next().is_none());
        match (group, own.or(only)) {
            (Some(group), _) => named.groups.push(group.clone()),
            (None, Some(list)) => named.lists.push(list.clone()),
            (None, None) => return Err(anyhow!("--bind: no rule list `{}`", id.escape_debug())),
        }
    }
    Ok(named)
}
