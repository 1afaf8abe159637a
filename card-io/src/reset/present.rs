// SPDX-License-Identifier: MIT OR Apache-2.0
//! Presenting a ticket (profile section 2, steps 7 and 8): EXTERNAL
//! AUTHENTICATE convinces the card of the service, GENERAL AUTHENTICATE
//! convinces us of the card and leaves both ends with messaging keys.

use std::fmt;

use super::certificates::CardIdentity;
use super::messaging::SecureMessaging;
use super::ticket::{EphemeralKey, SpentTicket, Ticket};
use super::{NotGenuine, ProfileCard, take};
use crate::channel::{CardChannel, exchange, exchange_ok};
use crate::error::CardError;
use crate::iso7816::tlv::{Lengths, TlvReader};
use crate::iso7816::{CommandApdu, Instruction, StatusWord, class};
use crate::jpki::PinKind;

/// The card's answer to a ticket.
#[derive(Debug)]
pub enum Presented {
    /// The card takes a reset now, once, from us alone.
    Accepted(AcceptedTicket),
    /// The card refuses the ticket: by its fields (6982), or because it does not
    /// hold the key that signed it (6A88). The service wants the card's receipt
    /// before it issues another.
    Refused,
    /// The card took the ticket but does not hold its certified key.
    NotGenuine(NotGenuine),
}

/// A ticket that this card has accepted, and the keys agreed with it. The one
/// thing that a reset can be sent with, and used up by that:
///
/// ```compile_fail,E0382
/// # use card_io::channel::CardChannel;
/// # use card_io::jpki::{Pin, Scratch};
/// # use card_io::reset::{AcceptedTicket, ProfileCard};
/// fn twice<C: CardChannel>(
///     mut card: ProfileCard<'_, C>, ticket: AcceptedTicket, pin: &Pin<'_>, scratch: &mut Scratch,
/// ) {
///     card.write(ticket, pin, &[0; 32], scratch);
///     card.write(ticket, pin, &[0; 32], scratch); // use of moved value
/// }
/// ```
pub struct AcceptedTicket {
    pub(super) messaging: SecureMessaging,
    pub(super) spent: SpentTicket,
}

impl AcceptedTicket {
    /// The PIN that it resets.
    pub const fn target(&self) -> PinKind {
        self.spent.target
    }
}

impl fmt::Debug for AcceptedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AcceptedTicket({:?})", self.spent)
    }
}

impl<C: CardChannel + ?Sized> ProfileCard<'_, C> {
    /// Presents a ticket and agrees keys. Whatever the answer and whatever the
    /// error, no PIN has changed.
    pub fn present(&mut self, ticket: Ticket) -> Result<Presented, CardError> {
        let authenticate = CommandApdu::new(
            class::INTERINDUSTRY,
            Instruction::EXTERNAL_AUTHENTICATE,
            0x00,
            ticket.key_number,
        );
        match exchange(self.ap.channel(), &authenticate.data(&ticket.signed))?.status {
            StatusWord::OK => {}
            StatusWord::SECURITY_STATUS_NOT_SATISFIED | StatusWord::REFERENCED_DATA_NOT_FOUND => {
                return Ok(Presented::Refused);
            }
            status => return Err(CardError::Status { command: "EXTERNAL AUTHENTICATE", status }),
        }
        let answer = exchange_ok(
            self.ap.channel(),
            &general_authenticate(&ephemeral_key_template(&ticket.key)),
        )?;
        let answer = KeyAgreement::parse(&answer)
            .ok_or(CardError::Malformed { what: "key agreement template" })?;
        Ok(match agree(&ticket.key, &answer, &self.identity) {
            Some(messaging) => {
                Presented::Accepted(AcceptedTicket { messaging, spent: ticket.spent() })
            }
            None => Presented::NotGenuine(NotGenuine::Token),
        })
    }
}

/// The keys, if the card's token proves that it has the same.
fn agree(
    key: &EphemeralKey,
    answer: &KeyAgreement,
    identity: &CardIdentity,
) -> Option<SecureMessaging> {
    let shared = key.secret.diffie_hellman(identity.agreement_key());
    let messaging = SecureMessaging::derive(shared.raw_secret_bytes(), &answer.rnd2);
    messaging.is_token_of(&key.point, &answer.token).then_some(messaging)
}

/// `7C 43 80 41 <PK_IFD>`.
fn ephemeral_key_template(key: &EphemeralKey) -> Vec<u8> {
    [&[0x7C, 0x43, 0x80, 0x41][..], &key.point].concat()
}

const fn general_authenticate(template: &[u8]) -> CommandApdu<'_> {
    CommandApdu::new(class::INTERINDUSTRY, Instruction::GENERAL_AUTHENTICATE, 0, 0)
        .data(template)
        .expecting(256)
}

/// `7C 1C 81 10 <RND2> 82 08 <token>`, and nothing else.
struct KeyAgreement {
    rnd2: [u8; 16],
    token: [u8; 8],
}

impl KeyAgreement {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut outer = TlvReader::new(bytes, Lengths::Der);
        let template = outer.expect_object(0x7C).ok()?;
        outer.finish().ok()?;
        let mut inner = TlvReader::new(template.value, Lengths::Der);
        let mut rnd2 = inner.expect_object(0x81).ok()?.value;
        let mut token = inner.expect_object(0x82).ok()?.value;
        inner.finish().ok()?;
        let answer = Self { rnd2: take(&mut rnd2)?, token: take(&mut token)? };
        (rnd2.is_empty() && token.is_empty()).then_some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::unhex;

    const GOLDEN: &str = "7c1c81100c96f451be359ba7c76269cc891c8ae78208e858b862058791e0";

    #[test]
    fn the_template_is_taken_apart() {
        let answer = KeyAgreement::parse(&unhex(GOLDEN)).unwrap();
        assert_eq!(answer.rnd2[..2], [0x0C, 0x96]);
        assert_eq!(answer.token[..2], [0xE8, 0x58]);
    }

    #[test]
    fn a_template_with_anything_else_in_it_is_refused() {
        for text in [
            "",
            "7c00",
            // 82 before 81.
            "7c1c8208e858b862058791e081100c96f451be359ba7c76269cc891c8ae7",
            // A length that DER writes shorter.
            "7c811c81100c96f451be359ba7c76269cc891c8ae78208e858b862058791e0",
            // Short by a byte; long by a byte, inside and outside.
            "7c1b810f96f451be359ba7c76269cc891c8ae78208e858b862058791e0aa",
            "7c1d81110c96f451be359ba7c76269cc891c8ae7aa8208e858b862058791e0",
            "7c1c81100c96f451be359ba7c76269cc891c8ae78208e858b862058791e000",
            // A third object.
            "7c1e81100c96f451be359ba7c76269cc891c8ae78208e858b862058791e08300",
        ] {
            assert!(KeyAgreement::parse(&unhex(text)).is_none(), "{text}");
        }
    }
}
