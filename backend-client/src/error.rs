// SPDX-License-Identifier: MIT OR Apache-2.0
//! A call that got no decision: the second of the three ranks.
//!
//! Refusals are answers ([`wire::Decision`](crate::wire::Decision)). What stands here is
//! everything else, by what the kiosk can do about it. Over the Unix socket the variant and
//! its facts travel; the causes stay in the log of the process that met them.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::wire::Call;

/// The cause of an error, where this process met it.
pub type Source = Box<dyn Error + Send + Sync + 'static>;

/// Why a call to the central service got no decision.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum CentralError {
    /// `kiosk-link` is not there, or not for us.
    #[error("{call}: kiosk-link did not answer")]
    NoLink {
        /// What was being done.
        call: Call,
        /// What the socket said.
        #[serde(skip)]
        source: Option<Source>,
    },
    /// No connection, or no answer in time: the network, the name, or the service.
    #[error("{call}: the central service did not answer")]
    Unreachable {
        /// What was being done.
        call: Call,
        /// What the connection said.
        #[serde(skip)]
        source: Option<Source>,
    },
    /// TLS ended it: what answered is not the service, or speaks no TLS of ours.
    #[error("{call}: no trusted connection to the central service")]
    Untrusted {
        /// What was being done.
        call: Call,
        /// What TLS said.
        #[serde(skip)]
        source: Option<Source>,
    },
    /// TLS ended it: the service is not content with our certificate, by its alert.
    #[error("{call}: the central service refused this kiosk's certificate")]
    CertificateRefused {
        /// What was being done.
        call: Call,
        /// The alert.
        #[serde(skip)]
        source: Option<Source>,
    },
    /// An HTTP status that is neither the call's answer nor one of the published refusals.
    #[error("{call}: answered with HTTP status {status}{}", named(code.as_deref()))]
    Rejected {
        /// What was being done.
        call: Call,
        /// The HTTP status.
        status: u16,
        /// A problem code that this version does not know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// An answer that is not what the contract says.
    #[error("{call}: the answer is not {expected}")]
    Malformed {
        /// What was being done.
        call: Call,
        /// What the contract says.
        expected: String,
        /// What the decoder said.
        #[serde(skip)]
        source: Option<Source>,
    },
}

impl CentralError {
    /// Whether the same call could fare better later, with nothing mended at this kiosk.
    #[must_use]
    pub const fn is_worth_retrying(&self) -> bool {
        match self {
            Self::NoLink { .. } | Self::Unreachable { .. } => true,
            Self::Rejected { status, code, .. } => {
                code.is_none() && matches!(*status, 429 | 500..=599)
            }
            Self::Untrusted { .. } | Self::CertificateRefused { .. } | Self::Malformed { .. } => {
                false
            }
        }
    }
}

/// An error and its causes in one line, for the log: printed once, where the error ends.
///
/// For what is ours from end to end; it is never cut, since the complaint may come last.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_chain(self.0, usize::MAX, f)
    }
}

/// The same for what may quote a stranger, from the card or from the network: each part is cut
/// after 200 characters, and says so.
pub struct ForeignChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ForeignChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_chain(self.0, LONGEST_FOREIGN_PART, f)
    }
}

/// In characters.
const LONGEST_FOREIGN_PART: usize = 200;

fn write_chain(
    error: &(dyn Error + 'static),
    longest: usize,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut next = Some(error);
    let mut parting = "";
    while let Some(error) = next {
        let part = error.to_string();
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        let (shown, mark) = match part.char_indices().nth(longest) {
            Some((end, _)) => (part.get(..end).unwrap_or_default(), "…"),
            None => (part.as_str(), ""),
        };
        write!(f, "{parting}{shown}{mark}")?;
        (next, parting) = (error.source(), ": ");
    }
    Ok(())
}

fn named(code: Option<&str>) -> String {
    code.map(|code| format!(" and the unknown problem code {code}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_what_was_being_done_and_keeps_its_cause_apart() {
        let source = Some("connection refused".into());
        let error = CentralError::Unreachable { call: Call::Ticket, source };
        assert_eq!(error.to_string(), "asking for a ticket: the central service did not answer");
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
    }

    #[test]
    fn only_what_may_pass_by_itself_is_worth_retrying() {
        let call = Call::Outcome;
        let rejected = |status, code: Option<&str>| CentralError::Rejected {
            call,
            status,
            code: code.map(str::to_owned),
        };
        assert!(CentralError::Unreachable { call, source: None }.is_worth_retrying());
        assert!(CentralError::NoLink { call, source: None }.is_worth_retrying());
        assert!(rejected(502, None).is_worth_retrying());
        assert!(rejected(429, None).is_worth_retrying());
        assert!(!rejected(503, Some("on-strike")).is_worth_retrying());
        assert!(!rejected(302, None).is_worth_retrying());
        assert!(!CentralError::Untrusted { call, source: None }.is_worth_retrying());
        assert!(!CentralError::CertificateRefused { call, source: None }.is_worth_retrying());
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Said(String);

    #[test]
    fn what_is_ours_is_told_to_its_end_in_one_line() {
        let said = Said(format!("reading\n  {}: neither is set", "/a/long/path".repeat(50)));
        let told = Chain(&said).to_string();
        assert!(told.ends_with(": neither is set"), "{told}");
        assert!(!told.contains('\n'), "{told}");
    }

    #[test]
    fn what_may_quote_a_stranger_is_cut_and_says_so() {
        let told = ForeignChain(&Said("x".repeat(5000))).to_string();
        assert_eq!(told, "x".repeat(200) + "…");
        assert_eq!(ForeignChain(&Said("x".repeat(200))).to_string(), "x".repeat(200));
    }

    /// Both ends of the socket read these words: do not edit the old ones, add.
    #[test]
    fn each_error_has_its_word_on_the_socket() {
        let call = Call::Policy;
        let (status, code, expected) = (502, None, "JSON".to_owned());
        for (error, word) in [
            (CentralError::NoLink { call, source: None }, r#""no_link","call":"policy""#),
            (CentralError::Unreachable { call, source: None }, r#""unreachable","call":"policy""#),
            (CentralError::Untrusted { call, source: None }, r#""untrusted","call":"policy""#),
            (
                CentralError::CertificateRefused { call, source: None },
                r#""certificate_refused","call":"policy""#,
            ),
            (
                CentralError::Rejected { call, status, code },
                r#""rejected","call":"policy","status":502"#,
            ),
            (
                CentralError::Malformed { call, expected, source: None },
                r#""malformed","call":"policy","expected":"JSON""#,
            ),
        ] {
            let json = format!("{{\"error\":{word}}}");
            assert_eq!(serde_json::to_string(&error).unwrap(), json);
            let read = serde_json::from_str::<CentralError>(&json).unwrap();
            assert_eq!(read.to_string(), error.to_string());
        }
    }

    #[test]
    fn the_cause_stays_in_the_process_that_met_it() {
        let source = Some("connection refused".into());
        let error = CentralError::Unreachable { call: Call::Ticket, source };
        let json = serde_json::to_string(&error).unwrap();
        assert_eq!(json, r#"{"error":"unreachable","call":"ticket"}"#);
        let again = serde_json::from_str::<CentralError>(&json).unwrap();
        assert!(again.source().is_none());
    }
}
