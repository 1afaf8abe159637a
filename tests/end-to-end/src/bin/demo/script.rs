// SPDX-License-Identifier: MIT OR Apache-2.0
//! What whoever plays a visit by hand is told to do, and what must be so at its end: the same
//! visits as the resident's who plays without a display.

use end_to_end::case::Case;

/// A visit, for somebody at the desk.
pub(crate) struct Script {
    /// What to do, a line each; `{wrong}` stands for a wrong 4-digit PIN.
    pub(crate) steps: &'static [&'static str],
    /// Whether the card has the new PIN at the end, or keeps the old one.
    pub(crate) is_reset: bool,
    /// The key of the ending that the kiosk must have shown; `None` where the card alone tells.
    pub(crate) ending: Option<&'static str>,
    /// Tries left of the 4-digit PIN at the end, where the old signature PIN is kept.
    pub(crate) tries_left: u8,
}

const FULL: u8 = 3;

impl Script {
    pub(crate) fn of(case: Case) -> Self {
        match case {
            Case::Locked | Case::Forgotten => Self::resets(&["Begin with: insert"]),
            Case::NoReservation => refused("reservation-not-found"),
            Case::Expired => refused("reservation-expired"),
            Case::Revoked => refused("signature-certificate-revoked"),
            Case::ServiceGone => refused("service-unreachable"),
            Case::Used => Self {
                ending: Some("reservation-used"),
                ..Self::resets(&[
                    "Begin with: insert; set the new PIN; then: remove",
                    "Touch the last screen away, type: insert, and ask for a new PIN once more.",
                ])
            },
            Case::WrongPin => Self {
                tries_left: FULL - 1,
                ..Self::keeps(
                    "pin-wrong",
                    &[
                        "Begin with: insert; then type {wrong} as the 4-digit PIN, once, and cancel.",
                    ],
                )
            },
            Case::PinLocked => Self {
                tries_left: 0,
                ..Self::keeps(
                    "pin-locked-now",
                    &["Begin with: insert; then type {wrong} as the 4-digit PIN, three times."],
                )
            },
            Case::LiftedBeforeWriting => Self::keeps(
                "card-lifted",
                &[
                    "Begin with: insert; when the kiosk asks for the new PIN, type here: remove",
                    "Leave the card away until the kiosk gives up (20 s).",
                ],
            ),
            Case::LiftedWhileWriting => Self {
                ending: Some("done"),
                ..Self::resets(&[
                    "Begin with: insert; when the new PIN is asked for a second time, type here,",
                    "before you type it: tear 4 after",
                    "The card is lifted just after it took the PIN. When the kiosk asks for it: insert",
                ])
            },
            Case::LiftedJustBefore => Self::keeps(
                "not-done",
                &[
                    "Begin with: insert; when the new PIN is asked for a second time, type here,",
                    "before you type it: tear 4 before",
                    "The card is lifted just before it takes the PIN. When the kiosk asks for it: insert",
                ],
            ),
            Case::CheckMyCard => Self::resets(&[
                "Begin with: insert; let the kiosk check the card, go back, and set the new PIN.",
            ]),
            Case::SettledLater => Self::resets(&[
                "Begin with: insert; when the new PIN is asked for a second time, type here,",
                "before you type it: tear 4 after",
                "The card is lifted just after it took the PIN. Do not put it back: wait for the ending",
                "(a minute and a half) and touch it away. Then: insert, and let the kiosk check the card.",
            ]),
            Case::RealCard => Self {
                steps: &["Begin with: insert; then let the kiosk check the card."],
                is_reset: false,
                ending: None,
                tries_left: FULL,
            },
            Case::NotGenuine => refused("card-not-genuine"),
            Case::ServiceGoneAfterwards => Self::resets(&[
                "Begin with: insert; set the new PIN. The service does not hear of it until you",
                "type here: mend",
            ]),
        }
    }

    const fn resets(steps: &'static [&'static str]) -> Self {
        Self { steps, is_reset: true, ending: None, tries_left: FULL }
    }

    const fn keeps(ending: &'static str, steps: &'static [&'static str]) -> Self {
        Self { steps, is_reset: false, ending: Some(ending), tries_left: FULL }
    }
}

const fn refused(ending: &'static str) -> Script {
    Script::keeps(ending, &["Begin with: insert; then ask for a new PIN."])
}
