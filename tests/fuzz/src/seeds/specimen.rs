// SPDX-License-Identifier: MIT OR Apache-2.0
//! The specimen: a card of the profile as personalisation makes one, and the certificate of the
//! authority above it. Kept, because each new one would make every recorded conversation void.

use std::error::Error;
use std::fs;

use virtual_card::{Authorities, Order, TicketKey, personalise};

use crate::card::lab::{FORGOTTEN_PIN, KNOWN_PIN, NOW, SPECIMEN, signer};

/// Makes it.
///
/// # Errors
/// When a key or a certificate cannot be made, or the files cannot be written.
pub fn make() -> Result<(), Box<dyn Error>> {
    let now = jiff::Timestamp::from_second(i64::try_from(NOW)?)?;
    let random = &mut rand::rng();
    let authorities = Authorities::generate(now, random)?;
    let point = signer().verifying_key().to_sec1_bytes();
    let order = Order {
        user_authentication_pin: KNOWN_PIN.to_owned(),
        signature_pin: FORGOTTEN_PIN.to_owned(),
        ticket_keys: vec![TicketKey::from_point(&point)?],
        ..Order::new(now)
    };
    let (state, _) = personalise(&authorities, &order, random)?;
    fs::create_dir_all(SPECIMEN)?;
    fs::write(format!("{SPECIMEN}/card.json"), serde_json::to_string_pretty(&state)?)?;
    fs::write(format!("{SPECIMEN}/card-authority.der"), authorities.card_certificate())?;
    Ok(())
}
