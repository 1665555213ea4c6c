//! RDP up to the X.224 connection confirm ([MS-RDPBCGR] 2.2.1.1 and 2.2.1.2), and TLS where the
//! server selects it: no `CredSSP`, no login.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::recognise::wrong_protocol;
use crate::{Answer, Conversation, Event, Failure, RdpNegotiation, Step, TlsReport};

/// Offers TLS and `CredSSP`; where `CredSSP` is selected, asks again without it to learn whether
/// network level authentication is required.
#[derive(Default)]
pub(crate) struct RdpConversation {
    buffer: Vec<u8>,
    negotiation: Option<RdpNegotiation>,
    tls: Option<TlsReport>,
    asked_again: bool,
}

impl Conversation for RdpConversation {
    fn step(&mut self, event: Event<'_>) -> Step {
        match event {
            Event::Opened => Step::Send(self.request()),
            Event::Quiet => Step::Read,
            Event::Received(bytes) => {
                self.buffer.extend_from_slice(bytes);
                self.advance()
            }
            Event::Secured(report) => {
                self.tls = Some(report.clone());
                self.secured()
            }
        }
    }

    fn finish(&mut self, end: Failure) -> Step {
        if self.negotiation.is_some() {
            return self.answer(false);
        }
        if matches!(end, Failure::Flooded { .. }) || is_confirm_start(&self.buffer) {
            return Step::Failed(end);
        }
        Step::Failed(wrong_protocol(&self.buffer, "rdp"))
    }
}

impl RdpConversation {
    fn request(&self) -> Vec<u8> {
        let mut request = REQUEST.to_vec();
        request[PROTOCOLS_OFFSET] = if self.asked_again {
            PROTOCOL_TLS
        } else {
            PROTOCOL_TLS | PROTOCOL_CREDSSP
        };
        request
    }

    fn advance(&mut self) -> Step {
        let confirm = match read_confirm(&self.buffer) {
            Confirm::Incomplete => return Step::Read,
            Confirm::Foreign if self.asked_again => return self.answer(false),
            Confirm::Foreign => return Step::Failed(wrong_protocol(&self.buffer, "rdp")),
            Confirm::Disconnect => {
                return self.finish(Failure::TurnedAway {
                    text: "X.224 disconnect request".to_owned(),
                });
            }
            Confirm::Negotiated(negotiation) => negotiation,
        };
        if self.asked_again {
            return self.answer(confirm == HYBRID_REQUIRED);
        }
        let uses_tls = matches!(confirm, RdpNegotiation::Selected { protocol } if protocol != 0);
        let nla_required = confirm == HYBRID_REQUIRED;
        self.negotiation = Some(confirm);
        if uses_tls {
            Step::StartTls { alpn: None }
        } else {
            self.answer(nla_required)
        }
    }

    fn secured(&mut self) -> Step {
        let tls_only = RdpNegotiation::Selected {
            protocol: u32::from(PROTOCOL_TLS),
        };
        if self.negotiation.as_ref() == Some(&tls_only) {
            return self.answer(false);
        }
        self.asked_again = true;
        self.buffer.clear();
        Step::Reconnect
    }

    fn answer(&self, nla_required: bool) -> Step {
        Step::Answered(Answer::Rdp {
            negotiation: self.negotiation.clone().unwrap_or(RdpNegotiation::None),
            nla_required,
            tls: self.tls.clone(),
        })
    }
}

enum Confirm {
    Incomplete,
    Foreign,
    Disconnect,
    Negotiated(RdpNegotiation),
}

