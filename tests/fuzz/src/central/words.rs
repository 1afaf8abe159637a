// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words for what an input cannot know: ids and nonces that the service draws, keys, signatures.
//! Each is one byte that JSON, paths and headers have no use for, so that a fuzzer moves it about
//! like any other.

/// What is put in the place of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Word {
    /// Id of the newest session.
    Session = 1,
    /// Id of the first session.
    FirstSession = 2,
    /// Nonce of the newest session.
    Nonce = 3,
    /// EF 00E0.
    KeyAgreementCertificate = 4,
    /// EF 00E1.
    AttestationCertificate = 5,
    /// EF 000A.
    AuthenticationCertificate = 6,
    /// The card's signature for the newest session.
    Proof = 7,
    /// A well-formed request for a ticket.
    TicketRequest = 8,
    /// The receipt that the card signed last.
    Receipt = 11,
    /// The Idempotency-Key that was used last.
    LastKey = 12,
    /// One that was not used.
    NewKey = 14,
    /// Id of the newest ticket.
    Ticket = 15,
    /// The policy's entity tag.
    EntityTag = 16,
}

const WORDS: [Word; 13] = [
    Word::Session,
    Word::FirstSession,
    Word::Nonce,
    Word::KeyAgreementCertificate,
    Word::AttestationCertificate,
    Word::AuthenticationCertificate,
    Word::Proof,
    Word::TicketRequest,
    Word::Receipt,
    Word::LastKey,
    Word::NewKey,
    Word::Ticket,
    Word::EntityTag,
];

impl Word {
    /// As it stands in an input.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self as u8
    }
}

/// The text with every word in it said, up to a length that no request of ours has.
pub fn spelt(text: &[u8], mut say: impl FnMut(Word) -> String) -> Vec<u8> {
    let mut spelt = Vec::with_capacity(text.len());
    for byte in text.iter().take(MOST_BYTES) {
        match WORDS.iter().find(|word| word.as_byte() == *byte) {
            Some(word) if spelt.len() < MOST_BYTES => spelt.extend(say(*word).into_bytes()),
            _ => spelt.push(*byte),
        }
    }
    spelt
}

/// Longer than the longest body that is taken, 64 KiB.
const MOST_BYTES: usize = 80 * 1024;
