//! What a probe may report: facts only, one outcome each, ready to be saved and read again.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::IcmpError;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// One thing to ask of one endpoint: a plan item, complete in itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Probe {
    /// The user's name for it: `ssh`, `web`, `tcp/8080`.
    pub label: String,
    /// The protocol to speak, a name from [`crate::SERVICES`].
    pub service: String,
    /// The address to ask.
    pub address: IpAddr,
    /// The port to ask; `None` where the protocol has none (ICMP echo).
    pub port: Option<u16>,
    /// The name the user gave, for TLS server name indication and the HTTP `Host` field.
    pub server_name: Option<String>,
}

/// One fact about one endpoint, seen from one place. Never an opinion.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Observation {
    /// What was asked.
    pub probe: Probe,
    /// Where we stood.
    pub vantage: Vantage,
    /// The local address and port the probe left from, where known; port 0 for ICMP echo.
    pub local: Option<SocketAddr>,
    /// The maximum segment size its SYN offered, chosen at random so that the far end can tell this
    /// probe from others behind address translation; `None` where none was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mss: Option<u16>,
    /// What came of it.
    pub outcome: Outcome,
    /// How long each phase took.
    pub timing: Timing,
}

/// Where a probe stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vantage {
    /// On the instance itself.
    Inside,
    /// Anywhere else.
    Outside,
}

/// Seconds spent in each phase; `None` for a phase that was not reached.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Timing {
    /// From the SYN to the established connection.
    pub connect_s: Option<f64>,
    /// From the established connection to the first byte of the protocol; under TLS, the first one
    /// decrypted.
    pub first_byte_s: Option<f64>,
    /// The TLS handshake.
    pub tls_s: Option<f64>,
    /// From the last byte of the request to the first byte of the answer.
    pub answer_s: Option<f64>,
    /// The whole probe.
    pub total_s: f64,
}

/// What came of a probe: one answer, or one failure at one stage, or the reason it was not made.
#[expect(
    clippy::large_enum_variant,
    reason = "a run holds few outcomes; boxing would burden every reader"
)]
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// The service spoke its protocol; the answer itself may still be a refusal, such as HTTP 503.
    Answered {
        /// What it said.
        answer: Answer,
    },
    /// The attempt stopped.
    Stopped {
        /// The stage that failed.
        stage: Stage,
        /// How it failed.
        failure: Failure,
    },
    /// The probe could not be made; says nothing about the target.
    NotMeasured {
        /// Why, and what would make it possible.
        reason: String,
        /// What the user can do about it.
        remedy: String,
    },
}

/// The stages of an attempt, in order.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Opening the connection, or sending the datagram.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Speaking the protocol.
    Greet,
}

/// Why a stage failed, as precisely as the evidence allows.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// A reset answered our SYN, and no ICMP error was queued.
    Refused,
    /// An ICMP error answered; the kernel queued it with its sender.
    Rejected {
        /// The error and the address that sent it.
        icmp: IcmpError,
    },
    /// The kernel says unreachable but queued no ICMP error (older kernels).
    Unreachable {
        /// The operating system's error number.
        errno: i32,
    },
    /// Nothing came back in time.
    Timeout,
    /// Our own host has no route to the address (`ENETUNREACH` at once).
    NoRoute,
    /// Our own host forbids the packet (`EPERM`, or `EACCES` without an ICMP error).
    LocallyForbidden,
    /// Our own host has no free local port (`EADDRNOTAVAIL`).
    NoLocalPort,
    /// The connection was reset after it was open.
    Reset {
        /// Text received before the reset, escaped.
        text: String,
    },
    /// The peer closed the open connection before it spoke the protocol.
    Closed {
        /// Text received before the close, escaped.
        text: String,
        /// Seconds from the established connection to the close.
        after_s: f64,
    },
    /// The connection is open, and the peer sent nothing we could use in time.
    Silent {
        /// Bytes received before it went quiet; zero is true silence.
        received: usize,
    },
    /// The peer speaks, but another protocol.
    WrongProtocol {
        /// The protocol recognised, such as `ssh`, `http`, `tls`, or `unknown`.
        spoken: String,
        /// What it said, escaped and cut.
        sample: String,
    },
    /// The service says in so many words that it turns this client away.
    TurnedAway {
        /// Its words, escaped and cut.
        text: String,
    },
    /// The TLS handshake failed.
    Tls {
        /// The alert or error, in one line.
        error: String,
        /// True when the peer is alive but only speaks a version or suite we do not.
        legacy: bool,
    },
    /// The peer sent more than the limit without finishing its greeting.
    Flooded {
        /// Bytes read before we gave up.
        received: usize,
    },
    /// An error we have not learned to name; the text is for the log, never for matching.
    Unclassified {
        /// The operating system's words.
        text: String,
    },
}

