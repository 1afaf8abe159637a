// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeds of the card's targets: visits with the virtual card, written down.

use card_io::channel::{CardChannel, ChannelError};
use virtual_card::Card;

use super::Seed;
use crate::card::LAB;
use crate::card::story::{Choices, play};
use crate::card::watched::Watched;
use crate::input::push_piece;

/// Commands and answers of one visit, each by itself.
pub(super) fn codec() -> Vec<Seed> {
    let (commands, answers) = conversation(Choices(0x0D));
    let is_first = |at: &usize| *at < 24 || at.is_multiple_of(7);
    let commands = (0..commands.len())
        .filter(is_first)
        .map(|at| (format!("command-{at:02}"), [&[0][..], &commands[at]].concat()));
    let answers =
        (0..answers.len()).filter(is_first).filter(|at| answers[*at].len() > 2).map(|at| {
            let kind = if answers[at].starts_with(&[0x30]) { 3 } else { 1 };
            (format!("answer-{at:02}"), [&[kind][..], &answers[at]].concat())
        });
    let certificate = LAB.identity().key_agreement_certificate();
    let objects = [(2, "ber"), (3, "der")]
        .map(|(kind, name)| (format!("certificate-{name}"), [&[kind][..], certificate].concat()));
    commands.chain(answers).chain(objects).collect()
}

/// Each certificate alone, and the pair in both orders.
pub(super) fn certificates() -> Vec<Seed> {
    let identity = LAB.identity();
    let (agreement, attestation) =
        (identity.key_agreement_certificate(), identity.attestation_certificate());
    let pair = |first: &[u8], second: &[u8], alone: &[u8]| {
        let mut seed = Vec::new();
        push_piece(&mut seed, first);
        push_piece(&mut seed, second);
        seed.extend(alone);
        seed
    };
    let (_, answers) = conversation(Choices(0x01));
    let longest = answers.iter().max_by_key(|answer| answer.len());
    let authentication = longest.map(|answer| answer[..answer.len() - 2].to_vec());
    vec![
        ("pair".to_owned(), pair(agreement, attestation, &[])),
        ("swapped".to_owned(), pair(attestation, agreement, &[])),
        ("twice".to_owned(), pair(agreement, agreement, &[])),
        ("alone".to_owned(), pair(&[], &[], &authentication.unwrap_or_default())),
        ("authority".to_owned(), pair(&[], &[], &authority())),
    ]
}

fn authority() -> Vec<u8> {
    let path = format!("{}/card-authority.der", crate::card::lab::SPECIMEN);
    std::fs::read(path).unwrap_or_default()
}

/// No ticket yet, a usable one, an unused one, a used one.
pub(super) fn receipts() -> Vec<Seed> {
    let nonce = crate::card::lab::NONCE[0];
    let is_receipt = |answer: &&Vec<u8>| answer.starts_with(b"JRST-R01");
    let mut seeds = Vec::new();
    for (name, choices) in [("before", 0x08), ("withdrawn", 0x10)] {
        let (_, answers) = conversation(Choices(choices));
        if let Some(receipt) = answers.iter().rfind(is_receipt) {
            let receipt = &receipt[..receipt.len() - 2];
            seeds.push((name.to_owned(), [&[nonce], receipt].concat()));
        }
    }
    // After a lost answer it is read in the clear.
    let lost = crate::card::visit::recorded(&lost_answer());
    if let Some(receipt) = lost.iter().rfind(|answer| answer.starts_with(b"JRST-R01")) {
        seeds.push(("used".to_owned(), [&[nonce], &receipt[..receipt.len() - 2]].concat()));
    }
    seeds
}

/// The answers of visits of every kind.
pub(super) fn answers() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, choices) in [
        ("done", 0x00),
        ("done-extended", 0x01),
        ("wrong-pin", 0x03),
        ("checked", 0x0D),
        ("withdrawn", 0x11),
        ("no-pin", 0x21),
        ("blocked", 0x41),
    ] {
        let (_, answers) = conversation(Choices(choices));
        seeds.push((name.to_owned(), answers_seed(choices, &answers)));
    }
    let lost = crate::card::visit::recorded(&lost_answer());
    seeds.push(("lost".to_owned(), answers_seed(0x01, &lost)));
    seeds
}

fn answers_seed(choices: u8, answers: &[Vec<u8>]) -> Vec<u8> {
    let mut seed = vec![choices];
    for answer in answers {
        push_piece(&mut seed, answer);
    }
    seed
}

