// SPDX-License-Identifier: MIT OR Apache-2.0
//! An HTTP answer, and how it becomes a decision: the call's own answer, a published refusal
//! (RFC 9457 problem details, `type: urn:kiosk:problem:<code>`), or neither.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, RETRY_AFTER},
};
use serde::{Deserialize, de::DeserializeOwned};
use tracing::warn;

use crate::{
    error::{CentralError, ForeignChain, Source},
    retry::Failure,
    wire::{
        Call, Decision, Denial, ETag, PolicyAnswer, PolicyDocument, Refusal, RefusalDetails,
        ServedPolicy,
    },
};

/// What every problem of this contract begins with.
const PROBLEM: &str = "urn:kiosk:problem:";

/// Longest unknown problem code that an error repeats, in characters.
const LONGEST_CODE: usize = 60;

/// One answer of the service, read to its end: no more than status, headers and body.
#[derive(Debug)]
pub struct Answer {
    pub(super) status: StatusCode,
    retry_after: Option<Duration>,
    etag: Option<ETag>,
    served_at: Option<Timestamp>,
    pub(super) took: Duration,
    is_problem: bool,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The answer of which these are all the bytes, wherever they came from.
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        Self { body, ..Self::head(status, headers) }
    }

    /// Status and headers; the body is still to be read.
    pub(super) fn head(status: StatusCode, headers: &HeaderMap) -> Self {
        let served_at = text(headers, DATE).and_then(http_date);
        let is_problem = text(headers, CONTENT_TYPE).is_some_and(|kind| {
            let media_type = kind.split(';').next().unwrap_or_default().trim();
            media_type.eq_ignore_ascii_case("application/problem+json")
        });
        Self {
            status,
            retry_after: text(headers, RETRY_AFTER).and_then(|asked| wait(asked, served_at)),
            etag: text(headers, ETAG).map(|etag| ETag(etag.to_owned())),
            served_at,
            took: Duration::ZERO,
            is_problem,
            body: Vec::new(),
        }
    }

    /// What a repetition would be for; none where the call was carried out.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        (!self.status.is_success()).then(|| Failure::Status {
            status: self.status.as_u16(),
            names_a_problem: self.problem_code().is_some(),
            retry_after: self.retry_after,
        })
    }

    /// What the answer means for a call whose success has a body of JSON.
    ///
    /// # Errors
    ///
    /// [`CentralError::Rejected`] and [`CentralError::Malformed`], as for the others here.
    pub fn decision<A: DeserializeOwned>(&self, call: Call) -> Result<Decision<A>, CentralError> {
        let read =
            || serde_json::from_slice(&self.body).map_err(|error| malformed(call, error.into()));
        self.decided(call, read)
    }

    /// What the answer means for a call whose success says nothing more.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn acknowledgement(&self, call: Call) -> Result<Decision<()>, CentralError> {
        self.decided(call, || Ok(()))
    }

    /// What the answer means for [`Call::Policy`], which nobody has signed yet; that a policy is still the same is an answer
    /// only to whoever has one.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn policy(&self, is_known: bool) -> Result<Decision<PolicyAnswer>, CentralError> {
        let served = if self.status == StatusCode::NOT_MODIFIED && is_known {
            Decision::Granted(ServedPolicy::Unchanged)
        } else {
            self.decided(Call::Policy, || self.changed_policy())?
        };
        let (served_at, took) = (self.served_at, self.took);
        Ok(match served {
            Decision::Granted(policy) => {
                Decision::Granted(PolicyAnswer { policy, served_at, took })
            }
            Decision::Denied(refusal) => Decision::Denied(refusal),
        })
    }

    /// The code of the problem that the answer names, whether this version knows it or not.
    fn problem_code(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Problem {
            r#type: String,
        }
        let problem = serde_json::from_slice::<Problem>(self.is_problem.then_some(&self.body)?);
        Some(problem.ok()?.r#type.strip_prefix(PROBLEM)?.to_owned())
    }

    /// The decision; `read` takes the body of a success.
    fn decided<A>(
        &self,
        call: Call,
        read: impl FnOnce() -> Result<A, CentralError>,
    ) -> Result<Decision<A>, CentralError> {
        if self.status == success(call) {
            return read().map(Decision::Granted);
        }
        let code = self.problem_code();
        match code.as_deref().and_then(Denial::from_code) {
            Some(denial) => Ok(Decision::Denied(self.refusal(denial))),
            None => {
                let (status, code) = (self.status.as_u16(), code.as_deref().map(shown));
                Err(CentralError::Rejected { call, status, code })
            }
        }
    }

    /// The body of a policy as it is, once it can be read; the members that cannot are for the log.
    fn changed_policy(&self) -> Result<ServedPolicy, CentralError> {
        let text = String::from_utf8(self.body.clone())
            .map_err(|error| malformed(Call::Policy, error.into()))?;
        let document = PolicyDocument { etag: self.etag.clone(), text };
        let (_, unread) = document.read().map_err(|error| malformed(Call::Policy, error.into()))?;
        for (member, error) in &unread {
            warn!(%member, error = %ForeignChain(error), "a member of the policy cannot be read");
        }
        Ok(ServedPolicy::Changed { document, signature: None })
    }

    /// RFC 9457, section 3.2: members that are not of the expected type are ignored.
    fn refusal(&self, denial: Denial) -> Refusal {
        let details = serde_json::from_slice::<RefusalDetails>(&self.body).unwrap_or_default();
        Refusal { denial, retry_after: self.retry_after, details }
    }
}

