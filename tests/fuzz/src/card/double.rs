// SPDX-License-Identifier: MIT OR Apache-2.0
//! Command APDUs to the virtual card: what it remembers may change only as the profile says, and
//! each answer ends in a status word. A terminal with valid tickets and keys is among the senders.

use virtual_card::{Card, CardState, PinKind};

use super::LAB;
use super::lab::{FORGOTTEN_PIN, KNOWN_PIN, NEW_PIN};
use super::terminal::{Keys, terminal_point};
use crate::input::Input;

/// Kinds of commands, each with its piece.
pub fn run(data: &[u8]) {
    talk(data);
}

/// The same; whether a PIN was reset.
pub fn talk(data: &[u8]) -> bool {
    let mut terminal = Terminal { card: LAB.card(), challenge: [0; 16], keys: None, resets: 0 };
    let mut input = Input::new(data);
    while let Some(kind) = input.byte() {
        let with = input.piece().unwrap_or_default();
        terminal.step(kind % 12, with);
    }
    terminal.is_kept();
    terminal.resets > 0
}

struct Terminal {
    card: Card,
    challenge: [u8; 16],
    keys: Option<Keys>,
    resets: u32,
}

impl Terminal {
    fn step(&mut self, kind: u8, with: &[u8]) {
        let byte = with.first().copied().unwrap_or_default();
        match kind {
            0 => drop(self.send(with)),
            1 => self.power_cycle(),
            2 => drop(self.send(&short(0xA4, 0x04, 0x0C, application(byte)))),
            3 => drop(self.send(&short(0xA4, 0x02, 0x0C, &[0x00, byte]))),
            4 => drop(self.send(&short(0x20, 0x00, 0x80, KNOWN_PIN.as_bytes()))),
            5 => drop(self.send(&short(0x20, 0x00, 0x80, FORGOTTEN_PIN.as_bytes()))),
            6 => drop(self.send(&short(0x20, 0x00, byte, with.get(1..).unwrap_or_default()))),
            7 => self.get_challenge(),
            8 => self.present(with),
            9 => self.agree(),
            10 => self.send_protected(with),
            _ => drop(self.send(&short(byte, 0x00, 0x00, with.get(1..).unwrap_or_default()))),
        }
    }

    fn power_cycle(&mut self) {
        self.card.power_off();
        assert!(self.card.execute(&[0x00, 0x20, 0x00, 0x80]).is_empty(), "it speaks without power");
        self.card.power_on();
        self.keys = None;
    }

    fn get_challenge(&mut self) {
        let answer = self.send(&[0x00, 0x84, 0x00, 0x00, 0x10]);
        if let Some((challenge, [0x90, 0x00])) = answer.split_first_chunk::<16>() {
            self.challenge = *challenge;
        }
    }

    /// A ticket of the service over the challenge and the terminal's key, a byte of it changed
    /// where the input says so.
    fn present(&mut self, with: &[u8]) {
        use sha2::{Digest as _, Sha256};
        let hash: [u8; 32] = Sha256::digest(terminal_point()).into();
        let mut request = [0; 48];
        let (challenge, key) = request.split_at_mut(16);
        challenge.copy_from_slice(&self.challenge);
        key.copy_from_slice(&hash);
        let counter = u32::from(with.first().copied().unwrap_or(1));
        let mut response = LAB.issue(&request, counter);
        if let [_, at, by, ..] = with
            && let Some(byte) = response.get_mut(usize::from(*at))
        {
            *byte ^= by;
        }
        let (number, signed) = response.split_first().unwrap_or((&1, &[]));
        let command = short(0x82, 0x00, *number, signed);
        self.send(&command);
    }

    fn agree(&mut self) {
        let template = [&[0x7C, 0x43, 0x80, 0x41][..], &terminal_point()].concat();
        let answer = self.send(&[&short(0x86, 0, 0, &template)[..], &[0]].concat());
        if let [0x7C, 0x1C, 0x81, 0x10, rest @ ..] = &answer[..] {
            self.keys = Some(Keys::of_terminal(rest.get(..16).unwrap_or_default()));
        }
    }

