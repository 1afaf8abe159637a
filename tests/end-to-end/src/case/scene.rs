// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a visit finds when it begins: the resident's card, and what the service holds of it. The
//! played visits begin here, and so does whoever plays one by hand.

use super::Case;
use crate::{
    bench::Bench,
    card::{Card, Making},
    failure::Failure,
};

/// A card whose signature PIN is locked.
pub(super) const LOCKED: Making = Making {
    user_authentication_pin: None,
    kind: None,
    user_authentication_retries: None,
    signature_retries: Some(0),
    not_before: None,
    not_after: None,
    signature_not_after: None,
    is_without_signature_certificate: false,
};

impl Case {
    /// Makes the card and tells the service of it, as this visit needs them.
    ///
    /// # Errors
    /// When card or service refuse.
    pub fn set_scene(self, bench: &mut Bench) -> Result<Card, Failure> {
        match self {
            Self::Locked
            | Self::Used
            | Self::LiftedWhileWriting
            | Self::LiftedJustBefore
            | Self::CheckMyCard
            | Self::SettledLater
            | Self::ServiceGoneAfterwards => reserved(bench, &LOCKED),
            Self::Forgotten | Self::WrongPin | Self::PinLocked | Self::LiftedBeforeWriting => {
                reserved(bench, &Making::default())
            }
            Self::NoReservation => bench.registered_card(&LOCKED),
            Self::Expired => {
                let card = bench.registered_card(&LOCKED)?;
                bench.central.reserve(&card, &["--hours-ago", "25"])?;
                Ok(card)
            }
            Self::Revoked => {
                let card = reserved(bench, &LOCKED)?;
                let options = ["--certificate", "digital-signature"];
                bench.central.of_card("revoke-certificate", &card, &options)?;
                Ok(card)
            }
            Self::RealCard => bench.real_card(),
            Self::NotGenuine => {
                let owner = reserved(bench, &Making::default())?;
                bench.card_with_the_certificate_of(&owner)
            }
            Self::ServiceGone => {
                let card = reserved(bench, &LOCKED)?;
                bench.network.cut();
                Ok(card)
            }
        }
    }
}

fn reserved(bench: &mut Bench, making: &Making) -> Result<Card, Failure> {
    let card = bench.registered_card(making)?;
    bench.central.reserve(&card, &[])?;
    Ok(card)
}
