// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's end of its reader's protocol, played by the test: the card greets, comes, answers, and
//! says when it is lifted.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    thread,
    time::Duration,
};

use crate::program::{Running, Workshop, output, virtual_card};

const INIT: u32 = 1;
const ERROR: u32 = 2;
const READER_ADD: u32 = 3;
const ATR: u32 = 5;
const CARD_REMOVE: u32 = 6;
const APDU: u32 = 7;

struct Qemu(UnixStream);

impl Qemu {
    /// Until a card has come; what was done in what order is what QEMU's own end asks for.
    fn with_card(listener: &UnixListener) -> Self {
        let (stream, _) = listener.accept().expect("a card");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let mut qemu = Self(stream);
        assert_eq!(qemu.receive(), (INIT, b"VSCD\0\0\0\x02\0\0\0\0".to_vec()));
        qemu.send(INIT, b"VSCD\0\0\0\x02\0\0\0\0");
        assert_eq!(qemu.receive(), (READER_ADD, Vec::new()));
        qemu.send(ERROR, &[0; 4]);
        let (kind, atr) = qemu.receive();
        assert_eq!((kind, atr[0]), (ATR, 0x3B));
        qemu.send(ERROR, &[0; 4]);
        qemu
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.send(APDU, command);
        let (kind, answer) = self.receive();
        assert_eq!(kind, APDU);
        answer
    }

    fn receive(&mut self) -> (u32, Vec<u8>) {
        let mut header = [0; 12];
        self.0.read_exact(&mut header).expect("a header");
        let number =
            |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().expect("four bytes"));
        let mut payload = vec![0; number(8) as usize];
        self.0.read_exact(&mut payload).expect("a payload");
        (number(0), payload)
    }

    fn send(&mut self, kind: u32, payload: &[u8]) {
        let mut message = Vec::new();
        for number in [kind, 0, u32::try_from(payload.len()).expect("a short message")] {
            message.extend(number.to_be_bytes());
        }
        message.extend(payload);
        self.0.write_all(&message).expect("a card");
    }
}

/// SELECT of the JPKI application by its AID.
const SELECT: &[u8] =
    &[0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];

#[test]
fn a_card_comes_to_a_qemu_reader_answers_and_is_lifted() {
    let workshop = Workshop::new(&[]);
    let socket = workshop.path("reader.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let qemu = thread::spawn(move || (Qemu::with_card(&listener), listener));
    let reader = ["--ccid", socket.to_str().expect("a path")];
    let card = workshop.card();
    let _running = Running::at(&workshop, &reader, &["--card", card.to_str().expect("a path")]);
    let (mut qemu, listener) = qemu.join().expect("a card");
    assert_eq!(qemu.transmit(SELECT), [0x90, 0x00]);

    let lifted = output(virtual_card().arg("remove").arg("--control").arg(workshop.socket()));
    assert_eq!(lifted.code, Some(0), "{}", lifted.text);
    assert_eq!(qemu.receive(), (CARD_REMOVE, Vec::new()));

    let again = thread::spawn(move || Qemu::with_card(&listener).transmit(SELECT));
    let laid =
        output(virtual_card().arg("insert").arg(&card).arg("--control").arg(workshop.socket()));
    assert_eq!(laid.code, Some(0), "{}", laid.text);
    assert_eq!(again.join().expect("a card"), [0x90, 0x00]);
}

#[test]
fn without_a_qemu_the_message_names_the_socket() {
    let workshop = Workshop::new(&[]);
    let said = output(
        virtual_card().args(["run", "--ccid", "nowhere.sock", "--card"]).arg(workshop.card()),
    );
    assert_eq!(said.code, Some(2));
    assert!(said.text.contains("no QEMU reader listens at nowhere.sock"), "{}", said.text);
}
