// SPDX-License-Identifier: MIT OR Apache-2.0
//! One conversation under way: what the terminal says and does, and what it expects to hear.

use p256::{PublicKey, ecdsa::VerifyingKey, elliptic_curve::Generate as _};
use sha2::{Digest as _, Sha256};
use virtual_card::{Application, Card, CardState, Summary};

use crate::{
    script::Step,
    specimen::specimen,
    terminal::{Defect, Fields, Terminal, is_signed, read_key},
};

const OK: [u8; 2] = [0x90, 0x00];

/// A terminal, a card, and what has passed between them.
pub(crate) struct Scene {
    terminal: Terminal,
    /// The key of 00E0, where there is one.
    agreement_key: Option<PublicKey>,
    /// The key of 00E1.
    attestation_key: Option<VerifyingKey>,
    /// The ticket last made; the next one counts on from it.
    ticket: Fields,
    /// The ticket that the card last accepted.
    accepted: Option<Fields>,
    /// The card's last answer.
    heard: Vec<u8>,
    nonce: [u8; 32],
    /// Another ephemeral key, which no ticket is for.
    other_point: Vec<u8>,
}

impl Scene {
    /// A card in `state` under power, and nothing said yet.
    pub(crate) fn with(state: CardState) -> Self {
        let card_id = Summary::of(&state).card_id.unwrap_or_default();
        let card_id = base16ct::lower::decode_vec(card_id).expect("hex");
        let card_id = card_id.try_into().unwrap_or_default();
        let mut card = Card::in_memory(state).expect("a card");
        card.power_on();
        card.execute(&[&[0x00, 0xA4, 0x04, 0x0C, 0x0A][..], Application::Jpki.aid()].concat());
        let [agreement_key, attestation_key] = [0x00E0, 0x00E1].map(|id| read_key(&mut card, id));
        card.power_on();
        let terminal = Terminal::new(card);
        let other = p256::SecretKey::generate_from_rng(&mut rand::rng());
        let ticket = Fields {
            magic: *b"JRST-T01",
            operation: 0x01,
            pin_ref: 0x1B,
            card_id,
            challenge: [0; 16],
            key_hash: [0; 32],
            ticket_id: [0; 16],
            counter: 0,
        };
        Self {
            terminal,
            agreement_key,
            attestation_key: attestation_key.map(VerifyingKey::from),
            ticket,
            accepted: None,
            heard: Vec::new(),
            nonce: rand::random(),
            other_point: other.public_key().to_sec1_bytes().to_vec(),
        }
    }