/// A visit in which nothing happens, and one with each mishap where it hurts.
pub(super) fn visits() -> Vec<Seed> {
    let mut seeds = vec![("done".to_owned(), vec![0x01]), ("lost".to_owned(), lost_answer())];
    let commands = u8::try_from(conversation(Choices(0x01)).0.len()).unwrap_or(u8::MAX);
    for kind in 0..13 {
        for (name, from_end) in [("write", 7), ("receipt", 6), ("verify", 2)] {
            seeds.push((
                format!("{kind:02}-{name}"),
                mishap(0x01, commands.saturating_sub(from_end), kind, &[0x63, 0xC2]),
            ));
        }
    }
    seeds
}

/// The answer to RESET RETRY COUNTER is lost.
fn lost_answer() -> Vec<u8> {
    let (commands, _) = conversation(Choices(0x01));
    let write = commands.iter().position(|command| command.get(1) == Some(&0x2C));
    mishap(0x01, u8::try_from(write.unwrap_or_default()).unwrap_or(u8::MAX), 10, &[])
}

fn mishap(choices: u8, after: u8, kind: u8, with: &[u8]) -> Vec<u8> {
    let mut seed = vec![choices, after, kind];
    push_piece(&mut seed, with);
    seed
}

/// Conversations with the virtual card alone.
pub(super) fn talks() -> Vec<Seed> {
    let talk = |steps: &[(u8, &[u8])]| {
        let mut seed = Vec::new();
        for (kind, with) in steps {
            seed.push(*kind);
            push_piece(&mut seed, with);
        }
        seed
    };
    let nonce = [&[0x88, 0x00, 0x00, 0x01][..], &[0x4E; 32]].concat();
    let plain_receipt = [&[0x00, 0x88, 0x00, 0x00, 0x20][..], &[0x4E; 32], &[0x00]].concat();
    let opened: [(u8, &[u8]); 6] =
        [(2, &[0]), (3, &[0x18]), (4, &[]), (7, &[]), (8, &[1]), (9, &[])];
    let after = |steps: &[(u8, &[u8])]| talk(&[&opened[..], steps].concat());
    let verify_new: Vec<u8> =
        [&[0x20, 0x00, 0x80, 0x00][..], crate::card::lab::NEW_PIN.as_bytes()].concat();
    vec![
        ("reset".to_owned(), after(&[(10, &[]), (10, &nonce)])),
        (
            "read-back".to_owned(),
            after(&[
                (10, &[]),
                (10, &[0xA4, 0x02, 0x0C, 0x00, 0x00, 0x1B]),
                (10, &[0x20, 0x00, 0x80, 0x00]),
                (10, &verify_new),
                (0, &plain_receipt),
            ]),
        ),
        ("unfit".to_owned(), after(&[(10, &[0x2C, 0x02, 0x9B, 0x00, b'a']), (10, &[])])),
        (
            "other-ticket".to_owned(),
            after(&[(7, &[]), (8, &[1]), (8, &[2, 20, 1]), (0, &plain_receipt)]),
        ),
        ("cold".to_owned(), after(&[(1, &[]), (2, &[0]), (0, &plain_receipt)])),
        (
            "locked".to_owned(),
            talk(&[
                (2, &[0]),
                (3, &[0x18]),
                (6, b"\x800000"),
                (6, b"\x801111"),
                (6, b"\x802222"),
                (4, &[]),
            ]),
        ),
        (
            "signed".to_owned(),
            talk(&[
                (2, &[0]),
                (3, &[0x18]),
                (4, &[]),
                (3, &[0x17]),
                (0, &[&[0x80, 0x2A, 0x00, 0x80, 0x04][..], b"hash", &[0x00]].concat()),
            ]),
        ),
        (
            "signature-pin".to_owned(),
            talk(&[
                (2, &[0]),
                (3, &[0x1B]),
                (5, &[]),
                (3, &[0x01]),
                (0, &[0x00, 0xB0, 0x00, 0x00, 0x00]),
            ]),
        ),
        (
            "files".to_owned(),
            talk(&[
                (2, &[0]),
                (3, &[0xE0]),
                (0, &[0, 0xB0, 0, 0, 0]),
                (0, &[0, 0xB0, 0x8A, 0, 0, 1, 0]),
                (2, &[1]),
                (3, &[0x11]),
                (6, &[0x80]),
                (2, &[2]),
            ]),
        ),
    ]
}

/// One whole visit with the card: the commands, and the answers.
fn conversation(choices: Choices) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut channel = Watched::new(Recorder { card: LAB.card(), commands: Vec::new() });
    play(&mut channel, choices);
    (channel.channel.commands, channel.answers)
}

struct Recorder {
    card: Card,
    commands: Vec<Vec<u8>>,
}

impl CardChannel for Recorder {
    fn transmit(&mut self, command: &[u8], room: &mut [u8]) -> Result<usize, ChannelError> {
        self.commands.push(command.to_vec());
        let answer = self.card.execute(command);
        let given = room.get_mut(..answer.len()).ok_or(ChannelError::AnswerLost)?;
        given.copy_from_slice(&answer);
        Ok(answer.len())
    }
}
