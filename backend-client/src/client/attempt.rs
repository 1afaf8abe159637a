// SPDX-License-Identifier: MIT OR Apache-2.0
//! One request on the wire, and what came of it.
//!
//! Here the client's errors are sorted by what the kiosk can do about them: no answer is worth
//! another attempt, a broken trust is not.

use std::{error::Error, io, time::Duration};

use reqwest::{RequestBuilder, Response};
use rustls::{AlertDescription, Error::AlertReceived};
use tokio::time::{Instant, timeout};

use super::answer::Answer;
use crate::{
    error::{CentralError, Source},
    retry::Failure,
    wire::Call,
};

/// Longest answer that is read, in bytes. The contract bounds questions only; the longest answer
/// is a policy, whose notices and help lines come to about 6 KiB a language, in 13 languages.
pub(super) const LONGEST_ANSWER: usize = 256 * 1024;

/// What came of one request.
pub(super) struct Attempt {
    result: Result<Answer, CentralError>,
}

impl Attempt {
    /// Sends the request and reads the whole answer, within the limit.
    pub(super) async fn make(call: Call, request: RequestBuilder, limit: Duration) -> Self {
        let began = Instant::now();
        let answer = async {
            let response = request.send().await.map_err(|error| sorted(call, error))?;
            let mut answer = Answer::head(response.status(), response.headers());
            answer.body = read(call, response).await?;
            answer.took = began.elapsed();
            Ok(answer)
        };
        let result = timeout(limit, answer).await.unwrap_or_else(|late| {
            Err(CentralError::Unreachable { call, source: Some(late.into()) })
        });
        Self { result }
    }

    /// What to repeat it for, if at all.
    pub(super) fn failure(&self) -> Option<Failure> {
        match &self.result {
            Ok(answer) => answer.failure(),
            Err(CentralError::Unreachable { .. }) => Some(Failure::NoAnswer),
            Err(_) => None,
        }
    }

    /// The HTTP status, for the log.
    pub(super) fn status(&self) -> Option<u16> {
        self.result.as_ref().ok().map(|answer| answer.status.as_u16())
    }

    pub(super) fn into_result(self) -> Result<Answer, CentralError> {
        self.result
    }
}

/// The body, as long as it keeps to the limit: the service's answer is not trusted to end.
async fn read(call: Call, mut response: Response) -> Result<Vec<u8>, CentralError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| sorted(call, error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            let expected = format!("at most {LONGEST_ANSWER} bytes long");
            return Err(CentralError::Malformed { call, expected, source: None });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn sorted(call: Call, error: reqwest::Error) -> CentralError {
    let mistrust = mistrust_in(&error);
    let source: Option<Source> = Some(error.into());
    match mistrust {
        None => CentralError::Unreachable { call, source },
        Some(Mistrust::OfTheService) => CentralError::Untrusted { call, source },
        Some(Mistrust::OfUs) => CentralError::CertificateRefused { call, source },
    }
}

/// Which of the two does not trust the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistrust {
    OfTheService,
    OfUs,
}

/// Who mistrusts whom, where rustls is at the root of it.
///
/// An `io::Error` hides its inner error from `source`. Of an alert that follows the handshake,
/// which is how TLS 1.3 refuses a client certificate, h2 keeps no more than text and kind:
/// `InvalidData`, which no socket says by itself.
fn mistrust_in(error: &(dyn Error + 'static)) -> Option<Mistrust> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        let is_of_us = ALERTS_ABOUT_US.iter().any(|alert| *error == AlertReceived(*alert));
        return Some(if is_of_us { Mistrust::OfUs } else { Mistrust::OfTheService });
    }
    let inside = error.downcast_ref::<io::Error>().and_then(|io| {
        let inner = io.get_ref().and_then(|inner| mistrust_in(inner));
        inner
            .or_else(|| (io.kind() == io::ErrorKind::InvalidData).then(|| told_by(&io.to_string())))
    });
    inside.or_else(|| error.source().and_then(mistrust_in))
}

/// The same by the words that rustls has for the alert.
fn told_by(text: &str) -> Mistrust {
    let is_of_us = ALERTS_ABOUT_US.iter().any(|alert| AlertReceived(*alert).to_string() == text);
    if is_of_us { Mistrust::OfUs } else { Mistrust::OfTheService }
}

/// What a server says of a client's certificate and its proof (RFC 8446 section 6.2). It has no
/// other use for them: what it thinks of our hello has alerts of its own.
const ALERTS_ABOUT_US: [AlertDescription; 9] = [
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::AccessDenied,
    AlertDescription::DecryptError,
    AlertDescription::CertificateRequired,
];

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

    use super::*;

    #[test]
    fn an_alert_about_our_certificate_is_told_from_our_own_mistrust() {
        for alert in ALERTS_ABOUT_US {
            assert_eq!(mistrust_in(&AlertReceived(alert)), Some(Mistrust::OfUs), "{alert:?}");
            let inner = io::Error::new(io::ErrorKind::InvalidData, AlertReceived(alert));
            assert_eq!(mistrust_in(&inner), Some(Mistrust::OfUs), "{alert:?}");
            let text = AlertReceived(alert).to_string();
            let text = io::Error::new(io::ErrorKind::InvalidData, text);
            assert_eq!(mistrust_in(&text), Some(Mistrust::OfUs), "{alert:?}");
        }
        for ours in [
            rustls::Error::InvalidCertificate(CertificateError::Expired),
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer),
            AlertReceived(AlertDescription::HandshakeFailure),
            AlertReceived(AlertDescription::NoApplicationProtocol),
        ] {
            let text = io::Error::new(io::ErrorKind::InvalidData, ours.to_string());
            assert_eq!(mistrust_in(&text), Some(Mistrust::OfTheService), "{ours:?}");
            assert_eq!(mistrust_in(&ours), Some(Mistrust::OfTheService), "{ours:?}");
        }
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(mistrust_in(&refused), None);
    }
}
