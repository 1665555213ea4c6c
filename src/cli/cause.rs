use super::options::shown;
use crate::collect::write_output;
use crate::diagnosis::{catalogue, cause};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The cause, such as `security_group.no_match`; without it, every id is listed
    id: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let text = match &arguments.id {
        None => {
            let ids: Vec<_> = catalogue().map(|cause| cause.id).collect();
            ids.join("\n") + "\n"
        }
        Some(id) => cause(id)
            .ok_or_else(|| {
                anyhow::anyhow!(
                    "no cause is named `{}`; `reachdx cause` lists them all",
                    shown(id)
                )
            })?
            .page
            .to_owned(),
    };
    write_output(None, text.as_bytes())?;
    Ok(0)
}
