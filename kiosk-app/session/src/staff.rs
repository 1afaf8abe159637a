// SPDX-License-Identifier: MIT OR Apache-2.0
//! What staff can do and see at the unit, in the session's words. No PIN and nothing of a resident
//! is in it: the staff code is a code of the unit, and the session never learns it either.

use core::ops::RangeInclusive;

use crate::event::{ClosedReason, RequestId};
use crate::view::OutOfService;

/// How many digits a staff code has.
pub const CODE_LENGTHS: RangeInclusive<u8> = 6..=12;

/// What happens to the staff page beside the touches of its buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffEvent {
    /// The corner without a label was touched. Five within five seconds ask for the staff code.
    CornerTouched,
    /// The key-switch was turned: whoever has its key is staff.
    SwitchTurned,
    /// A key of the code's pad was touched.
    CodeTyped {
        /// Digits typed by now.
        length: u8,
    },
    /// OK was pressed on the code's pad, which takes no more keys until it is opened anew.
    CodeSubmitted {
        /// Digits typed.
        length: u8,
    },
    /// The answer to [`StaffOrder::CheckCode`].
    CodeChecked(RequestId, CodeCheck),
    /// The answer to [`StaffOrder::AskService`].
    ServiceAsked {
        /// Whether the service answered.
        is_answered: bool,
    },
    /// The answer to [`StaffOrder::PlayTone`].
    ToneEnded {
        /// Whose.
        id: RequestId,
        /// Whether the whole tone was played; who heard it is not known.
        is_played: bool,
    },
    /// The answer to [`StaffOrder::Wish`].
    WishLeft {
        /// Whether it lies where the system looks for it.
        is_left: bool,
    },
}

/// What became of a staff code that was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeCheck {
    /// It is the unit's.
    Right,
    /// It is not.
    Wrong {
        /// Tries until the page is locked.
        tries_left: u8,
    },
    /// It was not looked at: too many were wrong.
    Locked {
        /// Until codes are looked at again.
        seconds: u32,
    },
    /// It was not looked at: the try could not be counted.
    Uncounted,
}

/// A touch that means something on the staff page alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffTouch {
    /// One of its pages.
    Page(StaffPage),
    /// Begin a test.
    Test(StaffTest),
    /// The target of the touch test.
    Target,
    /// Lock the screen for cleaning.
    Clean,
    /// An action, to be confirmed.
    Act(Action),
}

/// The pages, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaffPage {
    /// How the unit is.
    #[default]
    Overview,
    /// The last faults.
    Faults,
    /// What can be tried.
    Tests,
    /// The lock for cleaning.
    Cleaning,
    /// Restart and the like.
    Actions,
    /// Versions, licences, source.
    About,
}

/// What can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffTest {
    /// Any card laid on the reader.
    Reader,
    /// One call of the service.
    Service,
    /// Four corners, one after the other.
    Touch,
    /// One tone, to be heard.
    Sound,
}

/// How a test came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestState {
    /// Not begun, or left.
    #[default]
    NotRun,
    /// Under way.
    Running,
    /// In order.
    Passed,
    /// Not in order.
    Failed,
}

/// What staff can have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// End this process, to be started again.
    Restart,
    /// What only the system can do.
    Wish(Wish),
}

/// What the system is asked for; the kiosk itself has no right to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Start the machine again.
    Reboot,
    /// Switch it off.
    PowerOff,
    /// Let mass storage be plugged in for ten minutes.
    UsbWindow,
    /// Install the update that is there.
    InstallNow,
}

/// What the driver is to do for the staff page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffOrder {
    /// Empty the code's pad and let digits be typed.
    OpenCode,
    /// Close the code's pad and overwrite it.
    CloseCode,
    /// Count a try, check what was typed, and overwrite it.
    CheckCode(RequestId),
    /// Make one call of the service.
    AskService,
    /// Play the tone of the test.
    PlayTone(RequestId),
    /// Leave a wish where the system looks for it.
    Wish(Wish),
}

/// What the staff page shows of the session; the driver tells the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaffView {
    /// Which page.
    pub page: StaffPage,
    /// To be confirmed, over the page of actions.
    pub confirming: Option<Action>,
    /// What was asked for last, and whether the wish was left; none until that is known.
    pub wished: Option<(Wish, Option<bool>)>,
    /// The corner to be touched next, 0 to 3 clockwise from the upper left, while touch is tested.
    pub target: Option<u8>,
    /// Of the reader's test.
    pub reader: TestState,
    /// Of the service's test.
    pub service: TestState,
    /// Of the touch test.
    pub touch: TestState,
    /// Of the sound test.
    pub sound: TestState,
    /// How the unit would be without staff.
    pub unit: UnitState,
    /// A card lies on the reader, to be taken away.
    pub has_card: bool,
}

/// Whether the unit serves residents when nobody of the staff is at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitState {
    /// It does.
    Serving,
    /// Outside its hours, or under maintenance.
    Closed(ClosedReason),
    /// What it does is not on offer here.
    NotOffered,
    /// It cannot.
    OutOfService(OutOfService),
}

/// Why the code is asked for again, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeNotice {
    /// It was wrong.
    Wrong {
        /// Tries until the page is locked.
        tries_left: u8,
    },
    /// Too many were wrong.
    Locked {
        /// Until codes are looked at again, begun ones counted.
        minutes: u16,
    },
    /// It could not be checked.
    Uncounted,
}
