// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ticket (profile section 3): asked for with a challenge of the card and
//! the hash of an ephemeral key of ours, signed by the service, and checked
//! here in every field that a kiosk knows before the card sees it.

use std::fmt;
use std::time::{Duration, SystemTime};

use p256::ecdh::EphemeralSecret;
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::certificates::POINT_LENGTH;
use super::{CardIdentity, pin_kind, take};
use crate::jpki::PinKind;

/// A ticket is being asked for: the card's challenge and our ephemeral key are
/// kept until the answer comes.
pub struct TicketRequest {
    pub(super) challenge: [u8; 16],
    pub(super) key: EphemeralKey,
    card_id: [u8; 16],
    target: PinKind,
}

/// What only this kiosk can complete the key agreement with.
pub(super) struct EphemeralKey {
    pub(super) secret: EphemeralSecret,
    /// PK_IFD.
    pub(super) point: [u8; POINT_LENGTH],
}

/// A ticket that fits this card, this kiosk, this challenge and this hour.
/// Nothing but [`TicketRequest::accept`] makes one.
pub struct Ticket {
    pub(super) key_number: u8,
    /// Ticket and signature, as EXTERNAL AUTHENTICATE takes them.
    pub(super) signed: [u8; SIGNED_TICKET_LENGTH],
    pub(super) key: EphemeralKey,
    spent: SpentTicket,
}

/// What remains of a ticket once it was presented: enough to understand a
/// receipt, not enough to present it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpentTicket {
    /// The PIN that was to be reset.
    pub target: PinKind,
    /// Its UUID.
    pub ticket_id: [u8; 16],
    /// Its counter.
    pub counter: u32,
}

/// Why a ticket is not presented to the card. The field that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitTicket {
    /// Not the length, magic or key number of a ticket.
    #[error("the ticket is malformed")]
    Malformed,
    /// Another operation than a reset.
    #[error("the ticket is for another operation")]
    Operation,
    /// The other PIN.
    #[error("the ticket is for the other pin")]
    Target,
    /// Another card.
    #[error("the ticket is for another card")]
    Card,
    /// Another challenge.
    #[error("the ticket answers another challenge")]
    Challenge,
    /// Another ephemeral key.
    #[error("the ticket is for another key")]
    Key,
    /// Another kiosk.
    #[error("the ticket is for another kiosk")]
    Kiosk,
    /// Longer than a minute, or backwards.
    #[error("the ticket has an impossible lifetime")]
    Lifetime,
    /// Run out, or not issued yet, beyond what two clocks may differ.
    #[error("the ticket is out of its time")]
    OutOfTime,
}

impl TicketRequest {
    /// Draws an ephemeral key to go with the card's challenge.
    pub(super) fn new(
        identity: &CardIdentity,
        target: PinKind,
        challenge: [u8; 16],
        random: &mut (impl CryptoRng + ?Sized),
    ) -> Option<Self> {
        let secret = EphemeralSecret::generate_from_rng(random);
        let point = secret.public_key().to_sec1_bytes().as_ref().try_into().ok()?;
        let key = EphemeralKey { secret, point };
        Some(Self { challenge, key, card_id: *identity.card_id(), target })
    }

    /// What goes to the service: RND.ICC, then SHA-256 of the ephemeral key.
    pub fn bytes(&self) -> [u8; 48] {
        let mut request = [0; 48];
        let (challenge, key_hash) = request.split_at_mut(self.challenge.len());
        challenge.copy_from_slice(&self.challenge);
        key_hash.copy_from_slice(&self.key.hash());
        request
    }

    /// Reads the service's response and checks every field that is known here.
    /// The request is used up: its challenge and key are good for one ticket.
    pub fn accept(
        self,
        response: &[u8],
        kiosk_id: &[u8; 16],
        now: SystemTime,
    ) -> Result<Ticket, UnfitTicket> {
        let (&key_number, signed) = response.split_first().ok_or(UnfitTicket::Malformed)?;
        let signed: [u8; SIGNED_TICKET_LENGTH] =
            signed.try_into().map_err(|_| UnfitTicket::Malformed)?;
        if !KEY_NUMBERS.contains(&key_number) {
            return Err(UnfitTicket::Malformed);
        }
        let fields = Fields::parse(&signed).ok_or(UnfitTicket::Malformed)?;
        self.check(&fields, kiosk_id)?;
        fields.check_time(now)?;
        let spent = SpentTicket {
            target: self.target,
            ticket_id: fields.ticket_id,
            counter: fields.counter,
        };
        Ok(Ticket { key_number, signed, key: self.key, spent })
    }

