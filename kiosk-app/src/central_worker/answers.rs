// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the service's decisions and the link's errors to the session's words.
//! Every match is exhaustive: a new problem code does not compile until it is
//! decided here what the session hears.

use backend_client::{
    CentralError,
    wire::{self, Decision, Refusal},
};
use jiff::Timestamp;
use kiosk_session::{
    CentralReply, CentralRequest, Denial, KioskId, Nonce, SessionId, UnixTime,
    central::{CentralFault, Opened, ReceiptResult, ReceiptTaken, ReservationState},
};
use tracing::{info, warn};

use crate::{endings::Row, telemetry::ForeignChain};

/// The session's reply to an answer; `granted` translates what was granted.
pub(super) fn reply<T>(
    answer: Result<Decision<T>, CentralError>,
    now: Timestamp,
    granted: impl FnOnce(T) -> CentralReply,
) -> CentralReply {
    match answer {
        Ok(Decision::Granted(value)) => granted(value),
        Ok(Decision::Denied(refusal)) => {
            info!(code = refusal.denial.code(), "the service refused");
            CentralReply::Denied(denial(&refusal, now))
        }
        Err(error) => failed(&error),
    }
}

/// There is no decision; the error ends here, in the log.
pub(super) fn failed(error: &CentralError) -> CentralReply {
    warn!(error = %ForeignChain(error), "no answer of the service");
    CentralReply::Failed(fault(error))
}

/// For what no session waits for.
pub(super) fn log<T>(asked: &'static str, answer: &Result<Decision<T>, CentralError>) {
    match answer {
        Ok(Decision::Granted(_)) => {}
        Ok(Decision::Denied(refusal)) => warn!(asked, code = refusal.denial.code(), "refused"),
        Err(error) => warn!(asked, error = %ForeignChain(error), "no answer of the service"),
    }
}

/// By which code staff know an answer that grants nothing; none where it grants.
pub(crate) fn staff_code<T>(
    answer: &Result<Decision<T>, CentralError>,
    now: Timestamp,
) -> Option<&'static str> {
    let ending = match answer {
        Ok(Decision::Granted(_)) => return None,
        Ok(Decision::Denied(refusal)) => denial(refusal, now).ending(),
        Err(error) => fault(error).ending(),
    };
    Some(&Row::of(ending).code)
}

const fn fault(error: &CentralError) -> CentralFault {
    match error {
        CentralError::NoLink { .. } => CentralFault::LinkRefused,
        CentralError::Unreachable { .. } => CentralFault::LostAnswer,
        CentralError::Untrusted { .. } => CentralFault::Untrusted,
        CentralError::CertificateRefused { .. } => CentralFault::CertificateRefused,
        CentralError::Rejected { code: None, status: 429 | 500..=599, .. } => {
            CentralFault::Unreachable
        }
        CentralError::Rejected { .. } | CentralError::Malformed { .. } => CentralFault::Malformed,
    }
}

fn denial(refusal: &Refusal, now: Timestamp) -> Denial {
    use wire::Denial as Code;
    let again_at = refusal
        .retry_after
        .and_then(|after| now.checked_add(after).ok())
        .map(|moment| UnixTime(moment.as_second()));
    match refusal.denial {
        Code::ReservationNotFound => Denial::ReservationNotFound,
        Code::ReservationExpired => Denial::ReservationExpired,
        Code::ReservationForOtherPin => Denial::ReservationForOtherPin,
        Code::ReservationInUse => Denial::ReservationInUse,
        Code::ReservationUsed => {
            Denial::ReservationUsed { at: refusal.details.used_at.map(unix_time) }
        }
        Code::AuthenticationCertificateExpired => Denial::AuthenticationCertificateExpired,
        Code::AuthenticationCertificateRevoked => Denial::AuthenticationCertificateRevoked,
        Code::SignatureCertificateExpired => Denial::SignatureCertificateExpired,
        Code::SignatureCertificateRevoked => Denial::SignatureCertificateRevoked,
        Code::SignatureCertificateAbsent => Denial::SignatureCertificateAbsent,
        Code::CardSuspended => Denial::CardSuspended,
        Code::CardNotGenuine => Denial::CardNotGenuine,
        Code::ReceiptWanted => Denial::ReceiptWanted,
        Code::ProofInvalid => Denial::ProofInvalid,
        Code::SessionExpired => Denial::SessionExpired,
        Code::GrantExpired => Denial::GrantExpired,
        Code::SessionNotFound => Denial::SessionNotFound,
        Code::OutOfOrder => Denial::OutOfOrder,
        Code::ReceiptInvalid => Denial::ReceiptInvalid,
        Code::TicketLimit => Denial::TicketLimit { again_at },
        Code::KioskNotAuthorised => Denial::KioskNotAuthorised,
        Code::SoftwareTooOld => Denial::SoftwareTooOld,
        Code::OutsideHours => Denial::OutsideHours { opens_at: again_at },
        Code::Maintenance => Denial::Maintenance { opens_at: again_at },
        Code::Malformed => Denial::Malformed,
        Code::TooLarge => Denial::TooLarge,
        Code::IdempotencyMismatch => Denial::IdempotencyMismatch,
        Code::Internal => Denial::Internal,
    }
}

