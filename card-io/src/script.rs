// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card for unit tests: it expects the commands of a script, in order, and
//! gives the script's answers.

use std::collections::VecDeque;

use crate::channel::{CardChannel, ChannelError};

pub(crate) struct Script {
    steps: VecDeque<(String, String)>,
}

impl Script {
    /// Command and answer in hexadecimal; an answer of `gone` loses the card.
    pub(crate) fn new(steps: &[(&str, &str)]) -> Self {
        Self { steps: steps.iter().map(|&(c, a)| (c.to_uppercase(), a.to_uppercase())).collect() }
    }
}

impl CardChannel for Script {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        let (expected, given) = self.steps.pop_front().expect("the script goes on");
        assert_eq!(hex(command), expected);
        if given == "GONE" {
            return Err(ChannelError::CardGone);
        }
        let given = unhex(&given);
        answer[..given.len()].copy_from_slice(&given);
        Ok(given.len())
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.steps.is_empty(), "not asked for: {:?}", self.steps);
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
