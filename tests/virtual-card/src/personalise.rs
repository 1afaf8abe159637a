// SPDX-License-Identifier: MIT OR Apache-2.0
//! Personalisation: makes the state of a new card from what a test asks for, and what a register
//! would hold about it.

mod certificates;
mod input_support;
mod jpki;

use std::{collections::BTreeMap, str::FromStr as _};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use p256::pkcs8::DecodePublicKey as _;
use rand::{CryptoRng, RngExt as _};
use serde::Serialize;
use x509_cert::name::Name;

use self::certificates::Issued;
use crate::{
    authorities::{Authorities, AuthorityError, Validity, builder_error},
    file::{Application, Files},
    hex,
    reference::{PinKind, Reference},
    state::{CardState, Format, Kind, Memory, TicketKey},
    summary::CertificateSummary,
};

/// Answer to reset of the real card over a contactless reader (PC/SC part 3), from OpenSC's list.
const ATR_INDIVIDUAL_NUMBER: &[u8] = b"\x3B\x88\x80\x01\x00\x00\x05\xE0\xB3\x81\xA1\x00\x7F";
/// That of the resident register card, from OpenSC's `card-jpki.c`.
const ATR_JUKI: &[u8] = b"\x3B\xE0\x00\xFF\x81\x31\xFE\x45\x14";
/// A contactless card that gives no historical bytes.
const ATR_UNKNOWN: &[u8] = b"\x3B\x80\x80\x01\x01";

/// What card is wanted.
#[derive(Clone)]
pub struct Order {
    /// Which kind of card.
    pub kind: Kind,
    /// Public keys of the central service that may sign tickets, at most two; number 1 first.
    pub ticket_keys: Vec<TicketKey>,
    /// Four digits.
    pub user_authentication_pin: String,
    /// 6 to 16 of A-Z and 0-9, both.
    pub signature_pin: String,
    /// Tries left at first; full where not given.
    pub user_authentication_retries: Option<u8>,
    /// Tries left at first; full where not given.
    pub signature_retries: Option<u8>,
    /// Without one, EF 0001 does not exist: a child's card, or one without a PIN.
    pub has_signature_certificate: bool,
    /// The validity of the user-authentication certificate.
    pub user_authentication_validity: Validity,
    /// The validity of the signature certificate.
    pub signature_validity: Validity,
    /// The validity of the card's own two certificates.
    pub card_validity: Validity,
}

/// What the central service's register holds about a card; public data.
#[derive(Clone, Debug, Serialize)]
pub struct Citizen {
    /// 32 lower-case hexadecimal digits.
    pub card_id: String,
    /// base64url of the DER, without padding.
    pub authentication_certificate: String,
    /// Absent where the card has none.
    pub signature_certificate: Option<SignatureCertificate>,
}

/// What a register holds about a signature certificate.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureCertificate {
    /// The serial number, in hexadecimal digits.
    pub serial: String,
    /// RFC 3339.
    pub not_after: Timestamp,
}

/// An order that no card can be made from.
#[derive(Debug, thiserror::Error)]
pub enum PersonaliseError {
    /// A PIN has the wrong form.
    #[error("a {pin} is {form}")]
    Pin {
        /// Which.
        pin: &'static str,
        /// What it must be.
        form: &'static str,
    },
    /// More than two ticket keys.
    #[error("a card has room for two ticket keys")]
    TooManyTicketKeys,
    /// A ticket key does not parse.
    #[error("a ticket key is a P-256 public key (SubjectPublicKeyInfo, PEM)")]
    TicketKey,
    /// A certificate would end before it begins.
    #[error(
        "the {certificate} would be valid from {not_before} until {not_after}, which is earlier"
    )]
    Validity {
        /// Which.
        certificate: &'static str,
        /// As ordered.
        not_before: Timestamp,
        /// As ordered.
        not_after: Timestamp,
    },
    /// A certificate could not be issued.
    #[error("cannot issue the card's certificates")]
    Issue(#[from] AuthorityError),
}

impl Order {
    /// An Individual Number Card with valid certificates, full counters, and PINs at random.
    pub fn new(now: Timestamp) -> Self {
        let mut random = rand::rng();
        let validity = Validity::around(now, 1, 4);
        Self {
            kind: Kind::IndividualNumber,
            ticket_keys: Vec::new(),
            user_authentication_pin: format!("{:04}", random.random_range(0..10_000)),
            signature_pin: draw_signature_pin(&mut random),
            user_authentication_retries: None,
            signature_retries: None,
            has_signature_certificate: true,
            user_authentication_validity: validity,
            signature_validity: validity,
            card_validity: Validity::around(now, 1, 9),
        }
    }

