// SPDX-License-Identifier: MIT OR Apache-2.0
//! From when until when our certificate holds, and what to say where that is not now.
//!
//! The kiosk goes on all the same: only the service's clock decides, and ours may be the wrong one.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use x509_cert::Certificate;

/// A certificate's validity (RFC 5280 section 4.1.2.5); both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
}

/// Why a certificate does not hold at a moment, and by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It does not hold yet.
    NotYetFor(SignedDuration),
    /// It does not hold any more.
    ExpiredSince(SignedDuration),
}

impl Validity {
    pub(super) fn of(certificate: &Certificate) -> Self {
        let validity = certificate.tbs_certificate().validity();
        let moment = |since| Timestamp::try_from(SystemTime::UNIX_EPOCH + since);
        Self {
            not_before: moment(validity.not_before.to_unix_duration()).unwrap_or(Timestamp::MIN),
            not_after: moment(validity.not_after.to_unix_duration()).unwrap_or(Timestamp::MAX),
        }
    }

    /// What is wrong with it at that moment, if anything.
    #[must_use]
    pub fn invalid_at(&self, now: Timestamp) -> Option<Invalid> {
        if now < self.not_before {
            Some(Invalid::NotYetFor(self.not_before.duration_since(now)))
        } else if now > self.not_after {
            Some(Invalid::ExpiredSince(now.duration_since(self.not_after)))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_holds_on_its_first_and_its_last_moment_and_no_longer() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let validity = Validity { not_before: at(1000), not_after: at(2000) };
        let seconds = SignedDuration::from_secs;
        assert_eq!(validity.invalid_at(at(990)), Some(Invalid::NotYetFor(seconds(10))));
        assert_eq!(validity.invalid_at(at(1000)), None);
        assert_eq!(validity.invalid_at(at(2000)), None);
        assert_eq!(validity.invalid_at(at(2007)), Some(Invalid::ExpiredSince(seconds(7))));
    }
}
