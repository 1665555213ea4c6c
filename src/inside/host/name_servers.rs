//! One question to a name server, and what kind of answer it gave (RFC 1035).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// How a name server took one question.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ServerAnswer {
    /// The server.
    pub server: IpAddr,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: ServerOutcome,
}

/// What came of a question.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ServerOutcome {
    /// It answered.
    Answered {
        /// The response code: 0 no error, 2 server failure, 3 no such name, 5 refused.
        code: u8,
        /// After how many milliseconds.
        took_ms: u64,
    },
    /// It did not answer in time.
    Silent,
    /// The question could not be sent, or was refused on the way.
    Failed {
        /// The system's error.
        error: String,
    },
}

/// A question for the IPv4 addresses of a name; `None` when it is no name.
pub fn name_question(name: &str, id: u16) -> Option<Vec<u8>> {
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    let fits = labels.iter().all(|label| (1..=63).contains(&label.len()));
    if !fits || name.len() > 253 {
        return None;
    }
    let mut question = id.to_be_bytes().to_vec();
    // Recursion wanted, one question.
    question.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in labels {
        question.push(u8::try_from(label.len()).ok()?);
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    Some(question)
}

/// The response code of the answer to question `id`; `None` of anything else.
pub fn answer_code(bytes: &[u8], id: u16) -> Option<u8> {
    let header: &[u8; 12] = bytes.first_chunk()?;
    let is_answer = header[..2] == id.to_be_bytes() && header[2] & 0x80 != 0;
    is_answer.then_some(header[3] & 0x0f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_the_form_of_the_rfc() {
        let question = name_question("a.example.", 0x0102).unwrap();
        assert_eq!(
            question,
            b"\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07example\x00\x00\x01\x00\x01"
        );
        let long = "x".repeat(64);
        for name in ["", ".", "a..b", long.as_str()] {
            assert_eq!(name_question(name, 1), None, "{name}");
        }
    }

    #[test]
    fn only_the_answer_to_this_question_counts() {
        let answer = |flags: [u8; 2]| [&[0, 7], &flags[..], &[0; 8]].concat();
        assert_eq!(answer_code(&answer([0x81, 0x83]), 7), Some(3));
        assert_eq!(answer_code(&answer([0x81, 0x80]), 7), Some(0));
        assert_eq!(answer_code(&answer([0x01, 0x00]), 7), None, "a question");
        assert_eq!(answer_code(&answer([0x81, 0x80]), 8), None);
        assert_eq!(answer_code(&answer([0x81, 0x80])[..11], 7), None);
    }
}
