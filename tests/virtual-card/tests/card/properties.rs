// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds whatever is sent: no panic, no counter that rises without the right PIN or a ticket,
//! a state that can be read again.
//!
//! Uniformly random bytes hardly ever get past SELECT, so most commands are drawn from those the
//! card knows; a test counts that the runs reach what they are about.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof},
    proptest,
    test_runner::{Config, TestRunner},
};
use virtual_card::{Application, Card, CardState, PinKind};

use crate::specimen::specimen;

/// Commands in one power cycle after another.
#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    Power,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => known_command().prop_map(Step::Send),
        3 => (known_command(), any::<(u8, u8)>()).prop_map(|(command, spoil)| {
            Step::Send(spoiled(command, spoil))
        }),
        2 => vec(any::<u8>(), 0..300).prop_map(Step::Send),
        1 => Just(Step::Power),
    ]
}

fn known_command() -> impl Strategy<Value = Vec<u8>> {
    let aid = |application: Application| {
        Just([&[0x00, 0xA4, 0x04, 0x0C, 0x0A][..], application.aid()].concat())
    };
    let pin_reference = prop_oneof![Just(0x80_u8), Just(0x98), Just(0x9B), any::<u8>()];
    let short = |instruction: u8, p2: u8, data: Vec<u8>| {
        let lc = u8::try_from(data.len()).expect("a short command");
        [&[0x00, instruction, 0x00, p2, lc][..], &data].concat()
    };
    prop_oneof![
        8 => aid(Application::Jpki),
        1 => aid(Application::InputSupport),
        1 => aid(Application::Marker),
        6 => file().prop_map(|id| vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, id]),
        3 => any::<u16>().prop_map(|offset| {
            let [high, low] = offset.to_be_bytes();
            vec![0x00, 0xB0, high, low, 0x00]
        }),
        12 => (pin_reference, wrong_pin()).prop_map(move |(p2, pin)| short(0x20, p2, pin)),
        1 => Just(vec![0x00, 0x84, 0x00, 0x00, 0x10]),
        2 => vec(any::<u8>(), 190).prop_map(move |ticket| short(0x82, 0x01, ticket)),
        1 => vec(any::<u8>(), 69).prop_map(move |point| short(0x86, 0x00, point)),
        1 => vec(any::<u8>(), 0x33).prop_map(|data| {
            [&[0x80, 0x2A, 0x00, 0x80, 0x33][..], &data, &[0x00]].concat()
        }),
        1 => vec(any::<u8>(), 32).prop_map(|nonce| {
            [&[0x00, 0x88, 0x00, 0x00, 0x20][..], &nonce, &[0x00]].concat()
        }),
        1 => vec(any::<u8>(), 0..60).prop_map(|data| [&[0x0C, 0x2C, 0x02, 0x9B][..], &data].concat()),
    ]
}

fn file() -> impl Strategy<Value = u8> {
    prop_oneof![
        Just(0x01_u8),
        Just(0x0A),
        Just(0x11),
        Just(0x17),
        Just(0x18),
        Just(0x1A),
        Just(0x1B),
        Just(0xE0),
        any::<u8>(),
    ]
}

fn wrong_pin() -> impl Strategy<Value = Vec<u8>> {
    let fixed = |value: &[u8]| Just(value.to_vec());
    prop_oneof![fixed(b"0000"), fixed(b"0000000A"), vec(any::<u8>(), 0..20)]
}

fn spoiled(mut command: Vec<u8>, (place, value): (u8, u8)) -> Vec<u8> {
    let place = usize::from(place) % command.len();
    command[place] = value;
    command
}

/// The right values are never drawn here: a wrong one that happens to be right ends the run.
fn is_right(command: &[u8]) -> bool {
    let order = &specimen().order;
    [&order.user_authentication_pin, &order.signature_pin]
        .iter()
        .any(|pin| command.windows(pin.len()).any(|window| window == pin.as_bytes()))
}

fn counters(card: &Card) -> [Option<u8>; 2] {
    [PinKind::UserAuthentication, PinKind::DigitalSignature]
        .map(|pin| card.state().retries_left(pin))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_make_the_card_panic_and_each_answer_ends_in_a_status_word(
        commands in vec(vec(any::<u8>(), 0..40), 1..40),
    ) {
        let mut card = Card::in_memory(specimen().state.clone()).expect("a card");
        card.power_on();
        for command in commands {
            let answer = card.execute(&command);
            prop_assert!(answer.len() >= 2, "{command:02X?}");
        }
    }
}

#[test]
fn a_counter_never_rises_without_the_right_pin_and_what_is_remembered_can_be_read_again() {
    const CASES: u32 = 128;
    let spent = AtomicUsize::new(0);
    let config = Config { failure_persistence: None, ..Config::with_cases(CASES) };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&vec(step(), 30..90), |steps| {
        let mut card = Card::in_memory(specimen().state.clone()).expect("a card");
        card.power_on();
        let mut before = counters(&card);
        for step in steps {
            match step {
                Step::Send(command) if is_right(&command) => return Ok(()),
                Step::Send(command) => drop(card.execute(&command)),
                Step::Power => {
                    card.power_off();
                    card.power_on();
                }
            }
            let now = counters(&card);
            prop_assert!(now[0] <= before[0] && now[1] <= before[1]);
            before = now;
        }
        spent.fetch_add(usize::from(before != [Some(3), Some(5)]), Ordering::Relaxed);
        let kept = serde_json::to_string(card.state()).expect("JSON");
        let read: CardState = serde_json::from_str(&kept).expect("a state");
        prop_assert_eq!(counters(&Card::in_memory(read).expect("a card")), before);
        Ok(())
    });
    outcome.expect("the property");
    let spent = spent.into_inner();
    assert!(spent > CASES as usize / 2, "only {spent} of {CASES} runs spent a try");
}
