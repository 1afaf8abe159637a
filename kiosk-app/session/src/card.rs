// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the session asks of the card worker, and what it is told.
//!
//! One request is one procedure over the card (reset-profile.md section 2), not one command. Each
//! reply carries every case that has an ending of its own; what went wrong beyond these is printed
//! by the worker and reaches the session as a [`CardFault`].

use crate::carried::{KioskId, Nonce, Opaque, Papers, SessionId};
use crate::check::Checked;
use crate::ending::Ending;
use crate::pin::PinHandle;

/// A request to the card worker; each but `Release` is answered once, with the same request id.
#[derive(Debug, PartialEq, Eq)]
pub enum CardRequest {
    /// Find out what lies there; of a card of this profile read the papers and counters, and check
    /// the papers under the card CA. Answered [`CardReply::Read`].
    Read,
    /// Read, with public commands only, what *Check my card* shows; of a card of this profile its
    /// receipt too, over a nonce that the worker draws. Answered [`CardReply::Checked`].
    CheckMyCard,
    /// The card's receipt over this nonce. Answered [`CardReply::ReceiptRead`].
    ReadReceipt {
        /// The session's.
        nonce: Nonce,
    },
    /// A card was put back: connect anew and compare it with `papers`, byte for byte. Answered
    /// [`CardReply::Recognised`].
    Recognise {
        /// Of the card that the session began with.
        papers: Papers,
    },
    /// Read the counter and, with tries left, send one VERIFY. Answered [`CardReply::Verified`].
    Verify {
        /// The PIN that the resident knows.
        pin: PinHandle,
    },
    /// Sign the proof's transcript. Answered [`CardReply::Signed`].
    Sign {
        /// The session's.
        nonce: Nonce,
        /// Named in the transcript.
        session: SessionId,
        /// Named in the transcript.
        kiosk: KioskId,
    },
    /// Make an ephemeral key and take a challenge from the card. Answered
    /// [`CardReply::Challenged`].
    Challenge,
    /// Check the ticket's fields (its lifetime by the driver's clock), then EXTERNAL AUTHENTICATE
    /// and GENERAL AUTHENTICATE. Answered [`CardReply::Presented`].
    Present {
        /// The service's ticket.
        response: Opaque,
        /// Must be the ticket's.
        kiosk: KioskId,
    },
    /// RESET RETRY COUNTER, receipt and read-back. Answered [`CardReply::Written`].
    Write {
        /// The new PIN.
        pin: PinHandle,
        /// For the receipt.
        nonce: Nonce,
    },
    /// SELECT the AP again, which drops any ticket, compare the card with `papers`, and judge the
    /// ticket by the receipt (reset-profile.md section 8). Answered [`CardReply::Settled`].
    Settle {
        /// Of the card that the session began with.
        papers: Papers,
        /// For the receipt.
        nonce: Nonce,
        /// The ticket in question, as the service gave it.
        response: Opaque,
    },
    /// Disconnect with a reset, so that a verified PIN dies here. Not answered.
    Release,
}

/// What the card worker answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardReply {
    /// To [`CardRequest::Read`].
    Read(CardRead),
    /// To [`CardRequest::CheckMyCard`].
    Checked(Checked),
    /// To [`CardRequest::ReadReceipt`].
    ReceiptRead(Opaque),
    /// To [`CardRequest::Recognise`].
    Recognised(Recognition),
    /// To [`CardRequest::Verify`].
    Verified(Verification),
    /// To [`CardRequest::Sign`]: the signature over the transcript.
    Signed(Opaque),
    /// To [`CardRequest::Challenge`]: the body of the ticket request.
    Challenged(Opaque),
    /// To [`CardRequest::Present`].
    Presented(Presentation),
    /// To [`CardRequest::Write`].
    Written(Written),
    /// To [`CardRequest::Settle`].
    Settled(Verdict),
    /// To any of them. To `Verify` only if no VERIFY was sent; to `Write` it counts as unknown.
    Failed(CardFault),
}

/// What lies on the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardRead {
    /// An Individual Number Card (個人番号カード) of this profile, its papers in order.
    Profile(ProfileCard),
    /// The JPKI AP without the marker: a real card, which gets public commands only.
    Real,
    /// The old resident-register card (住民基本台帳カード).
    OldJuki,
    /// A phone (スマホ用電子証明書).
    Phone,
    /// Any other: transit, credit, employee's.
    Other,
    /// Of this profile, but its papers do not hold under the card CA.
    NotGenuine,
}

/// A card of this profile, as read before any PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileCard {
    /// For the service.
    pub papers: Papers,
    /// Retry counter of the user-authentication PIN; 0 is blocked.
    pub user_authentication_retries_left: u8,
}

/// Whether the card that was put back is the session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// Byte for byte; with a fresh read of the user-authentication PIN's counter.
    Same {
        /// 0 is blocked.
        retries_left: u8,
    },
    /// Another card.
    Other,
}

/// What became of one press of OK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The PIN is right.
    Verified,
    /// The PIN is wrong; 0 left is blocked by this attempt.
    Refused {
        /// After this attempt.
        retries_left: u8,
    },
    /// It was blocked before; nothing was sent.
    Blocked,
    /// VERIFY was sent and its answer lost; it may have cost a try.
    LostAnswer {
        /// Read again afterwards, where the card could still be asked.
        retries_left: Option<u8>,
    },
}

/// What became of a ticket at the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presentation {
    /// Accepted, the card's token verified, secure messaging stands.
    Accepted,
    /// The card refused it: the service may be behind with this card's counter.
    Refused,
    /// The ticket does not say what the kiosk asked for; it was not sent to the card.
    Unfit,
    /// The token of GENERAL AUTHENTICATE is not this card's.
    NotGenuine,
}

/// What became of the write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The card's receipt says 01, verified.
    Done {
        /// For the service.
        receipt: Opaque,
        /// Whether the new PIN was then accepted.
        read_back: ReadBack,
    },
    /// An error under a valid MAC, or nothing was sent: the old PIN stands.
    NotDone {
        /// Read after the AP was selected again, where it could be.
        receipt: Option<Opaque>,
    },
    /// The answer was lost: only the receipt can tell.
    Unknown,
}

/// The one VERIFY of the new PIN, for which the second press of OK stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Accepted.
    Confirmed,
    /// Refused, or its answer lost.
    NotConfirmed,
    /// Not sent: the reset's own answer was lost, and the receipt alone is the proof
    /// (reset-profile.md section 8).
    NotDue,
}

/// What a receipt says of the session's ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 01 of our ticket.
    Done {
        /// For the service.
        receipt: Opaque,
    },
    /// Not used, and no longer usable.
    NotDone {
        /// For the service.
        receipt: Opaque,
    },
    /// It says nothing of our ticket, and will not.
    Unknown,
    /// Another card: nothing was read from it.
    OtherCard,
}

/// Why a request was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFault {
    /// The card left, or was never there.
    CardGone,
    /// It is there and does not answer as a card should: moved too much, damaged.
    Unreadable,
    /// More than one card.
    SeveralCards,
    /// The reader, or pcscd, is gone.
    ReaderGone,
}

impl CardFault {
    /// How a session ends before writing when the card can't be asked.
    pub const fn ending(self) -> Ending {
        match self {
            Self::CardGone => Ending::CardLifted,
            Self::Unreadable => Ending::CardUnreadable,
            Self::SeveralCards => Ending::SeveralCards,
            Self::ReaderGone => Ending::ReaderGone,
        }
    }
}
