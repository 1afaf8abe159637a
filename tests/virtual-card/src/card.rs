// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card: power, the order in which a command is judged, and what dies with the power.
//!
//! One file below for each command of profile `ref-eac-1` and of the public card map.

mod agreement;
mod authorisation;
mod keys;
mod reading;
mod receipt;
mod reset;
mod selection;
mod signing;
mod verification;

use std::path::{Path, PathBuf};

use self::keys::Keys;
use crate::{
    apdu::{Answer, CommandApdu, response},
    file::{Access, Application, EfId, File},
    messaging::{self, Messaging, PROTECTED},
    reference::PinKind,
    state::{CardState, Memory, StateError},
    status::StatusWord,
    ticket::Ticket,
};

/// An integrated circuit card that runs the simulated profile.
pub struct Card {
    state: CardState,
    keys: Keys,
    /// Where the state is kept; a card without it forgets when it is dropped.
    path: Option<PathBuf>,
    random: Randomness,
    is_powered: bool,
    volatile: Volatile,
}

/// Fills a buffer with the card's next random bytes.
pub type Randomness = Box<dyn FnMut(&mut [u8]) + Send>;

/// What dies on power-off, on reset and with a successful SELECT by AID (profile, 7.1).
#[derive(Default)]
struct Volatile {
    application: Option<Application>,
    current: Option<EfId>,
    verified: Vec<PinKind>,
    challenge: Option<[u8; 16]>,
    ticket: Option<AcceptedNow>,
    messaging: Option<Messaging>,
}

/// A ticket that can still be used in this power cycle.
struct AcceptedNow {
    ticket: Ticket,
    is_agreed: bool,
    refused_pins: u8,
}

impl Card {
    /// A card in `state` that is kept nowhere, for tests within one process.
    ///
    /// # Errors
    /// Where a key in `state` cannot be used.
    pub fn in_memory(state: CardState) -> Result<Self, StateError> {
        Self::new(state, None)
    }

    /// The card whose state is the file at `path`, and which keeps it there.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not the state of a card.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Self::new(CardState::load(path)?, Some(path.to_owned()))
    }

    fn new(state: CardState, path: Option<PathBuf>) -> Result<Self, StateError> {
        Ok(Self {
            keys: Keys::of(&state)?,
            state,
            path,
            random: Box::new(rand::fill),
            is_powered: false,
            volatile: Volatile::default(),
        })
    }

    /// The same card drawing its challenges from `random`, so that known answers can be tested.
    #[must_use]
    pub fn with_randomness(mut self, random: Randomness) -> Self {
        self.random = random;
        self
    }

    /// The reader puts the card under power.
    pub fn power_on(&mut self) {
        self.is_powered = true;
        self.volatile = Volatile::default();
    }

    /// The reader takes the power away, or the card leaves the field.
    pub fn power_off(&mut self) {
        self.is_powered = false;
        self.volatile = Volatile::default();
    }

    /// A warm reset.
    pub fn reset(&mut self) {
        self.power_on();
    }

    /// Carries out one command APDU and gives the response APDU; none (no bytes at all) where the
    /// card is not under power.
    pub fn execute(&mut self, command: &[u8]) -> Vec<u8> {
        if !self.is_powered {
            return Vec::new();
        }
        let Some(command) = CommandApdu::parse(command) else {
            return response(Err(StatusWord::WRONG_LENGTH));
        };
        match command.class {
            PROTECTED => self.execute_protected(&command),
            0x00 | 0x80 => response(self.dispatch(&command)),
            _ => response(Err(StatusWord::CLASS_NOT_SUPPORTED)),
        }
    }

    /// The answer to reset.
    pub fn atr(&self) -> &[u8] {
        &self.state.atr
    }

    /// Everything of the card that power loss does not take.
    pub fn state(&self) -> &CardState {
        &self.state
    }

    fn execute_protected(&mut self, command: &CommandApdu) -> Vec<u8> {
        let Some(mut messaging) = self.volatile.messaging.take() else {
            return response(Err(StatusWord::CONDITIONS_OF_USE_NOT_SATISFIED));
        };
        match messaging.unwrap(command) {
            Ok(command) => {
                let answer = self.dispatch_protected(&command);
                let response = messaging.wrap(answer);
                self.volatile.messaging = Some(messaging);
                response
            }
            Err(status) => {
                self.volatile.ticket = None;
                response(Err(status))
            }
        }
    }

    fn dispatch(&mut self, command: &CommandApdu) -> Answer {
        let speaks_profile =
            self.volatile.application == Some(Application::Jpki) && self.keys.profile.is_some();
        match (command.class, command.instruction) {
            (0x00, 0xA4) => self.select(command),
            _ if self.volatile.application == Some(Application::Marker) => {
                Err(StatusWord::INSTRUCTION_NOT_SUPPORTED)
            }
            (0x00, 0x20) => self.verify(command),
            (0x00, 0xB0) => self.read_binary(command),
            (0x80, 0x2A) => self.compute_digital_signature(command),
            (0x00, 0x2A) => Err(StatusWord::CLASS_NOT_SUPPORTED),
            (0x00, 0x2C) if speaks_profile => Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED),
            (0x00, 0x82) if speaks_profile => self.external_authenticate(command),
            (0x00, 0x84) if speaks_profile => self.challenge(command),
            (0x00, 0x86) if speaks_profile => self.general_authenticate(command),
            (0x00, 0x88) if speaks_profile => self.internal_authenticate(command),
            (0x00, _) => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
            _ => Err(StatusWord::CLASS_NOT_SUPPORTED),
        }
    }

    /// The commands that secure messaging may carry (section 5).
    fn dispatch_protected(&mut self, command: &CommandApdu) -> Answer {
        match command.instruction {
            0x20 => self.verify(command),
            messaging::RESET_RETRY_COUNTER => self.reset_retry_counter(command),
            0x88 => self.internal_authenticate(command),
            0xA4 => self.select_ef(command),
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }

    /// Changes what the card remembers, in one step: on the disk first, then here.
    fn commit(&mut self, change: impl FnOnce(&mut Memory)) -> Result<(), StatusWord> {
        let before = self.state.memory.clone();
        change(&mut self.state.memory);
        let Some(path) = &self.path else { return Ok(()) };
        self.state.save(path).map_err(|_| {
            self.state.memory = before;
            StatusWord::MEMORY_FAILURE
        })
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    fn file(&self, id: EfId) -> Option<&File> {
        self.state.applications.get(&self.volatile.application?)?.get(&id)
    }

    /// The file that a command means: the current EF, or the one with a short identifier.
    fn meant_file(&self, short_id: u8) -> Result<(EfId, &File), StatusWord> {
        let id = match short_id {
            0 => self.volatile.current.ok_or(StatusWord::NO_CURRENT_EF)?,
            short_id => EfId::from_short(short_id),
        };
        Ok((id, self.file(id).ok_or(StatusWord::FILE_NOT_FOUND)?))
    }

    fn require(&self, access: &Access) -> Result<(), StatusWord> {
        match access {
            Access::Free => Ok(()),
            Access::After(pins) if pins.iter().any(|&pin| self.is_verified(pin)) => Ok(()),
            Access::After(_) => Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED),
        }
    }

    fn is_verified(&self, pin: PinKind) -> bool {
        self.volatile.verified.contains(&pin)
    }
}
