// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ticket signer: the seam where an HSM, or a policy process before it, takes the place of a
//! key in a file. It believes nothing: it reads the bytes it is to sign and compares them with the
//! grant (reset-profile section 3).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::card_id::CardId;
use crate::profile::{KIOSK_ID_BYTES, SIGNATURE_BYTES, TICKET_BYTES, Ticket, TicketError};

/// How far a ticket's counter may be above the last one (reset-profile section 3): else one bad
/// ticket could end the card's life.
pub const GREATEST_COUNTER_STEP: u32 = 1_000;

/// How long a ticket may live (reset-profile section 3), in seconds.
pub const GREATEST_LIFETIME_SECONDS: u64 = 60;

/// Which of the two keys that every card knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyNumber {
    /// The first.
    One,
    /// The one that the service rolls over to.
    Two,
}

/// What the register granted; the ticket must say the same.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The PIN to be reset.
    pub pin_ref: u8,
    /// The card.
    pub card_id: CardId,
    /// The kiosk of the session.
    pub kiosk_id: [u8; KIOSK_ID_BYTES],
    /// Until when the session is granted.
    pub granted_until: Timestamp,
    /// The highest counter issued for the card or reported by it.
    pub last_counter: u32,
}

/// Why the signer does not sign.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignerError {
    /// Not a ticket.
    #[error("the ticket is not well-formed")]
    Malformed(#[source] TicketError),
    /// Says something that was not granted.
    #[error("the ticket's {0} is not what was granted")]
    NotGranted(&'static str),
    /// The counter.
    #[error("the ticket's counter {counter} does not follow {last_counter} within 1000")]
    Counter {
        /// The ticket's.
        counter: u32,
        /// The last one issued or reported.
        last_counter: u32,
    },
    /// The key did not sign.
    #[error("the ticket key did not sign")]
    Key,
}

/// Signs tickets.
pub trait TicketSigner: Send + Sync {
    /// Which key signs.
    fn key_number(&self) -> KeyNumber;

    /// Signs the 126 bytes, after [`permitted`] has agreed.
    fn sign(
        &self,
        ticket: &[u8; TICKET_BYTES],
        grant: &Grant,
        now: Timestamp,
    ) -> Result<[u8; SIGNATURE_BYTES], SignerError>;

    /// Whether the key is there, for `/readyz`.
    fn is_ready(&self) -> bool;
}

/// What a signer refuses, wherever its key is.
pub fn permitted(
    ticket: &[u8; TICKET_BYTES],
    grant: &Grant,
    now: Timestamp,
) -> Result<(), SignerError> {
    let ticket = Ticket::parse(ticket).map_err(SignerError::Malformed)?;
    let now_seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let lifetime = ticket.not_after.checked_sub(ticket.issued_at);
    for (is_granted, what) in [
        (ticket.pin_ref == grant.pin_ref, "pin_ref"),
        (ticket.card_id == grant.card_id, "card_id"),
        (ticket.kiosk_id == grant.kiosk_id, "kiosk_id"),
        (now < grant.granted_until, "time"),
        (ticket.issued_at == now_seconds, "issued_at"),
        (lifetime.is_some_and(|seconds| seconds <= GREATEST_LIFETIME_SECONDS), "lifetime"),
    ] {
        if !is_granted {
            return Err(SignerError::NotGranted(what));
        }
    }
    let (counter, last_counter) = (ticket.counter, grant.last_counter);
    match counter.checked_sub(last_counter) {
        Some(1..=GREATEST_COUNTER_STEP) => Ok(()),
        _ => Err(SignerError::Counter { counter, last_counter }),
    }
}

/// A key in a PKCS#8 file: for tests and demonstrations.
pub struct FileSigner {
    number: KeyNumber,
    key: EcdsaKeyPair,
    random: SystemRandom,
}

/// The key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Not there, or not PEM.
    #[error("the ticket key {path} could not be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What reading it met.
        source: rustls::pki_types::pem::Error,
    },
    /// Not this kind of key.
    #[error("the ticket key {path} is not a P-256 key in PKCS#8")]
    Kind {
        /// Which file.
        path: PathBuf,
    },
}

