// SPDX-License-Identifier: MIT OR Apache-2.0
//! A resident's visit as a kiosk plays it, call by call, over whatever channel: what an input
//! chooses is the resident, and what it answers is the card. [`Watched`] looks at every command.

use card_io::card::{self, CardContents, check};
use card_io::channel::CardChannel;
use card_io::jpki::{PinKind, Reading, SCRATCH_LENGTH, Verification};
use card_io::reset::{
    AcceptedTicket, Presented, ProfileCard, Proof, Settled, SpentTicket, Written, settle,
};

use super::lab::{self, Drawn, KIOSK, LAB, NONCE, SESSION};
use super::watched::Watched;

/// How far a visit came. The order is that of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Something lay there.
    Read,
    /// A real card, or another that is shown and not touched.
    Looked,
    /// A genuine card of the profile.
    Identified,
    /// The 4-digit PIN was refused.
    Refused,
    /// The 4-digit PIN was verified.
    Verified,
    /// The proof was signed.
    Signed,
    /// The card took the ticket.
    Accepted,
    /// Nothing was written.
    NotDone,
    /// It could not be told.
    Unknown,
    /// The new PIN is set, by the card's receipt.
    Done,
    /// And was read back.
    ReadBack,
}

/// What the resident does, a bit each.
#[derive(Clone, Copy, Debug)]
pub struct Choices(pub u8);

impl Choices {
    const EXTENDED: u8 = 0x01;
    const WRONG_PIN_FIRST: u8 = 0x02;
    const CHECK: u8 = 0x04;
    const RECEIPT_FIRST: u8 = 0x08;
    const WITHDRAW: u8 = 0x10;
    const NO_PIN: u8 = 0x20;
    const WRONG_PIN_ALWAYS: u8 = 0x40;

    const fn has(self, choice: u8) -> bool {
        self.0 & choice != 0
    }

    fn reading(self) -> Reading {
        if self.has(Self::EXTENDED) { Reading::Extended } else { Reading::Short }
    }
}

/// What came of a visit.
#[derive(Debug, Default)]
pub struct Told {
    /// Every step that was reached, in order.
    pub steps: Vec<Step>,
    /// What is still to be settled.
    pub unsettled: Option<SpentTicket>,
    /// How often a wrong PIN was sent, at most.
    pub wrong_pins: u8,
}

impl Told {
    /// Whether the visit came so far.
    #[must_use]
    pub fn reached(&self, step: Step) -> bool {
        self.steps.contains(&step)
    }
}

/// Plays a visit to its end, whatever the card does.
pub fn play<C: CardChannel>(channel: &mut Watched<C>, choices: Choices) -> Told {
    let mut told = Told::default();
    visit(channel, choices, &mut told);
    if let Some(spent) = told.unsettled {
        told.steps.push(match settled(channel, spent) {
            Settled::Done(_) => Step::Done,
            Settled::NotDone(_) => Step::NotDone,
            Settled::Unknown(_) => Step::Unknown,
        });
    }
    told
}

/// The card that was put back is asked what became of the ticket.
pub fn settled<C: CardChannel>(channel: &mut Watched<C>, spent: SpentTicket) -> Settled {
    settle(channel, LAB.identity(), &spent, &NONCE, Reading::Short)
}

fn visit<C: CardChannel>(
    channel: &mut Watched<C>,
    choices: Choices,
    told: &mut Told,
) -> Option<()> {
    let reading = choices.reading();
    let contents = card::read(channel, &LAB.authority, reading).ok()?;
    told.steps.push(Step::Read);
    let identified = match contents {
        CardContents::Profile(identified) => identified,
        CardContents::Real(_) => {
            told.steps.push(Step::Looked);
            let _ = check(channel, reading);
            return None;
        }
        _ => return None,
    };
    told.steps.push(Step::Identified);
    assert_eq!(identified.card.identity(), LAB.identity(), "a card that was never made");
    let facts = &identified.facts;
    for kind in [PinKind::UserAuthentication, PinKind::DigitalSignature] {
        assert!(facts.retries_left(kind) <= kind.full_retry_counter(), "more than the full count");
    }
    let mut card = identified.card;
    if choices.has(Choices::CHECK) {
        card.check().ok()?;
    }
    if choices.has(Choices::RECEIPT_FIRST) {
        card.receipt(&NONCE).ok()?;
    }
    prove(&mut card, choices, told)?;
    let ticket = present(&mut card, told)?;
    if choices.has(Choices::WITHDRAW) {
        card.final_receipt(&NONCE).ok()?;
        return None;
    }
    write(&mut card, ticket, told);
    Some(())
}

