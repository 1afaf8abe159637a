// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a view to the properties: each screen sets what it shows, in one
//! exhaustive match.

use kiosk_session::ending::CardChanged;
use kiosk_session::event::{ClosedReason, Page};
use kiosk_session::view::{
    OutOfService, ProofNotice as Notice, Screen, SettlingStep as Settling, WorkingStep,
};
use kiosk_session::{Ending, Language, PinShape, TARGET, UnixTime, View};
use slint::{Image, SharedString};

use super::catalogue::Catalogue;
use super::{check, code, moment};
use crate::endings::{self, Row, StaffRow};
use crate::slip::Slip;
use kiosk_ui::{
    CardChange, CardPose, Kiosk, ProofNotice, SettlingStep, Shown, WhenKind, WorkingPhase,
};

/// Shows `view`, whole: what it does not name is as if it had never been set.
pub(super) fn show(kiosk: &Kiosk<'_>, view: &View) {
    let catalogue = Catalogue::of(view.language);
    // Refused only when a catalogue is missing, which the tests would show.
    let _ = slint::select_bundled_translation(catalogue.tag());
    kiosk.set_card_stays(view.leave_card);
    kiosk.set_may_cancel(view.may.cancel);
    kiosk.set_may_go_back(view.may.go_back);
    kiosk.set_may_go_on(view.may.go_on);
    kiosk.set_may_submit(view.may.submit);
    kiosk.set_may_dismiss(view.may.dismiss);
    kiosk.set_may_ask_for_time(view.may.more_time);
    if !matches!(view.screen, Screen::Help | Screen::Attract { page: Page::Help }) {
        kiosk.set_help_page(0);
    }
    kiosk.set_seconds(view.warning_seconds.map_or(0, i32::from));
    set_when(kiosk, WhenKind::None, None, catalogue);
    let shown = set_screen(kiosk, view.screen, view.language);
    let is_interrupted = view.warning_seconds.is_some() && gives_way(view.screen);
    kiosk.set_shown(if is_interrupted { Shown::TimeWarning } else { shown });
}

/// Whether "are you still there?" takes the whole screen. Where something has
/// to be done with the card, that stays, with the seconds beside it.
const fn gives_way(screen: Screen) -> bool {
    !matches!(screen, Screen::PutBack { .. } | Screen::Settling { .. } | Screen::Ending { .. })
}

fn set_screen(kiosk: &Kiosk<'_>, screen: Screen, language: Language) -> Shown {
    let catalogue = Catalogue::of(language);
    match screen {
        Screen::Attract { page } => page_shown(page),
        Screen::Closed { reason, opens_at } => {
            kiosk.set_for_maintenance(reason == ClosedReason::Maintenance);
            set_when(kiosk, WhenKind::OpensAt, opens_at, catalogue);
            Shown::Closed
        }
        Screen::NotOffered => Shown::NotOffered,
        Screen::OutOfService { cause } => set_out_of_service(kiosk, cause),
        Screen::Leased => Shown::Leased,
        Screen::LeftBehind => {
            kiosk.set_staff_code(endings::staff_code(StaffRow::LEFT_BEHIND).into());
            Shown::LeftBehind
        }
        Screen::ReadingCard => Shown::ReadingCard,
        Screen::Choose { may_set_new_pin } => {
            kiosk.set_may_set_new_pin(may_set_new_pin);
            Shown::Choose
        }
        Screen::Help => Shown::Help,
        Screen::CheckMyCard { found: None } => Shown::ReadingCard,
        Screen::CheckMyCard { found: Some(found) } => check::show(kiosk, &found, catalogue),
        Screen::Beware { reservation_until } => {
            set_when(kiosk, WhenKind::ReservationUntil, Some(reservation_until), catalogue);
            Shown::Beware
        }
        Screen::LastTry => Shown::LastTry,
        Screen::ProofPad { retries_left, shape, notice } => {
            kiosk.set_retries_left(retries_left.into());
            kiosk.set_proof_notice(notice.map_or(ProofNotice::None, proof_notice));
            set_shape(kiosk, shape, false);
            Shown::ProofPad
        }
        Screen::NewPad { shape } => {
            set_shape(kiosk, shape, false);
            Shown::NewPad
        }
        Screen::RepeatPad { shape, mismatch } => {
            set_shape(kiosk, shape, mismatch);
            Shown::RepeatPad
        }
        Screen::PutBack { seconds, other_card, comparing } => {
            kiosk.set_seconds(seconds.into());
            kiosk.set_other_card(other_card);
            kiosk.set_comparing(comparing);
            Shown::PutBack
        }
        Screen::Working { step } => set_working(kiosk, step),
        Screen::Settling { step } => set_settling(kiosk, step),
        Screen::Ending { ending, session: _, reservation_until, take_card, may_put_back } => {
            set_ending(kiosk, ending, language);
            set_ending_when(kiosk, ending, reservation_until, catalogue);
            kiosk.set_ending_pose(match (take_card, may_put_back) {
                (true, _) => CardPose::Take,
                (false, true) => CardPose::Put,
                (false, false) => CardPose::None,
            });
            Shown::Ending
        }
        Screen::TakeCard => {
            kiosk.set_staff_code(endings::staff_code(StaffRow::CARD_NOT_TAKEN).into());
            Shown::TakeCard
        }
        Screen::Stopped => Shown::Stopped,
    }
}