    fn check(&self, fields: &Fields, kiosk_id: &[u8; 16]) -> Result<(), UnfitTicket> {
        if fields.operation != RESET_REFERENCE_DATA {
            return Err(UnfitTicket::Operation);
        }
        if pin_kind(fields.pin_ref) != Some(self.target) {
            return Err(UnfitTicket::Target);
        }
        if fields.card_id != self.card_id {
            return Err(UnfitTicket::Card);
        }
        if fields.challenge != self.challenge {
            return Err(UnfitTicket::Challenge);
        }
        if fields.key_hash != self.key.hash() {
            return Err(UnfitTicket::Key);
        }
        if fields.kiosk_id != *kiosk_id {
            return Err(UnfitTicket::Kiosk);
        }
        Ok(())
    }
}

impl Ticket {
    /// The ticket's UUID, for the journal.
    pub const fn ticket_id(&self) -> &[u8; 16] {
        &self.spent.ticket_id
    }

    /// The PIN that it resets.
    pub const fn target(&self) -> PinKind {
        self.spent.target
    }

    /// What a receipt is understood with once this was presented.
    pub const fn spent(&self) -> SpentTicket {
        self.spent
    }
}

impl EphemeralKey {
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.point).into()
    }
}

impl fmt::Debug for TicketRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketRequest({:?})", self.target)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({:?})", self.spent)
    }
}

struct Fields {
    operation: u8,
    pin_ref: u8,
    card_id: [u8; 16],
    challenge: [u8; 16],
    key_hash: [u8; 32],
    ticket_id: [u8; 16],
    counter: u32,
    issued_at: Duration,
    not_after: Duration,
    kiosk_id: [u8; 16],
}

impl Fields {
    fn parse(mut ticket: &[u8]) -> Option<Self> {
        let rest = &mut ticket;
        if take::<8>(rest)? != *MAGIC {
            return None;
        }
        let [operation, pin_ref] = take(rest)?;
        Some(Self {
            operation,
            pin_ref,
            card_id: take(rest)?,
            challenge: take(rest)?,
            key_hash: take(rest)?,
            ticket_id: take(rest)?,
            counter: u32::from_be_bytes(take(rest)?),
            issued_at: Duration::from_secs(u64::from_be_bytes(take(rest)?)),
            not_after: Duration::from_secs(u64::from_be_bytes(take(rest)?)),
            kiosk_id: take(rest)?,
        })
    }

    fn check_time(&self, now: SystemTime) -> Result<(), UnfitTicket> {
        let lifetime = self.not_after.checked_sub(self.issued_at).ok_or(UnfitTicket::Lifetime)?;
        if lifetime > LONGEST_LIFETIME {
            return Err(UnfitTicket::Lifetime);
        }
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| UnfitTicket::OutOfTime)?;
        let is_over = now > self.not_after.saturating_add(CLOCK_DIFFERENCE);
        let is_early = now.saturating_add(CLOCK_DIFFERENCE) < self.issued_at;
        if is_over || is_early { Err(UnfitTicket::OutOfTime) } else { Ok(()) }
    }
}

