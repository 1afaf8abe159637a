// SPDX-License-Identifier: MIT OR Apache-2.0
//! From card-io's answers and errors to the session's words. Every match is
//! exhaustive: a new case in either does not compile until it is decided here.

use std::time::{SystemTime, UNIX_EPOCH};

use card_io::{
    CardError,
    channel::ChannelError,
    jpki::Verification as Verified,
    pcsc::ConnectError,
    reset::{NotWritten, Presented, ReadBack as Back, Receipt},
};
use kiosk_session::{
    CardReply, CardRequest, Opaque, UnixTime,
    card::{CardFault, Presentation, ReadBack, Verification},
};
use tracing::warn;

use crate::telemetry::ForeignChain;

/// A request that was not carried out; the error ends here, in the log.
pub(super) fn failed(doing: &'static str, error: &CardError) -> CardReply {
    warn!(doing, error = %ForeignChain(error), "the card failed");
    CardReply::Failed(fault(error))
}

const fn fault(error: &CardError) -> CardFault {
    match error {
        CardError::Channel { source, .. } => match source {
            ChannelError::CardGone => CardFault::CardGone,
            ChannelError::ReaderGone | ChannelError::ServiceGone => CardFault::ReaderGone,
            ChannelError::AnswerLost | ChannelError::CardReset | ChannelError::Failed(_) => {
                CardFault::Unreadable
            }
        },
        CardError::Status { .. } | CardError::Malformed { .. } => CardFault::Unreadable,
    }
}

pub(super) const fn connect_fault(error: &ConnectError) -> CardFault {
    match error {
        ConnectError::NoCard => CardFault::CardGone,
        ConnectError::Mute | ConnectError::InUse | ConnectError::Failed(_) => CardFault::Unreadable,
        ConnectError::ReaderGone | ConnectError::ServiceGone => CardFault::ReaderGone,
    }
}

/// Of a VERIFY that was sent: a PIN that is blocked now was blocked by it.
pub(super) const fn verification(verified: Verified) -> Verification {
    match verified {
        Verified::Verified => Verification::Verified,
        Verified::Refused { retries_left } => Verification::Refused { retries_left },
        Verified::Blocked => Verification::Refused { retries_left: 0 },
    }
}

pub(super) fn presentation(presented: &Presented) -> Presentation {
    match presented {
        Presented::Accepted(_) => Presentation::Accepted,
        Presented::Refused => Presentation::Refused,
        Presented::NotGenuine(reason) => {
            warn!(error = %reason, "the card's token does not hold");
            Presentation::NotGenuine
        }
    }
}

pub(super) fn read_back(read_back: &Back) -> ReadBack {
    match read_back {
        // After a lost answer the receipt alone is *done* (profile section 8).
        Back::Verified | Back::NotSent => ReadBack::Confirmed,
        Back::CounterNotFull { retries_left } => {
            warn!(retries_left, "the counter is not full after the reset");
            ReadBack::NotConfirmed
        }
        Back::Refused(refusal) => {
            warn!(?refusal, "the card refused the new PIN's read-back");
            ReadBack::NotConfirmed
        }
        Back::Failed(error) => {
            warn!(error = %ForeignChain(error), "the read-back got no answer");
            ReadBack::NotConfirmed
        }
    }
}

/// Why nothing was written, for the log; the receipt, where there is one already.
pub(super) fn not_written(reason: &NotWritten) -> Option<Opaque> {
    match reason {
        NotWritten::OtherPin => warn!("the ticket is for the other PIN"),
        NotWritten::SecurityStatusNotSatisfied => warn!("the known PIN is no longer verified"),
        NotWritten::UnfitPin => warn!("the card does not take a PIN of this form"),
        NotWritten::Status(status) => warn!(%status, "the card refused the reset"),
        NotWritten::Settled(settled) => return Some(receipt(settled)),
    }
    None
}

pub(super) fn receipt(receipt: &Receipt) -> Opaque {
    Opaque::new(receipt.bytes().to_vec())
}

pub(super) fn unix_time(time: SystemTime) -> UnixTime {
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
    };
    UnixTime(seconds)
}

/// For the log: a request's name, without what it carries.
pub(crate) const fn name(request: &CardRequest) -> &'static str {
    match request {
        CardRequest::Read => "read",
        CardRequest::CheckMyCard => "check-my-card",
        CardRequest::ReadReceipt { .. } => "read-receipt",
        CardRequest::Recognise { .. } => "recognise",
        CardRequest::Verify { .. } => "verify",
        CardRequest::Sign { .. } => "sign",
        CardRequest::Challenge => "challenge",
        CardRequest::Present { .. } => "present",
        CardRequest::Write { .. } => "write",
        CardRequest::Settle { .. } => "settle",
        CardRequest::Release => "release",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_that_is_blocked_by_its_verify_has_no_try_left() {
        let by_this_attempt = Verification::Refused { retries_left: 0 };
        assert_eq!(verification(Verified::Blocked), by_this_attempt);
    }

    #[test]
    fn what_became_of_the_card_is_told_by_what_the_channel_says() {
        let fault_of = |source| fault(&CardError::Channel { command: "SELECT", source });
        assert_eq!(fault_of(ChannelError::CardGone), CardFault::CardGone);
        assert_eq!(fault_of(ChannelError::AnswerLost), CardFault::Unreadable);
        assert_eq!(fault_of(ChannelError::ServiceGone), CardFault::ReaderGone);
        assert_eq!(connect_fault(&ConnectError::Mute), CardFault::Unreadable);
    }
}