pub(super) fn opened(opened: &wire::SessionOpened, kiosk: wire::KioskId) -> CentralReply {
    CentralReply::Opened(Opened {
        session: SessionId(opened.session_id.into_bytes()),
        nonce: Nonce(opened.nonce.0),
        kiosk: KioskId(kiosk.0),
        reservation_until: unix_time(opened.reservation_expires_at),
        receipt_wanted: opened.receipt_wanted,
    })
}

pub(super) fn receipt_taken(recorded: &wire::ReceiptRecorded) -> CentralReply {
    let reservation = match recorded.reservation {
        wire::ReservationState::Open => ReservationState::Open,
        wire::ReservationState::Used => ReservationState::Used,
        wire::ReservationState::None => ReservationState::None,
    };
    let result = match recorded.result {
        wire::ReceiptResult::Done => ReceiptResult::Done,
        wire::ReceiptResult::NotDone => ReceiptResult::NotDone,
        wire::ReceiptResult::Unknown => ReceiptResult::Unknown,
    };
    info!(?result, ?reservation, "receipt taken");
    CentralReply::ReceiptTaken(ReceiptTaken { result, reservation })
}

fn unix_time(moment: Timestamp) -> UnixTime {
    UnixTime(moment.as_second())
}

/// For the log: a request's name, without what it carries.
pub(crate) const fn name(request: &CentralRequest) -> &'static str {
    match request {
        CentralRequest::OpenSession { .. } => "open-session",
        CentralRequest::DeliverReceipt { .. } => "deliver-receipt",
        CentralRequest::Prove { .. } => "prove",
        CentralRequest::Ticket { .. } => "ticket",
        CentralRequest::ReportOutcome { .. } => "report-outcome",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backend_client::wire::{Call, RefusalDetails};

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn refused(denial: wire::Denial) -> Denial {
        let details = RefusalDetails { used_at: Some(NOW), ..RefusalDetails::default() };
        let retry_after = Some(Duration::from_secs(60));
        super::denial(&Refusal { denial, retry_after, details }, NOW)
    }

    #[test]
    fn each_problem_code_is_its_own_denial() {
        let all: Vec<_> = wire::Denial::ALL.iter().map(|code| refused(*code)).collect();
        for (index, denial) in all.iter().enumerate() {
            assert!(!all[..index].contains(denial), "{denial:?} stands for two codes");
        }
    }

    #[test]
    fn a_code_and_its_denial_have_the_same_name() {
        for code in wire::Denial::ALL {
            let named = |text: String| text.split(' ').next().map(str::to_owned);
            let ours = named(format!("{:?}", refused(*code)));
            assert_eq!(ours, Some(format!("{code:?}")));
        }
    }

    #[test]
    fn a_wait_becomes_a_moment_by_the_drivers_clock() {
        let later = Some(UnixTime(NOW.as_second() + 60));
        assert_eq!(refused(wire::Denial::OutsideHours), Denial::OutsideHours { opens_at: later });
        assert_eq!(refused(wire::Denial::TicketLimit), Denial::TicketLimit { again_at: later });
        let used = Denial::ReservationUsed { at: Some(UnixTime(NOW.as_second())) };
        assert_eq!(refused(wire::Denial::ReservationUsed), used);
    }

    #[test]
    fn an_error_says_who_has_to_mend_something() {
        let call = Call::Ticket;
        let rejected = |status| CentralError::Rejected { call, status, code: None };
        assert_eq!(fault(&CentralError::NoLink { call, source: None }), CentralFault::LinkRefused);
        let refused = CentralError::CertificateRefused { call, source: None };
        assert_eq!(fault(&refused), CentralFault::CertificateRefused);
        let untrusted = CentralError::Untrusted { call, source: None };
        assert_eq!(fault(&untrusted), CentralFault::Untrusted);
        assert_eq!(fault(&rejected(502)), CentralFault::Unreachable);
        assert_eq!(fault(&rejected(302)), CentralFault::Malformed);
    }
}
