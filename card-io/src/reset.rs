// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card profile `ref-eac-1`, a simulated one, and nothing else: whoever
//! brings the issuer's own sequence replaces this module. [`ProfileCard`] has
//! one call for each step that a kiosk takes; the order of a reset is the order
//! of its methods. The bytes are in the files beside, one noun each.

mod certificates;
mod marker;
mod messaging;
mod present;
mod proof;
mod receipt;
mod settle;
mod ticket;
#[cfg(test)]
mod vectors;
mod write;

pub use certificates::{CardAuthority, CardIdentity, NotGenuine, UnfitAuthority};
pub(crate) use marker::is_simulated;
pub use present::{AcceptedTicket, Presented};
pub use proof::Proof;
pub use receipt::{RECEIPT_LENGTH, Receipt, ReceiptResult, ReceiptTicket, UnfitReceipt, Verdict};
pub use settle::{Settled, Unsettled, settle};
pub use ticket::{SpentTicket, Ticket, TicketRequest, UnfitTicket};
pub use write::{NotWritten, ReadBack, Written};

use p256::elliptic_curve::rand_core::CryptoRng;

use crate::channel::{CardChannel, exchange_ok};
use crate::error::CardError;
use crate::iso7816::{CommandApdu, Instruction, class};
use crate::jpki::{EfId, JpkiAp, Pin, PinKind, Reading, Try};

/// The name of the profile in the service's contract.
pub const PROFILE: &str = "ref-eac-1";

/// A genuine card of this profile with its JPKI application selected.
pub struct ProfileCard<'c, C: CardChannel + ?Sized> {
    ap: JpkiAp<'c, C>,
    identity: CardIdentity,
}

impl<'c, C: CardChannel + ?Sized> ProfileCard<'c, C> {
    /// Reads and verifies the certificates of a card that has the marker.
    pub(crate) fn identify(
        mut ap: JpkiAp<'c, C>,
        authority: &CardAuthority,
    ) -> Result<Result<Self, NotGenuine>, CardError> {
        let mut read = || {
            let key_agreement = ap.read_der(KEY_AGREEMENT_CERTIFICATE)?;
            Ok((key_agreement, ap.read_der(ATTESTATION_CERTIFICATE)?))
        };
        let (key_agreement, attestation) = match read() {
            Ok(certificates) => certificates,
            Err(CardError::Status { .. }) => return Ok(Err(NotGenuine::Missing)),
            Err(error) => return Err(error),
        };
        let identity = CardIdentity::verify(key_agreement, attestation, authority);
        Ok(identity.map(|identity| Self { ap, identity }))
    }

    /// Who this card is.
    pub const fn identity(&self) -> &CardIdentity {
        &self.identity
    }

    pub(crate) const fn reading(&self) -> Reading {
        self.ap.reading()
    }

    pub(crate) const fn channel(&mut self) -> &mut C {
        self.ap.channel()
    }

    /// Reads a retry counter afresh. 0: blocked.
    pub fn retries_left(&mut self, kind: PinKind) -> Result<u8, CardError> {
        self.ap.retries_left(kind)
    }

    /// Reads a receipt over the service's nonce (section 6), in the clear: for
    /// a service that wants an earlier ticket settled first.
    pub fn receipt(&mut self, nonce: &[u8; 32]) -> Result<Receipt, CardError> {
        let bytes = exchange_ok(self.ap.channel(), &internal_authenticate(nonce))?;
        Receipt::verify(&bytes, nonce, &self.identity)
            .map_err(|_| CardError::Malformed { what: "receipt" })
    }

    /// The receipt after which nothing more is to come: the application is
    /// selected again first, so that an accepted ticket which was not used is
    /// gone and the receipt proves it (03).
    pub fn final_receipt(&mut self, nonce: &[u8; 32]) -> Result<Receipt, CardError> {
        self.ap.reselect()?;
        self.receipt(nonce)
    }

    /// Reads the counter of `pin`'s kind afresh: the right to send one VERIFY
    /// with it, or `None` where it is blocked. Nothing here costs a try; what
    /// an error of that VERIFY leaves open, a fresh counter tells.
    pub fn try_with<'t>(
        &'t mut self,
        pin: &'t Pin<'t>,
    ) -> Result<Option<Try<'t, 'c, C>>, CardError> {
        self.ap.try_with(pin)
    }

    /// Signs the proof with the key of the PIN just verified: 256 bytes for the
    /// service.
    pub fn sign(&mut self, proof: &Proof) -> Result<Vec<u8>, CardError> {
        let digest_info = proof.digest_info(self.identity.card_id());
        self.ap.compute_digital_signature(proof.target.proved_by(), &digest_info)
    }

    /// Takes a challenge from the card and draws an ephemeral key: what a
    /// ticket is asked for with.
    pub fn request_ticket(
        &mut self,
        target: PinKind,
        random: &mut (impl CryptoRng + ?Sized),
    ) -> Result<TicketRequest, CardError> {
        const WHAT: CardError = CardError::Malformed { what: "challenge" };
        let answer = exchange_ok(self.ap.channel(), &GET_CHALLENGE)?;
        let challenge = answer.try_into().map_err(|_| WHAT)?;
        TicketRequest::new(&self.identity, target, challenge, random).ok_or(WHAT)
    }
}

/// EF 00E0: the certificate of the key-agreement key.
pub(crate) const KEY_AGREEMENT_CERTIFICATE: EfId = EfId(0x00E0);
/// EF 00E1: the certificate of the key that signs receipts.
pub(crate) const ATTESTATION_CERTIFICATE: EfId = EfId(0x00E1);

/// GET CHALLENGE, always 16 bytes.
const GET_CHALLENGE: CommandApdu<'static> =
    CommandApdu::new(class::INTERINDUSTRY, Instruction::GET_CHALLENGE, 0, 0).expecting(16);

/// INTERNAL AUTHENTICATE over a nonce: the receipt.
const fn internal_authenticate(nonce: &[u8; 32]) -> CommandApdu<'_> {
    CommandApdu::new(class::INTERINDUSTRY, Instruction::INTERNAL_AUTHENTICATE, 0, 0)
        .data(nonce)
        .expecting(256)
}

/// The low byte of the PIN's file, as tickets and receipts name it.
const fn pin_ref(kind: PinKind) -> u8 {
    match kind {
        PinKind::UserAuthentication => 0x18,
        PinKind::DigitalSignature => 0x1B,
    }
}

const fn pin_kind(pin_ref: u8) -> Option<PinKind> {
    match pin_ref {
        0x18 => Some(PinKind::UserAuthentication),
        0x1B => Some(PinKind::DigitalSignature),
        _ => None,
    }
}

/// Takes the next `N` bytes off a field list.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (field, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*field)
}
