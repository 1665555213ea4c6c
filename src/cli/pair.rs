use crate::collect::write_output;
use crate::paste::PairingCode;
use anyhow::Context as _;

/// Prints a new pairing code.
pub(super) fn run() -> anyhow::Result<u8> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).context("the system gives no random numbers")?;
    let code = PairingCode::from_random(random);
    write_output(None, format!("{code}\n").as_bytes())?;
    Ok(0)
}
