// SPDX-License-Identifier: MIT OR Apache-2.0
//! The residents of a bench and their cards: made, known to the service or not, laid on a reader here or at home.

use super::Bench;
use crate::{
    album::Album,
    card::{Card, Making, Slot},
    failure::Failure,
    folder::Folder,
    judge::{self, Judge},
    pcscd::Pcscd,
    record::Record,
    resident::Resident,
};

impl Bench {
    /// A registered card with a reservation.
    ///
    /// # Errors
    /// When card or service refuse.
    pub fn reserved_card(&mut self, making: &Making) -> Result<Card, Failure> {
        let card = self.registered_card(making)?;
        self.central.reserve(&card, &[])?;
        Ok(card)
    }

    /// Who stands before the kiosk, with an album for what is seen.
    ///
    /// # Errors
    /// When there is no kiosk.
    pub fn resident<'b>(&'b mut self, album: &'b mut Album) -> Result<Resident<'b>, Failure> {
        let language = self.language();
        Ok(Resident::new(self.player()?, album, language))
    }

    /// Lays a card on the first reader, once pcscd has noticed that the last one is gone.
    ///
    /// # Errors
    /// When a card lies there.
    pub fn lay(&self, card: &Card) -> Result<(), Failure> {
        self.pcscd.notices(false, &self.record)?;
        self.slot.insert(card)
    }

    /// Makes a card and enters it into the register.
    ///
    /// # Errors
    /// When card or service refuse.
    pub fn registered_card(&mut self, making: &Making) -> Result<Card, Failure> {
        let card = self.card(making)?;
        self.central.register(&card)?;
        Ok(card)
    }

    /// Makes a card that the service does not know.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn card(&mut self, making: &Making) -> Result<Card, Failure> {
        let card = self.maker.make(Some(&self.central.tickets()), making)?;
        self.pins.extend([card.user_authentication_pin.clone(), card.signature_pin.clone()]);
        Ok(card)
    }

    /// A card without the marker of the simulated profile, hence taken for a real one; no service
    /// knows it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn real_card(&mut self) -> Result<Card, Failure> {
        self.card(&Making { kind: Some("no-marker"), ..Making::default() })
    }

    /// A card that bears somebody else's user-authentication certificate.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn card_with_the_certificate_of(&mut self, owner: &Card) -> Result<Card, Failure> {
        let card = self.registered_card(&Making::default())?;
        card.take_over_certificate(owner)?;
        Ok(card)
    }

    /// Locks the card's signature PIN on another reader, as its owner might have done at home.
    ///
    /// # Errors
    /// When the card cannot be read there; it must not lie on the kiosk's reader.
    pub fn lock_at_home(&self, card: &Card) -> Result<(), Failure> {
        let (home, record) = (Folder::new()?, Record::default());
        let pcscd = Pcscd::start(&home, &record)?;
        let slot = Slot::start(0, pcscd.port(), &home, &record)?;
        slot.insert(card)?;
        let judge = Judge { pcscd: &pcscd, record: &record };
        while card.state(&record)?.signature_retries() > 0 {
            let wrong = card.signature_pin.another();
            // It is refused: that is what it is for.
            drop(judge.logs_in(judge::Slot::DigitalSignature, &wrong));
        }
        Ok(())
    }

    /// A card that holds none of the service's keys, as one that another service issued.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn card_of_another_service(&mut self) -> Result<Card, Failure> {
        let card = self.maker.make(None, &Making::default())?;
        self.pins.extend([card.user_authentication_pin.clone(), card.signature_pin.clone()]);
        self.central.register(&card)?;
        Ok(card)
    }

    /// A card on the second reader, for as long as the value lives.
    ///
    /// # Errors
    /// When it cannot be laid there.
    pub fn lay_on_the_second_reader(&self, card: &Card) -> Result<Slot, Failure> {
        let slot = Slot::start(1, self.pcscd.port() + 1, &self.folder, &self.record)?;
        slot.insert(card)?;
        Ok(slot)
    }
}