/// One press of OK after another.
fn prove<C: CardChannel>(
    card: &mut ProfileCard<'_, Watched<C>>,
    choices: Choices,
    told: &mut Told,
) -> Option<()> {
    if choices.has(Choices::NO_PIN) {
        return Some(());
    }
    let presses: &[bool] = match choices {
        _ if choices.has(Choices::WRONG_PIN_ALWAYS) => &[false; 5],
        _ if choices.has(Choices::WRONG_PIN_FIRST) => &[false, true],
        _ => &[true],
    };
    for &is_right in presses {
        let pin = lab::proof_pin(is_right);
        let right_to_try = card.try_with(&pin).ok()??;
        assert!((1..=3).contains(&right_to_try.retries_left()));
        told.wrong_pins += u8::from(!is_right);
        let mut scratch = [0xAA; SCRATCH_LENGTH];
        let verification = right_to_try.verify(&mut scratch);
        assert_eq!(scratch, [0; SCRATCH_LENGTH], "the scratch is not wiped");
        match verification {
            Ok(Verification::Verified) => {
                told.steps.push(Step::Verified);
                card.sign(&proof()).ok()?;
                told.steps.push(Step::Signed);
                return Some(());
            }
            Ok(Verification::Refused { retries_left }) => {
                assert!((1..=3).contains(&retries_left), "{retries_left} tries left of three");
                told.steps.push(Step::Refused);
            }
            Ok(Verification::Blocked) => return None,
            // May have cost a try: the count is read again, and the resident asked.
            Err(_) => {
                card.retries_left(PinKind::UserAuthentication).ok()?;
            }
        }
    }
    None
}

fn proof() -> Proof {
    let target = PinKind::DigitalSignature;
    Proof { nonce: NONCE, session_id: SESSION, kiosk_id: KIOSK, target }
}

fn present<C: CardChannel>(
    card: &mut ProfileCard<'_, Watched<C>>,
    told: &mut Told,
) -> Option<AcceptedTicket> {
    let request = card.request_ticket(PinKind::DigitalSignature, &mut Drawn).ok()?;
    let response = LAB.issue(&request.bytes(), 1);
    let ticket = request.accept(&response, &KIOSK, lab::now());
    let Ok(ticket) = ticket else { panic!("the service's own ticket is not taken") };
    match card.present(ticket).ok()? {
        Presented::Accepted(ticket) => {
            told.steps.push(Step::Accepted);
            Some(ticket)
        }
        Presented::Refused | Presented::NotGenuine(_) => {
            let _ = card.final_receipt(&NONCE);
            None
        }
    }
}

/// The write, and once more with the ticket where the card gives it back.
fn write<C: CardChannel>(
    card: &mut ProfileCard<'_, Watched<C>>,
    ticket: AcceptedTicket,
    told: &mut Told,
) {
    let mut ticket = Some(ticket);
    for _ in 0..2 {
        let Some(accepted) = ticket.take() else { return };
        let mut scratch = [0xAA; SCRATCH_LENGTH];
        let written = card.write(accepted, &lab::new_pin(), &NONCE, &mut scratch);
        assert_eq!(scratch, [0; SCRATCH_LENGTH], "the scratch is not wiped");
        match written {
            Written::Done { receipt, read_back } => {
                assert_eq!(receipt.result(), card_io::reset::ReceiptResult::Used);
                told.steps.push(Step::Done);
                if matches!(read_back, card_io::reset::ReadBack::Verified) {
                    told.steps.push(Step::ReadBack);
                }
            }
            Written::NotDone { ticket: again, .. } => {
                told.steps.push(Step::NotDone);
                ticket = again;
            }
            Written::Unknown { spent, .. } => {
                told.steps.push(Step::Unknown);
                told.unsettled = Some(spent);
            }
        }
    }
}
