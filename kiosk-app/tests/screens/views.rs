// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every view a resident can meet, by name: one of each screen, and of each
//! screen every state that lays it out differently.

#[path = "staff_views.rs"]
mod staff_views;

use backend_client::wire::{Identity, KioskId};
use jiff::Timestamp;
use kiosk_app::screen::{Information, Screen as Shown};
use kiosk_app::slip::{Number, Slip, UnitName};
use kiosk_app::staff::StaffFacts;
use kiosk_session::central::ReservationState;
use kiosk_session::check::{CardCheck, CertificateTerm, LastReset, Standing};
use kiosk_session::ending::{Doubt, UnitFault, WrongCard};
use kiosk_session::event::{ClosedReason, Page};
use kiosk_session::pin::Weakness;
use kiosk_session::view::{
    CheckFound, CheckPage, May, OutOfService, ProofNotice, Screen, SettlingStep, WorkingStep,
};
use kiosk_session::{Ending, Language, PinShape, SessionId, UnixTime, View};

/// Those that have words.
pub(crate) const LANGUAGES: [Language; 2] = [Language::Japanese, Language::English];

/// 2026-11-24 22:40 in Japan, as long as a moment gets.
const MOMENT: UnixTime = UnixTime(1_795_527_600);

/// What the pages tell under the policy of `policy.json`: as much and as long as one may say.
#[expect(clippy::expect_used, reason = "the policy of the pictures is read, or there are none")]
pub(crate) fn information() -> Information {
    let now = Timestamp::from_second(MOMENT.0).expect("a moment of the calendar");
    Information::of_policy(POLICY, now).expect("a policy")
}

/// Pages of the help under that policy, in the language that has least.
const HELP_PAGES: usize = 9;

/// Whether a text stands so in that policy.
#[allow(dead_code, reason = "the gallery does not ask")]
pub(crate) fn is_of_the_policy(words: &str) -> bool {
    POLICY.contains(words)
}

const POLICY: &str = include_str!("policy.json");

