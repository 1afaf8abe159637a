// SPDX-License-Identifier: MIT OR Apache-2.0
//! One card of the profile, the service that signs its tickets, and the numbers that a kiosk would
//! draw: all of it the same in every run, so that an input always tells the same story.

use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use card_io::card::{self, CardContents};
use card_io::channel::{CardChannel, ChannelError};
use card_io::jpki::{Pin, PinKind, Reading};
use card_io::reset::{CardAuthority, CardIdentity};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use virtual_card::{Card, CardState};

/// Of the service's session.
pub const NONCE: [u8; 32] = [0x4E; 32];
/// Of the service's session.
pub const SESSION: [u8; 16] = [0x5E; 16];
/// Who the kiosk is.
pub const KIOSK: [u8; 16] = [0x66; 16];
/// Of every ticket.
pub const TICKET_ID: [u8; 16] = [0x77; 16];
/// The specimen's 4-digit PIN.
pub const KNOWN_PIN: &str = "5937";
/// The specimen's signature PIN.
pub const FORGOTTEN_PIN: &str = "FORGOTTEN2026";
/// The signature PIN that is set.
pub const NEW_PIN: &str = "SETANEW4711";
/// When it is, in Unix seconds: the tickets' hour.
pub const NOW: u64 = 1_806_135_887;

/// Where the specimen is kept; `cargo run -p fuzz --bin seed -- --specimen` makes another.
pub const SPECIMEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/specimen");

/// Made once a process.
pub static LAB: LazyLock<Lab> = LazyLock::new(Lab::new);

/// What is the same in every run.
pub struct Lab {
    /// The configured card authority.
    pub authority: CardAuthority,
    /// As it came from personalisation.
    pub state: CardState,
    identity: CardIdentity,
    agreement_key: p256::SecretKey,
    signer: SigningKey,
}

impl Lab {
    #[expect(clippy::expect_used, reason = "the specimen is committed and whole")]
    fn new() -> Self {
        let file = |name: &str| std::fs::read(format!("{SPECIMEN}/{name}")).expect(name);
        let authority =
            CardAuthority::from_der(&file("card-authority.der")).expect("the specimen's authority");
        let text = file("card.json");
        let state: CardState = serde_json::from_slice(&text).expect("the specimen");
        let json: serde_json::Value = serde_json::from_slice(&text).expect("the specimen");
        let key = json["profile"]["agreement_key"].as_str().unwrap_or_default();
        let key = p256::SecretKey::from_slice(&unhex(key)).expect("the specimen's key");
        let mut reader = Reader(powered(state.clone()));
        let read = card::read(&mut reader, &authority, Reading::Extended);
        let Ok(CardContents::Profile(identified)) = read else {
            panic!("the specimen is no card of the profile")
        };
        let identity = identified.card.identity().clone();
        Self { authority, state, identity, agreement_key: key, signer: signer() }
    }

    /// Who the specimen is.
    #[must_use]
    pub const fn identity(&self) -> &CardIdentity {
        &self.identity
    }

    /// The card's half of the key agreement.
    pub(super) const fn agreement_key(&self) -> &p256::SecretKey {
        &self.agreement_key
    }

    /// A fresh copy of the specimen, under power, with challenges that are the same in every run.
    #[must_use]
    pub fn card(&self) -> Card {
        powered(self.state.clone())
    }

    /// The service's answer to a ticket request.
    #[must_use]
    pub fn issue(&self, request: &[u8; 48], counter: u32) -> Vec<u8> {
        let fields: [&[u8]; 9] = [
            b"JRST-T01",
            &[0x01, 0x1B],
            self.identity.card_id(),
            request,
            &TICKET_ID,
            &counter.to_be_bytes(),
            &NOW.to_be_bytes(),
            &(NOW + 60).to_be_bytes(),
            &KIOSK,
        ];
        let ticket = fields.concat();
        let signature: Signature = self.signer.sign(&ticket);
        [&[0x01], &ticket[..], &signature.to_bytes()].concat()
    }
}

/// The service's key, whose public half the specimen holds as number 1.
#[expect(clippy::expect_used, reason = "a constant scalar")]
pub fn signer() -> SigningKey {
    SigningKey::from_slice(&[0x71; 32]).expect("a scalar")
}

/// The kiosk's clock.
pub(super) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// The 4-digit PIN, right or wrong.
#[expect(clippy::expect_used, reason = "constants of the right form")]
pub(super) fn proof_pin(is_right: bool) -> Pin<'static> {
    let digits = if is_right { KNOWN_PIN } else { "0000" };
    Pin::new(PinKind::UserAuthentication, digits.as_bytes()).expect("four digits")
}

/// The PIN to be set.
#[expect(clippy::expect_used, reason = "a constant of the right form")]
pub(super) fn new_pin() -> Pin<'static> {
    Pin::new(PinKind::DigitalSignature, NEW_PIN.as_bytes()).expect("letters and digits")
}

#[expect(clippy::expect_used, reason = "the specimen is committed and whole")]
fn powered(state: CardState) -> Card {
    let mut drawn = 0_u8;
    let mut card = Card::in_memory(state).expect("the specimen").with_randomness(Box::new(
        move |bytes: &mut [u8]| {
            drawn = drawn.wrapping_add(1);
            bytes.fill(drawn);
        },
    ));
    card.power_on();
    card
}

/// The specimen alone, as a channel.
struct Reader(Card);

impl CardChannel for Reader {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        let bytes = self.0.execute(command);
        let room = answer.get_mut(..bytes.len()).ok_or(ChannelError::AnswerLost)?;
        room.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// The kiosk's ephemeral key, the same in every run.
pub(super) struct Drawn;

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0x4242_4242)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0x4242_4242_4242_4242)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0x42);
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