/// The status with which the contract answers a call that was carried out.
const fn success(call: Call) -> StatusCode {
    match call {
        Call::OpenSession | Call::Ticket => StatusCode::CREATED,
        Call::Heartbeat => StatusCode::NO_CONTENT,
        Call::DeliverReceipt
        | Call::Prove
        | Call::Outcome
        | Call::Policy
        | Call::Identity
        | Call::Vouch => StatusCode::OK,
    }
}

/// A stranger's code, for the log.
fn shown(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_graphic()).take(LONGEST_CODE).collect()
}

fn malformed(call: Call, error: Source) -> CentralError {
    let expected = "what the contract says".to_owned();
    CentralError::Malformed { call, expected, source: Some(error) }
}

/// RFC 9110, section 10.2.3: seconds, or a date, which only the service's own clock measures.
fn wait(retry_after: &str, served_at: Option<Timestamp>) -> Option<Duration> {
    let asked = retry_after.trim();
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than can be counted are a long time, not none.
        return Some(Duration::from_secs(asked.parse().unwrap_or(u64::MAX)));
    }
    http_date(asked)?.duration_since(served_at?).try_into().ok()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// RFC 9110, section 5.6.7: the preferred form is that of RFC 2822 with `GMT` for the zone.
fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_retry_after_is_a_number_of_seconds_or_a_date_by_the_services_clock() {
        let served_at = http_date("Mon, 23 Nov 2026 19:19:22 GMT");
        let seconds = |text| wait(text, served_at).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Mon, 23 Nov 2026 19:20:22 GMT"), Some(60));
        assert_eq!(seconds("Mon, 23 Nov 2026 19:18:22 GMT"), None, "it is over");
        assert_eq!(seconds("99999999999999999999"), Some(u64::MAX), "for ever, and not at once");
        assert_eq!((seconds("soon"), seconds("+5"), seconds("")), (None, None, None));
        assert_eq!((seconds("soon"), wait("Mon, 23 Nov 2026 19:20:22 GMT", None)), (None, None));
    }

    /// What is left out for the log makes no known code of an unknown one.
    #[test]
    fn a_code_is_known_letter_by_letter_or_not_at_all() {
        let kind = HeaderValue::from_static("application/problem+json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
        for (code, shown) in [
            ("card-\\u0000suspended", "card-suspended"),
            (" card-suspended", "card-suspended"),
            ("card-suspended\u{3042}", "card-suspended"),
        ] {
            let body = format!("{{\"type\":\"urn:kiosk:problem:{code}\"}}");
            let answer = Answer::new(StatusCode::FORBIDDEN, &headers, body.into_bytes());
            let error = answer.acknowledgement(Call::Prove).unwrap_err();
            let CentralError::Rejected { code, .. } = error else { panic!("{error:?}") };
            assert_eq!(code.as_deref(), Some(shown));
        }
    }

    #[test]
    fn the_date_header_is_understood() {
        let date = http_date("Mon, 23 Nov 2026 19:19:22 GMT").unwrap();
        assert_eq!(date.to_string(), "2026-11-23T19:19:22Z");
        assert_eq!(http_date("yesterday"), None);
    }
}
