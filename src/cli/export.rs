use super::rule_files::RuleFiles;
use crate::collect::write_output;
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use rulesets::{SecurityGroups, export};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: RuleFiles,
    /// The form to write
    #[arg(long, value_enum, default_value_t = Form::Json)]
    to: Form,
    /// The id of the group to write the rules into, for commands; by default the rules' own
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Where to write
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Form {
    /// Our own neutral form, which every command reads
    Json,
    /// A `tencentcloud_security_group_rule_set` of the Terraform provider
    Terraform,
    /// A `tencentcloud_security_group_lite_rule` of the Terraform provider
    TerraformLite,
    /// Commands of `tccli`
    Tccli,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let groups = groups(&arguments.files)?;
    let mut text = String::new();
    match arguments.to {
        Form::Json => text.push_str(&export::json(&groups)),
        Form::Terraform | Form::TerraformLite | Form::Tccli => {
            if arguments.group.is_some() && groups.groups.len() > 1 {
                bail!("--group names one group, and the files hold several: choose with --bind");
            }
            for group in &groups.groups {
                let name = group.id.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                text.push_str(&match arguments.to {
                    Form::Terraform => export::rule_set(group, &name)?,
                    Form::TerraformLite => export::short_rules(group, &name)?,
                    Form::Json | Form::Tccli => {
                        export::commands(group, arguments.group.as_deref())?.join("\n")
                    }
                });
                text.push('\n');
            }
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    write_output(arguments.output.as_deref(), text.as_bytes())?;
    Ok(0)
}

/// The security groups of Tencent Cloud that the files hold.
fn groups(files: &RuleFiles) -> anyhow::Result<SecurityGroups> {
    let book = files.book()?;
    let own = book.account.groups.iter().map(|group| group.id.as_str());
    let ids: Vec<&str> = if files.bind.is_empty() {
        own.collect()
    } else {
        files.bind.iter().map(String::as_str).collect()
    };
    if ids.is_empty() {
        bail!(
            "the files hold no security group of Tencent Cloud, and no other rules are written out"
        );
    }
    let groups = ids.iter().map(|id| {
        let group = book.account.groups.iter().find(|group| group.id == *id);
        group
            .cloned()
            .with_context(|| format!("--bind: no security group `{}`", id.escape_debug()))
    });
    Ok(SecurityGroups {
        groups: groups.collect::<anyhow::Result<_>>()?,
    })
}