const MAGIC: &[u8; 8] = b"JRST-T01";
const RESET_REFERENCE_DATA: u8 = 0x01;
/// The card holds two keys of the service, so that it can roll over.
const KEY_NUMBERS: [u8; 2] = [0x01, 0x02];
/// 126 bytes of ticket, 64 of signature.
pub(super) const SIGNED_TICKET_LENGTH: usize = 126 + 64;
const LONGEST_LIFETIME: Duration = Duration::from_secs(60);
/// What the service's clock and ours may differ (the service's contract).
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use p256::elliptic_curve::sec1::ToSec1Point;

    use super::*;
    use crate::reset::vectors::Drawn;

    const KIOSK: [u8; 16] = [0x66; 16];
    const ISSUED_AT: u64 = 1_806_135_887;

    fn request() -> TicketRequest {
        let key = p256::SecretKey::from_slice(&[0x22; 32]).unwrap().public_key();
        let identity = CardIdentity::of_keys([0x44; 16], key, key.into());
        let mut random = Drawn([0x33; 32]);
        TicketRequest::new(&identity, PinKind::DigitalSignature, [0x55; 16], &mut random).unwrap()
    }

    fn response() -> Vec<u8> {
        let fields: [&[u8]; 12] = [
            &[0x01],
            b"JRST-T01",
            &[0x01, 0x1B],
            &[0x44; 16],
            &request().bytes(),
            &[0x77; 16],
            &7_u32.to_be_bytes(),
            &ISSUED_AT.to_be_bytes(),
            &(ISSUED_AT + 60).to_be_bytes(),
            &KIOSK,
            &[0x88; 32],
            &[0x99; 32],
        ];
        fields.concat()
    }

    fn accept(response: &[u8], seconds: u64) -> Result<Ticket, UnfitTicket> {
        request().accept(response, &KIOSK, SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// The fault when `bytes` stand at `at`, counted from the ticket's start.
    fn fault_with(at: usize, bytes: &[u8]) -> UnfitTicket {
        let mut response = response();
        response[1 + at..1 + at + bytes.len()].copy_from_slice(bytes);
        accept(&response, ISSUED_AT).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_ticket_that_fits_in_every_field_is_taken() {
        let ticket = accept(&response(), ISSUED_AT).unwrap();
        assert_eq!(ticket.key_number, 1);
        assert_eq!(ticket.ticket_id(), &[0x77; 16]);
        assert_eq!(ticket.spent().counter, 7);
        let drawn = p256::SecretKey::from_slice(&[0x33; 32]).unwrap().public_key();
        assert_eq!(drawn.to_sec1_point(false).as_bytes(), ticket.key.point);
    }

    #[test]
    fn one_field_that_does_not_fit_is_named() {
        for (at, bytes, fault) in [
            (0, &b"JRST-T02"[..], UnfitTicket::Malformed),
            (8, &[0x02], UnfitTicket::Operation),
            (9, &[0x18], UnfitTicket::Target),
            (9, &[0x00], UnfitTicket::Target),
            (10, &[0x00], UnfitTicket::Card),
            (26, &[0x00], UnfitTicket::Challenge),
            (42, &[0x00; 32], UnfitTicket::Key),
            (110, &[0x00], UnfitTicket::Kiosk),
            (102, &(ISSUED_AT + 61).to_be_bytes(), UnfitTicket::Lifetime),
            (102, &(ISSUED_AT - 1).to_be_bytes(), UnfitTicket::Lifetime),
            (94, &[0xFF; 16], UnfitTicket::OutOfTime),
        ] {
            assert_eq!(fault_with(at, bytes), fault, "at {at}");
        }
    }

    #[test]
    fn another_length_or_key_number_is_no_ticket() {
        let whole = response();
        for bytes in [&[][..], &whole[..190], &[&whole[..], &[0]].concat()] {
            assert_eq!(accept(bytes, ISSUED_AT).map(|_| ()), Err(UnfitTicket::Malformed));
        }
        let other_key = [&[0x03], &whole[1..]].concat();
        assert_eq!(accept(&other_key, ISSUED_AT).map(|_| ()), Err(UnfitTicket::Malformed));
    }

    #[test]
    fn two_clocks_may_differ_by_a_minute() {
        for (seconds, fits) in [
            (ISSUED_AT - 61, false),
            (ISSUED_AT - 60, true),
            (ISSUED_AT + 120, true),
            (ISSUED_AT + 121, false),
        ] {
            let fault = accept(&response(), seconds).map(|_| ()).err();
            assert_eq!(fault, (!fits).then_some(UnfitTicket::OutOfTime), "{seconds}");
        }
    }
}
