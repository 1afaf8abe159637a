// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual card in this process behind a channel that can lose an answer or
//! the card's power at any command, and a service that signs tickets.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use card_io::card::{self, CardContents, IdentifiedCard};
use card_io::channel::{CardChannel, ChannelError};
use card_io::jpki::{Pin, PinKind, Reading, SCRATCH_LENGTH, Verification};
use card_io::reset::{
    AcceptedTicket, CardAuthority, Presented, ProfileCard, Proof, Ticket, Written,
};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use virtual_card::{Authorities, Card, CardState, Kind, Order, TicketKey, personalise};

pub(crate) const KIOSK: [u8; 16] = [0x66; 16];
pub(crate) const NONCE: [u8; 32] = [0x4E; 32];
pub(crate) const SESSION: [u8; 16] = [0x5E; 16];

/// Made once a run: four RSA keys take their time.
pub(crate) static BENCH: LazyLock<Bench> = LazyLock::new(Bench::new);

pub(crate) struct Bench {
    authorities: Authorities,
    pub(crate) authority: CardAuthority,
    pub(crate) known: String,
    pub(crate) forgotten: String,
    pub(crate) new: String,
    state: CardState,
    signer: SigningKey,
}

impl Bench {
    fn new() -> Self {
        let random = &mut rand::rng();
        let authorities = Authorities::generate(jiff::Timestamp::now(), random).unwrap();
        let signer = SigningKey::from_slice(&[0x71; 32]).unwrap();
        let ordered = Order { ticket_keys: vec![ticket_key(&signer)], ..order() };
        let (state, _) = personalise(&authorities, &ordered, random).unwrap();
        Self {
            authority: CardAuthority::from_der(&authorities.card_certificate()).unwrap(),
            authorities,
            known: ordered.user_authentication_pin,
            forgotten: ordered.signature_pin,
            new: order().signature_pin,
            state,
            signer,
        }
    }

    /// A fresh copy of the one card.
    pub(crate) fn reader(&self) -> Reader {
        Reader::with(self.state.clone())
    }

    /// Another card, made to order.
    pub(crate) fn reader_with(&self, change: impl FnOnce(&mut Order)) -> Reader {
        let mut order = Order {
            user_authentication_pin: self.known.clone(),
            ticket_keys: vec![ticket_key(&self.signer)],
            ..order()
        };
        change(&mut order);
        Reader::with(personalise(&self.authorities, &order, &mut rand::rng()).unwrap().0)
    }

    pub(crate) fn known(&self) -> Pin<'_> {
        Pin::new(PinKind::UserAuthentication, self.known.as_bytes()).unwrap()
    }

    pub(crate) fn new_pin(&self) -> Pin<'_> {
        Pin::new(PinKind::DigitalSignature, self.new.as_bytes()).unwrap()
    }

    /// The service's answer to a ticket request.
    pub(crate) fn issue(&self, request: &[u8; 48], card_id: &[u8; 16], counter: u32) -> Vec<u8> {
        let now = now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let fields: [&[u8]; 9] = [
            b"JRST-T01",
            &[0x01, 0x1B],
            card_id,
            request,
            &[0x77; 16],
            &counter.to_be_bytes(),
            &now.to_be_bytes(),
            &(now + 60).to_be_bytes(),
            &KIOSK,
        ];
        let ticket = fields.concat();
        let signature: Signature = self.signer.sign(&ticket);
        [&[0x01], &ticket[..], &signature.to_bytes()].concat()
    }
}

pub(crate) fn order() -> Order {
    Order::new(jiff::Timestamp::now())
}

fn ticket_key(signer: &SigningKey) -> TicketKey {
    TicketKey::from_point(&signer.verifying_key().to_sec1_bytes()).unwrap()
}

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_806_135_887)
}

/// What goes wrong with one command, before or after the card carries it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    AnswerLostBefore,
    AnswerLostAfter,
    PowerLostBefore,
    PowerLostAfter,
    /// The answer arrives with one byte changed.
    Changed {
        at: usize,
        by: u8,
    },
    /// The answer arrives cut to this many bytes.
    Cut {
        length: usize,
    },
    /// The answer arrives as this status word alone.
    Replaced {
        status: u16,
    },
}

/// A reader with the card on it.
pub(crate) struct Reader {
    pub(crate) card: Card,
    pub(crate) commands: Vec<Vec<u8>>,
    pub(crate) fate: Fate,
    is_card_there: bool,
}

/// The test's hand on a reader while a procedure has it.
#[derive(Clone, Default)]
pub(crate) struct Fate {
    seen: Rc<Cell<usize>>,
    mishap: Rc<Cell<Option<(usize, Mishap)>>>,
}

