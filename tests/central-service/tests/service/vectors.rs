// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service's side of the profile against vectors of an independent implementation, in both
//! directions. Do not edit the vectors.

use central_service::card_id::CardId;
use central_service::profile::{
    Receipt, ReceiptError, ReceiptResult, Ticket, TicketOrder, proof_transcript,
};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

const VECTORS: &str = include_str!("../vectors/ref-eac-1.json");

struct Vector(Value);

impl Vector {
    fn bytes(&self, name: &str) -> Vec<u8> {
        let text = self.0[name].as_str().unwrap();
        let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    }

    fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap()
    }

    fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    fn ticket(&self) -> Ticket {
        Ticket {
            pin_ref: self.array::<1>("pin_ref")[0],
            card_id: CardId(self.array("card_id")),
            order: TicketOrder::parse(&self.bytes("ticket_request")).unwrap(),
            ticket_id: self.array("ticket_id"),
            counter: u32::try_from(self.number("counter")).unwrap(),
            issued_at: self.number("issued_at"),
            not_after: self.number("not_after"),
            kiosk_id: self.array("kiosk_id"),
        }
    }
}

fn vectors() -> Vec<Vector> {
    let root: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = root["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    cases.iter().cloned().map(Vector).collect()
}

#[test]
fn transcripts_are_the_vectors() {
    for vector in vectors() {
        let transcript = proof_transcript(
            &vector.array("nonce"),
            uuid::Uuid::from_bytes(vector.array("session_id")),
            &vector.array("kiosk_id"),
            CardId(vector.array("card_id")),
            vector.array::<1>("pin_ref")[0],
        );
        assert_eq!(transcript, vector.bytes("proof_transcript"));
    }
}

#[test]
fn tickets_are_the_vectors_in_both_directions() {
    for vector in vectors() {
        let ticket = vector.ticket();
        assert_eq!(ticket.to_bytes().as_slice(), vector.bytes("ticket"));
        assert_eq!(Ticket::parse(&vector.array("ticket")), Ok(ticket));
        let key = vector.bytes("ticket_key_public");
        let signature = vector.bytes("ticket_signature_rfc6979");
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
            .verify(&vector.bytes("ticket"), &signature)
            .unwrap();
    }
}

#[test]
fn receipts_of_the_vectors_verify_over_their_nonce_only() {
    for vector in vectors() {
        let (nonce, key) = (vector.array("nonce"), vector.bytes("attest_public"));
        for (name, result) in [
            ("receipt_00_rfc6979", ReceiptResult::NoTicket),
            ("receipt_01_rfc6979", ReceiptResult::Used),
            ("receipt_02_rfc6979", ReceiptResult::Usable),
            ("receipt_03_rfc6979", ReceiptResult::Lapsed),
        ] {
            let bytes = vector.bytes(name);
            let receipt = Receipt::verify(&bytes, &nonce, &key).unwrap();
            assert_eq!((receipt.result, receipt.card_id.0), (result, vector.array("card_id")));
            if result != ReceiptResult::NoTicket {
                assert_eq!(receipt.ticket_id, vector.array("ticket_id"));
                assert_eq!(u64::from(receipt.counter), vector.number("counter"));
            }
            let over_another = Receipt::verify(&bytes, &[0; 32], &key);
            assert_eq!(over_another, Err(ReceiptError::Signature), "{name}");
        }
    }
}
