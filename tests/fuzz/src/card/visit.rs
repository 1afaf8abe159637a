// SPDX-License-Identifier: MIT OR Apache-2.0
//! A visit with the virtual card, with the input between the two: it loses, changes and forges
//! answers, slips in commands, takes the power away. What the kiosk says at the end is held against
//! what the card then holds.

use card_io::channel::{CardChannel, ChannelError};
use card_io::reset::Settled;
use virtual_card::{Card, PinKind};

use super::LAB;
use super::lab::{KNOWN_PIN, NEW_PIN};
use super::story::{Choices, Step, Told, play, settled};
use super::terminal::Keys;
use super::watched::Watched;
use crate::input::Input;

/// The resident's choices, then mishaps: how many commands to let pass, what then, and with what.
pub fn run(data: &[u8]) {
    visit(data);
}

/// The same, and what came of it.
pub fn visit(data: &[u8]) -> Told {
    let (mut channel, told) = played(data);
    judge(&mut channel, &told);
    told
}

/// The answers that the kiosk was given, for seeds.
#[must_use]
pub fn recorded(data: &[u8]) -> Vec<Vec<u8>> {
    played(data).0.answers
}

fn played(data: &[u8]) -> (Watched<Between<'_>>, Told) {
    let mut input = Input::new(data);
    let choices = Choices(input.byte().unwrap_or_default());
    let mut channel = Watched::new(Between::new(input));
    let told = play(&mut channel, choices);
    (channel, told)
}

fn judge(channel: &mut Watched<Between<'_>>, told: &Told) {
    let is_set = is_new_pin_set(&channel.channel.card);
    let last = told.steps.last().copied();
    // The receipt is signed by the card: nobody between can make it say so.
    assert!(is_set || !told.reached(Step::Done), "done, and the card holds the old PIN");
    let is_forged = channel.channel.has_forged;
    if last == Some(Step::NotDone) && !is_forged {
        assert!(!is_set, "not done, and the card holds the new PIN");
    }
    if !channel.channel.has_slipped_in {
        let left = channel.channel.card.state().retries_left(PinKind::UserAuthentication);
        let least = 3_u8.saturating_sub(told.wrong_pins);
        assert!(left.is_some_and(|left| left >= least), "{left:?} left, {}", told.wrong_pins);
    }
    assert!(
        channel.channel.card.state().is_pin(PinKind::UserAuthentication, KNOWN_PIN.as_bytes())
            == Some(true),
        "the other PIN has changed"
    );
    if let Some(spent) = told.unsettled {
        channel.channel.put_back();
        match settled(channel, spent) {
            Settled::Done(_) => assert!(is_set),
            Settled::NotDone(_) => assert!(!is_set),
            Settled::Unknown(cause) => panic!("an honest card cannot settle it: {cause:?}"),
        }
    }
}

fn is_new_pin_set(card: &Card) -> bool {
    card.state().is_pin(PinKind::DigitalSignature, NEW_PIN.as_bytes()) == Some(true)
}

/// Between the kiosk and the card.
struct Between<'d> {
    card: Card,
    is_there: bool,
    input: Input<'d>,
    /// Commands until the next mishap; `None`: there is none any more.
    waits: Option<u8>,
    keys: Option<Keys>,
    point: Vec<u8>,
    has_forged: bool,
    has_slipped_in: bool,
}

impl<'d> Between<'d> {
    fn new(mut input: Input<'d>) -> Self {
        let waits = input.byte();
        Self {
            card: LAB.card(),
            is_there: true,
            input,
            waits,
            keys: None,
            point: Vec::new(),
            has_forged: false,
            has_slipped_in: false,
        }
    }

    /// The card lies there again, and nobody meddles any more.
    fn put_back(&mut self) {
        self.waits = None;
        self.is_there = true;
        self.card.power_off();
        self.card.power_on();
    }

    /// The mishap that is due now, if one is.
    fn mishap(&mut self) -> Option<(u8, &'d [u8])> {
        match self.waits? {
            0 => {
                let mishap = (self.input.byte()?, self.input.piece().unwrap_or_default());
                self.waits = self.input.byte();
                Some(mishap)
            }
            waits => {
                self.waits = Some(waits - 1);
                None
            }
        }
    }

    fn lose_power(&mut self) -> ChannelError {
        // Put back at once: what the kiosk does next meets a card that has forgotten.
        self.card.power_off();
        self.card.power_on();
        self.keys = None;
        ChannelError::CardGone
    }

    /// The card's answer; and what whoever knows its key learns from it.
    fn execute(&mut self, command: &[u8]) -> Vec<u8> {
        if command.starts_with(&[0x00, 0x86]) {
            self.point = command.get(9..74).unwrap_or_default().to_vec();
        }
        let is_protected = command.first() == Some(&0x0C);
        if let (true, Some(keys)) = (is_protected, &mut self.keys) {
            keys.step();
        }
        let answer = self.card.execute(command);
        if let (true, Some(keys)) = (is_protected, &mut self.keys) {
            keys.step();
        }
        if let (true, [0x7C, 0x1C, 0x81, 0x10, rest @ ..]) =
            (command.starts_with(&[0x00, 0x86]), &answer[..])
        {
            self.keys = Keys::of_card(&self.point, rest.get(..16).unwrap_or_default());
        }
        answer
    }

    fn changed(&mut self, kind: u8, with: &[u8], mut answer: Vec<u8>) -> Vec<u8> {
        match (kind, &self.keys) {
            (0, _) => return with.to_vec(),
            (1, _) => {
                if let [high, low, by @ ..] = with {
                    let at = usize::from(u16::from_be_bytes([*high, *low])) % answer.len().max(1);
                    let changed = answer.iter_mut().skip(at).zip(by);
                    changed.for_each(|(byte, by)| *byte ^= by);
                }
            }
            (2, _) => answer.truncate(with.len()),
            (3, _) => {
                let at = answer.len().saturating_sub(2);
                answer.splice(at..at, with.iter().copied());
            }
            (4, _) => {
                let at = answer.len().saturating_sub(2);
                answer.splice(at.., with.iter().copied().take(2));
            }
            (5, Some(keys)) => {
                answer = keys.answer_objects(with);
                self.has_forged = true;
            }
            (6, Some(keys)) => {
                let (status, data) = with.split_first_chunk::<2>().unwrap_or((&[0x90, 0x00], &[]));
                answer = keys.answer(data, *status);
                self.has_forged = true;
            }
            _ => {}
        }
        answer
    }
}

impl CardChannel for Between<'_> {
    fn transmit(&mut self, command: &[u8], room: &mut [u8]) -> Result<usize, ChannelError> {
        if !self.is_there {
            return Err(ChannelError::CardGone);
        }
        let mishap = self.mishap().map(|(kind, with)| (kind % 13, with));
        match mishap {
            Some((7, _)) => return Ok(0),
            Some((8, _)) => return Err(self.lose_power()),
            Some((9, with)) => {
                self.has_slipped_in = true;
                self.execute(with);
            }
            _ => {}
        }
        let mut answer = self.execute(command);
        match mishap {
            Some((10, _)) => return Ok(0),
            Some((11, _)) => return Err(self.lose_power()),
            Some((12, _)) => {
                self.is_there = false;
                self.card.power_off();
                return Err(ChannelError::CardGone);
            }
            Some((kind, with)) => answer = self.changed(kind, with, answer),
            None => {}
        }
        let given = room.get_mut(..answer.len()).ok_or(ChannelError::AnswerLost)?;
        given.copy_from_slice(&answer);
        Ok(answer.len())
    }
}
