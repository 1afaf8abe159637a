// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reader's end of vpcd's protocol, played by the test, so that faults are seen to the byte.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The reader, waiting for a card.
pub(crate) struct Slot(TcpListener);

/// A card that was laid on the reader.
pub(crate) struct Card(TcpStream);

/// How long a card may take to come, or to answer.
const PATIENCE: Duration = Duration::from_secs(20);

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const RESET: u8 = 0x02;
const ATR: u8 = 0x04;

impl Slot {
    pub(crate) fn new() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"))
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().expect("an address").port()
    }

    /// The card that has come, under power.
    pub(crate) fn card(&self) -> Card {
        let mut coming = [PollFd::new(&self.0, PollFlags::IN)];
        let patience = Timespec::try_from(PATIENCE).expect("a short time");
        assert_eq!(poll(&mut coming, Some(&patience)).expect("a wait"), 1, "no card came");
        let (stream, _) = self.0.accept().expect("a card");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("an option");
        let mut card = Card(stream);
        card.control(POWER_ON);
        card
    }
}

impl Card {
    pub(crate) fn atr(&mut self) -> Vec<u8> {
        self.control(ATR);
        self.receive().expect("an ATR")
    }

    pub(crate) fn power_off_and_on(&mut self) {
        self.control(POWER_OFF);
        self.control(POWER_ON);
    }

    pub(crate) fn reset(&mut self) {
        self.control(RESET);
    }

    /// The answer to `command`, in hex; an error where the card is gone or silent.
    pub(crate) fn transmit(&mut self, command: &str) -> io::Result<String> {
        self.send(&base16ct::mixed::decode_vec(command.replace(' ', "")).expect("hex"))?;
        self.receive().map(|answer| base16ct::upper::encode_string(&answer))
    }

    /// Waits for an answer no longer than this.
    pub(crate) fn be_patient_for(&self, patience: Duration) {
        self.0.set_read_timeout(Some(patience)).expect("a timeout");
    }

    fn control(&mut self, code: u8) {
        self.send(&[code]).expect("a card");
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let length = u16::try_from(message.len()).expect("a short message");
        self.0.write_all(&length.to_be_bytes())?;
        self.0.write_all(message)
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 2];
        self.0.read_exact(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.0.read_exact(&mut message)?;
        Ok(message)
    }
}