    /// Plays one line; the reason where the card did not do as it says.
    pub(crate) fn play(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Say(words) => {
                let command = self.bytes(words)?;
                self.heard = self.terminal.send(&command);
                self.note(&command);
                Ok(())
            }
            Step::Hear(words) => self.expect(&self.heard, words),
            Step::SayProtected(words) => self.say_protected(words),
            Step::HearProtected(words) => {
                let heard = self.terminal.unwrap(&self.heard).ok_or_else(|| {
                    format!("no valid MAC on {}", base16ct::upper::encode_string(&self.heard))
                })?;
                self.expect(&heard, words)
            }
            Step::Act(words) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                self.act(&words)
            }
        }
    }

    fn act(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["power"] => {
                self.terminal.card.power_off();
                self.terminal.card.power_on();
            }
            ["reset"] => self.terminal.card.reset(),
            ["select", application] => {
                let aid = self.value(application)?;
                let lc = u8::try_from(aid.len()).expect("a short AID");
                self.must(&[&[0x00, 0xA4, 0x04, 0x0C, lc][..], &aid].concat())?;
            }
            ["file", id] => {
                let id = hex(id)?;
                self.must(&[&[0x00, 0xA4, 0x02, 0x0C, 0x02][..], &id].concat())?;
            }
            ["verify", "18"] => self.verify(0x98, "pin-18")?,
            ["verify", "1B"] => self.verify(0x9B, "pin-1B")?,
            ["ticket", wishes @ ..] => self.make_ticket(wishes)?,
            ["authorise", wishes @ ..] => self.authorise(wishes)?,
            ["agree"] => self.agree()?,
            ["receipt", result, rest @ ..] => self.receipt(&hex(result)?, rest)?,
            _ => return Err(format!("not a line of a conversation: {words:?}")),
        }
        Ok(())
    }

    fn verify(&mut self, p2: u8, pin: &str) -> Result<(), String> {
        let pin = self.value(pin)?;
        let lc = u8::try_from(pin.len()).expect("a short PIN");
        self.must(&[&[0x00, 0x20, 0x00, p2, lc][..], &pin].concat()).map(|_| ())
    }

    /// GET CHALLENGE, a ticket, EXTERNAL AUTHENTICATE: all of them accepted.
    fn authorise(&mut self, wishes: &[&str]) -> Result<(), String> {
        self.must(&[0x00, 0x84, 0x00, 0x00, 0x10])?;
        self.make_ticket(wishes)?;
        let key = if wishes.ends_with(&["key", "2"]) { 0x02 } else { 0x01 };
        let ticket = self.terminal.signed_ticket.clone();
        self.must(&[&[0x00, 0x82, 0x00, key, 0xBE][..], &ticket].concat()).map(|_| ())
    }

    /// GENERAL AUTHENTICATE, with a token that proves 00E0's key.
    fn agree(&mut self) -> Result<(), String> {
        let card_key = self.agreement_key.ok_or("the card has no 00E0")?;
        let point = self.terminal.point();
        let template =
            [&[0x00, 0x86, 0x00, 0x00, 0x45, 0x7C, 0x43, 0x80, 0x41][..], &point, &[0x00]];
        let answer = self.must(&template.concat())?;
        let is_genuine = self.terminal.agree(&answer[..answer.len() - 2], &card_key);
        is_genuine.then_some(()).ok_or_else(|| "the card's token is wrong".to_owned())
    }

    fn receipt(&mut self, result: &[u8], rest: &[&str]) -> Result<(), String> {
        let key = self.attestation_key.ok_or("the card has no 00E1")?;
        let nonce = self.nonce;
        let answer = self.must(&[&[0x00, 0x88, 0x00, 0x00, 0x20][..], &nonce, &[0x00]].concat())?;
        let (fields, signature) = answer[..answer.len() - 2].split_at(46);
        let (pin_ref, ticket_id, counter) = match rest {
            [] => (0, [0; 16], 0),
            ["accepted"] => {
                let ticket = self.accepted.as_ref().ok_or("no ticket was accepted")?;
                (ticket.pin_ref, ticket.ticket_id, ticket.counter)
            }
            _ => return Err("a receipt is of the `accepted` ticket or of none".to_owned()),
        };
        let counter = counter.to_be_bytes();
        let expected =
            [b"JRST-R01", result, &[pin_ref], &ticket_id, &counter, &self.ticket.card_id].concat();
        if fields != expected {
            let [fields, expected] = [fields, &expected].map(base16ct::upper::encode_string);
            return Err(format!("the receipt is {fields} and not {expected}"));
        }
        let message = [fields, &nonce].concat();
        let is_signed = is_signed(&key, &message, signature);
        is_signed.then_some(()).ok_or_else(|| "the receipt's signature is wrong".to_owned())
    }

    /// A new ticket over the last challenge: `wishes` are pairs of a field and its value.
    fn make_ticket(&mut self, wishes: &[&str]) -> Result<(), String> {
        let point = self.terminal.point();
        self.ticket.counter += 1;
        self.ticket.ticket_id = rand::random();
        let mut fields = self.ticket.clone();
        fields.challenge = self.terminal.challenge;
        fields.key_hash = Sha256::digest(&point).into();
        let mut key = 0;
        let mut spoil = false;
        for wish in wishes.chunks(2) {
            match wish {
                ["pin", pin] => {
                    fields.pin_ref = hex(pin)?[0];
                    self.ticket.pin_ref = fields.pin_ref;
                }
                ["key", number] => key = if *number == "2" { 1 } else { 0 },
                ["operation", operation] => fields.operation = hex(operation)?[0],
                ["magic", magic] => fields.magic.copy_from_slice(magic.as_bytes()),
                ["card-id", "other"] => fields.card_id[0] ^= 0x01,
                ["challenge", "other"] => fields.challenge[15] ^= 0x01,
                ["counter", "same"] => fields.counter -= 1,
                ["counter", counter] => {
                    fields.counter = counter.parse().map_err(|_| "a counter".to_owned())?;
                    self.ticket.counter = fields.counter;
                }
                ["point", name] => fields.key_hash = Sha256::digest(self.value(name)?).into(),
                ["signature", "broken"] => spoil = true,
                _ => return Err(format!("not a wish for a ticket: {wish:?}")),
            }
        }
        let mut signed = fields.signed(&specimen().ticket_keys[key]);
        signed[189] ^= u8::from(spoil);
        self.terminal.signed_ticket = signed;
        Ok(())
    }

    fn say_protected(&mut self, words: &[String]) -> Result<(), String> {
        let (words, defect) = match words {
            [words @ .., with, defect] if with == "with" => (words, Some(defect_of(defect)?)),
            words => (words, None),
        };
        let (words, le) = match words {
            [words @ .., le, value] if le == "le" => (words, Some(hex(value)?[0])),
            words => (words, None),
        };
        let bytes = self.bytes(words)?;
        let (header, data) = bytes.split_first_chunk::<3>().ok_or("INS P1 P2")?;
        self.heard = self.terminal.send_protected(*header, data, le, defect);
        Ok(())
    }

    /// Sends a command that must be answered 9000, and gives the answer.
    fn must(&mut self, command: &[u8]) -> Result<Vec<u8>, String> {
        self.heard = self.terminal.send(command);
        self.note(command);
        if self.heard.ends_with(&OK) {
            return Ok(self.heard.clone());
        }
        let [command, answer] = [&command[..4], &self.heard].map(base16ct::upper::encode_string);
        Err(format!("{command} was answered {answer}"))
    }

    /// Keeps the challenge, or that the ticket was accepted, for later lines.
    fn note(&mut self, command: &[u8]) {
        match (command.get(1), self.heard.split_first_chunk::<16>()) {
            (Some(0x84), Some((challenge, &[0x90, 0x00]))) => self.terminal.challenge = *challenge,
            (Some(0x82), None) if self.heard == OK => self.accepted = Some(self.ticket.clone()),
            _ => {}
        }
    }

    /// `heard` against words of which `..` is any bytes, and `*N` any N bytes.
    fn expect(&self, heard: &[u8], words: &[String]) -> Result<(), String> {
        let mut rest = heard;
        let mut words = words.iter().map(String::as_str).peekable();
        let matches = loop {
            let Some(word) = words.next() else { break rest.is_empty() };
            if word == ".." {
                let tail = self.bytes(&words.map(str::to_owned).collect::<Vec<_>>())?;
                break rest.ends_with(&tail);
            }
            let taken = match word.strip_prefix('*') {
                Some(count) => {
                    let count: usize =
                        count.parse().map_err(|_| format!("not a number: {word}"))?;
                    rest.split_at_checked(count).map(|(_, rest)| rest)
                }
                None => rest.strip_prefix(&self.word(word)?[..]),
            };
            match taken {
                Some(taken) => rest = taken,
                None => break false,
            }
        };
        let heard = base16ct::upper::encode_string(heard);
        matches.then_some(()).ok_or_else(|| format!("the card answered {heard}"))
    }

    fn bytes(&self, words: &[String]) -> Result<Vec<u8>, String> {
        words.iter().try_fold(Vec::new(), |bytes, word| Ok([bytes, self.word(word)?].concat()))
    }

    /// Hexadecimal digits, `'text'`, or a `{name}`.
    fn word(&self, word: &str) -> Result<Vec<u8>, String> {
        let within = |open, close| word.strip_prefix(open)?.strip_suffix(close);
        match (within('{', '}'), within('\'', '\'')) {
            (Some(name), _) => self.value(name),
            (_, Some(text)) => Ok(text.as_bytes().to_vec()),
            _ => hex(word),
        }
    }

    fn value(&self, name: &str) -> Result<Vec<u8>, String> {
        let order = &specimen().order;
        let point = self.terminal.point();
        Ok(match name {
            "marker" => Application::Marker.aid().to_vec(),
            "jpki" => Application::Jpki.aid().to_vec(),
            "input-support" => Application::InputSupport.aid().to_vec(),
            "pin-18" => order.user_authentication_pin.as_bytes().to_vec(),
            "pin-1B" => order.signature_pin.as_bytes().to_vec(),
            "wrong-18" => another(&order.user_authentication_pin),
            "wrong-1B" => another(&order.signature_pin),
            "challenge" => self.terminal.challenge.to_vec(),
            "ticket" => self.terminal.signed_ticket.clone(),
            "nonce" => self.nonce.to_vec(),
            "point" => point,
            "other-point" => self.other_point.clone(),
            "off-curve-point" => [&point[..64], &[point[64] ^ 0x01]].concat(),
            "hybrid-point" => [&[0x06 | (point[64] & 0x01)], &point[1..]].concat(),
            "too-large-point" => [&[0x04][..], &[0xFF; 64]].concat(),
            "digest-info" => {
                let prefix = "3031300D060960864801650304020105000420";
                [hex(prefix)?, Sha256::digest(self.nonce).to_vec()].concat()
            }
            _ => return Err(format!("nothing is called {name}")),
        })
    }
}

fn defect_of(word: &str) -> Result<Defect, String> {
    Ok(match word {
        "no-mac" => Defect::NoMac,
        "bad-mac" => Defect::BadMac,
        "short-mac" => Defect::ShortMac,
        "bad-padding" => Defect::BadPadding,
        "bad-indicator" => Defect::BadIndicator,
        "twice" => Defect::Twice,
        "out-of-order" => Defect::OutOfOrder,
        "unknown-object" => Defect::UnknownObject,
        "not-tlv" => Defect::NotTlv,
        "long-le" => Defect::LongLe,
        _ => return Err(format!("not a defect: {word}")),
    })
}

/// A value of the same length and alphabet that is not `pin`.
fn another(pin: &str) -> Vec<u8> {
    let mut value = pin.as_bytes().to_vec();
    value.rotate_left(1);
    if value == pin.as_bytes() {
        value[0] = if value[0] == b'0' { b'1' } else { b'0' };
    }
    value
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    base16ct::mixed::decode_vec(text).map_err(|_| format!("not hexadecimal: {text}"))
}