impl Fate {
    /// Plans a mishap for the `nth` command from now, counted from 1.
    pub(crate) fn plan(&self, nth: usize, mishap: Mishap) {
        self.mishap.set(Some((self.seen.get() + nth, mishap)));
    }

    /// Commands that the reader was given so far.
    pub(crate) fn seen(&self) -> usize {
        self.seen.get()
    }

    fn next(&self) -> Option<Mishap> {
        self.seen.set(self.seen.get() + 1);
        self.mishap.get().filter(|(nth, _)| *nth == self.seen.get()).map(|(_, mishap)| mishap)
    }
}

impl Reader {
    fn with(state: CardState) -> Self {
        let mut card = Card::in_memory(state).unwrap();
        card.power_on();
        Self { card, commands: Vec::new(), fate: Fate::default(), is_card_there: true }
    }

    pub(crate) fn put_back(&mut self) {
        self.is_card_there = true;
        self.card.power_on();
    }

    pub(crate) fn is_new_pin_set(&self) -> bool {
        let kind = virtual_card::PinKind::DigitalSignature;
        self.card.state().is_pin(kind, BENCH.new.as_bytes()).unwrap()
    }

    pub(crate) fn count(&self, instruction: u8) -> usize {
        self.commands.iter().filter(|command| command[1] == instruction).count()
    }

    fn lose_power(&mut self) -> ChannelError {
        self.is_card_there = false;
        self.card.power_off();
        ChannelError::CardGone
    }
}

impl CardChannel for Reader {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        if !self.is_card_there {
            return Err(ChannelError::CardGone);
        }
        self.commands.push(command.to_vec());
        let mishap = self.fate.next();
        match mishap {
            Some(Mishap::AnswerLostBefore) => return Ok(0),
            Some(Mishap::PowerLostBefore) => return Err(self.lose_power()),
            _ => {}
        }
        let mut bytes = self.card.execute(command);
        match mishap {
            Some(Mishap::AnswerLostAfter) => return Ok(0),
            Some(Mishap::PowerLostAfter) => return Err(self.lose_power()),
            Some(Mishap::Changed { at, by }) => {
                let at = at % bytes.len();
                bytes[at] ^= by;
            }
            Some(Mishap::Cut { length }) => bytes.truncate(length),
            Some(Mishap::Replaced { status }) => bytes = status.to_be_bytes().to_vec(),
            _ => {}
        }
        answer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// The card as the session first sees it.
pub(crate) fn identify(reader: &mut Reader) -> IdentifiedCard<'_, Reader> {
    match card::read(reader, &BENCH.authority, Reading::Short).unwrap() {
        CardContents::Profile(identified) => identified,
        _ => panic!("a genuine card of the profile"),
    }
}

/// Read, and the known PIN verified.
pub(crate) fn verified(reader: &mut Reader) -> ProfileCard<'_, Reader> {
    let mut card = identify(reader).card;
    assert_eq!(verify(&mut card, &BENCH.known()), Verification::Verified);
    card
}

pub(crate) fn verify(card: &mut ProfileCard<'_, Reader>, pin: &Pin<'_>) -> Verification {
    let mut scratch = [0; SCRATCH_LENGTH];
    let Some(right_to_try) = card.try_with(pin).unwrap() else {
        return Verification::Blocked;
    };
    let verification = right_to_try.verify(&mut scratch).unwrap();
    assert_eq!(scratch, [0; SCRATCH_LENGTH]);
    verification
}

pub(crate) fn proof() -> Proof {
    Proof { nonce: NONCE, session_id: SESSION, kiosk_id: KIOSK, target: PinKind::DigitalSignature }
}

/// A ticket for this card, signed and checked.
pub(crate) fn ticket(card: &mut ProfileCard<'_, Reader>, counter: u32) -> Ticket {
    let card_id = *card.identity().card_id();
    let request = card.request_ticket(PinKind::DigitalSignature, &mut rand::rng()).unwrap();
    let response = BENCH.issue(&request.bytes(), &card_id, counter);
    request.accept(&response, &KIOSK, now()).unwrap()
}

/// A ticket that the card has accepted.
pub(crate) fn accepted(card: &mut ProfileCard<'_, Reader>, counter: u32) -> AcceptedTicket {
    let ticket = ticket(card, counter);
    match card.present(ticket).unwrap() {
        Presented::Accepted(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn write(card: &mut ProfileCard<'_, Reader>, ticket: AcceptedTicket) -> Written {
    let mut scratch = [0; SCRATCH_LENGTH];
    let written = card.write(ticket, &BENCH.new_pin(), &NONCE, &mut scratch);
    assert_eq!(scratch, [0; SCRATCH_LENGTH]);
    written
}

pub(crate) const KINDS: [Kind; 5] =
    [Kind::IndividualNumber, Kind::NoMarker, Kind::Juki, Kind::Phone, Kind::Unknown];