const fn page_shown(page: Page) -> Shown {
    match page {
        Page::Attract => Shown::Attract,
        Page::Language => Shown::Language,
        Page::Hours => Shown::Hours,
        Page::Help => Shown::Help,
        Page::BothForgotten => Shown::BothForgotten,
    }
}

fn set_out_of_service(kiosk: &Kiosk<'_>, cause: OutOfService) -> Shown {
    kiosk.set_staff_code(endings::out_of_service_code(cause).into());
    Shown::OutOfService
}

fn set_shape(kiosk: &Kiosk<'_>, shape: PinShape, mismatch: bool) {
    use kiosk_session::pin::Weakness;

    kiosk.set_typed(shape.length.into());
    kiosk.set_long_enough(TARGET.lengths().contains(&shape.length));
    kiosk.set_has_letter(shape.has_letter);
    kiosk.set_has_digit(shape.has_digit);
    kiosk.set_is_one_character(shape.weakness == Some(Weakness::OneCharacter));
    kiosk.set_is_run(shape.weakness == Some(Weakness::Run));
    kiosk.set_mismatch(mismatch);
}

const fn proof_notice(notice: Notice) -> ProofNotice {
    match notice {
        Notice::Wrong => ProofNotice::Wrong,
        Notice::AnswerLost => ProofNotice::AnswerLost,
        Notice::PutBack => ProofNotice::PutBack,
    }
}

fn set_working(kiosk: &Kiosk<'_>, step: WorkingStep) -> Shown {
    let (phase, place) = match step {
        WorkingStep::Opening => (WorkingPhase::Opening, 0),
        WorkingStep::CheckingPin => (WorkingPhase::Checking, 0),
        WorkingStep::Proving => (WorkingPhase::Checking, 1),
        WorkingStep::Authorising => (WorkingPhase::Setting, 0),
        WorkingStep::Writing => (WorkingPhase::Setting, 1),
        WorkingStep::Reporting => (WorkingPhase::Setting, 2),
    };
    kiosk.set_working_phase(phase);
    kiosk.set_working_step(place);
    kiosk.set_is_writing(step >= WorkingStep::Writing);
    Shown::Working
}

fn set_settling(kiosk: &Kiosk<'_>, step: Settling) -> Shown {
    kiosk.set_other_card(step == Settling::PutBack { other_card: true });
    kiosk.set_settling_step(match step {
        Settling::PutBack { .. } => SettlingStep::PutBack,
        Settling::PutBackAnew => SettlingStep::PutBackAnew,
        Settling::Asking => SettlingStep::Asking,
    });
    Shown::Settling
}

fn set_ending(kiosk: &Kiosk<'_>, ending: Ending, language: Language) {
    let row = Row::of(ending);
    let words = row.words(language);
    let retries = match ending {
        Ending::PinWrong { retries_left } => retries_left.to_string(),
        _ => String::new(),
    };
    kiosk.set_ending_title(words.title.as_str().into());
    kiosk.set_ending_happened(words.happened.replace("{retries}", &retries).into());
    kiosk.set_ending_card(words.card.as_str().into());
    kiosk.set_ending_next(words.next.as_str().into());
    kiosk.set_ending_where(words.place.as_str().into());
    kiosk.set_ending_code(row.code.as_str().into());
    kiosk.set_ending_change(match row.card {
        CardChanged::Changed => CardChange::Changed,
        CardChanged::Unchanged => CardChange::Unchanged,
        CardChanged::Uncertain => CardChange::Uncertain,
    });
}

/// The code and the number by which an ending is found again, where somebody may want to.
pub(super) fn set_slip(
    kiosk: &Kiosk<'_>,
    slip: &Slip,
    ending: Ending,
    language: Language,
    pixels_per_mm: f32,
) {
    let row = Row::of(ending);
    let wanted = row.has_slip().then(|| code::draw(&slip.text(row, language), pixels_per_mm));
    let Some(drawn) = wanted.flatten() else { return clear_slip(kiosk) };
    kiosk.set_slip_code(drawn);
    kiosk.set_slip_number(slip.number.groups().join(" ").into());
    kiosk.set_has_slip(true);
}

pub(super) fn clear_slip(kiosk: &Kiosk<'_>) {
    kiosk.set_has_slip(false);
    kiosk.set_slip_code(Image::default());
    kiosk.set_slip_number(SharedString::new());
}

/// An ending says one moment: its own before the reservation's.
fn set_ending_when(
    kiosk: &Kiosk<'_>,
    ending: Ending,
    reservation_until: Option<UnixTime>,
    catalogue: Catalogue,
) {
    let (kind, time) = match ending {
        Ending::ReservationUsed { at: Some(at) } => (WhenKind::DoneAt, Some(at)),
        Ending::ServiceClosed { opens_at: Some(at), .. } => (WhenKind::OpensAt, Some(at)),
        Ending::TicketLimit { again_at: Some(at) } => (WhenKind::AgainAt, Some(at)),
        _ => (WhenKind::ReservationUntil, reservation_until),
    };
    set_when(kiosk, kind, time, catalogue);
}

fn set_when(kiosk: &Kiosk<'_>, kind: WhenKind, time: Option<UnixTime>, catalogue: Catalogue) {
    let written = time.map(|time| moment::day_and_time(time, catalogue)).unwrap_or_default();
    kiosk.set_when_kind(if written.is_empty() { WhenKind::None } else { kind });
    kiosk.set_when(written.into());
}
