// SPDX-License-Identifier: MIT OR Apache-2.0
//! Holds the conversations of `tests/conversations/*.txt` with the card, one test a file.

use virtual_card::{CardState, Kind, Order};

use crate::{
    scene::Scene,
    script,
    specimen::{issue, of_kind, specimen},
};

/// Holds every conversation of a file, each with a card of its own.
fn hold(file: &str, text: &str) {
    let conversations = script::parse(text);
    assert!(!conversations.is_empty(), "{file} is empty");
    for conversation in conversations {
        let mut scene = Scene::with(card_of(&conversation.card));
        for turn in &conversation.turns {
            let place = format!("{file}:{}: {}", turn.line, conversation.title);
            if let Err(reason) = scene.play(&turn.step) {
                panic!("{place}\n    {reason}");
            }
        }
    }
}

macro_rules! conversations {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            hold(
                concat!("tests/conversations/", stringify!($name), ".txt"),
                include_str!(concat!("../conversations/", stringify!($name), ".txt")),
            );
        }
    )*};
}

conversations![
    selection,
    reading,
    verification,
    signing,
    authorisation,
    agreement,
    messaging,
    reset,
    receipt,
    kinds,
];

/// The card of a `card` line: pairs of words.
fn card_of(words: &[String]) -> CardState {
    let specimen = specimen();
    let mut state = specimen.state.clone();
    for pair in words.chunks(2) {
        let [wish, value] = pair else { panic!("{words:?} are not pairs") };
        let retries = |pin: &str, state: &CardState| {
            let mut json = serde_json::to_value(state).expect("a state");
            let retries_left: u8 = value.parse().expect("a counter");
            json["memory"]["references"][pin]["retries_left"] = retries_left.into();
            serde_json::from_value(json).expect("a state")
        };
        state = match wish.as_str() {
            "kind" => of_kind(kind_of(value)),
            "retries-18" => retries("user-authentication", &state),
            "retries-1B" => retries("digital-signature", &state),
            "ticket-keys" => {
                let mut order = specimen.order.clone();
                order.ticket_keys.truncate(value.parse().expect("a number"));
                issue(&specimen.authorities, &order)
            }
            "signature-certificate" => {
                let has_signature_certificate = value != "none";
                let order = Order { has_signature_certificate, ..specimen.order.clone() };
                issue(&specimen.authorities, &order)
            }
            _ => panic!("no such wish for a card: {wish}"),
        };
    }
    state
}

fn kind_of(word: &str) -> Kind {
    let word = serde_json::Value::from(word);
    serde_json::from_value(word).expect("a kind of card")
}
