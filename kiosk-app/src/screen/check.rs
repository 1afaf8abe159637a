// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Check my card*, from what was found to the properties of its two pages.

use kiosk_session::PinKind;
use kiosk_session::central::ReservationState;
use kiosk_session::check::{Advice, CertificateTerm, LastReset, Standing};
use kiosk_session::view::{CheckFound, CheckPage};
use kiosk_ui::{
    Advice as ShownAdvice, Kiosk, LastReset as ShownReset, PinCheck, Reservation, Shown, Term,
};

use super::catalogue::Catalogue;
use super::moment;

pub(super) fn show(kiosk: &Kiosk<'_>, found: &CheckFound, catalogue: Catalogue) -> Shown {
    let check = &found.check;
    kiosk.set_advice(advice(found.advice));
    let signature = check.digital_signature_retries_left;
    kiosk.set_signature_pin(pin(PinKind::DigitalSignature.full_retries(), signature));
    let authentication = check.user_authentication_retries_left;
    kiosk.set_authentication_pin(pin(PinKind::UserAuthentication.full_retries(), authentication));
    let input_support = check.input_support_retries_left;
    kiosk.set_has_input_support_pin(input_support.is_some());
    let input_support = input_support.unwrap_or_default();
    kiosk.set_input_support_pin(pin(INPUT_SUPPORT_RETRIES, input_support));
    kiosk.set_has_signature_certificate(check.has_signature_certificate);
    kiosk.set_last_reset(check.last_reset.map_or(ShownReset::NotAsked, last_reset));
    kiosk.set_reservation(found.reservation.map_or(Reservation::NotSaid, reservation));
    set_term(kiosk, check.authentication_certificate, catalogue);
    match found.page {
        CheckPage::Summary => Shown::CheckMyCard,
        CheckPage::More => Shown::CheckMore,
    }
}

fn pin(full: u8, left: u8) -> PinCheck {
    PinCheck { retries_left: left.into(), retries_full: full.into() }
}

fn set_term(kiosk: &Kiosk<'_>, term: Option<CertificateTerm>, catalogue: Catalogue) {
    let expiry = term.map(|term| moment::day(term.not_after, catalogue)).unwrap_or_default();
    let (standing, days_left) = match term.map(|term| term.standing) {
        // A day outside the calendar is not named.
        None => (Term::NotRead, 0),
        Some(_) if expiry.is_empty() => (Term::NotRead, 0),
        Some(Standing::Valid { days_left }) => (Term::Valid, days_left),
        Some(Standing::Renewable { days_left }) => (Term::Renewable, days_left),
        Some(Standing::Expired) => (Term::Expired, 0),
    };
    kiosk.set_expiry(expiry.into());
    kiosk.set_term(standing);
    kiosk.set_days_left(i32::try_from(days_left).unwrap_or(i32::MAX));
}

const fn advice(advice: Advice) -> ShownAdvice {
    match advice {
        Advice::OnTrial => ShownAdvice::OnTrial,
        Advice::CertificateExpired => ShownAdvice::CertificateExpired,
        Advice::NoSignatureCertificate => ShownAdvice::NoSignatureCertificate,
        Advice::BothLocked => ShownAdvice::BothLocked,
        Advice::ProofLocked => ShownAdvice::ProofLocked,
        Advice::TargetLocked => ShownAdvice::TargetLocked,
        Advice::NothingLocked => ShownAdvice::NothingLocked,
    }
}

const fn last_reset(last_reset: LastReset) -> ShownReset {
    match last_reset {
        LastReset::Never => ShownReset::Never,
        LastReset::Done => ShownReset::Done,
        LastReset::Open => ShownReset::Open,
        LastReset::NotDone => ShownReset::NotDone,
        LastReset::Unreadable => ShownReset::Unreadable,
    }
}

const fn reservation(reservation: ReservationState) -> Reservation {
    match reservation {
        ReservationState::Open => Reservation::Open,
        ReservationState::Used => Reservation::Used,
        ReservationState::None => Reservation::None,
    }
}

/// Wrong PINs in a row after which the card blocks 券面事項入力補助用 (J-LIS, information for
/// residents).
const INPUT_SUPPORT_RETRIES: u8 = 3;
