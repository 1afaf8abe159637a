// SPDX-License-Identifier: MIT OR Apache-2.0
//! The life of a reservation (予約), as central-api "Order and states" says: pure, so that the
//! whole machine can be read and tested without a database. `store::reservations` carries each
//! step out as one transaction with one audit line.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

/// How long a reservation lasts (central-api; facts of the real service: 24 hours).
pub const RESERVATION_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// How long a session waits for its proof.
pub const SESSION_LASTS: SignedDuration = SignedDuration::from_mins(60);

/// How long a proof holds the reservation.
pub const GRANT_LASTS: SignedDuration = SignedDuration::from_mins(45);

/// How long after a ticket's end an issued reservation waits for its receipt.
pub const RECEIPT_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Which PIN a reservation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// 署名用, pin_ref 1B: what this version of the product resets.
    Signature,
    /// 利用者証明用, pin_ref 18.
    UserAuthentication,
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Made, and held by nobody.
    Open,
    /// A session has proved that the resident knows the other PIN.
    Held,
    /// That session has a ticket.
    Issued,
    /// The card's receipt says that the PIN was reset. The end.
    Consumed,
    /// No receipt came in time; the card's next one settles it.
    Unresolved,
}

/// What moves a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A proof was granted.
    Hold,
    /// A ticket was signed.
    Issue,
    /// The session ended without a ticket.
    Release,
    /// The grant ran out without a ticket.
    HoldRanOut,
    /// No receipt came within 10 minutes of the ticket's end.
    ReceiptOverdue,
    /// A receipt, or the operator, says that every ticket of it came to nothing.
    SettleNotDone,
    /// A receipt 01, or the operator, says that the PIN was reset.
    SettleDone,
}

impl State {
    /// Where this step leads, or `None` where it is not allowed.
    pub fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Open, Step::Hold) => Some(Self::Held),
            (Self::Held, Step::Issue) => Some(Self::Issued),
            (Self::Held, Step::Release | Step::HoldRanOut) => Some(Self::Open),
            (Self::Issued, Step::ReceiptOverdue) => Some(Self::Unresolved),
            (Self::Issued | Self::Unresolved, Step::SettleNotDone) => Some(Self::Open),
            // Receipt 01 is true whenever it comes: also after a kiosk's word that it was not done.
            (Self::Open | Self::Held | Self::Issued | Self::Unresolved, Step::SettleDone) => {
                Some(Self::Consumed)
            }
            _ => None,
        }
    }

    /// As in the contract, the database and `list`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Held => "HELD",
            Self::Issued => "ISSUED",
            Self::Consumed => "CONSUMED",
            Self::Unresolved => "UNRESOLVED",
        }
    }
}

impl Step {
    /// As in the audit table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "reservation-held",
            Self::Issue => "reservation-issued",
            Self::Release => "reservation-released",
            Self::HoldRanOut => "hold-ran-out",
            Self::ReceiptOverdue => "receipt-overdue",
            Self::SettleNotDone => "settled-not-done",
            Self::SettleDone => "settled-done",
        }
    }
}

impl Target {
    /// As in the contract and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::UserAuthentication => "user-authentication",
        }
    }

    /// The low byte of the PIN's EF (reset-profile section 2).
    pub fn pin_ref(self) -> u8 {
        match self {
            Self::Signature => 0x1B,
            Self::UserAuthentication => 0x18,
        }
    }
}

/// The text names no value of the enumeration.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not known")]
pub struct UnknownName(pub String);

impl FromStr for State {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Open, Self::Held, Self::Issued, Self::Consumed, Self::Unresolved]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownName(text.to_owned()))
    }
}

impl FromStr for Target {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Signature, Self::UserAuthentication]
            .into_iter()
            .find(|target| target.as_str() == text)
            .ok_or_else(|| UnknownName(text.to_owned()))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// When a reservation's 24 hours are over.
pub fn expires_at(made_at: Timestamp) -> Timestamp {
    made_at.saturating_add(RESERVATION_LASTS).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 5] =
        [State::Open, State::Held, State::Issued, State::Consumed, State::Unresolved];

    const STEPS: [Step; 7] = [
        Step::Hold,
        Step::Issue,
        Step::Release,
        Step::HoldRanOut,
        Step::ReceiptOverdue,
        Step::SettleNotDone,
        Step::SettleDone,
    ];

    /// Golden: the transitions of central-api, and no other.
    const ALLOWED: &str = "\
OPEN reservation-held HELD
OPEN settled-done CONSUMED
HELD reservation-issued ISSUED
HELD reservation-released OPEN
HELD hold-ran-out OPEN
HELD settled-done CONSUMED
ISSUED receipt-overdue UNRESOLVED
ISSUED settled-not-done OPEN
ISSUED settled-done CONSUMED
UNRESOLVED settled-not-done OPEN
UNRESOLVED settled-done CONSUMED
";

    #[test]
    fn a_reservation_moves_as_the_contract_says_and_never_out_of_consumed() {
        let mut allowed = String::new();
        for from in STATES {
            for step in STEPS {
                if let Some(to) = from.after(step) {
                    allowed.push_str(&format!("{from} {} {to}\n", step.as_str()));
                }
            }
        }
        assert_eq!(allowed, ALLOWED);
    }
}