/// Reads a TPKT (RFC 1006) around an X.224 connection confirm, with or without negotiation data.
fn read_confirm(bytes: &[u8]) -> Confirm {
    if !is_confirm_start(bytes) {
        return Confirm::Foreign;
    }
    let [_, _, high, low, ..] = *bytes else {
        return Confirm::Incomplete;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if !(MIN_TPKT..=MAX_TPKT).contains(&length) {
        return Confirm::Foreign;
    }
    let Some(packet) = bytes.get(..length) else {
        return Confirm::Incomplete;
    };
    match (packet[5], &packet[MIN_TPKT.min(length)..]) {
        (0x80, _) => Confirm::Disconnect,
        (0xd0, []) => Confirm::Negotiated(RdpNegotiation::None),
        (0xd0, [2, _, 8, 0, protocol @ ..]) if protocol.len() >= 4 => {
            let protocol = little_endian(protocol);
            Confirm::Negotiated(RdpNegotiation::Selected { protocol })
        }
        (0xd0, [3, _, 8, 0, code @ ..]) if code.len() >= 4 => {
            let code = little_endian(code);
            Confirm::Negotiated(RdpNegotiation::Failed { code })
        }
        _ => Confirm::Foreign,
    }
}

fn is_confirm_start(bytes: &[u8]) -> bool {
    match bytes {
        [] | [3] | [3, 0] | [3, 0, _] | [3, 0, _, _] | [3, 0, _, _, _] => true,
        [3, 0, _, _, _, kind, ..] => matches!(kind, 0xd0 | 0x80),
        _ => false,
    }
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// TPKT, X.224 connection request, `RDP_NEG_REQ` ([MS-RDPBCGR] 2.2.1.1.1).
const REQUEST: [u8; 19] = [3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0];
const PROTOCOLS_OFFSET: usize = 15;
const PROTOCOL_TLS: u8 = 1;
const PROTOCOL_CREDSSP: u8 = 2;
/// `HYBRID_REQUIRED_BY_SERVER` ([MS-RDPBCGR] 2.2.1.2.2).
const HYBRID_REQUIRED: RdpNegotiation = RdpNegotiation::Failed { code: 5 };
const MIN_TPKT: usize = 11;
const MAX_TPKT: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trust;

    fn hear(rdp: &mut RdpConversation, chunks: &[&[u8]]) -> Step {
        let mut step = rdp.step(Event::Opened);
        for chunk in chunks {
            step = rdp.step(Event::Received(chunk));
        }
        step
    }

    fn report() -> TlsReport {
        TlsReport {
            version: "TLS 1.2".to_owned(),
            suite: "x".to_owned(),
            certificate: None,
            chain_length: 1,
            trust: Trust::UnknownIssuer,
        }
    }

    fn answer(step: Step) -> (RdpNegotiation, bool, bool) {
        match step {
            Step::Answered(Answer::Rdp {
                negotiation,
                nla_required,
                tls,
            }) => (negotiation, nla_required, tls.is_some()),
            other => panic!("{other:?}"),
        }
    }

    const CONFIRM: &[u8] = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00";

    fn confirm(kind: u8, value: u8) -> Vec<u8> {
        [CONFIRM, &[kind, 0, 8, 0, value, 0, 0, 0]].concat()
    }

    #[test]
    fn the_first_request_offers_tls_and_credssp() {
        let request =
            b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
        let step = RdpConversation::default().step(Event::Opened);
        assert_eq!(step, Step::Send(request.to_vec()));
    }

    #[test]
    fn a_server_that_selects_tls_shows_its_certificate() {
        let mut rdp = RdpConversation::default();
        let bytes = confirm(2, 1);
        let step = hear(&mut rdp, &[&bytes[..7], &bytes[7..]]);
        assert_eq!(step, Step::StartTls { alpn: None });
        let step = rdp.step(Event::Secured(&report()));
        let selected = RdpNegotiation::Selected { protocol: 1 };
        assert_eq!(answer(step), (selected, false, true));
    }

    #[test]
    fn credssp_is_asked_again_to_learn_whether_it_is_required() {
        for (second, nla_required) in [(confirm(3, 5), true), (confirm(2, 1), false)] {
            let mut rdp = RdpConversation::default();
            let step = hear(&mut rdp, &[&confirm(2, 2)]);
            assert_eq!(step, Step::StartTls { alpn: None });
            assert_eq!(rdp.step(Event::Secured(&report())), Step::Reconnect);
            let step = hear(&mut rdp, &[&second]);
            let selected = RdpNegotiation::Selected { protocol: 2 };
            assert_eq!(answer(step), (selected, nla_required, true));
        }
    }

    #[test]
    fn a_lost_second_connection_does_not_undo_the_answer() {
        let mut rdp = RdpConversation::default();
        hear(&mut rdp, &[&confirm(2, 2)]);
        rdp.step(Event::Secured(&report()));
        let selected = RdpNegotiation::Selected { protocol: 2 };
        let step = rdp.finish(Failure::Timeout);
        assert_eq!(answer(step), (selected, false, true));
    }

    #[test]
    fn standard_security_and_refusals_are_answers() {
        let bare = b"\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00";
        let step = hear(&mut RdpConversation::default(), &[bare]);
        assert_eq!(answer(step), (RdpNegotiation::None, false, false));
        let step = hear(&mut RdpConversation::default(), &[&confirm(3, 1)]);
        let failed = RdpNegotiation::Failed { code: 1 };
        assert_eq!(answer(step), (failed, false, false));
    }

    #[test]
    fn other_protocols_and_lying_lengths_are_not_rdp() {
        for (bytes, expected) in [
            (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "ssh"),
            (b"HTTP/1.1 400 Bad Request\r\n", "http"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "tls"),
            (b"\x03\x00\xff\xff\x0e\xd0", "unknown"),
            (b"\x03\x00\x00\x00\x0e\xd0", "unknown"),
            (b"\x03\x00\x00\x07\x02\xf0\x80", "unknown"),
        ] {
            let step = hear(&mut RdpConversation::default(), &[bytes]);
            let Step::Failed(Failure::WrongProtocol { spoken, .. }) = step else {
                panic!("{step:?}");
            };
            assert_eq!(spoken, expected);
        }
    }

    #[test]
    fn half_a_confirm_is_what_it_is() {
        let mut rdp = RdpConversation::default();
        assert_eq!(hear(&mut rdp, &[&CONFIRM[..8]]), Step::Read);
        let silent = Failure::Silent { received: 8 };
        assert_eq!(rdp.finish(silent.clone()), Step::Failed(silent));
    }
}