/// 4be7 09d2 on the slip.
const SESSION: SessionId =
    SessionId([0x4B, 0xE7, 0x09, 0xD2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

/// Every view in `language`, by a name that says what it shows.
pub(crate) fn every_view(language: Language) -> Vec<(String, View)> {
    let mut views = Vec::new();
    let mut add = |name: &str, screen: Screen, may: May| {
        let leave_card = may.cancel;
        let view = View { language, screen, warning_seconds: None, leave_card, may };
        views.push((format!("{:02}-{name}", views.len() + 1), view));
    };
    idle(&mut add);
    before_a_pin(&mut add);
    typing(&mut add);
    working(&mut add);
    for (name, ending) in every_ending() {
        add(&format!("ending-{name}"), ended(ending), MAY_NOTHING);
    }
    endings_with_the_card_gone(&mut add);
    warned(&mut views, language);
    for (name, screen, may) in staff_views::all() {
        let view = View { language, screen, warning_seconds: None, leave_card: false, may };
        views.push((format!("{:02}-{name}", views.len() + 1), view));
    }
    views
}

/// What staff read of the unit, with a view of this name.
#[allow(dead_code, reason = "the gallery does not ask")]
pub(crate) fn staff_facts(name: &str) -> StaffFacts {
    staff_views::facts(name)
}

/// Shows a view with what it cannot say itself: the slip of an ending, the glyph that is shown for
/// a moment.
pub(crate) fn show(screen: &Shown, name: &str, view: &View) {
    if matches!(view.screen, Screen::Ending { .. }) {
        screen.set_slip(slip());
    }
    screen.inform_staff(staff_views::facts(name));
    screen.show(view);
    if name.contains("shown") {
        screen.reveal(3, 10);
    }
    if name.contains("help") {
        let page =
            name.split_once("help-page-").and_then(|(_, page)| page.parse().ok()).unwrap_or(1);
        assert!(screen.turn_help_to(page - 1), "the policy fills no page {page}");
    }
}

/// As long as one gets.
pub(crate) fn slip() -> Slip {
    let identity = Identity {
        kiosk_id: KioskId([0; 16]),
        store: "shinagawa-konan-2".to_owned(),
        unit: "kiosk-0042".to_owned(),
        certificate_not_after: Timestamp::UNIX_EPOCH,
        key_without_tpm: false,
    };
    let at = Timestamp::constant(MOMENT.0, 0);
    Slip { at, unit: Some(UnitName::of(&identity)), number: Number::of(SESSION) }
}

type Add<'a> = &'a mut dyn FnMut(&str, Screen, May);

fn idle(add: Add<'_>) {
    for (name, page) in [
        ("attract", Page::Attract),
        ("language", Page::Language),
        ("hours", Page::Hours),
        ("help", Page::Help),
        ("both-forgotten", Page::BothForgotten),
    ] {
        add(name, Screen::Attract { page }, MAY_NOTHING);
    }
    for page in 2..=HELP_PAGES {
        add(&format!("help-page-{page}"), Screen::Attract { page: Page::Help }, MAY_NOTHING);
    }
    let opens_at = Some(MOMENT);
    add("closed", Screen::Closed { reason: ClosedReason::Hours, opens_at }, MAY_NOTHING);
    let reason = ClosedReason::Maintenance;
    add("closed-maintenance", Screen::Closed { reason, opens_at: None }, MAY_NOTHING);
    add("not-offered", Screen::NotOffered, MAY_NOTHING);
    for (name, cause) in [
        ("data-locked", OutOfService::DataLocked),
        ("journal-failed", OutOfService::JournalFailed),
        ("reader-gone", OutOfService::ReaderGone),
        ("clock-not-set", OutOfService::ClockNotSet),
        ("kiosk-not-authorised", OutOfService::KioskNotAuthorised),
        ("software-too-old", OutOfService::SoftwareTooOld),
    ] {
        add(&format!("out-of-service-{name}"), Screen::OutOfService { cause }, MAY_NOTHING);
    }
    add("leased", Screen::Leased, MAY_NOTHING);
    add("left-behind", Screen::LeftBehind, MAY_NOTHING);
    add("stopped", Screen::Stopped, MAY_NOTHING);
}

fn before_a_pin(add: Add<'_>) {
    add("reading-card", Screen::ReadingCard, May { cancel: true, ..MAY_NOTHING });
    add("choose", Screen::Choose { may_set_new_pin: true }, May { cancel: true, ..MAY_NOTHING });
    let real = Screen::Choose { may_set_new_pin: false };
    add("choose-real-card", real, May { cancel: true, ..MAY_NOTHING });
    add("help-in-session", Screen::Help, MAY_LEAVE);
    checking(add);
    let beware = Screen::Beware { reservation_until: MOMENT };
    add("beware", beware, May { go_on: true, ..MAY_LEAVE });
    add("last-try", Screen::LastTry, May { go_on: true, ..MAY_LEAVE });
}

/// Each line at the top, each last reset, each word on the reservation, each term, once at least.
fn checking(add: Add<'_>) {
    let may_cancel = May { cancel: true, ..MAY_NOTHING };
    add("check-my-card-reading", Screen::CheckMyCard { found: None }, may_cancel);
    let mut show = |name: &str, check: CardCheck, is_real: bool, reservation| {
        for (page, part) in [(CheckPage::Summary, ""), (CheckPage::More, "-more")] {
            let advice = check.advice(is_real);
            let found = CheckFound { check, advice, reservation, page };
            let may = May { go_on: page == CheckPage::Summary, ..MAY_LEAVE };
            add(&format!("check-{name}{part}"), Screen::CheckMyCard { found: Some(found) }, may);
        }
    };
    let term = |standing| {
        let days = match standing {
            Standing::Valid { days_left } | Standing::Renewable { days_left } => days_left.into(),
            _ => 0_i64,
        };
        let not_after = UnixTime(MOMENT.0 + days * 86_400);
        Some(CertificateTerm { not_after, standing })
    };
    let open = CardCheck {
        user_authentication_retries_left: 3,
        digital_signature_retries_left: 5,
        input_support_retries_left: Some(3),
        authentication_certificate: term(Standing::Valid { days_left: 1_825 }),
        has_signature_certificate: true,
        last_reset: Some(LastReset::Never),
    };
    let locked = CardCheck { digital_signature_retries_left: 0, ..open };
    let soon = |days_left| term(Standing::Renewable { days_left });
    let after = |last_reset| CardCheck { last_reset: Some(last_reset), ..locked };
    show("nothing-locked", open, false, None);
    let ends_soon = CardCheck { authentication_certificate: soon(89), ..locked };
    show("target-locked", ends_soon, false, None);
    let proof_locked = CardCheck { user_authentication_retries_left: 0, ..open };
    let proof_locked = CardCheck { input_support_retries_left: Some(0), ..proof_locked };
    show("proof-locked", proof_locked, false, None);
    let both_locked = CardCheck { user_authentication_retries_left: 0, ..locked };
    let both_locked = CardCheck { authentication_certificate: soon(1), ..both_locked };
    show("both-locked", both_locked, false, None);
    let bare = CardCheck {
        has_signature_certificate: false,
        input_support_retries_left: None,
        authentication_certificate: None,
        ..open
    };
    show("no-signature-certificate", bare, false, None);
    let expired = CardCheck { authentication_certificate: term(Standing::Expired), ..locked };
    show("expired", expired, false, None);
    let real = CardCheck { last_reset: None, authentication_certificate: soon(0), ..locked };
    show("real-card", real, true, None);
    let done = CardCheck { last_reset: Some(LastReset::Done), ..open };
    show("reset-done", done, false, Some(ReservationState::Used));
    show("reset-not-done", after(LastReset::NotDone), false, Some(ReservationState::Open));
    show("reset-over", after(LastReset::NotDone), false, Some(ReservationState::None));
    show("reset-open", after(LastReset::Open), false, None);
    show("reset-unreadable", after(LastReset::Unreadable), false, None);
}

fn typing(add: Add<'_>) {
    let proof = |retries_left, length, notice| {
        let shape = PinShape { length, has_digit: length > 0, ..PinShape::EMPTY };
        Screen::ProofPad { retries_left, shape, notice }
    };
    add("proof-pad", proof(3, 0, None), MAY_LEAVE);
    add("proof-pad-full", proof(3, 4, None), MAY_SUBMIT);
    add("proof-pad-wrong", proof(2, 0, Some(ProofNotice::Wrong)), MAY_LEAVE);
    add("proof-pad-answer-lost", proof(1, 1, Some(ProofNotice::AnswerLost)), MAY_LEAVE);
    add("proof-pad-put-back", proof(3, 2, Some(ProofNotice::PutBack)), MAY_LEAVE);
    let shape = |length, has_letter, has_digit, weakness| PinShape {
        length,
        has_letter,
        has_digit,
        has_other: false,
        weakness,
    };
    let new = |shape| Screen::NewPad { shape };
    add("new-pad", new(PinShape::EMPTY), MAY_LEAVE);
    add("new-pad-shown", new(shape(4, true, false, None)), MAY_LEAVE);
    add("new-pad-good", new(shape(8, true, true, None)), MAY_SUBMIT);
    add("new-pad-longest", new(shape(16, true, true, None)), MAY_SUBMIT);
    add("new-pad-run", new(shape(7, true, true, Some(Weakness::Run))), MAY_SUBMIT);
    let same = shape(9, true, true, Some(Weakness::OneCharacter));
    add("new-pad-one-character", new(same), MAY_SUBMIT);
    let repeat = |shape, mismatch| Screen::RepeatPad { shape, mismatch };
    add("repeat-pad", repeat(shape(8, true, true, None), false), MAY_SUBMIT);
    add("repeat-pad-mismatch", repeat(PinShape::EMPTY, true), MAY_LEAVE);
    let put_back = |other_card, comparing| Screen::PutBack { seconds: 17, other_card, comparing };
    let may = May { cancel: true, ..MAY_NOTHING };
    add("put-back", put_back(false, false), may);
    add("put-back-other-card", put_back(true, false), may);
    add("put-back-comparing", put_back(false, true), may);
}

fn working(add: Add<'_>) {
    for (name, step, cancel) in [
        ("opening", WorkingStep::Opening, true),
        ("checking-pin", WorkingStep::CheckingPin, false),
        ("proving", WorkingStep::Proving, true),
        ("authorising", WorkingStep::Authorising, true),
        ("writing", WorkingStep::Writing, false),
        ("reporting", WorkingStep::Reporting, false),
    ] {
        let may = May { cancel, ..MAY_NOTHING };
        add(&format!("working-{name}"), Screen::Working { step }, may);
    }
    for (name, step, more_time) in [
        ("put-back", SettlingStep::PutBack { other_card: false }, true),
        ("other-card", SettlingStep::PutBack { other_card: true }, true),
        ("put-back-anew", SettlingStep::PutBackAnew, true),
        ("asking", SettlingStep::Asking, false),
    ] {
        let may = May { more_time, ..MAY_NOTHING };
        add(&format!("settling-{name}"), Screen::Settling { step }, may);
    }
    add("take-card", Screen::TakeCard, MAY_NOTHING);
}

/// As it first comes up: the card still lies there.
fn ended(ending: Ending) -> Screen {
    let reservation_until = match ending {
        Ending::Cancelled | Ending::CardLifted | Ending::PinWrong { .. } => Some(MOMENT),
        _ => None,
    };
    let session = Some(SESSION);
    Screen::Ending { ending, session, reservation_until, take_card: true, may_put_back: false }
}

fn endings_with_the_card_gone(add: Add<'_>) {
    for (name, ending) in [
        ("done", Ending::Done),
        ("pin-wrong", Ending::PinWrong { retries_left: 1 }),
        ("card-suspended", Ending::CardSuspended),
    ] {
        let screen = Screen::Ending {
            ending,
            session: Some(SESSION),
            reservation_until: Some(MOMENT),
            take_card: false,
            may_put_back: false,
        };
        add(&format!("gone-{name}"), screen, May { dismiss: true, ..MAY_NOTHING });
    }
    let screen = Screen::Ending {
        ending: Ending::NotCertain(Doubt::CardLifted),
        session: Some(SESSION),
        reservation_until: None,
        take_card: false,
        may_put_back: true,
    };
    add("gone-not-certain", screen, May { dismiss: true, more_time: true, ..MAY_NOTHING });
}

/// "Are you still there?", over a pad and beside a count.
fn warned(views: &mut Vec<(String, View)>, language: Language) {
    let may = May { more_time: true, ..MAY_LEAVE };
    let settling = Screen::Settling { step: SettlingStep::PutBack { other_card: false } };
    for (name, screen) in [
        ("pad", Screen::NewPad { shape: PinShape::EMPTY }),
        ("settling", settling),
        ("not-certain", ended(Ending::NotCertain(Doubt::AnswerLost))),
    ] {
        let is_pad = matches!(screen, Screen::NewPad { .. });
        let may = if is_pad { may } else { May { more_time: true, ..MAY_NOTHING } };
        let view = View { language, screen, warning_seconds: Some(20), leave_card: is_pad, may };
        views.push((format!("{:02}-warning-{name}", views.len() + 1), view));
    }
}

/// One of each key.
pub(crate) fn every_ending() -> Vec<(&'static str, Ending)> {
    use Ending as E;

    let opens_at = Some(MOMENT);
    let fault = E::UnitFault;
    let endings = vec![
        E::Done,
        E::NotDone,
        E::NotCertain(Doubt::CardLifted),
        E::NotCertain(Doubt::AnswerLost),
        E::NotCertain(Doubt::ReaderStuck),
        E::NotCertain(Doubt::ReadBack),
        E::PinWrong { retries_left: 2 },
        E::PinLockedNow,
        E::PinLockedBefore,
        E::ReservationNotFound,
        E::ReservationExpired,
        E::ReservationForOtherPin,
        E::ReservationInUse,
        E::ReservationUsed { at: Some(MOMENT) },
        E::AuthenticationCertificateExpired,
        E::AuthenticationCertificateRevoked,
        E::SignatureCertificateExpired,
        E::SignatureCertificateRevoked,
        E::SignatureCertificateAbsent,
        E::CardSuspended,
        E::WrongCard(WrongCard::OldJuki),
        E::WrongCard(WrongCard::Phone),
        E::WrongCard(WrongCard::Other),
        E::CardNotGenuine,
        E::RealCard,
        E::CardLifted,
        E::CardLiftedVerifying,
        E::CardUnreadable,
        E::SeveralCards,
        E::ServiceUnreachable,
        E::ServiceClosed { reason: ClosedReason::Hours, opens_at },
        E::ServiceClosed { reason: ClosedReason::Maintenance, opens_at },
        E::ServiceFault,
        E::SessionExpired,
        E::ProofInvalid,
        E::TicketLimit { again_at: opens_at },
        E::KioskNotAuthorised,
        E::SoftwareTooOld,
        fault(UnitFault::ReceiptWanted),
        fault(UnitFault::OutOfOrder),
        fault(UnitFault::ReceiptInvalid),
        fault(UnitFault::RequestMalformed),
        fault(UnitFault::RequestTooLarge),
        fault(UnitFault::IdempotencyMismatch),
        fault(UnitFault::ServiceUntrusted),
        fault(UnitFault::AnswerMalformed),
        fault(UnitFault::LinkRefused),
        fault(UnitFault::TicketUnfit),
        fault(UnitFault::TicketRefused),
        E::ReaderGone,
        E::ReaderStuck,
        E::ReaderStuckVerifying,
        E::Cancelled,
        E::WalkedAway,
        E::InternalFault,
    ];
    endings.into_iter().map(|ending| (ending.key(), ending)).collect()
}

const MAY_NOTHING: May = May {
    cancel: false,
    go_back: false,
    go_on: false,
    submit: false,
    dismiss: false,
    more_time: false,
};
const MAY_LEAVE: May = May { cancel: true, go_back: true, ..MAY_NOTHING };
const MAY_SUBMIT: May = May { submit: true, ..MAY_LEAVE };
