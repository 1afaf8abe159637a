// SPDX-License-Identifier: MIT OR Apache-2.0
//! The published vectors of `ref-eac-1`, `tests/vectors/ref-eac-1.json`: do not
//! edit them, add. Each case is a whole reset, driven through the calls that a
//! kiosk makes, with the ephemeral key as the only randomness; the scripted
//! card compares every command byte by byte and answers from the file.

mod case;

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToSec1Point;

use super::certificates::read_point;
use super::messaging::SecureMessaging;
use super::*;
use crate::iso7816::ResponseApdu;
use crate::jpki::{SCRATCH_LENGTH, ef_bytes};
use crate::script::{Script, hex, unhex};
pub(super) use case::Drawn;
use case::{Case, array, cases, script};

const SELECT_AP: &str = "00A4040C0AD392F000260100000001";

#[test]
fn the_proof_is_signed_as_published() {
    for case in cases() {
        let card_id = array(&case.card_id);
        assert_eq!(case.proof().transcript(&card_id), unhex(&case.proof_transcript));
        assert_eq!(case.proof().digest_info(&card_id).to_vec(), unhex(&case.proof_digest_info));
        let select_key =
            format!("00A4020C02{}", hex(&ef_bytes(case.target().proved_by().key_ef())));
        let signature = format!("{}9000", "5A".repeat(256));
        let mut script = Script::new(&[
            (SELECT_AP, "9000"),
            (&select_key, "9000"),
            (&case.compute_digital_signature, &signature),
        ]);
        assert_eq!(case.card(&mut script).sign(&case.proof()).unwrap(), [0x5A; 256]);
    }
}

#[test]
fn a_ticket_is_asked_for_and_read_as_published() {
    for case in cases() {
        let challenge = array(&case.rnd_icc);
        let mut random = Drawn(array(&case.ifd_private));
        let request =
            TicketRequest::new(&case.identity(), case.target(), challenge, &mut random).unwrap();
        assert_eq!(request.key.point.to_vec(), unhex(&case.ifd_public));
        assert_eq!(request.bytes().to_vec(), unhex(&case.ticket_request));
        assert_eq!(hex(&request.bytes()[16..]), case.ifd_public_sha256.to_uppercase());

        let ticket = case.accept(request);
        let parts = [case.ticket.as_str(), &case.ticket_signature_rfc6979].concat();
        assert_eq!(ticket.signed.to_vec(), unhex(&parts));
        assert_eq!(ticket.ticket_id(), &array::<16>(&case.ticket_id));
        assert_eq!(ticket.spent().counter, case.counter);
        assert_eq!(ticket.target(), case.target());
        assert!(case.not_after <= case.issued_at + 60);
    }
}

#[test]
fn the_signer_of_the_tickets_is_the_one_whose_key_is_published() {
    for case in cases() {
        let public = VerifyingKey::from_sec1_bytes(&unhex(&case.ticket_key_public)).unwrap();
        let signature = Signature::from_slice(&unhex(&case.ticket_signature_rfc6979)).unwrap();
        public.verify(&unhex(&case.ticket), &signature).unwrap();
        let pairs = [
            (&case.ticket_key_private, &case.ticket_key_public),
            (&case.agree_private, &case.agree_public),
            (&case.attest_private, &case.attest_public),
            (&case.ifd_private, &case.ifd_public),
        ];
        for (private, public) in pairs {
            let private = p256::SecretKey::from_slice(&unhex(private)).unwrap();
            let point = private.public_key().to_sec1_point(false);
            assert_eq!(hex(point.as_bytes()), public.to_uppercase());
        }
    }
}

#[test]
fn both_ends_agree_on_the_published_keys() {
    for case in cases() {
        let card = p256::SecretKey::from_slice(&unhex(&case.agree_private)).unwrap();
        let shared = p256::ecdh::diffie_hellman(
            card.to_nonzero_scalar(),
            read_point(&unhex(&case.ifd_public)).unwrap().as_affine(),
        );
        assert_eq!(shared.raw_secret_bytes().to_vec(), unhex(&case.shared_x));
        let messaging = SecureMessaging::derive(shared.raw_secret_bytes(), &array(&case.rnd2));
        assert_eq!(messaging.keys(), (&array(&case.k_enc), &array(&case.k_mac)));
        assert!(messaging.is_token_of(&unhex(&case.ifd_public), &array(&case.token)));
        assert!(!messaging.is_token_of(&unhex(&case.agree_public), &array(&case.token)));
    }
}

#[test]
fn a_reset_refused_once_and_repeated_is_the_published_conversation() {
    for case in cases() {
        let pairs = [
            (&case.reset_command_ssc1, &case.reset_response_ssc2_6a80),
            (&case.retry_command_ssc3, &case.retry_response_ssc4_9000),
            (
                &case.protected_internal_authenticate_ssc5,
                &case.protected_internal_authenticate_response_ssc6,
            ),
            (&case.select_pin_ef_ssc7, &case.select_pin_ef_response_ssc8),
            (&case.empty_verify_ssc9, &case.empty_verify_response_ssc10),
            (&case.verify_new_pin_ssc11, &case.verify_new_pin_response_ssc12),
        ];
        let writing = pairs.map(|(command, answer)| (command.clone(), answer.clone())).to_vec();
        let ending = vec![(SELECT_AP.to_owned(), "9000".to_owned())];
        let mut script = script(&[case.opening(), writing, ending]);
        let mut card = case.card(&mut script);

        let ticket = case.accepted(&mut card);
        let Written::NotDone { reason: NotWritten::UnfitPin, ticket: Some(ticket) } =
            case.write(&mut card, ticket)
        else {
            panic!("6A80 under a valid MAC leaves the ticket");
        };
        let Written::Done { receipt, read_back: ReadBack::Verified } =
            case.write(&mut card, ticket)
        else {
            panic!("the second reset is done");
        };
        assert_eq!(receipt.bytes().to_vec(), unhex(&case.receipt_01_rfc6979));
    }
}