    /// INS, P1, P2, whether an answer is expected, and the data; an empty piece is the reset itself.
    fn send_protected(&mut self, with: &[u8]) {
        let Some(mut keys) = self.keys.take() else { return };
        let command = match with {
            [instruction, p1, p2, answer, data @ ..] if data.len() < 180 => {
                keys.protect([0, *instruction, *p1, *p2], data, answer & 1 == 1)
            }
            _ => keys.protect([0, 0x2C, 0x02, 0x9B], NEW_PIN.as_bytes(), false),
        };
        self.send(&command);
        keys.step();
        self.keys = Some(keys);
    }

    /// One command, and what must hold after it.
    fn send(&mut self, command: &[u8]) -> Vec<u8> {
        let before = counters(&self.card);
        let pins = self.pins();
        let answer = self.card.execute(command);
        assert!(answer.len() >= 2, "an answer without a status word to {command:02X?}");
        let instruction = command.get(1).copied().unwrap_or_default();
        let is_protected = command.first() == Some(&0x0C);
        let is_ok = answer.ends_with(&[0x90, 0x00]);
        let counts = before.into_iter().zip(counters(&self.card)).zip([3, 5]);
        for ((before, now), full) in counts {
            let is_success = now == full && is_ok && (instruction == 0x20 || instruction == 0x2C);
            let is_spent = now + 1 == before && instruction == 0x20;
            assert!(now == before || is_success || is_spent, "{before} became {now}");
        }
        if pins != self.pins() {
            assert!(
                is_protected && instruction == 0x2C && is_ok,
                "a PIN changed by {command:02X?}"
            );
            self.resets += 1;
        }
        self.keeps_secrets(instruction, &answer);
        answer
    }

    /// No answer says a PIN. Four digits may stand in random bytes: those are not searched.
    fn keeps_secrets(&self, instruction: u8, answer: &[u8]) {
        let says = |pin: &str| answer.windows(pin.len()).any(|bytes| bytes == pin.as_bytes());
        assert!(!says(FORGOTTEN_PIN) && !says(NEW_PIN), "an answer says a signature PIN");
        let is_random = matches!(instruction, 0x2A | 0x84 | 0x86 | 0x88 | 0xB0);
        assert!(is_random || answer.len() > 30 || !says(KNOWN_PIN), "an answer says the known PIN");
    }

    /// Whether each PIN is still the one of the specimen.
    fn pins(&self) -> [Option<bool>; 2] {
        let state = self.card.state();
        [
            state.is_pin(PinKind::UserAuthentication, KNOWN_PIN.as_bytes()),
            state.is_pin(PinKind::DigitalSignature, FORGOTTEN_PIN.as_bytes()),
        ]
    }

    /// What it remembers can be read again.
    #[expect(clippy::expect_used, reason = "a state that is no JSON is a finding")]
    fn is_kept(&self) {
        let kept = serde_json::to_string(self.card.state()).expect("JSON");
        let read: CardState = serde_json::from_str(&kept).expect("a state");
        let again = Card::in_memory(read).expect("a card");
        assert_eq!(counters(&again), counters(&self.card));
    }
}

fn counters(card: &Card) -> [u8; 2] {
    [PinKind::UserAuthentication, PinKind::DigitalSignature]
        .map(|pin| card.state().retries_left(pin).unwrap_or(u8::MAX))
}

fn application(byte: u8) -> &'static [u8] {
    use virtual_card::Application;
    match byte % 3 {
        0 => Application::Jpki.aid(),
        1 => Application::InputSupport.aid(),
        _ => Application::Marker.aid(),
    }
}

fn short(instruction: u8, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
    let header = [0x00, instruction, p1, p2];
    match u8::try_from(data.len()) {
        Ok(0) => header.to_vec(),
        Ok(nc) => [&header[..], &[nc], data].concat(),
        Err(_) => [&header[..], &[0xFF], data].concat(),
    }
}
