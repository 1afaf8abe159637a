// SPDX-License-Identifier: MIT OR Apache-2.0
//! The profile's vectors (`tests/vectors/ref-eac-1.json`, computed by a third implementation),
//! reproduced from the card's side, byte for byte where the profile leaves no choice.

use std::collections::VecDeque;

use serde_json::{Value, json};
use virtual_card::{Card, CardState};

use crate::specimen::specimen;

const VECTORS: &str = include_str!("../vectors/ref-eac-1.json");
const SELECT_JPKI: &str = "00a4040c0ad392f000260100000001";

/// A case of the vectors and a card with its keys, whose random numbers are the case's.
struct Scene {
    case: Value,
    card: Card,
}

fn scenes() -> Vec<Scene> {
    let vectors: Value = serde_json::from_str(VECTORS).expect("JSON");
    let cases = vectors["cases"].as_array().expect("cases").clone();
    assert_eq!(cases.len(), 4);
    cases.into_iter().map(Scene::new).collect()
}

impl Scene {
    fn new(case: Value) -> Self {
        let mut state = serde_json::to_value(&specimen().state).expect("a state");
        state["profile"] = json!({
            "card_id": case["card_id"],
            "agreement_key": case["agree_private"],
            "attestation_key": case["attest_private"],
            "ticket_keys": [case["ticket_key_public"]],
        });
        let state: CardState = serde_json::from_value(state).expect("a state");
        let mut drawn = VecDeque::from([bytes(&case["rnd_icc"]), bytes(&case["rnd2"])]);
        let random = Box::new(move |buffer: &mut [u8]| {
            buffer.copy_from_slice(&drawn.pop_front().expect("two random numbers"));
        });
        let mut card = Card::in_memory(state).expect("a card").with_randomness(random);
        card.power_on();
        let mut scene = Self { case, card };
        scene.says(SELECT_JPKI, "9000");
        scene
    }

    /// The card answers `command` with exactly `response`; either is hex, or a field of the case.
    #[track_caller]
    fn says(&mut self, command: &str, response: &str) {
        let [command, response] =
            [command, response].map(|text| self.case[text].as_str().unwrap_or(text).to_owned());
        let answer = self.card.execute(&hex(&command));
        assert_eq!(base16ct::lower::encode_string(&answer), response, "to {command}");
    }

    #[track_caller]
    fn gives_receipt(&mut self, receipt: &str) {
        let response = format!("{}9000", self.case[receipt].as_str().expect("a receipt"));
        self.says("internal_authenticate", &response);
    }

    #[track_caller]
    fn accepts_the_ticket(&mut self) {
        let challenge = format!("{}9000", self.case["rnd_icc"].as_str().expect("hex"));
        self.says("0084000010", &challenge);
        self.says("external_authenticate", "9000");
    }

    /// VERIFY of the PIN that proves the one to be reset.
    #[track_caller]
    fn verifies_the_known_pin(&mut self) {
        let order = &specimen().order;
        let (file, pin) = match self.case["pin_ref"].as_str() {
            Some("1b") => ("0018", &order.user_authentication_pin),
            _ => ("001b", &order.signature_pin),
        };
        self.says(&format!("00a4020c02{file}"), "9000");
        let value = base16ct::lower::encode_string(pin.as_bytes());
        self.says(&format!("00200080{:02x}{value}", pin.len()), "9000");
    }
}

#[test]
fn a_reset_in_one_go_answers_as_the_vectors_say() {
    for mut scene in scenes() {
        scene.gives_receipt("receipt_00_rfc6979");
        scene.verifies_the_known_pin();
        scene.accepts_the_ticket();
        scene.gives_receipt("receipt_02_rfc6979");
        scene.says("general_authenticate", "general_authenticate_response");
        scene.says("reset_command_ssc1", "reset_response_ssc2_9000");
        scene.gives_receipt("receipt_01_rfc6979");
    }
}

#[test]
fn a_reset_refused_for_want_of_the_other_pin_can_be_retried_and_read_back() {
    for mut scene in scenes() {
        scene.accepts_the_ticket();
        scene.says("general_authenticate", "general_authenticate_response");
        scene.says("reset_command_ssc1", "missing_other_pin_response_ssc2_6982");
        scene.verifies_the_known_pin();
        scene.says("retry_command_ssc3", "retry_response_ssc4_9000");
        scene.says(
            "protected_internal_authenticate_ssc5",
            "protected_internal_authenticate_response_ssc6",
        );
        scene.says("select_pin_ef_ssc7", "select_pin_ef_response_ssc8");
        scene.says("empty_verify_ssc9", "empty_verify_response_ssc10");
        scene.says("verify_new_pin_ssc11", "verify_new_pin_response_ssc12");
    }
}

#[test]
fn a_ticket_that_was_never_used_ends_in_a_receipt_of_not_done() {
    for mut scene in scenes() {
        scene.accepts_the_ticket();
        scene.says(SELECT_JPKI, "9000");
        scene.gives_receipt("receipt_03_rfc6979");
    }
}

fn bytes(field: &Value) -> Vec<u8> {
    hex(field.as_str().expect("hex"))
}

fn hex(text: &str) -> Vec<u8> {
    base16ct::mixed::decode_vec(text).expect("hex")
}
