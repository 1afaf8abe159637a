// SPDX-License-Identifier: MIT OR Apache-2.0
//! What card, journal and service say after a run. The kiosk is not asked.

use serde::{Deserialize, Serialize};

use super::journal;
use crate::{
    bench::Bench, card::Card, central::Reservation, failure::Failure, judge::Slot, pin::Pin, proof,
};

/// The witnesses' words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The card's.
    pub card: CardFacts,
    /// The other resident's card was sent a PIN, or a counter of it fell.
    pub other_card_touched: bool,
    /// Records that the journal still holds.
    pub journal: Vec<String>,
    /// The reservation, as the service's `list` shows it.
    pub service: ServiceFacts,
    /// The service's audit chain holds.
    pub audit_holds: bool,
}

/// From the card's state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardFacts {
    /// It holds the new PIN.
    pub has_new_pin: bool,
    /// It holds the PIN that it had.
    pub has_old_pin: bool,
    /// Tries left of the 4-digit PIN.
    pub user_authentication_retries: u8,
    /// Tries left of the signature PIN.
    pub signature_retries: u8,
    /// The receipt: none, not used, used.
    pub receipt: String,
}

/// From the service's database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// OPEN, HELD, ISSUED, CONSUMED or UNRESOLVED.
    pub state: String,
    /// As what the kiosk's last word was recorded.
    pub outcome: Option<String>,
    /// The ending with it.
    pub ending: Option<String>,
    /// Known by the card's own receipt.
    pub by_receipt: bool,
}

impl Facts {
    pub(super) fn of(
        bench: &Bench,
        (card, other): (&Card, &Card),
        new: &Pin,
    ) -> Result<Self, Failure> {
        let last = reservation(bench, card)?;
        let others = other.state(bench.record())?;
        let is_full = others.user_authentication_retries() == FULL_KNOWN
            && others.signature_retries() == proof::FULL_COUNTER
            && others.receipt.is_none()
            && proof::has_pin(other, Slot::DigitalSignature, &other.signature_pin)?;
        Ok(Self {
            card: CardFacts::of(bench, card, new)?,
            other_card_touched: !is_full,
            journal: journal::left_in(&bench.journal_file())?,
            service: ServiceFacts {
                state: last.state,
                outcome: last.last_outcome,
                ending: last.last_ending,
                by_receipt: last.receipt_verified,
            },
            audit_holds: bench.central.tell_of("audit", "verify").is_ok(),
        })
    }
}

impl CardFacts {
    fn of(bench: &Bench, card: &Card, new: &Pin) -> Result<Self, Failure> {
        let state = card.state(bench.record())?;
        let receipt = match &state.receipt {
            None => "none",
            Some(receipt) if receipt.is_used => "used",
            Some(_) => "not used",
        };
        Ok(Self {
            has_new_pin: proof::has_pin(card, Slot::DigitalSignature, new)?,
            has_old_pin: proof::has_pin(card, Slot::DigitalSignature, &card.signature_pin)?,
            user_authentication_retries: state.user_authentication_retries(),
            signature_retries: state.signature_retries(),
            receipt: receipt.to_owned(),
        })
    }
}

/// The card's last reservation.
pub(super) fn reservation(bench: &Bench, card: &Card) -> Result<Reservation, Failure> {
    proof::last_reservation(bench, card)
}

/// Tries of a 4-digit PIN that is not locked.
pub(super) const FULL_KNOWN: u8 = 3;