impl FileSigner {
    /// Reads a key.
    pub fn read(path: &Path, number: KeyNumber) -> Result<Self, KeyFileError> {
        let der = PrivatePkcs8KeyDer::from_pem_file(path)
            .map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            der.secret_pkcs8_der(),
            &random,
        )
        .map_err(|_| KeyFileError::Kind { path: path.to_owned() })?;
        Ok(Self { number, key, random })
    }
}

impl TicketSigner for FileSigner {
    fn key_number(&self) -> KeyNumber {
        self.number
    }

    fn sign(
        &self,
        ticket: &[u8; TICKET_BYTES],
        grant: &Grant,
        now: Timestamp,
    ) -> Result<[u8; SIGNATURE_BYTES], SignerError> {
        permitted(ticket, grant, now)?;
        let signature = self.key.sign(&self.random, ticket).map_err(|_| SignerError::Key)?;
        signature.as_ref().try_into().map_err(|_| SignerError::Key)
    }

    fn is_ready(&self) -> bool {
        true
    }
}

impl KeyNumber {
    /// As in EXTERNAL AUTHENTICATE and before the ticket.
    pub fn as_byte(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::TicketOrder;

    const NOW: i64 = 1_775_000_000;

    fn grant() -> Grant {
        Grant {
            pin_ref: 0x1B,
            card_id: CardId([1; 16]),
            kiosk_id: [2; KIOSK_ID_BYTES],
            granted_until: Timestamp::from_second(NOW + 1).unwrap(),
            last_counter: 7,
        }
    }

    fn ticket() -> Ticket {
        Ticket {
            pin_ref: 0x1B,
            card_id: CardId([1; 16]),
            order: TicketOrder { challenge: [3; 16], key_hash: [4; 32] },
            ticket_id: [5; 16],
            counter: 8,
            issued_at: NOW.unsigned_abs(),
            not_after: NOW.unsigned_abs() + 60,
            kiosk_id: [2; KIOSK_ID_BYTES],
        }
    }

    fn refusal(change: impl FnOnce(&mut Ticket)) -> Result<(), SignerError> {
        let mut ticket = ticket();
        change(&mut ticket);
        permitted(&ticket.to_bytes(), &grant(), Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn a_ticket_that_says_what_was_granted_is_signed() {
        assert_eq!(refusal(|_| {}), Ok(()));
        assert_eq!(refusal(|ticket| ticket.counter = 1_007), Ok(()));
    }

    #[test]
    fn a_counter_that_would_end_the_cards_life_is_refused() {
        for counter in [0, 7, 1_008, u32::MAX] {
            let expected = Err(SignerError::Counter { counter, last_counter: 7 });
            assert_eq!(refusal(|ticket| ticket.counter = counter), expected);
        }
    }

    #[test]
    fn what_was_not_granted_is_refused_by_name() {
        let not_granted = |what| Err(SignerError::NotGranted(what));
        assert_eq!(refusal(|ticket| ticket.pin_ref = 0x18), not_granted("pin_ref"));
        assert_eq!(refusal(|ticket| ticket.card_id = CardId([9; 16])), not_granted("card_id"));
        assert_eq!(refusal(|ticket| ticket.kiosk_id = [9; 16]), not_granted("kiosk_id"));
        assert_eq!(refusal(|ticket| ticket.issued_at += 1), not_granted("issued_at"));
        assert_eq!(refusal(|ticket| ticket.not_after += 1), not_granted("lifetime"));
        let late = Timestamp::from_second(NOW + 1).unwrap();
        assert_eq!(permitted(&ticket().to_bytes(), &grant(), late), not_granted("time"));
    }
}
