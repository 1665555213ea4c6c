mod certificate_invalid;
mod closes_at_once;
mod error;
mod hung;
mod login_refused;
mod nla_required;
mod slow_greeting;
mod tls_failed;
mod turns_client_away;
mod wrong_protocol;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    hung::CAUSE,
    wrong_protocol::CAUSE,
    turns_client_away::CAUSE,
    closes_at_once::CAUSE,
    slow_greeting::CAUSE,
    error::CAUSE,
    tls_failed::CAUSE,
    certificate_invalid::CAUSE,
    nla_required::CAUSE,
    login_refused::CAUSE,
];