#[test]
fn a_missing_verified_pin_leaves_the_ticket() {
    for case in cases() {
        let refusal = case.missing_other_pin_response_ssc2_6982.clone();
        let writing = vec![(case.reset_command_ssc1.clone(), refusal)];
        let mut script = script(&[case.opening(), writing]);
        let mut card = case.card(&mut script);
        let ticket = case.accepted(&mut card);
        let written = case.write(&mut card, ticket);
        assert!(matches!(
            written,
            Written::NotDone { reason: NotWritten::SecurityStatusNotSatisfied, ticket: Some(_) }
        ));
    }
}

/// The card takes the reset, then no longer answers: the receipt in the clear
/// settles it where the card can still be asked, and nothing is read back.
#[test]
fn a_reset_without_its_receipt_is_not_done_yet() {
    for case in cases() {
        let writing = vec![
            (case.reset_command_ssc1.clone(), case.reset_response_ssc2_9000.clone()),
            // Not the answer to this command's counter: no valid MAC.
            (internal_authenticate_ssc3(&case), case.reset_response_ssc2_9000.clone()),
            (SELECT_MARKER.to_owned(), "gone".to_owned()),
        ];
        let mut script = script(&[case.opening(), writing]);
        let mut card = case.card(&mut script);
        let ticket = case.accepted(&mut card);
        let Written::Unknown { spent, cause: Unsettled::Failed(_) } = case.write(&mut card, ticket)
        else {
            panic!("nothing proves the reset");
        };
        assert_eq!(spent.ticket_id, array(&case.ticket_id));
        assert_eq!(spent.counter, case.counter);
    }
}

#[test]
fn each_receipt_reads_as_published_and_gives_the_verdict_of_section_8() {
    for case in cases() {
        let identity = case.identity();
        let spent = SpentTicket {
            target: case.target(),
            ticket_id: array(&case.ticket_id),
            counter: case.counter,
        };
        let earlier = SpentTicket { ticket_id: [1; 16], counter: case.counter - 1, ..spent };
        let later = SpentTicket { ticket_id: [1; 16], counter: case.counter + 1, ..spent };
        let same = SpentTicket { ticket_id: [1; 16], ..spent };
        use ReceiptResult::{NoTicket, Unused, Usable, Used};
        use Verdict::{Done, NotDone, Unknown};
        for (receipt, result, verdicts) in [
            (&case.receipt_00_rfc6979, NoTicket, [NotDone, NotDone, NotDone, NotDone]),
            (&case.receipt_01_rfc6979, Used, [Done, Unknown, NotDone, Unknown]),
            (&case.receipt_02_rfc6979, Usable, [Unknown, Unknown, NotDone, Unknown]),
            (&case.receipt_03_rfc6979, Unused, [NotDone, Unknown, NotDone, Unknown]),
        ] {
            let receipt = Receipt::verify(&unhex(receipt), &case.nonce(), &identity).unwrap();
            assert_eq!(receipt.result(), result);
            let of = [spent, earlier, later, same].map(|spent| receipt.verdict(&spent));
            assert_eq!(of, verdicts, "{result:?}");
        }
    }
}

#[test]
fn a_receipt_is_asked_for_as_published() {
    for case in cases() {
        let answer = format!("{}9000", case.receipt_03_rfc6979);
        let mut script =
            Script::new(&[(SELECT_AP, "9000"), (&case.internal_authenticate, &answer)]);
        let receipt = case.card(&mut script).receipt(&case.nonce()).unwrap();
        assert_eq!(receipt.ticket().unwrap().counter, case.counter);
    }
}

#[test]
fn a_receipt_over_another_nonce_or_of_another_card_is_refused() {
    for case in cases() {
        let receipt = unhex(&case.receipt_01_rfc6979);
        let verify = |receipt: &[u8], nonce: &[u8; 32], identity: &CardIdentity| {
            Receipt::verify(receipt, nonce, identity).map(|_| ()).unwrap_err()
        };
        let identity = case.identity();
        assert_eq!(verify(&receipt, &[0; 32], &identity), UnfitReceipt::Signature);
        let other =
            CardIdentity::of_keys([0; 16], *identity.agreement_key(), *identity.attestation_key());
        assert_eq!(verify(&receipt, &case.nonce(), &other), UnfitReceipt::OtherCard);
        assert_eq!(verify(&receipt[1..], &case.nonce(), &identity), UnfitReceipt::Malformed);
        for at in 0..receipt.len() {
            let mut changed = receipt.clone();
            changed[at] ^= 0x01;
            assert!(Receipt::verify(&changed, &case.nonce(), &identity).is_err(), "byte {at}");
        }
    }
}

/// What the kiosk sends where the reset succeeds at once; the published
/// conversation has the receipt two counts later.
fn internal_authenticate_ssc3(case: &Case) -> String {
    let mut messaging = SecureMessaging::derive(&unhex(&case.shared_x), &array(&case.rnd2));
    let mut scratch = [0; SCRATCH_LENGTH];
    let nonce = case.nonce();
    let ok = ResponseApdu::parse(&unhex(&case.reset_response_ssc2_9000)).unwrap();
    let new_pin = case.new_pin();
    messaging.protect(&write::reset_retry_counter(&new_pin), &mut scratch).unwrap();
    messaging.open(&ok).unwrap();
    hex(messaging.protect(&internal_authenticate(&nonce), &mut scratch).unwrap())
}

const SELECT_MARKER: &str = "00A4040C0AF06A706B692D72656631";