    fn check(&self) -> Result<(), PersonaliseError> {
        let user_authentication = self.user_authentication_pin.as_bytes();
        if !PinKind::UserAuthentication.accepts(user_authentication) {
            let (pin, form) = ("user-authentication PIN", "four digits");
            return Err(PersonaliseError::Pin { pin, form });
        }
        if !PinKind::DigitalSignature.accepts(self.signature_pin.as_bytes()) {
            let (pin, form) =
                ("signature PIN", "6 to 16 of A-Z and 0-9, with at least one of each");
            return Err(PersonaliseError::Pin { pin, form });
        }
        if self.ticket_keys.len() > 2 {
            return Err(PersonaliseError::TooManyTicketKeys);
        }
        for (certificate, validity) in [
            ("user-authentication certificate", self.user_authentication_validity),
            ("signature certificate", self.signature_validity),
            ("card's own certificate", self.card_validity),
        ] {
            let Validity { not_before, not_after } = validity;
            if !validity.is_ordered() {
                return Err(PersonaliseError::Validity { certificate, not_before, not_after });
            }
        }
        Ok(())
    }
}

impl TicketKey {
    /// Reads a SubjectPublicKeyInfo in PEM.
    ///
    /// # Errors
    /// Where it is not the public key of a point of P-256.
    pub fn from_pem(pem: &str) -> Result<Self, PersonaliseError> {
        let key =
            p256::PublicKey::from_public_key_pem(pem).map_err(|_| PersonaliseError::TicketKey)?;
        Self::from_point(&key.to_sec1_bytes())
    }

    /// Reads an uncompressed point.
    ///
    /// # Errors
    /// Where it is not 65 bytes, or not a point of P-256.
    pub fn from_point(point: &[u8]) -> Result<Self, PersonaliseError> {
        let key = <[u8; 65]>::try_from(point).map_err(|_| PersonaliseError::TicketKey)?;
        p256::PublicKey::from_sec1_bytes(&key).map_err(|_| PersonaliseError::TicketKey)?;
        Ok(Self(key))
    }
}

/// Makes the card of `order`, with new keys, and the register's view of it: `None` for a card
/// that no register knows.
///
/// # Errors
/// Where the order contradicts the card's rules, or a certificate cannot be issued.
pub fn personalise(
    authorities: &Authorities,
    order: &Order,
    random: &mut impl CryptoRng,
) -> Result<(CardState, Option<Citizen>), PersonaliseError> {
    order.check()?;
    if order.kind == Kind::Unknown {
        return Ok((unknown_card(), None));
    }
    let issued = certificates::issue(authorities, order, random)?;
    let citizen = Citizen::of(&issued);
    let profile = issued.profile.clone();
    let files = jpki::files(authorities, order.kind, issued)?;
    let mut applications = BTreeMap::from([(Application::Jpki, files)]);
    let mut memory = Memory { references: jpki::references(order, random), ..Memory::default() };
    if matches!(order.kind, Kind::IndividualNumber | Kind::NoMarker) {
        applications.insert(Application::InputSupport, input_support::files());
        memory.references.extend(input_support::references(order, random));
    }
    let speaks_profile = order.kind == Kind::IndividualNumber;
    if speaks_profile {
        applications.insert(Application::Marker, Files::new());
    }
    let atr = if order.kind == Kind::Juki { ATR_JUKI } else { ATR_INDIVIDUAL_NUMBER };
    let state = CardState {
        format: Format::VirtualCard1,
        kind: order.kind,
        atr: atr.to_vec(),
        applications,
        profile: speaks_profile.then_some(profile),
        memory,
    };
    Ok((state, Some(citizen)))
}

impl Citizen {
    fn of(issued: &Issued) -> Self {
        let signature = issued.signature_certificate.as_deref().and_then(CertificateSummary::of);
        Self {
            card_id: hex::encode(&issued.profile.card_id),
            authentication_certificate: URL_SAFE_NO_PAD.encode(&issued.authentication_certificate),
            signature_certificate: signature.map(|certificate| SignatureCertificate {
                serial: certificate.serial,
                not_after: certificate.not_after,
            }),
        }
    }
}

fn unknown_card() -> CardState {
    CardState {
        format: Format::VirtualCard1,
        kind: Kind::Unknown,
        atr: ATR_UNKNOWN.to_vec(),
        applications: BTreeMap::new(),
        profile: None,
        memory: Memory::default(),
    }
}

/// Eight characters of which at least one is a letter and one a digit.
fn draw_signature_pin(random: &mut impl CryptoRng) -> String {
    const CHARACTERS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    loop {
        let pin: String =
            (0..8).map(|_| char::from(CHARACTERS[random.random_range(0..36)])).collect();
        if PinKind::DigitalSignature.accepts(pin.as_bytes()) {
            return pin;
        }
    }
}

fn reference(kind: PinKind, value: &str, random: &mut impl CryptoRng) -> (PinKind, Reference) {
    (kind, Reference::new(kind, random.random(), value.as_bytes()))
}

fn name(text: &str) -> Result<Name, PersonaliseError> {
    Ok(Name::from_str(text).map_err(builder_error)?)
}
