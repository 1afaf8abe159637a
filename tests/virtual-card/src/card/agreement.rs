// SPDX-License-Identifier: MIT OR Apache-2.0
//! GENERAL AUTHENTICATE: the kiosk's ephemeral key, whose hash the ticket holds, and the card's
//! `K_agree` give the messaging keys (profile, sections 4 and 7.4).

use p256::PublicKey;
use sha2::{Digest as _, Sha256};

use super::Card;
use crate::{
    apdu::{Answer, CommandApdu},
    messaging::Messaging,
    status::StatusWord,
    tlv,
};

const DYNAMIC_AUTHENTICATION_TEMPLATE: u8 = 0x7C;
const TAG_TERMINAL_POINT: u8 = 0x80;
const TAG_CARD_RANDOM: u8 = 0x81;
const TAG_TOKEN: u8 = 0x82;
/// `7C 43 80 41` and the point.
const REQUEST: usize = 0x45;
/// `7C 1C 81 10`, the random number, `82 08` and the token.
const RESPONSE: usize = 0x1E;

impl Card {
    pub(super) fn general_authenticate(&mut self, command: &CommandApdu) -> Answer {
        if command.p1_p2() != 0x0000 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let hash = match &self.volatile.ticket {
            Some(accepted) if !accepted.is_agreed => accepted.ticket.terminal_key_hash,
            _ => return Err(StatusWord::CONDITIONS_OF_USE_NOT_SATISFIED),
        };
        let body = command.body_of(REQUEST, RESPONSE)?;
        let Some((point, public_key)) = terminal_key(&body.data, hash) else {
            self.volatile.ticket = None;
            return Err(StatusWord::INCORRECT_DATA);
        };

        let card_random = self.random();
        let profile = self.keys.profile.as_ref().ok_or(StatusWord::INSTRUCTION_NOT_SUPPORTED)?;
        let shared = profile.agreement.diffie_hellman(&public_key);
        let messaging = Messaging::agree(&(*shared.raw_secret_bytes()).into(), &card_random);
        let token = messaging.token(point);
        self.volatile.messaging = Some(messaging);
        if let Some(accepted) = &mut self.volatile.ticket {
            accepted.is_agreed = true;
        }
        Ok(response(&card_random, &token))
    }
}

/// The point in the template where it is a point of P-256, uncompressed, with the ticket's hash.
fn terminal_key(template: &[u8], hash: [u8; 32]) -> Option<(&[u8], PublicKey)> {
    let [(DYNAMIC_AUTHENTICATION_TEMPLATE, objects)] = tlv::parse(template)?[..] else {
        return None;
    };
    let [(TAG_TERMINAL_POINT, point @ [0x04, ..])] = tlv::parse(objects)?[..] else {
        return None;
    };
    let is_the_tickets = <[u8; 32]>::from(Sha256::digest(point)) == hash;
    let public_key = PublicKey::from_sec1_bytes(point).ok()?;
    (is_the_tickets && point.len() == 65).then_some((point, public_key))
}

fn response(card_random: &[u8], token: &[u8]) -> Vec<u8> {
    let mut objects = Vec::new();
    tlv::push(&mut objects, TAG_CARD_RANDOM, card_random);
    tlv::push(&mut objects, TAG_TOKEN, token);
    let mut template = Vec::with_capacity(RESPONSE);
    tlv::push(&mut template, DYNAMIC_AUTHENTICATION_TEMPLATE, &objects);
    template
}
