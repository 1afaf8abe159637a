// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Check my card*: reads it with public commands and says it in the session's
//! words. A card of the profile is asked for its receipt too, over a nonce of
//! our own; a real one is not.

use std::time::SystemTime;

use card_io::{
    CardError,
    card::{self, CardCheck as Check},
    channel::CardChannel,
    jpki::{Reading, Standing as Term, Validity},
    reset::{ProfileCard, ReceiptResult},
};
use kiosk_session::{
    CardReply, Nonce,
    card::CardFault,
    check::{CardCheck, CertificateTerm, Checked, LastReset, OwnReceipt, Standing},
};
use rand::RngExt as _;
use tracing::warn;

use super::answers;
use crate::telemetry::ForeignChain;

/// Of a card of the profile; `now` is the driver's clock.
pub(super) fn of_profile<C: CardChannel + ?Sized>(
    card: &mut ProfileCard<'_, C>,
    now: SystemTime,
) -> CardReply {
    let check = match card.check() {
        Ok(check) => check,
        Err(error) => return answers::failed("check", &error),
    };
    // The check has just selected the application anew, which drops an unused ticket: the receipt
    // says of it that it can be used no longer.
    let nonce = rand::rng().random();
    let (last_reset, receipt) = match card.receipt(&nonce) {
        Ok(receipt) => {
            let opaque = answers::receipt(&receipt);
            let own = OwnReceipt { nonce: Nonce(nonce), receipt: opaque };
            (last_reset(receipt.result()), Some(own))
        }
        Err(error @ CardError::Channel { .. }) => return answers::failed("receipt", &error),
        Err(error) => {
            warn!(error = %ForeignChain(&error), "the card has no receipt to show");
            (LastReset::Unreadable, None)
        }
    };
    CardReply::Checked(Checked { check: shown(&check, Some(last_reset), now), receipt })
}

/// Of a real card.
pub(super) fn of_real<C: CardChannel + ?Sized>(
    channel: &mut C,
    reading: Reading,
    now: SystemTime,
) -> CardReply {
    match card::check(channel, reading) {
        Ok(Some(check)) => {
            CardReply::Checked(Checked { check: shown(&check, None, now), receipt: None })
        }
        Ok(None) => CardReply::Failed(CardFault::Unreadable),
        Err(error) => answers::failed("check", &error),
    }
}

fn shown(check: &Check, last_reset: Option<LastReset>, now: SystemTime) -> CardCheck {
    let Check { facts, input_support_retries_left } = check;
    CardCheck {
        user_authentication_retries_left: facts.user_authentication_retries_left,
        digital_signature_retries_left: facts.digital_signature_retries_left,
        input_support_retries_left: *input_support_retries_left,
        authentication_certificate: facts
            .authentication_validity
            .map(|validity| term(&validity, now)),
        has_signature_certificate: facts.has_signature_certificate,
        last_reset,
    }
}

fn term(validity: &Validity, now: SystemTime) -> CertificateTerm {
    let standing = match validity.standing(now) {
        Term::Valid { days_left } => Standing::Valid { days_left },
        Term::Renewable { days_left } => Standing::Renewable { days_left },
        Term::Expired => Standing::Expired,
    };
    CertificateTerm { not_after: answers::unix_time(validity.not_after), standing }
}

const fn last_reset(result: ReceiptResult) -> LastReset {
    match result {
        ReceiptResult::NoTicket => LastReset::Never,
        ReceiptResult::Used => LastReset::Done,
        ReceiptResult::Usable => LastReset::Open,
        ReceiptResult::Unused => LastReset::NotDone,
    }
}
