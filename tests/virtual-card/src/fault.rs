// SPDX-License-Identifier: MIT OR Apache-2.0
//! Faults that a test plans for one of the next command APDUs.

use std::time::Duration;

/// What goes wrong with one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The card loses power and is gone from the reader.
    Tear(Moment),
    /// The answer is late.
    Delay(Duration),
    /// The command is carried out, and these bytes arrive in place of the answer.
    Answer(Vec<u8>),
    /// The command is carried out, and the body of the answer arrives inverted; one without a body
    /// arrives with bytes that nobody asked for.
    Garble,
    /// The answer is cut to this many bytes.
    Truncate(usize),
    /// The command is carried out, and no answer ever comes.
    Mute,
}

/// On which side of what the command changes for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has changed.
    Before,
    /// All has changed; only the answer is lost.
    After,
}

/// Faults by the number of the command that they are for.
#[derive(Default)]
pub(crate) struct Faults {
    commands_seen: u64,
    planned: Vec<(u64, Fault)>,
}

impl Faults {
    /// Plans `fault` for the `nth` command from now; the next one is number 1.
    pub(crate) fn plan(&mut self, nth: u64, fault: Fault) {
        self.planned.push((self.commands_seen.saturating_add(nth), fault));
    }

    /// Forgets what is planned.
    pub(crate) fn clear(&mut self) {
        self.planned.clear();
    }

    /// The faults of the command that has just arrived, in the order they were planned.
    pub(crate) fn next(&mut self) -> Vec<Fault> {
        self.commands_seen += 1;
        let now = self.commands_seen;
        self.planned.extract_if(.., |(number, _)| *number == now).map(|(_, fault)| fault).collect()
    }
}
