use crate::collect::write_output;
use crate::report;
use anyhow::Context as _;

pub(super) fn run() -> anyhow::Result<u8> {
    let mut text =
        serde_json::to_string_pretty(&report::schema()).context("cannot write the schema")?;
    text.push('\n');
    write_output(None, text.as_bytes())?;
    Ok(0)
}
