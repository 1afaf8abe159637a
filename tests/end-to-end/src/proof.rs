// SPDX-License-Identifier: MIT OR Apache-2.0
//! What became of a card, by the word of those who did not do it: OpenSC over the reader, the
//! card's own memory, and the service's register.

use std::{io::Write, process::Stdio};

use crate::{
    bench::Bench, card::Card, central::Reservation, failure::Failure, judge::Slot, pin::Pin,
    process::leashed, programs::Program,
};

/// Tries of a signature PIN that is not locked.
pub const FULL_COUNTER: u8 = 5;

/// The card that lies on the reader has the new PIN and not the old one; the service has its
/// receipt.
///
/// # Errors
/// [`Failure::Refuted`] when any of that is not so.
pub fn is_reset(bench: &Bench, card: &Card, new: &Pin) -> Result<(), Failure> {
    bench.judge().logs_in(Slot::DigitalSignature, new)?;
    card_has_been_reset(bench, card, new)?;
    has_receipt(bench, card)
}

/// The card's memory holds the new PIN with a full counter, and not the old one.
///
/// # Errors
/// [`Failure::Refuted`] when that is not so.
pub fn card_has_been_reset(bench: &Bench, card: &Card, new: &Pin) -> Result<(), Failure> {
    expect(has_pin(card, Slot::DigitalSignature, new)?, "the card does not hold the new PIN")?;
    let has_old = has_pin(card, Slot::DigitalSignature, &card.signature_pin)?;
    expect(!has_old, "the card still holds the old PIN")?;
    let retries_left = card.state(bench.record())?.signature_retries();
    expect(retries_left == FULL_COUNTER, "the new PIN's counter is not full")
}

/// The service has consumed the card's last reservation, on the card's own word.
///
/// # Errors
/// [`Failure::Refuted`] when that is not so.
pub fn has_receipt(bench: &Bench, card: &Card) -> Result<(), Failure> {
    let last = last_reservation(bench, card)?;
    if last.state == "CONSUMED" && last.receipt_verified {
        return Ok(());
    }
    Err(Failure::Refuted(format!("the service does not hold the card's receipt: {last:?}")))
}

/// The card's last reservation.
///
/// # Errors
/// [`Failure::Refuted`] when there is none.
pub fn last_reservation(bench: &Bench, card: &Card) -> Result<Reservation, Failure> {
    let mut all = bench.central.reservations(card)?;
    all.pop().ok_or_else(|| Failure::Refuted("the service lists no reservation".to_owned()))
}

/// The card still holds the PIN that it had, with as many tries.
///
/// # Errors
/// [`Failure::Refuted`] when that is not so.
pub fn keeps_its_pin(bench: &Bench, card: &Card, retries_left: u8) -> Result<(), Failure> {
    let has_old = has_pin(card, Slot::DigitalSignature, &card.signature_pin)?;
    expect(has_old, "the card's signature PIN has changed")?;
    let left = card.state(bench.record())?.signature_retries();
    expect(left == retries_left, "the tries left of the signature PIN have changed")
}

/// Whether the card's memory holds this PIN; costs no try.
///
/// # Errors
/// When the state file cannot be read.
pub fn has_pin(card: &Card, slot: Slot, pin: &Pin) -> Result<bool, Failure> {
    let which = match slot {
        Slot::UserAuthentication => "user-authentication",
        Slot::DigitalSignature => "signature",
    };
    let mut command = leashed(Program::VirtualCard.path()?);
    command.arg("verify-pin").arg(card.file()).args(["--which", which]);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let asking = || Failure::system("asking the card's memory for its PIN");
    let mut child = command.spawn().map_err(asking())?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{}", pin.reveal()).map_err(asking())?;
    }
    match child.wait().map_err(asking())?.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        code => Err(Failure::Unreadable {
            from: "virtual-card verify-pin",
            answer: format!("exit code {code:?}"),
        }),
    }
}

/// Refutes with `otherwise` unless it is so.
///
/// # Errors
/// [`Failure::Refuted`]
pub fn expect(is_so: bool, otherwise: &str) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(Failure::Refuted(otherwise.to_owned())) }
}
