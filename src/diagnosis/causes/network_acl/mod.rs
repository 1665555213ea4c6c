mod inbound_denied;
mod return_denied;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[inbound_denied::CAUSE, return_denied::CAUSE];
