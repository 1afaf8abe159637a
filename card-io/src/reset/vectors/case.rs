// SPDX-License-Identifier: MIT OR Apache-2.0
//! One published case: its fields, and the steps of a kiosk that use them.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use p256::ecdsa::VerifyingKey;
use p256::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use serde::Deserialize;

use super::super::certificates::read_point;
use super::super::*;
use super::SELECT_AP;
use crate::jpki::SCRATCH_LENGTH;
use crate::script::{Script, unhex};

/// Every field of a case. `serde` refuses a file with more, the compiler warns
/// of one that no test reads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) pin_ref: String,
    pub(super) new_pin: String,
    pub(super) card_id: String,
    pub(super) kiosk_id: String,
    pub(super) nonce: String,
    pub(super) session_id: String,
    pub(super) proof_transcript: String,
    pub(super) proof_digest_info: String,
    pub(super) compute_digital_signature: String,
    pub(super) rnd_icc: String,
    pub(super) ticket_key_private: String,
    pub(super) ticket_key_public: String,
    pub(super) agree_private: String,
    pub(super) agree_public: String,
    pub(super) attest_private: String,
    pub(super) attest_public: String,
    pub(super) ifd_private: String,
    pub(super) ifd_public: String,
    pub(super) ifd_public_sha256: String,
    pub(super) ticket_id: String,
    pub(super) counter: u32,
    pub(super) issued_at: u64,
    pub(super) not_after: u64,
    pub(super) ticket: String,
    pub(super) ticket_signature_rfc6979: String,
    pub(super) external_authenticate: String,
    pub(super) general_authenticate: String,
    pub(super) rnd2: String,
    pub(super) shared_x: String,
    pub(super) k_enc: String,
    pub(super) k_mac: String,
    pub(super) token: String,
    pub(super) general_authenticate_response: String,
    pub(super) reset_command_ssc1: String,
    pub(super) reset_response_ssc2_9000: String,
    pub(super) reset_response_ssc2_6a80: String,
    pub(super) missing_other_pin_response_ssc2_6982: String,
    pub(super) retry_command_ssc3: String,
    pub(super) retry_response_ssc4_9000: String,
    pub(super) internal_authenticate: String,
    pub(super) protected_internal_authenticate_ssc5: String,
    pub(super) protected_internal_authenticate_response_ssc6: String,
    pub(super) select_pin_ef_ssc7: String,
    pub(super) select_pin_ef_response_ssc8: String,
    pub(super) empty_verify_ssc9: String,
    pub(super) empty_verify_response_ssc10: String,
    pub(super) verify_new_pin_ssc11: String,
    pub(super) verify_new_pin_response_ssc12: String,
    pub(super) receipt_00_rfc6979: String,
    pub(super) receipt_01_rfc6979: String,
    pub(super) receipt_02_rfc6979: String,
    pub(super) receipt_03_rfc6979: String,
    pub(super) ticket_request: String,
    pub(super) ticket_response: String,
}

#[derive(Deserialize)]
struct Vectors {
    profile: String,
    cases: Vec<Case>,
}

pub(super) fn cases() -> Vec<Case> {
    let vectors: Vectors =
        serde_json::from_str(include_str!("../../../tests/vectors/ref-eac-1.json")).unwrap();
    assert_eq!(vectors.profile, PROFILE);
    assert!(!vectors.cases.is_empty());
    vectors.cases
}

pub(super) fn array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

impl Case {
    pub(super) fn target(&self) -> PinKind {
        pin_kind(array::<1>(&self.pin_ref)[0]).unwrap()
    }

    pub(super) fn new_pin(&self) -> Pin<'_> {
        Pin::new(self.target(), self.new_pin.as_bytes()).unwrap()
    }

    pub(super) fn nonce(&self) -> [u8; 32] {
        array(&self.nonce)
    }

    pub(super) fn identity(&self) -> CardIdentity {
        CardIdentity::of_keys(
            array(&self.card_id),
            read_point(&unhex(&self.agree_public)).unwrap(),
            VerifyingKey::from_sec1_bytes(&unhex(&self.attest_public)).unwrap(),
        )
    }

    pub(super) fn proof(&self) -> Proof {
        Proof {
            nonce: self.nonce(),
            session_id: array(&self.session_id),
            kiosk_id: array(&self.kiosk_id),
            target: self.target(),
        }
    }

    pub(super) fn card<'c>(&self, script: &'c mut Script) -> ProfileCard<'c, Script> {
        let ap = JpkiAp::select(script, Reading::Short).unwrap().unwrap();
        ProfileCard { ap, identity: self.identity() }
    }

    pub(super) fn accept(&self, request: TicketRequest) -> Ticket {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(self.issued_at);
        request.accept(&unhex(&self.ticket_response), &array(&self.kiosk_id), now).unwrap()
    }

    /// From the challenge to the accepted ticket.
    pub(super) fn accepted(&self, card: &mut ProfileCard<'_, Script>) -> AcceptedTicket {
        let mut random = Drawn(array(&self.ifd_private));
        let request = card.request_ticket(self.target(), &mut random).unwrap();
        match card.present(self.accept(request)).unwrap() {
            Presented::Accepted(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn write(
        &self,
        card: &mut ProfileCard<'_, Script>,
        ticket: AcceptedTicket,
    ) -> Written {
        let mut scratch = [0; SCRATCH_LENGTH];
        let written = card.write(ticket, &self.new_pin(), &self.nonce(), &mut scratch);
        assert_eq!(scratch, [0; SCRATCH_LENGTH], "the scratch is wiped");
        written
    }

    /// The commands and answers up to the accepted ticket.
    pub(super) fn opening(&self) -> Vec<(String, String)> {
        [
            (SELECT_AP, "9000".to_owned()),
            ("0084000010", format!("{}9000", self.rnd_icc)),
            (&self.external_authenticate, "9000".to_owned()),
            (&self.general_authenticate, self.general_authenticate_response.clone()),
        ]
        .map(|(command, answer)| (command.to_owned(), answer))
        .to_vec()
    }
}

pub(super) fn script(steps: &[Vec<(String, String)>]) -> Script {
    let steps: Vec<_> =
        steps.iter().flatten().map(|(command, answer)| (&command[..], &answer[..])).collect();
    Script::new(&steps)
}

/// Randomness that is one known key.
pub(in crate::reset) struct Drawn(pub(in crate::reset) [u8; 32]);

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
