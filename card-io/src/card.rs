// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lies on the reader: the one call with which everything begins
//! ([`read`]), and the facts that anybody may see without a PIN ([`check`]).
//! The order is that of profile section 2, step 1; a card without the marker is
//! sent none of the profile's commands.

use crate::channel::CardChannel;
use crate::error::CardError;
use crate::iso7816::StatusWord;
use crate::jpki::{
    JpkiAp, PinKind, Reading, Token, TokenInfo, Validity, input_support_retries_left, validity,
};
use crate::reset::{CardAuthority, NotGenuine, ProfileCard, is_simulated};

/// What the card is.
#[expect(clippy::large_enum_variant, reason = "one a card, matched where it is made")]
pub enum CardContents<'c, C: CardChannel + ?Sized> {
    /// A genuine card of the simulated profile: ready for a reset.
    Profile(IdentifiedCard<'c, C>),
    /// An Individual Number Card without the marker, taken for a real one.
    Real(PublicFacts),
    /// It has the marker, but its certificates do not hold.
    NotGenuine(NotGenuine),
    /// 住民基本台帳カード, the predecessor.
    ResidentRegisterCard,
    /// A phone with スマートフォン用電子証明書.
    Smartphone,
    /// Any other card: transit, credit, a licence.
    NotIndividualNumberCard,
}

/// A genuine card and what was read from it.
pub struct IdentifiedCard<'c, C: CardChannel + ?Sized> {
    /// The card, for the steps that follow.
    pub card: ProfileCard<'c, C>,
    /// What anybody may see.
    pub facts: PublicFacts,
    /// EF 000A, DER, for the service.
    pub authentication_certificate: Vec<u8>,
}

/// What anybody may see on an Individual Number Card, without a PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicFacts {
    /// EF 0006.
    pub token_info: TokenInfo,
    /// Retry counter of the user-authentication PIN; 0: blocked.
    pub user_authentication_retries_left: u8,
    /// Retry counter of the signature PIN; 0: blocked.
    pub digital_signature_retries_left: u8,
    /// Whether there is a signature certificate. Its dates cannot be read
    /// without its PIN.
    pub has_signature_certificate: bool,
    /// From when until when the user-authentication certificate holds; `None`
    /// where the card does not let it be read.
    pub authentication_validity: Option<Validity>,
}

impl PublicFacts {
    /// The retry counter of either PIN; 0: blocked.
    pub const fn retries_left(&self, kind: PinKind) -> u8 {
        match kind {
            PinKind::UserAuthentication => self.user_authentication_retries_left,
            PinKind::DigitalSignature => self.digital_signature_retries_left,
        }
    }
}

/// *Check my card*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardCheck {
    /// Of the JPKI application.
    pub facts: PublicFacts,
    /// Retry counter of the card-entry input support PIN; `None` where the card
    /// does not show one.
    pub input_support_retries_left: Option<u8>,
}

/// Reads what lies on the reader. `authority` is the configured card authority.
pub fn read<'c, C: CardChannel + ?Sized>(
    channel: &'c mut C,
    authority: &CardAuthority,
    reading: Reading,
) -> Result<CardContents<'c, C>, CardError> {
    let is_simulated = is_simulated(channel)?;
    let Some(mut ap) = JpkiAp::select(channel, reading)? else {
        return Ok(CardContents::NotIndividualNumberCard);
    };
    let token_info = ap.token_info()?;
    match token_info.token() {
        Token::IndividualNumberCard => {}
        Token::ResidentRegisterCard => return Ok(CardContents::ResidentRegisterCard),
        Token::Smartphone => return Ok(CardContents::Smartphone),
        Token::Unknown => return Ok(CardContents::NotIndividualNumberCard),
    }
    if !is_simulated {
        return read_facts(&mut ap, token_info).map(|(facts, _)| CardContents::Real(facts));
    }
    let (facts, certificate) = read_facts(&mut ap, token_info)?;
    let authentication_certificate =
        certificate.ok_or(CardError::Malformed { what: "authentication certificate" })?;
    Ok(match ProfileCard::identify(ap, authority)? {
        Ok(card) => {
            CardContents::Profile(IdentifiedCard { card, facts, authentication_certificate })
        }
        Err(fault) => CardContents::NotGenuine(fault),
    })
}

/// Reads afresh what *Check my card* shows, with public commands alone. `None`:
/// the card has no JPKI application, or no longer.
pub fn check<C: CardChannel + ?Sized>(
    channel: &mut C,
    reading: Reading,
) -> Result<Option<CardCheck>, CardError> {
    let input_support_retries_left = unless_refused(input_support_retries_left(channel))?.flatten();
    let Some(mut ap) = JpkiAp::select(channel, reading)? else {
        return Ok(None);
    };
    let token_info = ap.token_info()?;
    let (facts, _) = read_facts(&mut ap, token_info)?;
    Ok(Some(CardCheck { facts, input_support_retries_left }))
}

impl<C: CardChannel + ?Sized> ProfileCard<'_, C> {
    /// [`check`] of this card; leaves the JPKI application selected.
    pub fn check(&mut self) -> Result<CardCheck, CardError> {
        let reading = self.reading();
        check(self.channel(), reading)?
            .ok_or(CardError::Status { command: "SELECT", status: StatusWord::NOT_FOUND })
    }
}

/// The facts, and the user-authentication certificate where it is free to read.
fn read_facts<C: CardChannel + ?Sized>(
    ap: &mut JpkiAp<'_, C>,
    token_info: TokenInfo,
) -> Result<(PublicFacts, Option<Vec<u8>>), CardError> {
    let user_authentication_retries_left = ap.retries_left(PinKind::UserAuthentication)?;
    let digital_signature_retries_left = ap.retries_left(PinKind::DigitalSignature)?;
    let has_signature_certificate = ap.has_signature_certificate()?;
    let certificate = unless_refused(ap.authentication_certificate())?;
    let facts = PublicFacts {
        token_info,
        user_authentication_retries_left,
        digital_signature_retries_left,
        has_signature_certificate,
        authentication_validity: certificate.as_deref().and_then(|der| validity(der).ok()),
    };
    Ok((facts, certificate))
}

/// What the card does not let anybody see is no fault of the card.
fn unless_refused<T>(answer: Result<T, CardError>) -> Result<Option<T>, CardError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(CardError::Status { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