/// What a service said. Text is escaped and cut before it gets here.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "protocol", rename_all = "snake_case")]
pub enum Answer {
    /// SSH identification string (RFC 4253, section 4.2) and, where it came, KEXINIT.
    Ssh {
        /// The identification string, such as `SSH-2.0-OpenSSH_9.2`.
        identification: String,
        /// Lines sent before it.
        preamble: Vec<String>,
        /// The algorithms offered.
        key_exchange: Option<SshKeyExchange>,
    },
    /// RDP connection confirm ([MS-RDPBCGR] 2.2.1.2).
    Rdp {
        /// The security protocol selected, or the failure code of the negotiation.
        negotiation: RdpNegotiation,
        /// True when the server accepts network level authentication only.
        nla_required: bool,
        /// The certificate, where TLS was selected.
        tls: Option<TlsReport>,
    },
    /// An HTTP status line.
    Http {
        /// Status code.
        status: u16,
        /// Reason phrase.
        reason: String,
        /// The request method that was answered.
        method: String,
        /// `Location`, not followed.
        location: Option<String>,
        /// `Server`.
        server: Option<String>,
        /// What TLS showed, for https.
        tls: Option<TlsReport>,
    },
    /// An SMTP greeting and the answer to EHLO (RFC 5321).
    Smtp {
        /// The greeting's reply code; 220 is welcome.
        code: u16,
        /// The greeting's text.
        greeting: String,
        /// The extensions offered.
        extensions: Vec<String>,
        /// STARTTLS is among them.
        starttls: bool,
    },
    /// Echo replies.
    Echo {
        /// Requests sent.
        sent: u32,
        /// Replies received.
        received: u32,
        /// Smallest, mean and largest round-trip time in seconds.
        rtt_s: Option<[f64; 3]>,
    },
    /// A TCP connection was established; nothing more was asked.
    Open {
        /// What the peer said unasked within a short wait, escaped.
        banner: Option<String>,
    },
    /// A datagram came back.
    Datagram {
        /// Its length in bytes.
        received: usize,
    },
}

/// The algorithms of an SSH KEXINIT message (RFC 4253, section 7.1), as sent, names cut to size.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SshKeyExchange {
    /// Key exchange methods.
    pub methods: Vec<String>,
    /// Host-key types.
    pub host_keys: Vec<String>,
    /// Ciphers, server to client.
    pub ciphers: Vec<String>,
}

/// The result of the RDP security negotiation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RdpNegotiation {
    /// The server selected a protocol: 0 RDP, 1 TLS, 2 `CredSSP`, 8 `CredSSP` with early result.
    Selected {
        /// The protocol's flag.
        protocol: u32,
    },
    /// The server refused the offer.
    Failed {
        /// The failure code; 5 is "hybrid required by server".
        code: u32,
    },
    /// The server confirmed without negotiating: standard RDP security only.
    None,
}

/// What a TLS handshake showed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TlsReport {
    /// The version agreed, such as `TLS 1.3`.
    pub version: String,
    /// The cipher suite agreed.
    pub suite: String,
    /// The leaf certificate, where one was sent and could be read.
    pub certificate: Option<Certificate>,
    /// Certificates in the chain.
    pub chain_length: usize,
    /// What the operating system's trust store says.
    pub trust: Trust,
}

/// A leaf certificate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Certificate {
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The names and addresses it is for.
    pub names: Vec<String>,
    /// Start of validity, seconds since 1970.
    pub not_before: i64,
    /// End of validity, seconds since 1970.
    pub not_after: i64,
    /// True when it signs itself.
    pub self_signed: bool,
}

/// What the trust store says of a certificate chain, judged at the time of the probe.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trust {
    /// Valid for the name and trusted.
    Trusted,
    /// Past its end of validity.
    Expired,
    /// Before its start of validity.
    NotYetValid,
    /// Not for the name that was asked.
    WrongName,
    /// The issuer is not in the trust store.
    UnknownIssuer,
    /// Refused for another reason.
    Invalid {
        /// The verifier's words.
        error: String,
    },
    /// Not judged: no trust store on this machine, or no name to judge by.
    Unknown {
        /// Why.
        reason: String,
    },
}
